/* What the files of auth/ share. Private to this room. */
#ifndef AUTH_AUTH_INT_H
#define AUTH_AUTH_INT_H
#include <pthread.h>

#include "auth/auth.h"
#include "seam/crypto.h"

#define AUTH_HASH 32      /* of a token, as stored */
#define AUTH_GUESS_KEY 16 /* under which guesses are counted */
#define AUTH_SEALED (AUTH_TOTP_SECRET + AEAD_OVER)

struct auth_keys { /* guarded memory */
	uint8_t totp[AEAD_KEY];
	uint8_t guess[32];
};

struct auth {
	struct store *store;
	struct audit *log;
	struct auth_keys *keys;
	const struct clock *clock; /* the caller's */
	bool production;
	int64_t idle_ms, longest_ms;
	char stranger[PASSWORD_HASH]; /* compared with when there is no such account: as slow as any other */

	pthread_t worker;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t work;
	struct auth_login *head, *tail;
	unsigned waiting;
	bool closing;
};

struct auth_row { /* an account as stored; texts in the transaction's arena */
	struct auth_account pub;
	struct str password, totp; /* "" and n 0: none */
	int64_t totp_step;         /* the last one taken */
};

struct session_row {
	struct auth_row account;
	int64_t made_ms, seen_ms, ends_ms;
};

struct guess_row {
	int64_t fails, last_ms;
};

/* ---- login.c ---- */
void *auth_worker(void *arg);

/* ---- session.c ---- */
void auth_token_hash(const uint8_t token[AUTH_TOKEN], uint8_t ret[AUTH_HASH]);
/* Stores a session of the account and drops those that have ended or are too many. */
int auth_session_add(struct auth *a, struct tx *tx, const struct auth_account *acc, const uint8_t token[AUTH_TOKEN],
                     struct auth_session *ret, struct err *e) KT_CHECK;

/* ---- account.c ---- */
/* Opens the secret of a row into `ret`. */
int auth_totp_open(const struct auth *a, const struct auth_row *row, uint8_t ret[AUTH_TOTP_SECRET],
                   struct err *e) KT_CHECK;

/* ---- auth_store.c: the SQL ---- */
int account_row_add(struct tx *tx, const struct auth_row *row, int64_t now_ms, struct err *e) KT_CHECK;
int account_row_get(struct tx *tx, struct str name, struct auth_row *ret, struct err *e) KT_CHECK; /* KT_ENOTFOUND */
/* Password, second factor, step and active. */
int account_row_update(struct tx *tx, const struct auth_row *row, int64_t now_ms, struct err *e) KT_CHECK;
int account_row_count(struct tx *tx, int64_t *ret, struct err *e) KT_CHECK;
int session_row_add(struct tx *tx, const uint8_t hash[AUTH_HASH], const char *account, int64_t now_ms, int64_t ends_ms,
                    struct err *e) KT_CHECK;
int session_row_get(struct tx *tx, const uint8_t hash[AUTH_HASH], struct session_row *ret, struct err *e) KT_CHECK;
int session_row_seen(struct tx *tx, const uint8_t hash[AUTH_HASH], int64_t now_ms, struct err *e) KT_CHECK;
int session_row_end(struct tx *tx, const uint8_t hash[AUTH_HASH], struct err *e) KT_CHECK;
int session_rows_end_of(struct tx *tx, const char *account, struct err *e) KT_CHECK;
/* Those past their end or not seen since `idle_before`, and of this account all but the newest `keep`. */
int session_rows_trim(struct tx *tx, int64_t now_ms, int64_t idle_before, const char *account, int64_t keep,
                      struct err *e) KT_CHECK;
int guess_get(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], struct guess_row *ret, struct err *e) KT_CHECK;
/* One more, and one less for every `leak_ms` since the last; those of a day ago are forgotten, and all but the newest
 * `keep`. */
int guess_add(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], int64_t now_ms, int64_t leak_ms, int64_t keep,
              struct err *e) KT_CHECK;
int guess_clear(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], struct err *e) KT_CHECK;
/* A place from which the account logged in: KT_ENOTFOUND when it is none. */
int place_get(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], struct guess_row *ret, struct err *e) KT_CHECK;
int place_failed(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], int64_t now_ms, struct err *e) KT_CHECK;
/* It logged in from there; those not seen since `since_ms` are forgotten, and all but the newest `keep`. */
int place_seen(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], int64_t now_ms, int64_t since_ms, int64_t keep,
               struct err *e) KT_CHECK;

/* ---- login.c ---- */
void auth_guess_account(const struct auth *a, struct str name, uint8_t ret[AUTH_GUESS_KEY]);
/* False for addresses that stand for many people: loopback, where an own web server stands in front. */
bool auth_guess_address(const struct auth *a, const uint8_t peer[16], uint8_t ret[AUTH_GUESS_KEY]);

#endif
