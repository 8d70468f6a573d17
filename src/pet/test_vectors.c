/* docs/protocol-vectors.json, made by somebody else: every byte of it comes out of this room too. */
#include "base/arena.h"
#include "pet/test_pet.h"
#include "seam/json.h"

static struct arena *arena;
static const struct val *vectors;

static const struct val *at(const struct val *v, const char *key)
{
	const struct val *x = val_get(v, key);
	if (!x)
		fail_msg("the vectors lack %s", key);
	return x;
}

static const struct val *item(const struct val *v, const char *key, size_t i)
{
	const struct val *x = NULL;
	if (val_items(v, key, &x) <= i)
		fail_msg("the vectors lack %s[%zu]", key, i);
	return x + i;
}

static void take(const struct val *v, const char *key, void *ret, size_t n)
{
	hex_to(at(v, key)->s, ret, n);
}

static void same(const struct val *v, const char *key, const void *got, size_t n)
{
	static uint8_t want[2048];
	assert_true(n <= sizeof(want));
	take(v, key, want, n);
	if (memcmp(got, want, n) != 0)
		fail_msg("%s differs", key);
}

static uint64_t number(const struct val *v, const char *key)
{
	assert_int_equal(at(v, key)->type, VAL_INT);
	return (uint64_t)at(v, key)->i;
}

/* ---- section 0 ---- */

static void test_functions(void **state)
{
	(void)state;
	static const uint8_t one[] = {1};
	uint8_t x[64], key[32];
	struct scalar s;
	struct element p;
	struct str fields[2] = {F_ARRAY(one), STR_NONE};
	memset(key, 0x0b, sizeof(key));
	const struct val *f = at(vectors, "functions");
	assert_int_equal(f->arr.n, 6);
	crypto_x_v(x, "demo", fields, 2); /* T is inside */
	same(&f->arr.v[1], "out", x, 64);
	crypto_h_v(x, "demo", fields, 2);
	same(&f->arr.v[2], "out", x, 32);
	pet_s_v(&s, "demo", fields, 2);
	same(&f->arr.v[3], "out", &s, 32);
	pet_p_v(&p, "demo", fields, 2);
	same(&f->arr.v[4], "out", &p, 32);
	crypto_m_v(x, F_ARRAY(key), "demo", fields, 2);
	same(&f->arr.v[5], "out", x, 64);
}

/* The pair of a 32-byte seed: libsodium keeps seed ‖ public as the secret. */
static void sign_key(const struct val *v, const char *seed, const char *public_key, uint8_t ret[64])
{
	take(v, seed, ret, 32);
	take(v, public_key, ret + 32, 32);
}

static void test_signature(void **state)
{
	(void)state;
	const struct val *v = at(vectors, "signature");
	uint8_t secret[64], sig[64], message[2];
	take(v, "message", message, sizeof(message));
	sign_key(v, "seed", "public", secret);
	crypto_sign_label(sig, secret, val_text(v, "label").p, F_ARRAY(message));
	same(v, "signature", sig, 64);
	assert_int_equal(crypto_verify_label(sig, secret + 32, "demo-sig", F_ARRAY(message)), 0);
	assert_int_equal(crypto_verify_label(sig, secret + 32, "demo-sih", F_ARRAY(message)), KT_ECRYPTO);
}

/* ---- section 3 ---- */

static void read_key(const char *name, struct holders *ret)
{
	const struct val *v = at(at(vectors, "keys"), name);
	struct key_record *r = &ret->record;
	struct element one;
	memset(ret, 0, sizeof(*ret));
	r->use = (enum key_use)number(v, "use");
	r->audience = (uint8_t)number(v, "audience");
	r->epoch = (uint32_t)number(v, "epoch");
	r->t = (uint8_t)number(v, "t");
	r->n = (uint8_t)number(v, "n");
	r->generation = (uint32_t)number(v, "generation");
	take(v, "K", &r->key, 32);
	for (uint8_t i = 0; i < r->n; i++) {
		const char index[2] = {(char)('1' + i), 0};
		take(at(v, "shares"), index, &ret->share[i], 32);
		take(at(v, "K_i"), index, &r->share[i], 32);
		assert_int_equal(group_base(&ret->share[i], 1, &one), 0);
		assert_true(group_same(&one, &r->share[i]));
	}
	key_id_of(r->use, r->audience, r->epoch, &r->key, r->id);
	same(v, "key_id", r->id, KEY_ID);
}

static void test_keys(void **state)
{
	(void)state;
	const struct val *keys = at(vectors, "keys");
	for (size_t i = 0; i < keys->obj.n; i++) { /* K and K_i stand on one polynomial: the record is read */
		struct holders h;
		struct key_record back;
		struct buf b = BUF_INIT(KEY_RECORD_MAX);
		struct err e = {0};
		read_key(keys->obj.m[i].key.p, &h);
		key_record_write(&h.record, &b);
		if (key_record_read(buf_view(&b), &back, &e))
			fail_msg("%s: %s", keys->obj.m[i].key.p, e.text);
		assert_memory_equal(back.id, h.record.id, KEY_ID);
		buf_free(&b);
	}
}

static void test_lambda(void **state)
{
	(void)state;
	const struct val *v = at(vectors, "lambda");
	for (size_t i = 0; i < v->obj.n; i++) { /* "1 of [1, 3]" */
		int who, a, b;
		assert_int_equal(sscanf(v->obj.m[i].key.p, "%d of [%d, %d]", &who, &a, &b), 3);
		struct quorum q = {2, {(uint8_t)a, (uint8_t)b}};
		struct scalar got;
		assert_int_equal(quorum_check(&q, 2, 3), 0);
		quorum_lambda(&q, (uint8_t)who, &got);
		same(v, v->obj.m[i].key.p, &got, 32);
	}
	assert_int_equal(v->obj.n, 6);
}

/* ---- sections 4 and 5.3: an evaluation by a quorum, every random value pinned ---- */

static void evaluation(const struct val *v, const struct holders *h, struct element *ret_n, uint8_t ret_y[64])
{
	uint8_t bytes[OPRF_INPUT];
	struct str input = F_BYTES(bytes, at(v, "input")->s.n / 2);
	struct quorum q = {2, {(uint8_t)item(v, "quorum", 0)->i, (uint8_t)item(v, "quorum", 1)->i}};
	struct scalar blind, r;
	struct element b, part[2], sum;
	struct oprf_proof proof;
	take(v, "input", bytes, input.n);
	take(v, "blind", &blind, 32);
	assert_int_equal(oprf_blind(OPRF_VERIFIABLE, &input, &blind, 1, &b), 0);
	same(v, "blinded", &b, 32);
	for (size_t i = 0; i < 2; i++) {
		const struct val *part_v = item(v, "holders", i);
		uint8_t who = (uint8_t)number(part_v, "holder");
		assert_int_equal(who, q.index[i]);
		take(part_v, "proof_random", &r, 32);
		assert_int_equal(
			threshold_evaluate(OPRF_CONTEXT_VERIFIABLE, &h->share[who - 1], &q, who, &b, 1, &r, &part[i], &proof), 0);
		same(part_v, "element", &part[i], 32);
		same(part_v, "proof", &proof, 64);
		assert_int_equal(
			threshold_verify(OPRF_CONTEXT_VERIFIABLE, &h->record.share[who - 1], &q, who, &b, &part[i], 1, &proof), 0);
	}
	const struct element *const parts[] = {&part[0], &part[1]};
	assert_int_equal(threshold_add(parts, 2, 1, &sum), 0);
	assert_int_equal(oprf_unblind(&blind, &sum, 1, ret_n), 0);
	same(v, "N", ret_n, 32);
	oprf_finish(input, ret_n, ret_y);
	same(v, "y", ret_y, 64);
}

static void test_private_check(void **state)
{
	(void)state;
	struct holders h;
	struct element n;
	uint8_t y[64];
	read_key("check", &h);
	evaluation(at(vectors, "private_check"), &h, &n, y);
	same(at(vectors, "private_check"), "token", y, TOKEN_BYTES);
}

/* ---- section 5 ---- */

struct report {
	struct seal_group group;
	struct holders outer, person;
	struct element n; /* of the identifier */
	uint8_t secret[64];
};

static void read_group(struct report *r)
{
	struct holders h;
	uint8_t y[64], q[64];
	const struct val *v = at(vectors, "group");
	read_key("seal", &h);
	read_key("outer", &r->outer);
	read_key("person", &r->person);
	evaluation(at(vectors, "seal_evaluation"), &h, &r->n, y);
	uint32_t epoch = (uint32_t)number(v, "epoch");
	uint16_t channel = (uint16_t)number(v, "channel"), version = (uint16_t)number(v, "version");
	uint8_t k = (uint8_t)number(v, "k");
	crypto_m(q, F_ARRAY(y), "seal", F_U32(epoch), F_U16(channel), F_U16(version), F_U8(k));
	same(v, "q", q, 64);
	assert_int_equal(seal_group(y, epoch, channel, version, k, &r->group), 0);
	for (size_t j = 0; j < k; j++) {
		struct scalar a;
		hex_to(item(v, "coefficients", j)->s, &a, 32);
		assert_memory_equal(&a, &r->group.a[j], 32);
	}
	same(v, "commitments", r->group.commit, 32u * k);
	same(v, "tag", r->group.tag, SEAL_TAG);
	struct element bar;
	pet_p_v(&bar, "outer-generator", NULL, 0);
	same(v, "outer_generator", &bar, 32);
	assert_true(group_same(&bar, seal_outer_generator()));
}

static void test_group(void **state)
{
	(void)state;
	struct report r;
	read_group(&r);
}

/* The parts of a submission that come before it, each by itself. */
static void parts_of(const struct val *v, const struct report *r, const uint8_t nullifier[32])
{
	struct scalar z, share;
	struct element one;
	uint8_t key[64], payload[SEAL_PAYLOAD], again[SEAL_PAYLOAD], id[16];
	struct seal_payload p;
	seal_point(r->group.tag, nullifier, &z);
	same(v, "point", &z, 32);
	scalar_poly(r->group.a, r->group.k, &z, &share);
	same(v, "share", &share, 32);
	crypto_m(key, F_SCALAR(&r->group.a[0]), "inner", F_ARRAY(r->group.tag), F_BYTES(nullifier, 32));
	same(v, "inner_key", key, 32);
	take(v, "r", &z, 32);
	assert_int_equal(group_base(&z, 1, &one), 0);
	same(v, "u", &one, 32);
	assert_int_equal(group_mul(seal_outer_generator(), &z, 1, &one), 0);
	same(v, "u_bar", &one, 32);
	take(v, "payload", payload, sizeof(payload));
	assert_int_equal(seal_payload_read(payload, &p), 0);
	assert_true(group_same(&p.n, &r->n));
	take(v, "report_id", id, sizeof(id));
	assert_memory_equal(p.report, id, sizeof(id));
	assert_int_equal(p.day, number(v, "day"));
	assert_int_equal(seal_payload_write(&p, again), 0);
	assert_memory_equal(payload, again, sizeof(payload));
}

static void make_one(const struct val *v, const struct report *r, uint8_t *ret)
{
	uint8_t y[64], nullifier[32], payload[SEAL_PAYLOAD], secret[64], header[SEAL_HEADER];
	struct element n;
	struct seal_payload p;
	struct seal_random fixed;
	struct err e = {0};
	evaluation(at(v, "person_evaluation"), &r->person, &n, y);
	seal_nullifier(y, r->group.tag, nullifier);
	same(v, "nullifier", nullifier, 32);
	parts_of(v, r, nullifier);
	take(v, "payload", payload, sizeof(payload));
	assert_int_equal(seal_payload_read(payload, &p), 0);
	take(v, "inner_nonce", fixed.nonce, sizeof(fixed.nonce));
	take(v, "r", &fixed.r, 32);
	take(v, "w", &fixed.w, 32);
	take(v, "tag_proof_random", &fixed.proof, 32);
	sign_key(v, "member_seed", "member_public", secret);
	struct seal_case c = {&r->group,
	                      &r->outer.record,
	                      (uint32_t)number(v, "member"),
	                      (uint32_t)number(v, "day"),
	                      (uint8_t)number(v, "basis"),
	                      nullifier,
	                      &p,
	                      secret};
	if (seal_make(&c, &fixed, ret, &e))
		fail_msg("%s", e.text);
	same(v, "submission", ret, SEAL_BYTES(r->group.k));
	memcpy(header, ret, SEAL_HEADER);
	same(v, "header", header, SEAL_HEADER);
}

static void same_fields(const struct val *v, const struct seal_submission *s)
{
	same(v, "u", &s->row.u, 32);
	same(v, "u_bar", &s->row.u_bar, 32);
	same(v, "e", &s->row.e, 32);
	same(v, "f", &s->row.f, 32);
	same(v, "h", s->row.ct_hash, 32);
	same(v, "tag_proof", &s->row.tag_proof, 64);
	same(v, "signature", s->row.sig, 64);
	same(v, "ct", s->ct, SEAL_CT);
	same(v, "id", s->id, 32);
}

/* Both holders' parts are r·Z together, and the key of the outer layer. */
static void holders_open(const struct val *v, const struct report *r, const struct seal_submission *s,
                         struct element *ret)
{
	struct quorum q = {2, {1, 2}};
	struct element d[2];
	struct oprf_proof proof;
	uint8_t key[32];
	for (uint8_t i = 0; i < 2; i++)
		assert_int_equal(
			threshold_evaluate(OPRF_CONTEXT_OPEN, &r->outer.share[i], &q, i + 1, &s->row.u, 1, NULL, &d[i], &proof), 0);
	same(v, "partial_1_of_12", &d[0], 32);
	same(v, "partial_2_of_12", &d[1], 32);
	const struct element *const parts[] = {&d[0], &d[1]};
	assert_int_equal(threshold_add(parts, 2, 1, ret), 0);
	crypto_h(key, "outer", F_ARRAY(r->outer.record.id), F_POINT(&s->row.u), F_POINT(ret));
	same(v, "outer_key", key, 32);
}

/* A register that knows the members of the vectors, each report's under its own number. */
static void test_submissions(void **state)
{
	(void)state;
	static struct report r;
	static uint8_t bytes[3][SEAL_BYTES_MAX];
	static struct seal_submission s[3];
	static struct seal_opened opened[3];
	struct seal_row row[3];
	const uint8_t *ct[3];
	struct element rz[3];
	struct scalar a0;
	struct err e = {0};
	struct reg_channel channel = {.id = 7,
	                              .version = 1,
	                              .k = 3,
	                              .max_per_member = 2,
	                              .min_members = 2,
	                              .window_days = 90,
	                              .roles = 1,
	                              .last_day = 1000};
	channel.basis[0x11 >> 3] = 1 << (0x11 & 7);
	read_group(&r);
	for (size_t i = 0; i < 3; i++) {
		const struct val *v = item(vectors, "submissions", i);
		struct reg_member m = {.id = (uint32_t)number(v, "member"), .roles = 1, .last_day = 1000};
		struct reg reg = {1, &m, 1, &channel, 1};
		struct seal_checker check = {&reg, &r.outer.record, (uint32_t)number(v, "day"), true};
		take(v, "member_public", m.sign_key, 32);
		make_one(v, &r, bytes[i]);
		assert_int_equal(seal_check(&check, F_BYTES(bytes[i], SEAL_BYTES(3)), &s[i]), SEAL_GOOD);
		same_fields(v, &s[i]);
		holders_open(v, &r, &s[i], &rz[i]);
		row[i] = s[i].row;
		ct[i] = s[i].ct;
	}
	assert_int_equal(seal_open(&r.outer.record, s[0].commit, row, ct, rz, 3, opened, &a0, &e), 0);
	same(vectors, "recovered_a0", &a0, 32);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(opened[i].state, OPENED_GOOD);
		same(item(vectors, "submissions", i), "payload", opened[i].bytes, SEAL_PAYLOAD);
	}
	const struct val *more = NULL;
	assert_int_equal(val_items(vectors, "submissions", &more), 3);
}

static void read_all_vectors(void)
{
	static char text[1 << 18], path[1024];
	const char *source = getenv("KENTERING_SOURCE");
	struct json_limits lim = {sizeof(text), 32};
	struct err e = {0};
	snprintf(path, sizeof(path), "%s/docs/protocol-vectors.json", source ? source : ".");
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(text, 1, sizeof(text), f) : 0;
	if (f)
		fclose(f);
	arena = arena_new(0);
	if (!arena || json_read(arena, (struct str){text, n}, &lim, &vectors, &e)) {
		fprintf(stderr, "%s: %s\n", path, f ? e.text : "is not there");
		exit(1);
	}
}

int main(void)
{
	PET_START();
	json_setup();
	read_all_vectors();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),   cmocka_unit_test(test_signature),     cmocka_unit_test(test_keys),
		cmocka_unit_test(test_lambda),      cmocka_unit_test(test_private_check), cmocka_unit_test(test_group),
		cmocka_unit_test(test_submissions),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	return rc;
}
