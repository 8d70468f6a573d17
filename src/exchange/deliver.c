#include "exchange/deliver.h"

#include <stdio.h>

#include "barrier/barrier.h"
#include "job/mail_out.h"

#define LANE_HEAD "webhook:"
#define MESSAGE_MAX (64u << 10)

/* ---- an event is spread ---- */

struct spread {
	const struct deliver *d;
	struct tx *tx;
	const struct outbox_row *row;
	const struct event_kind *kind;
	struct str partner, body;
	char (*lane)[OUTBOX_LANE];
	size_t n;
};

static int spread_one(const struct webhook *h, void *arg)
{
	struct spread *s = arg;
	if (!webhook_wants(h, s->kind, s->partner) || s->n == WEBHOOKS)
		return 0;
	(void)snprintf(s->lane[s->n++], OUTBOX_LANE, LANE_HEAD STR_FMT, STR_ARG(h->id));
	return 0;
}

static int partner_of(struct spread *s, struct err *e)
{
	struct barrier b;
	if (s->kind->about != EVENT_BARRIER)
		return 0;
	int rc = barrier_get(s->tx, tx_arena(s->tx), s->row->object, &b, e);
	if (!rc)
		s->partner = b.partner;
	return rc == KT_ENOTFOUND ? 0 : rc;
}

static int event_spread(struct tx *tx, const struct outbox_row *row, void *user, struct err *e)
{
	const struct deliver *d = user;
	struct spread s = {.d = d, .tx = tx, .row = row, .kind = event_by_topic(row->topic)};
	struct buf body = BUF_INIT(MESSAGE_MAX);
	s.lane = arena_array(tx_arena(tx), WEBHOOKS, sizeof(*s.lane));
	if (!s.lane || !s.kind)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om te bezorgen.");
	int rc = partner_of(&s, e);
	if (!rc)
		rc = webhook_list(tx, spread_one, &s, e);
	if (!rc && s.n)
		event_write(&d->source, s.kind, row, &body);
	if (!rc && buf_err(&body))
		rc = err_set(e, buf_err(&body), "Er is te weinig geheugen om te bezorgen.");
	for (size_t i = 0; !rc && i < s.n; i++)
		rc = outbox_send(tx, clock_ms(d->clock), "webhook.event", s.lane[i], row->object, buf_view(&body), e);
	buf_free(&body);
	return rc;
}

static int events_heard(struct tx *tx, void *user, bool *ret, struct err *e)
{
	int64_t n = 0;
	int rc = webhook_rows(tx, &n, e);
	(void)user;
	if (!rc)
		*ret = n > 0;
	return rc;
}

/* ---- a call ---- */

static struct str hook_of(const struct outbox_row *row)
{
	return str_sub(row->lane, sizeof(LANE_HEAD) - 1, row->lane.n);
}

static bool read_event(struct arena *a, const struct outbox_row *row, const struct val **ret)
{
	struct json_limits lim = {MESSAGE_MAX, 8};
	return str_starts(row->lane, STR(LANE_HEAD)) && !json_read(a, row->body, &lim, ret, NULL);
}

static enum send_why call(const struct deliver *d, const struct outbox_row *row, const struct webhook *h,
                          const uint8_t secret[WEBHOOK_SECRET], struct str id, const atomic_bool *stop)
{
	const struct policy_attempts *p = &policy_delivery(d->policy)->call;
	int64_t now = clock_ms(d->clock) / 1000;
	char at[24], signature[WEBHOOK_SIGNATURE], url[HTTP_URL_MAX + 1];
	unsigned status;
	if (!str_copy(url, sizeof(url), h->url))
		return SEND_LOCAL;
	(void)snprintf(at, sizeof(at), "%lld", (long long)now);
	webhook_sign(secret, id, now, row->body, signature);
	const struct http_field f[] = {{"Content-Type", STR("application/cloudevents+json; charset=utf-8")},
	                               {"User-Agent", STR("kentering")},
	                               {"Webhook-Id", id},
	                               {"Webhook-Timestamp", str_of(at)},
	                               {"Webhook-Signature", str_of(signature)}};
	struct http_call c = {.url = url,
	                      .fields = f,
	                      .fields_n = sizeof(f) / sizeof(f[0]),
	                      .body = row->body,
	                      .loopback = d->loopback,
	                      .limits = {(unsigned)p->connect_s * 1000, (unsigned)p->total_s * 1000, d->ca_file, stop}};
	return http_call(&c, &status);
}

static enum send_why event_send(const struct outbox_row *row, const atomic_bool *stop, void *user)
{
	const struct deliver *d = user;
	struct arena *a = arena_new(1u << 20);
	uint8_t secret[WEBHOOK_SECRET];
	const struct val *v;
	struct webhook h;
	struct tx *tx;
	enum send_why why = SEND_LOCAL;
	if (a && read_event(a, row, &v) && !store_read(d->store, &tx, NULL)) {
		int rc = webhook_get(tx, a, d->box, hook_of(row), &h, secret, NULL);
		store_read_end(tx);
		if (!rc)
			why = call(d, row, &h, secret, val_text(v, "id"), stop);
		crypto_wipe(secret, sizeof(secret));
	}
	arena_free(a);
	return why;
}

/* The notice of an approval that reached the partner who must act: its clock starts. */
static int event_sent(struct tx *tx, const struct outbox_row *row, void *user, struct err *e)
{
	const struct deliver *d = user;
	const struct val *v;
	struct webhook h;
	struct str sealed;
	struct barrier b;
	if (!read_event(tx_arena(tx), row, &v) || !str_is(val_text(v, "type"), "nl.kentering.barriere.goedgekeurd.v1"))
		return 0;
	int rc = webhook_row_get(tx, tx_arena(tx), hook_of(row), &h, &sealed, e);
	if (!rc)
		rc = barrier_get(tx, tx_arena(tx), row->object, &b, e);
	if (rc == KT_ENOTFOUND)
		return 0;
	if (rc || b.state != BARRIER_APPROVED || !str_eq(h.org, b.partner))
		return rc;
	struct barrier_step s = {
		d->policy, row->object, BARRIER_SENT, "system", STR("bericht bezorgd bij de partner"), clock_ms(d->clock)};
	enum barrier_state state;
	rc = barrier_move(tx, &s, &state, e);
	if (rc == KT_EREFUSED) /* the name has become protected meanwhile: it stays where it is, for a person to see */
		return 0;
	return rc ? rc : audit_add(d->audit, tx, "system", "barrier.sent", row->object, STR(""), e);
}

/* ---- the table ---- */

enum { RETRY_CALL, RETRY_MAIL };

#define EVENT(topic) \
	{ \
		topic, event_spread, NULL, NULL, RETRY_CALL, false, false \
	}

static const struct job_topic TOPICS[] = {
	EVENT("report.added"),
	EVENT("barrier.proposed"),
	EVENT("barrier.approved"),
	EVENT("barrier.refused"),
	EVENT("barrier.sent"),
	EVENT("barrier.acknowledged"),
	EVENT("barrier.executed"),
	EVENT("barrier.rejected"),
	EVENT("barrier.failed"),
	EVENT("barrier.lifted"),
	EVENT("barrier.expired"),
	EVENT("barrier.overdue"),
	{"webhook.event", NULL, event_send, event_sent, RETRY_CALL, true, false},
	/* A code that did not arrive has had its time; its reporter asks for another. */
	{"mail.code", NULL, mail_code_send, NULL, RETRY_MAIL, false, true},
	{MAIL_OUT_TOPIC, NULL, mail_answer_send, NULL, RETRY_MAIL, false, true},
	{0},
};

static struct job_retry retry_of(const struct policy_attempts *p)
{
	struct job_retry r = {.jitter_percent = p->jitter_percent};
	for (; r.n < p->n && r.n < JOB_DELAYS; r.n++)
		r.delay_s[r.n] = p->delay_s[r.n];
	return r;
}

void deliver_opts(struct deliver *d, struct worker_opts *ret)
{
	const struct policy_delivery *p = policy_delivery(d->policy);
	*ret = (struct worker_opts){.store = d->store,
	                            .clock = d->clock,
	                            .topics = TOPICS,
	                            .user = d,
	                            .heard = events_heard,
	                            .retry = {[RETRY_CALL] = retry_of(&p->call), [RETRY_MAIL] = retry_of(&p->mail)},
	                            .lease_s = p->lease_s,
	                            .keep_days = p->keep_days};
}
