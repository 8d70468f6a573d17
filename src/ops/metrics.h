/* Counting answers, and everything an operator may graph as one table in Prometheus text form. Labels are numbers into
 * closed lists of words: what comes from outside cannot become one. */
#ifndef OPS_METRICS_H
#define OPS_METRICS_H
#include "barrier/barrier.h"
#include "base/buf.h"
#include "base/words.h"
#include "seam/http.h"
#include "store/store.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
/* ROUTE: two labels, route and method. */
enum metric_label { LABEL_NONE, LABEL_ROUTE, LABEL_CLASS, LABEL_STATE, LABEL_VERSION, LABELS };

/* id, name, type, first label, second label, help. Names follow the Prometheus conventions. */
#define METRICS(X) \
	X(VERSION, "kentering_info", GAUGE, VERSION, NONE, "Version of the program; always 1") \
	X(REQUESTS, "kentering_http_requests_total", COUNTER, ROUTE, CLASS, "Answers by route and class of status") \
	X(SECONDS, "kentering_http_request_duration_seconds", HISTOGRAM, ROUTE, NONE, \
	  "From the first byte of a request until its answer is given") \
	X(OPEN, "kentering_http_connections", GAUGE, NONE, NONE, "Connections open now") \
	X(CONNECTIONS, "kentering_http_connections_total", COUNTER, NONE, NONE, "Connections accepted") \
	X(REFUSED_ADDRESS, "kentering_http_refused_address_total", COUNTER, NONE, NONE, \
	  "Connections refused: too many from one address") \
	X(REFUSED_TOTAL, "kentering_http_refused_total", COUNTER, NONE, NONE, "Connections refused: too many in all") \
	X(TIMEOUTS, "kentering_http_timeouts_total", COUNTER, NONE, NONE, "Requests or connections that were too slow") \
	X(BAD, "kentering_http_bad_requests_total", COUNTER, NONE, NONE, "What could not become a request") \
	X(QUEUE, "kentering_writer_queue", GAUGE, NONE, NONE, "Jobs waiting for the writer") \
	X(QUEUE_MAX, "kentering_writer_queue_max", GAUGE, NONE, NONE, "Jobs that may wait; more are answered 503") \
	X(COMMIT, "kentering_commit_duration_seconds", HISTOGRAM, NONE, NONE, "Group commits, from BEGIN to after COMMIT") \
	X(JOBS, "kentering_jobs_total", COUNTER, NONE, NONE, "Jobs committed") \
	X(FAILED, "kentering_commits_failed_total", COUNTER, NONE, NONE, "Groups of jobs that were rolled back") \
	X(STORE_UP, "kentering_database_up", GAUGE, NONE, NONE, "1 when the figures below could be read") \
	X(OUTBOX, "kentering_outbox_waiting", GAUGE, NONE, NONE, "Messages that wait to leave") \
	X(DOSSIERS, "kentering_dossiers", GAUGE, NONE, NONE, "Dossiers") \
	X(SIGNALS, "kentering_signals", GAUGE, NONE, NONE, "Signals opened: a threshold was met") \
	X(BARRIERS, "kentering_barriers", GAUGE, STATE, NONE, "Barriers by state") \
	X(POLICY, "kentering_policy_fingerprint", GAUGE, NONE, NONE, \
	  "Number made of the rules in force; the same on servers with the same rules") \
	X(RULES, "kentering_policy_rules", GAUGE, NONE, NONE, "Rules in force") \
	X(MEMORY, "process_resident_memory_bytes", GAUGE, NONE, NONE, "Memory of the process that is in use") \
	X(START, "process_start_time_seconds", GAUGE, NONE, NONE, "When the process started, since 1970")

enum metric {
#define X(id, ...) METRIC_##id,
	METRICS(X)
#undef X
		METRIC_COUNT
};

struct metric_info {
	const char *name;
	enum metric_type type;
	enum metric_label label[2];
	const char *help;
};
extern const struct metric_info METRIC_INFO[METRIC_COUNT];

#define OPS_ROUTES 256 /* numbers of http_request.route that are counted apart; the rest is counted as 0 */

struct ops; /* the counters of one server */

struct ops_opts {
	unsigned routes; /* numbers of routes; their words below, of the program itself */
	const char *(*route)(unsigned number);
	const char *(*method)(unsigned number);
	struct store *store;         /* may be NULL: none of its figures then */
	const struct policy *policy; /* may be NULL */
	int64_t now_ms;
};

/* NULL: no memory. */
struct ops *ops_new(const struct ops_opts *o);
struct ops *ops_free(struct ops *o); /* takes NULL, returns NULL */
/* For http_handler.watcher: counts, and writes the line of the request when the log is at level info. */
struct http_watcher ops_watcher(struct ops *o);
/* Whose connections are told; the server outlives the use of the handler below. */
void ops_serves(struct ops *o, const struct http_server *s);
/* Everything as text, at most a few hundred KiB; errors stick in `b`. */
void ops_write(struct ops *o, struct buf *b);
/* The handler of the internal listener: /metrics and nothing else. */
void ops_handler(struct ops *o, struct http_handler *ret);

/* ops_store.c */
struct ops_figures {
	int64_t outbox, dossiers, signals;
	int64_t barriers[BARRIER_STATES];
};
int ops_figures(struct tx *tx, struct ops_figures *ret, struct err *e) KT_CHECK;

#endif
