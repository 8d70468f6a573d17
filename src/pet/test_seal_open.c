/* Rows together and their opening (PROTOCOLS 5.10, 5.11): what keeps a set shut, and bad rows beside honest ones. */
#include "pet/test_pet.h"

#define IBAN "\001NL91ABNA0417164300"
#define OTHER_IBAN "\001NL02ABNA0123456789"
#define ROWS 5

static const char *person(size_t i)
{
	static char text[16];
	snprintf(text, sizeof(text), "\002+3161111%04zu", i);
	return text;
}

static void reports_make(const struct world *w, size_t n, struct sealed *s)
{
	for (size_t i = 0; i < n; i++)
		report_make(w, i % MEMBERS, IBAN, person(i), &s[i]);
}

/* ---- the set ---- */

static void test_set(void **state)
{
	(void)state;
	struct world w;
	struct sealed s[ROWS];
	struct seal_row row[ROWS], was;
	size_t bad = 99;
	world_make(3, 2, 2, &w);
	reports_make(&w, ROWS, s);
	for (size_t i = 0; i < ROWS; i++)
		row[i] = s[i].s.row;
	assert_int_equal(seal_check_set(&w.check, row, 3, NULL), SEAL_GOOD);
	assert_int_equal(seal_check_set(&w.check, row, ROWS, &bad), SEAL_GOOD);
	assert_int_equal(seal_check_set(&w.check, row, 0, NULL), SEAL_TOO_FEW);
	assert_int_equal(seal_check_set(&w.check, row, 2, NULL), SEAL_TOO_FEW);
	was = row[2];
	for (int field = 0; field < 5; field++) { /* of one epoch, channel, version, k, tag */
		uint8_t *const at[] = {(uint8_t *)&row[2].h.epoch, (uint8_t *)&row[2].h.channel, (uint8_t *)&row[2].h.version,
		                       &row[2].h.k, row[2].h.tag};
		*at[field] ^= 1;
		assert_int_equal(seal_check_set(&w.check, row, ROWS, &bad), SEAL_MIXED);
		assert_int_equal(bad, 2);
		row[2] = was;
	}
	memcpy(row[2].h.nullifier, row[0].h.nullifier, 32);
	assert_int_equal(seal_check_set(&w.check, row, ROWS, &bad), SEAL_NULLIFIER_TWICE);
	assert_int_equal(bad, 2);
	row[2] = was;
	/* k by one member; with a second one's it goes */
	for (size_t i = 0; i < 4; i++)
		row[i].h.member = 11;
	row[4].h.member = 12;
	assert_int_equal(seal_check_set(&w.check, row, 3, NULL), SEAL_MEMBER_CAP);
	assert_int_equal(seal_check_set(&w.check, row, 4, NULL), SEAL_MEMBER_CAP);
	assert_int_equal(seal_check_set(&w.check, row, 5, NULL), SEAL_GOOD);
	w.channel[0].min_members = 3;
	assert_int_equal(seal_check_set(&w.check, row, 5, NULL), SEAL_MIN_MEMBERS);
	row[3].h.member = 13;
	assert_int_equal(seal_check_set(&w.check, row, 5, NULL), SEAL_GOOD);
	/* the window: 60 days are day 0 to 59 */
	row[0].h.day = 141;
	assert_int_equal(seal_check_set(&w.check, row, 5, NULL), SEAL_GOOD);
	row[0].h.day = 140;
	assert_int_equal(seal_check_set(&w.check, row, 5, NULL), SEAL_WINDOW);
	row[0].h.day = 200;
	w.check.today = 179; /* the epoch still collects */
	assert_int_equal(seal_check_set(&w.check, row, 5, NULL), SEAL_NOT_OPENING);
	w.check.today = 180;
	assert_int_equal(seal_check_set(&w.check, row, 5, NULL), SEAL_GOOD);
	w.check.today = 271;
	assert_int_equal(seal_check_set(&w.check, row, 5, NULL), SEAL_GOOD);
	w.check.today = 272;
	assert_int_equal(seal_check_set(&w.check, row, 5, NULL), SEAL_NOT_OPENING);
	w.reg.channels = 0;
	assert_int_equal(seal_check_set(&w.check, row, 5, NULL), SEAL_CHANNEL);
}

/* ---- bad rows beside honest ones ---- */

/* Four honest reports and a fifth that somebody made up; opens, and row `at` has the state. */
static void beside(const struct world *w, struct sealed *s, size_t at, int want)
{
	static struct seal_opened o[ROWS];
	struct scalar a0;
	if (rows_open(w, s, ROWS, o, &a0))
		fail_msg("one bad row (%s) keeps the others shut", seal_opened_word(want));
	for (size_t i = 0; i < ROWS; i++) {
		if ((int)o[i].state != (i == at ? want : OPENED_GOOD))
			fail_msg("row %zu is %s", i, seal_opened_word(o[i].state));
		if (i != at)
			assert_true(str_is(o[i].payload.input, IBAN));
		else
			assert_int_equal(o[i].bytes[0] | o[i].payload.input.n, 0); /* nothing is given out of a bad row */
	}
}

/* A report whose author knows the identifier and lies inside; check 8 cannot see it. */
static void test_lies_inside(void **state)
{
	(void)state;
	struct world w;
	struct sealed s[ROWS];
	struct draft d, other;
	world_make(3, 2, 2, &w);
	for (size_t at = 0; at < ROWS; at++) {
		reports_make(&w, ROWS, s);
		/* a payload about another identifier: with its own N, and with the right N */
		draft_make(&w, at, IBAN, person(at), &d);
		draft_make(&w, at, OTHER_IBAN, person(at), &other);
		d.payload.input = other.payload.input;
		draft_seal(&w, &d, &s[at]);
		beside(&w, s, at, OPENED_OTHER);
		d.payload.n = other.payload.n;
		draft_seal(&w, &d, &s[at]);
		beside(&w, s, at, OPENED_OTHER);
		/* a share off the polynomial: made with other coefficients above a_0 under the same A */
		draft_make(&w, at, IBAN, person(at), &d);
		d.group.a[2] = other.group.a[2];
		draft_seal(&w, &d, &s[at]);
		beside(&w, s, at, OPENED_SHARE);
	}
}

/* The centre (or whoever stores) swaps what the signature does not protect from it. */
static void test_swapped(void **state)
{
	(void)state;
	struct world w;
	struct sealed s[ROWS], lone;
	uint8_t foreign[SEAL_CT];
	world_make(3, 2, 2, &w);
	reports_make(&w, ROWS, s);
	report_make(&w, 5, OTHER_IBAN, person(9), &lone);
	const uint8_t *ct = s[1].s.ct;
	memcpy(foreign, lone.s.ct, SEAL_CT); /* somebody else's ciphertext */
	s[1].s.ct = foreign;
	beside(&w, s, 1, OPENED_CIPHER);
	foreign[0] ^= 1;
	memcpy(foreign, ct, SEAL_CT); /* a bit of its own */
	foreign[rnd_below(SEAL_CT)] ^= 1;
	beside(&w, s, 1, OPENED_CIPHER);
	s[1].s.ct = ct;
	struct element u = s[1].s.row.u; /* somebody else's u */
	s[1].s.row.u = lone.s.row.u;
	beside(&w, s, 1, OPENED_CIPHER);
	s[1].s.row.u = u;
	struct seal_row row = s[1].s.row; /* another header, another nullifier in it */
	s[1].s.row.header[SEAL_HEADER - 1] ^= 1;
	beside(&w, s, 1, OPENED_CIPHER);
	s[1].s.row = row;
	s[1].s.row.h.nullifier[0] ^= 1; /* only as read: another point */
	beside(&w, s, 1, OPENED_SHARE);
	s[1].s.row = row;
	beside(&w, s, 99, OPENED_GOOD);
}

/* An inner layer under another key: the share is good, so a_0 comes out, and the row is still told apart. */
static void test_inner(void **state)
{
	(void)state;
	struct world w;
	struct sealed s[ROWS];
	struct draft d, other;
	struct scalar a0;
	static struct seal_opened o[ROWS];
	world_make(3, 2, 2, &w);
	reports_make(&w, ROWS, s);
	draft_make(&w, 1, IBAN, person(1), &d);
	draft_make(&w, 1, OTHER_IBAN, person(1), &other);
	/* a constant term moved and the linear one moved back: p(z) stays for this z, the key does not */
	struct scalar z, inverse, diff;
	seal_point(d.group.tag, d.nullifier, &z);
	assert_int_equal(scalar_invert(&z, 1, &inverse), 0);
	scalar_sub(&d.group.a[0], &other.group.a[0], &diff);
	scalar_mul(&diff, &inverse, &diff);
	scalar_add(&d.group.a[1], &diff, &d.group.a[1]);
	struct scalar right = d.group.a[0];
	d.group.a[0] = other.group.a[0];
	assert_int_equal(seal_make(&d.c, NULL, s[1].bytes, NULL), 0);
	/* its tag proof was made with the wrong a_0, so it would not have been taken at all */
	assert_int_equal(seal_check(&w.check, F_BYTES(s[1].bytes, s[1].n), &s[1].s), SEAL_TAG_PROOF);
	struct pok p;
	pok_make("tag-proof", &right, &d.group.commit[0], F_BYTES(s[1].bytes, SEAL_BODY(3)), NULL, &p);
	memcpy(s[1].bytes + SEAL_BODY(3), &p, 64);
	crypto_sign_label(s[1].bytes + SEAL_BODY(3) + 64, w.secret[1], "submission-sig",
	                  F_BYTES(s[1].bytes, SEAL_BODY(3) + 64));
	assert_int_equal(seal_check(&w.check, F_BYTES(s[1].bytes, s[1].n), &s[1].s), SEAL_GOOD);
	beside(&w, s, 1, OPENED_INNER);
	/* three rows of which it is one: a_0 is known, and still nothing of the two honest ones is given */
	assert_int_equal(rows_open(&w, s, 3, o, &a0), KT_EREFUSED);
	assert_int_equal(o[1].state, OPENED_INNER);
	for (size_t i = 0; i < 3; i++)
		for (size_t at = 0; at < SEAL_PAYLOAD; at++)
			assert_int_equal(o[i].bytes[at], 0);
}

/* With too few good rows nothing opens; one more honest report later, and it does. */
static void test_too_few_good(void **state)
{
	(void)state;
	struct world w;
	struct sealed s[4];
	static struct seal_opened o[4];
	struct draft d;
	world_make(3, 2, 2, &w);
	reports_make(&w, 4, s);
	draft_make(&w, 2, IBAN, person(2), &d);
	scalar_random(&d.group.a[1]);
	draft_seal(&w, &d, &s[2]);
	assert_int_equal(rows_open(&w, s, 3, o, NULL), KT_EREFUSED);
	assert_int_equal(o[2].state, OPENED_SHARE);
	assert_int_equal(rows_open(&w, s, 4, o, NULL), 0);
	assert_int_equal(rows_open(&w, s + 1, 3, o, NULL), KT_EREFUSED);
}

/* One holder's part alone, or parts of another key, open nothing. */
static void test_without_holders(void **state)
{
	(void)state;
	struct world w;
	struct sealed s[3];
	static struct seal_opened o[3];
	world_make(3, 2, 2, &w);
	reports_make(&w, 3, s);
	struct quorum q = {2, {1, 2}};
	struct seal_row row[3];
	struct element u[3], part[3];
	struct oprf_proof proof;
	const uint8_t *ct[3];
	struct err e = {0};
	for (size_t i = 0; i < 3; i++) {
		row[i] = s[i].s.row;
		u[i] = row[i].u;
		ct[i] = s[i].s.ct;
	}
	assert_int_equal(threshold_evaluate(OPRF_CONTEXT_OPEN, &w.outer.share[0], &q, 1, u, 3, NULL, part, &proof), 0);
	assert_int_equal(seal_open(&w.outer.record, s[0].s.commit, row, ct, part, 3, o, NULL, &e), KT_EREFUSED);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(o[i].state, OPENED_CIPHER);
	holders_evaluate(&w.seal, &q, OPRF_CONTEXT_OPEN, u, 3, part);
	assert_int_equal(seal_open(&w.outer.record, s[0].s.commit, row, ct, part, 3, o, NULL, &e), KT_EREFUSED);
	assert_int_equal(seal_open(&w.outer.record, s[0].s.commit, row, ct, part, 0, o, NULL, &e), KT_EINVAL);
	assert_int_equal(seal_open(&w.outer.record, s[0].s.commit, row, ct, part, 256, o, NULL, &e), KT_EINVAL);
}

/* A row with another k under one opening: holders refuse it, and nobody reaches for points that are not there. */
static void test_other_k(void **state)
{
	(void)state;
	struct world w, w2;
	struct sealed s[ROWS];
	struct draft d;
	world_make(3, 2, 2, &w);
	reports_make(&w, ROWS, s);
	w2 = w;
	w2.reg.channel = w2.channel;
	w2.reg.member = w2.member;
	w2.check.reg = &w2.reg;
	w2.check.outer = &w2.outer.record;
	w2.channel[0].k = 2;
	draft_make(&w2, 1, IBAN, person(1), &d);
	d.c.outer = &w.outer.record;
	draft_seal(&w2, &d, &s[1]);
	struct seal_row row[ROWS];
	for (size_t i = 0; i < ROWS; i++)
		row[i] = s[i].s.row;
	assert_int_equal(seal_check_set(&w.check, row, ROWS, NULL), SEAL_MIXED);
	assert_int_equal(seal_check_row(&w.check, s[0].s.commit, &row[1]), SEAL_CHANNEL);
	static struct seal_opened o[ROWS];
	for (unsigned k = 0; k < 256; k += k < 20 ? 1 : 47) {
		s[1].s.row.h.k = (uint8_t)k;
		if (k != 3)
			assert_int_equal(rows_open(&w, s, ROWS, o, NULL), KT_EINVAL);
	}
}

int main(void)
{
	PET_START();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),     cmocka_unit_test(test_lies_inside),  cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_inner),   cmocka_unit_test(test_too_few_good), cmocka_unit_test(test_without_holders),
		cmocka_unit_test(test_other_k),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
