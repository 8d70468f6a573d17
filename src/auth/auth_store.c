#include "auth/auth_int.h"

#define COLS "a.name, a.title, a.role, a.org, a.password, a.totp, a.totp_step, a.active, a.synthetic"
#define COL_TYPES "ttittbiii"
#define COLS_N (sizeof(COL_TYPES) - 1)

static const struct stmt ACCOUNT_ADD = {
	"INSERT INTO account (name, title, role, org, password, totp, totp_step, active, synthetic, made_ms, changed_ms)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
	NULL, COL_TYPES "i", ""};
static const struct stmt ACCOUNT_GET = {"SELECT " COLS " FROM account a WHERE a.name = $1", NULL, "t", COL_TYPES};
static const struct stmt ACCOUNT_UPDATE = {
	"UPDATE account SET password = $2, totp = $3, totp_step = $4, active = $5, changed_ms = $6 WHERE name = $1", NULL,
	"ttbiii", ""};
static const struct stmt ACCOUNT_COUNT = {"SELECT count(*) FROM account", NULL, "", "i"};
static const struct stmt ACCOUNT_LIST = {"SELECT " COLS " FROM account a ORDER BY a.name LIMIT $1", NULL, "i",
                                         COL_TYPES};

static const struct stmt SESSION_ADD = {
	"INSERT INTO session (hash, account, made_ms, seen_ms, ends_ms) VALUES ($1, $2, $3, $3, $4)", NULL, "btii", ""};
static const struct stmt SESSION_GET = {"SELECT " COLS ", s.made_ms, s.seen_ms, s.ends_ms FROM session s"
                                        " JOIN account a ON a.name = s.account WHERE s.hash = $1",
                                        NULL, "b", COL_TYPES "iii"};
static const struct stmt SESSION_SEEN = {"UPDATE session SET seen_ms = $2 WHERE hash = $1 AND seen_ms < $2", NULL, "bi",
                                         ""};
static const struct stmt SESSION_END = {"DELETE FROM session WHERE hash = $1", NULL, "b", ""};
static const struct stmt SESSION_END_OF = {"DELETE FROM session WHERE account = $1", NULL, "t", ""};
static const struct stmt SESSION_ENDED = {"DELETE FROM session WHERE ends_ms <= $1 OR seen_ms <= $2", NULL, "ii", ""};
static const struct stmt SESSION_TOO_MANY = {
	"DELETE FROM session WHERE hash IN"
	" (SELECT hash FROM session WHERE account = $1 ORDER BY made_ms DESC, hash LIMIT 1000 OFFSET $2)",
	NULL, "ti", ""};

static const struct stmt GUESS_GET = {"SELECT fails, last_ms FROM guess WHERE key = $1", NULL, "b", "ii"};
static const struct stmt GUESS_ADD = {
	"INSERT INTO guess (key, fails, last_ms) VALUES ($1, 1, $2)"
	" ON CONFLICT (key) DO UPDATE SET last_ms = excluded.last_ms, fails = 1 + CASE"
	" WHEN guess.last_ms >= $2 THEN guess.fails"
	" WHEN guess.fails > ($2 - guess.last_ms) / $3 THEN guess.fails - ($2 - guess.last_ms) / $3 ELSE 0 END",
	NULL, "bii", ""};
static const struct stmt GUESS_FORGET = {"DELETE FROM guess WHERE last_ms < $1", NULL, "i", ""};
static const struct stmt GUESS_TOO_MANY = {
	"DELETE FROM guess WHERE key IN (SELECT key FROM guess ORDER BY last_ms DESC, key LIMIT 1000 OFFSET $1)", NULL, "i",
	""};
static const struct stmt GUESS_CLEAR = {"DELETE FROM guess WHERE key = $1", NULL, "b", ""};

static const struct stmt PLACE_GET = {"SELECT fails, last_ms FROM place WHERE key = $1", NULL, "b", "ii"};
static const struct stmt PLACE_FAILED = {"UPDATE place SET fails = fails + 1, last_ms = $2 WHERE key = $1", NULL, "bi",
                                         ""};
static const struct stmt PLACE_SEEN = {"INSERT INTO place (key, fails, last_ms) VALUES ($1, 0, $2)"
                                       " ON CONFLICT (key) DO UPDATE SET fails = 0, last_ms = excluded.last_ms",
                                       NULL, "bi", ""};
static const struct stmt PLACE_FORGET = {"DELETE FROM place WHERE last_ms < $1", NULL, "i", ""};
static const struct stmt PLACE_TOO_MANY = {
	"DELETE FROM place WHERE key IN (SELECT key FROM place ORDER BY last_ms DESC, key LIMIT 1000 OFFSET $1)", NULL, "i",
	""};

static int from_row(const struct sval *c, struct auth_row *ret)
{
	struct auth_row r = {.password = c[4].s, .totp = c[5].s, .totp_step = c[6].i};
	if (!str_copy(r.pub.name, sizeof(r.pub.name), c[0].s) || !str_copy(r.pub.title, sizeof(r.pub.title), c[1].s) ||
	    !str_copy(r.pub.org, sizeof(r.pub.org), c[3].s))
		return KT_ECORRUPT;
	r.pub.role = (enum auth_role)c[2].i;
	r.pub.second_factor = r.totp.n > 0;
	r.pub.active = c[7].i != 0;
	r.pub.synthetic = c[8].i != 0;
	*ret = r;
	return 0;
}

int account_row_add(struct tx *tx, const struct auth_row *r, int64_t now_ms, struct err *e)
{
	return tx_exec(tx, &ACCOUNT_ADD, e, SV_Z(r->pub.name), SV_Z(r->pub.title), SV_I(r->pub.role), SV_Z(r->pub.org),
	               SV_T(r->password), SV_BS(r->totp), SV_I(r->totp_step), SV_I(r->pub.active), SV_I(r->pub.synthetic),
	               SV_I(now_ms));
}

int account_row_get(struct tx *tx, struct str name, struct auth_row *ret, struct err *e)
{
	struct sval c[COLS_N];
	int rc = tx_row(tx, &ACCOUNT_GET, tx_arena(tx), c, e, SV_T(name));
	if (rc == KT_ENOTFOUND)
		return err_set(e, rc, "Er is geen account met deze naam.");
	if (!rc && from_row(c, ret))
		rc = err_set(e, KT_ECORRUPT, "Dit account is beschadigd bewaard.");
	return rc;
}

int account_row_update(struct tx *tx, const struct auth_row *r, int64_t now_ms, struct err *e)
{
	return tx_exec(tx, &ACCOUNT_UPDATE, e, SV_Z(r->pub.name), SV_T(r->password), SV_BS(r->totp), SV_I(r->totp_step),
	               SV_I(r->pub.active), SV_I(now_ms));
}

int account_row_count(struct tx *tx, int64_t *ret, struct err *e)
{
	struct sval c[1];
	int rc = tx_row0(tx, &ACCOUNT_COUNT, tx_arena(tx), c, e);
	if (!rc)
		*ret = c[0].i;
	return rc;
}

struct each {
	auth_account_fn fn;
	void *arg;
};

static int each_row(const struct sval *c, void *arg)
{
	const struct each *h = arg;
	struct auth_row r;
	return from_row(c, &r) ? KT_ECORRUPT : h->fn(&r.pub, h->arg);
}

int auth_account_list(struct tx *tx, auth_account_fn fn, void *arg, struct err *e)
{
	struct each h = {fn, arg};
	return tx_query(tx, &ACCOUNT_LIST, each_row, &h, e, SV_I(AUTH_ACCOUNTS));
}

int session_row_add(struct tx *tx, const uint8_t hash[AUTH_HASH], const char *account, int64_t now_ms, int64_t ends_ms,
                    struct err *e)
{
	return tx_exec(tx, &SESSION_ADD, e, SV_B(hash, AUTH_HASH), SV_Z(account), SV_I(now_ms), SV_I(ends_ms));
}

int session_row_get(struct tx *tx, const uint8_t hash[AUTH_HASH], struct session_row *ret, struct err *e)
{
	struct sval c[COLS_N + 3];
	struct session_row r;
	int rc = tx_row(tx, &SESSION_GET, tx_arena(tx), c, e, SV_B(hash, AUTH_HASH));
	if (rc)
		return rc;
	if (from_row(c, &r.account))
		return err_set(e, KT_ECORRUPT, "Dit account is beschadigd bewaard.");
	r.made_ms = c[COLS_N].i;
	r.seen_ms = c[COLS_N + 1].i;
	r.ends_ms = c[COLS_N + 2].i;
	*ret = r;
	return 0;
}

int session_row_seen(struct tx *tx, const uint8_t hash[AUTH_HASH], int64_t now_ms, struct err *e)
{
	return tx_exec(tx, &SESSION_SEEN, e, SV_B(hash, AUTH_HASH), SV_I(now_ms));
}

int session_row_end(struct tx *tx, const uint8_t hash[AUTH_HASH], struct err *e)
{
	return tx_exec(tx, &SESSION_END, e, SV_B(hash, AUTH_HASH));
}

int session_rows_end_of(struct tx *tx, const char *account, struct err *e)
{
	return tx_exec(tx, &SESSION_END_OF, e, SV_Z(account));
}

int session_rows_trim(struct tx *tx, int64_t now_ms, int64_t idle_before, const char *account, int64_t keep,
                      struct err *e)
{
	int rc = tx_exec(tx, &SESSION_ENDED, e, SV_I(now_ms), SV_I(idle_before));
	return rc ? rc : tx_exec(tx, &SESSION_TOO_MANY, e, SV_Z(account), SV_I(keep));
}

int guess_get(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], struct guess_row *ret, struct err *e)
{
	struct sval c[2];
	int rc = tx_row(tx, &GUESS_GET, tx_arena(tx), c, e, SV_B(key, AUTH_GUESS_KEY));
	if (rc && rc != KT_ENOTFOUND)
		return rc;
	*ret = rc ? (struct guess_row){0, 0} : (struct guess_row){c[0].i, c[1].i};
	return 0;
}

int guess_add(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], int64_t now_ms, int64_t leak_ms, int64_t keep,
              struct err *e)
{
	int rc = tx_exec(tx, &GUESS_FORGET, e, SV_I(now_ms - DAY_MS));
	if (!rc)
		rc = tx_exec(tx, &GUESS_ADD, e, SV_B(key, AUTH_GUESS_KEY), SV_I(now_ms), SV_I(leak_ms));
	return rc ? rc : tx_exec(tx, &GUESS_TOO_MANY, e, SV_I(keep));
}

int guess_clear(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], struct err *e)
{
	return tx_exec(tx, &GUESS_CLEAR, e, SV_B(key, AUTH_GUESS_KEY));
}

int place_get(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], struct guess_row *ret, struct err *e)
{
	struct sval c[2];
	int rc = tx_row(tx, &PLACE_GET, tx_arena(tx), c, e, SV_B(key, AUTH_GUESS_KEY));
	if (!rc)
		*ret = (struct guess_row){c[0].i, c[1].i};
	return rc;
}

int place_failed(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], int64_t now_ms, struct err *e)
{
	return tx_exec(tx, &PLACE_FAILED, e, SV_B(key, AUTH_GUESS_KEY), SV_I(now_ms));
}

int place_seen(struct tx *tx, const uint8_t key[AUTH_GUESS_KEY], int64_t now_ms, int64_t since_ms, int64_t keep,
               struct err *e)
{
	int rc = tx_exec(tx, &PLACE_FORGET, e, SV_I(since_ms));
	if (!rc)
		rc = tx_exec(tx, &PLACE_SEEN, e, SV_B(key, AUTH_GUESS_KEY), SV_I(now_ms));
	return rc ? rc : tx_exec(tx, &PLACE_TOO_MANY, e, SV_I(keep));
}
