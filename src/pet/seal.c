#include "pet/seal.h"
#include "pet/wire.h"
#include "seam/crypto.h"

#include <sodium.h>

/* ---- values ---- */

int seal_group(const uint8_t y[OPRF_OUTPUT], uint32_t epoch, uint16_t channel, uint16_t version, uint8_t k,
               struct seal_group *ret)
{
	uint8_t q[64];
	if (k < 2 || k > CHANNEL_K_MAX)
		return KT_EINVAL;
	struct seal_group g = {.epoch = epoch, .channel = channel, .version = version, .k = k};
	crypto_m(q, F_BYTES(y, OPRF_OUTPUT), "seal", F_U32(epoch), F_U16(channel), F_U16(version), F_U8(k));
	for (uint8_t j = 0; j < k; j++)
		pet_s(&g.a[j], "coef", F_ARRAY(q), F_U8(j));
	int rc = group_base(g.a, k, g.commit);
	crypto_h(g.tag, "tag", F_U32(epoch), F_U16(channel), F_U16(version), F_U8(k), F_POINTS(g.commit, k));
	if (!rc)
		*ret = g;
	sodium_memzero(q, sizeof(q));
	sodium_memzero(&g, sizeof(g));
	return rc;
}

void seal_nullifier(const uint8_t y_person[OPRF_OUTPUT], const uint8_t tag[SEAL_TAG], uint8_t ret[32])
{
	uint8_t m[64];
	crypto_m(m, F_BYTES(y_person, OPRF_OUTPUT), "nullifier", F_BYTES(tag, SEAL_TAG));
	memcpy(ret, m, 32);
	sodium_memzero(m, sizeof(m));
}

void seal_point(const uint8_t tag[SEAL_TAG], const uint8_t nullifier[32], struct scalar *ret)
{
	pet_s(ret, "point", F_BYTES(tag, SEAL_TAG), F_BYTES(nullifier, 32));
}

const struct element *seal_outer_generator(void)
{
	/* P("outer-generator"): nobody knows its logarithm. A test derives it anew. */
	static const struct element g = {{0x6e, 0xae, 0xa9, 0x3a, 0xdd, 0x4a, 0xe1, 0x45, 0x19, 0x46, 0xad,
	                                  0xf4, 0x0f, 0xd8, 0x3f, 0x08, 0xfb, 0xed, 0x9d, 0x96, 0x50, 0x44,
	                                  0x54, 0xb8, 0xaf, 0x8b, 0x20, 0x92, 0x33, 0x7a, 0x55, 0x65}};
	return &g;
}

/* ---- header and payload ---- */

static void put(uint8_t **at, uint64_t v, size_t n)
{
	for (size_t i = n; i-- > 0;)
		*(*at)++ = (uint8_t)(v >> (8 * i));
}

static void put_bytes(uint8_t **at, const void *p, size_t n)
{
	if (n)
		memcpy(*at, p, n);
	*at += n;
}

void seal_header_write(const struct seal_header *h, uint8_t ret[SEAL_HEADER])
{
	uint8_t *at = ret;
	put(&at, 1, 1);
	put(&at, h->epoch, 4);
	put(&at, h->channel, 2);
	put(&at, h->version, 2);
	put(&at, h->k, 1);
	put(&at, h->member, 4);
	put(&at, h->day, 4);
	put(&at, h->basis, 1);
	put_bytes(&at, h->tag, SEAL_TAG);
	put_bytes(&at, h->nullifier, 32);
}

int seal_payload_write(const struct seal_payload *p, uint8_t ret[SEAL_PAYLOAD])
{
	uint8_t *at = ret;
	if (!p->input.n || p->input.n > OPRF_INPUT || p->organisation.n > SEAL_TEXTS || p->reference.n > SEAL_TEXTS ||
	    p->input.n + p->organisation.n + p->reference.n > SEAL_TEXTS)
		return KT_ELIMIT;
	memset(ret, 0, SEAL_PAYLOAD);
	put(&at, 1, 1);
	put(&at, p->input.n, 2);
	put_bytes(&at, p->input.p, p->input.n);
	put_bytes(&at, p->n.b, GROUP_BYTES);
	put_bytes(&at, p->report, sizeof(p->report));
	put(&at, p->day, 4);
	put(&at, p->amount_band, 1);
	put(&at, p->form, 2);
	put(&at, p->organisation.n, 2);
	put_bytes(&at, p->organisation.p, p->organisation.n);
	put(&at, p->reference.n, 2);
	put_bytes(&at, p->reference.p, p->reference.n);
	return 0;
}

static struct str read_text(struct reader *r)
{
	size_t n = read_u16(r);
	const uint8_t *p = read_bytes(r, n);
	return (struct str){(const char *)p, p ? n : 0};
}

int seal_payload_read(const uint8_t bytes[SEAL_PAYLOAD], struct seal_payload *ret)
{
	struct reader in = {bytes, SEAL_PAYLOAD, false};
	struct seal_payload p = {0};
	if (read_u8(&in) != 1)
		return KT_EINVAL;
	p.input = read_text(&in);
	read_element(&in, &p.n);
	read_into(&in, p.report, sizeof(p.report));
	p.day = read_u32(&in);
	p.amount_band = read_u8(&in);
	p.form = read_u16(&in);
	p.organisation = read_text(&in);
	p.reference = read_text(&in);
	if (in.bad || !p.input.n || p.input.n > OPRF_INPUT || !sodium_is_zero(in.p, in.n))
		return KT_EINVAL;
	*ret = p;
	return 0;
}

/* ---- making ---- */

struct making {
	struct seal_header h;
	uint8_t header[SEAL_HEADER];
	struct element u[2]; /* u, ū */
	struct element rz, w[2];
	struct scalar share, e, f;
	uint8_t ct[SEAL_CT], ct_hash[32];
};

/* p(z) ‖ nonce ‖ inner, under the outer key. */
static int encrypt(const struct seal_case *c, const struct seal_random *r, struct making *m)
{
	uint8_t key[64], inside[32 + 24 + SEAL_INNER], payload[SEAL_PAYLOAD];
	static const uint8_t zero_nonce[24];
	struct scalar z;
	const struct seal_group *g = c->group;
	if (seal_payload_write(c->payload, payload))
		return KT_ELIMIT;
	seal_point(m->h.tag, m->h.nullifier, &z);
	scalar_poly(g->a, g->k, &z, &m->share);
	crypto_m(key, F_SCALAR(&g->a[0]), "inner", F_ARRAY(m->h.tag), F_ARRAY(m->h.nullifier));
	memcpy(inside, m->share.b, 32);
	memcpy(inside + 32, r->nonce, 24);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(inside + 56, NULL, payload, sizeof(payload), m->header,
	                                                 SEAL_HEADER, NULL, r->nonce, key);
	crypto_h(key, "outer", F_ARRAY(c->outer->id), F_POINT(&m->u[0]), F_POINT(&m->rz));
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(m->ct, NULL, inside, sizeof(inside), m->header, SEAL_HEADER, NULL,
	                                                 zero_nonce, key);
	crypto_h(m->ct_hash, "ct", F_ARRAY(m->ct));
	sodium_memzero(key, sizeof(key));
	sodium_memzero(inside, sizeof(inside));
	sodium_memzero(payload, sizeof(payload));
	return 0;
}

static int cipher_proof(const struct seal_case *c, const struct seal_random *r, struct making *m)
{
	const struct element *bar = seal_outer_generator();
	if (group_base(&r->w, 1, &m->w[0]) || group_mul(bar, &r->w, 1, &m->w[1]))
		return KT_ECRYPTO;
	pet_s(&m->e, "tdh2", F_ARRAY(c->outer->id), F_ARRAY(m->header), F_POINTS(c->group->commit, c->group->k),
	      F_ARRAY(m->ct_hash), F_POINT(&m->u[0]), F_POINT(&m->u[1]), F_POINT(&m->w[0]), F_POINT(&m->w[1]));
	scalar_mul(&m->e, &r->r, &m->f);
	scalar_sub(&r->w, &m->f, &m->f);
	return 0;
}

static void finish(const struct seal_case *c, const struct seal_random *r, const struct making *m, uint8_t *ret)
{
	uint8_t *at = ret;
	struct pok proof;
	put_bytes(&at, m->header, SEAL_HEADER);
	put_bytes(&at, c->group->commit, (size_t)c->group->k * GROUP_BYTES);
	put_bytes(&at, m->u, sizeof(m->u));
	put_bytes(&at, m->e.b, 32);
	put_bytes(&at, m->f.b, 32);
	put_bytes(&at, m->ct_hash, 32);
	struct str body = F_BYTES(ret, (size_t)(at - ret));
	pok_make("tag-proof", &c->group->a[0], &c->group->commit[0], body, &r->proof, &proof);
	put_bytes(&at, &proof, sizeof(proof));
	crypto_sign_label(at, c->sign_secret, "submission-sig", F_BYTES(ret, (size_t)(at - ret)));
	at += 64;
	put_bytes(&at, m->ct, SEAL_CT);
}

/* All of a report's randomness in one call of the system. */
static void random_draw(struct seal_random *ret)
{
	struct {
		uint8_t nonce[24], r[64], w[64], proof[64];
	} raw;
	crypto_random(&raw, sizeof(raw));
	memcpy(ret->nonce, raw.nonce, sizeof(ret->nonce));
	scalar_reduce(raw.r, &ret->r);
	scalar_reduce(raw.w, &ret->w);
	scalar_reduce(raw.proof, &ret->proof);
	sodium_memzero(&raw, sizeof(raw));
}

int seal_make(const struct seal_case *c, const struct seal_random *fixed, uint8_t *ret, struct err *e)
{
	const struct seal_group *g = c->group;
	struct making m = {.h = {g->epoch, g->channel, g->version, g->k, c->member, c->day, c->basis, {0}, {0}}};
	struct seal_random r;
	memcpy(m.h.tag, g->tag, SEAL_TAG);
	memcpy(m.h.nullifier, c->nullifier, 32);
	seal_header_write(&m.h, m.header);
	if (fixed) {
		r = *fixed;
	} else {
		random_draw(&r);
	}
	int rc = group_base(&r.r, 1, &m.u[0]) || group_mul(seal_outer_generator(), &r.r, 1, &m.u[1]) ||
			group_mul(&c->outer->key, &r.r, 1, &m.rz)
		? err_set(e, KT_ECRYPTO, "de verzegeling is niet gelukt: de sleutel van dit tijdvak is ongeldig")
		: 0;
	if (!rc && encrypt(c, &r, &m))
		rc = err_set(
			e, KT_ELIMIT,
			"te lang om te verzegelen: verwacht een kenmerk van hoogstens %d bytes, en teksten die erbij passen",
			OPRF_INPUT);
	if (!rc)
		rc = cipher_proof(c, &r, &m);
	if (!rc)
		finish(c, &r, &m, ret);
	sodium_memzero(&r, sizeof(r));
	sodium_memzero(&m, sizeof(m));
	return rc;
}
