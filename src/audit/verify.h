/* The state of one verification, shared by verify.c (heads and order of work) and verify_rows.c (rows). */
#ifndef AUDIT_VERIFY_H
#define AUDIT_VERIFY_H
#include "audit/audit_int.h"

/* A signed end of a chain that the rows must reach. */
struct checkpoint {
	int64_t seq;
	uint8_t hash[AUDIT_HASH];
};

struct chain {
	char name[AUDIT_CHAIN_MAX + 1];
	/* rows */
	int64_t next;             /* number of the next row */
	uint8_t prev[AUDIT_HASH]; /* hash of the row before it */
	bool anchored;            /* the row before it was confirmed by a signed head */
	bool bad;                 /* the first bad row of this chain is known */
	/* heads */
	int64_t signed_seq;    /* end in the last good head */
	int64_t checked_seq;   /* last checkpoint that the rows reached */
	struct checkpoint *cp; /* of the window in work */
	size_t cp_n, cp_at, cp_cap;
};

struct verify {
	struct tx *tx;
	struct err *e;
	struct chain *chains;
	size_t chains_n, chains_cap;
	struct audit_result r;
	bool found;
	/* heads */
	struct arena *json;
	struct buf message;
	uint8_t own[SIGN_PUBLIC];
	bool own_known;
	struct buf known; /* keys of DIR/keys/audit.known */
	int64_t head_next;
	struct audit_mark mark;
	int mark_rc;
	bool mark_strange; /* signed by a key that is not trusted here */
	bool used;         /* the database holds rows, heads or dossiers */
	bool broken;       /* a head before the next good one does not hold */
	const char *broken_what, *broken_why;
	int rc; /* KT_ENOMEM and the like */
};

struct chain *verify_chain(struct verify *v, const char *name); /* made when new; NULL: no memory, v->rc set */
/* Keeps the first in order of chain and row. */
void verify_found(struct verify *v, const char *chain, int64_t seq, const char *what, const char *why);
/* Checks the rows of a chain up to its last checkpoint. */
int verify_rows(struct verify *v, struct chain *c);
/* Rows behind the last signed head. */
int verify_tail(struct verify *v, struct chain *c);

#endif
