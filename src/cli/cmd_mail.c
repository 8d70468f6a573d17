#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "mail/mail.h"
#include "mail/score.h"

#define FILES_MAX 100000
#define OUT_MAX (32u << 20)

struct analysis {
	struct cli *c;
	struct centre ce;
	struct mail_names *names;
	struct str servers[MAIL_CHILD_IDS]; /* our own mail servers: what they say of a sender counts */
	size_t servers_n;
	unsigned failed, done;
};

/* Identifiers of one piece or link, each value once a mail and place. */
struct finds {
	struct jw *w;
	const char *place;
	struct str *seen;
	size_t seen_n, seen_cap;
	struct arena *a;
};

static int find_put(const struct id_found *f, void *arg)
{
	struct finds *d = arg;
	struct str key = arena_fmt(d->a, "%s %s %s", d->place, id_kind_name(f->id.kind), f->id.value);
	for (size_t i = 0; i < d->seen_n; i++)
		if (str_eq(d->seen[i], key))
			return 0;
	if (d->seen_n == d->seen_cap)
		return 0;
	d->seen[d->seen_n++] = key;
	jw_obj(d->w);
	jw_kz(d->w, "soort", id_kind_name(f->id.kind));
	jw_kstr(d->w, "waarde", id_str(&f->id));
	jw_kz(d->w, "plaats", d->place);
	jw_obj_end(d->w);
	return 0;
}

static void finds_put(struct jw *w, struct arena *a, const struct mail *m, const struct id_options *o)
{
	struct finds d = {.w = w, .a = a, .seen_cap = 2000};
	d.seen = arena_array(a, d.seen_cap, sizeof(*d.seen));
	if (!d.seen)
		return;
	jw_key(w, "kenmerken");
	jw_arr(w);
	for (size_t i = 0; i < m->heads_n; i++) {
		/* Who forwarded it is a person who helps us, and no suspect. */
		bool reporter = m->depth > 0 && m->heads[i].depth == 0;
		d.place = "afzender";
		if (!reporter && m->heads[i].from_addr.n)
			(void)!id_extract(m->heads[i].from_addr, o, find_put, &d);
		d.place = "antwoordadres";
		if (!reporter && m->heads[i].reply_addr.n)
			(void)!id_extract(m->heads[i].reply_addr, o, find_put, &d);
	}
	for (size_t i = 0; i < m->links_n; i++) {
		d.place = mail_where_name(m->links[i].where);
		(void)!id_extract(m->links[i].url, o, find_put, &d);
	}
	for (size_t i = 0; i < m->pieces_n; i++) {
		d.place = mail_where_name(m->pieces[i].where);
		(void)!id_extract(m->pieces[i].text, o, find_put, &d);
	}
	jw_arr_end(w);
}

static void links_put(struct jw *w, const struct mail *m, const struct mail_scored *s)
{
	jw_key(w, "links");
	jw_arr(w);
	for (size_t i = 0; i < m->links_n; i++) {
		if (m->links[i].where == MAIL_IMAGE)
			continue; /* nobody follows a picture; its address is among the identifiers */
		jw_obj(w);
		jw_kstr(w, "url", m->links[i].url);
		jw_kz(w, "plaats", mail_where_name(m->links[i].where));
		if (s[i].text_domain.n)
			jw_kstr(w, "tekst_domein", s[i].text_domain);
		jw_kint(w, "score", s[i].score);
		jw_key(w, "redenen");
		jw_arr(w);
		for (unsigned k = 0; k < s[i].reasons_n; k++) {
			jw_obj(w);
			jw_kz(w, "code", s[i].reasons[k]->code);
			jw_kz(w, "tekst", s[i].reasons[k]->text);
			jw_kint(w, "gewicht", s[i].reasons[k]->weight);
			jw_obj_end(w);
		}
		jw_arr_end(w);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static int one(struct analysis *an, struct arena *a, struct str text, struct jw *w, struct err *e)
{
	struct mail m;
	struct mail_scored *s = NULL;
	struct mail_options o = {an->servers, an->servers_n};
	int rc = mail_child(a, text, &o, &m, e);
	if (!rc && mail_score(a, &m, an->names, &s))
		rc = err_set(e, KT_ENOMEM, "Er is te weinig geheugen.");
	if (rc)
		return rc;
	finds_put(w, a, &m, policy_id_options(an->ce.policy));
	links_put(w, &m, s);
	jw_kbool(w, "bevestigd", m.confirmed);
	jw_kbool(w, "antwoord", m.silent == MAIL_ANSWER);
	jw_kz(w, "reden", mail_silent_text(m.silent));
	jw_kint(w, "bijlagen", m.attachments);
	jw_kint(w, "doorgestuurd", m.depth);
	jw_kbool(w, "ingekort", m.cut);
	jw_kz(w, "fout", NULL);
	return 0;
}

/* One document a mail, also when it could not be read. */
static int analyse(struct analysis *an, const char *path, const char *name)
{
	struct buf text, b = BUF_INIT(OUT_MAX);
	struct err e = {0};
	struct jw w;
	struct arena *a = arena_new(256u << 20);
	jw_init(&w, &b);
	jw_obj(&w);
	if (name)
		jw_kz(&w, "bestand", name);
	int rc = a ? cli_read(path, MAIL_MAX_BYTES, &text, &e) : err_set(&e, KT_ENOMEM, "Er is te weinig geheugen.");
	if (!rc) {
		rc = one(an, a, buf_view(&text), &w, &e);
		buf_free(&text);
	}
	if (rc) {
		jw_kz(&w, "fout", e.text);
		jw_kz(&w, "code", err_word(rc));
		an->failed++;
	}
	jw_obj_end(&w);
	arena_free(a);
	an->done++;
	return cli_put(&b);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Regular files only, in the order of their names; hidden ones are somebody's own. */
static int folder(struct analysis *an, const char *path)
{
	struct dirent *d;
	DIR *dir = opendir(path);
	struct err e = {0};
	size_t n = 0, cap = 0;
	char **names = NULL;
	int rc = EXIT_DONE;
	if (!dir) {
		(void)err_sys(&e, "De map kan niet worden gelezen");
		return cli_fail(an->c, &e);
	}
	while ((d = readdir(dir)) && n < FILES_MAX) {
		if (n == cap) {
			cap = cap ? cap * 2 : 64;
			char **more = realloc(names, cap * sizeof(*names));
			if (!more)
				break;
			names = more;
		}
		if (d->d_name[0] != '.' && (names[n] = strdup(d->d_name)))
			n++;
	}
	closedir(dir);
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		char full[4096];
		struct stat st;
		bool fits = snprintf(full, sizeof(full), "%s/%s", path, names[i]) < (int)sizeof(full);
		if (rc == EXIT_DONE && fits && stat(full, &st) == 0 && S_ISREG(st.st_mode))
			rc = analyse(an, full, names[i]);
		free(names[i]);
	}
	free(names);
	return rc;
}

int cmd_mail(struct cli *c, int argc, char **argv)
{
	struct analysis an = {.c = c};
	struct stat st;
	if (argc >= 1 && strcmp(argv[0], MAIL_CHILD_FLAG) == 0)
		mail_child_main(argc - 1, argv + 1);
	if (argc >= 1 && strcmp(argv[0], "--deliver") == 0)
		return cmd_mail_deliver(c, argc - 1, argv + 1);
	while (argc >= 2 && strcmp(argv[0], "--authserv") == 0 && an.servers_n < MAIL_CHILD_IDS) {
		an.servers[an.servers_n++] = str_of(argv[1]);
		argc -= 2;
		argv += 2;
	}
	if (argc != 1)
		return cli_usage(c, "mail vraagt één bestand, één map, of - voor de invoer.");
	int rc = centre_open(c, OPEN_POLICY, &an.ce);
	if (rc)
		return rc;
	an.names = mail_names_new(an.ce.policy);
	if (!an.names) {
		struct err e = {.code = KT_ENOMEM};
		(void)err_set(&e, KT_ENOMEM, "Er is te weinig geheugen.");
		rc = cli_fail(c, &e);
	} else if (strcmp(argv[0], "-") != 0 && stat(argv[0], &st) == 0 && S_ISDIR(st.st_mode)) {
		rc = folder(&an, argv[0]);
	} else {
		ptrdiff_t slash = str_rfind(str_of(argv[0]), '/');
		bool in = strcmp(argv[0], "-") == 0;
		rc = analyse(&an, argv[0], in ? NULL : argv[0] + slash + 1);
		rc = an.failed ? EXIT_REFUSED : rc;
	}
	mail_names_free(an.names);
	centre_close(&an.ce);
	return rc;
}
