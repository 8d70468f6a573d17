#include <stdio.h>

#include "auth/auth_int.h"
#include "auth/totp.h"
#include "store/test_pg.h"
#include "support/centre.h"

#define PASSWORD STR("drie natte paraplus")
#define OTHER STR("vier droge handdoeken")

static const uint8_t ADDRESS[16] = {[10] = 0xff, [11] = 0xff, [12] = 198, [13] = 51, [14] = 100, [15] = 7};

struct bench_auth { /* an open auth on a fixture */
	struct test_centre *t;
	struct auth *a;
	uint8_t secret[AUTH_TOTP_SECRET];
};

static struct bench_auth open_auth(void **state, bool production)
{
	struct bench_auth b = {.t = *state};
	struct auth_opts o = {.dir = b.t->dir, .clock = &b.t->clock, .production = production};
	b.t->clock.fixed_ms = TEST_NOW;
	test_must(auth_open(b.t->store, b.t->audit, &o, &b.a, &b.t->e), &b.t->e);
	return b;
}

static void later(struct bench_auth *b, int64_t ms)
{
	b->t->clock.fixed_ms += ms;
}

static struct auth_account account(const char *name, enum auth_role role, const char *org, bool factor)
{
	struct auth_account a = {.role = role, .second_factor = factor};
	assert_true(str_copy(a.name, sizeof(a.name), str_of(name)));
	assert_true(str_copy(a.org, sizeof(a.org), str_of(org)));
	assert_true(str_copy(a.title, sizeof(a.title), STR("Iemand van het meldpunt")));
	return a;
}

static void add(struct bench_auth *b, const char *name, bool factor)
{
	struct auth_account acc = account(name, ROLE_DESK, "meldpunt", factor);
	test_must(auth_account_add(b->a, "cli", &acc, PASSWORD, b->secret, &b->t->e), &b->t->e);
}

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned done;
	bool hold; /* keeps the worker inside `done` */
};

static void login_done(struct auth_login *l, void *user)
{
	struct waiter *w = user;
	(void)l;
	pthread_mutex_lock(&w->lock);
	w->done++;
	pthread_cond_broadcast(&w->changed);
	while (w->hold)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static void wait_done(struct waiter *w, unsigned n)
{
	pthread_mutex_lock(&w->lock);
	while (w->done < n)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static void release(struct waiter *w)
{
	pthread_mutex_lock(&w->lock);
	w->hold = false;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

#define WAITER \
	{ \
		PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false \
	}

static struct auth_login login_from(struct auth *a, const char *name, struct str password, const char *code,
                                    const uint8_t peer[16])
{
	struct waiter w = WAITER;
	struct auth_login l = {.name = str_of(name), .password = password, .done = login_done, .user = &w};
	l.code = code ? str_of(code) : STR_NONE;
	memcpy(l.peer, peer, sizeof(l.peer));
	assert_int_equal(auth_login(a, &l), 0);
	wait_done(&w, 1);
	return l;
}

static struct auth_login login(struct bench_auth *b, const char *name, struct str password, const char *code)
{
	static const uint8_t LOOPBACK[16] = {[15] = 1};
	return login_from(b->a, name, password, code, LOOPBACK);
}

static const char *code_now(const struct bench_auth *b, int64_t steps)
{
	static char text[16];
	uint64_t step = (uint64_t)(b->t->clock.fixed_ms / TOTP_STEP_MS + steps);
	snprintf(text, sizeof(text), "%06u", totp_hotp(F_ARRAY(b->secret), step, TOTP_DIGITS));
	return text;
}

/* ---- one-time codes ---- */

static void test_rfc4226(void **state)
{
	static const uint32_t WANT[] = {755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489};
	(void)state;
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(totp_hotp(STR("12345678901234567890"), i, 6), WANT[i]);
}

static void test_rfc6238(void **state)
{
	static const struct {
		uint64_t seconds;
		uint32_t want;
	} ROWS[] = {{59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
	            {1234567890, 89005924}, {2000000000, 69279037}, {UINT64_C(20000000000), 65353130}};
	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++)
		assert_int_equal(totp_hotp(STR("12345678901234567890"), ROWS[i].seconds / 30, 8), ROWS[i].want);
}

static void test_totp_window(void **state)
{
	struct str secret = STR("12345678901234567890");
	int64_t step = 0;
	(void)state;
	/* at 59 s step 1 is current; the codes of steps 0, 1 and 2 are 755224, 287082 and 359152 */
	assert_int_equal(totp_check(secret, STR("287082"), 59000, 0, &step), 0);
	assert_int_equal(step, 1);
	assert_int_equal(totp_check(secret, STR("755224"), 59000, -1, &step), 0);
	assert_int_equal(step, 0);
	assert_int_equal(totp_check(secret, STR("359152"), 59000, 1, &step), 0);
	assert_int_equal(step, 2);
	assert_int_equal(totp_check(secret, STR("969429"), 59000, 0, &step), KT_EREFUSED); /* two ahead */
	assert_int_equal(totp_check(secret, STR("287082"), 59000, 1, &step), KT_EREFUSED); /* taken before */
	assert_int_equal(totp_check(secret, STR("287082"), 59000, 2, &step), KT_EREFUSED); /* older than the last */
	static const char *const BAD[] = {"", "28708", "2870822", "28708a", " 87082"};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		assert_int_equal(totp_check(secret, str_of(BAD[i]), 59000, 0, &step), KT_EREFUSED);
	assert_int_equal(step, 2); /* untouched */
}

static void test_base32(void **state)
{
	static const char *const ROWS[][2] = {{"", ""},
	                                      {"f", "MY"},
	                                      {"fo", "MZXQ"},
	                                      {"foo", "MZXW6"},
	                                      {"foob", "MZXW6YQ"},
	                                      {"fooba", "MZXW6YTB"},
	                                      {"foobar", "MZXW6YTBOI"}};
	struct buf b = BUF_INIT(256);
	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		totp_base32(&b, str_of(ROWS[i][0]));
		assert_true(str_is(buf_view(&b), ROWS[i][1]));
		buf_reset(&b);
	}
	totp_uri(&b, "Kentering", "anna", STR("foobar"));
	assert_true(str_is(buf_view(&b), "otpauth://totp/Kentering:anna?secret=MZXW6YTBOI&issuer=Kentering"));
	buf_free(&b);
}

/* ---- accounts ---- */

static void test_passwords(void **state)
{
	struct err e = {0};
	char longest[AUTH_PASSWORD_MAX + 2];
	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(auth_password_check("anna", PASSWORD, &e), 0);
	assert_int_equal(auth_password_check("anna", STR("zes tëkéns ñu"), &e), 0);
	assert_int_equal(auth_password_check("anna", STR("elf tekens!"), &e), KT_EINVAL);
	assert_int_equal(auth_password_check("anna", STR("ëëëëëë"), &e), KT_EINVAL); /* twelve bytes, six characters */
	assert_int_equal(auth_password_check("anna", STR("Wachtwoord123"), &e), KT_EINVAL);
	assert_int_equal(auth_password_check("annadevriesjansen", STR("AnnadeVriesJansen"), &e), KT_EINVAL);
	assert_int_equal(auth_password_check("anna", STR("twaalf\xff\xff tekens"), &e), KT_EINVAL);
	assert_int_equal(auth_password_check("anna", F_BYTES(longest, AUTH_PASSWORD_MAX), &e), 0);
	assert_int_equal(auth_password_check("anna", F_BYTES(longest, AUTH_PASSWORD_MAX + 1), &e), KT_EINVAL);
}

static int count_account(const struct auth_account *a, void *arg)
{
	unsigned *n = arg;
	assert_true(a->active);
	*n += 1;
	return 0;
}

static void test_account_add(void **state)
{
	struct bench_auth b = open_auth(state, true);
	static const struct {
		const char *name;
		enum auth_role role;
		const char *org;
		bool factor;
		int want;
	} ROWS[] = {
		{"anna", ROLE_DESK, "meldpunt", true, 0},
		{"anna", ROLE_DESK, "meldpunt", true, KT_EEXISTS},
		{"bert", ROLE_PARTNER, "bank:KENT", true, 0},
		{"bert2", ROLE_PARTNER, "meldpunt", true, KT_EINVAL},
		{"carla", ROLE_DESK, "politie", true, KT_EINVAL},
		{"dirk", ROLE_ADMIN, "meldpunt", false, KT_EREFUSED}, /* production asks for a second factor */
		{"Eva", ROLE_DESK, "meldpunt", true, KT_EINVAL},
		{"e", ROLE_DESK, "meldpunt", true, KT_EINVAL},
		{"", ROLE_DESK, "meldpunt", true, KT_EINVAL},
		{"demo-bank", ROLE_DESK, "meldpunt", true, KT_EINVAL},
		{"fred", ROLE_NONE, "meldpunt", true, KT_EINVAL},
		{"fred", ROLE_PARTNER, "bank kent", true, KT_EINVAL},
	};
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct auth_account acc = account(ROWS[i].name, ROWS[i].role, ROWS[i].org, ROWS[i].factor);
		if (auth_account_add(b.a, "cli", &acc, PASSWORD, b.secret, &b.t->e) != ROWS[i].want)
			fail_msg("row %zu: %s", i, b.t->e.text);
	}
	struct auth_account acc = account("gerda", ROLE_DESK, "meldpunt", true);
	assert_int_equal(auth_account_add(b.a, "cli", &acc, STR("kort"), b.secret, &b.t->e), KT_EINVAL);
	acc.title[0] = '\n';
	assert_int_equal(auth_account_add(b.a, "cli", &acc, PASSWORD, b.secret, &b.t->e), KT_EINVAL);
	assert_int_equal(auth_account_disable(b.a, "cli", "niemand", &b.t->e), KT_ENOTFOUND);
	struct tx *tx;
	unsigned n = 0;
	test_must(store_read(b.t->store, &tx, &b.t->e), &b.t->e);
	test_must(auth_account_list(tx, count_account, &n, &b.t->e), &b.t->e);
	store_read_end(tx);
	assert_int_equal(n, 2);
	auth_close(b.a);
}

/* ---- logging in ---- */

static void test_login(void **state)
{
	struct bench_auth b = open_auth(state, false);
	struct auth_session s;
	add(&b, "anna", false);
	struct auth_login l = login(&b, "anna", PASSWORD, NULL);
	assert_int_equal(l.code_ret, 0);
	assert_string_equal(l.session.actor, "desk:anna");
	test_must(auth_session_get(b.a, l.token, &s, &b.t->e), &b.t->e);
	assert_string_equal(s.account.name, "anna");
	assert_int_equal(s.account.role, ROLE_DESK);
	assert_int_equal(s.ends_ms, TEST_NOW + INT64_C(1800000));
	assert_int_equal(login(&b, "anna", OTHER, NULL).code_ret, KT_EREFUSED);
	assert_int_equal(login(&b, "berta", PASSWORD, NULL).code_ret, KT_EREFUSED);
	assert_int_equal(login(&b, "' OR 1=1 --", PASSWORD, NULL).code_ret, KT_EREFUSED);
	l.token[0] ^= 1;
	assert_int_equal(auth_session_get(b.a, l.token, &s, &b.t->e), KT_ENOTFOUND);
	auth_close(b.a);
}

static void test_second_factor(void **state)
{
	struct bench_auth b = open_auth(state, true);
	add(&b, "anna", true);
	assert_int_equal(login(&b, "anna", PASSWORD, NULL).code_ret, KT_EREFUSED);
	assert_int_equal(login(&b, "anna", PASSWORD, code_now(&b, 5)).code_ret, KT_EREFUSED);
	assert_int_equal(login(&b, "anna", OTHER, code_now(&b, 0)).code_ret, KT_EREFUSED);
	assert_int_equal(login(&b, "anna", PASSWORD, code_now(&b, 0)).code_ret, 0);
	assert_int_equal(login(&b, "anna", PASSWORD, code_now(&b, 0)).code_ret, KT_EREFUSED);  /* the same again */
	assert_int_equal(login(&b, "anna", PASSWORD, code_now(&b, -1)).code_ret, KT_EREFUSED); /* one before it */
	assert_int_equal(login(&b, "anna", PASSWORD, code_now(&b, 1)).code_ret, 0);
	later(&b, TOTP_STEP_MS);
	assert_int_equal(login(&b, "anna", PASSWORD, code_now(&b, 0)).code_ret, KT_EREFUSED); /* was taken ahead of time */
	auth_close(b.a);
}

static int make_bare(struct tx *tx, void *arg, struct err *e)
{
	struct auth_row row = {.pub = *(struct auth_account *)arg, .password = STR(""), .totp = STR("")};
	char hash[PASSWORD_HASH];
	int rc = crypto_password_hash(hash, PASSWORD, e);
	row.password = str_of(hash);
	row.pub.active = true;
	return rc ? rc : account_row_add(tx, &row, TEST_NOW, e);
}

/* An account from a demonstration's time, and the demonstration's own, open nothing in production. */
static void test_production(void **state)
{
	struct bench_auth b = open_auth(state, true);
	struct auth_account acc = account("bare", ROLE_ADMIN, "meldpunt", false);
	test_must(store_submit(b.t->store, make_bare, &acc, &b.t->e), &b.t->e);
	assert_int_equal(login(&b, "bare", PASSWORD, NULL).code_ret, KT_EREFUSED);
	acc = account("made-up", ROLE_ADMIN, "meldpunt", false);
	acc.synthetic = true;
	test_must(store_submit(b.t->store, make_bare, &acc, &b.t->e), &b.t->e);
	assert_int_equal(login(&b, "made-up", PASSWORD, NULL).code_ret, KT_EREFUSED);
	struct bench_auth demo = open_auth(state, false); /* the same data, while it still was a demonstration */
	struct auth_session s;
	struct auth_login l = login(&demo, "bare", PASSWORD, NULL);
	assert_int_equal(l.code_ret, 0);
	assert_int_equal(auth_session_get(demo.a, l.token, &s, &b.t->e), 0);
	assert_int_equal(auth_session_get(b.a, l.token, &s, &b.t->e), KT_ENOTFOUND);
	auth_close(demo.a);
	auth_close(b.a);
}

struct view {
	struct auth *a;
	struct auth_account as;
	uint8_t token[AUTH_TOKEN];
	struct auth_session s;
};

static int view_job(struct tx *tx, void *arg, struct err *e)
{
	struct view *v = arg;
	return auth_session_demo(v->a, tx, &v->as, v->token, &v->s, e);
}

static int end_job(struct tx *tx, void *arg, struct err *e)
{
	struct view *v = arg;
	return auth_session_end(v->a, tx, v->token, e);
}

static void test_demo(void **state)
{
	struct bench_auth b = open_auth(state, false);
	struct view v = {.a = b.a, .as = account("demo-bank", ROLE_PARTNER, "bank", false)};
	struct auth_session s;
	v.as.synthetic = true;
	crypto_random(v.token, sizeof(v.token));
	test_must(store_submit(b.t->store, view_job, &v, &b.t->e), &b.t->e);
	assert_string_equal(v.s.actor, "partner:bank");
	test_must(auth_session_get(b.a, v.token, &s, &b.t->e), &b.t->e);
	assert_int_equal(login(&b, "demo-bank", STR(""), NULL).code_ret, KT_EREFUSED);
	assert_int_equal(auth_account_reset(b.a, "cli", "demo-bank", PASSWORD, true, b.secret, &b.t->e), KT_EREFUSED);
	struct bench_auth real = open_auth(state, true); /* the same data, now in production */
	assert_int_equal(auth_session_get(real.a, v.token, &s, &b.t->e), KT_ENOTFOUND);
	v.a = real.a;
	assert_int_equal(store_submit(b.t->store, view_job, &v, &b.t->e), KT_EREFUSED);
	auth_close(real.a);
	v.a = b.a;
	test_must(store_submit(b.t->store, end_job, &v, &b.t->e), &b.t->e);
	test_must(store_submit(b.t->store, end_job, &v, &b.t->e), &b.t->e); /* twice is no error */
	assert_int_equal(auth_session_get(b.a, v.token, &s, &b.t->e), KT_ENOTFOUND);
	auth_close(b.a);
}

/* ---- sessions ---- */

/* The note that a session was used is written behind our back: a write of our own comes after it. */
static int nothing_job(struct tx *tx, void *arg, struct err *e)
{
	(void)tx, (void)arg, (void)e;
	return 0;
}

static void test_session_ends(void **state)
{
	struct bench_auth b = open_auth(state, false);
	struct auth_session s;
	int64_t minute = 60000;
	add(&b, "anna", false);
	struct auth_login l = login(&b, "anna", PASSWORD, NULL), idle = login(&b, "anna", PASSWORD, NULL);
	for (int i = 0; i < 35; i++) { /* every 20 minutes, until 11:40 hours have passed */
		later(&b, 20 * minute);
		test_must(auth_session_get(b.a, l.token, &s, &b.t->e), &b.t->e);
		test_must(store_submit(b.t->store, nothing_job, NULL, &b.t->e), &b.t->e);
	}
	assert_int_equal(s.ends_ms, TEST_NOW + 720 * minute); /* not beyond the longest */
	assert_int_equal(auth_session_get(b.a, idle.token, &s, &b.t->e), KT_ENOTFOUND);
	later(&b, 20 * minute - 1);
	test_must(auth_session_get(b.a, l.token, &s, &b.t->e), &b.t->e);
	later(&b, 1);
	assert_int_equal(auth_session_get(b.a, l.token, &s, &b.t->e), KT_ENOTFOUND);
	l = login(&b, "anna", PASSWORD, NULL);
	later(&b, 30 * minute - 1);
	test_must(auth_session_get(b.a, l.token, &s, &b.t->e), &b.t->e);
	test_must(store_submit(b.t->store, nothing_job, NULL, &b.t->e), &b.t->e);
	later(&b, 30 * minute);
	assert_int_equal(auth_session_get(b.a, l.token, &s, &b.t->e), KT_ENOTFOUND);
	auth_close(b.a);
}

static void test_disable_and_reset(void **state)
{
	struct bench_auth b = open_auth(state, false);
	struct auth_session s;
	add(&b, "anna", false);
	struct auth_login l = login(&b, "anna", PASSWORD, NULL);
	test_must(auth_account_disable(b.a, "cli", "anna", &b.t->e), &b.t->e);
	assert_int_equal(auth_session_get(b.a, l.token, &s, &b.t->e), KT_ENOTFOUND);
	assert_int_equal(login(&b, "anna", PASSWORD, NULL).code_ret, KT_EREFUSED);
	test_must(auth_account_reset(b.a, "cli", "anna", OTHER, true, b.secret, &b.t->e), &b.t->e);
	assert_int_equal(auth_session_get(b.a, l.token, &s, &b.t->e), KT_ENOTFOUND);
	assert_int_equal(login(&b, "anna", PASSWORD, code_now(&b, 0)).code_ret, KT_EREFUSED);
	l = login(&b, "anna", OTHER, code_now(&b, 0));
	assert_int_equal(l.code_ret, 0);
	test_must(auth_account_reset(b.a, "cli", "anna", PASSWORD, false, b.secret, &b.t->e), &b.t->e);
	assert_int_equal(auth_session_get(b.a, l.token, &s, &b.t->e), KT_ENOTFOUND);
	assert_int_equal(login(&b, "anna", PASSWORD, NULL).code_ret, 0);
	auth_close(b.a);
}

static void test_many_sessions(void **state)
{
	struct bench_auth b = open_auth(state, false);
	struct view v[22];
	struct auth_session s;
	for (size_t i = 0; i < 22; i++) {
		v[i] = (struct view){.a = b.a, .as = account("demo-bank", ROLE_PARTNER, "bank", false)};
		crypto_random(v[i].token, sizeof(v[i].token));
		later(&b, 1000);
		test_must(store_submit(b.t->store, view_job, &v[i], &b.t->e), &b.t->e);
	}
	for (size_t i = 0; i < 22; i++)
		assert_int_equal(auth_session_get(b.a, v[i].token, &s, &b.t->e), i < 2 ? KT_ENOTFOUND : 0);
	auth_close(b.a);
}

/* ---- guessing ---- */

static void test_guessing_slowed(void **state)
{
	struct bench_auth b = open_auth(state, false);
	struct auth_login l;
	add(&b, "anna", false);
	for (int i = 0; i < 5; i++)
		assert_int_equal(login(&b, "anna", OTHER, NULL).code_ret, KT_EREFUSED);
	l = login(&b, "anna", PASSWORD, NULL); /* also the right one has to wait */
	assert_int_equal(l.code_ret, KT_EBUSY);
	assert_int_equal(l.wait_ms, 2000);
	later(&b, 2000);
	assert_int_equal(login(&b, "anna", OTHER, NULL).code_ret, KT_EREFUSED);
	assert_int_equal(login(&b, "anna", OTHER, NULL).wait_ms, 4000);
	later(&b, 4000);
	assert_int_equal(login(&b, "anna", PASSWORD, NULL).code_ret, 0); /* and is forgiven */
	assert_int_equal(login(&b, "anna", OTHER, NULL).code_ret, KT_EREFUSED);
	for (int i = 0; i < 5; i++) /* a name that is no account sounds the same */
		assert_int_equal(login(&b, "niemand", OTHER, NULL).code_ret, KT_EREFUSED);
	assert_int_equal(login(&b, "niemand", OTHER, NULL).wait_ms, 2000);
	later(&b, DAY_MS);
	assert_int_equal(login(&b, "niemand", OTHER, NULL).code_ret, KT_EREFUSED);
	auth_close(b.a);
}

struct guesses {
	struct auth *a;
	uint8_t key[AUTH_GUESS_KEY];
	int64_t keep, now_ms;
	unsigned n;
};

static int guess_job(struct tx *tx, void *arg, struct err *e)
{
	struct guesses *g = arg;
	int rc = 0;
	for (unsigned i = 0; !rc && i < g->n; i++) {
		if (g->keep < 100)
			g->key[0] = (uint8_t)i;
		rc = guess_add(tx, g->key, g->now_ms + i, DAY_MS, g->keep, e);
	}
	return rc;
}

static void test_guessing_by_address(void **state)
{
	struct bench_auth b = open_auth(state, false);
	struct guesses g = {b.a, {0}, 1000, TEST_NOW, 30};
	uint8_t loop4[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}, six[2][16] = {{0x20, 1}, {0x20, 1}};
	uint8_t k1[AUTH_GUESS_KEY], k2[AUTH_GUESS_KEY];
	add(&b, "anna", false);
	assert_true(auth_guess_address(b.a, ADDRESS, g.key));
	test_must(store_submit(b.t->store, guess_job, &g, &b.t->e), &b.t->e);
	struct auth_login l = login_from(b.a, "anna", PASSWORD, NULL, ADDRESS);
	assert_int_equal(l.code_ret, KT_EBUSY);
	assert_true(l.wait_ms > 800000 && l.wait_ms <= 900000 + 30);     /* the longest there is */
	assert_int_equal(login(&b, "anna", PASSWORD, NULL).code_ret, 0); /* from elsewhere */
	assert_false(auth_guess_address(b.a, loop4, k1));
	six[1][15] = 9; /* the same /64 */
	assert_true(auth_guess_address(b.a, six[0], k1) && auth_guess_address(b.a, six[1], k2));
	assert_memory_equal(k1, k2, sizeof(k1));
	six[1][7] = 9;
	assert_true(auth_guess_address(b.a, six[1], k2));
	assert_memory_not_equal(k1, k2, sizeof(k1));
	auth_close(b.a);
}

/* Whoever guesses at an account from elsewhere does not shut out who works there; from there it is slowed down too. */
static void test_guessing_from_elsewhere(void **state)
{
	static const uint8_t ELSEWHERE[16] = {[10] = 0xff, [11] = 0xff, [12] = 203, [13] = 0, [14] = 113, [15] = 9};
	struct bench_auth b = open_auth(state, false);
	add(&b, "anna", false);
	assert_int_equal(login_from(b.a, "anna", PASSWORD, NULL, ADDRESS).code_ret, 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(login_from(b.a, "anna", OTHER, NULL, ELSEWHERE).code_ret, KT_EREFUSED);
	assert_int_equal(login_from(b.a, "anna", PASSWORD, NULL, ELSEWHERE).code_ret, KT_EBUSY);
	assert_int_equal(login_from(b.a, "anna", PASSWORD, NULL, ADDRESS).code_ret, 0);
	assert_int_equal(login_from(b.a, "anna", PASSWORD, NULL, ELSEWHERE).code_ret, KT_EBUSY); /* not forgiven by that */
	for (int i = 0; i < 5; i++)
		assert_int_equal(login_from(b.a, "anna", OTHER, NULL, ADDRESS).code_ret, KT_EREFUSED);
	assert_int_equal(login_from(b.a, "anna", PASSWORD, NULL, ADDRESS).wait_ms, 2000);
	later(&b, 31 * DAY_MS);
	add(&b, "berta", false);
	assert_int_equal(login_from(b.a, "berta", PASSWORD, NULL, ADDRESS).code_ret, 0); /* and forgets old places */
	for (int i = 0; i < 5; i++)
		assert_int_equal(login_from(b.a, "anna", OTHER, NULL, ELSEWHERE).code_ret, KT_EREFUSED);
	assert_int_equal(login_from(b.a, "anna", PASSWORD, NULL, ADDRESS).code_ret, KT_EBUSY);
	auth_close(b.a);
}

/* An office where people mistype all day is not shut out. */
static void test_address_forgets(void **state)
{
	struct bench_auth b = open_auth(state, false);
	struct guesses g = {b.a, {0}, 1000, TEST_NOW, 1};
	struct guess_row row;
	struct tx *tx;
	assert_true(auth_guess_address(b.a, ADDRESS, g.key));
	for (int i = 0; i < 40; i++) { /* every twenty minutes one */
		struct auth_login l = login_from(b.a, "niemand", OTHER, NULL, ADDRESS);
		assert_true(l.code_ret == KT_EREFUSED || i >= 5); /* of one account the count stays */
		g.now_ms = b.t->clock.fixed_ms;
		later(&b, 20 * INT64_C(60000));
	}
	test_must(store_read(b.t->store, &tx, &b.t->e), &b.t->e);
	test_must(guess_get(tx, g.key, &row, &b.t->e), &b.t->e);
	store_read_end(tx);
	assert_int_equal(row.fails, 1);
	auth_close(b.a);
}

/* Only so many are kept: the newest. */
static void test_guesses_bounded(void **state)
{
	struct bench_auth b = open_auth(state, false);
	struct guesses g = {b.a, {0}, 50, TEST_NOW, 200};
	struct guess_row row;
	struct tx *tx;
	unsigned left = 0;
	test_must(store_submit(b.t->store, guess_job, &g, &b.t->e), &b.t->e);
	test_must(store_read(b.t->store, &tx, &b.t->e), &b.t->e);
	for (unsigned i = 0; i < 200; i++) {
		g.key[0] = (uint8_t)i;
		test_must(guess_get(tx, g.key, &row, &b.t->e), &b.t->e);
		assert_int_equal(row.fails, i >= 150);
		left += row.fails > 0;
	}
	store_read_end(tx);
	assert_int_equal(left, 50);
	auth_close(b.a);
}

/* ---- the queue ---- */

static void test_queue(void **state)
{
	struct bench_auth b = open_auth(state, false);
	struct waiter w = WAITER;
	static struct auth_login l[AUTH_QUEUE + 2];
	memset(l, 0, sizeof(l));
	add(&b, "anna", false);
	test_must(auth_account_disable(b.a, "cli", "anna", &b.t->e), &b.t->e);
	/* Slowed down, so that what waits in the queue is answered without hashing. */
	struct guesses g = {b.a, {0}, 1000, TEST_NOW, 30};
	auth_guess_account(b.a, STR("anna"), g.key);
	test_must(store_submit(b.t->store, guess_job, &g, &b.t->e), &b.t->e);
	w.hold = true;
	for (size_t i = 0; i < AUTH_QUEUE + 2; i++) {
		l[i] = (struct auth_login){.name = STR("anna"), .password = PASSWORD, .done = login_done, .user = &w};
		int want = i <= AUTH_QUEUE ? 0 : KT_EBUSY; /* one is being judged, AUTH_QUEUE wait */
		assert_int_equal(auth_login(b.a, &l[i]), want);
		if (i == 0)
			wait_done(&w, 1);
	}
	release(&w);
	auth_close(b.a); /* answers who waits */
	assert_int_equal(w.done, AUTH_QUEUE + 1);
	for (size_t i = 0; i <= AUTH_QUEUE; i++)
		assert_int_equal(l[i].code_ret, KT_EBUSY);
}

/* ---- what is written down ---- */

static int grab(const struct sval *c, void *arg)
{
	struct buf *b = arg;
	buf_printf(b, STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT "\n", STR_ARG(c[0].s), STR_ARG(c[1].s), STR_ARG(c[2].s),
	           STR_ARG(c[3].s));
	return 0;
}

static void test_audit_rows(void **state)
{
	static const struct stmt ROWS = {"SELECT actor, action, object, detail FROM audit_row ORDER BY chain, seq", NULL,
	                                 "", "tttt"};
	struct bench_auth b = open_auth(state, false);
	struct buf text = BUF_INIT(1u << 20);
	struct audit_result r = {0};
	struct tx *tx;
	add(&b, "anna", true);
	(void)login(&b, "anna", PASSWORD, code_now(&b, 0));
	(void)login(&b, "anna", OTHER, NULL);
	(void)login(&b, "drie natte paraplus", PASSWORD, NULL); /* the password in the wrong field */
	test_must(auth_account_disable(b.a, "cli", "anna", &b.t->e), &b.t->e);
	test_must(store_read(b.t->store, &tx, &b.t->e), &b.t->e);
	test_must(tx_query0(tx, &ROWS, grab, &text, &b.t->e), &b.t->e);
	store_read_end(tx);
	assert_string_equal(text.p,
	                    "cli account.add anna \n"
	                    "desk:anna login.ok anna \n"
	                    "system login.failed anna {\"reden\":\"wachtwoord\"}\n"
	                    "system login.failed  {\"reden\":\"onbekend\"}\n"
	                    "cli account.disable anna \n");
	buf_free(&text);
	test_must(audit_verify(b.t->store, b.t->dir, &r, &b.t->e), &b.t->e);
	assert_true(r.ok);
	auth_close(b.a);
}

int main(int argc, char **argv)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, test_centre_setup, test_centre_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4226),
		cmocka_unit_test(test_rfc6238),
		cmocka_unit_test(test_totp_window),
		cmocka_unit_test(test_base32),
		cmocka_unit_test(test_passwords),
		CASE(test_account_add),
		CASE(test_login),
		CASE(test_second_factor),
		CASE(test_production),
		CASE(test_demo),
		CASE(test_session_ends),
		CASE(test_disable_and_reset),
		CASE(test_many_sessions),
		CASE(test_guessing_slowed),
		CASE(test_guessing_by_address),
		CASE(test_guessing_from_elsewhere),
		CASE(test_address_forgets),
		CASE(test_guesses_bounded),
		CASE(test_queue),
		CASE(test_audit_rows),
	};
	test_driver(argc, argv);
	if (strcmp(test_driver_name(), "postgres") == 0 && !test_pg_start()) {
		printf("PostgreSQL is not installed: skipped\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
