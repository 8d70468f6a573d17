#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "centre.h"

#define ANSWER_MAX 32768

struct client {
	int fd;
	size_t have;
	char answer[ANSWER_MAX];
};

struct load {
	int ep;
	struct client c[LOAD_CONNECTIONS];
};

static int dial(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
		bench_die("connect", NULL);
	return fd;
}

struct load *load_open(uint16_t port)
{
	struct load *l = calloc(1, sizeof(*l));
	if (!l || (l->ep = epoll_create1(EPOLL_CLOEXEC)) < 0)
		bench_die("load", NULL);
	for (int i = 0; i < LOAD_CONNECTIONS; i++) {
		struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &l->c[i]};
		l->c[i].fd = dial(port);
		if (epoll_ctl(l->ep, EPOLL_CTL_ADD, l->c[i].fd, &ev))
			bench_die("epoll", NULL);
	}
	return l;
}

void load_close(struct load *l)
{
	for (int i = 0; i < LOAD_CONNECTIONS; i++)
		close(l->c[i].fd);
	close(l->ep);
	free(l);
}

static void ask(struct client *c, struct str request)
{
	c->have = 0;
	if (send(c->fd, request.p, request.n, MSG_NOSIGNAL) != (ssize_t)request.n)
		bench_die("send", NULL);
}

/* Takes what came; true when the answer is whole. */
static bool take(struct client *c)
{
	static const char LENGTH[] = "Content-Length: ";
	ssize_t n = recv(c->fd, c->answer + c->have, sizeof(c->answer) - 1 - c->have, 0);
	if (n <= 0)
		bench_die("the connection was closed", NULL);
	c->have += (size_t)n;
	c->answer[c->have] = 0;
	const char *end = strstr(c->answer, "\r\n\r\n"), *at = strstr(c->answer, LENGTH);
	if (!end)
		return false;
	if (!at || at > end)
		bench_die("an answer without Content-Length", NULL);
	return c->have >= (size_t)(end - c->answer) + 4 + strtoul(at + sizeof(LENGTH) - 1, NULL, 10);
}

static void must_be(const struct client *c, unsigned status)
{
	if (strtoul(c->answer + sizeof("HTTP/1.1"), NULL, 10) != status) {
		fprintf(stderr, "%s\n", c->answer);
		bench_die("an unexpected answer", NULL);
	}
}

double load_run(struct load *l, const struct str *list, size_t list_n, size_t n, unsigned status)
{
	struct epoll_event ev[LOAD_CONNECTIONS];
	size_t sent = 0, got = 0;
	int64_t began = clock_mono_ns();
	for (; sent < LOAD_CONNECTIONS && sent < n; sent++)
		ask(&l->c[sent], list[sent % list_n]);
	while (got < n) {
		int k = epoll_wait(l->ep, ev, LOAD_CONNECTIONS, 10000);
		if (k <= 0)
			bench_die("no answer within ten seconds", NULL);
		for (int i = 0; i < k; i++) {
			struct client *c = ev[i].data.ptr;
			if (!take(c))
				continue;
			must_be(c, status);
			got++;
			if (sent < n)
				ask(c, list[sent++ % list_n]);
		}
	}
	return (double)(clock_mono_ns() - began) / 1e9;
}

struct str load_once(struct load *l, struct str request)
{
	ask(&l->c[0], request);
	while (!take(&l->c[0]))
		continue;
	return (struct str){l->c[0].answer, l->c[0].have};
}
