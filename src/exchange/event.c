#include "exchange/event.h"

#include "base/clock.h"

static const struct event_kind KINDS[] = {
	{"report.added", "melding.ontvangen", EVENT_REPORT, "open"},
	{"barrier.proposed", "barriere.voorgesteld", EVENT_BARRIER, "voorgesteld"},
	{"barrier.approved", "barriere.goedgekeurd", EVENT_BARRIER, "goedgekeurd"},
	{"barrier.refused", "barriere.geweigerd", EVENT_BARRIER, "geweigerd"},
	{"barrier.sent", "barriere.verzonden", EVENT_BARRIER, "verzonden"},
	{"barrier.acknowledged", "barriere.ontvangen", EVENT_BARRIER, "ontvangen"},
	{"barrier.executed", "barriere.uitgevoerd", EVENT_BARRIER, "uitgevoerd"},
	{"barrier.rejected", "barriere.afgewezen", EVENT_BARRIER, "afgewezen"},
	{"barrier.failed", "barriere.mislukt", EVENT_BARRIER, "mislukt"},
	{"barrier.lifted", "barriere.opgeheven", EVENT_BARRIER, "opgeheven"},
	{"barrier.expired", "barriere.verlopen", EVENT_BARRIER, "verlopen"},
	{"barrier.overdue", "barriere.te-laat", EVENT_BARRIER, NULL},
	{0},
};

const struct event_kind *event_kinds(void)
{
	return KINDS;
}

const struct event_kind *event_by_topic(struct str topic)
{
	for (const struct event_kind *k = KINDS; k->topic; k++)
		if (str_is(topic, k->topic))
			return k;
	return NULL;
}

const struct event_kind *event_by_name(struct str name)
{
	for (const struct event_kind *k = KINDS; k->topic; k++)
		if (str_is(name, k->name))
			return k;
	return NULL;
}

bool event_oin(struct str oin)
{
	for (size_t i = 0; i < oin.n; i++)
		if (!ch_digit((unsigned char)oin.p[i]))
			return false;
	return oin.n == 20;
}

static void write_text(struct jw *w, const char *key, struct buf *b)
{
	jw_kstr(w, key, buf_view(b));
	buf_free(b);
}

void event_write(const struct event_source *s, const struct event_kind *k, const struct outbox_row *row,
                 struct buf *ret)
{
	struct buf id = BUF_INIT(64), source = BUF_INIT(128), type = BUF_INIT(128), ref = BUF_INIT(1024);
	struct jw w;
	char at[25];
	buf_hex(&id, row->id, OUTBOX_ID);
	buf_printf(&source, "urn:nld:oin:%s:systeem:kentering", s->oin);
	buf_printf(&type, "nl.kentering.%s.v1", k->name);
	time_format(row->at_ms, at);
	jw_init(&w, ret);
	jw_obj(&w);
	jw_kz(&w, "specversion", "1.0");
	write_text(&w, "id", &id);
	write_text(&w, "source", &source);
	write_text(&w, "type", &type);
	jw_kz(&w, "time", at);
	jw_kz(&w, "datacontenttype", "application/json");
	if (*s->public_url && k->about == EVENT_BARRIER) {
		buf_printf(&ref, "%s/v1/barrieres/" STR_FMT, s->public_url, STR_ARG(row->object));
		write_text(&w, "dataref", &ref);
	}
	jw_key(&w, "data");
	jw_obj(&w);
	jw_kstr(&w, k->about == EVENT_BARRIER ? "nummer" : "meldingsnummer", row->object);
	if (k->state)
		jw_kz(&w, "toestand", k->state);
	jw_obj_end(&w);
	jw_obj_end(&w);
}
