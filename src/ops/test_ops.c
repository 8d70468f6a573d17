/* The figures: every answer counted, every line of the text in the form that Prometheus reads. Driver by argument. */
#include "support/centre.h"

#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "ops/metrics.h"

static const char *route(unsigned i)
{
	static const char *const r[] = {"", "/meldingen", "/meldingen/_inzien"};
	return r[i];
}

static const char *method(unsigned i)
{
	return i ? "POST" : "";
}

static struct ops *made(struct test_centre *t)
{
	struct ops *o = ops_new(&(struct ops_opts){.routes = 3,
	                                           .route = route,
	                                           .method = method,
	                                           .store = t ? t->store : NULL,
	                                           .policy = t ? t->policy : NULL,
	                                           .now_ms = TEST_NOW});
	assert_non_null(o);
	return o;
}

static void answer(struct ops *o, unsigned number, unsigned status)
{
	struct http_request rq = {.route = number, .began_ns = clock_mono_ns()};
	trace_new(&rq.trace);
	struct http_watcher w = ops_watcher(o);
	w.answered(&rq, status, 100, w.user);
}

static void must_have(const struct buf *b, const char *line)
{
	if (!strstr(b->p, line))
		fail_msg("no line %s in:\n%s", line, b->p);
}

static void test_counts(void **state)
{
	struct ops *o = made(NULL);
	struct buf b = BUF_INIT(1u << 20);
	(void)state;
	answer(o, 1, 201);
	answer(o, 1, 201);
	answer(o, 1, 400);
	answer(o, 2, 503);
	answer(o, 77, 404); /* a number that is not in the list */
	answer(o, 2, 999);
	ops_write(o, &b);
	assert_int_equal(buf_err(&b), 0);
	must_have(&b, "kentering_http_requests_total{route=\"/meldingen\",method=\"POST\",class=\"2xx\"} 2\n");
	must_have(&b, "kentering_http_requests_total{route=\"/meldingen\",method=\"POST\",class=\"4xx\"} 1\n");
	must_have(&b, "kentering_http_requests_total{route=\"/meldingen/_inzien\",method=\"POST\",class=\"5xx\"} 1\n");
	must_have(&b, "kentering_http_requests_total{route=\"other\",method=\"other\",class=\"4xx\"} 1\n");
	must_have(&b, "kentering_http_request_duration_seconds_count{route=\"/meldingen\",method=\"POST\"} 3\n");
	must_have(&b,
	          "kentering_http_request_duration_seconds_bucket{route=\"/meldingen\",method=\"POST\",le=\"+Inf\"} 3\n");
	must_have(&b, "kentering_info{version=\"" KT_VERSION "\"} 1\n");
	assert_null(strstr(b.p, "kentering_dossiers"));
	buf_free(&b);
	assert_null(ops_free(o));
}

/* Names, HELP and TYPE once each and before their values; every line in the form of the exposition format. */
static void test_form(void **state)
{
	struct test_centre *t = *state;
	struct ops *o = made(t);
	struct buf b = BUF_INIT(1u << 20);
	regex_t line;
	answer(o, 1, 201);
	ops_write(o, &b);
	assert_int_equal(regcomp(&line,
	                         "^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+([{][a-z]+=\"[^\"\\]*\"(,[a-z]+=\"[^\"\\]*\")*[}])? "
	                         "[0-9]+([.][0-9]+)?)$",
	                         REG_EXTENDED | REG_NOSUB),
	                 0);
	char *save = NULL, *copy = strdup(b.p);
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (regexec(&line, l, 0, NULL, 0))
			fail_msg("not in the form: %s", l);
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		char type[128];
		(void)snprintf(type, sizeof(type), "# TYPE %s ", METRIC_INFO[i].name);
		const char *first = strstr(b.p, type);
		bool http = strstr(METRIC_INFO[i].name, "http_") && !strstr(METRIC_INFO[i].name, "http_request");
		assert_true(http ? !first : first && !strstr(first + 1, type));
	}
	must_have(&b, "kentering_database_up 1\n");
	must_have(&b, "kentering_dossiers 0\n");
	must_have(&b, "kentering_barriers{state=\"voorgesteld\"} 0\n");
	must_have(&b, "kentering_writer_queue 0\n");
	regfree(&line);
	free(copy);
	buf_free(&b);
	ops_free(o);
}

static int failing(struct tx *tx, void *arg, struct err *e)
{
	(void)tx;
	(void)arg;
	return err_set(e, KT_EREFUSED, "nee");
}

static void test_commits(void **state)
{
	struct test_centre *t = *state;
	struct store_counts before, after;
	store_counts(t->store, &before);
	assert_int_equal(store_submit(t->store, failing, NULL, &t->e), KT_EREFUSED);
	store_counts(t->store, &after);
	assert_int_equal(after.jobs, before.jobs + 1); /* it wrote nothing: its group was committed */
	assert_int_equal(after.groups, before.groups + 1);
	assert_int_equal(after.max_waiting, 4096);
}

static void test_log_line(void **state)
{
	struct ops *o = made(NULL);
	char line[1024], want[64];
	int fd[2];
	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	log_set_fd(fd[1]);
	answer(o, 1, 201);
	assert_true(read(fd[0], line, sizeof(line)) < 0); /* not at level warn */
	log_set_level(LOG_INFO);
	struct http_request rq = {.route = 2, .began_ns = clock_mono_ns() - 3000000};
	assert_int_equal(trace_parse(STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), &rq.trace), 0);
	struct http_watcher w = ops_watcher(o);
	w.answered(&rq, 404, 321, w.user);
	ssize_t n = read(fd[0], line, sizeof(line) - 1);
	log_set_level(LOG_WARN);
	log_set_fd(2);
	assert_true(n > 0);
	line[n] = 0;
	(void)snprintf(want, sizeof(want), "\"trace\":\"4bf92f3577b34da6a3ce929d0e0e4736\"}\n");
	assert_non_null(strstr(line,
	                       "\"event\":\"http.request\",\"method\":\"POST\",\"route\":\"/meldingen/_inzien\","
	                       "\"status\":404,\"ms\":3,\"bytes\":321,"));
	assert_string_equal(line + n - strlen(want), want);
	(void)close(fd[0]);
	(void)close(fd[1]);
	ops_free(o);
}

#define T(f) cmocka_unit_test_setup_teardown(f, test_centre_setup, test_centre_teardown)

int main(int argc, char **argv)
{
	test_driver(argc, argv);
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_counts), T(test_form), T(test_commits),
	                                   cmocka_unit_test(test_log_line)};
	return cmocka_run_group_tests_name(test_driver_name(), tests, NULL, NULL);
}
