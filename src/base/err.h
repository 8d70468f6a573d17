/* Errors: one enum for the whole house, and one caller-owned detail.
 * A function that can fail returns 0 or a negative code and fills `struct err` when given one.
 * Texts in `struct err` are for the person who must act; they never hold an identifier or a story. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define KT_CHECK __attribute__((warn_unused_result))
#define KT_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum kt_err {
	KT_OK = 0,
	KT_EINVAL = -1,    /* malformed or against the schema; the text says what was expected */
	KT_ELIMIT = -2,    /* larger than a stated maximum */
	KT_ENOTFOUND = -3, /* no such thing (or: not for you) */
	KT_EEXISTS = -4,   /* is already there */
	KT_EREFUSED = -5,  /* understood, and not allowed by policy or state */
	KT_EBUSY = -6,     /* somebody else holds it; again later */
	KT_EIO = -7,       /* the system refused a read or write */
	KT_EFULL = -8,     /* disk full */
	KT_EREADONLY = -9, /* may not be written */
	KT_ECORRUPT = -10, /* stored data are not what was stored */
	KT_ECRYPTO = -11,  /* wrong key, forged or damaged ciphertext */
	KT_ENOMEM = -12,
	KT_EUSAGE = -13,   /* the command line is off */
	KT_ETIMEOUT = -14,
	KT_EUNAVAIL = -15, /* a part that is needed is not there */
	KT_EINTERNAL = -16 /* a defect of ours */
};

struct err {
	int code;      /* enum kt_err */
	int line;      /* of the file read, 0 when there is none */
	char at[160];  /* JSON pointer, file name or table name; "" when there is none */
	char text[320];
};

/* Fills `e` (may be NULL) and returns `code`, so that `return err_set(e, KT_EINVAL, "…")` reads well. */
int err_set(struct err *e, int code, const char *fmt, ...) KT_PRINTF(3, 4);
/* As err_set, with a place. */
int err_at(struct err *e, int code, const char *at, int line, const char *fmt, ...) KT_PRINTF(5, 6);
/* The code of an errno value (ENOSPC → KT_EFULL, EROFS and EACCES → KT_EREADONLY, …). */
int err_errno(int sys);
/* err_set with the code of `errno` and the system's words behind `what`. */
int err_sys(struct err *e, const char *what);
/* A stable word for logs: "invalid", "limit", … ; "unknown" for anything else. */
const char *err_word(int code);

#endif
