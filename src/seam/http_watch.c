/* Connections, and the watch over slow ones.
 *
 * The library knows a limit without any progress only: a byte every few seconds keeps a connection for ever. Here one
 * thread looks at all connections a few times per request_seconds. Before the request line is in, only the kernel knows
 * whether a request has begun; it is asked for the bytes received (TCP_INFO).
 *
 * A connection leaves the list, under the lock, before the library closes its descriptor, so that a descriptor found in
 * the list is of that connection. The watch works on a copy of it (dup), because handler.error may not run under the
 * lock. */
#include "seam/http_int.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define BATCH 32
#define NS_PER_S INT64_C(1000000000)

/* ---- addresses ---- */

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void peer_of(const struct sockaddr *sa, uint8_t out[16])
{
	memset(out, 0, 16);
	if (sa && sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		memcpy(out, mapped, sizeof mapped);
		memcpy(out + 12, &in.sin_addr, 4);
	} else if (sa && sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, sa, sizeof in);
		memcpy(out, &in.sin6_addr, 16);
	}
}

static bool is_mapped(const uint8_t a[16])
{
	return memcmp(a, mapped, sizeof mapped) == 0;
}

static bool is_loopback(const uint8_t a[16])
{
	static const uint8_t one[16] = {[15] = 1};
	return memcmp(a, one, 16) == 0 || (is_mapped(a) && a[12] == 127);
}

/* Networks without a way from outside: a web server in front of us may bring everybody's connections. */
static bool is_private(const uint8_t a[16])
{
	if (is_mapped(a))
		return a[12] == 10 || (a[12] == 172 && (a[13] & 0xf0) == 16) || (a[12] == 192 && a[13] == 168);
	return (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

/* One subscriber: an IPv4 address, or the /64 that an IPv6 subscriber gets. */
static size_t same_bytes(const uint8_t a[16])
{
	return is_mapped(a) ? 16 : 8;
}

static size_t bucket_of(const uint8_t a[16])
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < same_bytes(a); i++)
		h = (h ^ a[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ (h >> 32)) & (HTTP_BUCKETS - 1);
}

static unsigned limit_of(const struct http_server *s, const uint8_t a[16])
{
	if (s->o.max_per_address)
		return s->o.max_per_address;
	return is_loopback(a) || is_private(a) ? 0 : 256;
}

/* ---- coming and going ---- */

/* Adds `c` to its bucket; false when its address has too many. */
static bool conn_enter(struct http_server *s, struct http_conn *c)
{
	unsigned limit = limit_of(s, c->peer), n = 0;
	(void)pthread_mutex_lock(&s->lock);
	struct http_conn **head = s->bucket + bucket_of(c->peer);
	for (const struct http_conn *o = limit ? *head : NULL; o && n < limit; o = o->next)
		n += memcmp(o->peer, c->peer, same_bytes(c->peer)) == 0;
	c->next = *head;
	c->at = head;
	if (c->next)
		c->next->at = &c->next;
	*head = c;
	(void)pthread_mutex_unlock(&s->lock);
	return !limit || n < limit;
}

static void conn_open(struct http_server *s, struct MHD_Connection *mc, void **state)
{
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *sa = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct http_conn *c = calloc(1, sizeof *c);
	uint64_t open = atomic_fetch_add(&s->open_now, 1) + 1;
	atomic_fetch_add(&s->connections, 1);
	*state = c;
	if (!c) {
		(void)shutdown(fd->connect_fd, SHUT_RDWR);
		return;
	}
	c->s = s;
	c->fd = fd->connect_fd;
	peer_of(sa->client_addr, c->peer);
	atomic_store(&c->ready_ns, clock_mono_ns());
	atomic_store(&c->based, true); /* of a new connection every byte counts */
	if (open > HTTP_UNFINISHED && open % (HTTP_UNFINISHED / 4) == 0)
		http_watch_press(s); /* a crowd comes in: what does it send? */
	bool room = conn_enter(s, c), total = open > s->o.max_connections;
	if (room && !total)
		return;
	atomic_fetch_add(total ? &s->refused_total : &s->refused_address, 1);
	atomic_store(&c->phase, PHASE_DEAD);
	http_raw_error(s, c->fd, c->peer, 503);
}

void http_conn_notify(void *cls, struct MHD_Connection *mc, void **state, enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = cls;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		conn_open(s, mc, state);
		return;
	}
	struct http_conn *c = *state;
	*state = NULL;
	atomic_fetch_sub(&s->open_now, 1);
	if (!c)
		return;
	(void)pthread_mutex_lock(&s->lock);
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	(void)pthread_mutex_unlock(&s->lock);
	free(c);
}

void http_raw_error(struct http_server *s, int fd, const uint8_t peer[16], unsigned status)
{
	struct http_call *k = s->o.cert_file ? NULL : http_call_new(s, peer);
	if (k) {
		struct buf b = BUF_INIT(64u << 10);
		k->raw = &b;
		http_call_error(k, status);
		/* A client that does not read gets nothing: nobody waits for it. */
		if (!buf_err(&b) && b.n)
			(void)!send(fd, b.p, b.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		buf_free(&b);
		http_call_release(k);
	}
	(void)shutdown(fd, SHUT_RDWR);
}

/* ---- the watch ---- */

/* *ret_ago: how long ago the last of them, as the order in which they came is the order in which they go. */
static bool bytes_came(struct http_conn *c, int64_t *ret_ago)
{
	struct tcp_info ti;
	socklen_t n = sizeof ti;
	memset(&ti, 0, sizeof ti);
	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &ti, &n))
		return false;
	uint64_t got = ti.tcpi_bytes_received;
	*ret_ago = (int64_t)ti.tcpi_last_data_recv * 1000000;
	/* What the loop has not read costs us nothing yet, and may be a whole request: it is the loop that is late. */
	int unread = 0;
	if (atomic_load(&c->based))
		return got != c->base && (ioctl(c->fd, SIOCINQ, &unread) || unread == 0);
	c->base = got;
	atomic_store(&c->based, true);
	return false;
}

/* What a look is for: what began before `before` goes, whatever time it has left. */
struct look {
	int64_t now, before;
};

/* Has this connection's time run out? */
static bool conn_late(const struct http_server *s, struct http_conn *c, const struct look *look)
{
	int phase = atomic_load(&c->phase);
	int64_t began = atomic_load(&c->began_ns), whole = (int64_t)s->o.request_seconds * NS_PER_S, now = look->now;
	if (phase == PHASE_BUSY) {
		int64_t answer = atomic_load(&c->answer_ns);
		return answer && now - answer > HTTP_ANSWER_TIMES * whole &&
			atomic_compare_exchange_strong(&c->phase, &phase, PHASE_DEAD);
	}
	if (phase == PHASE_DEAD)
		return false;
	int64_t none = 0, ago;
	if (!began && phase == PHASE_IDLE && bytes_came(c, &ago)) {
		(void)atomic_compare_exchange_strong(&c->began_ns, &none, now - ago);
		return false;
	}
	/* Without a byte the library's own limit comes first; this is for bytes that came before the first look. */
	bool late = began ? now - began > whole || began < look->before
					  : now - atomic_load(&c->ready_ns) > whole + (int64_t)s->o.idle_seconds * NS_PER_S;
	return late && atomic_compare_exchange_strong(&c->phase, &phase, PHASE_DEAD);
}

struct late {
	int fd;
	unsigned status; /* 0: its answer is under way, and nothing can be said any more */
	uint8_t peer[16];
};

/* From bucket *at on; returns how many were found, with *at the bucket to go on with. */
static unsigned late_collect(struct http_server *s, const struct look *look, unsigned *at, struct late *out)
{
	unsigned n = 0;
	(void)pthread_mutex_lock(&s->lock);
	for (; *at < HTTP_BUCKETS && n < BATCH; ++*at) {
		for (struct http_conn *c = s->bucket[*at]; c && n < BATCH; c = c->next) {
			if (!conn_late(s, c, look))
				continue;
			out[n].status = atomic_load(&c->answer_ns) ? 0 : look->before ? 503 : 408;
			out[n].fd = dup(c->fd);
			memcpy(out[n].peer, c->peer, sizeof c->peer);
			if (out[n].fd < 0)
				(void)shutdown(c->fd, SHUT_RDWR);
			else
				n++;
		}
		if (n == BATCH)
			break; /* the rest of this bucket comes next */
	}
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}

static unsigned look_once(struct http_server *s, int64_t before)
{
	struct late late[BATCH];
	struct look look = {clock_mono_ns(), before};
	unsigned all = 0;
	for (unsigned at = 0; at < HTTP_BUCKETS;) {
		unsigned n = late_collect(s, &look, &at, late);
		for (unsigned i = 0; i < n; i++) {
			atomic_fetch_add(&s->timeouts, 1);
			if (late[i].status)
				http_raw_error(s, late[i].fd, late[i].peer, late[i].status);
			else
				(void)shutdown(late[i].fd, SHUT_RDWR);
			(void)close(late[i].fd);
		}
		all += n;
	}
	return all;
}

static int by_age(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* When what is unfinished began, oldest first; the caller frees it. */
static int64_t *unfinished(struct http_server *s, size_t *ret_n)
{
	size_t n = 0, room = s->o.max_connections + 64u;
	int64_t *began = malloc(room * sizeof *began);
	(void)pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; began && i < HTTP_BUCKETS; i++) {
		for (struct http_conn *c = s->bucket[i]; c && n < room; c = c->next) {
			int phase = atomic_load(&c->phase);
			int64_t at = atomic_load(&c->began_ns);
			if (at && (phase == PHASE_IDLE || phase == PHASE_READ))
				began[n++] = at;
		}
	}
	(void)pthread_mutex_unlock(&s->lock);
	if (began)
		qsort(began, n, sizeof *began, by_age);
	*ret_n = n;
	return began;
}

/* Too many have begun and do not go on: the oldest make room. What they held goes back to the system. */
static void watch_look(struct http_server *s)
{
	size_t n = 0, keep = HTTP_UNFINISHED * 3 / 4;
	(void)look_once(s, 0);
	bool full = atomic_load(&s->held) > HTTP_HELD;
	if (!full && atomic_load(&s->open_now) <= HTTP_UNFINISHED)
		return;
	int64_t *began = unfinished(s, &n);
	if (full && keep > n / 2)
		keep = n / 2;
	if (began && (full || n > HTTP_UNFINISHED) && n > keep && look_once(s, began[n - keep - 1] + 1))
		malloc_trim(0);
	free(began);
}

/* In a crowd what comes is looked at more often. */
static int64_t watch_step(const struct http_server *s)
{
	int64_t step = (int64_t)s->o.request_seconds * NS_PER_S / 10;
	int64_t most = atomic_load(&s->open_now) > HTTP_UNFINISHED ? NS_PER_S / 10 : NS_PER_S;
	return step < most ? step : most;
}

static void *watch_main(void *arg)
{
	struct http_server *s = arg;
	(void)pthread_mutex_lock(&s->lock);
	while (!s->closing) {
		int64_t until = clock_mono_ns() + watch_step(s);
		struct timespec ts = {.tv_sec = until / NS_PER_S, .tv_nsec = until % NS_PER_S};
		if (!s->pressed && pthread_cond_timedwait(&s->wake, &s->lock, &ts) != ETIMEDOUT && !s->pressed)
			continue;
		s->pressed = false;
		(void)pthread_mutex_unlock(&s->lock);
		watch_look(s);
		(void)pthread_mutex_lock(&s->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

void http_watch_press(struct http_server *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->pressed = true;
	(void)pthread_cond_broadcast(&s->wake);
	(void)pthread_mutex_unlock(&s->lock);
}

int http_watch_start(struct http_server *s, struct err *e)
{
	if (pthread_create(&s->watch, NULL, watch_main, s))
		return err_set(e, KT_ENOMEM, "de bewaking van trage verbindingen kan niet worden gestart");
	s->watching = true;
	return 0;
}

void http_watch_stop(struct http_server *s)
{
	if (!s->watching)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->closing = true;
	(void)pthread_cond_broadcast(&s->wake);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->watch, NULL);
	s->watching = false;
}
