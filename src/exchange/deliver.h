/* The table of ARCHITECTURE section 3: topic of the outbox to what becomes of it. */
#ifndef EXCHANGE_DELIVER_H
#define EXCHANGE_DELIVER_H
#include "audit/audit.h"
#include "exchange/webhook.h"
#include "job/worker.h"
#include "seam/smtp.h"

/* What delivering needs around it. Borrowed; outlives the worker. */
struct deliver {
	struct store *store;
	struct audit *audit;
	const struct policy *policy;
	const struct clock *clock;
	const struct box *box;
	struct event_source source;
	bool loopback;           /* tests: webhooks may be on this machine, over http */
	const char *ca_file;     /* extra trust for receivers; NULL: the system's */
	struct smtp_server smtp; /* url NULL: no mail leaves */
};

/* The options of a worker for this delivery; `d` outlives it. */
void deliver_opts(struct deliver *d, struct worker_opts *ret);

/* mail.c, for the table: the code of a reporter, and the answer to a forwarded mail. */
enum send_why mail_code_send(const struct outbox_row *row, const atomic_bool *stop, void *user);
enum send_why mail_answer_send(const struct outbox_row *row, const atomic_bool *stop, void *user);

#endif
