#include "pet/test_pet.h"
#include <sodium.h>

/* ---- randomness that can be repeated ---- */

static uint64_t state;

static uint64_t next(void)
{
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static const char *fixed_name(void)
{
	return "test";
}

static uint32_t fixed_random(void)
{
	return (uint32_t)next();
}

static void fixed_buf(void *const p, const size_t n)
{
	uint8_t *to = p;
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)next();
}

void pet_test_start(uint64_t seed)
{
	static struct randombytes_implementation fixed = {
		.implementation_name = fixed_name, .random = fixed_random, .buf = fixed_buf};
	state = seed;
	if (randombytes_set_implementation(&fixed) || sodium_init() < 0)
		abort();
}

/* ---- text ---- */

void hex_to(struct str hex, void *ret, size_t n)
{
	size_t got = 0;
	if (sodium_hex2bin(ret, n, hex.p, hex.n, NULL, &got, NULL) || got != n || hex.n != 2 * n)
		fail_msg("hexadecimal of %zu bytes, expected %zu", hex.n / 2, n);
}

void hex_z(const char *hex, void *ret, size_t n)
{
	hex_to(str_of(hex), ret, n);
}

/* ---- keys ---- */

void holders_make(enum key_use use, uint8_t audience, uint32_t epoch, uint8_t t, uint8_t n, struct holders *ret)
{
	struct scalar coef[HOLDERS_MAX], z;
	struct key_record *r = &ret->record;
	struct err e;
	memset(ret, 0, sizeof(*ret));
	*r = (struct key_record){.use = use,
	                         .audience = audience,
	                         .epoch = epoch,
	                         .t = t,
	                         .n = n,
	                         .generation = 1,
	                         .canon = 1,
	                         .first_day = epoch * 90,
	                         .last_day = epoch * 90 + 179};
	for (uint8_t i = 0; i < t; i++)
		scalar_random(&coef[i]);
	assert_int_equal(group_base(coef, 1, &r->key), 0);
	crypto_random(r->transcript, sizeof(r->transcript));
	for (uint8_t i = 0; i < n; i++) {
		scalar_of(i + 1u, &z);
		scalar_poly(coef, t, &z, &ret->share[i]);
		crypto_sign_pair(ret->sign_public[i], ret->sign_secret[i]);
	}
	assert_int_equal(group_base(ret->share, n, r->share), 0);
	for (uint8_t i = 1; i <= n; i++)
		key_record_sign(r, i, ret->sign_secret[i - 1]);
	key_id_of(use, audience, epoch, &r->key, r->id);
	assert_int_equal(key_record_verify(r, (const uint8_t(*)[32])ret->sign_public, &e), 0);
}

struct quorum quorum_any(uint8_t t, uint8_t n)
{
	struct quorum q = {.t = t};
	uint8_t left = t;
	for (uint8_t i = 1; i <= n && left; i++)
		if (next() % (n - i + 1u) < left) {
			q.index[t - left] = i;
			left--;
		}
	return q;
}

void holders_evaluate(const struct holders *h, const struct quorum *q, const char *context,
                      const struct element *blinded, size_t n, struct element *ret)
{
	struct element *part[HOLDERS_MAX];
	struct oprf_proof proof;
	for (uint8_t i = 0; i < q->t; i++) {
		uint8_t who = q->index[i];
		part[i] = calloc(n, sizeof(*part[i]));
		assert_int_equal(threshold_evaluate(context, &h->share[who - 1], q, who, blinded, n, NULL, part[i], &proof), 0);
		assert_int_equal(threshold_verify(context, &h->record.share[who - 1], q, who, blinded, part[i], n, &proof), 0);
	}
	assert_int_equal(threshold_add((const struct element *const *)part, q->t, n, ret), 0);
	for (uint8_t i = 0; i < q->t; i++)
		free(part[i]);
}

void holders_output(const struct holders *h, struct str input, struct element *ret_n, uint8_t ret_y[OPRF_OUTPUT])
{
	struct quorum q = quorum_any(h->record.t, h->record.n);
	struct scalar blind;
	struct element b;
	scalar_random(&blind);
	assert_int_equal(oprf_blind(OPRF_VERIFIABLE, &input, &blind, 1, &b), 0);
	holders_evaluate(h, &q, OPRF_CONTEXT_VERIFIABLE, &b, 1, &b);
	assert_int_equal(oprf_unblind(&blind, &b, 1, ret_n), 0);
	oprf_finish(input, ret_n, ret_y);
}

/* ---- sealed reports ---- */

void world_make(uint8_t k, uint8_t cap, uint8_t members, struct world *ret)
{
	memset(ret, 0, sizeof(*ret));
	holders_make(KEY_SEAL, 0, 1, 2, 3, &ret->seal);
	holders_make(KEY_OUTER, 0, 1, 2, 3, &ret->outer);
	holders_make(KEY_PERSON, 0, 1, 2, 3, &ret->person);
	for (uint32_t i = 0; i < MEMBERS; i++) {
		ret->member[i] = (struct reg_member){.id = 11 + i, .roles = 1u << ROLE_DESK, .last_day = 1000};
		crypto_sign_pair(ret->member[i].sign_key, ret->secret[i]);
	}
	for (uint16_t i = 0; i < 2; i++) {
		ret->channel[i] = (struct reg_channel){.id = 7,
		                                       .version = (uint16_t)(i + 1),
		                                       .k = k,
		                                       .max_per_member = cap,
		                                       .min_members = members,
		                                       .window_days = 60,
		                                       .roles = 1u << ROLE_DESK,
		                                       .last_day = 1000};
		ret->channel[i].basis[0x11 >> 3] = 1 << (0x11 & 7);
	}
	ret->reg = (struct reg){1, ret->member, MEMBERS, ret->channel, 2};
	ret->day = 200;
	ret->check = (struct seal_checker){&ret->reg, &ret->outer.record, 200, true};
}

void draft_make(const struct world *w, size_t m, const char *input, const char *person, struct draft *ret)
{
	uint8_t y[OPRF_OUTPUT];
	struct element n;
	memset(ret, 0, sizeof(*ret));
	holders_output(&w->seal, str_of(input), &ret->payload.n, y);
	assert_int_equal(seal_group(y, 1, 7, 1, w->channel[0].k, &ret->group), 0);
	holders_output(&w->person, str_of(person), &n, y);
	seal_nullifier(y, ret->group.tag, ret->nullifier);
	ret->payload.input = str_of(input);
	crypto_random(ret->payload.report, sizeof(ret->payload.report));
	ret->payload.day = w->day;
	ret->payload.amount_band = 3;
	ret->payload.form = 12;
	ret->payload.organisation = STR("Proefmeldpunt");
	ret->payload.reference = STR("M-1");
	ret->c = (struct seal_case){&ret->group, &w->outer.record, w->member[m].id, w->day,
	                            0x11,        ret->nullifier,   &ret->payload,   w->secret[m]};
}

void draft_seal(const struct world *w, const struct draft *d, struct sealed *ret)
{
	struct err e = {0};
	ret->n = SEAL_BYTES(d->group.k);
	assert_int_equal(seal_make(&d->c, NULL, ret->bytes, &e), 0);
	assert_int_equal(seal_check(&w->check, F_BYTES(ret->bytes, ret->n), &ret->s), SEAL_GOOD);
}

void report_make(const struct world *w, size_t m, const char *input, const char *person, struct sealed *ret)
{
	struct draft d;
	draft_make(w, m, input, person, &d);
	draft_seal(w, &d, ret);
}

int rows_open(const struct world *w, const struct sealed *s, size_t m, struct seal_opened *ret, struct scalar *ret_a0)
{
	struct seal_row row[64];
	struct element u[64], rz[64];
	const uint8_t *ct[64];
	struct quorum q = quorum_any(2, 3);
	struct err e;
	assert_true(m <= 64);
	for (size_t i = 0; i < m; i++) {
		row[i] = s[i].s.row;
		u[i] = s[i].s.row.u;
		ct[i] = s[i].s.ct;
	}
	holders_evaluate(&w->outer, &q, OPRF_CONTEXT_OPEN, u, m, rz);
	return seal_open(&w->outer.record, s[0].s.commit, row, ct, rz, m, ret, ret_a0, &e);
}
