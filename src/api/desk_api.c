/* The desk's work: what was counted, and the barriers. Who may call which operation the router has checked; which
 * barriers a partner may see is decided here, in mine() and in the filter of the list. */
#include "api/api.h"

#define PAGE_DEFAULT 50
#define CURSOR_MAX 80

/* In a demonstration one bank stands for all; in production a partner is exactly itself. */
static bool mine(const struct api_call *c, struct str partner)
{
	struct str org = str_of(c->session.account.org);
	if (c->session.account.role != ROLE_PARTNER)
		return true;
	if (str_eq(partner, org))
		return true;
	return !c->api->production && str_starts(partner, org) && partner.p[org.n] == ':';
}

/* One page: asks one row more than it shows, to know whether there is a next. */
struct page {
	struct api_call *c;
	int64_t limit, n;
	char last[CURSOR_MAX]; /* of the last row shown */
	bool more;
};

static struct page page_begin(struct api_call *c, struct str limit, const char *key)
{
	struct page p = {.c = c, .limit = PAGE_DEFAULT};
	(void)str_int(limit, &p.limit); /* its pattern was checked; absent: as it is */
	jw_obj(&c->w);
	jw_key(&c->w, key);
	jw_arr(&c->w);
	return p;
}

static void page_end(struct page *p, int rc)
{
	struct jw *w = &p->c->w;
	jw_arr_end(w);
	jw_kz(w, "volgende", p->more ? p->last : NULL);
	jw_obj_end(w);
	if (rc < 0)
		api_fail(p->c, &p->c->err, NULL);
	else
		api_answer(p->c, 200);
}

static int signal_row(const struct signal_row *r, void *arg)
{
	struct page *p = arg;
	if (p->n++ == p->limit) {
		p->more = true;
		return 1;
	}
	struct buf b = BUF_INIT(CURSOR_MAX);
	buf_printf(&b, "%lld-", (long long)r->last_day);
	buf_hex(&b, r->tag.p, r->tag.n);
	(void)str_copy(p->last, sizeof(p->last), buf_view(&b));
	buf_free(&b);
	signal_object(&p->c->w, r);
	return buf_err(p->c->w.b);
}

/* "20515-<64 hexadecimal digits>", as its pattern promises. */
static void read_cursor(struct str s, int64_t *day, uint8_t tag[TAG_BYTES])
{
	ptrdiff_t dash = str_find(s, '-');
	(void)str_int(str_sub(s, 0, (size_t)dash), day);
	for (size_t i = 0; i < TAG_BYTES; i++) {
		unsigned v = 0;
		for (size_t k = 0; k < 2; k++) {
			char x = s.p[(size_t)dash + 1 + 2 * i + k];
			v = v << 4 | (unsigned)(x <= '9' ? x - '0' : x - 'a' + 10);
		}
		tag[i] = (uint8_t)v;
	}
}

void signals_list(struct api_call *c)
{
	struct tx *tx;
	uint8_t tag[TAG_BYTES];
	int64_t day = 0;
	struct page p = page_begin(c, c->param[1], "signalen");
	bool first = !c->param[0].p;
	if (!first)
		read_cursor(c->param[0], &day, tag);
	int rc = store_read(c->api->intake->store, &tx, &c->err);
	if (!rc) {
		rc = first ? signal_list(tx, p.limit + 1, signal_row, &p, &c->err)
				   : signal_list_after(tx, day, tag, p.limit + 1, signal_row, &p, &c->err);
		store_read_end(tx);
	}
	page_end(&p, rc);
}

static int barrier_row(const struct barrier *b, void *arg)
{
	struct page *p = arg;
	if (p->n++ == p->limit) {
		p->more = true;
		return 1;
	}
	(void)str_copy(p->last, sizeof(p->last), b->id);
	jw_obj(&p->c->w);
	barrier_members(&p->c->w, b);
	jw_obj_end(&p->c->w);
	return buf_err(p->c->w.b);
}

static enum barrier_state state_of(struct str word)
{
	for (enum barrier_state s = BARRIER_PROPOSED; s < BARRIER_STATES; s++)
		if (str_is(word, barrier_state_word(s)))
			return s;
	return 0;
}

void barriers_list(struct api_call *c)
{
	struct tx *tx;
	struct page p = page_begin(c, c->param[2], "barrieres");
	struct barrier_filter f = {.after = c->param[1],
	                           .limit = p.limit + 1,
	                           .state = c->param[0].p ? state_of(c->param[0]) : 0,
	                           .family = !c->api->production};
	if (c->session.account.role == ROLE_PARTNER)
		f.partner = str_of(c->session.account.org);
	int rc = store_read(c->api->intake->store, &tx, &c->err);
	if (!rc) {
		rc = barrier_list(tx, &f, barrier_row, &p, &c->err);
		store_read_end(tx);
	}
	page_end(&p, rc);
}

static int history_row(const struct barrier_history *h, void *arg)
{
	struct jw *w = arg;
	barrier_step_object(w, h);
	return buf_err(w->b);
}

/* What is not for this organisation is not there for it. */
static int find_mine(struct api_call *c, struct tx *tx, struct barrier *ret)
{
	int rc = barrier_get(tx, tx_arena(tx), c->param[0], ret, &c->err);
	if (!rc && !mine(c, ret->partner))
		rc = err_set(&c->err, KT_ENOTFOUND, "Er is geen maatregel met dit nummer.");
	return rc;
}

static int write_barrier(struct api_call *c, struct tx *tx)
{
	struct barrier b;
	int rc = find_mine(c, tx, &b);
	if (rc)
		return rc;
	jw_obj(&c->w);
	barrier_members(&c->w, &b);
	jw_key(&c->w, "verloop");
	jw_arr(&c->w);
	rc = barrier_steps(tx, b.id, history_row, &c->w, &c->err);
	jw_arr_end(&c->w);
	jw_obj_end(&c->w);
	return rc < 0 ? rc : 0;
}

void barrier_show(struct api_call *c)
{
	struct tx *tx;
	int rc = store_read(c->api->intake->store, &tx, &c->err);
	if (!rc) {
		rc = write_barrier(c, tx);
		store_read_end(tx);
	}
	if (rc)
		api_fail(c, &c->err, NULL);
	else
		api_answer(c, 200);
}

static int step(struct api_call *c, struct tx *tx, enum barrier_state to, const char *actor, struct str why)
{
	struct barrier_step s = {.policy = c->api->intake->policy,
	                         .id = c->param[0],
	                         .to = to,
	                         .actor = actor,
	                         .why = why.p ? str_trim(why) : STR(""),
	                         .now_ms = clock_ms(c->api->clock)};
	enum barrier_state now;
	int rc = barrier_move(tx, &s, &now, &c->err);
	if (rc)
		return rc;
	struct str detail = arena_fmt(tx_arena(tx), "{\"toestand\":\"%s\"}", barrier_state_word(now));
	return audit_add(c->api->intake->audit, tx, actor, "barrier.move", s.id, detail, &c->err);
}

/* A partner that says what it did with an approved barrier has thereby been sent it and has it: those steps are made
 * too, so that the history is whole and the safety lists are asked once more. */
static int settle(struct api_call *c, struct tx *tx, enum barrier_state to)
{
	struct barrier b;
	const char *actor = c->session.actor;
	int rc = find_mine(c, tx, &b);
	if (!rc && b.state == BARRIER_APPROVED)
		rc = step(c, tx, BARRIER_SENT, "system", STR(""));
	if (!rc && (b.state == BARRIER_APPROVED || b.state == BARRIER_SENT))
		rc = step(c, tx, BARRIER_ACKNOWLEDGED, actor, STR(""));
	return rc ? rc : step(c, tx, to, actor, val_text(c->body, "toelichting"));
}

static int decide(struct api_call *c, struct tx *tx)
{
	switch (c->route->op) {
	case API_BARRIERE_GOEDKEUREN:
		return step(c, tx, BARRIER_APPROVED, c->session.actor, val_text(c->body, "toelichting"));
	case API_BARRIERE_WEIGEREN:
		return step(c, tx, BARRIER_REFUSED, c->session.actor, val_text(c->body, "toelichting"));
	default:
		return settle(c, tx, str_is(val_text(c->body, "uitkomst"), "uitgevoerd") ? BARRIER_EXECUTED : BARRIER_REJECTED);
	}
}

/* Decision, log and the answer in one transaction: what is answered is what was stored. */
static int decide_job(struct tx *tx, void *arg, struct err *e)
{
	struct api_call *c = arg;
	(void)e; /* it is c->err: the ticket's */
	api_restart(c);
	int rc = decide(c, tx);
	return rc ? rc : write_barrier(c, tx);
}

static void decided(struct api_call *c)
{
	api_answer(c, 200);
}

void barrier_approve(struct api_call *c)
{
	api_submit(c, decide_job, decided);
}

void barrier_refuse(struct api_call *c)
{
	if (!str_trim(val_text(c->body, "toelichting")).n) {
		valid_add(&c->why, "/toelichting", 0, "pattern", "verwacht de reden, in hoogstens 500 tekens");
		api_problem(c->rq, 400, "Zeg waarom de maatregel wordt geweigerd.", &c->why);
		return;
	}
	api_submit(c, decide_job, decided);
}

void barrier_settle(struct api_call *c)
{
	api_submit(c, decide_job, decided);
}
