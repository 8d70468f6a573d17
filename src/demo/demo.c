#include "demo/demo.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/zone.h"
#include "demo/scenario.h"
#include "seam/crypto.h"

/* Two batches take turns: one is prepared while the other is written, and each goes into few commits. */
#define BATCH 128

int demo_allowed(const struct settings *s, struct err *e)
{
	if (settings_is(s, SET_MODE, "production"))
		return err_set(e, KT_EREFUSED, "Deze map is ingericht voor echte meldingen (mode = production). "
		               "De demonstratie speelt alleen in een andere, lege map.");
	return 0;
}

int demo_look(struct store *s, struct err *e)
{
	struct tx *tx;
	struct demo_seen seen = {0};
	int rc = store_read(s, &tx, e);
	if (rc)
		return rc;
	rc = demo_seen(tx, &seen, e);
	store_read_end(tx);
	if (rc || !seen.dossiers)
		return rc;
	if (seen.played)
		return err_set(e, KT_EEXISTS, "De demonstratie staat al in deze map. Er is niets veranderd.");
	if (seen.synthetic)
		return err_set(e, KT_EREFUSED, "De demonstratie is in deze map afgebroken. "
		               "Kies een lege map, of gooi deze weg.");
	return err_set(e, KT_EREFUSED, "In deze map staan al andere meldingen. Kies een lege map voor de demonstratie.");
}

/* ---- one report ---- */

static void write_ids(const struct event *ev, struct jw *w)
{
	char typed[DEMO_VALUE];
	jw_key(w, "kenmerken");
	jw_arr(w);
	for (size_t i = 0; i < ev->ids_n; i++) {
		people_typed(&ev->ids[i], ev->salt >> i, typed);
		jw_obj(w);
		jw_kz(w, "soort", id_kind_name(ev->ids[i].kind));
		jw_kz(w, "waarde", typed);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void write_reporter(const struct event *ev, uint64_t seed, struct jw *w)
{
	struct person p;
	people_person(seed, ev->person, &p);
	jw_key(w, "melder");
	jw_obj(w);
	jw_kz(w, "postcode4", p.postcode);
	jw_kz(w, "leeftijdsgroep", p.age);
	jw_kz(w, "rol", ev->role);
	if (!ev->anonymous) {
		jw_key(w, "contact");
		jw_obj(w);
		jw_kz(w, p.phone ? "telefoon" : "email", p.contact.text);
		jw_obj_end(w);
	}
	jw_obj_end(w);
}

static void write_sharing(const struct event *ev, struct jw *w)
{
	jw_key(w, "delen");
	jw_arr(w);
	if (ev->salt % 3)
		jw_z(w, "politie");
	if (ev->salt % 5 == 0)
		jw_z(w, "fraudehelpdesk");
	jw_arr_end(w);
}

static void write_report(const struct event *ev, uint64_t seed, struct buf *b)
{
	struct buf story = BUF_INIT(4096);
	struct jw w;
	char text[32], date[11];
	date_format(zone_amsterdam_day(ev->at_ms) - ev->days_ago, date);
	jw_init(&w, b);
	jw_obj(&w);
	jw_kz(&w, "fraudevorm", ev->tale->form);
	stories_write(ev, &story);
	jw_kstr(&w, "verhaal", buf_view(&story));
	jw_kz(&w, "datum", date);
	if (ev->cents) {
		snprintf(text, sizeof(text), "%lld.%02lld", (long long)(ev->cents / 100), (long long)(ev->cents % 100));
		jw_kz(&w, "bedrag", text);
	}
	if (ev->crime) {
		snprintf(text, sizeof(text), "VERZONNEN-%05u", ev->crime);
		jw_kz(&w, "aangiftenummer", text);
	}
	write_ids(ev, &w);
	write_reporter(ev, seed, &w);
	write_sharing(ev, &w);
	jw_obj_end(&w);
	buf_free(&story);
}

/* ---- all of them ---- */

struct slot {
	struct arena *a;
	struct intake_report *r;
	const struct event *ev;
	struct err err;
	struct store_ticket ticket;
	bool submitted;
};

struct player {
	const struct demo *d;
	const struct scenario *s;
	struct intake in;
	struct valid_report *why;
	struct slot slots[2][BATCH];
	size_t used[2];
	const struct event *show; /* the report whose receipt code is told */
	struct demo_result *res;
};

static int prepare_one(struct player *p, struct slot *s, const struct event *ev, struct err *e)
{
	struct buf json = BUF_INIT(65536);
	write_report(ev, p->s->seed, &json);
	if (!s->a)
		s->a = arena_new(0);
	s->ev = ev;
	s->err = (struct err){0};
	s->submitted = false;
	memset(p->why, 0, sizeof(*p->why));
	int rc = s->a && !buf_err(&json)
	             ? intake_prepare(&p->in, s->a, buf_view(&json), STRENGTH_VOUCHED, ev->at_ms, &s->r, p->why, e)
	             : err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor de demonstratie.");
	buf_free(&json);
	return rc;
}

static int submit_batch(struct player *p, size_t which, struct err *e)
{
	for (size_t i = 0; i < p->used[which]; i++) {
		struct slot *s = &p->slots[which][i];
		s->ticket = (struct store_ticket){.job = intake_job, .arg = s->r, .err = &s->err};
		int rc = desk_submit(p->d->in->store, &s->ticket);
		if (rc) {
			*e = s->err;
			return rc;
		}
		s->submitted = true;
	}
	return 0;
}

static int finish_batch(struct player *p, size_t which, struct err *e)
{
	int first = 0;
	for (size_t i = 0; i < p->used[which]; i++) {
		struct slot *s = &p->slots[which][i];
		int rc = s->submitted ? store_wait(p->d->in->store, &s->ticket) : 0;
		if (rc && !first) {
			first = rc;
			*e = s->err;
		}
		if (!rc && s->submitted) {
			p->res->reports++;
			if (s->ev == p->show)
				receipt_text(&s->r->code, p->res->code);
		}
		s->submitted = false;
		if (s->r)
			intake_wipe(s->r);
		s->r = NULL;
		arena_reset(s->a);
	}
	p->used[which] = 0;
	if (p->d->progress && p->res->reports)
		p->d->progress(p->res->reports, (int64_t)p->s->n, p->d->arg);
	return first;
}

static int play_batch(struct player *p, size_t which, size_t from, struct err *e)
{
	int rc = finish_batch(p, which, e);
	for (size_t i = from; !rc && i < p->s->n && i < from + BATCH; i++) {
		rc = prepare_one(p, &p->slots[which][p->used[which]], &p->s->events[i], e);
		p->used[which] += !rc;
	}
	return rc ? rc : submit_batch(p, which, e);
}

/* The last one on the first example, so that looking at it shows what became of it. */
static const struct event *event_to_show(const struct scenario *s)
{
	const struct event *last = &s->events[s->n - 1];
	struct str name = str_of(s->worked[0].id.text);
	for (size_t i = 0; i < s->n; i++)
		if (s->events[i].ids_n && str_ends(str_of(s->events[i].ids[0].text), name))
			last = &s->events[i];
	return last;
}

static int play_reports(const struct demo *d, const struct scenario *s, struct demo_result *res, struct err *e)
{
	struct player *p = calloc(1, sizeof(*p));
	struct valid_report *why = calloc(1, sizeof(*why));
	int rc = p && why ? 0 : err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor de demonstratie.");
	if (p) {
		*p = (struct player){.d = d, .s = s, .in = *d->in, .why = why, .show = event_to_show(s), .res = res};
		p->in.synthetic = true;
	}
	size_t which = 0;
	for (size_t from = 0; !rc && from < s->n; from += BATCH, which = !which)
		rc = play_batch(p, which, from, e);
	/* Also after an error: what was submitted must be answered before its memory goes. In order of submission. */
	for (size_t k = 0; p && k < 2; k++, which = !which) {
		struct err other = {0};
		int late = finish_batch(p, which, &other);
		if (late && !rc) {
			rc = late;
			*e = other;
		}
	}
	for (size_t i = 0; p && i < BATCH; i++) {
		arena_free(p->slots[0][i].a);
		arena_free(p->slots[1][i].a);
	}
	free(why);
	free(p);
	return rc;
}

/* ---- what came of it ---- */

static int count_signal(const struct signal_row *row, void *arg)
{
	struct demo_result *r = arg;
	r->signals++;
	r->opened += row->opened_ms > 0;
	r->sealed += row->kind == ID_NONE;
	return 0;
}

static void count_partner(struct demo_result *r, struct str id)
{
	size_t i = 0;
	while (i < r->partners_n && str_cmp(str_of(r->partners[i].id), id) < 0)
		i++;
	if (i < r->partners_n && str_is(id, r->partners[i].id)) {
		r->partners[i].n++;
		return;
	}
	if (r->partners_n == DEMO_PARTNERS)
		return;
	memmove(&r->partners[i + 1], &r->partners[i], (r->partners_n - i) * sizeof(r->partners[0]));
	r->partners_n++;
	r->partners[i].n = 1;
	(void)str_copy(r->partners[i].id, sizeof(r->partners[i].id), id);
}

static int example_step(const struct barrier_history *h, void *arg)
{
	struct demo_example *x = arg;
	if (h->state > 0 && h->state < BARRIER_STATES && !x->at_ms[h->state])
		x->at_ms[h->state] = h->at_ms;
	return 0;
}

static int tell_example(struct tx *tx, const struct policy *p, const struct barrier *b, struct demo_result *r,
                        struct err *e)
{
	struct demo_example *x = &r->examples[r->examples_n];
	const struct policy_rule *rule = policy_rule(p, b->rule);
	*x = (struct demo_example){.kind = b->kind, .reporters = b->reporters, .state = b->state};
	x->threshold = rule ? rule->threshold : 0;
	if (!str_copy(x->value, sizeof(x->value), b->value) || !str_copy(x->partner, sizeof(x->partner), b->partner) ||
	    !str_copy(x->measure, sizeof(x->measure), b->measure))
		return 0; /* longer than this room makes them */
	int rc = barrier_steps(tx, b->id, example_step, x, e);
	r->examples_n += rc == 0;
	return rc;
}

static int tell_barriers(struct tx *tx, const struct demo *d, const struct scenario *s, const struct barriers *all,
                         struct demo_result *r, struct err *e)
{
	for (size_t i = 0; i < all->n; i++) {
		r->barriers++;
		r->states[all->b[i].state]++;
		count_partner(r, all->b[i].partner);
	}
	for (size_t k = 0; k < DEMO_EXAMPLES; k++)
		for (size_t i = 0; i < all->n; i++) {
			const struct barrier *b = &all->b[i];
			if (!str_is(b->value, s->worked[k].id.text) || !str_is(b->measure, s->worked[k].measure))
				continue;
			int rc = tell_example(tx, d->in->policy, b, r, e);
			if (rc)
				return rc;
			break;
		}
	return 0;
}

static int tell(const struct demo *d, const struct scenario *s, struct arena *a, struct demo_result *r, struct err *e)
{
	struct barriers all = {0};
	struct tx *tx;
	r->first_day = zone_amsterdam_day(s->events[0].at_ms);
	r->last_day = zone_amsterdam_day(s->events[s->n - 1].at_ms);
	int rc = desk_barriers(d->in->store, a, &all, e);
	if (!rc)
		rc = store_read(d->in->store, &tx, e);
	if (rc)
		return rc;
	rc = signal_list(tx, INT32_MAX, count_signal, r, e);
	if (!rc)
		rc = tell_barriers(tx, d, s, &all, r, e);
	store_read_end(tx);
	return rc;
}

static int played_job(struct tx *tx, void *arg, struct err *e)
{
	const struct demo *d = arg;
	struct str detail = arena_fmt(tx_arena(tx), "{\"meldingen\":%d}", DEMO_REPORTS);
	return audit_add(d->in->audit, tx, "desk:demo", DEMO_PLAYED, STR(""), detail, e);
}

int demo_play(const struct demo *d, struct demo_result *ret, struct err *e)
{
	struct arena *a = arena_new(0);
	struct demo_result res = {0};
	struct demo end = *d; /* a job gets what it may change */
	struct scenario *s = NULL;
	if (!a)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor de demonstratie.");
	int rc = campaigns_make(a, d->seed, d->now_ms, &s, e);
	if (!rc)
		rc = play_reports(d, s, &res, e);
	if (!rc)
		rc = desk_play(d, s, a, e);
	if (!rc)
		rc = tell(d, s, a, &res, e);
	if (!rc)
		rc = store_submit(d->in->store, played_job, &end, e);
	arena_free(a);
	if (!rc)
		*ret = res;
	crypto_wipe(res.code, sizeof(res.code));
	return rc;
}
