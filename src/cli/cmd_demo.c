#include <stdio.h>
#include <unistd.h>

#include "base/zone.h"
#include <errno.h>

#include "cli/cli.h"
#include "demo/demo.h"

/* 1.200, as numbers are written in Dutch. */
static void put_number(struct buf *b, int64_t n)
{
	if (n >= 1000) {
		put_number(b, n / 1000);
		buf_printf(b, ".%03lld", (long long)(n % 1000));
	} else {
		buf_int(b, n);
	}
}

static void say_progress(int64_t done, int64_t all, void *arg)
{
	struct buf b = BUF_INIT(256);
	(void)arg;
	buf_c(&b, '\r');
	put_number(&b, done);
	buf_z(&b, " van ");
	put_number(&b, all);
	buf_z(&b, done < all ? " meldingen" : " meldingen\n");
	if (!buf_err(&b))
		(void)!write(STDERR_FILENO, b.p, b.n);
	buf_free(&b);
}

static void write_json(const struct demo_result *r, struct jw *w)
{
	char from[11], to[11];
	date_format(r->first_day, from);
	date_format(r->last_day, to);
	jw_obj(w);
	jw_kint(w, "meldingen", r->reports);
	jw_kint(w, "signalen", r->signals);
	jw_kint(w, "geopend", r->opened);
	jw_key(w, "barrieres");
	jw_obj(w);
	for (int s = BARRIER_PROPOSED; s < BARRIER_STATES; s++)
		jw_kint(w, barrier_state_word((enum barrier_state)s), r->states[s]);
	jw_obj_end(w);
	jw_key(w, "partners");
	jw_obj(w);
	for (size_t i = 0; i < r->partners_n; i++)
		jw_kint(w, r->partners[i].id, r->partners[i].n);
	jw_obj_end(w);
	jw_kz(w, "voorbeeldcode", r->code);
	jw_kz(w, "van", from);
	jw_kz(w, "tot", to);
	jw_kbool(w, "verzonnen", true);
	jw_obj_end(w);
}

static void put_day(struct buf *b, int64_t day)
{
	static const char *const MONTHS[] = {"januari", "februari", "maart",     "april",   "mei",      "juni",
	                                     "juli",    "augustus", "september", "oktober", "november", "december"};
	char date[11];
	int64_t d, m;
	date_format(day, date);
	if (str_int((struct str){date + 5, 2}, &m) && str_int((struct str){date + 8, 2}, &d) && m >= 1 && m <= 12)
		buf_printf(b, "%lld %s %.4s", (long long)d, MONTHS[m - 1], date);
}

static void put_moment(struct buf *b, int64_t ms)
{
	put_day(b, zone_amsterdam_day(ms));
}

static void put_threshold(struct buf *b, int64_t n)
{
	static const char *const ORDINALS[] = {"", "eerste", "tweede", "derde", "vierde", "vijfde"};
	if (n > 0 && n < (int64_t)(sizeof(ORDINALS) / sizeof(ORDINALS[0])))
		buf_printf(b, "de %s melder", ORDINALS[n]);
	else
		buf_printf(b, "%lld melders", (long long)n);
}

static const char *noun_of(enum id_kind k)
{
	switch (k) {
	case ID_DOMAIN:
		return "Webwinkel";
	case ID_ACCOUNT:
		return "Verkoper";
	case ID_IBAN:
		return "Rekening";
	default:
		return "Kenmerk";
	}
}

/* "offline bij sidn": what the partner did, in the words of the measure. */
static const char *done_word(const struct demo_example *x)
{
	struct str m = str_of(x->measure);
	if (str_is(m, "domein_offline"))
		return "offline";
	if (str_is(m, "account_blokkeren"))
		return "geblokkeerd";
	return str_is(m, "aansprakelijk_stellen") ? "aansprakelijk gesteld" : "uitgevoerd";
}

static void put_example(struct buf *b, const struct demo_example *x)
{
	buf_printf(b, "  %s %s: %lld melders.\n    Voorgesteld na ", noun_of(x->kind), x->value, (long long)x->reporters);
	put_threshold(b, x->threshold);
	buf_z(b, " op ");
	put_moment(b, x->at_ms[BARRIER_PROPOSED]);
	if (x->at_ms[BARRIER_APPROVED]) {
		buf_z(b, ", goedgekeurd op ");
		put_moment(b, x->at_ms[BARRIER_APPROVED]);
	}
	if (x->at_ms[BARRIER_EXECUTED]) {
		buf_printf(b, ",\n    %s bij %s op ", done_word(x), x->partner);
		put_moment(b, x->at_ms[BARRIER_EXECUTED]);
	} else {
		buf_printf(b, ";\n    nu %s bij %s", barrier_state_word(x->state), x->partner);
	}
	buf_z(b, ".\n");
}

static void put_counts(struct buf *b, const struct demo_result *r)
{
	buf_z(b, "Meldingen   ");
	put_number(b, r->reports);
	buf_z(b, "\nSignalen    ");
	put_number(b, r->signals);
	buf_z(b, ": ");
	put_number(b, r->opened);
	buf_z(b, " over de drempel, ");
	put_number(b, r->sealed);
	buf_z(b, " verzegeld (niemand kan het kenmerk lezen), ");
	put_number(b, r->signals - r->opened - r->sealed);
	buf_z(b, " van een open soort onder de drempel\nMaatregelen ");
	put_number(b, r->barriers);
	buf_z(b, "\n\n");
	for (int s = BARRIER_PROPOSED; s < BARRIER_STATES; s++)
		if (r->states[s])
			buf_printf(b, "  %-14s %4lld\n", barrier_state_word((enum barrier_state)s), (long long)r->states[s]);
	buf_z(b, r->partners_n ? "\nPer partner\n" : "Geen regel van het beleid sloeg aan: er is niets voorgesteld.\n");
	for (size_t i = 0; i < r->partners_n; i++)
		buf_printf(b, "  %-22s %4lld\n", r->partners[i].id, (long long)r->partners[i].n);
}

/* A path as a shell takes it: as it stands, or between quotes. */
static void put_path(struct buf *b, const char *path)
{
	static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%";
	bool plain = *path && strspn(path, PLAIN) == strlen(path);
	if (plain) {
		buf_z(b, path);
		return;
	}
	buf_c(b, '\'');
	for (const char *p = path; *p; p++) {
		if (*p == '\'')
			buf_z(b, "'\\''");
		else
			buf_c(b, *p);
	}
	buf_c(b, '\'');
}

static void put_try(struct buf *b, const struct cli *c, const struct demo_result *r)
{
	const char *const commands[] = {"report show", "barriers list", "signals list", "rpz export", "audit verify"};
	buf_printf(b, "\nOm te proberen (een verzonnen melding heeft ontvangstcode %s)\n", r->code);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		buf_z(b, "  ");
		put_path(b, program_invocation_name);
		buf_z(b, " --data ");
		put_path(b, c->dir);
		buf_printf(b, " %s%s%s\n", commands[i], i ? "" : " ", i ? "" : r->code);
	}
	buf_z(b,
	      "\nDe sleutels van deze demonstratie komen uit een gedrukt wachtwoord: alleen voor verzonnen gegevens.\n"
	      "Het wachtwoord is: ");
	buf_printf(b, "%s\n", cli_demo_password());
}

static void write_text(const struct cli *c, const struct demo_result *r, struct buf *b)
{
	buf_z(b, "Een jaar met verzonnen meldingen, van ");
	put_day(b, r->first_day);
	buf_z(b, " tot en met ");
	put_day(b, r->last_day);
	buf_z(b, ".\n\n");
	put_counts(b, r);
	if (r->examples_n)
		buf_z(b, "\nVoorbeelden\n");
	for (size_t i = 0; i < r->examples_n; i++)
		put_example(b, &r->examples[i]);
	put_try(b, c, r);
}

/* It is there already: no failure, and nothing was done. */
static int already(const struct cli *c, const struct err *e)
{
	struct buf b = BUF_INIT(8192);
	struct jw w;
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kbool(&w, "aanwezig", true);
		jw_kz(&w, "code", err_word(e->code));
		jw_kz(&w, "opmerking", e->text);
		jw_kbool(&w, "verzonnen", true);
		jw_obj_end(&w);
	} else {
		buf_printf(&b, "%s\n", e->text);
	}
	return cli_put(&b);
}

static int play(struct cli *c, struct centre *ce)
{
	struct err e = {0};
	struct demo_result r = {0};
	struct demo d = {.in = &ce->intake, .seed = DEMO_SEED, .now_ms = clock_ms(&c->clock)};
	if (isatty(STDERR_FILENO))
		d.progress = say_progress;
	int rc = demo_look(ce->store, &e);
	if (rc == KT_EEXISTS)
		return already(c, &e);
	if (!rc)
		rc = demo_play(&d, &r, &e);
	if (rc)
		return cli_fail(c, &e);
	struct buf b = BUF_INIT(1u << 20);
	struct jw w;
	jw_init(&w, &b);
	if (c->json)
		write_json(&r, &w);
	else
		write_text(c, &r, &b);
	return cli_put(&b);
}

int cmd_demo(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct err e = {0};
	(void)argv;
	if (argc)
		return cli_usage(c, "demo vraagt niets.");
	if (demo_allowed(&c->settings, &e))
		return cli_fail(c, &e);
	int rc = centre_open(c, OPEN_ALL, &ce);
	if (rc)
		return rc;
	rc = play(c, &ce);
	centre_close(&ce);
	return rc;
}
