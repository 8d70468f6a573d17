#include "policy/policy.h"
#include "policy_schema.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char shipped[512], tmp[64];

static struct policy *load(const char *const *dirs, size_t n, struct valid_report *r)
{
	struct policy *p = NULL;
	struct err e = {0};
	int rc = policy_load(dirs, n, &p, r, &e);

	if (rc) {
		assert_int_equal(rc, KT_EINVAL);
		assert_true(r->total > 0);
		assert_true(e.text[0]);
		assert_null(p);
	}
	return p;
}

static struct policy *load_shipped(void)
{
	static struct valid_report r;
	struct policy *p = load((const char *const[]){shipped}, 1, &r);

	for (unsigned i = 0; i < r.n; i++)
		printf("%s:%d %s\n", r.e[i].at, r.e[i].line, r.e[i].text);
	assert_non_null(p);
	return p;
}

static void put(const char *name, const char *text)
{
	char path[256], sub[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", tmp, name);
	(void)snprintf(sub, sizeof(sub), "%s/rules", tmp);
	(void)mkdir(sub, 0700);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	fclose(f);
}

static void empty_dir(const char *path)
{
	DIR *d = opendir(path);

	for (struct dirent *en = d ? readdir(d) : NULL; en; en = readdir(d)) {
		char below[600];

		if (strcmp(en->d_name, ".") == 0 || strcmp(en->d_name, "..") == 0)
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path, en->d_name);
		if (unlink(below) != 0) {
			empty_dir(below);
			(void)rmdir(below);
		}
	}
	if (d)
		closedir(d);
}

static int setup(void **state)
{
	(void)state;
	(void)snprintf(tmp, sizeof(tmp), "/tmp/test_policy.XXXXXX");
	return mkdtemp(tmp) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	empty_dir(tmp);
	return rmdir(tmp);
}

/* The shipped policy with one file over it gives exactly this finding. */
static void expect_one(const char *name, const char *text, const char *at, int line, const char *words)
{
	static struct valid_report r;
	struct policy *p;
	char end[200];

	put(name, text);
	p = load((const char *const[]){shipped, tmp}, 2, &r);
	(void)snprintf(end, sizeof(end), "%s#%s", name, at);
	if (p || r.total != 1 || !str_ends(str_of(r.e[0].at), str_of(end)) || r.e[0].line != line ||
	    !strstr(r.e[0].text, words))
		for (unsigned i = 0; i < r.n; i++)
			printf("found %s:%d [%s] %s\n", r.e[i].at, r.e[i].line, r.e[i].rule, r.e[i].text);
	assert_null(p);
	assert_int_equal(r.total, 1);
	assert_true(str_ends(str_of(r.e[0].at), str_of(end)));
	assert_int_equal(r.e[0].line, line);
	assert_non_null(strstr(r.e[0].text, words));
	empty_dir(tmp);
}

#define RULE_HEAD(id, channel, version) \
	"type: rule\nid: " id "\ntitle_nl: a\ntitle_en: a\ntext_nl: a\ntext_en: a\nsource: L22\nstatus: concept\n" \
	"assumptions: []\nvalid_from: null\nvalid_until: null\nenabled: true\nchannel: " channel "\nversion: " version \
	"\n"
#define RULE_COUNTS(threshold) \
	"counts:\n  basis: report\n  forms: [OF-1]\n  kinds: [iban]\n  threshold: " threshold "\n  window_days: 90\n" \
	"  min_strength: confirmed\n  min_members: 1\n  max_per_member: null\napproval: desk\nproposes:\n"
#define RULE(id, channel, version, threshold) \
	RULE_HEAD(id, channel, version) \
	RULE_COUNTS(threshold) "  - {kind: iban, partner: bank, measure: rekening_blokkeren}\n"

static void test_shipped(void **state)
{
	struct policy *p = load_shipped();
	const struct policy_rule *r, *shop = policy_rule(p, STR("NL-3-SHOP"));
	const struct policy_form *f;

	(void)state;
	assert_int_equal(policy_rules(p, &r), 4);
	assert_true(policy_forms(p, &f) > 30);
	assert_non_null(shop);
	assert_int_equal(shop->threshold, 3);
	assert_int_equal(shop->basis, BASIS_REPORT);
	assert_int_equal(shop->min_strength, STRENGTH_CONFIRMED);
	assert_int_equal(shop->registrable, 1u << ID_DOMAIN);
	assert_int_equal(shop->max_per_member, 0);
	assert_int_equal(shop->proposals_n, 3);
	assert_int_equal(shop->proposals[0].kind, ID_DOMAIN);
	assert_true(str_is(shop->proposals[2].partner, "registry"));
	assert_false(shop->four_eyes);
	assert_true(policy_rule(p, STR("EU-2-PSR"))->four_eyes);
	assert_null(policy_rule(p, STR("NL-9")));
	assert_true(policy_form_under(p, STR("OF-1.1.2"), STR("OF-1.1")));
	assert_true(policy_form_under(p, STR("OF-1.1"), STR("OF-1.1")));
	assert_false(policy_form_under(p, STR("OF-1"), STR("OF-1.1")));
	assert_false(policy_form_under(p, STR("OF-99"), STR("OF-99")));
	/* by parent, not by digits */
	assert_false(policy_form_under(p, STR("OF-1.2.3"), STR("OF-1.2")));
	assert_true(policy_sealed(p, ID_IBAN));
	assert_false(policy_sealed(p, ID_DOMAIN));
	assert_true(policy_sealed(p, ID_COMPANY));
	assert_int_equal(policy_limits(p)->identifiers, 50);
	assert_int_equal(policy_delivery(p)->call.delay_s[0], 5);
	assert_int_equal(policy_delivery(p)->code_tries, 5);
	assert_non_null(strstr(policy_delivery(p)->code_text[LANG_EN].p, "{code}"));
	assert_true(policy_role(p, STR("getuige")));
	assert_false(policy_role(p, STR("dader")));
	assert_true(policy_age_group(p, STR("<18")));
	assert_true(policy_id_options(p)->tracking_n > 10);
	assert_int_equal(policy_measure(p, STR("domein_offline"))->execute_hours, 24);
	assert_int_equal(policy_measure(p, STR("domein_offline"))->duration_days, 0);
	assert_true(str_is(policy_destination(p, STR("noodnummer"))->phone, "112"));
	assert_true(policy_destination(p, STR("noodnummer"))->checked_day == INT64_MIN);
	assert_ptr_equal(policy_free(policy_ref(p)), NULL);
	assert_non_null(policy_form(p, STR("OF")));
	policy_free(p);
	policy_free(NULL);
}

static void test_schemas_known(void **state)
{
	static const char *const types[] = {"taxonomy", "rule", "measures", "partners", "destinations",
	                                    "advice",   "seal", "intake",   "delivery", "safety",       "sources"};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_non_null(schema_find(types[i]));
	assert_null(schema_find("feed"));
}

static void test_missing(void **state)
{
	static struct valid_report r;
	struct policy *p = load((const char *const[]){tmp}, 1, &r);
	const char *const absent[] = {"/tmp/no/such/dir"};
	struct err e = {0};

	(void)state;
	assert_null(p);
	assert_int_equal(r.total, 4);
	assert_non_null(strstr(r.e[0].text, "taxonomy.yaml ontbreekt"));
	assert_non_null(strstr(r.e[0].at, "/taxonomy.yaml#"));
	assert_non_null(strstr(r.e[1].text, "seal.yaml ontbreekt"));
	assert_non_null(strstr(r.e[2].text, "intake.yaml ontbreekt"));
	assert_non_null(strstr(r.e[3].text, "delivery.yaml ontbreekt"));
	assert_int_equal(policy_load(absent, 1, &p, &r, &e), KT_ENOTFOUND);
	assert_null(p);
}

static void test_file_mistakes(void **state)
{
	(void)state;
	expect_one("a.yaml", "type: taxonomy\nforms: [\n", "", 3, "YAML");
	expect_one("b.yaml", "typ: taxonomy\n", "/type", 1, "soort bestand");
	expect_one("c.yaml", "type: feed\n", "/type", 1, "soort bestand");
	expect_one("c.yaml", "type: melding\n", "/type", 1, "soort bestand");
	expect_one("d.yaml", "- 1\n", "/type", 1, "soort bestand");
	expect_one("e.yaml", "type: sources\nsources:\n  - {id: X1, title_nl: x}\n", "/sources/0/title_en", 3, "(Engels)");
	expect_one("rules/f.yaml",
	           RULE_HEAD("X-1", "9", "1") RULE_COUNTS("1") "  - {kind: iban, partner: bank, measure: signaal}\n",
	           "/counts/threshold", 19, "2");
	/* the number of the entry is that of the file, removals counted */
	expect_one("g.yaml", "type: sources\nsources:\n  - {id: L23, remove: true}\n  - {id: X1, title_nl: x}\n",
	           "/sources/1/title_en", 4, "(Engels)");
	/* not read at all */
	put(".hidden.yaml", "nonsense: [\n");
	put("notes.txt", "nonsense: [\n");
	{
		static struct valid_report r;
		struct policy *p = load((const char *const[]){shipped, tmp}, 2, &r);

		assert_non_null(p);
		policy_free(p);
	}
}

static void test_reference_mistakes(void **state)
{
	(void)state;
	expect_one("rules/a.yaml",
	           RULE_HEAD("X-1", "9", "1") RULE_COUNTS("3") "  - {kind: domein, partner: bank, measure: signaal}\n",
	           "/proposes/0", 26, "counts.kinds");
	expect_one("rules/b.yaml",
	           RULE_HEAD("X-1", "9", "1") RULE_COUNTS("3") "  - {kind: iban, partner: niemand, measure: signaal}\n",
	           "/proposes/0", 26, "partners.yaml");
	expect_one("rules/c.yaml",
	           RULE_HEAD("X-1", "9", "1") RULE_COUNTS("3") "  - {kind: iban, partner: bank, measure: niets}\n",
	           "/proposes/0", 26, "measures.yaml");
	expect_one("rules/d.yaml",
	           RULE_HEAD("X-1", "9", "1") RULE_COUNTS("3") "  - {kind: iban, partner: bank, measure: domein_offline}\n",
	           "/proposes/0", 26, "geldt niet voor iban");
	expect_one("rules/e.yaml", RULE("X-1", "1", "1", "4"), "/version", 14, "NL-3-SHOP");
	expect_one("advice.yaml",
	           "type: advice\nadvice:\n  - {form: OF-98, steps_nl: [a], steps_en: [a], dont_nl: [], dont_en: [], "
	           "destinations: [bank], source: L22, status: concept}\n",
	           "/advice/0/form", 3, "taxonomy.yaml");
	expect_one("advice.yaml",
	           "type: advice\nadvice:\n  - {form: OF-1, steps_nl: [a], steps_en: [a], dont_nl: [], dont_en: [], "
	           "destinations: [kapper], source: L22, status: concept}\n",
	           "/advice/0/destinations/0", 3, "destinations.yaml");
	expect_one("measures.yaml",
	           "type: measures\nmeasures:\n  - {id: x, title_nl: x, title_en: x, kinds: [iban], ack_hours: 1, "
	           "execute_hours: 1,\n     duration_days: 1,\n     source: NIETS, status: concept}\n",
	           "/measures/0/source", 5, "sources.yaml");
	expect_one("partners.yaml",
	           "type: partners\npartners:\n  - {id: x, kind: bank, title_nl: x, title_en: x, source: L22, "
	           "status: concept}\nregistries:\n  - {tld: be, partner: y}\n",
	           "/registries/0/partner", 5, "partners.yaml");
	expect_one("taxonomy.yaml",
	           "type: taxonomy\nsource: L22\nstatus: concept\nforms:\n  - {id: OF-70, parent: OF-71, "
	           "label_nl: a, label_en: a}\n",
	           "/forms/0/parent", 5, "taxonomy.yaml");
	expect_one("taxonomy.yaml",
	           "type: taxonomy\nsource: L22\nstatus: concept\nforms:\n  - {id: OF-70, parent: OF-70, "
	           "label_nl: a, label_en: a}\n",
	           "/forms/0/parent", 5, "onder zichzelf");
	expect_one("taxonomy.yaml",
	           "type: taxonomy\nsource: L22\nstatus: concept\nforms:\n  - {id: OF-70, parent: null, "
	           "label_nl: a, label_en: a}\n",
	           "/forms/0", 5, "advice.yaml");
	expect_one("taxonomy.yaml",
	           "type: taxonomy\nsource: X99\nstatus: concept\nforms:\n  - {id: OF-70, parent: OF, "
	           "label_nl: a, label_en: a}\n",
	           "/source", 2, "sources.yaml");
}

#define INTAKE(keys, domains) \
	"type: intake\nsource: L22\nstatus: concept\nlimits: {max_story_bytes: 1, max_identifiers: 1, " \
	"max_identifier_bytes: 1, " \
	"max_payload_bytes: 1, max_days_back: 1}\ntracking_keys: " keys \
	"\nroles: [a]\nage_groups: [onbekend]\nmail_folding:\n" \
	"  - {domains: [a.nl], canonical: null, drop_dots: false, plus_tag: true}\n" \
	"  - {domains: " domains ", canonical: null, drop_dots: false, plus_tag: true}\n"
#define SAFETY(entries) \
	"type: safety\nid: mine\ntitle_nl: Mijn lijst\ntitle_en: My list\nsource: L22\nstatus: concept\ngroups:\n" \
	"  - id: mijn-groep\n    kind: brand\n    title_nl: Mijn groep\n    title_en: My group\n" \
	"    actions: {default: block, signaal: warn, domein_offline: allow}\n    source: L22\n    status: concept\n    " \
	"entries:\n" entries

static void test_other_mistakes(void **state)
{
	(void)state;
	expect_one("intake.yaml", INTAKE("[utm_*, fbCLID]", "[b.nl]"), "/tracking_keys/1", 5, "kleine letters");
	expect_one("intake.yaml", INTAKE("[]", "[b.nl, a.nl]"), "/mail_folding/1/domains/1", 10, "andere aanbieder");
	expect_one("sources.yaml",
	           "type: sources\nsources:\n  - {id: X1, title_nl: x, title_en: x}\n"
	           "  - {id: X1, title_nl: x, title_en: x}\n",
	           "/sources/1", 4, "staat er al");
	expect_one(
		"rules/a.yaml",
		RULE_HEAD("X-1", "9",
	              "1") "counts: {basis: report, forms: [OF-1], kinds: [iban], unit: {domein: exact}, threshold: 3, "
					   "window_days: 9,\n"
					   "  min_strength: confirmed, min_members: 1, max_per_member: null}\napproval: desk\nproposes:\n"
					   "  - {kind: iban, partner: bank, measure: signaal}\n",
		"/counts/unit/domein", 15, "counts.kinds");
	expect_one(
		"rules/b.yaml",
		"type: rule\nid: X-1\ntitle_nl: a\ntitle_en: a\ntext_nl: a\ntext_en: a\nsource: L22\n"
		"status: concept\nassumptions: []\nvalid_from: 2026-02-01\nvalid_until: 2026-01-31\nenabled: true\nchannel: 9\n"
		"version: 1\n" RULE_COUNTS("3") "  - {kind: iban, partner: bank, measure: signaal}\n",
		"/valid_until", 11, "valid_from");
	expect_one("rules/c.yaml", "type: rule\nid: NL-77\nremove: true\n", "", 1, "geen eerdere map");
	expect_one("sources.yaml", "type: sources\nsources:\n  - {id: L22, remove: true, title_nl: x}\n", "/sources/0", 3,
	           "naast remove");
	expect_one("s.yaml", SAFETY("      - {name: a, domains: [Voorbeeld.nl]}\n"), "/groups/0/entries/0/domains/0", 16,
	           "kleine");
	expect_one("s.yaml", SAFETY("      - {name: a, hosts: [\"-a-.nl\"]}\n"), "/groups/0/entries/0/hosts/0", 16, "");
	expect_one("s.yaml",
	           SAFETY("      - {name: a, domains: [voorbeeldbank.nl]}\n      - name: b\n        hosts:\n"
	                  "          - voorbeeldbank.nl\n"),
	           "/groups/0/entries/1/hosts/0", 19, "regel 16");
	expect_one("s.yaml", SAFETY("      - {name: a, ibans: [NL00ABNA0123456789]}\n"), "/groups/0/entries/0/ibans/0", 16,
	           "");
}

static void test_many_findings(void **state)
{
	static struct valid_report r;

	(void)state;
	put("sources.yaml", "type: sources\nsources:\n  - {id: X1, title_nl: x}\n");
	put("rules/a.yaml", RULE("X-1", "9", "1", "99"));
	put("rules/b.yaml",
	    RULE_HEAD("X-2", "9", "1") RULE_COUNTS("3") "  - {kind: iban, partner: niemand, measure: niets}\n");
	assert_null(load((const char *const[]){shipped, tmp}, 2, &r));
	assert_int_equal(r.total, 4);
	/* one wrong taxonomy does not make every form unknown */
	empty_dir(tmp);
	put("taxonomy.yaml", "type: taxonomy\n");
	assert_null(load((const char *const[]){tmp}, 1, &r));
	for (unsigned i = 0; i < r.n; i++)
		assert_null(strstr(r.e[i].text, "uit taxonomy.yaml"));
}

static void test_overlay(void **state)
{
	static struct valid_report r;
	struct policy *p;
	const struct policy_rule *rules;

	(void)state;
	put("rules/shop.yaml", RULE("NL-3-SHOP", "1", "2", "5"));
	put("rules/gone.yaml", "type: rule\nid: NL-5-DA\nremove: true\n");
	put("rules/new.yaml", RULE("X-1", "1", "1", "4"));
	put("measures.yaml",
	    "type: measures\nmeasures:\n  - {id: apparaat_markeren, remove: true}\n  - {id: signaal, title_nl: Sein, "
	    "title_en: x, kinds: [iban, telefoon, email, account, wallet], ack_hours: 1, execute_hours: null, "
	    "duration_days: null, "
	    "source: L22, status: verified}\n");
	put("destinations.yaml", "type: destinations\ndestinations:\n  - {id: kapper, remove: true}\n");
	assert_null(load((const char *const[]){shipped, tmp}, 2, &r));
	assert_int_equal(r.total, 1);
	assert_non_null(strstr(r.e[0].at, "destinations.yaml#/destinations/0"));
	unlink("destinations.yaml");
	put("destinations.yaml", "type: sources\nsources:\n  - {id: EIGEN2, title_nl: a, title_en: b}\n");
	p = load((const char *const[]){shipped, tmp}, 2, &r);
	assert_non_null(p);
	assert_int_equal(policy_rules(p, &rules), 4);
	assert_int_equal(policy_rule(p, STR("NL-3-SHOP"))->threshold, 5);
	assert_null(policy_rule(p, STR("NL-5-DA")));
	assert_non_null(policy_rule(p, STR("X-1")));
	assert_null(policy_measure(p, STR("apparaat_markeren")));
	assert_true(str_is(policy_measure(p, STR("signaal"))->title[LANG_NL], "Sein"));
	assert_int_equal(policy_measure(p, STR("signaal"))->origin.status, STATUS_VERIFIED);
	assert_non_null(policy_measure(p, STR("domein_offline")));
	policy_free(p);
}

static void test_advice(void **state)
{
	struct policy *p = load_shipped();
	const struct policy_form *f;
	size_t n = policy_forms(p, &f);

	(void)state;
	assert_true(str_is(policy_advice(p, STR("OF-1.1"))->form, "OF-1.1"));
	assert_true(str_is(policy_advice(p, STR("OF"))->form, "OF"));
	assert_null(policy_advice(p, STR("OF-123")));
	for (size_t i = 0; i < n; i++) {
		const struct policy_advice *a = policy_advice(p, f[i].id);

		assert_non_null(a);
		assert_true(policy_form_under(p, f[i].id, a->form));
		assert_true(a->steps_n[LANG_NL] > 0 && a->steps_n[LANG_EN] > 0 && a->destinations_n > 0);
		for (size_t k = 0; k < a->destinations_n; k++)
			assert_non_null(policy_destination(p, a->destinations[k]));
	}
	policy_free(p);
}

static struct identifier made(enum id_kind kind, const char *text)
{
	struct identifier id;
	struct err e = {0};

	if (id_canonical(kind, str_of(text), NULL, &id, &e))
		fail_msg("%s: %s", text, e.text);
	return id;
}

static void expect_partner(const struct policy *p, const char *partner, enum id_kind kind, const char *text,
                           const char *expected)
{
	struct arena *a = arena_new(0);
	struct identifier id = made(kind, text);
	struct str got = policy_choose_partner(p, a, str_of(partner), &id);

	assert_non_null(policy_partner(p, got));
	if (!str_is(got, expected))
		fail_msg("%s " STR_FMT, expected, STR_ARG(got));
	arena_free(a);
}

static void test_partner(void **state)
{
	struct policy *p = load_shipped();

	(void)state;
	expect_partner(p, "bank", ID_IBAN, "NL91ABNA0417164300", "bank:ABNA");
	expect_partner(p, "bank", ID_IBAN, "DE89370400440532013000", "bank");
	expect_partner(p, "bank", ID_DOMAIN, "nepwinkel.nl", "bank");
	expect_partner(p, "registry", ID_DOMAIN, "nepwinkel.nl", "sidn");
	expect_partner(p, "registry", ID_DOMAIN, "nepwinkel.com", "register");
	expect_partner(p, "registry", ID_URL, "https://nepwinkel.nl/a", "sidn");
	expect_partner(p, "platform", ID_ACCOUNT, "marktplaats:jan", "platform:marktplaats");
	expect_partner(p, "platform", ID_ADVERT, "marktplaats:m123456789", "platform:marktplaats");
	expect_partner(p, "platform", ID_URL, "https://nepwinkel.nl/a", "platform");
	expect_partner(p, "politie", ID_IBAN, "NL91ABNA0417164300", "politie");
	assert_true(str_is(policy_partner(p, STR("bank:KENT"))->id, "bank"));
	assert_null(policy_partner(p, STR("niemand:KENT")));
	assert_null(policy_partner(p, STR(":bank")));
	policy_free(p);
}

static void expect_fold(const struct policy *p, const char *from, const char *to)
{
	struct identifier id = made(ID_EMAIL, from), out, again;

	assert_int_equal(policy_fold_mail(p, &id, &out), 0);
	if (!str_is(id_str(&out), to))
		fail_msg("%s: %s", from, out.value);
	assert_int_equal(out.value[out.n], 0);
	assert_int_equal(policy_fold_mail(p, &out, &again), 0);
	assert_memory_equal(&out, &again, sizeof(out));
}

static void test_fold(void **state)
{
	struct policy *p = load_shipped();
	struct identifier id = made(ID_DOMAIN, "gmail.com"), out;

	(void)state;
	expect_fold(p, "J.an.Jansen+shop@GoogleMail.com", "janjansen@gmail.com");
	expect_fold(p, "jan.jansen+x@outlook.com", "jan.jansen@outlook.com");
	expect_fold(p, "jan+x@me.com", "jan@icloud.com");
	expect_fold(p, "jan.jansen+x@voorbeeld.nl", "jan.jansen+x@voorbeeld.nl");
	expect_fold(p, "+x@outlook.com", "+x@outlook.com");
	assert_int_equal(policy_fold_mail(p, &id, &out), KT_EINVAL);
	policy_free(p);
}

static void expect_shop(const struct policy *p, const char *from, const char *to)
{
	struct identifier id = made(ID_DOMAIN, from), out;
	int rc = policy_shop_domain(p, &id, &out);

	if (to && (rc || !str_is(id_str(&out), to)))
		fail_msg("%s: %d %s", from, rc, rc ? "" : out.value);
	if (!to)
		assert_int_equal(rc, KT_EINVAL);
}

static void test_shop_domain(void **state)
{
	struct policy *p = load_shipped();

	(void)state;
	expect_shop(p, "www.nepwinkel.nl", "nepwinkel.nl");
	expect_shop(p, "nepwinkel.nl", "nepwinkel.nl");
	expect_shop(p, "a.b.nepwinkel.co.uk", "nepwinkel.co.uk");
	expect_shop(p, "www.nepwinkel.jouwweb.nl", "nepwinkel.jouwweb.nl");
	expect_shop(p, "nepwinkel.jouwweb.nl", "nepwinkel.jouwweb.nl");
	expect_shop(p, "jouwweb.nl", NULL);
	expect_shop(p, "nepwinkel.blogspot.nl", "nepwinkel.blogspot.nl");
	expect_shop(p, "co.uk", NULL);
	policy_free(p);
}

static enum safety verdict(const struct policy *p, enum id_kind kind, const char *text, const char *measure)
{
	struct identifier id = made(kind, text);
	struct safety_hit h = policy_safety(p, &id, str_of(measure));

	assert_true(h.verdict == SAFETY_FREE ? h.list.p == NULL : h.list.n > 0);
	return h.verdict;
}

static void test_safety_shipped(void **state)
{
	struct policy *p = load_shipped();
	struct identifier id;

	(void)state;
	assert_int_equal(verdict(p, ID_DOMAIN, "abnamro.nl", "domein_offline"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "www.abnamro.nl", "domein_offline"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "mijn.abnamro.nl", "domein_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "abnamro.nl.inloggen.net", "domein_offline"), SAFETY_FREE);
	assert_int_equal(verdict(p, ID_DOMAIN, "notabnamro.nl", "domein_offline"), SAFETY_FREE);
	assert_int_equal(verdict(p, ID_URL, "https://mijn.abnamro.nl/x?y=z", "domein_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_EMAIL, "klant@abnamro.nl", "account_blokkeren"), SAFETY_BLOCK);
	/* a mailbox at a provider is its user's */
	assert_int_equal(verdict(p, ID_EMAIL, "oplichter@gmail.com", "signaal"), SAFETY_FREE);
	assert_int_equal(verdict(p, ID_EMAIL, "oplichter@ziggo.nl", "signaal"), SAFETY_FREE);
	assert_int_equal(verdict(p, ID_DOMAIN, "gmail.com", "domein_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "nepwinkel.nl", "domein_offline"), SAFETY_FREE);
	/* shared hosting: as a whole never, a customer yes */
	assert_int_equal(verdict(p, ID_DOMAIN, "jouwweb.nl", "domein_offline"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "nepwinkel.jouwweb.nl", "domein_offline"), SAFETY_FREE);
	assert_int_equal(verdict(p, ID_DOMAIN, "co.uk", "domein_offline"), SAFETY_BLOCK);
	id = made(ID_DOMAIN, "co.uk");
	assert_true(str_is(policy_safety(p, &id, STR("domein_offline")).list, "publieke achtervoegsels"));
	assert_true(policy_shared(p, STR("nl")));
	assert_true(policy_shared(p, STR("weebly.com")));
	assert_false(policy_shared(p, STR("nepwinkel.nl")));
	assert_int_equal(verdict(p, ID_IBAN, "NL91ABNA0417164300", "rekening_blokkeren"), SAFETY_FREE);
	policy_free(p);
}

static void test_safety_own(void **state)
{
	static struct valid_report r;
	struct safety_hit h;
	struct identifier id;
	struct policy *p;

	(void)state;
	put("s.yaml",
	    SAFETY("      - name: a\n        domains: [a.b.merknaam.nl]\n        hosts: [www.preciesdeze.nl, "
	           "shop.klant.jouwweb.nl]\n"
	           "        phones: [\"+31881234567\"]\n        ibans: [NL91ABNA0417164300]\n        emails: "
	           "[info@preciesdeze.nl]\n") "  - id: strenger\n    kind: brand\n    title_nl: Strenger\n    title_en: "
	                                      "x\n    actions: {default: warn, signaal: block}\n"
	                                      "    source: L22\n    status: concept\n    entries:\n      - {name: b, "
	                                      "domains: [merknaam.org], "
	                                      "phones: [\"+31881234567\"]}\n");
	p = load((const char *const[]){shipped, tmp}, 2, &r);
	assert_non_null(p);
	/* a listed name, what lies below it, and every name above it down to the registrable one */
	assert_int_equal(verdict(p, ID_DOMAIN, "a.b.merknaam.nl", "domein_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "x.a.b.merknaam.nl", "domein_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "b.merknaam.nl", "domein_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "merknaam.nl", "domein_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "c.merknaam.nl", "domein_blokkeren"), SAFETY_FREE);
	/* exact, with its twin and nothing below */
	assert_int_equal(verdict(p, ID_DOMAIN, "preciesdeze.nl", "domein_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "www.preciesdeze.nl", "domein_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_DOMAIN, "x.preciesdeze.nl", "domein_blokkeren"), SAFETY_FREE);
	assert_int_equal(verdict(p, ID_DOMAIN, "klant.jouwweb.nl", "domein_blokkeren"), SAFETY_BLOCK);
	/* actions */
	assert_int_equal(verdict(p, ID_DOMAIN, "preciesdeze.nl", "signaal"), SAFETY_WARN);
	assert_int_equal(verdict(p, ID_DOMAIN, "preciesdeze.nl", "domein_offline"), SAFETY_FREE);
	assert_int_equal(verdict(p, ID_DOMAIN, "merknaam.org", "domein_offline"), SAFETY_WARN);
	assert_int_equal(verdict(p, ID_PHONE, "+31881234567", "nummer_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_PHONE, "+31881234567", "signaal"), SAFETY_BLOCK);
	id = made(ID_PHONE, "+31881234567");
	h = policy_safety(p, &id, STR("signaal"));
	assert_true(str_is(h.list, "Mijn lijst"));
	assert_true(str_is(h.group, "Strenger"));
	assert_int_equal(verdict(p, ID_IBAN, "NL91ABNA0417164300", "rekening_blokkeren"), SAFETY_BLOCK);
	assert_int_equal(verdict(p, ID_EMAIL, "info@preciesdeze.nl", "account_blokkeren"), SAFETY_BLOCK);
	policy_free(p);
}

static void test_safety_overlay(void **state)
{
	static struct valid_report r;
	struct identifier id;
	struct policy *p;

	(void)state;
	/* a file of the same name adds; a group or a whole file goes only by name */
	put("s.yaml",
	    "type: safety\nid: nl\ntitle_nl: a\ntitle_en: a\nsource: L22\nstatus: concept\nshared_suffixes: "
	    "[eigenhost.nl]\n"
	    "groups:\n  - {id: banken, remove: true}\n");
	put("t.yaml", "type: safety\nid: shared-hosting\nremove: true\n");
	p = load((const char *const[]){shipped, tmp}, 2, &r);
	assert_non_null(p);
	assert_int_equal(verdict(p, ID_DOMAIN, "asnbank.nl", "domein_offline"), SAFETY_FREE);
	assert_int_equal(verdict(p, ID_DOMAIN, "politie.nl", "domein_offline"), SAFETY_BLOCK);
	id = made(ID_DOMAIN, "eigenhost.nl");
	assert_true(str_is(policy_safety(p, &id, STR("domein_offline")).list, "gedeelde hosting"));
	id = made(ID_URL, "https://eigenhost.nl/winkel");
	assert_int_equal(policy_safety(p, &id, STR("domein_blokkeren")).verdict, SAFETY_BLOCK);
	assert_int_equal(policy_safety(p, &id, STR("advertentie_verwijderen")).verdict, SAFETY_FREE);
	assert_int_equal(verdict(p, ID_DOMAIN, "nepwinkel.eigenhost.nl", "domein_offline"), SAFETY_FREE);
	expect_shop(p, "www.nepwinkel.eigenhost.nl", "nepwinkel.eigenhost.nl");
	assert_false(policy_shared(p, STR("jouwweb.nl")));
	policy_free(p);
}

static void test_rule_live(void **state)
{
	struct policy *p = load_shipped();
	const struct policy_rule *shop = policy_rule(p, STR("NL-3-SHOP")), *psr = policy_rule(p, STR("EU-2-PSR"));
	struct policy_rule r = *shop;
	int64_t day;

	(void)state;
	assert_int_equal(date_parse(STR("2022-07-08"), &day), 0);
	assert_false(policy_rule_live(shop, day - 1));
	assert_true(policy_rule_live(shop, day));
	assert_true(policy_rule_live(shop, day + 20000));
	assert_false(policy_rule_live(psr, day));
	r.until_day = day + 5;
	assert_true(policy_rule_live(&r, day + 5));
	assert_false(policy_rule_live(&r, day + 6));
	policy_free(p);
}

static void test_speed(void **state)
{
	static const struct {
		enum id_kind kind;
		const char *text;
	} of[] = {
		{ID_DOMAIN, "mijn.abnamro.nl"},
		{ID_DOMAIN, "www.nepwinkel.nl"},
		{ID_DOMAIN, "a.b.c.d.nepwinkel.jouwweb.nl"},
		{ID_URL, "https://betaal.nepwinkel.nl/ideal/1"},
		{ID_EMAIL, "x@nepwinkel.nl"},
		{ID_IBAN, "NL91ABNA0417164300"},
		{ID_PHONE, "+31612345678"},
	};
	enum { KINDS = sizeof(of) / sizeof(of[0]), ROUNDS = 20000 };
	struct identifier id[KINDS];
	struct policy *p = load_shipped();
	int64_t began;
	double ns;

	(void)state;
	for (size_t i = 0; i < KINDS; i++)
		id[i] = made(of[i].kind, of[i].text);
	began = clock_mono_ns();
	for (size_t i = 0; i < ROUNDS; i++)
		(void)policy_safety(p, &id[i % KINDS], STR("domein_offline"));
	ns = (double)(clock_mono_ns() - began) / ROUNDS;
	printf("policy_safety %.0f ns\n", ns);
	assert_true(ns < 100000); /* sanitizers and busy machines included */
	policy_free(p);
}

int main(void)
{
	const char *source = getenv("KENTERING_SOURCE");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_schemas_known),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_mistakes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reference_mistakes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_mistakes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_findings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overlay, setup, teardown),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_partner),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_shop_domain),
		cmocka_unit_test(test_safety_shipped),
		cmocka_unit_test_setup_teardown(test_safety_own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_safety_overlay, setup, teardown),
		cmocka_unit_test(test_rule_live),
		cmocka_unit_test(test_speed),
	};

	(void)snprintf(shipped, sizeof(shipped), "%s/policy", source ? source : ".");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
