#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

#define LIST_MAX 100000

static int signal_line(const struct signal_row *r, void *arg)
{
	struct listing *l = arg;
	l->n++;
	if (l->c->json) {
		signal_object(&l->w, r);
		return buf_err(&l->b);
	}
	char first[11], last[11];
	struct buf hex = BUF_INIT(128);
	buf_hex(&hex, r->tag.p, r->tag.n);
	date_format(r->first_day, first);
	date_format(r->last_day, last);
	buf_printf(&l->b, "%.12s  kanaal %lld  %3lld melders  %s … %s  ", hex.p ? hex.p : "", (long long)r->channel,
	           (long long)r->reporters, first, last);
	if (r->kind != ID_NONE)
		buf_printf(&l->b, "%s " STR_FMT "%s\n", id_kind_name(r->kind), STR_ARG(r->value),
		           r->opened_ms ? "" : " (open soort)");
	else
		buf_z(&l->b, "(verzegeld)\n");
	buf_free(&hex);
	return buf_err(&l->b);
}

static int list_signals(struct listing *l, struct tx *tx, struct err *e)
{
	return signal_list(tx, LIST_MAX, signal_line, l, e);
}

int cmd_signals_list(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	(void)argv;
	if (argc)
		return cli_usage(c, "signals list vraagt niets.");
	int rc = centre_open(c, OPEN_ALL, &ce);
	return rc ? rc : cli_listing(c, &ce, list_signals, "Er zijn nog geen signalen.\n");
}

static int barrier_line(const struct barrier *b, void *arg)
{
	struct listing *l = arg;
	l->n++;
	if (l->c->json) {
		jw_obj(&l->w);
		barrier_members(&l->w, b);
		jw_obj_end(&l->w);
	} else {
		buf_printf(&l->b, STR_FMT "  %-12s %-11s " STR_FMT "  → " STR_FMT ": " STR_FMT "  (" STR_FMT ")\n",
		           STR_ARG(b->id), barrier_state_word(b->state), id_kind_name(b->kind), STR_ARG(b->value),
		           STR_ARG(b->partner), STR_ARG(b->measure), STR_ARG(b->note));
	}
	return buf_err(&l->b);
}

struct pages {
	struct listing *l;
	char last[BARRIER_ID];
};

static int paged_line(const struct barrier *b, void *arg)
{
	struct pages *p = arg;
	return str_copy(p->last, sizeof(p->last), b->id) ? barrier_line(b, p->l) : KT_ECORRUPT;
}

/* In pages: a query hands over its whole answer at once on PostgreSQL. */
static int list_barriers(struct listing *l, struct tx *tx, struct err *e)
{
	struct pages p = {.l = l};
	for (;;) {
		struct barrier_filter f = {.after = str_of(p.last), .limit = 5000};
		char before[BARRIER_ID];
		memcpy(before, p.last, sizeof(before));
		int rc = barrier_list(tx, &f, paged_line, &p, e);
		if (rc < 0 || memcmp(before, p.last, sizeof(before)) == 0)
			return rc;
	}
}

static int open_ticked(struct cli *c, struct centre *ce)
{
	struct err e = {0};
	int rc = centre_open(c, OPEN_ALL, ce);
	if (rc)
		return rc;
	rc = centre_tick(c, ce, &e);
	if (!rc)
		return EXIT_DONE;
	centre_close(ce);
	return cli_fail(c, &e);
}

int cmd_barriers_list(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	(void)argv;
	if (argc)
		return cli_usage(c, "barriers list vraagt niets.");
	int rc = open_ticked(c, &ce);
	return rc ? rc : cli_listing(c, &ce, list_barriers, "Er zijn nog geen maatregelen.\n");
}

static int history_line(const struct barrier_history *h, void *arg)
{
	struct listing *l = arg;
	char at[25];
	time_format(h->at_ms, at);
	if (l->c->json)
		barrier_step_object(&l->w, h);
	else
		buf_printf(&l->b, "  %s  %-12s " STR_FMT "  " STR_FMT "\n", at, barrier_state_word(h->state), STR_ARG(h->actor),
		           STR_ARG(h->why));
	return buf_err(&l->b);
}

static int show_one(struct listing *l, struct str id, struct err *e)
{
	struct tx *tx;
	struct barrier b;
	int rc = store_read(l->ce->store, &tx, e);
	if (rc)
		return rc;
	rc = barrier_get(tx, tx_arena(tx), id, &b, e);
	if (!rc && l->c->json) {
		jw_obj(&l->w);
		barrier_members(&l->w, &b);
		jw_key(&l->w, "verloop");
		jw_arr(&l->w);
	} else if (!rc) {
		(void)barrier_line(&b, l);
	}
	if (!rc)
		rc = barrier_steps(tx, id, history_line, l, e);
	store_read_end(tx);
	if (rc >= 0 && l->c->json) {
		jw_arr_end(&l->w);
		jw_obj_end(&l->w);
	}
	return rc;
}

int cmd_barriers_show(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct err e = {0};
	struct listing l = {.c = c, .ce = &ce, .b = BUF_INIT(1u << 20)};
	if (argc != 1)
		return cli_usage(c, "barriers show vraagt het nummer van een maatregel.");
	int rc = open_ticked(c, &ce);
	if (rc)
		return rc;
	jw_init(&l.w, &l.b);
	rc = show_one(&l, str_of(argv[0]), &e);
	rc = rc < 0 ? cli_fail(c, &e) : cli_put(&l.b);
	buf_free(&l.b);
	centre_close(&ce);
	return rc;
}

struct move {
	struct centre *ce;
	struct barrier_step step;
	enum barrier_state now;
};

static int move_job(struct tx *tx, void *arg, struct err *e)
{
	struct move *m = arg;
	int rc = barrier_move(tx, &m->step, &m->now, e);
	if (rc)
		return rc;
	struct str detail = arena_fmt(tx_arena(tx), "{\"toestand\":\"%s\"}", barrier_state_word(m->now));
	return audit_add(m->ce->audit, tx, m->step.actor, "barrier.move", m->step.id, detail, e);
}

static int move(struct cli *c, const char *id, enum barrier_state to, const char *why)
{
	struct centre ce;
	struct err e = {0};
	char actor[48];
	int rc = open_ticked(c, &ce);
	if (rc)
		return rc;
	snprintf(actor, sizeof(actor), "desk:%u", (unsigned)getuid());
	struct move m = {&ce, {ce.policy, str_of(id), to, actor, str_of(why), clock_ms(&c->clock)}, to};
	rc = store_submit(ce.store, move_job, &m, &e);
	if (rc) {
		rc = cli_fail(c, &e);
	} else {
		struct buf b = BUF_INIT(4096);
		struct jw w;
		jw_init(&w, &b);
		if (c->json) {
			jw_obj(&w);
			jw_kz(&w, "id", id);
			jw_kz(&w, "toestand", barrier_state_word(m.now));
			jw_obj_end(&w);
		} else {
			buf_printf(&b, "%s is nu %s.%s\n", id, barrier_state_word(m.now),
			           m.now == to ? "" : " Een tweede persoon moet ook goedkeuren.");
		}
		rc = cli_put(&b);
	}
	centre_close(&ce);
	return rc;
}

int cmd_barriers_approve(struct cli *c, int argc, char **argv)
{
	if (argc != 1)
		return cli_usage(c, "barriers approve vraagt het nummer van een maatregel.");
	return move(c, argv[0], BARRIER_APPROVED, "");
}

int cmd_barriers_refuse(struct cli *c, int argc, char **argv)
{
	const char *id = NULL, *why = NULL;
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--why") == 0 && i + 1 < argc)
			why = argv[++i];
		else if (!id)
			id = argv[i];
		else
			return cli_usage(c, "barriers refuse vraagt één nummer en --why TEKST.");
	}
	if (!id || !why || !str_trim(str_of(why)).n)
		return cli_usage(c, "barriers refuse vraagt een nummer en --why TEKST: zeg waarom.");
	if (strlen(why) > 500 || !str_utf8(str_of(why)))
		return cli_usage(c, "de reden is hoogstens 500 tekens, in UTF-8.");
	return move(c, id, BARRIER_REFUSED, why);
}
