/* Clients for the HTTP benches: one thread, epoll, keep-alive connections that each ask again as soon as their answer
 * is whole. Requests are made beforehand. Any failure ends the program. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H
#include <netinet/in.h>

#include "base/str.h"

#define LOAD_CONNECTIONS 64

struct load;
struct load *load_open(uint16_t port);
/* Asks `n` times: the requests of `list` in turn, which may be one. Each must be answered with `status`. Returns how
 * many seconds it took. */
double load_run(struct load *l, const struct str *list, size_t list_n, size_t n, unsigned status);
/* One request on the first connection; the answer as it came, valid until the next call. */
struct str load_once(struct load *l, struct str request);
void load_close(struct load *l);

#endif
