/* The ceremony: keys that nobody ever held whole, kept through refreshes and re-sharings, and each kind of liar named.
 */
#include "pet/test_pet.h"

struct party {
	uint8_t box_public[32], box_secret[32];
	struct scalar coef[HOLDERS_MAX];
	struct buf reveal, commit;
};
struct ceremony {
	struct dkg d;
	struct party receiver[HOLDERS_MAX], dealer[HOLDERS_MAX];
	struct dkg_reveal seen[HOLDERS_MAX];
	struct str bytes[HOLDERS_MAX];
	struct key_record made;
	struct scalar share[HOLDERS_MAX];
};

static struct ceremony *ceremony_new(enum dkg_kind kind, uint8_t t, uint8_t n, struct str detail,
                                     const struct quorum *dealers)
{
	struct ceremony *c = calloc(1, sizeof(*c));
	struct err e = {0};
	assert_non_null(c);
	c->d = (struct dkg){.kind = kind, .t = t, .n = n, .dealers = dealers ? dealers->t : n};
	for (uint8_t i = 0; i < n; i++) {
		crypto_box_pair(c->receiver[i].box_public, c->receiver[i].box_secret);
		c->d.party[i].index = (uint8_t)(i + 1);
		crypto_random(c->d.party[i].sign_key, 32);
		memcpy(c->d.party[i].box_key, c->receiver[i].box_public, 32);
	}
	for (uint8_t i = 0; i < c->d.dealers; i++)
		c->d.dealer[i] = dealers ? dealers->index[i] : (uint8_t)(i + 1);
	if (dkg_begin(&c->d, detail, &e))
		fail_msg("%s", e.text);
	return c;
}

static void ceremony_free(struct ceremony *c)
{
	for (uint8_t i = 0; i < HOLDERS_MAX; i++) {
		buf_free(&c->dealer[i].reveal);
		buf_free(&c->dealer[i].commit);
	}
	free(c);
}

/* Messages 1 and 2 of every dealer; a0[i] is its secret, or NULL. */
static void reveal_all(struct ceremony *c, const struct scalar *a0)
{
	struct err e = {0};
	for (uint8_t i = 0; i < c->d.dealers; i++) {
		struct party *p = &c->dealer[i];
		p->reveal = BUF_INIT(DKG_REVEAL_MAX);
		p->commit = BUF_INIT(DKG_REVEAL_MAX);
		dkg_draw(&c->d, a0 ? &a0[i] : NULL, p->coef);
		dkg_reveal(&c->d, c->d.dealer[i], p->coef, &p->reveal);
		dkg_commit(&c->d, c->d.dealer[i], buf_view(&p->reveal), &p->commit);
		c->bytes[i] = buf_view(&p->reveal);
		if (dkg_reveal_read(&c->d, buf_view(&p->reveal), buf_view(&p->commit), &c->seen[i], &e))
			fail_msg("%s", e.text);
	}
}

/* Message 3 from every dealer to every receiver, and the outcome. `old`: what is refreshed. */
static void share_all(struct ceremony *c, const struct key_record *old, const struct scalar *old_share)
{
	struct err e = {0};
	if (dkg_finish(&c->d, c->seen, c->bytes, old, &c->made, &e))
		fail_msg("%s", e.text);
	for (uint8_t j = 1; j <= c->d.n; j++) {
		struct scalar got[HOLDERS_MAX];
		for (uint8_t i = 0; i < c->d.dealers; i++) {
			struct buf b = BUF_INIT(DKG_SHARE_BYTES);
			assert_int_equal(dkg_share(&c->d, c->d.dealer[i], j, c->dealer[i].coef, &b), 0);
			assert_int_equal(b.n, DKG_SHARE_BYTES);
			if (dkg_share_open(&c->d, &c->seen[i], j, c->receiver[j - 1].box_secret, buf_view(&b), &got[i], &e))
				fail_msg("%s", e.text);
			buf_free(&b);
		}
		assert_int_equal(dkg_own(&c->d, j, got, old_share ? &old_share[j - 1] : NULL, &c->made, &c->share[j - 1]), 0);
	}
}

static struct ceremony *key_new(uint8_t t, uint8_t n)
{
	struct ceremony *c = ceremony_new(DKG_NEW, t, n, STR("\002\000\000\000\000\001"), NULL);
	c->made = (struct key_record){.use = KEY_SEAL, .epoch = 1, .generation = 1, .first_day = 90, .last_day = 269};
	reveal_all(c, NULL);
	share_all(c, NULL, NULL);
	return c;
}

/* What the shares give for an input, by any quorum; every part verified against the record. */
static void token(const struct ceremony *c, uint8_t ret[64])
{
	struct holders h = {.record = c->made};
	struct element n;
	memcpy(h.share, c->share, sizeof(h.share));
	holders_output(&h, STR("\002+31612345678"), &n, ret);
}

/* The record stands on one polynomial, as everybody checks who reads it. */
static void record_holds(const struct ceremony *c)
{
	struct buf b = BUF_INIT(KEY_RECORD_MAX);
	struct key_record back;
	struct err e = {0};
	key_record_write(&c->made, &b);
	if (key_record_read(buf_view(&b), &back, &e))
		fail_msg("%s", e.text);
	buf_free(&b);
}

static struct ceremony *refresh(const struct ceremony *old)
{
	static const struct scalar zero[HOLDERS_MAX];
	struct ceremony *c = ceremony_new(DKG_REFRESH, old->d.t, old->d.n, STR("oude akte"), NULL);
	c->made = old->made;
	c->made.generation++;
	reveal_all(c, zero);
	share_all(c, &old->made, old->share);
	return c;
}

static struct ceremony *reshare(const struct ceremony *old, uint8_t t, uint8_t n)
{
	struct quorum q = quorum_any(old->d.t, old->d.n);
	struct scalar a0[HOLDERS_MAX], lambda;
	struct ceremony *c = ceremony_new(DKG_RESHARE, t, n, STR("oude akte"), &q);
	for (uint8_t i = 0; i < q.t; i++) {
		quorum_lambda(&q, q.index[i], &lambda);
		scalar_mul(&lambda, &old->share[q.index[i] - 1], &a0[i]);
		assert_int_equal(group_mul(&old->made.share[q.index[i] - 1], &lambda, 1, &c->d.start[i]), 0);
	}
	c->made = old->made;
	c->made.generation++;
	reveal_all(c, a0);
	share_all(c, NULL, NULL);
	return c;
}

static void test_life_of_a_key(void **state)
{
	(void)state;
	static const uint8_t SIZES[][2] = {{2, 2}, {2, 3}, {3, 3}, {3, 5}, {4, 7}, {2, 8}, {8, 9}, {16, 16}};
	for (size_t i = 0; i < sizeof(SIZES) / sizeof(*SIZES); i++) {
		uint8_t y[64], again[64], n = (uint8_t)(2 + rnd_below(8)), t = (uint8_t)(2 + rnd_below(n - 1u));
		struct ceremony *c = key_new(SIZES[i][0], SIZES[i][1]);
		record_holds(c);
		token(c, y);
		struct ceremony *fresh = refresh(c);
		record_holds(fresh);
		token(fresh, again);
		assert_memory_equal(y, again, 64);
		assert_true(group_same(&c->made.key, &fresh->made.key));
		assert_memory_equal(c->made.id, fresh->made.id, KEY_ID);
		for (uint8_t j = 0; j < c->d.n; j++) /* no share stays */
			assert_memory_not_equal(&c->share[j], &fresh->share[j], 32);
		struct ceremony *moved = reshare(fresh, t, n);
		record_holds(moved);
		token(moved, again);
		assert_memory_equal(y, again, 64);
		assert_true(group_same(&c->made.key, &moved->made.key));
		assert_int_equal(moved->made.t, t);
		assert_int_equal(moved->made.n, n);
		ceremony_free(c);
		ceremony_free(fresh);
		ceremony_free(moved);
	}
}

/* Old and new shares together are no key: a thief of t − 1 before and 1 after a refresh has nothing. */
static void test_old_share_is_dead(void **state)
{
	(void)state;
	struct ceremony *c = key_new(2, 3), *fresh = refresh(c);
	struct quorum q = {2, {1, 2}};
	struct scalar lambda, sum, part;
	struct element k;
	quorum_lambda(&q, 1, &lambda);
	scalar_mul(&lambda, &c->share[0], &sum);
	quorum_lambda(&q, 2, &lambda);
	scalar_mul(&lambda, &fresh->share[1], &part);
	scalar_add(&sum, &part, &sum);
	assert_int_equal(group_base(&sum, 1, &k), 0);
	assert_false(group_same(&k, &c->made.key));
	/* nor does an old share answer for the new record */
	struct scalar got[HOLDERS_MAX] = {0}, out;
	assert_int_equal(dkg_own(&fresh->d, 1, got, &c->share[0], &fresh->made, &out), KT_ECRYPTO);
	ceremony_free(c);
	ceremony_free(fresh);
}

static void test_begin_refuses(void **state)
{
	(void)state;
	struct ceremony *c = ceremony_new(DKG_NEW, 2, 3, STR("x"), NULL);
	struct err e = {0};
	struct dkg was = c->d, d = was;
	d.t = 1;
	assert_int_equal(dkg_begin(&d, STR("x"), &e), KT_EINVAL);
	d.t = 4;
	assert_int_equal(dkg_begin(&d, STR("x"), &e), KT_EINVAL);
	d = was;
	d.n = 17;
	assert_int_equal(dkg_begin(&d, STR("x"), &e), KT_EINVAL);
	d = was;
	d.party[1].index = 3;
	assert_int_equal(dkg_begin(&d, STR("x"), &e), KT_EINVAL);
	d = was;
	d.dealers = 2; /* of a new key everybody deals */
	assert_int_equal(dkg_begin(&d, STR("x"), &e), KT_EINVAL);
	d = was;
	d.dealer[1] = 1;
	assert_int_equal(dkg_begin(&d, STR("x"), &e), KT_EINVAL);
	d = was;
	d.kind = 4;
	assert_int_equal(dkg_begin(&d, STR("x"), &e), KT_EINVAL);
	/* cid is about all of it */
	for (size_t i = 0; i < 5; i++) {
		d = was;
		if (i == 1)
			d.party[2].box_key[0] ^= 1;
		else if (i == 2)
			d.party[0].sign_key[31] ^= 1;
		else if (i == 3)
			d.t = 3;
		assert_int_equal(dkg_begin(&d, i == 4 ? STR("y") : STR("x"), &e), 0);
		assert_int_equal(memcmp(d.cid, was.cid, HASH_BYTES) == 0, i == 0);
	}
	ceremony_free(c);
}

/* Reveals that are not what was committed, another's, of another ceremony, or a rogue key without its logarithm. */
static void test_lying_reveal(void **state)
{
	(void)state;
	struct ceremony *c = key_new(2, 3), *other = key_new(2, 3);
	struct party *p = &c->dealer[1];
	struct str reveal = buf_view(&p->reveal), commit = buf_view(&p->commit);
	struct dkg_reveal out;
	struct err e = {0};
	assert_int_equal(dkg_reveal_read(&c->d, reveal, buf_view(&c->dealer[0].commit), &out, &e), KT_ECRYPTO);
	assert_true(strstr(e.text, "houder 2") != NULL);
	assert_int_equal(dkg_reveal_read(&other->d, reveal, commit, &out, &e), KT_EINVAL);
	for (size_t at = 0; at < reveal.n; at++) { /* changed after the commit: never taken, and named */
		p->reveal.p[at] ^= 4;
		assert_int_not_equal(dkg_reveal_read(&c->d, reveal, commit, &out, &e), 0);
		assert_true(at < HASH_BYTES + 1 || strstr(e.text, "houder 2"));
		p->reveal.p[at] ^= 4;
	}
	for (size_t n = 0; n < reveal.n; n++)
		assert_int_not_equal(dkg_reveal_read(&c->d, str_sub(reveal, 0, n), commit, &out, &e), 0);
	/* committed to properly, but C_0 was made of others' (a rogue key): no proof of knowledge */
	struct buf rogue = BUF_INIT(DKG_REVEAL_MAX), about = BUF_INIT(DKG_REVEAL_MAX);
	struct element c0;
	group_sub(&c->seen[1].c[0], &c->seen[0].c[0], &c0);
	buf_str(&rogue, reveal);
	memcpy(rogue.p + HASH_BYTES + 1, c0.b, 32);
	dkg_commit(&c->d, 2, buf_view(&rogue), &about);
	assert_int_equal(dkg_reveal_read(&c->d, buf_view(&rogue), buf_view(&about), &out, &e), KT_ECRYPTO);
	assert_true(strstr(e.text, "bewijs") != NULL);
	/* the proof of another dealer does not serve */
	rogue.p[HASH_BYTES] = 1;
	memcpy(rogue.p + HASH_BYTES + 1, c->seen[1].c[0].b, 32);
	buf_reset(&about);
	dkg_commit(&c->d, 1, buf_view(&rogue), &about);
	assert_int_equal(dkg_reveal_read(&c->d, buf_view(&rogue), buf_view(&about), &out, &e), KT_ECRYPTO);
	rogue.p[HASH_BYTES] = 9; /* nobody's */
	assert_int_equal(dkg_reveal_read(&c->d, buf_view(&rogue), buf_view(&about), &out, &e), KT_EINVAL);
	buf_free(&rogue);
	buf_free(&about);
	ceremony_free(c);
	ceremony_free(other);
}

/* In a refresh or re-sharing C_0 is fixed; who begins elsewhere would change the key. */
static void test_lying_start(void **state)
{
	(void)state;
	struct ceremony *c = key_new(2, 3), *r = refresh(c), *m = reshare(c, 2, 3);
	struct ceremony *const both[] = {r, m};
	for (size_t i = 0; i < 2; i++) {
		struct buf reveal = BUF_INIT(DKG_REVEAL_MAX), commit = BUF_INIT(DKG_REVEAL_MAX);
		struct dkg_reveal out;
		struct err e = {0};
		struct scalar coef[HOLDERS_MAX];
		struct dkg d = both[i]->d;
		dkg_draw(&d, NULL, coef);
		d.kind = DKG_NEW; /* so that it is written with its own C_0 and a proof */
		dkg_reveal(&d, d.dealer[0], coef, &reveal);
		if (i == 0)
			buf_cut(&reveal, reveal.n - 64);
		dkg_commit(&d, d.dealer[0], buf_view(&reveal), &commit);
		assert_int_equal(dkg_reveal_read(&both[i]->d, buf_view(&reveal), buf_view(&commit), &out, &e), KT_ECRYPTO);
		assert_true(strstr(e.text, "oude deel") != NULL);
		buf_free(&reveal);
		buf_free(&commit);
	}
	ceremony_free(c);
	ceremony_free(r);
	ceremony_free(m);
}

/* A share off the polynomial, for another, from another, or no box at all: complained about, and judged by all. */
static void test_lying_share(void **state)
{
	(void)state;
	struct ceremony *c = key_new(2, 3);
	struct buf b = BUF_INIT(DKG_SHARE_BYTES), said = BUF_INIT(DKG_ANSWER_BYTES);
	struct scalar wrong[HOLDERS_MAX], got;
	struct err e = {0};
	uint8_t i, j;
	memcpy(wrong, c->dealer[1].coef, sizeof(wrong));
	scalar_random(&wrong[1]);
	assert_int_equal(dkg_share(&c->d, 2, 3, wrong, &b), 0);
	assert_int_equal(dkg_share_open(&c->d, &c->seen[1], 3, c->receiver[2].box_secret, buf_view(&b), &got, &e),
	                 KT_ECRYPTO);
	assert_true(strstr(e.text, "houder 2") != NULL);
	dkg_complaint(&c->d, 3, 2, &said);
	assert_int_equal(said.n, DKG_COMPLAINT_BYTES);
	assert_int_equal(dkg_complaint_read(&c->d, buf_view(&said), &j, &i, &e), 0);
	assert_int_equal(j, 3);
	assert_int_equal(i, 2);
	for (size_t n = 0; n < said.n; n++)
		assert_int_equal(dkg_complaint_read(&c->d, str_sub(buf_view(&said), 0, n), &j, &i, &e), KT_EINVAL);
	buf_reset(&said);
	dkg_answer(&c->d, 2, 3, wrong, &said); /* it lies on: upheld */
	assert_int_equal(said.n, DKG_ANSWER_BYTES);
	assert_int_equal(dkg_answer_read(&c->d, &c->seen[1], 3, buf_view(&said), &got, &e), KT_ECRYPTO);
	buf_reset(&said);
	dkg_answer(&c->d, 2, 3, c->dealer[1].coef, &said); /* it answers well: dismissed */
	assert_int_equal(dkg_answer_read(&c->d, &c->seen[1], 3, buf_view(&said), &got, &e), 0);
	assert_int_equal(dkg_answer_read(&c->d, &c->seen[1], 2, buf_view(&said), &got, &e), KT_EINVAL);
	assert_int_equal(dkg_answer_read(&c->d, &c->seen[0], 3, buf_view(&said), &got, &e), KT_EINVAL);
	buf_reset(&b);
	assert_int_equal(dkg_share(&c->d, 2, 3, c->dealer[1].coef, &b), 0);
	assert_int_equal(dkg_share_open(&c->d, &c->seen[1], 1, c->receiver[0].box_secret, buf_view(&b), &got, &e),
	                 KT_EINVAL);
	assert_int_equal(dkg_share_open(&c->d, &c->seen[0], 3, c->receiver[2].box_secret, buf_view(&b), &got, &e),
	                 KT_EINVAL);
	for (size_t at = 0; at < b.n; at++) {
		b.p[at] ^= 1;
		assert_int_not_equal(dkg_share_open(&c->d, &c->seen[1], 3, c->receiver[2].box_secret, buf_view(&b), &got, &e),
		                     0);
		b.p[at] ^= 1;
	}
	assert_int_equal(dkg_share_open(&c->d, &c->seen[1], 3, c->receiver[2].box_secret, buf_view(&b), &got, &e), 0);
	assert_int_equal(dkg_share(&c->d, 2, 4, c->dealer[1].coef, &b), KT_EINVAL);
	buf_free(&b);
	buf_free(&said);
	ceremony_free(c);
}

static void test_finish_refuses(void **state)
{
	(void)state;
	struct ceremony *c = key_new(2, 3), *r = refresh(c);
	struct key_record made = c->made;
	struct err e = {0};
	assert_int_equal(dkg_finish(&c->d, c->seen, c->bytes, &c->made, &made, &e), KT_EINVAL);
	assert_int_equal(dkg_finish(&r->d, r->seen, r->bytes, NULL, &made, &e), KT_EINVAL);
	struct key_record other = c->made;
	other.n = 4;
	assert_int_equal(dkg_finish(&r->d, r->seen, r->bytes, &other, &made, &e), KT_EINVAL);
	struct dkg_reveal swapped[HOLDERS_MAX];
	memcpy(swapped, c->seen, sizeof(swapped));
	swapped[0] = c->seen[1];
	assert_int_equal(dkg_finish(&c->d, swapped, c->bytes, NULL, &made, &e), KT_ECRYPTO);
	/* whoever gets one wrong share out of its own sum sees that it is not K_j */
	struct scalar got[HOLDERS_MAX], out;
	for (uint8_t i = 0; i < 3; i++)
		scalar_random(&got[i]);
	assert_int_equal(dkg_own(&c->d, 1, got, NULL, &c->made, &out), KT_ECRYPTO);
	ceremony_free(c);
	ceremony_free(r);
}

int main(void)
{
	PET_START();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life_of_a_key),  cmocka_unit_test(test_old_share_is_dead),
		cmocka_unit_test(test_begin_refuses),  cmocka_unit_test(test_lying_reveal),
		cmocka_unit_test(test_lying_start),    cmocka_unit_test(test_lying_share),
		cmocka_unit_test(test_finish_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
