#include <stdio.h>

#include "auth/auth_int.h"
#include "base/pattern.h"

#define NAME_PATTERN "^[a-z0-9][a-z0-9._-]{1,31}$"
#define ORG_PATTERN "^[a-z][a-z0-9_]{1,30}(:[A-Za-z0-9._-]{1,32})?$"
#define OWN_ORG "meldpunt"
#define DEMO_PREFIX "demo-" /* names that a demonstration makes by itself */

/* Long enough, and the first that anybody tries. Lower case; judged without regard to case. */
static const char *const WORST[] = {
	"1234567890123",      "123456789012",          "1234567890ab",   "0123456789012",
	"012345678901",       "098765432109",          "111111111111",   "000000000000",
	"aaaaaaaaaaaa",       "abcdefghijkl",          "abcdefghijklm",  "abcd12345678",
	"abc123abc123",       "123123123123",          "123abc123abc",   "1q2w3e4r5t6y",
	"1qaz2wsx3edc",       "zaq12wsxcde3",          "qwertyuiop12",   "qwertyuiop123",
	"qwertyuiopas",       "qwerty123456",          "qwerty1234567",  "qwertyqwerty",
	"asdfghjkl123",       "asdfasdfasdf",          "azertyuiop12",   "wachtwoord12",
	"wachtwoord123",      "wachtwoord1234",        "wachtwoord!!",   "wachtwoordwachtwoord",
	"mijnwachtwoord",     "geheim123456",          "geheimgeheim",   "welkom123456",
	"welkom1234567",      "welkomwelkom",          "welkom2024!!",   "welkom2025!!",
	"welkom2026!!",       "password1234",          "password12345",  "password123456",
	"password123!",       "passwordpassword",      "passw0rd1234",   "p@ssw0rd1234",
	"letmein12345",       "letmeinletmein",        "iloveyou1234",   "adminadminadmin",
	"admin1234567",       "administrator",         "administrator1", "beheerder123",
	"beheerderbeheerder", "amsterdam123",          "rotterdam123",   "nederland123",
	"nederland1234",      "feyenoord123",          "feyenoord1908",  "ajaxamsterdam",
	"voetbal12345",       "zonnebloem12",          "kentering123",   "kentering1234",
	"kenteringkentering", "meldpunt1234",          "meldpunt12345",  "meldpuntmeldpunt",
	"fraudehelpdesk",     "fraude123456",          "changeme1234",   "correcthorsebatterystaple",
	"demonstratie",       "demonstratie-meldpunt", "testtesttest",   "test12345678",
};

static size_t characters(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

int auth_password_check(const char *name, struct str password, struct err *e)
{
	if (!str_utf8(password) || password.n > AUTH_PASSWORD_MAX)
		return err_set(e, KT_EINVAL, "Het wachtwoord is tekst (UTF-8) van hoogstens %d bytes.", AUTH_PASSWORD_MAX);
	if (characters(password) < AUTH_PASSWORD_MIN)
		return err_set(e, KT_EINVAL, "Het wachtwoord heeft minstens %d tekens. Een paar losse woorden is goed.",
		               AUTH_PASSWORD_MIN);
	bool bad = str_ieq(password, str_of(name));
	for (size_t i = 0; !bad && i < sizeof(WORST) / sizeof(WORST[0]); i++)
		bad = str_ieq(password, str_of(WORST[i]));
	return bad ? err_set(e, KT_EINVAL, "Dit wachtwoord wordt als eerste geraden. Kies een ander.") : 0;
}

static bool plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 32 || s.p[i] == 127)
			return false;
	return s.n > 0 && str_utf8(s);
}

static int check_account(const struct auth_account *acc, struct err *e)
{
	if (pattern_match(NAME_PATTERN, str_of(acc->name)) != 1)
		return err_set(e, KT_EINVAL,
		               "De naam van een account is 2 tot 32 tekens: kleine letters, cijfers, punt, streepje.");
	if (str_starts(str_of(acc->name), STR(DEMO_PREFIX)))
		return err_set(e, KT_EINVAL, "Namen die met " DEMO_PREFIX " beginnen maakt een demonstratie zelf.");
	if (!auth_role_word(acc->role))
		return err_set(e, KT_EINVAL, "De rol is beheerder, behandelaar of partner.");
	if (pattern_match(ORG_PATTERN, str_of(acc->org)) != 1)
		return err_set(e, KT_EINVAL, "De organisatie is meldpunt of een partner uit het beleid.");
	if ((acc->role == ROLE_PARTNER) == (strcmp(acc->org, OWN_ORG) == 0))
		return err_set(e, KT_EINVAL, "Een partner hoort bij zijn eigen organisatie, de anderen bij het meldpunt.");
	if (!plain(str_of(acc->title)))
		return err_set(e, KT_EINVAL, "De weergavenaam is een regel tekst van hoogstens %d bytes.", AUTH_TITLE - 1);
	return 0;
}

/* What changes an account: one job for adding, disabling and resetting. */
struct change {
	struct auth *a;
	const char *actor, *action, *name;
	const struct auth_account *fresh; /* to add; NULL: an existing one */
	char password[PASSWORD_HASH];     /* "" leaves password and second factor as they are */
	uint8_t totp[AUTH_SEALED];
	bool second_factor, active;
};

static int change_add(struct tx *tx, const struct change *c, int64_t now_ms, struct err *e)
{
	struct auth_row row;
	int64_t n;
	int rc = account_row_get(tx, str_of(c->name), &row, e);
	if (!rc)
		return err_set(e, KT_EEXISTS, "Er is al een account met deze naam.");
	if (rc == KT_ENOTFOUND)
		rc = account_row_count(tx, &n, e);
	if (!rc && n >= AUTH_ACCOUNTS)
		return err_set(e, KT_ELIMIT, "Er zijn al %d accounts; meer gaan er niet in één installatie.", AUTH_ACCOUNTS);
	row = (struct auth_row){
		.pub = *c->fresh, .password = str_of(c->password), .totp = c->second_factor ? F_ARRAY(c->totp) : STR("")};
	row.pub.active = true;
	row.pub.synthetic = false;
	return rc ? rc : account_row_add(tx, &row, now_ms, e);
}

static int change_row(struct tx *tx, const struct change *c, int64_t now_ms, struct err *e)
{
	struct auth_row row;
	uint8_t key[AUTH_GUESS_KEY];
	int rc = account_row_get(tx, str_of(c->name), &row, e);
	if (rc)
		return rc;
	if (row.pub.synthetic && c->active)
		return err_set(e, KT_EREFUSED, "Dit account hoort bij de demonstratie en heeft geen wachtwoord.");
	row.pub.active = c->active;
	if (c->password[0]) {
		row.password = str_of(c->password);
		row.totp = c->second_factor ? F_ARRAY(c->totp) : STR("");
		row.totp_step = 0;
	}
	rc = account_row_update(tx, &row, now_ms, e);
	if (!rc)
		rc = session_rows_end_of(tx, c->name, e);
	auth_guess_account(c->a, str_of(c->name), key);
	return rc ? rc : guess_clear(tx, key, e);
}

static int change_job(struct tx *tx, void *arg, struct err *e)
{
	const struct change *c = arg;
	int64_t now = clock_ms(c->a->clock);
	int rc = c->fresh ? change_add(tx, c, now, e) : change_row(tx, c, now, e);
	return rc ? rc : audit_add(c->a->log, tx, c->actor, c->action, str_of(c->name), STR(""), e);
}

/* A secret belongs to its account: sealed with the name beside it. */
static int set_secrets(struct change *c, struct str password, bool second_factor, uint8_t secret[AUTH_TOTP_SECRET],
                       struct err *e)
{
	int rc = auth_password_check(c->name, password, e);
	if (!rc)
		rc = crypto_password_hash(c->password, password, e);
	if (rc || !second_factor)
		return rc;
	crypto_random(secret, AUTH_TOTP_SECRET);
	crypto_seal(c->totp, c->a->keys->totp, F_BYTES(secret, AUTH_TOTP_SECRET), str_of(c->name));
	c->second_factor = true;
	return 0;
}

static int must_have_factor(const struct auth *a, bool second_factor, struct err *e)
{
	if (!a->production || second_factor)
		return 0;
	return err_set(e, KT_EREFUSED, "In productie heeft elk account een code-app als tweede stap.");
}

int auth_totp_open(const struct auth *a, const struct auth_row *row, uint8_t ret[AUTH_TOTP_SECRET], struct err *e)
{
	if (row->totp.n != AUTH_SEALED || crypto_open(ret, a->keys->totp, row->totp, str_of(row->pub.name)))
		return err_set(e, KT_ECRYPTO, "De tweede stap van dit account opent niet: past keys/totp bij de database?");
	return 0;
}

int auth_account_add(struct auth *a, const char *actor, const struct auth_account *acc, struct str password,
                     uint8_t secret[AUTH_TOTP_SECRET], struct err *e)
{
	struct change c = {.a = a, .actor = actor, .action = "account.add", .name = acc->name, .fresh = acc};
	int rc = check_account(acc, e);
	if (!rc)
		rc = must_have_factor(a, acc->second_factor, e);
	if (!rc)
		rc = set_secrets(&c, password, acc->second_factor, secret, e);
	return rc ? rc : store_submit(a->store, change_job, &c, e);
}

int auth_account_disable(struct auth *a, const char *actor, const char *name, struct err *e)
{
	struct change c = {.a = a, .actor = actor, .action = "account.disable", .name = name};
	return store_submit(a->store, change_job, &c, e);
}

int auth_account_reset(struct auth *a, const char *actor, const char *name, struct str password, bool second_factor,
                       uint8_t secret[AUTH_TOTP_SECRET], struct err *e)
{
	struct change c = {.a = a, .actor = actor, .action = "account.reset", .name = name, .active = true};
	int rc = must_have_factor(a, second_factor, e);
	if (!rc)
		rc = set_secrets(&c, password, second_factor, secret, e);
	return rc ? rc : store_submit(a->store, change_job, &c, e);
}
