/* What one small request costs the server: processor time of its loops per request, 64 keep-alive connections, a
 * handler that does nothing, twelve headers in the answer (traceparent is the server's own), every answer counted.
 * Client and server share the process; the client's own thread is subtracted. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "base/clock.h"
#include "ops/metrics.h"

#define CONNECTIONS 64
#define ROUNDS 5
#define REQUESTS 100000

static const char request[] = "GET /v1/fraudevormen?taal=nl HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
							  "User-Agent: bench\r\nAccept-Language: nl\r\nAccept-Encoding: gzip\r\n\r\n";

static void handle(struct http_request *rq, void *user)
{
	const struct http_field f[] = {
		{"Content-Type", STR("application/json")},
		{"API-Version", STR("1.0.0")},
		{"Cache-Control", STR("no-store")},
		{"Strict-Transport-Security", STR("max-age=31536000; includeSubDomains")},
		{"X-Frame-Options", STR("DENY")},
		{"X-Content-Type-Options", STR("nosniff")},
		{"Content-Security-Policy", STR("default-src 'none'; frame-ancestors 'none'")},
		{"Referrer-Policy", STR("no-referrer")},
		{"Access-Control-Allow-Origin", STR("*")},
		{"ETag", STR("\"5f3a\"")},
		{"Vary", STR("Accept-Language")},
	};
	(void)user;
	http_reply(rq, 200, f, sizeof f / sizeof f[0], STR("{\"fraudevormen\":[]}"), true);
}

static void error(struct http_request *rq, unsigned status, void *user)
{
	(void)user;
	http_reply(rq, status, NULL, 0, STR_NONE, true);
}

static double cpu_us(int who)
{
	struct rusage r;
	(void)getrusage(who, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static int dial(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a))
		exit(1);
	return fd;
}

static void ask(int fd)
{
	if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1)
		exit(1);
}

/* Answers are small and whole in one read on the loopback. */
static void round_trip(int ep, int n)
{
	struct epoll_event ev[CONNECTIONS];
	char answer[4096];
	for (int sent = 0, got = 0; got < n;) {
		int k = epoll_wait(ep, ev, CONNECTIONS, 5000);
		if (k <= 0)
			exit(1);
		for (int i = 0; i < k; i++) {
			if (recv(ev[i].data.fd, answer, sizeof answer, 0) <= 0)
				exit(1);
			got++;
			if (sent++ < n - CONNECTIONS)
				ask(ev[i].data.fd);
		}
	}
}

int main(void)
{
	struct ops *ops = ops_new(&(struct ops_opts){0});
	const struct http_handler h = {.handle = handle, .error = error, .watcher = ops_watcher(ops)};
	double us[ROUNDS], rate[ROUNDS];
	struct http_server *s;
	struct err e = {0};
	int fd[CONNECTIONS], ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0 || !ops || http_start(&(struct http_opts){.loops = 1}, &h, &s, &e))
		return 1;
	for (int i = 0; i < CONNECTIONS; i++) {
		struct epoll_event ev = {.events = EPOLLIN};
		ev.data.fd = fd[i] = dial(http_port(s));
		(void)epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &ev);
	}
	for (int r = 0; r < ROUNDS; r++) {
		double all = cpu_us(RUSAGE_SELF), own = cpu_us(RUSAGE_THREAD);
		int64_t began = clock_mono_ns();
		for (int i = 0; i < CONNECTIONS; i++)
			ask(fd[i]);
		round_trip(ep, REQUESTS);
		us[r] = (cpu_us(RUSAGE_SELF) - all - (cpu_us(RUSAGE_THREAD) - own)) / REQUESTS;
		rate[r] = REQUESTS * 1e9 / (double)(clock_mono_ns() - began);
	}
	for (int i = 0; i < CONNECTIONS; i++)
		(void)close(fd[i]);
	s = http_stop(s, 1000);
	ops = ops_free(ops);
	printf("{\"name\":\"http.seam_cpu_us\",\"value\":%.2f,\"goal\":null,\"ok\":null}\n", bench_median(us, ROUNDS));
	printf("{\"name\":\"http.seam_per_second\",\"value\":%.0f,\"goal\":null,\"ok\":null}\n",
	       bench_median(rate, ROUNDS));
	return 0;
}
