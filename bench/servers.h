/* The real servers, as processes of their own: this program's `serve` on a new data directory, and nginx with a
 * configuration of the bench. Any failure ends the program. */
#ifndef BENCH_SERVERS_H
#define BENCH_SERVERS_H
#include <sys/types.h>

#include "base/str.h"

struct server {
	pid_t pid;
	uint16_t port;
	char dir[64];
};

void server_kentering(struct server *ret);
/* A worker per core that answers every request with 200 and these `fields` ("name: value" lines with CR LF) and a body
 * of `body_n` bytes; its own fields (Server, Connection) come on top. */
void server_nginx(struct server *ret, struct str fields, size_t body_n);
/* Processor time of the process and its children so far, in microseconds. */
double server_cpu_us(const struct server *s);
void server_end(struct server *s);

#endif
