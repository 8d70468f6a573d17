#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/log.h"
#include "cli/cli.h"
#include "ops/metrics.h"

#define GRACE_MS 5000
#define TICK_SECONDS 30

/* Everything that runs while we serve, in the order it is opened. */
struct service {
	struct site *site;
	struct static_files files;
	struct centre centre;
	struct ops *ops;
	struct worker *worker;
	struct mail_door mail;
	struct api api;
	struct http_server *server, *figures;
};

/* The setting, ./web/dist, or where it was installed; NULL when there is none of these. */
static const char *web_dir(const struct cli *c)
{
	const char *set = settings_text(&c->settings, SET_WEB_DIR);
	if (*set)
		return set;
	if (cli_is_dir("web/dist"))
		return "web/dist";
	return cli_is_dir(KT_WEB_DIR) ? KT_WEB_DIR : NULL;
}

static int open_files(const struct cli *c, struct service *s, struct err *e)
{
	const char *dir = web_dir(c);
	s->files = (struct static_files){.clock = &c->clock,
	                                 .o = {settings_text(&c->settings, SET_SECURITY_CONTACT),
	                                       settings_text(&c->settings, SET_SECURITY_POLICY),
	                                       settings_text(&c->settings, SET_PUBLIC_URL)}};
	int rc = static_check(&s->files.o, e);
	if (!rc && dir)
		rc = site_open(dir, &s->site, e);
	s->files.site = s->site;
	return rc;
}

static int open_ops(const struct cli *c, struct service *s, struct err *e)
{
	s->ops = ops_new(&(struct ops_opts){.routes = API_ROUTE_NUMBERS,
	                                    .route = api_route_path,
	                                    .method = api_route_method,
	                                    .store = s->centre.store,
	                                    .policy = s->centre.policy,
	                                    .now_ms = clock_ms(&c->clock)});
	return s->ops ? 0 : err_set(e, KT_ENOMEM, "Er is te weinig geheugen.");
}

static int open_worker(struct service *s, struct err *e)
{
	struct worker_opts o;
	deliver_opts(&s->centre.deliver, &o);
	return worker_start(&o, &s->worker, e);
}

static int open_http(const struct cli *c, struct service *s, const struct http_opts *o, struct err *e)
{
	struct http_handler h;
	s->api = (struct api){.intake = &s->centre.intake,
	                      .clock = &c->clock,
	                      .files = &s->files,
	                      .auth = s->centre.auth,
	                      .production = settings_is(&c->settings, SET_MODE, "production")};
	api_handler(&s->api, &h);
	h.watcher = ops_watcher(s->ops);
	int rc = api_open(&s->api, e);
	if (!rc)
		rc = http_start(o, &h, &s->server, e);
	if (!rc)
		ops_serves(s->ops, s->server);
	return rc;
}

/* The figures, on a listener of their own; none when they are off. */
static int open_figures(const struct cli *c, struct service *s, struct err *e)
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
	ops_handler(s->ops, &h);
	int rc = http_start(&o, &h, &s->figures, e);
	if (!rc)
		log_event(LOG_INFO, "metrics.start", LOG_NUM("port", o.port));
	return rc;
}

/* Behind the opened centre. */
static int open_rest(struct cli *c, struct service *s, const struct http_opts *o, struct err *e)
{
	int rc = open_ops(c, s, e);
	if (!rc)
		rc = centre_auth(c, &s->centre, e);
	if (!rc)
		rc = centre_deliver(c, &s->centre, e);
	if (!rc)
		rc = open_worker(s, e);
	if (!rc)
		rc = mail_door_open(c, &s->centre, &s->mail, e);
	if (!rc)
		rc = open_http(c, s, o, e);
	return rc ? rc : open_figures(c, s, e);
}

/* Also what is half open. No new work comes in first; then what is under way is finished. */
static void service_close(struct service *s)
{
	mail_door_close(&s->mail);
	s->figures = http_stop(s->figures, GRACE_MS); /* it looks at the other one */
	s->server = http_stop(s->server, GRACE_MS);
	api_close(&s->api);
	s->worker = worker_stop(s->worker);
	centre_close(&s->centre); /* the writer may still answer what was deferred: ops counts that */
	s->ops = ops_free(s->ops);
	s->site = site_close(s->site);
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

static int serve(struct cli *c, const struct http_opts *o)
{
	struct service s = {0};
	struct err e = {0};
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (open_files(c, &s, &e))
		return cli_fail(c, &e);
	int rc = centre_open(c, OPEN_ALL, &s.centre);
	if (rc) {
		site_close(s.site);
		return rc;
	}
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (open_rest(c, &s, o, &e)) {
		service_close(&s);
		return cli_fail(c, &e);
	}
	rc = say_address(c, o, http_port(s.server));
	log_event(LOG_INFO, "serve.start", LOG_NUM("port", http_port(s.server)));
	if (rc == EXIT_DONE)
		wait_for_end(c, &s.centre, &set);
	service_close(&s);
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
	struct http_opts o = {
		.address = settings_text(&c->settings, SET_ADDRESS),
		.port = (uint16_t)settings_int(&c->settings, SET_PORT),
	};
	if (*settings_text(&c->settings, SET_TRUSTED_PROXY))
		o.proxy = settings_text(&c->settings, SET_TRUSTED_PROXY);
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
	return serve(c, &o);
}
