/* Mail comes in: over LMTP, inside the server or on its own, and through a pipe. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/log.h"
#include "cli/cli.h"
#include "mail/lmtp.h"

int mail_door_open(struct cli *c, struct centre *ce, struct mail_door *ret, struct err *e)
{
	const struct settings *s = &c->settings;
	struct mail_door d = {0};
	struct mail_desk_options desk = {
		.intake = &ce->intake,
		.policy = ce->policy,
		.clock = &c->clock,
		.dir = c->dir,
		.address = settings_text(s, SET_MAIL_ADDRESS),
		.authserv = settings_text(s, SET_MAIL_AUTHSERV),
	};
	struct lmtp_server_options o = {
		.socket = settings_text(s, SET_LMTP_SOCKET),
		.port = (uint16_t)settings_int(s, SET_LMTP_PORT),
		.listen_port = settings_int(s, SET_LMTP_PORT) != 0,
		.seconds = (unsigned)settings_int(s, SET_LMTP_TIMEOUT),
		.address = desk.address,
	};
	*ret = d;
	if (!*o.socket && !o.listen_port)
		return 0;
	int rc = mail_desk_open(&desk, &d.desk, e);
	if (!rc)
		rc = lmtp_server_start(&o, d.desk, &d.server, e);
	if (rc)
		mail_door_close(&d);
	else
		*ret = d;
	return rc;
}

void mail_door_close(struct mail_door *d)
{
	d->server = lmtp_server_stop(d->server);
	d->desk = mail_desk_close(d->desk);
}

static int lmtp(struct cli *c, struct centre *ce)
{
	struct mail_door d;
	struct err e = {0};
	sigset_t set;
	int sig;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (mail_door_open(c, ce, &d, &e))
		return cli_fail(c, &e);
	struct buf b = BUF_INIT(1024);
	struct jw w;
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kint(&w, "poort", lmtp_server_port(d.server));
		jw_kz(&w, "socket", settings_text(&c->settings, SET_LMTP_SOCKET));
		jw_obj_end(&w);
	} else {
		buf_z(&b, "Kentering neemt mail aan (Ctrl-C stopt).\n");
	}
	int rc = cli_put(&b);
	log_event(LOG_INFO, "lmtp.start");
	while (rc == EXIT_DONE && sigwait(&set, &sig) == EINTR)
		continue;
	mail_door_close(&d);
	log_event(LOG_INFO, "lmtp.stop");
	return rc;
}

int cmd_lmtp(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	(void)argv;
	if (argc)
		return cli_usage(c, "lmtp neemt geen argumenten: zie de instellingen lmtp_socket en lmtp_port.");
	if (!*settings_text(&c->settings, SET_LMTP_SOCKET) && !settings_int(&c->settings, SET_LMTP_PORT))
		return cli_usage(c, "lmtp vraagt de instelling lmtp_socket of lmtp_port.");
	int rc = centre_open(c, OPEN_ALL, &ce);
	if (rc)
		return rc;
	rc = lmtp(c, &ce);
	centre_close(&ce);
	return rc;
}

/* ---- the pipe: a mail server starts us for one message and reads our exit status (sysexits.h) ---- */

static int pipe_status(int rc)
{
	return rc == 0 ? EX_OK : rc == KT_EINVAL || rc == KT_ELIMIT ? EX_DATAERR : EX_TEMPFAIL;
}

static int deliver_one(struct cli *c, struct centre *ce, const char *sender)
{
	struct buf text;
	struct err e = {0};
	struct mail_desk *desk = NULL;
	enum mail_outcome got = MAIL_DROPPED;
	struct mail_desk_options o = {
		.intake = &ce->intake,
		.policy = ce->policy,
		.clock = &c->clock,
		.dir = c->dir,
		.address = settings_text(&c->settings, SET_MAIL_ADDRESS),
		.authserv = settings_text(&c->settings, SET_MAIL_AUTHSERV),
	};
	int rc = cli_read("-", MAIL_MAX_BYTES, &text, &e);
	if (rc) {
		(void)cli_fail(c, &e);
		return pipe_status(rc);
	}
	rc = mail_desk_open(&o, &desk, &e);
	if (rc) {
		rc = KT_EUNAVAIL; /* a mistake of ours: the mail waits until it is mended */
	} else {
		struct mail_in in = {buf_view(&text), str_of(sender), sender != NULL};
		rc = mail_deliver(desk, &in, &got, &e);
	}
	buf_free(&text);
	mail_desk_close(desk);
	if (rc) {
		(void)cli_fail(c, &e);
	} else if (c->json) {
		struct buf b = BUF_INIT(256);
		struct jw w;
		jw_init(&w, &b);
		jw_obj(&w);
		jw_kz(&w, "uitkomst", mail_outcome_word(got));
		jw_obj_end(&w);
		(void)cli_put(&b);
	}
	return pipe_status(rc);
}

int cmd_mail_deliver(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	const char *sender = getenv("SENDER"), *recipient = getenv("RECIPIENT");
	for (int i = 0; i < argc; i += 2) {
		bool from = strcmp(argv[i], "--sender") == 0, to = strcmp(argv[i], "--recipient") == 0;
		if (i + 1 == argc || (!from && !to)) {
			(void)cli_usage(c, "mail --deliver kent --sender ADRES en --recipient ADRES.");
			return EX_USAGE;
		}
		if (from)
			sender = argv[i + 1];
		else
			recipient = argv[i + 1];
	}
	struct str own = str_of(settings_text(&c->settings, SET_MAIL_ADDRESS));
	if (own.n && recipient && *recipient && !lmtp_mailbox(own, str_of(recipient))) {
		cli_say("kentering: deze postbus is er niet.");
		return EX_NOUSER;
	}
	if (centre_open(c, OPEN_ALL, &ce))
		return EX_TEMPFAIL;
	int rc = deliver_one(c, &ce, sender);
	centre_close(&ce);
	return rc;
}
