/* The messages between members and holders: what is written is read, and nothing else is. */
#include "pet/test_pet.h"

static void test_padded(void **state)
{
	(void)state;
	static const size_t WANT[][2] = {{0, 0},     {1, 1},      {2, 16},      {16, 16},     {17, 64},     {65, 256},
	                                 {256, 256}, {257, 1024}, {1024, 1024}, {1025, 4096}, {4096, 4096}, {4097, 0}};
	for (size_t i = 0; i < sizeof(WANT) / sizeof(*WANT); i++)
		assert_int_equal(eval_padded(WANT[i][0]), WANT[i][1]);
}

struct talk {
	struct holders h;
	uint8_t member_public[32], member_secret[64];
	struct element points[16], part[16];
	struct eval_request q;
	struct buf request, response;
	uint8_t hash[32];
	struct oprf_proof proof;
};

static struct talk *talk_new(void)
{
	struct talk *t = calloc(1, sizeof(*t));
	struct scalar s[16];
	assert_non_null(t);
	holders_make(KEY_CHECK, AUDIENCE_BANK, 1, 2, 3, &t->h);
	crypto_sign_pair(t->member_public, t->member_secret);
	for (size_t i = 0; i < 16; i++)
		scalar_random(&s[i]);
	assert_int_equal(group_base(s, 16, t->points), 0);
	t->q = (struct eval_request){.generation = 4,
	                             .q = {2, {1, 3}},
	                             .member = 11,
	                             .purpose = 2,
	                             .basis = 3,
	                             .time_ms = UINT64_C(1790000000123),
	                             .count = 16,
	                             .elements = t->points};
	memcpy(t->q.key_id, t->h.record.id, KEY_ID);
	crypto_random(t->q.nonce, EVAL_NONCE);
	t->request = BUF_INIT(EVAL_REQUEST_MAX);
	t->response = BUF_INIT(EVAL_RESPONSE_MAX);
	eval_request_write(&t->q, t->member_secret, &t->request);
	assert_int_equal(buf_err(&t->request), 0);
	eval_request_hash(buf_view(&t->request), t->hash);
	assert_int_equal(threshold_evaluate(OPRF_CONTEXT_VERIFIABLE, &t->h.share[0], &t->q.q, 1, t->points, 16, NULL,
	                                    t->part, &t->proof),
	                 0);
	struct eval_response r = {.index = 1, .count = 16, .elements = t->part, .proof = t->proof};
	memcpy(r.request, t->hash, 32);
	eval_response_write(&r, t->h.sign_secret[0], &t->response);
	assert_int_equal(buf_err(&t->response), 0);
	return t;
}

static void talk_free(struct talk *t)
{
	buf_free(&t->request);
	buf_free(&t->response);
	free(t);
}

static void test_request(void **state)
{
	(void)state;
	struct talk *t = talk_new();
	struct eval_request r;
	struct err e = {0};
	assert_int_equal(t->request.n, 2 + 16 + 4 + 1 + 2 + 4 + 2 + 2 + 8 + 16 + 2 + 512 + 64);
	assert_int_equal(eval_request_read(buf_view(&t->request), &r, &e), 0);
	assert_int_equal(eval_request_signed(&r, t->member_public), 0);
	assert_int_equal(eval_request_signed(&r, t->h.sign_public[0]), KT_ECRYPTO);
	assert_memory_equal(r.key_id, t->q.key_id, KEY_ID);
	assert_memory_equal(r.nonce, t->q.nonce, EVAL_NONCE);
	assert_memory_equal(r.elements, t->points, sizeof(t->points));
	assert_true(r.generation == 4 && r.q.t == 2 && r.q.index[0] == 1 && r.q.index[1] == 3 && r.member == 11 &&
	            r.purpose == 2 && r.basis == 3 && r.time_ms == UINT64_C(1790000000123) && r.count == 16);
	for (size_t at = 0; at < t->request.n; at++) { /* each byte: refused, or the signature no longer holds */
		char was = t->request.p[at];
		t->request.p[at] ^= (char)(1u << rnd_below(8));
		if (eval_request_read(buf_view(&t->request), &r, &e) == 0 && eval_request_signed(&r, t->member_public) == 0)
			fail_msg("byte %zu of a request may be changed", at);
		t->request.p[at] = was;
	}
	for (size_t n = 0; n < t->request.n; n++)
		assert_int_equal(eval_request_read(str_sub(buf_view(&t->request), 0, n), &r, &e), KT_EINVAL);
	talk_free(t);
}

static void test_request_sizes(void **state)
{
	(void)state;
	struct talk *t = talk_new();
	struct eval_request r;
	struct err e = {0};
	static struct element many[GROUP_BATCH + 1];
	for (size_t i = 0; i <= GROUP_BATCH; i++)
		many[i] = t->points[i % 16];
	static const uint16_t COUNTS[] = {0, 1, 2, 15, 16, 17, 64, 255, 256, 1024, 4095, 4096, 4097};
	t->q.elements = many;
	for (size_t i = 0; i < sizeof(COUNTS) / sizeof(*COUNTS); i++) {
		struct buf b = BUF_INIT(EVAL_REQUEST_MAX + 64);
		t->q.count = COUNTS[i];
		eval_request_write(&t->q, NULL, &b); /* anonymous: 64 zero bytes */
		assert_int_equal(buf_err(&b), 0);
		int want = COUNTS[i] && eval_padded(COUNTS[i]) == COUNTS[i] ? 0 : KT_EINVAL;
		assert_int_equal(eval_request_read(buf_view(&b), &r, &e), want);
		if (want)
			assert_true(strstr(e.text, "4096") != NULL);
		else
			assert_true(eval_request_signed(&r, t->member_public) == KT_ECRYPTO && r.sig[0] == 0 && r.sig[63] == 0);
		buf_free(&b);
	}
	/* an element that is none is named */
	struct buf b = BUF_INIT(EVAL_REQUEST_MAX);
	t->q.count = 16;
	memset(&many[7], 0, 32);
	eval_request_write(&t->q, t->member_secret, &b);
	assert_int_equal(eval_request_read(buf_view(&b), &r, &e), KT_EINVAL);
	assert_true(strstr(e.text, "element 7") != NULL);
	buf_free(&b);
	/* holders out of order, twice, none, 17 */
	static const struct quorum BAD[] = {{2, {3, 1}}, {2, {1, 1}}, {0, {0}}, {2, {0, 1}}, {2, {1, 17}}};
	t->q.elements = t->points;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		struct buf bad = BUF_INIT(EVAL_REQUEST_MAX);
		t->q.q = BAD[i];
		eval_request_write(&t->q, t->member_secret, &bad);
		assert_int_equal(eval_request_read(buf_view(&bad), &r, &e), KT_EINVAL);
		buf_free(&bad);
	}
	talk_free(t);
}

static void test_response(void **state)
{
	(void)state;
	struct talk *t = talk_new();
	struct eval_response r;
	struct err e = {0};
	const uint8_t *key = t->h.sign_public[0];
	uint8_t other[32] = {1};
	struct str b = buf_view(&t->response);
	assert_int_equal(b.n, 2 + 32 + 1 + 2 + 512 + 64 + 64);
	assert_int_equal(eval_response_read(b, t->hash, 1, 16, key, &r, &e), 0);
	assert_memory_equal(r.elements, t->part, sizeof(t->part));
	assert_int_equal(threshold_verify(OPRF_CONTEXT_VERIFIABLE, &t->h.record.share[0], &t->q.q, 1, t->points, r.elements,
	                                  16, &r.proof),
	                 0);
	assert_int_equal(eval_response_read(b, other, 1, 16, key, &r, &e), KT_ECRYPTO); /* of another request */
	assert_int_equal(eval_response_read(b, t->hash, 3, 16, key, &r, &e), KT_ECRYPTO);
	assert_true(strstr(e.text, "houder 3") != NULL);
	assert_int_equal(eval_response_read(b, t->hash, 1, 64, key, &r, &e), KT_EINVAL);
	assert_int_equal(eval_response_read(b, t->hash, 1, 16, t->h.sign_public[1], &r, &e), KT_ECRYPTO);
	assert_int_equal(open_response_read(b, t->hash, 1, 16, key, &r, &e), KT_EINVAL); /* another kind of message */
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(eval_response_read(str_sub(b, 0, n), t->hash, 1, 16, key, &r, &e), KT_EINVAL);
	for (size_t at = 0; at < b.n; at++) {
		t->response.p[at] ^= 1;
		assert_int_not_equal(eval_response_read(b, t->hash, 1, 16, key, &r, &e), 0);
		t->response.p[at] ^= 1;
	}
	talk_free(t);
}

/* ---- opening ---- */

static void test_open_messages(void **state)
{
	(void)state;
	struct world w;
	struct sealed s[3];
	uint8_t rows[3 * SEAL_ROW], public_key[32], secret[64], hash[32];
	struct buf b = BUF_INIT(OPEN_REQUEST_MAX), answer = BUF_INIT(OPEN_RESPONSE_MAX);
	struct open_request r;
	struct err e = {0};
	world_make(3, 2, 2, &w);
	crypto_sign_pair(public_key, secret);
	for (size_t i = 0; i < 3; i++) {
		char who[16];
		snprintf(who, sizeof(who), "\002+3160000000%zu", i);
		report_make(&w, i, "\001NL91ABNA0417164300", who, &s[i]);
		seal_row_write(&s[i].s.row, rows + i * SEAL_ROW);
	}
	struct open_request q = {.generation = 1, .q = {2, {2, 3}}, .k = 3, .commit = s[0].s.commit, .m = 3, .rows = rows};
	memcpy(q.key_id, w.outer.record.id, KEY_ID);
	open_request_write(&q, secret, &b);
	assert_int_equal(b.n, 2 + 16 + 4 + 1 + 2 + 1 + 96 + 1 + 3 * 371 + 64);
	assert_int_equal(open_request_read(buf_view(&b), &r, &e), 0);
	assert_int_equal(open_request_signed(&r, public_key), 0);
	assert_true(r.k == 3 && r.m == 3 && r.generation == 1 && r.q.index[1] == 3);
	for (size_t i = 0; i < 3; i++) {
		struct seal_row row;
		assert_int_equal(seal_row_read(r.rows + i * SEAL_ROW, &row), 0);
		assert_int_equal(seal_check_row(&w.check, r.commit, &row), SEAL_GOOD);
	}
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(open_request_read(str_sub(buf_view(&b), 0, n), &r, &e), KT_EINVAL);
	for (size_t at = 0; at < b.n; at++) {
		b.p[at] ^= 1;
		assert_true(open_request_read(buf_view(&b), &r, &e) != 0 || open_request_signed(&r, public_key) != 0);
		b.p[at] ^= 1;
	}
	/* a lowered k: fewer points than the rows would reach for */
	buf_reset(&b);
	q.k = 2;
	open_request_write(&q, secret, &b);
	assert_int_equal(open_request_read(buf_view(&b), &r, &e), KT_EINVAL);
	assert_true(strstr(e.text, "drempel") != NULL);
	q.k = 3;
	q.m = 0;
	buf_reset(&b);
	open_request_write(&q, secret, &b);
	assert_int_equal(open_request_read(buf_view(&b), &r, &e), KT_EINVAL);
	/* the answer */
	struct element u[3], d[3];
	struct eval_response a = {.index = 2, .count = 3, .elements = d}, got;
	for (size_t i = 0; i < 3; i++)
		u[i] = s[i].s.row.u;
	assert_int_equal(threshold_evaluate(OPRF_CONTEXT_OPEN, &w.outer.share[1], &q.q, 2, u, 3, NULL, d, &a.proof), 0);
	open_request_hash(buf_view(&b), hash);
	memcpy(a.request, hash, 32);
	open_response_write(&a, w.outer.sign_secret[1], &answer);
	assert_int_equal(open_response_read(buf_view(&answer), hash, 2, 3, w.outer.sign_public[1], &got, &e), 0);
	assert_int_equal(eval_response_read(buf_view(&answer), hash, 2, 3, w.outer.sign_public[1], &got, &e), KT_EINVAL);
	buf_free(&b);
	buf_free(&answer);
}

int main(void)
{
	PET_START();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padded),   cmocka_unit_test(test_request),       cmocka_unit_test(test_request_sizes),
		cmocka_unit_test(test_response), cmocka_unit_test(test_open_messages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
