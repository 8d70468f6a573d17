#include "mail/lmtp_server.h"
#include "base/log.h"
#include "mail/lmtp.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct lmtp_server {
	struct lmtp_server_options o;
	struct lmtp_options lmtp;
	struct mail_desk *desk;
	char host[256];
	int unix_fd, tcp_fd, stop_fd;
	uint16_t port;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned connections;
	atomic_size_t held; /* bytes of messages that are coming in */
};

struct session {
	struct lmtp_server *s;
	int fd;
	struct lmtp l;
	struct buf out;
	size_t held;
	int64_t began_ns; /* of the message that is coming in; 0: none */
};

#define SECOND_NS INT64_C(1000000000)

/* ---- one connection ---- */

/* 1: ready; 0: too late; -1: the server stops, or the line is gone. */
static int wait_fd(const struct session *c, short what, int64_t until_ns)
{
	for (;;) {
		struct pollfd p[2] = {{c->fd, what, 0}, {c->s->stop_fd, POLLIN, 0}};
		int64_t left = (until_ns - clock_mono_ns()) / 1000000;
		int n = left <= 0 ? 0 : poll(p, 2, (int)left + 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n;
		if (p[0].revents)
			return 1;
		return -1;
	}
}

/* Sends what waits. A client that does not read is a slow client. */
static bool flush(struct session *c)
{
	struct str s = buf_view(&c->out);
	int64_t until = clock_mono_ns() + (int64_t)c->s->o.seconds * SECOND_NS;
	while (s.n) {
		ssize_t n = send(c->fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0)
			s = str_sub(s, (size_t)n, s.n);
		else if (n < 0 && errno == EAGAIN) {
			struct pollfd p = {c->fd, POLLOUT, 0};
			int64_t left = (until - clock_mono_ns()) / 1000000;
			if (left <= 0 || (poll(&p, 1, (int)left + 1) < 0 && errno != EINTR))
				return false;
		} else if (n == 0 || errno != EINTR) {
			return false;
		}
	}
	bool ok = !buf_err(&c->out);
	buf_reset(&c->out);
	return ok;
}

/* Counts what this session holds; the one that goes over the top loses its message, not the others. */
static void count_held(struct session *c)
{
	size_t now = c->l.data.cap;
	atomic_fetch_add(&c->s->held, now - c->held); /* wraps as it should when it became less */
	c->held = now;
	if (c->l.state == LMTP_DATA && now && atomic_load(&c->s->held) > LMTP_MEMORY) {
		lmtp_squeeze(&c->l);
		count_held(c);
	}
}

static enum lmtp_want deliver(struct session *c)
{
	struct mail_in in = {buf_view(&c->l.data), str_of(c->l.sender), true};
	enum mail_outcome got = MAIL_DROPPED;
	struct err e = {0};
	int64_t began = clock_mono_ns();
	int rc = mail_deliver(c->s->desk, &in, &got, &e);
	int64_t ms = (clock_mono_ns() - began) / 1000000;
	if (!rc) {
		log_event(LOG_INFO, "mail.in", LOG_NUM("outcome", got), LOG_NUM("ms", ms));
		return lmtp_delivered(&c->l, 250, "2.6.0", "taken in", &c->out);
	}
	log_event(LOG_WARN, "mail.in", LOG_ERR("error", rc), LOG_NUM("ms", ms));
	if (rc == KT_EINVAL)
		return lmtp_delivered(&c->l, 554, "5.6.0",
		                      "this message cannot be read: send the text and the links in a new one", &c->out);
	if (rc == KT_ELIMIT)
		return lmtp_delivered(&c->l, 552, "5.3.4", "message too big", &c->out);
	return lmtp_delivered(&c->l, 451, "4.3.0", "not now, try again later", &c->out);
}

/* What came in, with replies gathered (RFC 2920), until it is used up. */
static enum lmtp_want use(struct session *c, struct str in)
{
	enum lmtp_want w;
	do {
		w = lmtp_read(&c->l, &in, &c->out);
		count_held(c);
		if (w == LMTP_DELIVER)
			w = deliver(c);
		count_held(c);
		if (c->out.n > 16384 && w != LMTP_CLOSE && !flush(c))
			return LMTP_CLOSE;
	} while (w == LMTP_MORE && in.n);
	bool receiving = c->l.state == LMTP_DATA;
	if (!receiving)
		c->began_ns = 0;
	else if (!c->began_ns)
		c->began_ns = clock_mono_ns();
	return w;
}

static void talk(struct session *c)
{
	char bytes[16384];
	int64_t patience = (int64_t)c->s->o.seconds * SECOND_NS;
	/* A command that drips in, byte by byte, has the time of one silence. */
	int64_t line_until = 0;
	enum lmtp_want w = LMTP_MORE;
	lmtp_start(&c->l, &c->s->lmtp, &c->out);
	while (flush(c) && w == LMTP_MORE) {
		int64_t until = clock_mono_ns() + patience;
		if (c->l.state != LMTP_DATA && c->l.line_n)
			until = line_until;
		else
			line_until = until;
		if (c->began_ns && c->began_ns + LMTP_TRANSFER_FACTOR * patience < until)
			until = c->began_ns + LMTP_TRANSFER_FACTOR * patience;
		int ready = wait_fd(c, POLLIN, until);
		if (ready <= 0) {
			lmtp_goodbye(&c->l, ready ? "4.3.2" : "4.4.2", ready ? "going down" : "too slow", &c->out);
			w = LMTP_CLOSE;
			continue;
		}
		ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n > 0)
			w = use(c, (struct str){bytes, (size_t)n});
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	explicit_bzero(bytes, sizeof(bytes));
}

static void leave(struct lmtp_server *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->connections--;
	(void)pthread_cond_signal(&s->ended);
	(void)pthread_mutex_unlock(&s->lock);
}

static void *session_main(void *arg)
{
	struct session *c = arg;
	struct lmtp_server *s = c->s;
	talk(c);
	lmtp_free(&c->l);
	count_held(c);
	buf_free(&c->out);
	close(c->fd);
	free(c);
	leave(s);
	return NULL;
}

/* ---- the listeners ---- */

static bool session_start(struct lmtp_server *s, int fd)
{
	pthread_attr_t attr;
	pthread_t t;
	struct session *c = calloc(1, sizeof(*c));
	if (!c || pthread_attr_init(&attr)) {
		free(c);
		return false;
	}
	c->s = s;
	c->fd = fd;
	c->out = BUF_INIT(1u << 20);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, 512u << 10);
	bool ok = pthread_create(&t, &attr, session_main, c) == 0;
	(void)pthread_attr_destroy(&attr);
	if (!ok)
		free(c);
	return ok;
}

static void one_more(struct lmtp_server *s, int listener)
{
	static const char busy[] = "421 4.3.2 too busy, try again later\r\n";
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			(void)usleep(100000); /* it stays readable: not round and round */
		return;
	}
	(void)pthread_mutex_lock(&s->lock);
	bool room = s->connections < LMTP_CONNECTIONS;
	s->connections += room;
	(void)pthread_mutex_unlock(&s->lock);
	if (room && session_start(s, fd))
		return;
	if (room)
		leave(s);
	(void)!send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void *server_main(void *arg)
{
	struct lmtp_server *s = arg;
	for (;;) {
		struct pollfd p[3] = {{s->stop_fd, POLLIN, 0}, {s->unix_fd, POLLIN, 0}, {s->tcp_fd, POLLIN, 0}};
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			return NULL;
		if (p[0].revents)
			return NULL;
		if (p[1].revents)
			one_more(s, s->unix_fd);
		if (p[2].revents)
			one_more(s, s->tcp_fd);
	}
}

/* A socket that nobody listens on is left over from a server that died. */
static int old_socket(const struct sockaddr_un *a, struct err *e)
{
	struct stat st;
	if (lstat(a->sun_path, &st))
		return errno == ENOENT ? 0 : err_sys(e, "lmtp_socket: het pad kan niet worden bekeken");
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, KT_EEXISTS, "lmtp_socket: op dit pad staat al iets anders dan een socket.");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0;
	if (fd >= 0)
		close(fd);
	if (alive)
		return err_set(e, KT_EEXISTS, "lmtp_socket: een andere server luistert al op dit pad.");
	return unlink(a->sun_path) ? err_sys(e, "lmtp_socket: de oude socket kan niet weg") : 0;
}

static int listen_unix(struct lmtp_server *s, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	if (!str_copy(a.sun_path, sizeof(a.sun_path), str_of(s->o.socket)))
		return err_set(e, KT_ELIMIT, "lmtp_socket: het pad is langer dan %zu tekens.", sizeof(a.sun_path) - 1);
	int rc = old_socket(&a, e);
	if (rc)
		return rc;
	s->unix_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Owner and group: the mail server belongs to the group. */
	if (s->unix_fd < 0 || bind(s->unix_fd, (struct sockaddr *)&a, sizeof(a)) || chmod(a.sun_path, 0660) ||
	    listen(s->unix_fd, 64))
		return err_sys(e, "lmtp_socket: er kan niet op dit pad worden geluisterd");
	return 0;
}

static int listen_tcp(struct lmtp_server *s, struct err *e)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(s->o.port)};
	socklen_t n = sizeof(a);
	int on = 1;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK); /* LMTP is never for the net (RFC 2033 5) */
	s->tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->tcp_fd < 0 || setsockopt(s->tcp_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(s->tcp_fd, (struct sockaddr *)&a, n) || listen(s->tcp_fd, 64) ||
	    getsockname(s->tcp_fd, (struct sockaddr *)&a, &n))
		return err_sys(e, "lmtp_port: er kan niet op deze poort worden geluisterd");
	s->port = ntohs(a.sin_port);
	return 0;
}

static void name_of(struct lmtp_server *s)
{
	struct str address = str_of(s->o.address);
	ptrdiff_t at = str_rfind(address, '@');
	if (at < 0 || !str_copy(s->host, sizeof(s->host), str_sub(address, (size_t)at + 1, address.n)))
		(void)str_copy(s->host, sizeof(s->host), STR("localhost"));
	s->lmtp = (struct lmtp_options){s->host, address, MAIL_MAX_BYTES};
}

int lmtp_server_start(const struct lmtp_server_options *o, struct mail_desk *d, struct lmtp_server **ret, struct err *e)
{
	sigset_t all, old;
	struct lmtp_server *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen.");
	s->o = *o;
	s->desk = d;
	s->unix_fd = s->tcp_fd = -1;
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->ended, NULL);
	name_of(s);
	int rc = s->stop_fd < 0 ? err_sys(e, "LMTP kan niet worden gestart") : 0;
	if (!rc && *o->socket)
		rc = listen_unix(s, e);
	if (!rc && o->listen_port)
		rc = listen_tcp(s, e);
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for the main thread */
	if (!rc)
		s->running = pthread_create(&s->thread, NULL, server_main, s) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!rc && !s->running)
		rc = err_set(e, KT_ENOMEM, "LMTP kan niet worden gestart.");
	if (rc)
		lmtp_server_stop(s);
	else
		*ret = s;
	return rc;
}

uint16_t lmtp_server_port(const struct lmtp_server *s)
{
	return s->port;
}

struct lmtp_server *lmtp_server_stop(struct lmtp_server *s)
{
	uint64_t one = 1;
	if (!s)
		return NULL;
	if (s->stop_fd >= 0)
		(void)!write(s->stop_fd, &one, sizeof(one));
	if (s->running)
		(void)pthread_join(s->thread, NULL);
	(void)pthread_mutex_lock(&s->lock);
	while (s->connections)
		(void)pthread_cond_wait(&s->ended, &s->lock);
	(void)pthread_mutex_unlock(&s->lock);
	if (s->unix_fd >= 0) {
		close(s->unix_fd);
		(void)unlink(s->o.socket);
	}
	if (s->tcp_fd >= 0)
		close(s->tcp_fd);
	if (s->stop_fd >= 0)
		close(s->stop_fd);
	(void)pthread_cond_destroy(&s->ended);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}
