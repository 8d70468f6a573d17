#include <signal.h>
#include <stdio.h>

#include "cli/cli.h"

#define LIST_MAX 10000

static int open_deliver(struct cli *c, struct centre *ce)
{
	struct err e = {0};
	int rc = centre_open(c, OPEN_ALL, ce);
	if (rc)
		return rc;
	rc = centre_deliver(c, ce, &e);
	if (rc) {
		rc = cli_fail(c, &e);
		centre_close(ce);
	}
	return rc;
}

/* ---- outbox ---- */

static int say_tally(const struct cli *c, const struct worker_tally *t)
{
	struct buf b = BUF_INIT(4096);
	struct jw w;
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kint(&w, "gebeurtenissen", t->events);
		jw_kint(&w, "bezorgd", t->sent);
		jw_kint(&w, "niet_gelukt", t->failed);
		jw_kint(&w, "mislukt", t->dead);
		jw_obj_end(&w);
	} else {
		buf_printf(&b, "%lld berichten bezorgd, %lld niet gelukt (waarvan %lld voorgoed).\n", (long long)t->sent,
		           (long long)t->failed, (long long)t->dead);
	}
	return cli_put(&b);
}

static int run_on(struct cli *c, const struct worker_opts *o)
{
	struct worker *w;
	struct err e = {0};
	sigset_t set;
	int sig;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	int rc = worker_start(o, &w, &e);
	if (rc)
		return cli_fail(c, &e);
	while (sigwait(&set, &sig))
		continue;
	worker_stop(w);
	return EXIT_DONE;
}

int cmd_outbox_run(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct worker_opts o;
	struct worker_tally t;
	struct err e = {0};
	bool one = argc == 1 && strcmp(argv[0], "--once") == 0;
	if (argc && !one)
		return cli_usage(c, "outbox run kent alleen --once.");
	int rc = open_deliver(c, &ce);
	if (rc)
		return rc;
	deliver_opts(&ce.deliver, &o);
	if (!one)
		rc = run_on(c, &o);
	else
		rc = worker_once(&o, NULL, &t, &e) ? cli_fail(c, &e) : say_tally(c, &t);
	centre_close(&ce);
	return rc;
}

static int outbox_line(const struct outbox_row *r, void *arg)
{
	struct listing *l = arg;
	struct buf id = BUF_INIT(64);
	char since[25];
	buf_hex(&id, r->id, OUTBOX_ID);
	time_format(r->since_ms, since);
	l->n++;
	if (l->c->json) {
		jw_obj(&l->w);
		jw_kstr(&l->w, "id", buf_view(&id));
		jw_kstr(&l->w, "onderwerp", r->topic);
		jw_kstr(&l->w, "betreft", r->object);
		jw_kint(&l->w, "pogingen", r->tries);
		jw_kstr(&l->w, "laatste_fout", r->reason);
		jw_kz(&l->w, "sinds", since);
		jw_obj_end(&l->w);
	} else {
		buf_printf(&l->b, "%s  %s  " STR_FMT "  " STR_FMT "  %lld pogingen  " STR_FMT "\n", id.p ? id.p : "", since,
		           STR_ARG(r->topic), STR_ARG(r->object), (long long)r->tries, STR_ARG(r->reason));
	}
	buf_free(&id);
	return buf_err(&l->b);
}

/* The state asked for. */
static int list_in(struct listing *l, struct tx *tx, enum outbox_state state, struct err *e)
{
	return outbox_list(tx, state, LIST_MAX, outbox_line, l, e);
}

static int list_waiting(struct listing *l, struct tx *tx, struct err *e)
{
	return list_in(l, tx, OUTBOX_WAITING, e);
}

static int list_done(struct listing *l, struct tx *tx, struct err *e)
{
	return list_in(l, tx, OUTBOX_DONE, e);
}

static int list_dead(struct listing *l, struct tx *tx, struct err *e)
{
	return list_in(l, tx, OUTBOX_DEAD, e);
}

int cmd_outbox_list(struct cli *c, int argc, char **argv)
{
	static const listing_fn LISTS[OUTBOX_STATES] = {list_waiting, list_done, list_dead};
	struct centre ce;
	int state = argc ? outbox_state_of(str_of(argv[0])) : OUTBOX_DEAD;
	if (argc > 1 || state < 0)
		return cli_usage(c, "outbox list kent wacht, bezorgd en mislukt.");
	int rc = centre_open(c, OPEN_ALL, &ce);
	return rc ? rc : cli_listing(c, &ce, LISTS[state], "Er zijn geen bezorgingen.\n");
}

struct change {
	struct cli *c;
	struct centre *ce;
	struct str id;
	struct webhook_new *hook;
};

static int retry_job(struct tx *tx, void *arg, struct err *e)
{
	const struct change *r = arg;
	int rc = outbox_again(tx, r->id, clock_ms(&r->c->clock), e);
	return rc ? rc : audit_add(r->ce->audit, tx, "desk", "outbox.retry", r->id, STR(""), e);
}

/* One change, and one line about it. */
static int change(struct cli *c, struct centre *ce, store_job job, struct change *ch, const char *done)
{
	struct err e = {0};
	ch->c = c;
	ch->ce = ce;
	if (store_submit(ce->store, job, ch, &e))
		return cli_fail(c, &e);
	struct buf b = BUF_INIT(4096);
	struct jw w;
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kstr(&w, "id", ch->id);
		jw_obj_end(&w);
	} else {
		buf_printf(&b, "%s\n", done);
	}
	return cli_put(&b);
}

int cmd_outbox_retry(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	if (argc != 1)
		return cli_usage(c, "outbox retry vraagt het nummer van een bezorging.");
	int rc = centre_open(c, OPEN_ALL, &ce);
	if (rc)
		return rc;
	struct change ch = {.id = str_of(argv[0])};
	rc = change(c, &ce, retry_job, &ch, "Het bericht gaat opnieuw weg.");
	centre_close(&ce);
	return rc;
}

/* ---- webhooks ---- */

static int add_job(struct tx *tx, void *arg, struct err *e)
{
	const struct change *r = arg;
	int rc = webhook_add(tx, r->ce->box, r->hook, e);
	return rc ? rc : audit_add(r->ce->audit, tx, "desk", "webhook.add", r->hook->h.id, STR(""), e);
}

static int say_hook(const struct cli *c, const struct webhook_new *w)
{
	struct buf b = BUF_INIT(4096);
	struct jw j;
	char secret[WEBHOOK_SECRET_TEXT];
	webhook_secret_text(w->secret, secret);
	jw_init(&j, &b);
	if (c->json) {
		jw_obj(&j);
		jw_kz(&j, "id", w->id);
		jw_kz(&j, "geheim", secret);
		jw_obj_end(&j);
	} else {
		buf_printf(&b,
		           "Abonnement %s. Het geheim om handtekeningen te controleren, dat hierna niet meer te zien is:\n%s\n",
		           w->id, secret);
	}
	crypto_wipe(secret, sizeof(secret));
	return cli_put(&b);
}

static int add_hook(struct cli *c, struct centre *ce, struct webhook_new *w)
{
	struct err e = {0};
	struct change ch = {.c = c, .ce = ce, .hook = w};
	int rc = webhook_check(ce->policy, &w->h, ce->deliver.loopback, &e);
	if (!rc && settings_is(&c->settings, SET_MODE, "production") && !*settings_text(&c->settings, SET_OIN))
		rc = err_set(&e, KT_EINVAL, "Stel eerst oin in: daarmee noemt een bericht zijn afzender.");
	if (!rc) {
		webhook_make(w);
		rc = store_submit(ce->store, add_job, &ch, &e);
	}
	return rc ? cli_fail(c, &e) : say_hook(c, w);
}

int cmd_webhook_add(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct webhook_new w = {.h = {.made_ms = clock_ms(&c->clock)}};
	for (int i = 0; i < argc; i++) {
		bool topics = strcmp(argv[i], "--onderwerp") == 0, org = strcmp(argv[i], "--organisatie") == 0;
		struct str *to = topics ? &w.h.topics : org ? &w.h.org : &w.h.url;
		i += topics || org;
		if (i == argc || to->n)
			return cli_usage(c, "webhook add vraagt URL --onderwerp NAAM --organisatie WIE, elk één keer.");
		*to = str_of(argv[i]);
	}
	if (!w.h.url.n || !w.h.topics.n || !w.h.org.n)
		return cli_usage(c, "webhook add vraagt URL --onderwerp NAAM --organisatie WIE.");
	int rc = open_deliver(c, &ce);
	if (rc)
		return rc;
	rc = add_hook(c, &ce, &w);
	crypto_wipe(w.secret, sizeof(w.secret));
	centre_close(&ce);
	return rc;
}

static int hook_line(const struct webhook *h, void *arg)
{
	struct listing *l = arg;
	char since[25];
	time_format(h->made_ms, since);
	l->n++;
	if (l->c->json) {
		jw_obj(&l->w);
		jw_kstr(&l->w, "id", h->id);
		jw_kstr(&l->w, "url", h->url);
		jw_kstr(&l->w, "organisatie", h->org);
		jw_kstr(&l->w, "onderwerp", h->topics);
		jw_kz(&l->w, "sinds", since);
		jw_obj_end(&l->w);
	} else {
		buf_printf(&l->b, STR_FMT "  " STR_FMT "  " STR_FMT "  " STR_FMT "\n", STR_ARG(h->id), STR_ARG(h->org),
		           STR_ARG(h->topics), STR_ARG(h->url));
	}
	return buf_err(&l->b);
}

static int list_hooks(struct listing *l, struct tx *tx, struct err *e)
{
	return webhook_list(tx, hook_line, l, e);
}

int cmd_webhook_list(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	(void)argv;
	if (argc)
		return cli_usage(c, "webhook list vraagt niets.");
	int rc = centre_open(c, OPEN_ALL, &ce);
	return rc ? rc : cli_listing(c, &ce, list_hooks, "Niemand krijgt bericht.\n");
}

static int remove_job(struct tx *tx, void *arg, struct err *e)
{
	const struct change *r = arg;
	int rc = webhook_remove(tx, r->id, e);
	return rc ? rc : audit_add(r->ce->audit, tx, "desk", "webhook.remove", r->id, STR(""), e);
}

int cmd_webhook_remove(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	if (argc != 1)
		return cli_usage(c, "webhook remove vraagt het nummer van een abonnement.");
	int rc = centre_open(c, OPEN_ALL, &ce);
	if (rc)
		return rc;
	struct change ch = {.id = str_of(argv[0])};
	rc = change(c, &ce, remove_job, &ch, "Deze ontvanger krijgt geen bericht meer.");
	centre_close(&ce);
	return rc;
}
