#include "auth/auth_int.h"
#include "auth/totp.h"

/* Guessing: so many wrong answers are free, then each doubles the wait. A day without forgets them. An address stands
 * for more people than one, who mistype all day: it gets more, and loses one every LEAK_ADDRESS_MS. Whoever logs in
 * from where he did before is counted there: otherwise five guesses by anybody would shut him out. */
#define FREE_ACCOUNT 5
#define FREE_ADDRESS 20
#define WAIT_FIRST_MS INT64_C(2000)
#define WAIT_MOST_MS INT64_C(900000)
#define LEAK_ADDRESS_MS INT64_C(600000)
#define GUESSES_KEPT 20000
#define PLACE_DAYS 30
#define PLACES_KEPT 20000 /* an account in use at AUTH_ACCOUNTS keeps twenty */

void auth_guess_account(const struct auth *a, struct str name, uint8_t ret[AUTH_GUESS_KEY])
{
	uint8_t mac[64];
	crypto_m(mac, F_ARRAY(a->keys->guess), "guess account", name);
	memcpy(ret, mac, AUTH_GUESS_KEY);
}

/* IPv6 by its /64, which one customer has; IPv4 stands mapped in the last four bytes. */
bool auth_guess_address(const struct auth *a, const uint8_t peer[16], uint8_t ret[AUTH_GUESS_KEY])
{
	static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff}, LOOP6[16] = {[15] = 1};
	bool four = memcmp(peer, MAPPED, 12) == 0;
	uint8_t mac[64];
	if ((four && peer[12] == 127) || memcmp(peer, LOOP6, 16) == 0)
		return false;
	crypto_m(mac, F_ARRAY(a->keys->guess), "guess address", F_BYTES(peer, four ? 16 : 8));
	memcpy(ret, mac, AUTH_GUESS_KEY);
	return true;
}

static void place_key(const struct auth *a, struct str name, const uint8_t address[AUTH_GUESS_KEY],
                      uint8_t ret[AUTH_GUESS_KEY])
{
	const struct str f[] = {name, F_BYTES(address, AUTH_GUESS_KEY)};
	uint8_t mac[64];
	crypto_m_v(mac, F_ARRAY(a->keys->guess), "login place", f, 2);
	memcpy(ret, mac, AUTH_GUESS_KEY);
}

static int64_t wait_of(const struct guess_row *g, int64_t allowed, int64_t leak_ms, int64_t now_ms)
{
	int64_t ago = now_ms - g->last_ms, fails = g->fails - (ago > 0 ? ago / leak_ms : 0);
	if (fails < allowed || ago >= DAY_MS)
		return 0;
	int64_t wait = WAIT_FIRST_MS;
	for (int64_t i = allowed; i < fails && wait < WAIT_MOST_MS; i++)
		wait *= 2;
	if (wait > WAIT_MOST_MS)
		wait = WAIT_MOST_MS;
	return g->last_ms + wait > now_ms ? g->last_ms + wait - now_ms : 0;
}

/* One attempt while it is judged. */
struct attempt {
	struct auth *a;
	struct auth_login *l;
	struct auth_row row; /* texts in `arena` */
	struct arena *arena;
	bool known;
	const char *reason; /* why not, for the log; NULL: it is right */
	int64_t step;       /* of the code; -1: none was needed */
	uint8_t account_key[AUTH_GUESS_KEY], address_key[AUTH_GUESS_KEY], place_key[AUTH_GUESS_KEY];
	bool has_address;
	bool at_home; /* it logged in from this address before */
	int64_t now_ms;
};

static int look_up(struct attempt *t, struct err *e)
{
	struct guess_row by_account, by_address = {0, 0};
	struct tx *tx;
	int rc = store_read(t->a->store, &tx, e);
	if (rc)
		return rc;
	rc = t->has_address ? place_get(tx, t->place_key, &by_account, e) : KT_ENOTFOUND;
	t->at_home = rc == 0;
	if (rc == KT_ENOTFOUND)
		rc = guess_get(tx, t->account_key, &by_account, e);
	if (!rc && t->has_address)
		rc = guess_get(tx, t->address_key, &by_address, e);
	if (!rc)
		rc = account_row_get(tx, t->l->name, &t->row, e);
	t->known = rc == 0;
	if (t->known) {
		t->row.password = arena_str(t->arena, t->row.password);
		t->row.totp = arena_str(t->arena, t->row.totp);
	}
	store_read_end(tx);
	if (rc && rc != KT_ENOTFOUND)
		return rc;
	if (t->known && (!t->row.password.p || !t->row.totp.p))
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen.");
	int64_t one = wait_of(&by_account, FREE_ACCOUNT, DAY_MS, t->now_ms);
	int64_t two = wait_of(&by_address, FREE_ADDRESS, LEAK_ADDRESS_MS, t->now_ms);
	t->l->wait_ms = one > two ? one : two;
	return t->l->wait_ms ? KT_EBUSY : 0;
}

static int judge_code(struct attempt *t, struct err *e)
{
	uint8_t secret[AUTH_TOTP_SECRET];
	t->step = -1;
	if (!t->row.pub.second_factor) {
		t->reason = t->a->production ? "tweede_factor" : NULL;
		return 0;
	}
	int rc = auth_totp_open(t->a, &t->row, secret, e);
	if (rc)
		return rc;
	if (totp_check(F_ARRAY(secret), t->l->code, t->now_ms, t->row.totp_step, &t->step))
		t->reason = "code";
	crypto_wipe(secret, sizeof(secret));
	return 0;
}

/* The password is always tried, so that an account that is not there takes as long as one that is. */
static int judge(struct attempt *t, struct err *e)
{
	bool has_password = t->known && t->row.password.n > 0; /* synthetic accounts have none */
	int wrong = crypto_password_verify(has_password ? t->row.password.p : t->a->stranger, t->l->password);
	if (!t->known)
		t->reason = "onbekend";
	else if (!t->row.pub.active)
		t->reason = "uitgezet";
	else if (!has_password || wrong)
		t->reason = "wachtwoord";
	else
		return judge_code(t, e);
	return 0;
}

static int store_failure(const struct attempt *t, struct tx *tx, const char *reason, struct err *e)
{
	int rc = t->at_home ? place_failed(tx, t->place_key, t->now_ms, e)
						: guess_add(tx, t->account_key, t->now_ms, DAY_MS, GUESSES_KEPT, e);
	if (!rc && t->has_address)
		rc = guess_add(tx, t->address_key, t->now_ms, LEAK_ADDRESS_MS, GUESSES_KEPT, e);
	if (rc)
		return rc;
	struct str detail = arena_fmt(tx_arena(tx), "{\"reden\":\"%s\"}", reason);
	/* A name that is no account may be a password in the wrong field: it is not written down. */
	struct str object = t->known ? str_of(t->row.pub.name) : STR("");
	return audit_add(t->a->log, tx, "system", "login.failed", object, detail, e);
}

static int store_success(struct attempt *t, struct tx *tx, struct auth_row *row, struct err *e)
{
	int rc = 0;
	if (t->step >= 0) {
		row->totp_step = t->step;
		rc = account_row_update(tx, row, t->now_ms, e);
	}
	/* What others guessed from elsewhere stays theirs. */
	if (!rc && !t->at_home)
		rc = guess_clear(tx, t->account_key, e);
	if (!rc && t->has_address)
		rc = place_seen(tx, t->place_key, t->now_ms, t->now_ms - PLACE_DAYS * DAY_MS, PLACES_KEPT, e);
	if (!rc)
		rc = auth_session_add(t->a, tx, &row->pub, t->l->token, &t->l->session, e);
	return rc ? rc : audit_add(t->a->log, tx, t->l->session.actor, "login.ok", str_of(row->pub.name), STR(""), e);
}

/* Between judging and storing, another process may have disabled the account or taken the same code. */
static int outcome_job(struct tx *tx, void *arg, struct err *e)
{
	struct attempt *t = arg;
	struct auth_row row;
	const char *reason = t->reason;
	if (!reason) {
		int rc = account_row_get(tx, str_of(t->row.pub.name), &row, e);
		if (rc)
			return rc;
		if (!row.pub.active || !str_eq(row.password, t->row.password) || !str_eq(row.totp, t->row.totp))
			reason = "gewijzigd";
		else if (t->step >= 0 && t->step <= row.totp_step)
			reason = "code";
	}
	t->l->code_ret = reason ? KT_EREFUSED : 0;
	return reason ? store_failure(t, tx, reason, e) : store_success(t, tx, &row, e);
}

static void attempt(struct auth *a, struct auth_login *l)
{
	struct err e = {0};
	struct attempt t = {.a = a, .l = l, .arena = arena_new(1u << 16), .now_ms = clock_ms(a->clock)};
	int rc = t.arena ? 0 : KT_ENOMEM;
	auth_guess_account(a, l->name, t.account_key);
	t.has_address = auth_guess_address(a, l->peer, t.address_key);
	if (t.has_address)
		place_key(a, l->name, t.address_key, t.place_key);
	crypto_random(l->token, sizeof(l->token));
	if (!rc)
		rc = look_up(&t, &e);
	if (!rc)
		rc = judge(&t, &e);
	if (!rc)
		rc = store_submit(a->store, outcome_job, &t, &e);
	if (rc)
		l->code_ret = rc;
	if (l->code_ret)
		crypto_wipe(l->token, sizeof(l->token));
	arena_free(t.arena);
	l->done(l, l->user);
	stack_burn();
}

int auth_login(struct auth *a, struct auth_login *l)
{
	l->next = NULL;
	pthread_mutex_lock(&a->lock);
	bool taken = !a->closing && a->waiting < AUTH_QUEUE;
	if (taken) {
		*(a->head ? &a->tail->next : &a->head) = l;
		a->tail = l;
		a->waiting++;
		pthread_cond_signal(&a->work);
	}
	pthread_mutex_unlock(&a->lock);
	return taken ? 0 : KT_EBUSY;
}

/* The next attempt; NULL when there will be none any more. */
static struct auth_login *next(struct auth *a)
{
	pthread_mutex_lock(&a->lock);
	while (!a->head && !a->closing)
		pthread_cond_wait(&a->work, &a->lock);
	struct auth_login *l = a->head;
	if (l) {
		a->head = l->next;
		a->waiting--;
	}
	pthread_mutex_unlock(&a->lock);
	return l;
}

/* Whoever waits at the end is still answered. */
void *auth_worker(void *arg)
{
	struct auth *a = arg;
	for (struct auth_login *l; (l = next(a));)
		attempt(a, l);
	return NULL;
}
