/* Rows of one chain against their own hashes, each other and the signed heads. */
#include "audit/verify.h"

#define PAGE 20000

/* What a page stopped on, with what is needed to name the culprit after the query has ended. */
struct stop {
	struct verify *v;
	struct chain *c;
	enum { GOES_ON, GAP, DOUBLE, HASH, PREV, HEAD } why;
	struct audit_row row; /* copied into the arena */
	struct arena *a;
	int64_t read;
};

static void row_keep(struct stop *s, const struct audit_row *r)
{
	s->row = *r;
	s->row.chain = arena_str(s->a, r->chain);
	s->row.actor = arena_str(s->a, r->actor);
	s->row.action = arena_str(s->a, r->action);
	s->row.object = arena_str(s->a, r->object);
	s->row.detail = arena_str(s->a, r->detail);
	s->row.prev = arena_str(s->a, r->prev);
	s->row.hash = arena_str(s->a, r->hash);
}

static bool same(struct str s, const uint8_t hash[AUDIT_HASH])
{
	return s.n == AUDIT_HASH && memcmp(s.p, hash, AUDIT_HASH) == 0;
}

static int row_check(const struct audit_row *r, void *arg)
{
	struct stop *s = arg;
	struct chain *c = s->c;
	uint8_t hash[AUDIT_HASH];

	s->read++;
	if (r->seq != c->next) {
		s->why = r->seq > c->next ? GAP : DOUBLE;
	} else {
		audit_row_hash(hash, r, r->seq);
		if (!same(r->hash, hash))
			s->why = HASH;
		else if (!same(r->prev, c->prev))
			s->why = PREV;
		else if (c->cp_at < c->cp_n && c->cp[c->cp_at].seq == r->seq &&
		         memcmp(c->cp[c->cp_at].hash, hash, AUDIT_HASH) != 0)
			s->why = HEAD;
	}
	if (s->why != GOES_ON) {
		row_keep(s, r);
		return 1;
	}
	c->anchored = c->cp_at < c->cp_n && c->cp[c->cp_at].seq == r->seq;
	if (c->anchored) {
		c->checked_seq = r->seq;
		c->cp_at++;
	}
	memcpy(c->prev, hash, AUDIT_HASH);
	c->next++;
	return 0;
}

/* Was this row made for another place? Its neighbours of then still point at it, or it at them. */
static int moved(struct stop *s, bool *ret)
{
	int64_t after, before;
	uint8_t hash[AUDIT_HASH];
	int rc = audit_rows_after(s->v->tx, s->c->name, s->row.hash, &after, s->v->e);

	if (!rc)
		rc = audit_rows_with(s->v->tx, s->c->name, s->row.prev, &before, s->v->e);
	if (rc)
		return rc;
	*ret = false;
	audit_row_hash(hash, &s->row, after - 1);
	if (after > 1 && same(s->row.hash, hash))
		*ret = true;
	audit_row_hash(hash, &s->row, before + 1);
	if (before > 0 && same(s->row.hash, hash))
		*ret = true;
	/* A neighbour may have moved with it: try the places nearby. */
	for (int64_t seq = s->row.seq > 64 ? s->row.seq - 64 : 1; !*ret && seq <= s->row.seq + 64; seq++) {
		audit_row_hash(hash, &s->row, seq);
		*ret = same(s->row.hash, hash);
	}
	return 0;
}

static int found_hash(struct stop *s)
{
	bool elsewhere;
	int rc = moved(s, &elsewhere);

	if (rc)
		return rc;
	if (elsewhere)
		verify_found(s->v, s->c->name, s->row.seq, "verplaatst",
		             "hier staat een regel die op een andere plaats is geschreven");
	else
		verify_found(s->v, s->c->name, s->row.seq, "gewijzigd", "de inhoud past niet bij de controlesom");
	return 0;
}

/* Two neighbours do not fit, each good by itself: one of them was written again. It is the one that nobody else
 * vouches for. */
static int found_prev(struct stop *s)
{
	const struct chain *c = s->c;
	int64_t after = 0, seq = s->row.seq;
	bool vouched = c->cp_at < c->cp_n && c->cp[c->cp_at].seq == seq && same(s->row.hash, c->cp[c->cp_at].hash);

	if (!vouched) {
		int rc = audit_rows_after(s->v->tx, c->name, s->row.hash, &after, s->v->e);

		if (rc)
			return rc;
		vouched = after == seq + 1;
	}
	if (vouched && seq > 1 && !c->anchored)
		seq--;
	verify_found(s->v, c->name, seq, "gewijzigd", "de inhoud en de controlesom zijn opnieuw geschreven");
	return 0;
}

/* All hashes fit and the signature says otherwise: rows were written again. Only the last one, when the row behind it
 * still knows what it was; else any of the group. */
static int found_head(struct stop *s)
{
	const struct chain *c = s->c;
	const struct checkpoint *cp = &c->cp[c->cp_at];
	int64_t after;
	int rc = audit_rows_after(s->v->tx, c->name, F_ARRAY(cp->hash), &after, s->v->e);

	if (rc)
		return rc;
	verify_found(s->v, c->name, after == cp->seq + 1 ? cp->seq : c->checked_seq + 1, "gewijzigd",
	             "vanaf hier passen de regels niet bij de ondertekende stand");
	return 0;
}

static int stop_judge(struct stop *s)
{
	s->c->bad = true;
	switch (s->why) {
	case GAP:
		verify_found(s->v, s->c->name, s->c->next, "verwijderd", "de regel ontbreekt");
		return 0;
	case DOUBLE:
		verify_found(s->v, s->c->name, s->row.seq, "toegevoegd", "dit nummer staat er meer dan één keer");
		return 0;
	case HASH:
		return found_hash(s);
	case PREV:
		return found_prev(s);
	case HEAD:
		return found_head(s);
	default:
		return 0;
	}
}

/* One page. *ret_more: there may be another. */
static int page_check(struct verify *v, struct chain *c, int64_t to, bool *ret_more)
{
	struct stop s = {.v = v, .c = c, .a = arena_new(0)};
	int rc;

	if (!s.a)
		return err_set(v->e, KT_ENOMEM, "te weinig geheugen");
	rc = audit_rows_each(v->tx, c->name, c->next - 1, to, PAGE, row_check, &s, v->e);
	v->r.rows += s.read;
	*ret_more = rc == 0 && s.read == PAGE;
	if (rc > 0)
		rc = stop_judge(&s);
	arena_free(s.a);
	return rc;
}

int verify_rows(struct verify *v, struct chain *c)
{
	int64_t to = c->cp_n ? c->cp[c->cp_n - 1].seq : 0;
	bool more = true;
	int rc = 0;

	while (!rc && !c->bad && more && c->next <= to)
		rc = page_check(v, c, to, &more);
	if (!rc && !c->bad && c->next <= to) {
		c->bad = true;
		verify_found(v, c->name, c->next, "verwijderd", "de regel ontbreekt aan het eind van de keten");
	}
	c->cp_n = c->cp_at = 0;
	return rc;
}

static int tail_row(const struct audit_row *r, void *arg)
{
	*(int64_t *)arg = r->seq;
	return 1;
}

int verify_tail(struct verify *v, struct chain *c)
{
	int64_t seq = 0;
	int rc;

	if (c->bad)
		return 0;
	rc = audit_rows_each(v->tx, c->name, c->next - 1, INT64_MAX, 1, tail_row, &seq, v->e);
	if (rc < 0)
		return rc;
	if (seq)
		verify_found(v, c->name, seq, "toegevoegd", "deze regel staat achter de laatste ondertekende stand");
	return 0;
}
