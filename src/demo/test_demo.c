/* Plays the demonstration: ./test_demo sqlite, ./test_demo postgres. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "demo/scenario.h"
#include "identifier/phone_lib.h"
#include "seam/crypto.h"
#include "store/test_pg.h"

static bool on_postgres;

static void must(int rc, const struct err *e)
{
	if (rc)
		fail_msg("code %d: %s", rc, e->text);
}

/* ---- a centre in a temporary folder ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

struct fix {
	char dir[64];
	struct clock clock;
	struct store *store;
	struct audit *audit;
	struct policy *policy;
	struct signal_keys *keys;
	struct org_public org;
	struct intake in;
	struct demo d;
};

static struct policy *load_policy(const char *dir)
{
	struct valid_report *report = calloc(1, sizeof(*report));
	struct policy *p = NULL;
	struct err e = {0};
	assert_non_null(report);
	must(policy_load(&dir, 1, &p, report, &e), &e);
	free(report);
	return p;
}

static void source_policy(char *ret, size_t cap)
{
	const char *root = getenv("KENTERING_SOURCE");
	assert_true((size_t)snprintf(ret, cap, "%s/policy", root ? root : ".") < cap);
}

static void begin(struct fix *f, bool postgres, const char *now, const char *policy)
{
	struct err e = {0};
	bool made;
	*f = (struct fix){0};
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/kentering-demo-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	struct store_opts o = {.dir = f->dir, .node = "main"};
	if (postgres) {
		o.database = test_pg_fresh();
		assert_non_null(o.database);
	}
	must(clock_init(&f->clock, now, &e), &e);
	must(store_open(&o, &f->store, &e), &e);
	must(audit_open(f->store, f->dir, &f->clock, o.node, &f->audit, &e), &e);
	must(signal_keys_open(f->dir, &f->keys, &e), &e);
	must(org_key_get(f->store, "meldpunt", STR("a printed password"), clock_ms(&f->clock), &f->org, &made, &e), &e);
	f->policy = load_policy(policy);
	f->in = (struct intake){f->store, f->audit, f->policy, f->keys, &f->org, "meldpunt", false};
	f->d = (struct demo){.in = &f->in, .seed = DEMO_SEED, .now_ms = clock_ms(&f->clock)};
}

static void end(struct fix *f)
{
	store_close(f->store);
	audit_close(f->audit);
	signal_keys_close(f->keys);
	policy_free(f->policy);
	(void)nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define NOW "2026-11-22T10:00:00Z"

static void play(bool postgres, const char *now, struct demo_result *ret)
{
	char policy[512];
	struct fix f;
	struct err e = {0};
	struct audit_result audit = {0};
	source_policy(policy, sizeof(policy));
	begin(&f, postgres, now, policy);
	must(demo_look(f.store, &e), &e);
	must(demo_play(&f.d, ret, &e), &e);
	assert_int_equal(demo_look(f.store, &e), KT_EEXISTS);
	must(audit_verify(f.store, f.dir, &audit, &e), &e);
	assert_true(audit.ok);
	assert_true(audit.rows > DEMO_REPORTS);
	end(&f);
}

/* ---- tests ---- */

static void check_sense(const struct demo_result *r)
{
	assert_int_equal(r->reports, DEMO_REPORTS);
	assert_true(r->sealed > 0 && r->opened > 0 && r->signals > r->opened + r->sealed - 1);
	for (int s = BARRIER_PROPOSED; s < BARRIER_STATES; s++)
		if (!r->states[s])
			fail_msg("no barrier is %s", barrier_state_word((enum barrier_state)s));
	assert_true(r->states[BARRIER_PROPOSED] >= 10);
	assert_int_equal(r->examples_n, DEMO_EXAMPLES);
	for (size_t i = 0; i < r->examples_n; i++) {
		assert_int_equal(r->examples[i].state, BARRIER_EXECUTED);
		assert_true(r->examples[i].reporters >= r->examples[i].threshold);
		assert_true(r->examples[i].at_ms[BARRIER_PROPOSED] < r->examples[i].at_ms[BARRIER_APPROVED]);
		assert_true(r->examples[i].at_ms[BARRIER_SENT] < r->examples[i].at_ms[BARRIER_EXECUTED]);
	}
	assert_true(strlen(r->code) > 20);
	assert_true(r->last_day - r->first_day > 355 && r->last_day - r->first_day < 366);
}

static void check_partner(const struct demo_result *r, const char *id)
{
	for (size_t i = 0; i < r->partners_n; i++)
		if (strcmp(r->partners[i].id, id) == 0)
			return;
	fail_msg("no barrier for %s", id);
}

static void test_play(void **state)
{
	static const char *const PARTNERS[] = {"bank",    "bank:KENT", "bank:TEST", "platform:marktplaats",
	                                       "politie", "psp",       "register",  "sidn"};
	struct demo_result here = {0}, sqlite = {0};
	(void)state;
	play(on_postgres, NOW, &here);
	check_sense(&here);
	for (size_t i = 0; i < sizeof(PARTNERS) / sizeof(PARTNERS[0]); i++)
		check_partner(&here, PARTNERS[i]);
	print_message("signals %d, opened %d, sealed %d, barriers %d:", (int)here.signals, (int)here.opened,
	              (int)here.sealed, (int)here.barriers);
	for (int s = BARRIER_PROPOSED; s < BARRIER_STATES; s++)
		print_message(" %s %d", barrier_state_word((enum barrier_state)s), (int)here.states[s]);
	print_message("\n");
	/* Again, and always on SQLite: the same seed and clock, the same numbers. Only the receipt code is random. */
	play(false, NOW, &sqlite);
	assert_string_not_equal(here.code, sqlite.code);
	memset(here.code, 0, sizeof(here.code));
	memset(sqlite.code, 0, sizeof(sqlite.code));
	assert_memory_equal(&here, &sqlite, sizeof(here));
}

/* Whatever day it is played on. */
static void test_other_days(void **state)
{
	static const char *const DAYS[] = {"2027-01-01T00:00:05Z", "2028-02-29T23:59:59Z", "2027-07-14T12:00:00Z"};
	(void)state;
	for (size_t i = 0; i < sizeof(DAYS) / sizeof(DAYS[0]); i++) {
		struct demo_result r = {0};
		play(on_postgres, DAYS[i], &r);
		check_sense(&r);
	}
}

struct hits {
	enum id_kind kind;
	struct str value;
	int n;
};

static int count_hits(const struct barrier *b, void *arg)
{
	struct hits *h = arg;
	h->n += b->kind == h->kind && str_eq(b->value, h->value);
	return 0;
}

static void check_barriers(struct fix *f, enum id_kind kind, const char *value, bool want)
{
	struct tx *tx;
	struct err e = {0};
	struct hits h = {kind, str_of(value), 0};
	struct barrier_filter filter = {.limit = 10000};
	must(store_read(f->store, &tx, &e), &e);
	must(barrier_list(tx, &filter, count_hits, &h, &e), &e);
	store_read_end(tx);
	if ((h.n > 0) != want)
		fail_msg("%s: %d barriers", value, h.n);
}

/* Who should not be hit is not hit; and a second play is refused. */
static void test_what_counts(void **state)
{
	static const char *const SPARED[] = {
		"abnamro.nl",        "www.abnamro.nl",   "zz--antiekbeurs.nl",    "zz--lampenhuis.nl",
		"zz--wijnkelder.nl", "zz--lederhuis.nl", "matrasvoordeel.example"};
	char policy[512];
	struct fix f;
	struct err e = {0};
	struct demo_result r = {0};
	(void)state;
	source_policy(policy, sizeof(policy));
	begin(&f, on_postgres, NOW, policy);
	must(demo_play(&f.d, &r, &e), &e);
	for (size_t i = 0; i < sizeof(SPARED) / sizeof(SPARED[0]); i++)
		check_barriers(&f, ID_DOMAIN, SPARED[i], false);
	check_barriers(&f, ID_DOMAIN, "zz--fietsdeal.nl", true);
	check_barriers(&f, ID_DOMAIN, "zz--elektrostep.nl", true);
	end(&f);
}

static void copy_file(const char *from, const char *to)
{
	char block[65536];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;
	assert_true(in && out);
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		assert_int_equal(fwrite(block, 1, n, out), n);
	(void)fclose(in);
	assert_int_equal(fclose(out), 0);
}

static void copy_tree(const char *from, const char *to, const char *but)
{
	DIR *d = opendir(from);
	struct dirent *ent;
	assert_non_null(d);
	assert_int_equal(mkdir(to, 0700), 0);
	while ((ent = readdir(d))) {
		char a[512], b[512];
		struct stat st;
		if (ent->d_name[0] == '.' || strcmp(ent->d_name, but) == 0)
			continue;
		assert_true((size_t)snprintf(a, sizeof(a), "%s/%s", from, ent->d_name) < sizeof(a));
		assert_true((size_t)snprintf(b, sizeof(b), "%s/%s", to, ent->d_name) < sizeof(b));
		assert_int_equal(stat(a, &st), 0);
		if (S_ISDIR(st.st_mode))
			copy_tree(a, b, but);
		else
			copy_file(a, b);
	}
	(void)closedir(d);
}

/* Barriers come from agreed rules and from nothing else. */
static void test_without_rules(void **state)
{
	char policy[400], dir[] = "/tmp/kentering-demo-XXXXXX", bare[64];
	struct fix f;
	struct err e = {0};
	struct demo_result r = {0};
	(void)state;
	source_policy(policy, sizeof(policy));
	assert_non_null(mkdtemp(dir));
	(void)snprintf(bare, sizeof(bare), "%s/policy", dir);
	copy_tree(policy, bare, "rules");
	begin(&f, on_postgres, NOW, bare);
	must(demo_play(&f.d, &r, &e), &e);
	assert_int_equal(r.reports, DEMO_REPORTS);
	assert_int_equal(r.barriers, 0);
	assert_int_equal(r.opened, 0);
	assert_int_equal(r.partners_n, 0);
	assert_int_equal(r.examples_n, 0);
	end(&f);
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool unregistrable(struct str host)
{
	if (str_ends(host, STR(".example")) || str_ends(host, STR(".test")))
		return true;
	if (!str_ends(host, STR(".nl")))
		return false;
	struct str name = str_sub(host, 0, host.n - 3);
	ptrdiff_t dot = str_rfind(name, '.');
	name = str_sub(name, (size_t)(dot + 1), name.n);
	return name.n > 4 && name.p[2] == '-' && name.p[3] == '-' && !str_starts(name, STR("xn--"));
}

static void check_nobody(const struct made_id *made, const struct policy *p)
{
	struct identifier id, host;
	struct err e = {0};
	char again[64];
	must(id_canonical(made->kind, str_of(made->text), policy_id_options(p), &id, &e), &e);
	if (!str_is(id_str(&id), made->text))
		fail_msg("%s is not canonical: %s", made->text, id.value);
	switch (made->kind) {
	case ID_IBAN:
		/* A bank that exists would be protected against exactly this measure, or is at least known by its code. */
		assert_true(str_is(iban_bank(&id), "KENT") || str_is(iban_bank(&id), "NEPB") || str_is(iban_bank(&id), "TEST"));
		break;
	case ID_PHONE:
		assert_true(strncmp(made->text, "+3169", 5) == 0);
		assert_int_equal(phone_lib_e164(made->text, again, sizeof(again)), 2);
		break;
	case ID_ACCOUNT:
	case ID_ADVERT:
		assert_non_null(strstr(made->text, ":verzonnen-"));
		break;
	case ID_DOMAIN:
		assert_true(unregistrable(id_str(&id)));
		break;
	default:
		must(id_host(&id, &host), &e);
		/* The one exception: a bank's own site, to show that it is protected. */
		if (!unregistrable(id_str(&host)))
			assert_int_equal(policy_safety(p, &host, STR("domein_offline")).verdict, SAFETY_BLOCK);
	}
}

static void test_nobody(void **state)
{
	char dir[512], typed[DEMO_VALUE];
	struct arena *a = arena_new(0);
	struct scenario *s = NULL;
	struct identifier id;
	struct err e = {0};
	int64_t now;
	(void)state;
	source_policy(dir, sizeof(dir));
	struct policy *p = load_policy(dir);
	must(time_parse(STR(NOW), &now), &e);
	must(campaigns_make(a, DEMO_SEED, now, &s, &e), &e);
	assert_int_equal(s->n, DEMO_REPORTS);
	for (size_t i = 0; i < s->n; i++) {
		const struct event *ev = &s->events[i];
		struct person who;
		assert_true(ev->at_ms < now && (!i || s->events[i - 1].at_ms <= ev->at_ms));
		assert_non_null(policy_form(p, str_of(ev->tale->form)));
		for (size_t k = 0; k < ev->ids_n; k++) {
			check_nobody(&ev->ids[k], p);
			people_typed(&ev->ids[k], ev->salt >> k, typed);
			must(id_canonical(ev->ids[k].kind, str_of(typed), policy_id_options(p), &id, &e), &e);
			assert_string_equal(id.value, ev->ids[k].text);
		}
		people_person(s->seed, ev->person, &who);
		check_nobody(&who.contact, p);
		assert_true(policy_age_group(p, str_of(who.age)));
		assert_true(policy_role(p, str_of(ev->role)));
	}
	policy_free(p);
	arena_free(a);
}

/* No bank of the safety lists has a code of ours: the policy's own words are searched. */
static void test_bank_codes(void **state)
{
	static const char *const FILES[] = {"nl.yaml", "nl-more.yaml", "world.yaml"};
	static const char *const CODES[] = {"KENT", "NEPB", "TEST"};
	char dir[400], path[512];
	(void)state;
	source_policy(dir, sizeof(dir));
	for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
		char line[8192];
		(void)snprintf(path, sizeof(path), "%s/safety/%s", dir, FILES[i]);
		FILE *in = fopen(path, "r");
		assert_non_null(in);
		while (fgets(line, sizeof(line), in)) {
			const char *codes = strstr(line, "bank_codes:");
			for (size_t k = 0; codes && k < sizeof(CODES) / sizeof(CODES[0]); k++)
				assert_null(strstr(codes, CODES[k]));
		}
		(void)fclose(in);
	}
}

static void test_refused_in_production(void **state)
{
	struct settings s;
	struct err e = {0};
	(void)state;
	settings_init(&s);
	must(demo_allowed(&s, &e), &e);
	must(settings_set(&s, STR("mode"), STR("production"), &e), &e);
	assert_int_equal(demo_allowed(&s, &e), KT_EREFUSED);
	assert_true(e.text[0]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_play),
		cmocka_unit_test(test_what_counts),
		cmocka_unit_test(test_without_rules),
	};
	/* What no database has a say in, or test_play has shown to be the same on both. */
	const struct CMUnitTest once[] = {
		cmocka_unit_test(test_other_days),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_bank_codes),
		cmocka_unit_test(test_refused_in_production),
	};
	struct err e = {0};
	on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
	log_set_level(LOG_ERROR);
	json_setup();
	if (crypto_setup(&e))
		return 1;
	int failed = cmocka_run_group_tests_name(on_postgres ? "demo postgres" : "demo sqlite", tests, NULL, NULL);
	if (!on_postgres)
		failed += cmocka_run_group_tests_name("demo", once, NULL, NULL);
	return failed;
}
