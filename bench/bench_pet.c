/* The private exchange's core against the bare primitives it is made of (the portable column of the protocol's goals).
 * `raw` is libsodium's crypto_scalarmult_ristretto255, timed in the same round as what is compared with it: thread CPU
 * time, everything in turn, and the median over the rounds of the ratios. */
#include "bench.h"
#include "pet/eval.h"
#include "pet/filter.h"
#include "seam/crypto.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BATCH 1024
#define REPORTS 128
#define ROUNDS 9
#define K 3

static const char *const CONTEXT = OPRF_CONTEXT_VERIFIABLE;

static double clock_s(clockid_t which)
{
	struct timespec t;
	clock_gettime(which, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench pet: %s failed (%d)\n", what, rc);
	exit(1);
}

/* ---- what is worked on ---- */

struct split { /* a key of two out of three */
	struct scalar whole, share[3];
	struct element key, part[3];
};

static struct {
	size_t n, reports; /* elements of a batch; reports */
	char text[BATCH][24];
	struct str input[BATCH];
	struct scalar scalar[BATCH], blind[BATCH];
	struct element point[BATCH], blinded[BATCH], part[2][BATCH], single[BATCH], out[BATCH];
	struct oprf_proof proof[2], single_proof;
	struct split key, outer;
	struct quorum q;
	struct key_record record;
	struct seal_group group;
	struct seal_payload payload;
	uint8_t y[OPRF_OUTPUT], nullifier[32], sign_public[32], sign_secret[64];
	struct reg_member member;
	struct reg_channel channel;
	struct reg reg;
	struct seal_checker check;
	uint8_t report[REPORTS][SEAL_BYTES(K)];
	EVP_PKEY_CTX *p256;
} b;

static void split_make(struct split *s)
{
	struct scalar coef[2], z;
	scalar_random(&coef[0]);
	scalar_random(&coef[1]);
	s->whole = coef[0];
	for (uint8_t i = 0; i < 3; i++) {
		scalar_of(i + 1u, &z);
		scalar_poly(coef, 2, &z, &s->share[i]);
	}
	must(group_base(&s->whole, 1, &s->key) || group_base(s->share, 3, s->part), "a key");
}

static void batch_make(void)
{
	for (size_t i = 0; i < BATCH; i++) {
		snprintf(b.text[i], sizeof(b.text[i]), "\002+31612%06zu", i);
		b.input[i] = str_of(b.text[i]);
		scalar_random(&b.scalar[i]);
		scalar_random(&b.blind[i]);
	}
	must(group_base(b.scalar, BATCH, b.point), "points");
	must(oprf_blind(OPRF_VERIFIABLE, b.input, b.blind, BATCH, b.blinded), "blinding");
	for (size_t i = 0; i < 2; i++)
		must(threshold_evaluate(CONTEXT, &b.key.share[b.q.index[i] - 1], &b.q, b.q.index[i], b.blinded, b.n, NULL,
		                        b.part[i], &b.proof[i]),
		     "a holder's part");
	must(oprf_evaluate(&b.key.whole, b.blinded, b.n, b.single) ||
	         oprf_prove(CONTEXT, &b.key.whole, &b.key.key, b.blinded, b.single, b.n, NULL, &b.single_proof),
	     "the single key's answer");
}

static struct seal_case seal_case_now(void)
{
	return (struct seal_case){&b.group, &b.record, 11, 200, 0x11, b.nullifier, &b.payload, b.sign_secret};
}

static void reports_make(void)
{
	struct element n;
	crypto_sign_pair(b.sign_public, b.sign_secret);
	b.record = (struct key_record){.use = KEY_OUTER, .epoch = 1, .t = 2, .n = 3, .key = b.outer.key};
	key_id_of(KEY_OUTER, 0, 1, &b.outer.key, b.record.id);
	must(oprf_hash(OPRF_VERIFIABLE, b.input[0], &n) || group_mul(&n, &b.key.whole, 1, &n), "an identifier");
	oprf_finish(b.input[0], &n, b.y);
	must(seal_group(b.y, 1, 7, 1, K, &b.group), "a group");
	b.payload = (struct seal_payload){.input = b.input[0], .n = n, .day = 200, .organisation = STR("Proefmeldpunt")};
	b.member = (struct reg_member){.id = 11, .roles = 1, .last_day = 1000};
	memcpy(b.member.sign_key, b.sign_public, 32);
	b.channel = (struct reg_channel){.id = 7,
	                                 .version = 1,
	                                 .k = K,
	                                 .max_per_member = 2,
	                                 .min_members = 2,
	                                 .window_days = 60,
	                                 .roles = 1,
	                                 .last_day = 1000};
	b.channel.basis[0x11 >> 3] = 1 << (0x11 & 7);
	b.reg = (struct reg){1, &b.member, 1, &b.channel, 1};
	b.check = (struct seal_checker){&b.reg, &b.record, 200, true};
	for (size_t i = 0; i < REPORTS; i++) {
		crypto_random(b.nullifier, sizeof(b.nullifier));
		struct seal_case c = seal_case_now();
		must(seal_make(&c, NULL, b.report[i], NULL), "a report");
	}
}

static void p256_make(void)
{
	EVP_PKEY *mine = EVP_EC_gen("P-256"), *peer = EVP_EC_gen("P-256");
	b.p256 = mine && peer ? EVP_PKEY_CTX_new(mine, NULL) : NULL;
	must(!b.p256 || EVP_PKEY_derive_init(b.p256) != 1 || EVP_PKEY_derive_set_peer(b.p256, peer) != 1, "P-256");
	EVP_PKEY_free(mine);
	EVP_PKEY_free(peer);
}

/* ---- the workloads: each says how many units it did ---- */

static size_t run_raw(void)
{
	int bad = 0;
	for (size_t i = 0; i < b.n; i++)
		bad |= crypto_scalarmult_ristretto255(b.out[i].b, b.scalar[i].b, b.point[i].b);
	must(bad, "multiplying");
	return b.n;
}

static size_t run_eval(void)
{
	must(oprf_evaluate(&b.key.share[0], b.blinded, b.n, b.out), "evaluating");
	return b.n;
}

static size_t run_eval_proof(void)
{
	struct oprf_proof p;
	must(threshold_evaluate(CONTEXT, &b.key.share[0], &b.q, 1, b.blinded, b.n, NULL, b.out, &p), "evaluating");
	return b.n;
}

static void finish_all(const struct element *n)
{
	uint8_t y[OPRF_OUTPUT];
	for (size_t i = 0; i < b.n; i++)
		oprf_finish(b.input[i], &n[i], y);
}

static size_t run_tokenise(void)
{
	for (size_t i = 0; i < b.n; i++)
		must(oprf_hash(OPRF_VERIFIABLE, b.input[i], &b.out[i]), "hashing");
	must(oprf_evaluate(&b.key.whole, b.out, b.n, b.out), "evaluating");
	finish_all(b.out);
	return b.n;
}

static void verify(size_t i)
{
	must(threshold_verify(CONTEXT, &b.key.part[b.q.index[i] - 1], &b.q, b.q.index[i], b.blinded, b.part[i], b.n,
	                      &b.proof[i]),
	     "verifying");
}

static size_t run_verify(void)
{
	verify(0);
	must(oprf_unblind(b.blind, b.part[0], b.n, b.out), "unblinding");
	finish_all(b.out);
	return b.n;
}

static size_t run_client_single(void)
{
	must(oprf_blind(OPRF_VERIFIABLE, b.input, b.blind, b.n, b.out), "blinding");
	must(oprf_verify(CONTEXT, &b.key.key, b.blinded, b.single, b.n, &b.single_proof), "verifying");
	must(oprf_unblind(b.blind, b.single, b.n, b.out), "unblinding");
	finish_all(b.out);
	return b.n;
}

static size_t run_client_2of3(void)
{
	const struct element *const parts[] = {b.part[0], b.part[1]};
	must(oprf_blind(OPRF_VERIFIABLE, b.input, b.blind, b.n, b.out), "blinding");
	verify(0);
	verify(1);
	must(threshold_add(parts, 2, b.n, b.out) || oprf_unblind(b.blind, b.out, b.n, b.out), "adding and unblinding");
	finish_all(b.out);
	return b.n;
}

static size_t run_p256(void)
{
	uint8_t out[32];
	for (size_t i = 0; i < b.n; i++) {
		size_t n = sizeof(out);
		must(EVP_PKEY_derive(b.p256, out, &n) != 1, "P-256");
	}
	return b.n;
}

static size_t run_check(void)
{
	struct seal_submission s;
	for (size_t i = 0; i < b.reports; i++)
		must(seal_check(&b.check, F_ARRAY(b.report[i]), &s), "checking");
	return b.reports;
}

static size_t run_seal(void)
{
	uint8_t out[SEAL_BYTES(K)];
	struct seal_case c = seal_case_now();
	for (size_t i = 0; i < b.reports; i++) {
		must(seal_group(b.y, 1, 7, 1, K, &b.group), "a group");
		seal_nullifier(b.y, b.group.tag, b.nullifier);
		must(seal_make(&c, NULL, out, NULL), "sealing");
	}
	return b.reports;
}

/* One OPRF by two holders, every part proved and verified. */
static void output(struct str input, struct element *ret_n, uint8_t ret_y[OPRF_OUTPUT])
{
	struct scalar blind;
	struct element blinded, part[2];
	const struct element *const parts[] = {&part[0], &part[1]};
	struct oprf_proof proof;
	scalar_random(&blind);
	must(oprf_blind(OPRF_VERIFIABLE, &input, &blind, 1, &blinded), "blinding");
	for (size_t i = 0; i < 2; i++) {
		uint8_t who = b.q.index[i];
		must(threshold_evaluate(CONTEXT, &b.key.share[who - 1], &b.q, who, &blinded, 1, NULL, &part[i], &proof) ||
		         threshold_verify(CONTEXT, &b.key.part[who - 1], &b.q, who, &blinded, &part[i], 1, &proof),
		     "a holder's part");
	}
	must(threshold_add(parts, 2, 1, ret_n) || oprf_unblind(&blind, ret_n, 1, ret_n), "unblinding");
	oprf_finish(input, ret_n, ret_y);
}

/* A report from identifier and contact to a stored submission: client, two holders and the store, all on this core. */
static size_t run_report(void)
{
	uint8_t out[SEAL_BYTES(K)];
	struct element n;
	struct seal_submission s;
	for (size_t i = 0; i < b.reports; i++) {
		output(b.input[i], &b.payload.n, b.y);
		must(seal_group(b.y, 1, 7, 1, K, &b.group), "a group");
		output(b.input[REPORTS + i], &n, b.y);
		seal_nullifier(b.y, b.group.tag, b.nullifier);
		struct seal_case c = seal_case_now();
		must(seal_make(&c, NULL, out, NULL), "sealing");
		must(seal_check(&b.check, F_ARRAY(out), &s), "checking");
	}
	return b.reports;
}

/* The bare primitives of one such report. */
static size_t run_primitives(void)
{
	enum {
		MUL = 2 * (1 + 2 * (4 + 6) + 1) + 3 + 4,
		BASE = 2 * 2 * (2 + 1) + 6 + 2,
		ADD = 2 * (2 * 2 + 1) + 3,
		MAP = 2
	};
	uint8_t wide[64], hash[64], sig[64], text[512], sealed[2][600];
	int bad = 0;
	crypto_random(wide, sizeof(wide));
	memset(text, 1, sizeof(text));
	for (size_t r = 0; r < b.reports; r++) {
		for (size_t i = 0; i < MUL; i++)
			bad |= crypto_scalarmult_ristretto255(b.out[0].b, b.scalar[i].b, b.point[i].b);
		for (size_t i = 0; i < BASE; i++)
			bad |= crypto_scalarmult_ristretto255_base(b.out[0].b, b.scalar[i].b);
		for (size_t i = 0; i < ADD; i++)
			bad |= crypto_core_ristretto255_add(b.out[0].b, b.point[i].b, b.point[i + 1].b);
		for (size_t i = 0; i < MAP; i++)
			bad |= crypto_core_ristretto255_from_hash(b.out[0].b, wide);
		for (size_t i = 0; i < K + 2; i++)
			bad |= !crypto_core_ristretto255_is_valid_point(b.point[i].b);
		bad |= crypto_sign_detached(sig, NULL, wide, 64, b.sign_secret);
		bad |= crypto_sign_verify_detached(sig, wide, 64, b.sign_public);
		for (size_t i = 0; i < 2; i++)
			bad |= crypto_aead_xchacha20poly1305_ietf_encrypt(sealed[i], NULL, text, sizeof(text), NULL, 0, NULL, wide,
			                                                  wide);
		bad |= crypto_hash_sha512(hash, sealed[0], sizeof(sealed[0]));
	}
	must(bad, "a primitive");
	return b.reports;
}

/* ---- timing ---- */

enum work {
	RAW,
	EVAL,
	EVAL_PROOF,
	TOKENISE,
	VERIFY,
	SINGLE,
	TWO_OF_THREE,
	P256,
	CHECK,
	SEAL,
	REPORT,
	PRIMITIVES,
	WORKS
};
static size_t (*const WORK[WORKS])(void) = {run_raw,    run_eval,          run_eval_proof,  run_tokenise,
                                            run_verify, run_client_single, run_client_2of3, run_p256,
                                            run_check,  run_seal,          run_report,      run_primitives};
static double cost[WORKS][ROUNDS]; /* seconds of CPU a unit */

static void time_all(void)
{
	for (size_t r = 0; r < ROUNDS; r++)
		for (size_t w = 0; w < WORKS; w++) {
			double begin = clock_s(CLOCK_THREAD_CPUTIME_ID);
			size_t units = WORK[w]();
			cost[w][r] = (clock_s(CLOCK_THREAD_CPUTIME_ID) - begin) / (double)units;
		}
}

/* Median over the rounds of over/under. */
static double ratio(enum work over, enum work under)
{
	double v[ROUNDS];
	for (size_t r = 0; r < ROUNDS; r++)
		v[r] = cost[over][r] / cost[under][r];
	return bench_median(v, ROUNDS);
}

static void row(const char *name, double value, double goal, bool at_most)
{
	bool ok = at_most ? value <= goal : value >= goal;
	printf("{\"name\":\"pet.%s.portable\",\"value\":%.3f,\"goal\":%g,\"ok\":%s}\n", name, value, goal,
	       ok ? "true" : "false");
}

/* ---- two threads ---- */

struct half {
	size_t times;
	struct element out[BATCH];
	double cpu;
};

static void *evaluate_half(void *arg)
{
	struct half *h = arg;
	double begin = clock_s(CLOCK_THREAD_CPUTIME_ID);
	for (size_t i = 0; i < h->times; i++)
		must(oprf_evaluate(&b.key.share[0], b.blinded, b.n, h->out), "evaluating");
	h->cpu = clock_s(CLOCK_THREAD_CPUTIME_ID) - begin;
	return NULL;
}

/* The same work by one thread and by two. By CPU time: what an element costs when the other core works too, so that a
 * third program on the machine does not count; the wall's figure stands beside it. */
static void threads(void)
{
	static struct half one = {.times = 2}, two[2] = {{.times = 1}, {.times = 1}};
	double v[ROUNDS], wall[ROUNDS];
	for (size_t r = 0; r < ROUNDS; r++) {
		pthread_t t[2];
		double begin = clock_s(CLOCK_MONOTONIC);
		evaluate_half(&one);
		double alone = clock_s(CLOCK_MONOTONIC) - begin;
		begin = clock_s(CLOCK_MONOTONIC);
		for (size_t i = 0; i < 2; i++)
			must(pthread_create(&t[i], NULL, evaluate_half, &two[i]), "a thread");
		for (size_t i = 0; i < 2; i++)
			must(pthread_join(t[i], NULL), "a thread");
		wall[r] = alone / (clock_s(CLOCK_MONOTONIC) - begin);
		v[r] = 2 * one.cpu / (two[0].cpu + two[1].cpu);
	}
	double value = bench_median(v, ROUNDS);
	printf("{\"name\":\"pet.threads.portable\",\"value\":%.3f,\"goal\":1.7,\"ok\":%s,\"wall\":%.3f}\n", value,
	       value >= 1.7 ? "true" : "false", bench_median(wall, ROUNDS));
}

/* ---- lists ---- */

static void list_bits(size_t n)
{
	static const uint8_t LIST[LIST_ID] = "bench";
	struct filter_entry *e = calloc(n, sizeof(*e));
	struct buf out = BUF_INIT(n * 16 + 4096);
	must(!e, "memory");
	for (size_t i = 0; i < n; i++)
		crypto_random(e[i].y, sizeof(e[i].y));
	double begin = clock_s(CLOCK_THREAD_CPUTIME_ID);
	must(filter_build(LIST, 1, e, n, NULL, &out, NULL), "building a list");
	double took = clock_s(CLOCK_THREAD_CPUTIME_ID) - begin;
	double bits = 8 * (double)out.n / (double)n;
	printf("{\"name\":\"pet.list_bits.portable\",\"value\":%.2f,\"goal\":73,\"ok\":%s,\"tokens\":%zu,"
	       "\"build_seconds\":%.2f}\n",
	       bits, bits <= 73 ? "true" : "false", n, took);
	buf_free(&out);
	free(e);
}

static void no_ifma(void)
{
	static const struct {
		const char *name;
		double goal;
	} ROWS[] = {{"eval", 6},      {"eval_proof", 4}, {"tokenise", 4.5},   {"verify", 3},
	            {"threads", 1.7}, {"p256", 4},       {"client_2of3", 1.6}};
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++)
		printf("{\"name\":\"pet.%s.ifma\",\"value\":null,\"goal\":%g,\"ok\":null,\"why\":\"only the portable path is "
		       "built\"}\n",
		       ROWS[i].name, ROWS[i].goal);
}

static void sealed_per_second(void)
{
	double each[ROUNDS], part = ratio(PRIMITIVES, REPORT);
	memcpy(each, cost[REPORT], sizeof(each));
	double rate = 1 / bench_median(each, ROUNDS);
	printf("{\"name\":\"pet.sealed_per_second.portable\",\"value\":%.1f,\"goal\":64,\"ok\":%s,\"of_primitives\":%.3f,"
	       "\"of_primitives_goal\":0.7}\n",
	       rate, rate >= 64 && part >= 0.7 ? "true" : "false", part);
}

int main(int argc, char **argv)
{
	bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
	must(crypto_setup(NULL), "setting up");
	b.n = quick ? 512 : BATCH;
	b.reports = quick ? 64 : REPORTS;
	b.q = (struct quorum){2, {1, 3}};
	split_make(&b.key);
	split_make(&b.outer);
	batch_make();
	reports_make();
	p256_make();
	time_all();
	row("eval", ratio(RAW, EVAL), 0.95, false);
	row("eval_proof", ratio(RAW, EVAL_PROOF), 0.40, false);
	row("tokenise", ratio(RAW, TOKENISE), 0.70, false);
	row("verify", ratio(RAW, VERIFY), 0.25, false);
	threads();
	row("p256", ratio(P256, TOKENISE), 0.6, false);
	row("submission_check", ratio(RAW, CHECK), 0.10, false);
	row("seal", ratio(RAW, SEAL), 0.18, false);
	list_bits(1000000);
	row("client_2of3", ratio(TWO_OF_THREE, SINGLE), 1.6, true);
	sealed_per_second();
	no_ifma();
	EVP_PKEY_CTX_free(b.p256);
	return 0;
}
