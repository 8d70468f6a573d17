/* The ceremony of PROTOCOLS section 3: Pedersen's distributed key generation with commitments first (so that nobody
 * can steer the key by speaking last), its refresh and its re-sharing. */
#include "pet/threshold.h"
#include "pet/wire.h"
#include "seam/crypto.h"

/* Dealers are everybody; the quorum of old holders when re-sharing. */
static bool dealers_fit(const struct dkg *d)
{
	if (d->dealers < 1 || d->dealers > HOLDERS_MAX || (d->kind != DKG_RESHARE && d->dealers != d->n))
		return false;
	for (uint8_t at = 0, last = 0; at < d->dealers; last = d->dealer[at++])
		if (d->dealer[at] <= last || d->dealer[at] > (d->kind == DKG_RESHARE ? HOLDERS_MAX : d->n))
			return false;
	return d->kind >= DKG_NEW && d->kind <= DKG_RESHARE;
}

int dkg_begin(struct dkg *d, struct str detail, struct err *e)
{
	struct buf list = BUF_INIT(HOLDERS_MAX * 65);
	if (d->t < 2 || d->t > d->n || d->n > HOLDERS_MAX || !dealers_fit(d))
		return err_set(e, KT_EINVAL, "ceremonie: verwacht 2 tot en met 16 houders en een drempel daarbinnen");
	for (uint8_t i = 0; i < d->n; i++) {
		if (d->party[i].index != i + 1) {
			buf_free(&list);
			return err_set(e, KT_EINVAL, "ceremonie: houders zijn genummerd vanaf 1, zonder gaten");
		}
		buf_add(&list, &d->party[i].index, 1);
		buf_add(&list, d->party[i].sign_key, 32);
		buf_add(&list, d->party[i].box_key, 32);
	}
	crypto_h(d->cid, "dkg-init", F_U8(d->kind), F_U8(d->t), F_U8(d->n), buf_view(&list), detail);
	int rc = buf_err(&list);
	buf_free(&list);
	return rc;
}

void dkg_draw(const struct dkg *d, const struct scalar *a0, struct scalar ret[HOLDERS_MAX])
{
	memset(ret, 0, HOLDERS_MAX * sizeof(*ret));
	scalars_random(d->t, ret);
	if (a0)
		ret[0] = *a0;
}

static void put_head(const struct dkg *d, uint8_t i, struct buf *out)
{
	buf_add(out, d->cid, HASH_BYTES);
	write_uint(out, i, 1);
}

/* What the proof of knowledge speaks about. */
static struct str pok_message(const struct dkg *d, uint8_t i, uint8_t room[HASH_BYTES + 1])
{
	memcpy(room, d->cid, HASH_BYTES);
	room[HASH_BYTES] = i;
	return (struct str){(const char *)room, HASH_BYTES + 1};
}

void dkg_reveal(const struct dkg *d, uint8_t i, const struct scalar coef[], struct buf *out)
{
	uint8_t room[HASH_BYTES + 1];
	struct element c[HOLDERS_MAX] = {0};
	struct pok p;
	put_head(d, i, out);
	for (uint8_t m = 0; m < d->t; m++)
		(void)!group_base(&coef[m], 1, &c[m]); /* a refresh has 0 in front: the identity */
	if (d->kind == DKG_REFRESH)
		memset(&c[0], 0, sizeof(c[0]));
	buf_add(out, c, (size_t)d->t * GROUP_BYTES);
	if (d->kind == DKG_REFRESH)
		return;
	pok_make("dkg-pok", &coef[0], &c[0], pok_message(d, i, room), NULL, &p);
	buf_add(out, &p, sizeof(p));
}

void dkg_commit(const struct dkg *d, uint8_t i, struct str reveal, struct buf *out)
{
	uint8_t h[HASH_BYTES];
	crypto_h(h, "dkg-commit", reveal);
	put_head(d, i, out);
	buf_add(out, h, sizeof(h));
}

static bool dealer_at(const struct dkg *d, uint8_t i, uint8_t *ret)
{
	for (uint8_t at = 0; at < d->dealers; at++)
		if (d->dealer[at] == i) {
			*ret = at;
			return true;
		}
	return false;
}

static bool committed(const struct dkg *d, uint8_t i, struct str reveal, struct str commit)
{
	struct buf want = BUF_INIT(HASH_BYTES * 2 + 1);
	dkg_commit(d, i, reveal, &want);
	bool same = str_eq(buf_view(&want), commit);
	buf_free(&want);
	return same;
}

int dkg_reveal_read(const struct dkg *d, struct str reveal, struct str commit, struct dkg_reveal *ret, struct err *e)
{
	struct reader in = reader_of(reveal);
	struct dkg_reveal r = {0};
	uint8_t cid[HASH_BYTES] = {0}, room[HASH_BYTES + 1], at;
	struct pok p = {0};
	read_into(&in, cid, sizeof(cid));
	r.index = read_u8(&in);
	if (in.bad || memcmp(cid, d->cid, sizeof(cid)) != 0 || !dealer_at(d, r.index, &at))
		return err_set(e, KT_EINVAL, "onthulling: hoort niet bij deze ceremonie");
	if (d->kind == DKG_REFRESH)
		read_into(&in, r.c[0].b, GROUP_BYTES);
	else
		read_element(&in, &r.c[0]);
	for (uint8_t m = 1; m < d->t; m++)
		read_element(&in, &r.c[m]);
	if (d->kind != DKG_REFRESH) {
		read_scalar(&in, &p.c);
		read_scalar(&in, &p.s);
	}
	if (!read_all(&in))
		return err_set(e, KT_EINVAL, "onthulling van houder %u: de lengte klopt niet of er staat een ongeldig punt in",
		               r.index);
	if (!committed(d, r.index, reveal, commit))
		return err_set(e, KT_ECRYPTO, "onthulling van houder %u: anders dan vooraf is vastgelegd", r.index);
	if (d->kind != DKG_NEW && !group_same(&r.c[0], &d->start[at]))
		return err_set(e, KT_ECRYPTO, "onthulling van houder %u: begint niet bij het oude deel", r.index);
	if (d->kind != DKG_REFRESH && pok_check("dkg-pok", &r.c[0], pok_message(d, r.index, room), &p))
		return err_set(e, KT_ECRYPTO, "onthulling van houder %u: het bewijs klopt niet", r.index);
	*ret = r;
	return 0;
}

/* Σ j^m·C_m; a C_0 that is the identity adds nothing. False when a product is the identity. */
static bool point_at(const struct dkg *d, const struct dkg_reveal *r, uint8_t j, struct element *ret)
{
	struct scalar power[HOLDERS_MAX], step;
	scalar_of(j, &step);
	scalar_of(1, &power[0]);
	for (uint8_t m = 1; m < d->t; m++)
		scalar_mul(&power[m - 1], &step, &power[m]);
	uint8_t from = group_is_identity(&r->c[0]) ? 1 : 0;
	return group_sum(r->c + from, power + from, (size_t)(d->t - from), ret) == 0;
}

bool dkg_share_fits(const struct dkg *d, const struct dkg_reveal *from, uint8_t j, const struct scalar *share)
{
	struct element want, have = {{0}};
	if (!point_at(d, from, j, &want))
		return false;
	if (!scalar_is_zero(share) && group_base(share, 1, &have))
		return false;
	return group_same(&want, &have);
}

/* f(j) of a dealer's polynomial. */
static void value_at(const struct dkg *d, const struct scalar coef[], uint8_t j, struct scalar *ret)
{
	struct scalar z;
	scalar_of(j, &z);
	scalar_poly(coef, d->t, &z, ret);
}

int dkg_share(const struct dkg *d, uint8_t i, uint8_t j, const struct scalar coef[], struct buf *out)
{
	uint8_t inside[HASH_BYTES + 2 + 32], box[sizeof(inside) + BOX_OVER];
	struct scalar f;
	if (j < 1 || j > d->n)
		return KT_EINVAL;
	value_at(d, coef, j, &f);
	memcpy(inside, d->cid, HASH_BYTES);
	inside[HASH_BYTES] = i;
	inside[HASH_BYTES + 1] = j;
	memcpy(inside + HASH_BYTES + 2, f.b, sizeof(f.b));
	int rc = crypto_box_seal_to(box, d->party[j - 1].box_key, F_ARRAY(inside));
	if (!rc) {
		put_head(d, i, out);
		write_uint(out, j, 1);
		buf_add(out, box, sizeof(box));
		rc = buf_err(out);
	}
	crypto_wipe(inside, sizeof(inside));
	crypto_wipe(&f, sizeof(f));
	return rc;
}

int dkg_share_open(const struct dkg *d, const struct dkg_reveal *from, uint8_t j, const uint8_t box_secret[32],
                   struct str share, struct scalar *ret, struct err *e)
{
	uint8_t inside[HASH_BYTES + 2 + 32] = {0}, head[HASH_BYTES + 2];
	struct reader in = reader_of(share);
	struct scalar f = {{0}};
	memcpy(head, d->cid, HASH_BYTES);
	head[HASH_BYTES] = from->index;
	head[HASH_BYTES + 1] = j;
	const uint8_t *outside = read_bytes(&in, sizeof(head)), *box = read_bytes(&in, sizeof(inside) + BOX_OVER);
	if (!read_all(&in) || j < 1 || j > d->n || memcmp(outside, head, sizeof(head)) != 0)
		return err_set(e, KT_EINVAL, "deel van houder %u: hoort niet bij deze ceremonie of niet bij ons", from->index);
	int rc = crypto_box_unseal(inside, d->party[j - 1].box_key, box_secret, F_BYTES(box, sizeof(inside) + BOX_OVER));
	if (!rc &&
	    (memcmp(inside, head, sizeof(head)) != 0 || scalar_decode(inside + sizeof(head), &f) ||
	     !dkg_share_fits(d, from, j, &f)))
		rc = KT_ECRYPTO;
	if (!rc)
		*ret = f;
	crypto_wipe(inside, sizeof(inside));
	crypto_wipe(&f, sizeof(f));
	return rc ? err_set(e, KT_ECRYPTO, "deel van houder %u: past niet bij zijn onthulling", from->index) : 0;
}

/* ---- complaints ---- */

void dkg_complaint(const struct dkg *d, uint8_t j, uint8_t i, struct buf *out)
{
	put_head(d, j, out);
	write_uint(out, i, 1);
}

int dkg_complaint_read(const struct dkg *d, struct str complaint, uint8_t *ret_j, uint8_t *ret_i, struct err *e)
{
	struct reader in = reader_of(complaint);
	const uint8_t *cid = read_bytes(&in, HASH_BYTES);
	uint8_t j = read_u8(&in), i = read_u8(&in), at;
	if (!read_all(&in) || memcmp(cid, d->cid, HASH_BYTES) != 0 || j < 1 || j > d->n || !dealer_at(d, i, &at))
		return err_set(e, KT_EINVAL, "klacht: hoort niet bij deze ceremonie");
	*ret_j = j;
	*ret_i = i;
	return 0;
}

void dkg_answer(const struct dkg *d, uint8_t i, uint8_t j, const struct scalar coef[], struct buf *out)
{
	struct scalar f;
	value_at(d, coef, j, &f);
	put_head(d, i, out);
	write_uint(out, j, 1);
	buf_add(out, f.b, sizeof(f.b));
	crypto_wipe(&f, sizeof(f));
}

int dkg_answer_read(const struct dkg *d, const struct dkg_reveal *from, uint8_t j, struct str answer,
                    struct scalar *ret, struct err *e)
{
	struct reader in = reader_of(answer);
	const uint8_t *cid = read_bytes(&in, HASH_BYTES);
	uint8_t i = read_u8(&in), to = read_u8(&in);
	const uint8_t *share = read_bytes(&in, GROUP_BYTES);
	struct scalar f;
	if (!read_all(&in) || memcmp(cid, d->cid, HASH_BYTES) != 0 || i != from->index || to != j)
		return err_set(e, KT_EINVAL, "antwoord van houder %u: hoort niet bij deze klacht", from->index);
	if (scalar_decode(share, &f) || !dkg_share_fits(d, from, j, &f))
		return err_set(e, KT_ECRYPTO, "antwoord van houder %u: past niet bij zijn onthulling", from->index);
	*ret = f;
	return 0;
}

/* ---- the outcome ---- */

int dkg_finish(const struct dkg *d, const struct dkg_reveal *reveal, const struct str *bytes,
               const struct key_record *old, struct key_record *ret, struct err *e)
{
	struct buf all = BUF_INIT(HOLDERS_MAX * DKG_REVEAL_MAX);
	struct element key = old ? old->key : (struct element){{0}}, part;
	bool good = d->kind == DKG_REFRESH ? old && old->t == d->t && old->n == d->n : !old;
	if (!good)
		return err_set(e, KT_EINVAL, "ceremonie: alleen een verversing bouwt op een oude akte, met dezelfde houders");
	for (uint8_t i = 0; i < d->dealers; i++) {
		good = good && reveal[i].index == d->dealer[i];
		buf_str(&all, bytes[i]);
		group_add(&key, &reveal[i].c[0], &key);
	}
	for (uint8_t j = 1; j <= d->n && good; j++) {
		ret->share[j - 1] = old ? old->share[j - 1] : (struct element){{0}};
		for (uint8_t i = 0; i < d->dealers && good; i++) {
			good = point_at(d, &reveal[i], j, &part);
			group_add(&ret->share[j - 1], &part, &ret->share[j - 1]);
		}
		good = good && !group_is_identity(&ret->share[j - 1]);
	}
	crypto_h(ret->transcript, "dkg-transcript", buf_view(&all));
	good = good && !buf_err(&all) && !group_is_identity(&key);
	buf_free(&all);
	if (!good)
		return err_set(e, KT_ECRYPTO, "ceremonie: de onthullingen maken samen geen sleutel");
	ret->key = key;
	ret->t = d->t;
	ret->n = d->n;
	key_id_of(ret->use, ret->audience, ret->epoch, &ret->key, ret->id);
	return 0;
}

int dkg_own(const struct dkg *d, uint8_t j, const struct scalar *got, const struct scalar *old,
            const struct key_record *made, struct scalar *ret)
{
	struct scalar sum = old ? *old : (struct scalar){{0}};
	struct element have;
	for (uint8_t i = 0; i < d->dealers; i++)
		scalar_add(&sum, &got[i], &sum);
	int rc = group_base(&sum, 1, &have) || !group_same(&have, &made->share[j - 1]) ? KT_ECRYPTO : 0;
	if (!rc)
		*ret = sum;
	crypto_wipe(&sum, sizeof(sum));
	return rc;
}
