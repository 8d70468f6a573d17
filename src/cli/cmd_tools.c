#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "barrier/safety.h"
#include "cli/cli.h"

#define IDENTIFY_MAX (64u << 20)

int cmd_policy_check(struct cli *c, int argc, char **argv)
{
	if (argc > 1)
		return cli_usage(c, "policy check vraagt hoogstens één map.");
	if (argc == 1) {
		c->policy_n = 0;
		c->policy[c->policy_n++] = argv[0];
	}
	struct centre ce;
	int rc = centre_open(c, OPEN_POLICY, &ce);
	if (rc)
		return rc;
	const struct policy_rule *rules;
	const struct policy_form *forms;
	struct buf b = BUF_INIT(4096);
	struct jw w;
	jw_init(&w, &b);
	size_t rules_n = policy_rules(ce.policy, &rules), forms_n = policy_forms(ce.policy, &forms);
	if (c->json) {
		jw_obj(&w);
		jw_kbool(&w, "goed", true);
		jw_kint(&w, "regels", (int64_t)rules_n);
		jw_kint(&w, "fraudevormen", (int64_t)forms_n);
		jw_obj_end(&w);
	} else {
		buf_printf(&b, "Het beleid klopt: %zu regels, %zu fraudevormen.\n", rules_n, forms_n);
	}
	rc = cli_put(&b);
	centre_close(&ce);
	return rc;
}

struct identify {
	struct buf b;
	const char *text;
	int rc;
};

/* One object a line; written out in blocks, so that a large input needs little memory. */
static int identify_line(const struct id_found *f, void *arg)
{
	struct identify *d = arg;
	struct jw w;
	jw_init(&w, &d->b);
	jw_obj(&w);
	jw_kz(&w, "soort", id_kind_name(f->id.kind));
	jw_kstr(&w, "waarde", id_str(&f->id));
	jw_kstr(&w, "tekst", (struct str){d->text + f->begin, f->end - f->begin});
	jw_kint(&w, "begin", (int64_t)f->begin);
	jw_kint(&w, "eind", (int64_t)f->end);
	jw_obj_end(&w);
	buf_c(&d->b, '\n');
	if (d->b.n > 65536) {
		d->rc = cli_write(buf_view(&d->b));
		buf_reset(&d->b);
	}
	return d->rc ? d->rc : buf_err(&d->b);
}

int cmd_identify(struct cli *c, int argc, char **argv)
{
	struct buf text;
	struct err e = {0};
	struct centre ce = {0};
	if (argc > 1)
		return cli_usage(c, "identify vraagt hoogstens één bestand.");
	int rc = cli_read(argc ? argv[0] : "-", IDENTIFY_MAX, &text, &e);
	if (rc)
		return cli_fail(c, &e);
	rc = centre_open(c, OPEN_POLICY, &ce);
	if (rc) {
		buf_free(&text);
		return rc;
	}
	struct identify d = {BUF_INIT(4u << 20), text.p, 0};
	rc = id_extract(buf_view(&text), policy_id_options(ce.policy), identify_line, &d);
	int out = cli_write(buf_view(&d.b));
	buf_free(&d.b);
	buf_free(&text);
	centre_close(&ce);
	return rc || out ? EXIT_REFUSED : EXIT_DONE;
}

struct import {
	struct centre *ce;
	struct safety_list list;
	int64_t now_ms, before;
	bool allow_shrink;
};

static int import_job(struct tx *tx, void *arg, struct err *e)
{
	struct import *im = arg;
	int rc = safety_store(tx, &im->list, im->now_ms, im->allow_shrink, &im->before, e);
	if (rc)
		return rc;
	struct str detail =
		arena_fmt(tx_arena(tx), "{\"namen\":%lld,\"eerst\":%lld}", (long long)im->list.names, (long long)im->before);
	return audit_add(im->ce->audit, tx, "desk", "safety.import", STR(""), detail, e);
}

static int import_done(const struct cli *c, const struct import *im)
{
	struct buf b = BUF_INIT(8192);
	struct jw w;
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kstr(&w, "lijst", im->list.name);
		jw_kint(&w, "namen", im->list.names);
		jw_kint(&w, "overgeslagen", im->list.skipped);
		jw_kint(&w, "eerst", im->before);
		jw_obj_end(&w);
	} else {
		buf_printf(&b, "Lijst " STR_FMT ": %lld namen beschermd (eerst %lld), %lld regels overgeslagen.\n",
		           STR_ARG(im->list.name), (long long)im->list.names, (long long)im->before,
		           (long long)im->list.skipped);
	}
	return cli_put(&b);
}

static int import_file(struct cli *c, struct centre *ce, const char *path, bool allow_shrink)
{
	struct buf text;
	struct err e = {0};
	int rc = cli_read(path, SAFETY_MAX_BYTES, &text, &e);
	if (rc)
		return cli_fail(c, &e);
	struct import im = {.ce = ce, .now_ms = clock_ms(&c->clock), .allow_shrink = allow_shrink};
	struct arena *a = arena_new(1024u << 20);
	struct str name = str_of(path);
	ptrdiff_t slash = str_rfind(name, '/');
	if (slash >= 0)
		name = str_sub(name, (size_t)slash + 1, name.n);
	rc = a ? safety_parse(a, name, buf_view(&text), &im.list, &e) : err_set(&e, KT_ENOMEM, "Er is te weinig geheugen.");
	if (!rc)
		rc = store_submit(ce->store, import_job, &im, &e);
	rc = rc ? cli_fail(c, &e) : import_done(c, &im);
	arena_free(a);
	buf_free(&text);
	return rc;
}

int cmd_safety_import(struct cli *c, int argc, char **argv)
{
	const char *path = NULL;
	bool allow_shrink = false;
	struct centre ce;
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--allow-shrink") == 0)
			allow_shrink = true;
		else if (!path)
			path = argv[i];
		else
			return cli_usage(c, "safety import vraagt één bestand.");
	}
	if (!path)
		return cli_usage(c, "safety import vraagt een bestand.");
	int rc = centre_open(c, OPEN_ALL, &ce);
	if (rc)
		return rc;
	rc = import_file(c, &ce, path, allow_shrink);
	centre_close(&ce);
	return rc;
}

static int export_result(const struct cli *c, const char *out, const struct rpz_result *r, struct str zone)
{
	struct buf b = BUF_INIT((256u << 20) + zone.n);
	struct jw w;
	jw_init(&w, &b);
	if (!c->json)
		return out ? (cli_say("%lld namen in de zone, %lld beschermd en weggelaten.", (long long)r->names,
		                      (long long)r->skipped_protected),
		              EXIT_DONE)
				   : EXIT_DONE;
	jw_obj(&w);
	jw_kint(&w, "namen", r->names);
	jw_kint(&w, "beschermd", r->skipped_protected);
	jw_kint(&w, "te_lang", r->skipped_long);
	jw_kint(&w, "serienummer", r->serial);
	if (out)
		jw_kz(&w, "bestand", out);
	else
		jw_kstr(&w, "zone", zone);
	jw_obj_end(&w);
	return cli_put(&b);
}

/* To a file: written beside it and renamed, so that a resolver never reads half a zone. */
static int export_file(const struct centre *ce, const struct rpz_opts *o, const char *out, struct rpz_result *r,
                       struct err *e)
{
	char tmp[4096];
	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", out) >= (int)sizeof(tmp))
		return err_set(e, KT_ELIMIT, "De naam van het bestand is te lang.");
	int fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "Het zonebestand kan niet worden gemaakt");
	int rc = rpz_export(ce->store, ce->policy, o, fd, r, e);
	if (!rc && (fchmod(fd, 0644) || fsync(fd)))
		rc = err_sys(e, "Het zonebestand kan niet worden bewaard");
	close(fd);
	if (!rc && rename(tmp, out))
		rc = err_sys(e, "Het zonebestand kan niet worden hernoemd");
	if (rc)
		unlink(tmp);
	return rc;
}

/* On the way into JSON, or straight to stdout. */
static int export_stream(struct cli *c, const struct centre *ce, const struct rpz_opts *o, struct buf *zone,
                         struct rpz_result *r, struct err *e)
{
	if (!c->json)
		return rpz_export(ce->store, ce->policy, o, STDOUT_FILENO, r, e);
	FILE *f = tmpfile();
	if (!f)
		return err_sys(e, "Er kan geen tijdelijk bestand worden gemaakt");
	int rc = rpz_export(ce->store, ce->policy, o, fileno(f), r, e);
	rewind(f);
	while (!rc) {
		char *room = buf_room(zone, 65536);
		size_t n = room ? fread(room, 1, 65536, f) : 0;
		if (!room)
			rc = err_set(e, KT_ELIMIT, "De zone is te groot voor één antwoord. Gebruik -o BESTAND.");
		if (!n)
			break;
		buf_added(zone, n);
	}
	fclose(f);
	return rc;
}

int cmd_rpz_export(struct cli *c, int argc, char **argv)
{
	const char *out = NULL;
	struct centre ce;
	struct err e = {0};
	struct rpz_result r = {0};
	if (argc && (argc != 2 || strcmp(argv[0], "-o") != 0))
		return cli_usage(c, "rpz export kent alleen -o BESTAND.");
	if (argc)
		out = argv[1];
	int rc = centre_open(c, OPEN_ALL, &ce);
	if (rc)
		return rc;
	struct rpz_opts o = {.source = safety_standing, .now_ms = clock_ms(&c->clock)};
	struct buf zone = BUF_INIT(128u << 20);
	rc = centre_tick(c, &ce, &e);
	if (!rc)
		rc = out ? export_file(&ce, &o, out, &r, &e) : export_stream(c, &ce, &o, &zone, &r, &e);
	rc = rc ? cli_fail(c, &e) : export_result(c, out, &r, buf_view(&zone));
	buf_free(&zone);
	centre_close(&ce);
	return rc;
}
