#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/log.h"
#include "cli/cli.h"

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

static int serve(struct cli *c, struct centre *ce, const struct static_files *files, const struct http_opts *o)
{
	struct api api = {.intake = &ce->intake, .clock = &c->clock, .files = files, .auth = ce->auth};
	api.production = settings_is(&c->settings, SET_MODE, "production");
	struct http_handler h;
	struct http_server *s;
	struct err e = {0};
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	api_handler(&api, &h);
	int rc = http_start(o, &h, &s, &e);
	if (rc)
		return cli_fail(c, &e);
	rc = say_address(c, o, http_port(s));
	log_event(LOG_INFO, "serve.start", LOG_NUM("port", http_port(s)));
	if (rc == EXIT_DONE)
		wait_for_end(c, ce, &set);
	http_stop(s, GRACE_MS);
	log_event(LOG_INFO, "serve.stop");
	return rc;
}

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

static int open_files(const struct cli *c, struct site **ret_site, struct static_files *ret)
{
	struct err e = {0};
	const char *dir = web_dir(c);
	struct static_files f = {.clock = &c->clock};
	f.o = (struct static_opts){settings_text(&c->settings, SET_SECURITY_CONTACT),
	                           settings_text(&c->settings, SET_SECURITY_POLICY),
	                           settings_text(&c->settings, SET_PUBLIC_URL)};
	int rc = static_check(&f.o, &e);
	if (!rc && dir)
		rc = site_open(dir, ret_site, &e);
	if (rc)
		return cli_fail(c, &e);
	f.site = *ret_site;
	*ret = f;
	return EXIT_DONE;
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
	struct site *site = NULL;
	struct static_files files;
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
	int rc = open_files(c, &site, &files);
	if (rc)
		return rc;
	rc = centre_open(c, OPEN_ALL, &ce);
	if (!rc) {
		struct err e = {0};
		rc = centre_auth(c, &ce, &e) ? cli_fail(c, &e) : serve(c, &ce, &files, &o);
		centre_close(&ce);
	}
	(void)site_close(site);
	return rc;
}
