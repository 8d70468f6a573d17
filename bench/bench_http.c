/* What the door costs.
 *
 * `http.seam_*`: processor time of our loops for one small request, with a handler that does nothing and twelve fields
 * in the answer. Client and server share the process; the client's own thread is subtracted.
 *
 * `http.get_ratio`: the real `serve` on GET /v1/fraudevormen against nginx that answers from its configuration with as
 * many fields and bytes, in turns. Counted is processor time of the server's processes only (their own clocks in the
 * kernel), so that the client, which is the same for both and keeps 64 connections asking, does not weigh; both have a
 * loop per core.
 *
 * `http.post_ratio`: durable reports per second over HTTP against the same reports given to a centre in this process
 * (what `store.sealed` measures), in turns. Here the time on the clock counts, and the client takes a part of the cores
 * that the centre in this process has for itself: the ratio is the worse for it, and no more than 64 reports wait. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"
#include "load.h"
#include "ops/metrics.h"
#include "reports.h"
#include "seam/http.h"
#include "servers.h"

#define ROUNDS 5
#define GET_GOAL 3.0
#define POST_GOAL 0.7

#define REQUEST(path) \
	STR("GET " path " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n" \
	    "User-Agent: bench\r\nAccept-Language: nl\r\nAccept-Encoding: gzip\r\n\r\n")

/* ---- the seam ---- */

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
	http_reply(rq, 200, f, sizeof(f) / sizeof(f[0]), STR("{\"fraudevormen\":[]}"), true);
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

static void seam(size_t n)
{
	struct ops *ops = ops_new(&(struct ops_opts){0});
	const struct http_handler h = {.handle = handle, .error = error, .watcher = ops_watcher(ops)};
	const struct str request = REQUEST("/v1/fraudevormen?taal=nl");
	double us[ROUNDS], rate[ROUNDS];
	struct http_server *s;
	struct err e = {0};
	if (!ops || http_start(&(struct http_opts){.loops = 1}, &h, &s, &e))
		bench_die("http_start", &e);
	struct load *l = load_open(http_port(s));
	for (int r = 0; r < ROUNDS; r++) {
		double all = cpu_us(RUSAGE_SELF), own = cpu_us(RUSAGE_THREAD);
		rate[r] = (double)n / load_run(l, &request, 1, n, 200);
		us[r] = (cpu_us(RUSAGE_SELF) - all - (cpu_us(RUSAGE_THREAD) - own)) / (double)n;
	}
	load_close(l);
	http_stop(s, 1000);
	ops_free(ops);
	printf("{\"name\":\"http.seam_cpu_us\",\"value\":%.2f,\"goal\":null,\"ok\":null}\n", bench_median(us, ROUNDS));
	printf("{\"name\":\"http.seam_per_second\",\"value\":%.0f,\"goal\":null,\"ok\":null}\n",
	       bench_median(rate, ROUNDS));
}

/* ---- GET against nginx ---- */

static struct str head_of(struct str answer)
{
	for (size_t i = 4; i <= answer.n; i++)
		if (memcmp(answer.p + i - 4, "\r\n\r\n", 4) == 0)
			return str_sub(answer, 0, i);
	bench_die("an answer without an end of its head", NULL);
}

/* Our fields without those that nginx writes itself, the longest cut by what nginx has more. */
static struct str fields_like(struct arena *a, struct str head, size_t cut)
{
	static const char *const own[] = {"HTTP/1.1", "Date", "Content-Type", "Content-Length"};
	struct str out = STR("");
	while (head.n > 2) {
		size_t end = (size_t)str_find(head, '\n') + 1;
		struct str line = str_sub(head, 0, end);
		bool ours = true;
		head = str_sub(head, end, head.n);
		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
			ours = ours && !str_starts(line, str_of(own[i]));
		if (ours && str_starts(line, STR("Content-Security-Policy")))
			line = arena_fmt(a, STR_FMT "\r\n", STR_ARG(str_sub(line, 0, line.n - 2 - cut)));
		if (ours)
			out = arena_fmt(a, STR_FMT STR_FMT, STR_ARG(out), STR_ARG(line));
	}
	return out;
}

/* nginx with answers as long as ours, to the byte. */
static void nginx_like(struct arena *a, struct str answer, struct server *ret)
{
	static const char more[] = "Server: nginx\r\nConnection: keep-alive\r\n";
	struct str request = REQUEST("/v1/fraudevormen");
	size_t head = head_of(answer).n;
	server_nginx(ret, fields_like(a, head_of(answer), sizeof(more) - 1), answer.n - head);
	struct load *l = load_open(ret->port);
	struct str theirs = load_once(l, request);
	if (theirs.n != answer.n || head_of(theirs).n != head)
		bench_die("the answer of nginx is not as long as ours", NULL);
	load_close(l);
}

static double get_cpu(const struct server *s, struct load *l, size_t n)
{
	struct str request = REQUEST("/v1/fraudevormen");
	double before = server_cpu_us(s);
	load_run(l, &request, 1, n, 200);
	return (server_cpu_us(s) - before) / (double)n;
}

static void get(size_t n)
{
	double ratio[ROUNDS], ours[ROUNDS], theirs[ROUNDS];
	struct arena *a = arena_new(0);
	struct server us, nginx;
	server_kentering(&us);
	struct load *l = load_open(us.port);
	nginx_like(a, load_once(l, REQUEST("/v1/fraudevormen")), &nginx);
	struct load *m = load_open(nginx.port);
	get_cpu(&us, l, n / 10); /* warm */
	get_cpu(&nginx, m, n / 10);
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = get_cpu(&us, l, n);
		theirs[i] = get_cpu(&nginx, m, n);
		ratio[i] = ours[i] / theirs[i];
	}
	load_close(l);
	load_close(m);
	server_end(&us);
	server_end(&nginx);
	arena_free(a);
	double value = bench_median(ratio, ROUNDS);
	printf("{\"name\":\"http.get_ratio\",\"value\":%.2f,\"goal\":%.1f,\"ok\":%s,\"least\":%.2f,\"most\":%.2f,"
	       "\"cpu_us\":%.2f,\"nginx_cpu_us\":%.2f,\"unit\":\"processor time against nginx, less is better\"}\n",
	       value, GET_GOAL, value <= GET_GOAL ? "true" : "false", ratio[0], ratio[ROUNDS - 1],
	       bench_median(ours, ROUNDS), bench_median(theirs, ROUNDS));
}

/* ---- POST against the centre in this process ---- */

static struct str *requests(struct arena *a, size_t n)
{
	struct str *out = arena_array(a, n, sizeof(*out));
	for (size_t i = 0; out && i < n; i++) {
		struct str body = bench_report(a, i);
		out[i] = arena_fmt(a,
		                   "POST /v1/meldingen HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
		                   "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n" STR_FMT,
		                   body.n, STR_ARG(body));
	}
	if (!out || !out[n - 1].p)
		bench_die("memory", NULL);
	return out;
}

static double post_rate(const struct str *list, size_t n)
{
	struct server s;
	server_kentering(&s); /* a new one each time: both sides start from an empty database */
	struct load *l = load_open(s.port);
	double seconds = load_run(l, list, n, n, 201);
	load_close(l);
	server_end(&s);
	return (double)n / seconds;
}

static double own_rate(size_t n)
{
	struct bench_centre c;
	bench_open(&c);
	double rate = bench_reports_per_second(&c, n, true);
	bench_close(&c);
	return rate;
}

static void post(size_t n)
{
	double ratio[ROUNDS], ours[ROUNDS], base[ROUNDS];
	struct arena *a = arena_new((size_t)256 << 20);
	const struct str *list = requests(a, n);
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = post_rate(list, n);
		base[i] = own_rate(n);
		ratio[i] = ours[i] / base[i];
	}
	arena_free(a);
	double value = bench_median(ratio, ROUNDS);
	printf("{\"name\":\"http.post_ratio\",\"value\":%.2f,\"goal\":%.1f,\"ok\":%s,\"least\":%.2f,\"most\":%.2f,"
	       "\"per_s\":%.0f,\"in_process_per_s\":%.0f,\"unit\":\"durable reports, ratio to the same in one process\"}\n",
	       value, POST_GOAL, value >= POST_GOAL ? "true" : "false", ratio[0], ratio[ROUNDS - 1],
	       bench_median(ours, ROUNDS), bench_median(base, ROUNDS));
}

int main(int argc, char **argv)
{
	bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
	bench_setup();
	seam(quick ? 20000 : 100000);
	get(quick ? 20000 : 100000);
	post(quick ? 4000 : 10000);
	return 0;
}
