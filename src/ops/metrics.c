#include "ops/metrics.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hist.h"
#include "base/log.h"
#include "seam/crypto.h"

#define CLASSES 6 /* by the first figure of a status */

const struct metric_info METRIC_INFO[METRIC_COUNT] = {
#define X(id, name, type, a, b, help) {name, METRIC_##type, {LABEL_##a, LABEL_##b}, help},
	METRICS(X)
#undef X
};

static const char *const CLASS[CLASSES] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
static const char *const VERSION[] = {KT_VERSION};

struct ops {
	const struct http_server *http;
	struct store *store;
	const struct policy *policy;
	int64_t start_ms;
	struct words words[LABELS];
	const char *route[OPS_ROUTES], *method[OPS_ROUTES], *state[BARRIER_STATES];
	struct words methods;
	_Atomic uint64_t requests[OPS_ROUTES][CLASSES];
	struct hist seconds[OPS_ROUTES];
};

struct ops *ops_new(const struct ops_opts *o)
{
	struct ops *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	unsigned n = o->routes < OPS_ROUTES ? o->routes : OPS_ROUTES;
	p->route[0] = "other";
	p->method[0] = "other";
	for (unsigned i = 1; i < n; i++) {
		p->route[i] = o->route(i);
		p->method[i] = o->method(i);
	}
	for (unsigned i = 0; i < BARRIER_STATES; i++)
		p->state[i] = barrier_state_word((enum barrier_state)i);
	p->store = o->store;
	p->policy = o->policy;
	p->start_ms = o->now_ms;
	p->words[LABEL_ROUTE] = (struct words){p->route, n ? n : 1};
	p->methods = (struct words){p->method, n ? n : 1};
	p->words[LABEL_CLASS] = (struct words){CLASS, CLASSES};
	p->words[LABEL_STATE] = (struct words){p->state, BARRIER_STATES};
	p->words[LABEL_VERSION] = (struct words){VERSION, 1};
	return p;
}

struct ops *ops_free(struct ops *o)
{
	free(o);
	return NULL;
}

void ops_serves(struct ops *o, const struct http_server *s)
{
	o->http = s;
}

/* ---- one answer ---- */

static void answered(const struct http_request *rq, unsigned status, size_t bytes, void *user)
{
	struct ops *o = user;
	int64_t us = (clock_mono_ns() - rq->began_ns) / 1000;
	unsigned route = rq->route < o->words[LABEL_ROUTE].n ? rq->route : 0;
	unsigned class = status / 100 < CLASSES ? status / 100 : 0;
	atomic_fetch_add_explicit(&o->requests[route][class], 1, memory_order_relaxed);
	hist_add(&o->seconds[route], us);
	log_event(LOG_INFO, "http.request", LOG_LISTED("method", &o->methods, route),
	          LOG_LISTED("route", &o->words[LABEL_ROUTE], route), LOG_NUM("status", status), LOG_NUM("ms", us / 1000),
	          LOG_NUM("bytes", bytes), LOG_TRACE("trace", &rq->trace));
}

struct http_watcher ops_watcher(struct ops *o)
{
	return (struct http_watcher){answered, o};
}

/* ---- the text ---- */

struct text {
	const struct ops *o;
	struct buf *b;
	const struct metric_info *m;
};

static void begin(struct text *t, enum metric m)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};
	t->m = &METRIC_INFO[m];
	buf_printf(t->b, "# HELP %s %s\n# TYPE %s %s\n", t->m->name, t->m->help, t->m->name, types[t->m->type]);
}

static void label(struct text *t, const char *name, const struct words *w, unsigned i, char *sep)
{
	buf_printf(t->b, "%c%s=\"%s\"", *sep, name, words_at(w, i));
	*sep = ',';
}

/* "{a="…",b="…"" without its end, so that `le` can follow; *ret_sep is '{' when nothing was written. */
static void labels(struct text *t, const unsigned at[2], char *ret_sep)
{
	static const char *const names[LABELS] = {"", "route", "class", "state", "version"};
	*ret_sep = '{';
	for (int i = 0; i < 2; i++) {
		enum metric_label l = t->m->label[i];
		if (l == LABEL_NONE)
			continue;
		label(t, names[l], &t->o->words[l], at[i], ret_sep);
		if (l == LABEL_ROUTE)
			label(t, "method", &t->o->methods, at[i], ret_sep);
	}
}

static void value(struct text *t, unsigned a, unsigned b, uint64_t v)
{
	char sep;
	buf_z(t->b, t->m->name);
	labels(t, (const unsigned[]){a, b}, &sep);
	buf_printf(t->b, "%s %llu\n", sep == '{' ? "" : "}", (unsigned long long)v);
}

static void one(struct text *t, enum metric m, uint64_t v)
{
	begin(t, m);
	value(t, 0, 0, v);
}

static void bucket(struct text *t, unsigned a, const char *le, uint64_t n)
{
	char sep;
	buf_printf(t->b, "%s_bucket", t->m->name);
	labels(t, (const unsigned[]){a, 0}, &sep);
	buf_printf(t->b, "%cle=\"%s\"} %llu\n", sep, le, (unsigned long long)n);
}

static void histogram(struct text *t, unsigned a, const struct hist *h)
{
	uint64_t n = 0, sum = atomic_load_explicit(&h->sum_us, memory_order_relaxed);
	char sep, le[24];
	for (int i = 0; i <= HIST_BOUNDS; i++) {
		n += atomic_load_explicit(&h->n[i], memory_order_relaxed);
		if (i < HIST_BOUNDS)
			(void)snprintf(le, sizeof(le), "%g", HIST_US[i] / 1e6);
		bucket(t, a, i < HIST_BOUNDS ? le : "+Inf", n);
	}
	buf_printf(t->b, "%s_sum", t->m->name);
	labels(t, (const unsigned[]){a, 0}, &sep);
	buf_printf(t->b, "%s %llu.%06llu\n%s_count", sep == '{' ? "" : "}", (unsigned long long)(sum / 1000000),
	           (unsigned long long)(sum % 1000000), t->m->name);
	labels(t, (const unsigned[]){a, 0}, &sep);
	buf_printf(t->b, "%s %llu\n", sep == '{' ? "" : "}", (unsigned long long)n);
}

/* ---- what is counted ---- */

static bool used(const struct ops *o, unsigned route)
{
	for (unsigned c = 0; c < CLASSES; c++)
		if (atomic_load_explicit(&o->requests[route][c], memory_order_relaxed))
			return true;
	return false;
}

/* A route appears with its first answer: most installations use a part of them. */
static void write_requests(struct text *t)
{
	const struct ops *o = t->o;
	unsigned n = o->words[LABEL_ROUTE].n;
	begin(t, METRIC_REQUESTS);
	for (unsigned r = 0; r < n; r++) {
		for (unsigned c = 1; c < CLASSES && used(o, r); c++) {
			uint64_t v = atomic_load_explicit(&o->requests[r][c], memory_order_relaxed);
			if (v)
				value(t, r, c, v);
		}
	}
	begin(t, METRIC_SECONDS);
	for (unsigned r = 0; r < n; r++)
		if (used(o, r))
			histogram(t, r, &o->seconds[r]);
}

static void write_connections(struct text *t)
{
	struct http_counts c;
	if (!t->o->http)
		return;
	http_counts(t->o->http, &c);
	one(t, METRIC_OPEN, c.open_now);
	one(t, METRIC_CONNECTIONS, c.connections);
	one(t, METRIC_REFUSED_ADDRESS, c.refused_address);
	one(t, METRIC_REFUSED_TOTAL, c.refused_total);
	one(t, METRIC_TIMEOUTS, c.timeouts);
	one(t, METRIC_BAD, c.bad);
}

static void write_writer(struct text *t)
{
	struct store_counts c;
	store_counts(t->o->store, &c);
	one(t, METRIC_QUEUE, c.waiting);
	one(t, METRIC_QUEUE_MAX, c.max_waiting);
	begin(t, METRIC_COMMIT);
	histogram(t, 0, store_commit_hist(t->o->store));
	one(t, METRIC_JOBS, c.jobs);
	one(t, METRIC_FAILED, c.failed);
}

/* A database that is out is told as such: the rest of the text is then wanted most. */
static void write_figures(struct text *t)
{
	struct ops_figures f;
	struct err e = {0};
	struct tx *tx;
	int rc = store_read(t->o->store, &tx, &e);
	if (!rc) {
		rc = ops_figures(tx, &f, &e);
		store_read_end(tx);
	}
	one(t, METRIC_STORE_UP, rc ? 0 : 1);
	if (rc)
		return;
	one(t, METRIC_OUTBOX, (uint64_t)f.outbox);
	one(t, METRIC_DOSSIERS, (uint64_t)f.dossiers);
	one(t, METRIC_SIGNALS, (uint64_t)f.signals);
	begin(t, METRIC_BARRIERS);
	for (unsigned i = 0; i < BARRIER_STATES; i++)
		if (*words_at(&t->o->words[LABEL_STATE], i))
			value(t, i, 0, (uint64_t)f.barriers[i]);
}

static void write_policy(struct text *t)
{
	const struct policy_rule *r;
	size_t n = policy_rules(t->o->policy, &r), enabled = 0;
	uint8_t h[32] = {0};
	uint64_t number = 0;
	for (size_t i = 0; i < n; i++) {
		if (!r[i].enabled)
			continue;
		enabled++;
		crypto_h(h, "policy-fingerprint", F_BYTES(h, 32), r[i].id, F_U64(r[i].version), F_U64(r[i].threshold),
		         F_U64(r[i].window_days), F_U64(r[i].from_day), F_U64(r[i].until_day));
	}
	for (int i = 0; i < 6; i++) /* 48 bits: a float of the reader holds them */
		number = number << 8 | h[i];
	one(t, METRIC_POLICY, number);
	one(t, METRIC_RULES, enabled);
}

static uint64_t resident_bytes(void)
{
	char text[128] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		(void)close(fd);
	struct str s = str_sub((struct str){text, n > 0 ? (size_t)n : 0}, 0, n > 0 ? (size_t)n : 0);
	ptrdiff_t first = str_find(s, ' ');
	int64_t pages = 0;
	if (first < 0)
		return 0;
	s = str_sub(s, (size_t)first + 1, s.n);
	ptrdiff_t second = str_find(s, ' ');
	if (second < 0 || !str_int(str_sub(s, 0, (size_t)second), &pages))
		return 0;
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void ops_write(struct ops *o, struct buf *b)
{
	struct text t = {.o = o, .b = b};
	one(&t, METRIC_VERSION, 1);
	write_requests(&t);
	write_connections(&t);
	if (o->store) {
		write_writer(&t);
		write_figures(&t);
	}
	if (o->policy)
		write_policy(&t);
	one(&t, METRIC_MEMORY, resident_bytes());
	one(&t, METRIC_START, (uint64_t)(o->start_ms / 1000));
}
