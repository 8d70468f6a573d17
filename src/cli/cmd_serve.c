#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/log.h"
#include "cli/cli.h"
#include "ops/metrics.h"

#define GRACE_MS 5000
#define TICK_SECONDS 30

/* Ctrl-C and the service manager: wait here, with the signals blocked in every thread. */
static void wait_for_end(struct cli *c, struct centre *ce, const sigset_t *set)
{
	const struct timespec pause = {.tv_sec = TICK_SECONDS};
	for (;;) {
		struct err e = {0};
		/* The clocks of barriers run out while nobody asks. */
		if (centre_tick(c, ce, &e))
			log_event(LOG_WARN, "serve.tick", LOG_ERR("error", e.code));
		if (sigtimedwait(set, NULL, &pause) > 0)
			return;
	}
}

static int say_address(const struct cli *c, const struct http_opts *o, uint16_t port)
{
	struct buf b = BUF_INIT(1024);
	struct jw w;
	char url[128];
	bool six = strchr(o->address, ':') != NULL;
	snprintf(url, sizeof(url), "%s://%s%s%s:%u%s", o->cert_file ? "https" : "http", six ? "[" : "", o->address,
	         six ? "]" : "", port, API_BASE);
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kz(&w, "adres", url);
		jw_obj_end(&w);
	} else {
		buf_printf(&b, "Kentering luistert op %s (Ctrl-C stopt).\n", url);
	}
	return cli_put(&b);
}

/* The figures, on a listener of their own; *ret stays NULL when they are off. */
static int serve_metrics(const struct cli *c, struct ops *ops, struct http_server **ret, struct err *e)
{
	struct http_handler h;
	struct http_opts o = {
		.address = settings_text(&c->settings, SET_METRICS_ADDRESS),
		.port = (uint16_t)settings_int(&c->settings, SET_METRICS_PORT),
		.loops = 1,
		.max_connections = 16,
	};
	if (!o.port)
		return 0;
	ops_handler(ops, &h);
	int rc = http_start(&o, &h, ret, e);
	if (!rc)
		log_event(LOG_INFO, "metrics.start", LOG_NUM("port", o.port));
	return rc;
}

static int serve(struct cli *c, struct centre *ce, struct ops *ops, const struct http_opts *o)
{
	struct api api = {.intake = &ce->intake,
	                  .clock = &c->clock,
	                  .auth = ce->auth,
	                  .production = settings_is(&c->settings, SET_MODE, "production")};
	struct http_handler h;
	struct http_server *s, *figures = NULL;
	struct worker_opts out;
	struct worker *w;
	struct mail_door mail;
	struct err e = {0};
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	api_handler(&api, &h);
	h.watcher = ops_watcher(ops);
	deliver_opts(&ce->deliver, &out);
	int rc = worker_start(&out, &w, &e);
	if (rc)
		return cli_fail(c, &e);
	rc = mail_door_open(c, ce, &mail, &e);
	if (rc) {
		worker_stop(w);
		return cli_fail(c, &e);
	}
	rc = api_open(&api, &e);
	if (!rc)
		rc = http_start(o, &h, &s, &e);
	if (rc) {
		api_close(&api);
		mail_door_close(&mail);
		worker_stop(w);
		return cli_fail(c, &e);
	}
	ops_serves(ops, s);
	if (serve_metrics(c, ops, &figures, &e)) {
		http_stop(s, 0);
		api_close(&api);
		mail_door_close(&mail);
		worker_stop(w);
		return cli_fail(c, &e);
	}
	rc = say_address(c, o, http_port(s));
	log_event(LOG_INFO, "serve.start", LOG_NUM("port", http_port(s)));
	if (rc == EXIT_DONE)
		wait_for_end(c, ce, &set);
	mail_door_close(&mail);
	http_stop(figures, GRACE_MS); /* first: it looks at the other one */
	http_stop(s, GRACE_MS);
	api_close(&api);
	worker_stop(w);
	log_event(LOG_INFO, "serve.stop");
	return rc;
}

static int port_of(const char *text, uint16_t *ret)
{
	int64_t v;
	if (!str_int(str_of(text), &v) || v < 0 || v > 65535)
		return KT_EINVAL;
	*ret = (uint16_t)v;
	return 0;
}

int cmd_serve(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct http_opts o = {
		.address = settings_text(&c->settings, SET_ADDRESS),
		.port = (uint16_t)settings_int(&c->settings, SET_PORT),
	};
	if (*settings_text(&c->settings, SET_TLS_CERT))
		o.cert_file = settings_text(&c->settings, SET_TLS_CERT);
	if (*settings_text(&c->settings, SET_TLS_KEY))
		o.key_file = settings_text(&c->settings, SET_TLS_KEY);
	for (int i = 0; i < argc; i += 2) {
		bool port = strcmp(argv[i], "--port") == 0, address = strcmp(argv[i], "--address") == 0;
		if (i + 1 == argc || (!port && !address) || (port && port_of(argv[i + 1], &o.port)))
			return cli_usage(c, "serve kent --port NUMMER (0 tot 65535) en --address ADRES.");
		if (address)
			o.address = argv[i + 1];
	}
	int rc = centre_open(c, OPEN_ALL, &ce);
	if (rc)
		return rc;
	struct err e = {0};
	struct err e = {0};
	struct ops *ops = ops_new(&(struct ops_opts){.routes = API_ROUTE_NUMBERS,
	                                             .route = api_route_path,
	                                             .method = api_route_method,
	                                             .store = ce.store,
	                                             .policy = ce.policy,
	                                             .now_ms = clock_ms(&c->clock)});
	if (!ops)
		rc = cli_fail(c, &(struct err){.code = KT_ENOMEM, .text = "Er is te weinig geheugen."});
	else if (centre_auth(c, &ce, &e) || centre_deliver(c, &ce, &e))
		rc = cli_fail(c, &e);
	else
		rc = serve(c, &ce, ops, &o);
	centre_close(&ce); /* the writer may still answer what was deferred: it counts that */
	ops_free(ops);
	return rc;
}
