#include <stdio.h>

#include "rule/rule.h"
#include "support/centre.h"

#define TODAY 20000

static struct policy_rule rule_of(int64_t threshold, int64_t window)
{
	return (struct policy_rule){.id = STR("T"),
	                            .origin = {STR("L22"), STATUS_ASSUMPTION},
	                            .enabled = true,
	                            .threshold = threshold,
	                            .window_days = window,
	                            .min_strength = STRENGTH_CONFIRMED,
	                            .min_members = 1};
}

static struct rule_sighting by(int person, const char *member, enum strength s, int64_t day)
{
	struct rule_sighting x = {.strength = s, .basis = BASIS_REPORT, .day = day};
	memset(x.reporter, person, sizeof(x.reporter));
	assert_true(str_copy(x.member, sizeof(x.member), str_of(member)));
	return x;
}

static bool fires(const struct policy_rule *r, const struct rule_sighting *s, size_t n)
{
	struct rule_outcome o;
	rule_evaluate(r, s, n, TODAY, &o);
	return o.fires;
}

static void test_three_people(void **state)
{
	(void)state;
	struct policy_rule r = rule_of(3, 90);
	struct rule_sighting s[] = {by(1, "m", STRENGTH_VOUCHED, TODAY), by(2, "m", STRENGTH_VOUCHED, TODAY - 10),
	                            by(3, "m", STRENGTH_CONFIRMED, TODAY - 89)};
	struct rule_outcome o;
	assert_false(fires(&r, s, 0));
	assert_false(fires(&r, s, 2));
	rule_evaluate(&r, s, 3, TODAY, &o);
	assert_true(o.fires);
	assert_int_equal(o.reporters, 3);
	assert_string_equal(o.why, "3 melders (minstens bevestigd) binnen 90 dagen, regel T, bron L22");
	s[2].day--; /* one day outside the window */
	assert_false(fires(&r, s, 3));
	s[2] = by(2, "n", STRENGTH_IDENTIFIED, TODAY); /* a person counts once, at whatever desk */
	assert_false(fires(&r, s, 3));
	s[2] = by(3, "m", STRENGTH_CLAIMED, TODAY); /* too weak */
	assert_false(fires(&r, s, 3));
	s[2] = by(3, "m", STRENGTH_CONFIRMED, TODAY + 5); /* a clock that ran ahead */
	assert_true(fires(&r, s, 3));
}

static void test_members(void **state)
{
	(void)state;
	struct policy_rule r = rule_of(3, 90);
	struct rule_sighting s[] = {by(1, "a", STRENGTH_VOUCHED, TODAY), by(2, "a", STRENGTH_VOUCHED, TODAY),
	                            by(3, "a", STRENGTH_VOUCHED, TODAY), by(4, "b", STRENGTH_VOUCHED, TODAY)};
	assert_true(fires(&r, s, 3));
	r.min_members = 2;
	assert_false(fires(&r, s, 3));
	assert_true(fires(&r, s, 4));
	r.min_members = 1;
	r.max_per_member = 2;
	assert_false(fires(&r, s, 3));
	assert_true(fires(&r, s, 4));
	r.max_per_member = 1;
	assert_false(fires(&r, s, 4));
}

/* A slow second opinion: sets built the plain way. */
static bool oracle(const struct policy_rule *r, const struct rule_sighting *s, size_t n)
{
	bool person[256] = {0}, member_person[8][256] = {0};
	for (size_t i = 0; i < n; i++) {
		if (s[i].strength < r->min_strength || TODAY - s[i].day >= r->window_days)
			continue;
		person[s[i].reporter[0]] = true;
		member_person[s[i].member[0] - 'a'][s[i].reporter[0]] = true;
	}
	int people = 0, members = 0, sum = 0;
	for (int p = 0; p < 256; p++)
		people += person[p];
	for (int m = 0; m < 8; m++) {
		int rows = 0;
		for (int p = 0; p < 256; p++)
			rows += member_person[m][p];
		members += rows > 0;
		sum += r->max_per_member > 0 && rows > r->max_per_member ? (int)r->max_per_member : rows;
	}
	int counted = r->max_per_member > 0 && sum < people ? sum : people;
	return counted >= r->threshold && members >= r->min_members;
}

static void test_against_oracle(void **state)
{
	(void)state;
	int fired = 0;
	for (int round = 0; round < 20000; round++) {
		struct policy_rule r = rule_of(1 + (int64_t)(test_random() % 6), 1 + (int64_t)(test_random() % 30));
		r.min_members = 1 + (int64_t)(test_random() % 3);
		r.max_per_member = (int64_t)(test_random() % 4);
		r.min_strength = (enum strength)(1 + test_random() % 4);
		struct rule_sighting s[24];
		size_t n = 0, want = test_random() % 24;
		while (n < want) {
			char member[2] = {(char)('a' + test_random() % 4), 0};
			struct rule_sighting x = by((int)(test_random() % 10), member, (enum strength)(1 + test_random() % 4),
			                            TODAY - (int64_t)(test_random() % 40));
			bool twice = false; /* the store keeps one row per person and member */
			for (size_t i = 0; i < n; i++)
				twice |= s[i].reporter[0] == x.reporter[0] && s[i].member[0] == x.member[0];
			if (twice)
				want--;
			else
				s[n++] = x;
		}
		bool f = fires(&r, s, n);
		fired += f;
		assert_int_equal(f, oracle(&r, s, n));
	}
	assert_in_range(fired, 1000, 19000); /* both answers were tried often */
}

static struct identifier id_of(enum id_kind k, const char *text)
{
	struct identifier id;
	struct err e = {0};
	test_must(id_canonical(k, str_of(text), NULL, &id, &e), &e);
	return id;
}

static void test_subjects(void **state)
{
	const struct test_centre *t = *state;
	const struct policy_rule *shop = policy_rule(t->policy, STR("NL-3-SHOP")),
							 *mp = policy_rule(t->policy, STR("NL-3-MP"));
	struct identifier got, url = id_of(ID_URL, "https://www.winkel.zz--fiets.nl/kassa?x=1"),
						   host = id_of(ID_DOMAIN, "shop.zz--fiets.nl"), iban = id_of(ID_IBAN, "NL91ABNA0417164300"),
						   suffix = id_of(ID_DOMAIN, "co.uk");
	assert_non_null(shop);
	assert_non_null(mp);
	assert_int_equal(rule_subject(t->policy, shop, &url, &got), 0);
	assert_string_equal(got.value, "zz--fiets.nl");
	assert_int_equal(rule_subject(t->policy, shop, &host, &got), 0);
	assert_string_equal(got.value, "zz--fiets.nl");
	assert_int_equal(rule_subject(t->policy, shop, &suffix, &got), KT_EREFUSED);
	assert_int_equal(rule_subject(t->policy, shop, &iban, &got), KT_EREFUSED);
	assert_int_equal(rule_subject(t->policy, mp, &iban, &got), 0);
	assert_int_equal(rule_subject(t->policy, mp, &host, &got), KT_EREFUSED);
}

static void test_applies(void **state)
{
	const struct test_centre *t = *state;
	const struct policy_rule *shop = policy_rule(t->policy, STR("NL-3-SHOP")),
							 *da = policy_rule(t->policy, STR("NL-5-DA")),
							 *psr = policy_rule(t->policy, STR("EU-2-PSR"));
	int64_t day = time_day(TEST_NOW);
	assert_true(rule_applies(t->policy, shop, STR("OF-1.1.2"), BASIS_REPORT, day));
	assert_true(rule_applies(t->policy, shop, STR("OF-1.1.2"), BASIS_CRIME_REPORT, day));
	assert_false(rule_applies(t->policy, shop, STR("OF-1.1.2"), BASIS_CUSTOMER, day));
	assert_false(rule_applies(t->policy, shop, STR("OF-5.1"), BASIS_REPORT, day));
	assert_false(rule_applies(t->policy, shop, STR("OF-1.1.2"), BASIS_REPORT, 0)); /* before it was agreed */
	assert_true(rule_applies(t->policy, da, STR("OF-2.1"), BASIS_CRIME_REPORT, day));
	assert_false(rule_applies(t->policy, da, STR("OF-2.1"), BASIS_REPORT, day));
	assert_false(rule_applies(t->policy, psr, STR("OF-2.1"), BASIS_CUSTOMER, day)); /* not in force */
}

#define T(f) cmocka_unit_test_setup_teardown(f, test_centre_setup, test_centre_teardown)

int main(void)
{
	test_driver(0, NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_people),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_against_oracle),
		T(test_subjects),
		T(test_applies),
	};
	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
