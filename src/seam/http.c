/* The server: what the library asks, and starting and stopping.
 *
 * The library calls in this order for each request, always on the loop's own thread: on_target (request line),
 * on_access with the head, on_access for each piece of the body, on_access for the whole (again after http_defer),
 * on_completed. */
#include "seam/http_int.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define PEM_MAX (256u << 10)
#define TLS_PRIORITY "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" /* the library's own takes TLS 1.1 */

/* ---- the head ---- */

static struct http_conn *conn_of(struct MHD_Connection *mc)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return i ? i->socket_context : NULL;
}

static void *on_target(void *cls, const char *target, struct MHD_Connection *mc)
{
	struct http_server *s = cls;
	struct http_conn *c = conn_of(mc);
	struct http_call *k = c ? http_call_new(s, c->peer) : NULL;
	if (!k)
		return NULL;
	k->c = c;
	k->mc = mc;
	int phase = PHASE_IDLE;
	int64_t none = 0;
	if (!atomic_compare_exchange_strong(&c->began_ns, &none, k->rq.began_ns))
		k->rq.began_ns = none;
	(void)atomic_compare_exchange_strong(&c->phase, &phase, PHASE_READ); /* DEAD stays */
	k->unfinished = true;
	if (atomic_fetch_add(&s->unfinished, 1) >= HTTP_UNFINISHED)
		http_watch_press(s);
	/* The library takes the parameters apart in place, so the target is kept as it is now. */
	struct str all = arena_str(k->rq.arena, str_of(target ? target : ""));
	ptrdiff_t mark = str_find(all, '?');
	k->rq.path = mark < 0 ? all : str_sub(all, 0, (size_t)mark);
	if (mark >= 0)
		k->rq.query = str_sub(all, (size_t)mark + 1, all.n);
	k->raw_target = all;
	return k;
}

static enum MHD_Result on_line(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value,
                               size_t value_n)
{
	struct http_call *k = cls;
	(void)kind;
	if (k->n_lines == HTTP_MAX_FIELDS)
		return MHD_NO;
	k->lines[k->n_lines++] = (struct http_line){{name, name_n}, {value ? value : "", value ? value_n : 0}};
	return MHD_YES;
}

/* Copies the head to the arena, where it outlives the connection, and lets the lines point there. */
static bool head_keep(struct http_call *k, const struct http_head *h)
{
	struct str copy = arena_str(k->rq.arena, (struct str){h->block, h->n});
	if (!copy.p)
		return false;
	for (size_t i = 0; i < k->n_lines; i++) {
		struct http_line *l = k->lines + i;
		struct str value = str_trim((struct str){copy.p + (l->value.p - h->block), l->value.n});
		l->name.p = copy.p + (l->name.p - h->block);
		l->value = (struct http_part){value.p, value.n};
	}
	return true;
}

/* A trace that is not good, or not the only one, is as if there was none. */
static void trace_take(struct http_call *k)
{
	const struct http_line *found = NULL;
	struct trace t;
	for (size_t i = 0; i < k->n_lines; i++) {
		const struct http_line *l = k->lines + i;
		if (!str_ieq((struct str){l->name.p, l->name.n}, STR("traceparent")))
			continue;
		if (found)
			return;
		found = l;
	}
	if (!found || trace_parse((struct str){found->value.p, found->value.n}, &t))
		return;
	trace_span(&t);
	k->rq.trace = t;
}

/* Behind the web server in front of us: whom it saw. It puts that last in its one header; what stands before, and what
 * anybody else sends, is a visitor's own word. */
static void peer_take(struct http_call *k)
{
	const struct http_server *s = k->s;
	struct str found = STR_NONE;
	struct address a;
	if (!s->o.proxy || memcmp(k->rq.peer, s->proxy.b, sizeof s->proxy.b) != 0)
		return;
	for (size_t i = 0; i < k->n_lines; i++) {
		const struct http_line *l = k->lines + i;
		if (!str_ieq((struct str){l->name.p, l->name.n}, STR("X-Forwarded-For")))
			continue;
		if (found.p)
			return;
		found = (struct str){l->value.p, l->value.n};
	}
	ptrdiff_t comma = str_rfind(found, ',');
	if (address_of(str_trim(comma < 0 ? found : str_sub(found, (size_t)comma + 1, found.n)), &a))
		memcpy(k->rq.peer, a.b, sizeof a.b);
}

/* 0, or the status to refuse with. */
static unsigned head_read(struct http_call *k, const char *url, const char *method, const char *version)
{
	const struct http_server *s = k->s;
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(k->mc, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	struct http_head h = {.block = method, .n = i ? i->header_size : 0, .raw = k->raw_target};
	struct http_framing f;
	k->rq.method = http_method_of(str_of(method));
	if (k->raw_target.n > s->o.header_bytes / 2)
		return 414;
	if (h.n > s->o.header_bytes)
		return 431;
	int n = MHD_get_connection_values_n(k->mc, MHD_HEADER_KIND, NULL, NULL);
	if (n > HTTP_MAX_FIELDS)
		return 431;
	k->lines = arena_array(k->rq.arena, (size_t)n + 1, sizeof *k->lines);
	if (!k->lines || !k->raw_target.p)
		return 503;
	(void)MHD_get_connection_values_n(k->mc, MHD_HEADER_KIND, on_line, k);
	h.method = (struct http_part){method, strlen(method)};
	h.target = (struct http_part){url, k->raw_target.n};
	h.version = (struct http_part){version, strlen(version)};
	h.lines = k->lines;
	h.n_lines = k->n_lines;
	unsigned status = http_head_check(&h, &f);
	if (!status && !head_keep(k, &h))
		status = 503;
	if (status) {
		k->n_lines = 0; /* nobody reads what could not be understood */
		return status;
	}
	trace_take(k);
	peer_take(k);
	if (!f.chunked && !f.length)
		return 0;
	k->body_limit = s->h.body_max ? s->h.body_max(&k->rq, s->h.user) : 0;
	buf_init(&k->body, k->body_limit);
	return !k->body_limit || f.length > k->body_limit ? 413 : 0;
}

struct str http_header(const struct http_request *rq, const char *name)
{
	const struct http_call *k = (const struct http_call *)rq;
	for (size_t i = 0; i < k->n_lines; i++) {
		const struct http_line *l = k->lines + i;
		if (str_ieq((struct str){l->name.p, l->name.n}, str_of(name)))
			return (struct str){l->value.p, l->value.n};
	}
	return STR_NONE;
}

/* ---- the rest of a request ---- */

static enum MHD_Result refuse(struct http_call *k, unsigned status)
{
	atomic_fetch_add(&k->s->bad, 1);
	http_call_error(k, status);
	return http_call_send(k);
}

static void hold(struct http_call *k, size_t n)
{
	size_t all = atomic_fetch_add(&k->s->held, n - k->held) + n - k->held; /* modulo, both ways */
	k->held = n;
	if (n && all > HTTP_HELD)
		http_watch_press(k->s);
}

static void finished(struct http_call *k)
{
	if (k->unfinished)
		atomic_fetch_sub(&k->s->unfinished, 1);
	k->unfinished = false;
}

/* Between head and end the library takes no answer: on a plain socket it goes past it, under TLS the rest is taken in
 * and thrown away, for as long as the watch lets it. */
static enum MHD_Result on_body(struct http_call *k, const char *data, size_t *n)
{
	size_t had = *n;
	*n = 0;
	if (k->refused)
		return MHD_YES;
	buf_add(&k->body, data, had);
	if (!buf_err(&k->body)) {
		hold(k, k->body.cap);
		return MHD_YES;
	}
	k->refused = buf_err(&k->body) == KT_ENOMEM ? 503 : 413;
	buf_free(&k->body);
	hold(k, 0);
	if (k->s->o.cert_file)
		return MHD_YES;
	int phase = PHASE_READ;
	if (atomic_compare_exchange_strong(&k->c->phase, &phase, PHASE_DEAD)) {
		atomic_fetch_add(&k->s->bad, 1);
		http_raw_error(k->s, k->c->fd, k->c->peer, k->refused);
	}
	return MHD_NO;
}

static void handled(struct http_call *k)
{
	if (k->counted)
		atomic_fetch_sub(&k->s->handling, 1);
	k->counted = false;
	atomic_fetch_sub(&k->s->at_work, k->at_work);
	k->at_work = 0;
}

/* The handler has answered a deferred call, or the server does not wait for it any longer. */
static enum MHD_Result on_again(struct http_call *k)
{
	int state = atomic_load(&k->state);
	if (state == STATE_WAITING)
		return MHD_YES;
	enum MHD_Result rc = state == STATE_REPLIED ? http_call_send(k) : MHD_NO;
	handled(k);
	return rc;
}

static enum MHD_Result on_whole(struct http_call *k)
{
	struct http_server *s = k->s;
	int phase = PHASE_READ;
	if (!atomic_compare_exchange_strong(&k->c->phase, &phase, PHASE_BUSY))
		return MHD_NO;
	finished(k);
	if (k->refused)
		return refuse(k, k->refused);
	hold(k, 0);
	k->at_work = k->body.n;
	size_t at_work = atomic_fetch_add(&s->at_work, k->at_work) + k->at_work;
	if (k->body.n && (atomic_load(&s->handling) >= HTTP_HANDLING || (at_work > HTTP_AT_WORK && at_work > k->body.n))) {
		handled(k);
		return refuse(k, 503);
	}
	/* First counted, then looked: http_stop does it the other way round. */
	atomic_fetch_add(&s->handling, 1);
	k->counted = true;
	if (atomic_load(&s->refusing)) {
		handled(k);
		return MHD_NO;
	}
	k->handled = true;
	k->rq.body = buf_view(&k->body);
	atomic_fetch_add(&s->requests, 1);
	s->h.handle(&k->rq, s->h.user);
	if (k->deferred)
		return MHD_YES;
	if (!k->answered) {
		log_event(LOG_ERROR, "http-not-answered");
		http_call_error(k, 500);
	}
	enum MHD_Result rc = http_call_send(k);
	handled(k);
	return rc;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *mc, const char *url, const char *method,
                                 const char *version, const char *data, size_t *n, void **state)
{
	struct http_call *k = *state;
	(void)cls;
	(void)mc;
	if (!k)
		return MHD_NO;
	if (!k->headed) {
		k->headed = true;
		unsigned status = head_read(k, url, method, version);
		return status ? refuse(k, status) : MHD_YES;
	}
	if (*n)
		return on_body(k, data, n);
	return k->handled ? on_again(k) : on_whole(k);
}

static void on_completed(void *cls, struct MHD_Connection *mc, void **state, enum MHD_RequestTerminationCode how)
{
	struct http_server *s = cls;
	struct http_call *k = *state;
	(void)mc;
	*state = NULL;
	if (!k)
		return;
	struct http_conn *c = k->c;
	if (how == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED)
		atomic_fetch_add(&s->timeouts, 1);
	else if (how == MHD_REQUEST_TERMINATED_WITH_ERROR && atomic_load(&c->phase) == PHASE_READ && !k->answered)
		atomic_fetch_add(&s->bad, 1); /* refused by the library itself */
	handled(k);
	finished(k);
	hold(k, 0);
	atomic_store(&c->answer_ns, 0);
	atomic_store(&c->based, false);
	atomic_store(&c->began_ns, 0);
	atomic_store(&c->ready_ns, clock_mono_ns());
	if (atomic_load(&c->phase) != PHASE_DEAD) {
		/* From BUSY nobody else changes it; from READ the connection is at its end anyway. */
		int busy = PHASE_BUSY;
		(void)atomic_compare_exchange_strong(&c->phase, &busy, PHASE_IDLE);
	}
	http_call_release(k);
}

/* Percent signs stay: what they mean, the routes decide. */
static size_t on_unescape(void *cls, struct MHD_Connection *mc, char *s)
{
	(void)cls;
	(void)mc;
	return strlen(s);
}

/* Its texts may hold parts of a request; what matters is counted here. */
__attribute__((format(printf, 2, 0))) static void on_log(void *cls, const char *fmt, va_list ap)
{
	(void)cls;
	(void)fmt;
	(void)ap;
}

/* ---- start ---- */

static void defaults(struct http_opts *o)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	o->address = o->address ? o->address : "127.0.0.1";
	o->loops = o->loops ? o->loops : cores > 0 ? (unsigned)cores : 1;
	o->max_connections = o->max_connections ? o->max_connections : 12000;
	o->idle_seconds = o->idle_seconds ? o->idle_seconds : 15;
	o->request_seconds = o->request_seconds ? o->request_seconds : 30;
	o->header_bytes = o->header_bytes ? o->header_bytes : 16u << 10;
}

/* A descriptor per connection: takes what the system allows, and is content with fewer connections otherwise, so that
 * who is too many gets an answer and not silence. */
static void files_raise(struct http_server *s)
{
	struct rlimit l;
	rlim_t want = (rlim_t)s->o.max_connections + HTTP_OTHER_FILES;
	if (getrlimit(RLIMIT_NOFILE, &l) || l.rlim_cur >= want)
		return;
	l.rlim_cur = l.rlim_max < want ? l.rlim_max : want;
	if (setrlimit(RLIMIT_NOFILE, &l) || l.rlim_cur >= want)
		return;
	s->o.max_connections =
		l.rlim_cur > 2 * HTTP_OTHER_FILES ? (unsigned)l.rlim_cur - HTTP_OTHER_FILES : HTTP_OTHER_FILES;
	log_event(LOG_WARN, "http-few-files", LOG_NUM("connections", s->o.max_connections));
}

static int listen_open(struct http_server *s, struct err *e)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;
	int on = 1, off = 0;
	memset(&a, 0, sizeof a);
	if (inet_pton(AF_INET, s->o.address, &a.v4.sin_addr) == 1) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(s->o.port);
	} else if (inet_pton(AF_INET6, s->o.address, &a.v6.sin6_addr) == 1) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(s->o.port);
	} else {
		return err_set(e, KT_EINVAL, "het adres van de webserver is geen IPv4- of IPv6-adres");
	}
	socklen_t n = a.sa.sa_family == AF_INET ? sizeof a.v4 : sizeof a.v6;
	int fd = s->listen_fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "de webserver kan geen socket openen");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a.sa.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, &a.sa, n) || listen(fd, 4096) || getsockname(fd, &a.sa, &n))
		return err_sys(e, "de webserver kan niet luisteren op zijn adres en poort");
	s->port = ntohs(a.sa.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
	return 0;
}

static int pem_load(const char *path, char **ret, struct err *e)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return err_sys(e, "het certificaat of de sleutel van de webserver kan niet worden gelezen");
	setbuf(f, NULL); /* no copy of the key in a buffer that nobody wipes */
	char *p = calloc(1, PEM_MAX + 1);
	size_t n = p ? fread(p, 1, PEM_MAX + 1, f) : 0;
	(void)fclose(f);
	if (p && n && n <= PEM_MAX) {
		*ret = p;
		return 0;
	}
	free(p);
	return err_set(e, KT_EINVAL, "het certificaat of de sleutel van de webserver is leeg of te groot");
}

static void pem_wipe(char **p)
{
	if (*p) {
		explicit_bzero(*p, PEM_MAX + 1);
		free(*p);
	}
	*p = NULL;
}

static int daemon_start(struct http_server *s, struct err *e)
{
	/* More than 32 KiB comes from mmap: a connection that sends nothing then costs no buffer at all. */
	size_t pool = s->o.header_bytes + (20u << 10);
	bool tls = s->cert != NULL;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem more[6];
	size_t n = 0;
	if (pool <= 32u << 10)
		pool = (32u << 10) + 1;
	if (s->o.loops > 1)
		more[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)s->o.loops, NULL};
	if (tls) {
		static char priority[] = TLS_PRIORITY;
		more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert};
		more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, s->key};
		more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, priority};
		flags |= MHD_USE_TLS;
	}
	more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	/* The library divides its limit over the loops, which are never even: ours counts, with one answer for those who
	 * are too many; its own only caps each loop above that. */
	unsigned limit = (s->o.max_connections + 64) * s->o.loops;
	s->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, on_access, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET,
		s->listen_fd, MHD_OPTION_CONNECTION_LIMIT, limit, MHD_OPTION_CONNECTION_TIMEOUT, s->o.idle_seconds,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool, MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_NOTIFY_CONNECTION, http_conn_notify, s, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
	if (!s->daemon)
		return err_set(e, tls ? KT_EINVAL : KT_EUNAVAIL,
		               tls ? "de webserver start niet: horen certificaat en sleutel bij elkaar?"
		                   : "de webserver kan niet worden gestart");
	return 0;
}

static int server_new(const struct http_opts *o, const struct http_handler *h, struct http_server **ret, struct err *e)
{
	pthread_condattr_t ca;
	if (!h->handle || !h->error)
		return err_set(e, KT_EINTERNAL, "fout in het programma: de webserver heeft geen afhandeling");
	if (!o->cert_file != !o->key_file)
		return err_set(e, KT_EINVAL, "geef de webserver certificaat en sleutel allebei, of geen van beide");
	struct address proxy = {{0}};
	if (o->proxy && !address_of(str_of(o->proxy), &proxy))
		return err_set(e, KT_EINVAL, "trusted_proxy: verwacht een IPv4- of IPv6-adres, bijvoorbeeld 127.0.0.1");
	struct http_server *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(e, KT_ENOMEM, "onvoldoende geheugen voor de webserver");
	s->proxy = proxy;
	s->o = *o;
	s->h = *h;
	s->listen_fd = -1;
	defaults(&s->o);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&ca);
	(void)pthread_condattr_setclock(&ca, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->wake, &ca);
	(void)pthread_condattr_destroy(&ca);
	*ret = s;
	return 0;
}

int http_start(const struct http_opts *o, const struct http_handler *h, struct http_server **ret, struct err *e)
{
	struct http_server *s = NULL;
	sigset_t all, old;
	int rc = server_new(o, h, &s, e);
	if (rc)
		return rc;
	if (s->o.cert_file) {
		rc = pem_load(s->o.cert_file, &s->cert, e);
		if (!rc)
			rc = pem_load(s->o.key_file, &s->key, e);
	}
	files_raise(s);
	if (!rc)
		rc = listen_open(s, e);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for the main thread */
	if (!rc)
		rc = http_watch_start(s, e);
	if (!rc)
		rc = daemon_start(s, e);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	pem_wipe(&s->key); /* the library has its own form of it by now */
	pem_wipe(&s->cert);
	if (rc)
		(void)http_stop(s, 0);
	else
		*ret = s;
	return rc;
}

/* ---- stop ---- */

static void nap(void)
{
	(void)usleep(1000);
}

/* The library ends the process when it is stopped with a suspended connection. */
static void calls_end(struct http_server *s, unsigned grace_ms)
{
	int64_t until = clock_mono_ns() + (int64_t)grace_ms * 1000000;
	atomic_store(&s->draining, true);
	while (atomic_load(&s->active) && clock_mono_ns() < until)
		nap();
	atomic_store(&s->refusing, true);
	while (atomic_load(&s->handling) || atomic_load(&s->resuming)) {
		http_calls_abandon(s);
		nap();
	}
}

struct http_server *http_stop(struct http_server *s, unsigned grace_ms)
{
	if (!s)
		return NULL;
	if (s->daemon) {
		(void)MHD_quiesce_daemon(s->daemon);
		calls_end(s, grace_ms);
	}
	http_watch_stop(s);
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	if (s->listen_fd >= 0)
		(void)close(s->listen_fd);
	http_spare_free(s);
	(void)pthread_cond_destroy(&s->wake);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}

uint16_t http_port(const struct http_server *s)
{
	return s->port;
}

void http_counts(const struct http_server *s, struct http_counts *ret)
{
	*ret = (struct http_counts){
		.connections = atomic_load(&s->connections),
		.requests = atomic_load(&s->requests),
		.refused_address = atomic_load(&s->refused_address),
		.refused_total = atomic_load(&s->refused_total),
		.timeouts = atomic_load(&s->timeouts),
		.bad = atomic_load(&s->bad),
		.open_now = atomic_load(&s->open_now),
	};
}
