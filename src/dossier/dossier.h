/* The dossier: one random key per case, every field sealed under it and bound to dossier and field name; the key
 * wrapped for the receipt code and for the organisation that took the report (PROTOCOLS section 9). What stands in
 * clear is id, number, state, organisation and times, and nothing else (section 10). */
#ifndef DOSSIER_DOSSIER_H
#define DOSSIER_DOSSIER_H
#include "dossier/receipt.h"
#include "store/store.h"

#define DOSSIER_ID 16
#define DOSSIER_NUMBER 14 /* M-XXXXX-XXXXX and NUL */
#define DOSSIER_FIELDS 16

enum dossier_state { DOSSIER_OPEN = 1, DOSSIER_CLOSED = 2 };

/* An organisation's public half; the private half is wrapped and never needed to take a report. */
struct org_public {
	char org[32];
	uint8_t key[32];
};

/* Makes the organisation's pair when it has none: the private half is stored wrapped under `secret` (a recovery key or
 * password, Argon2id). KT_EEXISTS is no error of the caller's: the public half is told either way; *ret_made says
 * which. */
int org_key_get(struct store *s, const char *org, struct str secret, int64_t now_ms, struct org_public *ret,
                bool *ret_made, struct err *e) KT_CHECK;
/* The public half only. KT_EUNAVAIL when the organisation has no key yet (kentering init makes it). */
int org_key_find(struct store *s, const char *org, struct org_public *ret, struct err *e) KT_CHECK;
/* The private half, for a test or a session of the desk: 32 bytes. KT_ECRYPTO on a wrong secret. */
int org_key_open(struct store *s, const char *org, struct str secret, uint8_t ret[32], struct err *e) KT_CHECK;

struct dossier_field {
	const char *name; /* literal: "verhaal", "contact", … */
	struct str value;
};

/* A sealed case, ready to be stored; lives in the arena it was made in and holds no plain text. */
struct dossier_sealed {
	uint8_t id[DOSSIER_ID];
	uint8_t receipt[16];
	char number[DOSSIER_NUMBER];
	char org[32];
	int64_t created_ms;
	bool synthetic;
	size_t n;
	struct dossier_field sealed[DOSSIER_FIELDS]; /* value: ciphertext */
	uint8_t wrap_receipt[72], wrap_org[80];
};

/* Seals on the caller's thread. The receipt code is told here and nowhere else. */
int dossier_seal(struct arena *a, const struct org_public *org, const struct dossier_field *f, size_t n, int64_t now_ms,
                 struct dossier_sealed *ret, struct receipt *ret_code, struct err *e) KT_CHECK;
/* In a job. */
int dossier_store(struct tx *tx, const struct dossier_sealed *d, struct err *e) KT_CHECK;

/* An opened case: plain texts in the arena (which wipes). */
struct dossier {
	uint8_t id[DOSSIER_ID];
	struct str number, org;
	int64_t created_ms;
	enum dossier_state state;
	bool synthetic;
	size_t n;
	struct {
		struct str name, value;
	} field[DOSSIER_FIELDS];
};
/* By receipt code. KT_ENOTFOUND for an unknown code, KT_ECRYPTO when stored data are damaged. */
int dossier_open(struct tx *tx, struct arena *a, const struct receipt *code, struct dossier *ret,
                 struct err *e) KT_CHECK;
/* By an organisation's private key, for the desk. */
int dossier_open_org(struct tx *tx, struct arena *a, struct str number, const struct org_public *org,
                     const uint8_t secret[32], struct dossier *ret, struct err *e) KT_CHECK;
/* {NULL,0} when absent. */
struct str dossier_text(const struct dossier *d, const char *name);

#endif
