/* Events for others: NL GOV profile of CloudEvents 1.0, structured JSON (application/cloudevents+json). Attributes are
 * logged by whoever passes them on, so they hold nothing of a person; `data` holds numbers of ours and states. The
 * types and their schemas are in api/events.yaml. */
#ifndef EXCHANGE_EVENT_H
#define EXCHANGE_EVENT_H
#include "job/outbox.h"
#include "seam/json.h"

/* Who speaks. */
struct event_source {
	const char *oin;        /* twenty digits */
	const char *public_url; /* "https://kentering.example", without slash; "" when there is none: no dataref then */
};

enum event_about { EVENT_REPORT, EVENT_BARRIER };

struct event_kind {
	const char *topic; /* of the outbox: "barrier.approved" */
	const char *name;  /* as one subscribes: "barriere.goedgekeurd" */
	enum event_about about;
	const char *state; /* Dutch, in `data`; NULL when the event is no change of state */
};

/* By topic of the outbox, or by name; NULL when there is none. */
const struct event_kind *event_by_topic(struct str topic);
const struct event_kind *event_by_name(struct str name);
/* Ended by topic NULL. */
const struct event_kind *event_kinds(void);

/* Twenty digits? */
bool event_oin(struct str oin);
/* The event of an outbox row. Its id is the row's, so a repeat is recognised. */
void event_write(const struct event_source *s, const struct event_kind *k, const struct outbox_row *row,
                 struct buf *ret);

#endif
