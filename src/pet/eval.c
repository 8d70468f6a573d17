#include "pet/eval.h"
#include "pet/wire.h"
#include "seam/crypto.h"

enum message { EVAL_REQUEST = 1, EVAL_RESPONSE = 2, OPEN_REQUEST = 3, OPEN_RESPONSE = 4 };
#define FORM 1 /* the first byte of every message: version of this protocol */

static const size_t SIZES[] = EVAL_SIZES;
#define SIZES_N (sizeof(SIZES) / sizeof(*SIZES))

size_t eval_padded(size_t n)
{
	for (size_t i = 0; n && i < SIZES_N; i++)
		if (n <= SIZES[i])
			return SIZES[i];
	return 0;
}

static bool is_size(size_t n)
{
	return n && eval_padded(n) == n;
}

static void put_kind(enum message m, struct buf *out)
{
	write_uint(out, FORM, 1);
	write_uint(out, (uint64_t)m, 1);
}

static void take_kind(struct reader *in, enum message m)
{
	if (read_u8(in) != FORM || read_u8(in) != (uint8_t)m)
		in->bad = true;
}

static void put_key(const uint8_t id[KEY_ID], uint32_t generation, const struct quorum *q, struct buf *out)
{
	buf_add(out, id, KEY_ID);
	write_uint(out, generation, 4);
	write_uint(out, q->t, 1);
	buf_add(out, q->index, q->t);
}

static void take_key(struct reader *in, uint8_t id[KEY_ID], uint32_t *generation, struct quorum *q)
{
	read_into(in, id, KEY_ID);
	*generation = read_u32(in);
	q->t = read_u8(in);
	if (q->t > HOLDERS_MAX)
		in->bad = true;
	else
		read_into(in, q->index, q->t);
	if (!in->bad && quorum_check(q, q->t, HOLDERS_MAX))
		in->bad = true;
}

/* The last 64 bytes, and what stands before them. */
static const uint8_t *take_signature(struct reader *in, struct str all, struct str *ret_signed)
{
	const uint8_t *sig = read_bytes(in, SIGN_BYTES);
	*ret_signed = sig ? str_sub(all, 0, all.n - SIGN_BYTES) : (struct str){NULL, 0};
	return sig;
}

static void sign_end(const uint8_t *secret, const char *label, struct buf *out)
{
	uint8_t sig[SIGN_BYTES] = {0};
	if (secret)
		crypto_sign_label(sig, secret, label, buf_view(out));
	buf_add(out, sig, sizeof(sig));
}

static const struct element *elements_at(const uint8_t *p)
{
	return (const struct element *)(const void *)p; /* bytes, without alignment */
}

/* ---- evaluation ---- */

void eval_request_write(const struct eval_request *r, const uint8_t *secret, struct buf *out)
{
	put_kind(EVAL_REQUEST, out);
	put_key(r->key_id, r->generation, &r->q, out);
	write_uint(out, r->member, 4);
	write_uint(out, r->purpose, 2);
	write_uint(out, r->basis, 2);
	write_uint(out, r->time_ms, 8);
	buf_add(out, r->nonce, EVAL_NONCE);
	write_uint(out, r->count, 2);
	buf_add(out, r->elements, (size_t)r->count * GROUP_BYTES);
	sign_end(secret, "eval-request-sig", out);
}

int eval_request_read(struct str bytes, struct eval_request *ret, struct err *e)
{
	struct reader in = reader_of(bytes);
	struct eval_request r = {0};
	size_t bad = 0;
	take_kind(&in, EVAL_REQUEST);
	take_key(&in, r.key_id, &r.generation, &r.q);
	r.member = read_u32(&in);
	r.purpose = read_u16(&in);
	r.basis = read_u16(&in);
	r.time_ms = read_u64(&in);
	read_into(&in, r.nonce, EVAL_NONCE);
	r.count = read_u16(&in);
	if (in.bad)
		return err_set(e, KT_EINVAL, "verzoek: verwacht vorm 01 01, een sleutel en oplopende houders");
	if (!is_size(r.count))
		return err_set(e, KT_EINVAL, "verzoek: verwacht 1, 16, 64, 256, 1024 of 4096 elementen, niet %u", r.count);
	const uint8_t *p = read_bytes(&in, (size_t)r.count * GROUP_BYTES);
	r.sig = take_signature(&in, bytes, &r.signed_bytes);
	if (!read_all(&in))
		return err_set(e, KT_EINVAL, "verzoek: de lengte past niet bij %u elementen", r.count);
	if (group_decode(p, r.count, NULL, &bad))
		return err_set(e, KT_EINVAL, "verzoek: element %zu is ongeldig of het neutrale element", bad);
	r.elements = elements_at(p);
	*ret = r;
	return 0;
}

int eval_request_signed(const struct eval_request *r, const uint8_t public_key[32])
{
	return crypto_verify_label(r->sig, public_key, "eval-request-sig", r->signed_bytes);
}

void eval_request_hash(struct str request, uint8_t ret[32])
{
	crypto_h(ret, "eval-request-hash", request);
}

static void response_write(enum message m, const char *label, const struct eval_response *r, const uint8_t secret[64],
                           struct buf *out)
{
	put_kind(m, out);
	buf_add(out, r->request, sizeof(r->request));
	write_uint(out, r->index, 1);
	write_uint(out, r->count, 2);
	buf_add(out, r->elements, (size_t)r->count * GROUP_BYTES);
	buf_add(out, &r->proof, sizeof(r->proof));
	sign_end(secret, label, out);
}

struct expected {
	enum message m;
	const char *label;
	const uint8_t *request, *public_key;
	uint8_t index;
	uint16_t count;
};

static int response_read(struct str bytes, const struct expected *x, struct eval_response *ret, struct err *e)
{
	struct reader in = reader_of(bytes);
	struct eval_response r = {0};
	struct str told;
	take_kind(&in, x->m);
	read_into(&in, r.request, sizeof(r.request));
	r.index = read_u8(&in);
	r.count = read_u16(&in);
	if (in.bad || r.count != x->count)
		return err_set(e, KT_EINVAL, "antwoord van houder %u: verwacht %u elementen", x->index, x->count);
	const uint8_t *p = read_bytes(&in, (size_t)r.count * GROUP_BYTES);
	read_scalar(&in, &r.proof.c);
	read_scalar(&in, &r.proof.s);
	const uint8_t *sig = take_signature(&in, bytes, &told);
	if (!read_all(&in) || group_decode(p, r.count, NULL, NULL))
		return err_set(e, KT_EINVAL, "antwoord van houder %u: de lengte of een element klopt niet", x->index);
	if (r.index != x->index || memcmp(r.request, x->request, sizeof(r.request)) != 0)
		return err_set(e, KT_ECRYPTO, "antwoord van houder %u: hoort niet bij dit verzoek", x->index);
	if (crypto_verify_label(sig, x->public_key, x->label, told))
		return err_set(e, KT_ECRYPTO, "antwoord van houder %u: de handtekening klopt niet", x->index);
	r.elements = elements_at(p);
	*ret = r;
	return 0;
}

void eval_response_write(const struct eval_response *r, const uint8_t secret[64], struct buf *out)
{
	response_write(EVAL_RESPONSE, "eval-response-sig", r, secret, out);
}

int eval_response_read(struct str bytes, const uint8_t request[32], uint8_t index, uint16_t count,
                       const uint8_t public_key[32], struct eval_response *ret, struct err *e)
{
	struct expected x = {EVAL_RESPONSE, "eval-response-sig", request, public_key, index, count};
	return response_read(bytes, &x, ret, e);
}

/* ---- opening ---- */

void open_request_write(const struct open_request *r, const uint8_t secret[64], struct buf *out)
{
	put_kind(OPEN_REQUEST, out);
	put_key(r->key_id, r->generation, &r->q, out);
	write_uint(out, r->k, 1);
	buf_add(out, r->commit, (size_t)r->k * GROUP_BYTES);
	write_uint(out, r->m, 1);
	buf_add(out, r->rows, (size_t)r->m * SEAL_ROW);
	sign_end(secret, "open-request-sig", out);
}

int open_request_read(struct str bytes, struct open_request *ret, struct err *e)
{
	struct reader in = reader_of(bytes);
	struct open_request r = {0};
	take_kind(&in, OPEN_REQUEST);
	take_key(&in, r.key_id, &r.generation, &r.q);
	r.k = read_u8(&in);
	if (in.bad || r.k < 2 || r.k > CHANNEL_K_MAX)
		return err_set(e, KT_EINVAL,
		               "verzoek om te openen: verwacht vorm 01 03, een sleutel en een drempel van 2 tot 16");
	const uint8_t *commit = read_bytes(&in, (size_t)r.k * GROUP_BYTES);
	r.m = read_u8(&in);
	r.rows = read_bytes(&in, (size_t)r.m * SEAL_ROW);
	r.sig = take_signature(&in, bytes, &r.signed_bytes);
	if (!read_all(&in) || !r.m)
		return err_set(e, KT_EINVAL, "verzoek om te openen: de lengte past niet bij %u rijen", r.m);
	for (size_t i = 0; i < r.m; i++)
		if (r.rows[i * SEAL_ROW + SEAL_HEADER_K] != r.k) /* else a row would reach for points that are not there */
			return err_set(e, KT_EINVAL, "verzoek om te openen: rij %zu heeft een andere drempel dan %u", i, r.k);
	r.commit = elements_at(commit);
	*ret = r;
	return 0;
}

int open_request_signed(const struct open_request *r, const uint8_t public_key[32])
{
	return crypto_verify_label(r->sig, public_key, "open-request-sig", r->signed_bytes);
}

void open_request_hash(struct str request, uint8_t ret[32])
{
	crypto_h(ret, "open-request-hash", request);
}

void open_response_write(const struct eval_response *r, const uint8_t secret[64], struct buf *out)
{
	response_write(OPEN_RESPONSE, "open-response-sig", r, secret, out);
}

int open_response_read(struct str bytes, const uint8_t request[32], uint8_t index, uint16_t count,
                       const uint8_t public_key[32], struct eval_response *ret, struct err *e)
{
	struct expected x = {OPEN_RESPONSE, "open-response-sig", request, public_key, index, count};
	return response_read(bytes, &x, ret, e);
}
