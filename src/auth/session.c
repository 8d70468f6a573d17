#include <stdio.h>
#include <stdlib.h>

#include "auth/auth_int.h"

#define SESSIONS_EACH 20             /* of one account at once; the oldest make room */
#define SEEN_EVERY_MS INT64_C(60000) /* how precisely idleness is known */

void auth_token_hash(const uint8_t token[AUTH_TOKEN], uint8_t ret[AUTH_HASH])
{
	crypto_h(ret, "session", F_BYTES(token, AUTH_TOKEN));
}

static void set_actor(struct auth_session *s)
{
	const struct auth_account *a = &s->account;
	if (a->role == ROLE_PARTNER)
		snprintf(s->actor, sizeof(s->actor), "partner:%s", a->org);
	else
		snprintf(s->actor, sizeof(s->actor), "desk:%s", a->name);
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int auth_session_add(struct auth *a, struct tx *tx, const struct auth_account *acc, const uint8_t token[AUTH_TOKEN],
                     struct auth_session *ret, struct err *e)
{
	uint8_t hash[AUTH_HASH];
	int64_t now = clock_ms(a->clock);
	auth_token_hash(token, hash);
	int rc = session_rows_trim(tx, now, now - a->idle_ms, acc->name, SESSIONS_EACH - 1, e);
	if (!rc)
		rc = session_row_add(tx, hash, acc->name, now, now + a->longest_ms, e);
	if (rc)
		return rc;
	*ret = (struct auth_session){.account = *acc, .ends_ms = sooner(now + a->idle_ms, now + a->longest_ms)};
	set_actor(ret);
	return 0;
}

/* A write that nobody waits for. */
struct seen {
	struct store_ticket ticket;
	struct err err;
	uint8_t hash[AUTH_HASH];
	int64_t now_ms;
};

static int seen_job(struct tx *tx, void *arg, struct err *e)
{
	const struct seen *s = arg;
	return session_row_seen(tx, s->hash, s->now_ms, e);
}

static void seen_done(struct store_ticket *t, void *user)
{
	(void)t;
	free(user);
}

/* When it fails the session only ends sooner. */
static void note_seen(struct auth *a, const uint8_t hash[AUTH_HASH], int64_t now_ms)
{
	struct seen *s = calloc(1, sizeof(*s));
	if (!s)
		return;
	memcpy(s->hash, hash, AUTH_HASH);
	s->now_ms = now_ms;
	s->ticket = (struct store_ticket){.job = seen_job, .arg = s, .err = &s->err, .notify = seen_done, .user = s};
	if (store_submit_async(a->store, &s->ticket))
		free(s);
}

/* A session from before this was in production had no second factor, or nobody behind it. */
static bool lives(const struct auth *a, const struct session_row *r, int64_t now_ms)
{
	const struct auth_account *acc = &r->account.pub;
	bool allowed = !a->production || (acc->second_factor && !acc->synthetic);
	return acc->active && allowed && now_ms < r->ends_ms && now_ms < r->seen_ms + a->idle_ms;
}

int auth_session_get(struct auth *a, const uint8_t token[AUTH_TOKEN], struct auth_session *ret, struct err *e)
{
	struct session_row r = {0};
	uint8_t hash[AUTH_HASH];
	struct tx *tx;
	int64_t now = clock_ms(a->clock);
	auth_token_hash(token, hash);
	int rc = store_read(a->store, &tx, e);
	if (rc)
		return rc;
	rc = session_row_get(tx, hash, &r, e);
	store_read_end(tx); /* its texts are gone: only r.account.pub may be used */
	if (rc && rc != KT_ENOTFOUND)
		return rc;
	if (rc || !lives(a, &r, now))
		return err_set(e, KT_ENOTFOUND, "U bent niet aangemeld, of te lang weg geweest.");
	if (now >= r.seen_ms + SEEN_EVERY_MS)
		note_seen(a, hash, now);
	*ret = (struct auth_session){.account = r.account.pub, .ends_ms = sooner(now + a->idle_ms, r.ends_ms)};
	set_actor(ret);
	return 0;
}

int auth_session_end(struct auth *a, struct tx *tx, const uint8_t token[AUTH_TOKEN], struct err *e)
{
	struct session_row r;
	uint8_t hash[AUTH_HASH];
	auth_token_hash(token, hash);
	int rc = session_row_get(tx, hash, &r, e);
	if (rc)
		return rc == KT_ENOTFOUND ? 0 : rc;
	struct auth_session s = {.account = r.account.pub};
	set_actor(&s);
	rc = session_row_end(tx, hash, e);
	return rc ? rc : audit_add(a->log, tx, s.actor, "login.end", str_of(s.account.name), STR(""), e);
}

int auth_session_demo(struct auth *a, struct tx *tx, const struct auth_account *as, const uint8_t token[AUTH_TOKEN],
                      struct auth_session *ret, struct err *e)
{
	struct auth_row row;
	if (a->production)
		return err_set(e, KT_EREFUSED, "Dit kan alleen in een demonstratie.");
	int rc = account_row_get(tx, str_of(as->name), &row, e);
	if (rc == KT_ENOTFOUND) {
		row = (struct auth_row){.pub = *as, .password = STR(""), .totp = STR("")};
		row.pub.active = row.pub.synthetic = true;
		row.pub.second_factor = false;
		rc = account_row_add(tx, &row, clock_ms(a->clock), e);
	}
	if (!rc && (!row.pub.synthetic || !row.pub.active))
		return err_set(e, KT_EREFUSED, "Dit account van de demonstratie is uitgezet.");
	if (!rc)
		rc = auth_session_add(a, tx, &row.pub, token, ret, e);
	return rc ? rc : audit_add(a->log, tx, ret->actor, "login.demo", str_of(row.pub.name), STR(""), e);
}
