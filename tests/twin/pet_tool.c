/* The private exchange's core on a line: one JSON object in, one out, for the twin that reads and writes the same
 * protocol in another language. A test program; never installed. Bytes are hexadecimal. */
#include "base/arena.h"
#include "pet/eval.h"
#include "pet/filter.h"
#include "pet/wire.h"
#include "seam/crypto.h"
#include "seam/json.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_BYTES (4u << 20)
#define MANY 256

struct talk {
	struct arena *a;
	const struct val *in;
	struct jw out;
};

static void die(const char *what)
{
	fprintf(stderr, "pet_tool: %s\n", what);
	exit(2);
}

/* ---- in ---- */

static struct str unhex(struct talk *t, struct str hex)
{
	uint8_t *p = arena_alloc(t->a, hex.n / 2 + 1);
	size_t n = 0;
	if (!p || sodium_hex2bin(p, hex.n / 2 + 1, hex.p, hex.n, NULL, &n, NULL) || n != hex.n / 2)
		die("no hexadecimal");
	return F_BYTES(p, n);
}

static struct str bytes(struct talk *t, const char *key)
{
	if (!val_get(t->in, key))
		die(key);
	return unhex(t, val_text(t->in, key));
}

static const uint8_t *exactly(struct talk *t, const char *key, size_t n)
{
	struct str s = bytes(t, key);
	if (s.n != n)
		die(key);
	return (const uint8_t *)s.p;
}

static struct scalar one_scalar(struct talk *t, const char *key)
{
	struct scalar s;
	if (scalar_decode(exactly(t, key, 32), &s))
		die(key);
	return s;
}

/* Texts of an array, as bytes. */
static size_t many(struct talk *t, const char *key, struct str *ret)
{
	const struct val *v = NULL;
	size_t n = val_items(t->in, key, &v);
	if (n > MANY)
		die(key);
	for (size_t i = 0; i < n; i++)
		ret[i] = unhex(t, v[i].s);
	return n;
}

static size_t elements(struct talk *t, const char *key, struct element *ret)
{
	struct str s[MANY];
	size_t n = many(t, key, s);
	for (size_t i = 0; i < n; i++)
		if (s[i].n != 32 || group_decode((const uint8_t *)s[i].p, 1, &ret[i], NULL))
			die(key);
	return n;
}

static size_t scalars(struct talk *t, const char *key, struct scalar *ret)
{
	struct str s[MANY];
	size_t n = many(t, key, s);
	for (size_t i = 0; i < n; i++)
		if (s[i].n != 32 || scalar_decode((const uint8_t *)s[i].p, &ret[i]))
			die(key);
	return n;
}

static uint32_t number(struct talk *t, const char *key)
{
	return (uint32_t)val_int(t->in, key, 0);
}

static struct quorum quorum_in(struct talk *t, const char *key)
{
	const struct val *v = NULL;
	struct quorum q = {.t = (uint8_t)val_items(t->in, key, &v)};
	for (uint8_t i = 0; i < q.t && i < HOLDERS_MAX; i++)
		q.index[i] = (uint8_t)v[i].i;
	return q;
}

static const char *context_in(struct talk *t)
{
	return val_bool(t->in, "open", false) ? OPRF_CONTEXT_OPEN : OPRF_CONTEXT_VERIFIABLE;
}

static struct key_record record_in(struct talk *t, const char *key)
{
	struct key_record r;
	struct err e = {0};
	if (key_record_read(bytes(t, key), &r, &e))
		die(e.text);
	return r;
}

/* ---- out ---- */

static void put(struct talk *t, const char *key, const void *p, size_t n)
{
	struct buf b = BUF_INIT(LINE_MAX_BYTES);
	buf_hex(&b, p, n);
	if (key)
		jw_key(&t->out, key);
	jw_str(&t->out, buf_view(&b));
	buf_free(&b);
}

static void put_points(struct talk *t, const char *key, const struct element *p, size_t n)
{
	jw_key(&t->out, key);
	jw_arr(&t->out);
	for (size_t i = 0; i < n; i++)
		put(t, NULL, p[i].b, 32);
	jw_arr_end(&t->out);
}

/* ---- the oblivious function and its proofs ---- */

static void do_blind(struct talk *t)
{
	struct str input[MANY];
	struct scalar blind[MANY];
	struct element out[MANY];
	size_t n = many(t, "inputs", input);
	if (scalars(t, "blinds", blind) != n || oprf_blind(OPRF_VERIFIABLE, input, blind, n, out))
		die("blind");
	put_points(t, "blinded", out, n);
}

static void do_evaluate(struct talk *t)
{
	struct element in[MANY], out[MANY];
	struct oprf_proof proof;
	struct scalar share = one_scalar(t, "share");
	struct quorum q = quorum_in(t, "quorum");
	size_t n = elements(t, "points", in);
	if (threshold_evaluate(context_in(t), &share, &q, (uint8_t)number(t, "index"), in, n, NULL, out, &proof))
		die("evaluate");
	put_points(t, "parts", out, n);
	put(t, "proof", &proof, 64);
}

static void do_verify(struct talk *t)
{
	struct element in[MANY], part[MANY], key[MANY];
	struct oprf_proof proof;
	struct quorum q = quorum_in(t, "quorum");
	size_t n = elements(t, "points", in);
	memcpy(&proof, exactly(t, "proof", 64), 64);
	if (elements(t, "parts", part) != n || elements(t, "key", key) != 1)
		die("verify");
	jw_kbool(&t->out, "ok",
	         threshold_verify(context_in(t), &key[0], &q, (uint8_t)number(t, "index"), in, part, n, &proof) == 0);
}

static void do_unblind(struct talk *t)
{
	struct element a[MANY], b[MANY];
	const struct element *const parts[] = {a, b};
	struct scalar blind[MANY];
	struct str input[MANY];
	uint8_t y[OPRF_OUTPUT];
	size_t n = many(t, "inputs", input);
	if (elements(t, "first", a) != n || elements(t, "second", b) != n || scalars(t, "blinds", blind) != n ||
	    threshold_add(parts, 2, n, a) || oprf_unblind(blind, a, n, a))
		die("unblind");
	put_points(t, "n", a, n);
	jw_key(&t->out, "y");
	jw_arr(&t->out);
	for (size_t i = 0; i < n; i++) {
		oprf_finish(input[i], &a[i], y);
		put(t, NULL, y, sizeof(y));
	}
	jw_arr_end(&t->out);
}

/* ---- ceremonies ---- */

static struct dkg ceremony_in(struct talk *t)
{
	struct dkg d = {.kind = (enum dkg_kind)number(t, "kind"), .t = (uint8_t)number(t, "t")};
	struct str sign[MANY], box[MANY];
	struct quorum dealers = quorum_in(t, "dealers");
	struct err e = {0};
	d.n = (uint8_t)many(t, "sign", sign);
	d.dealers = dealers.t;
	memcpy(d.dealer, dealers.index, sizeof(d.dealer));
	if (many(t, "box", box) != d.n || d.n > HOLDERS_MAX)
		die("box");
	for (uint8_t i = 0; i < d.n; i++) {
		d.party[i].index = (uint8_t)(i + 1);
		memcpy(d.party[i].sign_key, sign[i].p, 32);
		memcpy(d.party[i].box_key, box[i].p, 32);
	}
	if (d.kind == DKG_RESHARE && elements(t, "start", d.start) != d.dealers)
		die("start");
	if (dkg_begin(&d, bytes(t, "detail"), &e))
		die(e.text);
	return d;
}

static void do_deal(struct talk *t)
{
	struct dkg d = ceremony_in(t);
	uint8_t i = (uint8_t)number(t, "index");
	struct scalar coef[MANY] = {0};
	struct buf reveal = BUF_INIT(DKG_REVEAL_MAX), commit = BUF_INIT(DKG_REVEAL_MAX);
	if (scalars(t, "coefficients", coef) != d.t)
		die("coefficients");
	dkg_reveal(&d, i, coef, &reveal);
	dkg_commit(&d, i, buf_view(&reveal), &commit);
	put(t, "commit", commit.p, commit.n);
	put(t, "reveal", reveal.p, reveal.n);
	jw_key(&t->out, "shares");
	jw_arr(&t->out);
	for (uint8_t j = 1; j <= d.n; j++) {
		struct buf share = BUF_INIT(DKG_SHARE_BYTES);
		if (dkg_share(&d, i, j, coef, &share))
			die("share");
		put(t, NULL, share.p, share.n);
		buf_free(&share);
	}
	jw_arr_end(&t->out);
	buf_free(&reveal);
	buf_free(&commit);
}

static void do_take(struct talk *t)
{
	struct dkg d = ceremony_in(t);
	uint8_t j = (uint8_t)number(t, "index");
	struct str commit[MANY], reveal[MANY], share[MANY];
	struct dkg_reveal seen[HOLDERS_MAX];
	struct scalar got[HOLDERS_MAX], own, old_share;
	struct key_record made = {0}, old = {.t = d.t, .n = d.n};
	struct err e = {0};
	bool again = d.kind == DKG_REFRESH;
	if (again) {
		old_share = one_scalar(t, "old_share");
		if (elements(t, "old_key", &old.key) != 1 || elements(t, "old_points", old.share) != d.n)
			die("old");
	}
	if (many(t, "commits", commit) != d.dealers || many(t, "reveals", reveal) != d.dealers ||
	    many(t, "shares", share) != d.dealers)
		die("messages");
	for (uint8_t i = 0; i < d.dealers; i++)
		if (dkg_reveal_read(&d, reveal[i], commit[i], &seen[i], &e) ||
		    dkg_share_open(&d, &seen[i], j, exactly(t, "secret", 32), share[i], &got[i], &e))
			die(e.text);
	if (dkg_finish(&d, seen, reveal, again ? &old : NULL, &made, &e) ||
	    dkg_own(&d, j, got, again ? &old_share : NULL, &made, &own))
		die("the shares make no key");
	put(t, "share", own.b, 32);
	put(t, "key", made.key.b, 32);
	put_points(t, "points", made.share, d.n);
	put(t, "transcript", made.transcript, HASH_BYTES);
}

static void do_record(struct talk *t)
{
	struct key_record r = record_in(t, "record");
	struct str keys[MANY];
	uint8_t sign[HOLDERS_MAX][32];
	struct err e = {0};
	if (many(t, "sign", keys) != r.n)
		die("sign");
	for (uint8_t i = 0; i < r.n; i++)
		memcpy(sign[i], keys[i].p, 32);
	put(t, "id", r.id, KEY_ID);
	jw_kbool(&t->out, "ok", key_record_verify(&r, (const uint8_t(*)[32])sign, &e) == 0);
}

/* ---- messages ---- */

static void do_eval_request(struct talk *t)
{
	struct eval_request r;
	struct err e = {0};
	struct str s = bytes(t, "request");
	uint8_t hash[32];
	if (eval_request_read(s, &r, &e))
		die(e.text);
	jw_kbool(&t->out, "ok", eval_request_signed(&r, exactly(t, "public", 32)) == 0);
	struct buf again = BUF_INIT(EVAL_REQUEST_MAX);
	eval_request_write(&r, exactly(t, "secret", 64), &again);
	put(t, "again", again.p, again.n);
	buf_free(&again);
	eval_request_hash(s, hash);
	put(t, "hash", hash, 32);
}

static void do_response(struct talk *t)
{
	struct eval_response r;
	struct err e = {0};
	bool open = val_bool(t->in, "open", false);
	uint8_t hash[32];
	struct buf again = BUF_INIT(EVAL_RESPONSE_MAX);
	(open ? open_request_hash : eval_request_hash)(bytes(t, "request"), hash);
	if ((open ? open_response_read : eval_response_read)(bytes(t, "response"), hash, (uint8_t)number(t, "index"),
	                                                     (uint16_t)number(t, "count"), exactly(t, "public", 32), &r,
	                                                     &e))
		die(e.text);
	(open ? open_response_write : eval_response_write)(&r, exactly(t, "secret", 64), &again);
	put(t, "again", again.p, again.n);
	buf_free(&again);
}

/* ---- lists ---- */

static void do_filter_build(struct talk *t)
{
	struct filter_entry e[MANY];
	struct str y[MANY];
	struct buf out = BUF_INIT(1u << 20);
	const struct val *label = NULL;
	size_t n = many(t, "y", y);
	if (val_items(t->in, "labels", &label) != n)
		die("labels");
	for (size_t i = 0; i < n; i++) {
		memcpy(e[i].y, y[i].p, OPRF_OUTPUT);
		e[i].label = (uint32_t)label[i].i;
	}
	if (filter_build(exactly(t, "list", LIST_ID), number(t, "sequence"), e, n, NULL, &out, NULL))
		die("filter");
	put(t, "file", out.p, out.n);
	buf_free(&out);
}

static void do_filter_get(struct talk *t)
{
	struct filter f;
	struct str y[MANY];
	struct err e = {0};
	uint32_t label;
	size_t n = many(t, "y", y);
	if (filter_read(bytes(t, "file"), &f, &e))
		die(e.text);
	jw_key(&t->out, "labels");
	jw_arr(&t->out);
	for (size_t i = 0; i < n; i++)
		if (filter_get(&f, (const uint8_t *)y[i].p, &label))
			jw_int(&t->out, label);
		else
			jw_null(&t->out);
	jw_arr_end(&t->out);
}

/* ---- sealed reports ---- */

static void do_seal(struct talk *t)
{
	struct key_record outer = record_in(t, "outer");
	struct seal_group g;
	struct seal_payload p;
	uint8_t out[SEAL_BYTES_MAX], nullifier[32];
	if (seal_group(exactly(t, "y", 64), number(t, "epoch"), (uint16_t)number(t, "channel"),
	               (uint16_t)number(t, "version"), (uint8_t)number(t, "k"), &g) ||
	    seal_payload_read(exactly(t, "payload", SEAL_PAYLOAD), &p))
		die("seal");
	seal_nullifier(exactly(t, "person", 64), g.tag, nullifier);
	struct seal_case c = {&g,        &outer, number(t, "member"),     number(t, "day"), (uint8_t)number(t, "basis"),
	                      nullifier, &p,     exactly(t, "secret", 64)};
	if (seal_make(&c, NULL, out, NULL))
		die("seal");
	put(t, "submission", out, SEAL_BYTES(g.k));
}

/* By a register of this one member and a channel that fits the header. */
static enum seal_fault check(struct talk *t, struct str s, const struct key_record *outer, struct seal_submission *ret)
{
	struct reader in = reader_of(s);
	struct reg_member m = {.roles = 1, .last_day = UINT32_MAX};
	struct reg_channel c = {
		.max_per_member = 16, .min_members = 1, .window_days = 90, .roles = 1, .last_day = UINT32_MAX};
	(void)read_bytes(&in, 5);
	c.id = read_u16(&in);
	c.version = read_u16(&in);
	c.k = read_u8(&in);
	m.id = read_u32(&in);
	memset(c.basis, 0xff, sizeof(c.basis));
	memcpy(m.sign_key, exactly(t, "public", 32), 32);
	struct reg r = {1, &m, 1, &c, 1};
	struct seal_checker k = {&r, outer, number(t, "today"), true};
	return seal_check(&k, s, ret);
}

static void do_check(struct talk *t)
{
	struct key_record outer = record_in(t, "outer");
	struct seal_submission s;
	enum seal_fault f = check(t, bytes(t, "submission"), &outer, &s);
	jw_kz(&t->out, "fault", seal_fault_word(f));
	put(t, "id", s.id, 32);
}

static void do_open(struct talk *t)
{
	struct key_record outer = record_in(t, "outer");
	static struct seal_opened o[MANY];
	static struct seal_submission s[MANY];
	static struct seal_row row[MANY];
	struct str in[MANY];
	const uint8_t *ct[MANY];
	struct element rz[MANY];
	struct scalar a0 = {{0}};
	size_t n = many(t, "submissions", in);
	if (elements(t, "rz", rz) != n)
		die("rz");
	for (size_t i = 0; i < n; i++) {
		(void)check(t, in[i], &outer, &s[i]);
		row[i] = s[i].row;
		ct[i] = s[i].ct;
	}
	int rc = seal_open(&outer, s[0].commit, row, ct, rz, n, o, &a0, NULL);
	jw_kbool(&t->out, "ok", rc == 0);
	put(t, "a0", a0.b, 32);
	jw_key(&t->out, "payloads");
	jw_arr(&t->out);
	for (size_t i = 0; i < n; i++)
		put(t, NULL, o[i].bytes, SEAL_PAYLOAD);
	jw_arr_end(&t->out);
}

static const struct {
	const char *word;
	void (*go)(struct talk *);
} OPS[] = {
	{"blind", do_blind},
	{"evaluate", do_evaluate},
	{"verify", do_verify},
	{"unblind", do_unblind},
	{"deal", do_deal},
	{"take", do_take},
	{"record", do_record},
	{"eval_request", do_eval_request},
	{"response", do_response},
	{"filter_build", do_filter_build},
	{"filter_get", do_filter_get},
	{"seal", do_seal},
	{"check", do_check},
	{"open", do_open},
};

static void answer(struct talk *t, struct str line)
{
	struct json_limits lim = {LINE_MAX_BYTES, 8};
	struct err e = {0};
	struct buf b = BUF_INIT(LINE_MAX_BYTES);
	bool known = false;
	if (json_read(t->a, line, &lim, &t->in, &e))
		die(e.text);
	jw_init(&t->out, &b);
	jw_obj(&t->out);
	for (size_t i = 0; i < sizeof(OPS) / sizeof(*OPS); i++)
		if (str_is(val_text(t->in, "op"), OPS[i].word)) {
			OPS[i].go(t);
			known = true;
		}
	jw_obj_end(&t->out);
	if (!known || buf_err(&b))
		die("unknown op");
	printf("%.*s\n", (int)b.n, b.p);
	fflush(stdout);
	buf_free(&b);
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	struct err e = {0};
	json_setup();
	if (crypto_setup(&e))
		die(e.text);
	for (ssize_t n; (n = getline(&line, &room, stdin)) > 0;) {
		struct talk t = {.a = arena_new(0)};
		if (!t.a)
			die("memory");
		answer(&t, (struct str){line, (size_t)n});
		arena_free(t.a);
	}
	free(line);
	return 0;
}
