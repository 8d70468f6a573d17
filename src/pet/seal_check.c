/* Check 8 of PROTOCOLS section 5, word for word and in its order, and what rows must be together (5.10). */
#include "pet/seal.h"
#include "pet/wire.h"
#include "seam/crypto.h"

#define STORE_LATE_DAYS 3

static const struct {
	const char *word, *text;
} FAULTS[SEAL_FAULTS] = {
	[SEAL_GOOD] = {"good", "in orde"},
	[SEAL_LENGTH] = {"length", "de lengte of vorm klopt niet"},
	[SEAL_CHANNEL] = {"channel", "dit kanaal bestaat niet in deze versie, met deze drempel, op deze dag"},
	[SEAL_MEMBER] = {"member", "dit lid staat niet in het register of is niet meer lid"},
	[SEAL_ROLE] = {"role", "dit lid mag in dit kanaal niet melden"},
	[SEAL_BASIS] = {"basis", "deze grondslag telt niet in dit kanaal"},
	[SEAL_SIGNATURE] = {"signature", "de handtekening van het lid klopt niet"},
	[SEAL_TAG_WRONG] = {"tag", "de tag hoort niet bij deze punten"},
	[SEAL_EPOCH] = {"epoch", "dit tijdvak loopt niet"},
	[SEAL_DAY] = {"day", "de dag valt buiten het tijdvak of is te lang geleden"},
	[SEAL_POINT] = {"point", "er staat een ongeldig punt in"},
	[SEAL_TAG_PROOF] = {"tag_proof", "het bewijs van kennis van het kenmerk klopt niet"},
	[SEAL_CIPHER_PROOF] = {"cipher_proof", "het bewijs bij de versleuteling klopt niet"},
	[SEAL_CT_HASH] = {"ct_hash", "de versleutelde tekst is niet die waarover het bewijs gaat"},
	[SEAL_MIXED] = {"mixed", "de rijen horen niet bij één tag, kanaal, versie en tijdvak"},
	[SEAL_NULLIFIER_TWICE] = {"nullifier_twice", "één persoon staat er twee keer in"},
	[SEAL_TOO_FEW] = {"too_few", "er zijn minder verschillende melders dan de drempel"},
	[SEAL_MEMBER_CAP] = {"member_cap", "te veel van de melders komen van hetzelfde lid"},
	[SEAL_MIN_MEMBERS] = {"min_members", "te weinig verschillende leden melden dit"},
	[SEAL_WINDOW] = {"window", "de meldingen liggen te ver uit elkaar"},
	[SEAL_NOT_OPENING] = {"not_opening", "dit tijdvak wordt nu niet geopend"},
	[SEAL_RETRACTED] = {"retracted", "een van de meldingen is ingetrokken"},
	[SEAL_DAILY_CAP] = {"daily_cap", "het aantal openingen van vandaag is bereikt"},
};

const char *seal_fault_word(enum seal_fault f)
{
	return f < SEAL_FAULTS ? FAULTS[f].word : "unknown";
}

const char *seal_fault_text(enum seal_fault f)
{
	return f < SEAL_FAULTS ? FAULTS[f].text : "onbekend";
}

/* ---- reading ---- */

static void header_read(struct reader *in, struct seal_header *h)
{
	if (read_u8(in) != 1)
		in->bad = true;
	h->epoch = read_u32(in);
	h->channel = read_u16(in);
	h->version = read_u16(in);
	h->k = read_u8(in);
	if (h->k < 2 || h->k > CHANNEL_K_MAX)
		in->bad = true;
	h->member = read_u32(in);
	h->day = read_u32(in);
	h->basis = read_u8(in);
	read_into(in, h->tag, SEAL_TAG);
	read_into(in, h->nullifier, 32);
}

/* Bytes as they are: points and scalars are judged later, in the order of the checks. */
static void tail_read(struct reader *in, struct seal_row *r)
{
	read_into(in, r->u.b, 32);
	read_into(in, r->u_bar.b, 32);
	read_into(in, r->e.b, 32);
	read_into(in, r->f.b, 32);
	read_into(in, r->ct_hash, 32);
	read_into(in, &r->tag_proof, 64);
	read_into(in, r->sig, 64);
}

static bool submission_read(struct str bytes, struct seal_submission *ret)
{
	struct reader in = reader_of(bytes);
	struct seal_row *row = &ret->row;
	memset(ret, 0, sizeof(*ret));
	read_into(&in, row->header, SEAL_HEADER);
	struct reader head = {row->header, SEAL_HEADER, in.bad};
	header_read(&head, &row->h);
	if (head.bad || bytes.n != SEAL_BYTES(row->h.k))
		return false;
	read_into(&in, ret->commit, (size_t)row->h.k * GROUP_BYTES);
	tail_read(&in, row);
	ret->ct = read_bytes(&in, SEAL_CT);
	crypto_h(ret->id, "submission-id", str_sub(bytes, 0, SEAL_BODY(row->h.k) + 64));
	return read_all(&in);
}

uint32_t seal_epoch_of(struct str bytes)
{
	struct reader in = reader_of(bytes);
	(void)read_u8(&in);
	return read_u32(&in);
}

void seal_row_write(const struct seal_row *r, uint8_t ret[SEAL_ROW])
{
	uint8_t *at = ret;
	memcpy(at, r->header, SEAL_HEADER);
	at += SEAL_HEADER;
	memcpy(at, r->u.b, 32);
	memcpy(at + 32, r->u_bar.b, 32);
	memcpy(at + 64, r->e.b, 32);
	memcpy(at + 96, r->f.b, 32);
	memcpy(at + 128, r->ct_hash, 32);
	memcpy(at + 160, &r->tag_proof, 64);
	memcpy(at + 224, r->sig, 64);
}

int seal_row_read(const uint8_t bytes[SEAL_ROW], struct seal_row *ret)
{
	struct reader in = {bytes, SEAL_ROW, false};
	struct seal_row r = {0};
	read_into(&in, r.header, SEAL_HEADER);
	struct reader head = {r.header, SEAL_HEADER, false};
	header_read(&head, &r.h);
	tail_read(&in, &r);
	if (head.bad || !read_all(&in))
		return KT_EINVAL;
	*ret = r;
	return 0;
}

/* ---- check 8 ---- */

static enum seal_fault check_who(const struct seal_checker *c, const struct seal_header *h,
                                 const struct reg_member **ret)
{
	const struct reg_channel *ch = reg_channel(c->reg, h->channel, h->version);
	if (!ch || ch->k != h->k || h->k < 2 || h->k > CHANNEL_K_MAX || c->today < ch->first_day || c->today > ch->last_day)
		return SEAL_CHANNEL;
	const struct reg_member *m = reg_member(c->reg, h->member);
	if (!m || c->today < m->first_day || c->today > m->last_day)
		return SEAL_MEMBER;
	if (!(m->roles & ch->roles))
		return SEAL_ROLE;
	*ret = m;
	return reg_basis(ch, h->basis) ? SEAL_GOOD : SEAL_BASIS;
}

/* Everything of the row but what needs `body`: tag, epoch, day, points. */
static enum seal_fault check_form(const struct seal_checker *c, const struct element *commit, const struct seal_row *r)
{
	const struct seal_header *h = &r->h;
	uint8_t tag[SEAL_TAG];
	struct scalar s;
	crypto_h(tag, "tag", F_U32(h->epoch), F_U16(h->channel), F_U16(h->version), F_U8(h->k), F_POINTS(commit, h->k));
	if (memcmp(tag, h->tag, SEAL_TAG) != 0)
		return SEAL_TAG_WRONG;
	if (!c->outer || c->outer->epoch != h->epoch || !epoch_live(h->epoch, c->today))
		return SEAL_EPOCH;
	if (h->day / EPOCH_DAYS < h->epoch || h->day > c->today + 1 || (c->store && h->day + STORE_LATE_DAYS < c->today))
		return SEAL_DAY;
	if (group_decode(commit->b, h->k, NULL, NULL) || group_decode(r->u.b, 1, NULL, NULL) ||
	    group_decode(r->u_bar.b, 1, NULL, NULL))
		return SEAL_POINT;
	if (scalar_decode(r->tag_proof.c.b, &s) || scalar_decode(r->tag_proof.s.b, &s))
		return SEAL_TAG_PROOF;
	return scalar_decode(r->e.b, &s) || scalar_decode(r->f.b, &s) ? SEAL_CIPHER_PROOF : SEAL_GOOD;
}

static bool cipher_proof_holds(const struct seal_checker *c, const struct element *commit, const struct seal_row *r)
{
	struct element wg, wb, a, b;
	struct scalar e;
	if (group_base_and(&r->f, &r->e, &r->u, &wg) || group_mul(seal_outer_generator(), &r->f, 1, &a) ||
	    group_mul(&r->u_bar, &r->e, 1, &b))
		return false;
	group_add(&a, &b, &wb);
	pet_s(&e, "tdh2", F_ARRAY(c->outer->id), F_ARRAY(r->header), F_POINTS(commit, r->h.k), F_ARRAY(r->ct_hash),
	      F_POINT(&r->u), F_POINT(&r->u_bar), F_POINT(&wg), F_POINT(&wb));
	return crypto_equal(e.b, r->e.b, GROUP_BYTES);
}

enum seal_fault seal_check_row(const struct seal_checker *c, const struct element *commit, const struct seal_row *row)
{
	uint8_t body[SEAL_BODY(CHANNEL_K_MAX) + 64], *at = body;
	const struct reg_member *who = NULL;
	enum seal_fault f = check_who(c, &row->h, &who);
	if (f)
		return f;
	memcpy(at, row->header, SEAL_HEADER);
	memcpy(at += SEAL_HEADER, commit, (size_t)row->h.k * GROUP_BYTES);
	at += (size_t)row->h.k * GROUP_BYTES;
	memcpy(at, row->u.b, 32);
	memcpy(at + 32, row->u_bar.b, 32);
	memcpy(at + 64, row->e.b, 32);
	memcpy(at + 96, row->f.b, 32);
	memcpy(at + 128, row->ct_hash, 32);
	memcpy(at + 160, &row->tag_proof, 64);
	struct str told = F_BYTES(body, SEAL_BODY(row->h.k));
	if (crypto_verify_label(row->sig, who->sign_key, "submission-sig", F_BYTES(body, told.n + 64)))
		return SEAL_SIGNATURE;
	f = check_form(c, commit, row);
	if (f)
		return f;
	if (pok_check("tag-proof", &commit[0], told, &row->tag_proof))
		return SEAL_TAG_PROOF;
	return cipher_proof_holds(c, commit, row) ? SEAL_GOOD : SEAL_CIPHER_PROOF;
}

enum seal_fault seal_check(const struct seal_checker *c, struct str bytes, struct seal_submission *ret)
{
	uint8_t h[32];
	if (!submission_read(bytes, ret))
		return SEAL_LENGTH;
	enum seal_fault f = seal_check_row(c, ret->commit, &ret->row);
	if (f || !c->store)
		return f;
	crypto_h(h, "ct", F_BYTES(ret->ct, SEAL_CT));
	return memcmp(h, ret->row.ct_hash, 32) ? SEAL_CT_HASH : SEAL_GOOD;
}

/* ---- rows together ---- */

static bool one_kind(const struct seal_row *a, const struct seal_row *b)
{
	return a->h.epoch == b->h.epoch && a->h.channel == b->h.channel && a->h.version == b->h.version &&
		a->h.k == b->h.k && memcmp(a->h.tag, b->h.tag, SEAL_TAG) == 0;
}

/* Σ over members of min(rows, max_per_member), and how many members. */
static unsigned count_members(const struct seal_row *row, size_t m, unsigned cap, unsigned *ret_members)
{
	unsigned sum = 0, members = 0;
	for (size_t i = 0; i < m; i++) {
		unsigned before = 0;
		for (size_t j = 0; j < i; j++)
			before += row[j].h.member == row[i].h.member;
		sum += before < cap;
		members += before == 0;
	}
	*ret_members = members;
	return sum;
}

enum seal_fault seal_check_set(const struct seal_checker *c, const struct seal_row *row, size_t m, size_t *ret_row)
{
	unsigned members, counted;
	uint32_t low = UINT32_MAX, high = 0;
	const struct reg_channel *ch = m ? reg_channel(c->reg, row[0].h.channel, row[0].h.version) : NULL;
	size_t spare, *at = ret_row ? ret_row : &spare;
	*at = 0;
	if (!ch)
		return m ? SEAL_CHANNEL : SEAL_TOO_FEW;
	for (size_t i = 0; i < m; i++) {
		*at = i;
		if (!one_kind(&row[0], &row[i]))
			return SEAL_MIXED;
		for (size_t j = 0; j < i; j++)
			if (memcmp(row[i].h.nullifier, row[j].h.nullifier, 32) == 0)
				return SEAL_NULLIFIER_TWICE;
		low = row[i].h.day < low ? row[i].h.day : low;
		high = row[i].h.day > high ? row[i].h.day : high;
	}
	*at = 0;
	counted = count_members(row, m, ch->max_per_member, &members);
	if (m < ch->k)
		return SEAL_TOO_FEW;
	if (counted < ch->k)
		return SEAL_MEMBER_CAP;
	if (members < ch->min_members)
		return SEAL_MIN_MEMBERS;
	if (high - low >= ch->window_days)
		return SEAL_WINDOW;
	return epoch_opens(row[0].h.epoch, c->today) ? SEAL_GOOD : SEAL_NOT_OPENING;
}
