/* Who may work here: accounts, their second factor, sessions, and the slowing down of guessing. A session is a random
 * token of which only a hash is stored; an account's TOTP secret is sealed under a key of DIR/keys. Every login, logout
 * and change of an account is a row of the audit log. Nothing here knows HTTP. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H
#include "audit/audit.h"

enum auth_role { ROLE_NONE = 0, ROLE_ADMIN = 1, ROLE_DESK = 2, ROLE_PARTNER = 3 };
#define ROLE_BIT(r) (1u << (r))
#define ROLE_EVERY (ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_DESK) | ROLE_BIT(ROLE_PARTNER))

/* Dutch word of a role ("beheerder", "behandelaar", "partner"); NULL when unknown. */
const char *auth_role_word(enum auth_role r);
enum auth_role auth_role_of(struct str word); /* ROLE_NONE when unknown */

#define AUTH_NAME 33   /* account name with its NUL */
#define AUTH_TITLE 101 /* display name */
#define AUTH_ORG 65
#define AUTH_ACTOR 80
#define AUTH_PASSWORD_MIN 12  /* characters */
#define AUTH_PASSWORD_MAX 256 /* bytes */
#define AUTH_TOKEN 32
#define AUTH_TOTP_SECRET 20
#define AUTH_ACCOUNTS 1000 /* in one installation */

struct auth_opts {
	const char *dir;           /* data directory: keys/totp and keys/guess, made on first use */
	const struct clock *clock; /* lives longer */
	bool production;           /* every account needs its second factor; synthetic accounts do not exist */
	int64_t idle_ms;           /* a session without requests ends; 0: 30 minutes */
	int64_t longest_ms;        /* any session ends; 0: 12 hours */
};

struct auth;
int auth_open(struct store *s, struct audit *log, const struct auth_opts *o, struct auth **ret, struct err *e) KT_CHECK;
struct auth *auth_close(struct auth *a); /* takes NULL, returns NULL; before the store and the log */

/* ---- accounts ---- */

struct auth_account {
	char name[AUTH_NAME]; /* "^[a-z0-9][a-z0-9._-]{1,31}$" */
	char title[AUTH_TITLE];
	char org[AUTH_ORG]; /* "meldpunt", or a partner of the policy: the caller checks */
	enum auth_role role;
	bool active, second_factor, synthetic;
};

/* KT_EINVAL with what was expected: at least 12 characters, no name of the account, none of the worst. Pure. */
int auth_password_check(const char *name, struct str password, struct err *e) KT_CHECK;

/* Adds an account. `secret`: filled with a new TOTP secret when it has a second factor; the caller shows it once, then
 * wipes it.
 * KT_EINVAL, KT_EEXISTS, KT_ELIMIT. `actor` for the log. */
int auth_account_add(struct auth *a, const char *actor, const struct auth_account *acc, struct str password,
                     uint8_t secret[AUTH_TOTP_SECRET], struct err *e) KT_CHECK;
/* No login any more; its sessions end. KT_ENOTFOUND. */
int auth_account_disable(struct auth *a, const char *actor, const char *name, struct err *e) KT_CHECK;
/* A new password and a new second factor, active again, nothing slowed down; its sessions end. */
int auth_account_reset(struct auth *a, const char *actor, const char *name, struct str password, bool second_factor,
                       uint8_t secret[AUTH_TOTP_SECRET], struct err *e) KT_CHECK;
typedef int (*auth_account_fn)(const struct auth_account *acc, void *arg);
/* By name; at most AUTH_ACCOUNTS. */
int auth_account_list(struct tx *tx, auth_account_fn fn, void *arg, struct err *e) KT_CHECK;

/* ---- sessions ---- */

struct auth_session {
	struct auth_account account;
	char actor[AUTH_ACTOR]; /* "desk:NAME" or "partner:ORGANISATION", for steps and the log */
	int64_t ends_ms;        /* when it ends if nothing more comes */
};

/* One attempt to log in. The texts stay the caller's until `done` has been called; wipe them then. */
struct auth_login {
	struct str name, password;
	struct str code;                                /* six digits; n 0: none given */
	uint8_t peer[16];                               /* address, IPv6 or mapped */
	void (*done)(struct auth_login *l, void *user); /* on the worker thread, exactly once */
	void *user;
	/* result */
	int code_ret;              /* 0; KT_EREFUSED: no (whatever the cause); KT_EBUSY: slowed down; others: failed */
	int64_t wait_ms;           /* with KT_EBUSY: how long */
	uint8_t token[AUTH_TOKEN]; /* the new session's */
	struct auth_session session;
	struct auth_login *next; /* the queue's own */
};

#define AUTH_QUEUE 64
/* Judges on a thread of its own, one at a time, since each takes 64 MiB and a tenth of a second. KT_EBUSY when
 * AUTH_QUEUE attempts wait already: `done` is then not called. */
int auth_login(struct auth *a, struct auth_login *l) KT_CHECK;

/* The session of a token. KT_ENOTFOUND when there is none, it ended, or its account is disabled. Notes that it was used
 * (at most once a minute, without waiting for the disk). */
int auth_session_get(struct auth *a, const uint8_t token[AUTH_TOKEN], struct auth_session *ret, struct err *e) KT_CHECK;
/* Within a job: logs out. Not there is no error. */
int auth_session_end(struct auth *a, struct tx *tx, const uint8_t token[AUTH_TOKEN], struct err *e) KT_CHECK;
/* Within a job, in a demonstration only (KT_EREFUSED otherwise): a session of a synthetic account of this name, made
 * when absent, without a password. `token`: 32 random bytes of the caller, so that the job may run twice. */
int auth_session_demo(struct auth *a, struct tx *tx, const struct auth_account *as, const uint8_t token[AUTH_TOKEN],
                      struct auth_session *ret, struct err *e) KT_CHECK;

#endif
