/* Migrations go forward only, each in a transaction of its own, in the order of their numbers. Two programs
 * that start together both come here: the second finds the work done. */
#include "store/store_impl.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "seam/crypto.h"
#include "store/migrations.gen.h"

#define SCRIPT_MAX ((size_t)1 << 20)
#define COPIES_KEPT 2
#define COPY_HEAD STORE_FILE ".voor-"

/* PostgreSQL lets nobody say IF NOT EXISTS who may not create schemas, so the question is asked first. */
static const struct stmt HAS_TABLE = {
	.sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'",
	.pg = "SELECT count(*) FROM pg_tables WHERE schemaname = 'kentering' AND tablename = 'schema_version'",
	.args = "",
	.cols = "i"};
static const struct stmt HAS_SCHEMA = {
	.sql = "SELECT 1", .pg = "SELECT count(*) FROM pg_namespace WHERE nspname = 'kentering'", .args = "", .cols = "i"};
static const struct stmt MAKE_SCHEMA = {.sql = "SELECT 1", .pg = "CREATE SCHEMA kentering", .args = "", .cols = ""};
static const struct stmt HISTORY = {
	.sql = "SELECT version, checksum FROM schema_version ORDER BY version", .args = "", .cols = "it"};
static const struct stmt ADD = {
	.sql = "INSERT INTO schema_version (version, name, checksum, applied_ms) VALUES ($1, $2, $3, $4)",
	.args = "itti",
	.cols = ""};
#define TABLE \
	"CREATE TABLE schema_version (version {int} NOT NULL PRIMARY KEY, name {text} NOT NULL," \
	" checksum {text} NOT NULL, applied_ms {int} NOT NULL){strict};"

/* ---- the text of a migration ---- */

static void script_token(struct buf *b, const struct store_driver *d, struct str *rest)
{
	const struct {
		struct str token;
		const char *word;
	} words[] = {{STR("{int}"), d->word_int},
	             {STR("{text}"), d->word_text},
	             {STR("{blob}"), d->word_blob},
	             {STR("{strict}"), d->word_strict},
	             {STR("{keyed}"), d->word_keyed}};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!str_starts(*rest, words[i].token))
			continue;
		buf_z(b, words[i].word);
		*rest = str_sub(*rest, words[i].token.n, rest->n);
		return;
	}
	buf_c(b, rest->p[0]);
	*rest = str_sub(*rest, 1, rest->n);
}

/* Lines between "-- @sqlite" or "-- @postgres" and "-- @all" are for that driver only. */
static int script_for(const struct store_driver *d, struct str text, struct buf *b, struct err *e)
{
	bool ours = true;
	while (text.n) {
		ptrdiff_t nl = str_find(text, '\n');
		size_t end = nl < 0 ? text.n : (size_t)nl + 1;
		struct str line = str_sub(text, 0, end), mark = str_trim(line);
		text = str_sub(text, end, text.n);
		if (str_starts(mark, STR("-- @"))) {
			struct str who = str_sub(mark, 4, mark.n);
			ours = str_is(who, "all") || str_is(who, d->name);
		} else if (ours) {
			while (line.n)
				script_token(b, d, &line);
		}
	}
	if (buf_err(b))
		return err_set(e, buf_err(b), "een migratie is te groot");
	return 0;
}

static int script_run(struct conn *c, struct str text, struct err *e)
{
	struct buf b = BUF_INIT(SCRIPT_MAX);
	int code = script_for(c->d, text, &b, e);
	if (!code && b.n)
		code = c->d->script(c, b.p, e);
	buf_free(&b);
	return code;
}

/* Of the text as it stands in the source, so the same on both databases. */
static void checksum(const struct embedded *m, char out[65])
{
	uint8_t h[32];
	crypto_h(h, "migration", ((struct str){m->text, m->n}));
	for (int i = 0; i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", h[i]);
}

static const char *base_name(const struct embedded *m)
{
	const char *slash = strrchr(m->name, '/');
	return slash ? slash + 1 : m->name;
}

/* "0003_delivery.sql" is 3; 0 when the name has no number. */
static unsigned number_of(const struct embedded *m)
{
	struct str name = str_of(base_name(m));
	int64_t n;
	bool ok = name.n > 5 && name.p[4] == '_' && str_int(str_sub(name, 0, 4), &n) && n > 0;
	return ok ? (unsigned)n : 0;
}

/* Numbers rise; one that was never released may be missing. */
static int list_check(const struct embedded *list, size_t *ret_n, struct err *e)
{
	size_t n = 0;
	for (unsigned last = 0; list[n].name; last = number_of(&list[n++]))
		if (number_of(&list[n]) <= last)
			return err_set(e, KT_EINTERNAL, "fout in het programma: de migraties zijn niet oplopend genummerd");
	*ret_n = n;
	return 0;
}

/* ---- what was applied ---- */

static int one_int(const struct sval *cols, void *arg)
{
	*(int64_t *)arg = cols[0].i;
	return 0;
}

static int ask_int(struct conn *c, const struct stmt *st, int64_t *ret, struct err *e)
{
	bool by_row;
	*ret = 0;
	return c->d->query(c, st, NULL, 0, one_int, ret, &by_row, e);
}

struct history {
	const struct embedded *list;
	size_t n, seen;
	struct err *e;
};

static int history_row(const struct sval *cols, void *arg)
{
	struct history *h = arg;
	char sum[65];
	if (h->seen >= h->n || cols[0].i > (int64_t)number_of(&h->list[h->n - 1]))
		return err_set(h->e, KT_EREFUSED,
		               "de database is van een nieuwere versie van het programma: gebruik die versie");
	checksum(&h->list[h->seen], sum);
	if (cols[0].i != (int64_t)number_of(&h->list[h->seen]) || !str_is(cols[1].s, sum))
		return err_set(h->e, KT_ECORRUPT,
		               "migratie %u van de database is niet die van dit programma: "
		               "gebruik het programma waarmee de database is gemaakt",
		               number_of(&h->list[h->seen]));
	h->seen++;
	return 0;
}

/* Inside a transaction. *ret: how many of the list were applied; -1 when there is no table yet. */
static int history(struct conn *c, const struct embedded *list, size_t n, int64_t *ret, struct err *e)
{
	int64_t there;
	bool by_row = false;
	struct history h = {.list = list, .n = n, .e = e};
	int code = ask_int(c, &HAS_TABLE, &there, e);
	if (!code && there)
		code = c->d->query(c, &HISTORY, NULL, 0, history_row, &h, &by_row, e);
	if (!code)
		*ret = there ? (int64_t)h.seen : -1;
	return code;
}

int migrate_check(struct conn *c, const struct embedded *list, struct err *e)
{
	size_t n;
	int64_t applied;
	int code = list_check(list, &n, e);
	if (!code)
		code = history(c, list, n, &applied, e);
	if (!code && applied < (int64_t)n)
		code = err_set(e, KT_EREFUSED,
		               "de database is nog niet bijgewerkt naar deze versie: start het programma eerst gewoon");
	return code;
}

/* ---- applying ---- */

static int make_table(struct conn *c, struct err *e)
{
	int64_t there;
	int code = ask_int(c, &HAS_SCHEMA, &there, e);
	if (!code && !there)
		code = c->d->exec(c, &MAKE_SCHEMA, NULL, 0, e);
	return code ? code : script_run(c, STR(TABLE), e);
}

static int apply(struct conn *c, const struct embedded *m, struct err *e)
{
	char sum[65];
	struct clock clock;
	int code = clock_init(&clock, NULL, e);
	if (!code)
		code = script_run(c, (struct str){m->text, m->n}, e);
	if (code)
		return code;
	checksum(m, sum);
	const struct sval a[] = {SV_I(number_of(m)), SV_Z(base_name(m)), SV_Z(sum), SV_I(clock_ms(&clock))};
	return c->d->exec(c, &ADD, a, 4, e);
}

/* One transaction: finds how far the database is and applies the next. *ret_applied as of before. */
static int step(struct conn *c, const struct embedded *list, size_t n, bool may_apply, int64_t *ret_applied,
                struct err *e)
{
	int64_t applied = -1;
	int code = c->d->begin(c, true, e);
	if (code)
		return code;
	code = history(c, list, n, &applied, e);
	bool work = !code && may_apply && applied < (int64_t)n;
	if (work && applied < 0)
		code = make_table(c, e);
	if (work && !code && n > 0) {
		size_t next = applied < 0 ? 0 : (size_t)applied;
		code = apply(c, &list[next], e);
	}
	if (!code && work)
		code = c->d->commit(c, e);
	else
		c->d->rollback(c);
	if (!code)
		*ret_applied = applied;
	return code;
}

/* ---- the copy before it ---- */

static int copy_filter(const struct dirent *d)
{
	return str_starts(str_of(d->d_name), STR(COPY_HEAD));
}

static void copies_prune(const char *dir)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, copy_filter, alphasort);
	for (int i = 0; i < n; i++) {
		char path[STORE_PATH];
		if (i < n - COPIES_KEPT && store_path(path, dir, names[i]->d_name))
			(void)unlink(path);
		free(names[i]);
	}
	free(names);
}

/* PostgreSQL has none: there a migration is one transaction and the operator's base backup is the copy. */
static int copy_before(struct conn *c, const struct store_opts *o, unsigned version, struct err *e)
{
	char name[40], path[STORE_PATH];
	if (c->d != &store_sqlite)
		return 0;
	(void)snprintf(name, sizeof(name), COPY_HEAD "%04u", version);
	if (!store_path(path, o->dir, name))
		return err_set(e, KT_ELIMIT, "de naam van de gegevensmap is te lang");
	(void)unlink(path); /* of an earlier try that failed */
	int code = backup_sqlite(c, path, e);
	if (!code)
		copies_prune(o->dir);
	return code;
}

int migrate_forward(struct conn *c, const struct store_opts *o, const struct embedded *list, struct err *e)
{
	size_t n;
	int64_t applied;
	int code = list_check(list, &n, e);
	if (!code)
		code = step(c, list, n, false, &applied, e);
	if (!code && applied > 0 && applied < (int64_t)n)
		code = copy_before(c, o, number_of(&list[applied]), e);
	/* Each round applies one, or finds that another program did. */
	while (!code && applied < (int64_t)n) {
		code = step(c, list, n, true, &applied, e);
		if (!code && applied < (int64_t)n)
			log_event(LOG_INFO, "store-migrated", LOG_NUM("version", number_of(&list[applied < 0 ? 0 : applied])));
	}
	return code;
}

int migrate_open(const struct store_opts *o, struct conn **ret, struct err *e)
{
	const struct store_driver *d = store_driver_of(o);
	struct conn *c = NULL;
	int guard;
	int code = d->guard(o, &guard, e);
	if (code)
		return code;
	code = d->open(o, true, &c, e);
	if (!code)
		code = migrate_forward(c, o, store_migrations, e);
	d->unguard(guard);
	if (code)
		(void)d->close(c);
	else
		*ret = c;
	return code;
}
