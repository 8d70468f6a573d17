#include "pet/threshold.h"
#include "pet/wire.h"
#include "seam/crypto.h"

/* ---- quorums ---- */

int quorum_check(const struct quorum *q, uint8_t t, uint8_t n)
{
	if (q->t != t || t < 1 || t > n || n > HOLDERS_MAX)
		return KT_EINVAL;
	for (uint8_t i = 0, last = 0; i < t; last = q->index[i++])
		if (q->index[i] <= last || q->index[i] > n)
			return KT_EINVAL;
	return 0;
}

bool quorum_has(const struct quorum *q, uint8_t i)
{
	return memchr(q->index, i, q->t) != NULL;
}

static void signed_scalar(int v, struct scalar *ret)
{
	scalar_of((uint64_t)(v < 0 ? -v : v), ret);
	if (v < 0)
		scalar_neg(ret, ret);
}

void quorum_lambda_at(const struct quorum *q, uint8_t i, uint8_t z, struct scalar *ret)
{
	struct scalar over, under, one;
	scalar_of(1, &over);
	scalar_of(1, &under);
	for (uint8_t m = 0; m < q->t; m++) {
		if (q->index[m] == i)
			continue;
		signed_scalar((int)z - q->index[m], &one);
		scalar_mul(&over, &one, &over);
		signed_scalar((int)i - q->index[m], &one);
		scalar_mul(&under, &one, &under);
	}
	(void)!scalar_invert(&under, 1, &one); /* indices differ: never 0 */
	scalar_mul(&over, &one, ret);
}

void quorum_lambda(const struct quorum *q, uint8_t i, struct scalar *ret)
{
	quorum_lambda_at(q, i, 0, ret);
}

/* ---- key records ---- */

void key_id_of(enum key_use use, uint8_t audience, uint32_t epoch, const struct element *key, uint8_t ret[KEY_ID])
{
	uint8_t h[HASH_BYTES];
	crypto_h(h, "key-id", F_U8(use), F_U8(audience), F_U32(epoch), F_POINT(key));
	memcpy(ret, h, KEY_ID);
}

void key_record_body(const struct key_record *r, struct buf *out)
{
	write_uint(out, (uint64_t)r->use, 1);
	write_uint(out, r->audience, 1);
	write_uint(out, r->epoch, 4);
	write_uint(out, r->t, 1);
	write_uint(out, r->n, 1);
	write_uint(out, r->generation, 4);
	write_uint(out, r->embedded, 1);
	write_uint(out, r->canon, 2);
	write_uint(out, r->first_day, 4);
	write_uint(out, r->last_day, 4);
	buf_add(out, r->key.b, GROUP_BYTES);
	buf_add(out, r->share, (size_t)r->n * GROUP_BYTES);
	buf_add(out, r->transcript, HASH_BYTES);
}

void key_record_write(const struct key_record *r, struct buf *out)
{
	key_record_body(r, out);
	buf_add(out, r->sig, (size_t)r->n * 64);
}

/* K from the first t shares, and every further one where the polynomial says. */
static bool on_one_polynomial(const struct key_record *r)
{
	struct quorum q = {.t = r->t};
	struct scalar lambda[HOLDERS_MAX];
	struct element sum;
	for (uint8_t i = 0; i < r->t; i++)
		q.index[i] = (uint8_t)(i + 1);
	for (uint8_t z = 0; z <= r->n; z++) {
		if (z >= 1 && z <= r->t)
			continue;
		for (uint8_t i = 0; i < r->t; i++)
			quorum_lambda_at(&q, q.index[i], z, &lambda[i]);
		if (group_sum(r->share, lambda, r->t, &sum) || !group_same(&sum, z ? &r->share[z - 1] : &r->key))
			return false;
	}
	return true;
}

int key_record_read(struct str bytes, struct key_record *ret, struct err *e)
{
	struct reader in = reader_of(bytes);
	struct key_record r = {0};
	r.use = (enum key_use)read_u8(&in);
	r.audience = read_u8(&in);
	r.epoch = read_u32(&in);
	r.t = read_u8(&in);
	r.n = read_u8(&in);
	r.generation = read_u32(&in);
	uint8_t flags = read_u8(&in);
	r.embedded = flags & 1;
	r.canon = read_u16(&in);
	r.first_day = read_u32(&in);
	r.last_day = read_u32(&in);
	if (in.bad || r.t < 2 || r.t > r.n || r.n > HOLDERS_MAX || flags > 1 || r.first_day > r.last_day)
		return err_set(e, KT_EINVAL,
		               "sleutelakte: verwacht 2 tot en met 16 houders, een drempel daarbinnen en een tijdvak");
	if (r.use < KEY_CHECK || r.use > KEY_LINE || r.audience > AUDIENCE_PUBLIC ||
	    (r.use == KEY_CHECK) != (r.audience > 0))
		return err_set(e, KT_EINVAL, "sleutelakte: onbekend gebruik of onbekende doelgroep");
	read_element(&in, &r.key);
	for (uint8_t i = 0; i < r.n; i++)
		read_element(&in, &r.share[i]);
	read_into(&in, r.transcript, HASH_BYTES);
	read_into(&in, r.sig, (size_t)r.n * 64);
	if (!read_all(&in))
		return err_set(e, KT_EINVAL, "sleutelakte: de lengte klopt niet of er staat een ongeldig punt in");
	if (!on_one_polynomial(&r))
		return err_set(e, KT_ECRYPTO, "sleutelakte: de delen horen niet bij deze sleutel");
	key_id_of(r.use, r.audience, r.epoch, &r.key, r.id);
	*ret = r;
	return 0;
}

int key_record_verify(const struct key_record *r, const uint8_t (*sign_key)[32], struct err *e)
{
	struct buf body = BUF_INIT(KEY_RECORD_MAX);
	key_record_body(r, &body);
	int rc = buf_err(&body);
	for (uint8_t i = 0; i < r->n && !rc; i++)
		if (crypto_verify_label(r->sig[i], sign_key[i], "key-record-sig", buf_view(&body)))
			rc = err_set(e, KT_ECRYPTO, "sleutelakte: de handtekening van houder %u klopt niet", i + 1u);
	buf_free(&body);
	return rc;
}

void key_record_sign(struct key_record *r, uint8_t index, const uint8_t secret[64])
{
	struct buf body = BUF_INIT(KEY_RECORD_MAX);
	key_record_body(r, &body);
	crypto_sign_label(r->sig[index - 1], secret, "key-record-sig", buf_view(&body));
	buf_free(&body);
}

/* ---- evaluation ---- */

int threshold_evaluate(const char *context, const struct scalar *k, const struct quorum *q, uint8_t index,
                       const struct element *blinded, size_t n, const struct scalar *r, struct element *ret,
                       struct oprf_proof *ret_proof)
{
	struct scalar mine;
	struct element b;
	if (!quorum_has(q, index))
		return KT_EINVAL;
	quorum_lambda(q, index, &mine);
	scalar_mul(&mine, k, &mine);
	int rc = group_base(&mine, 1, &b);
	if (!rc)
		rc = oprf_evaluate(&mine, blinded, n, ret);
	if (!rc)
		rc = oprf_prove(context, &mine, &b, blinded, ret, n, r, ret_proof);
	crypto_wipe(&mine, sizeof(mine));
	return rc;
}

int threshold_verify(const char *context, const struct element *share, const struct quorum *q, uint8_t index,
                     const struct element *blinded, const struct element *part, size_t n,
                     const struct oprf_proof *proof)
{
	struct scalar lambda;
	struct element b;
	if (!quorum_has(q, index))
		return KT_EINVAL;
	quorum_lambda(q, index, &lambda);
	if (group_mul_one(share, &lambda, 1, &b))
		return KT_ECRYPTO;
	return oprf_verify(context, &b, blinded, part, n, proof);
}

int threshold_add(const struct element *const part[], uint8_t t, size_t n, struct element *ret)
{
	for (size_t i = 0; i < n; i++) {
		struct element sum = part[0][i];
		for (uint8_t j = 1; j < t; j++)
			group_add(&sum, &part[j][i], &sum);
		if (group_is_identity(&sum))
			return KT_ECRYPTO;
		ret[i] = sum;
	}
	return 0;
}
