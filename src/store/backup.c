/* Copies: one SQLite file whichever database it comes from or goes to. Everything is made in a scratch
 * folder beside its goal (mode 0700), checked, made durable, and then moved into place in one step. */
#include "store/store_impl.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "seam/crypto.h"
#include "store/migrations.gen.h"
#include "store/sqlite/sqlite.h"

#define STEP_PAGES 1024
#define SQL_MAX ((size_t)64 << 10)

/* ---- scratch folder ---- */

struct scratch {
	char dir[STORE_PATH];
	char file[STORE_PATH]; /* dir/kentering.db */
};

static int scratch_make(struct scratch *t, const char *in, struct err *e)
{
	if (!store_path(t->dir, in, ".kentering-XXXXXX") || strlen(t->dir) + sizeof(STORE_FILE) + 8 > STORE_PATH)
		return err_set(e, KT_ELIMIT, "de naam van de map is te lang");
	if (!mkdtemp(t->dir)) {
		t->dir[0] = 0;
		return err_sys(e, "er kan geen werkmap worden gemaakt");
	}
	(void)store_path(t->file, t->dir, STORE_FILE);
	return 0;
}

static void scratch_drop(struct scratch *t)
{
	char path[STORE_PATH];
	struct dirent *d;
	DIR *dir = t->dir[0] ? opendir(t->dir) : NULL;
	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.' && store_path(path, t->dir, d->d_name))
			(void)unlink(path);
	if (dir)
		(void)closedir(dir);
	if (t->dir[0])
		(void)rmdir(t->dir);
}

static int sync_path(const char *path, int flags, struct err *e)
{
	int fd = open(path, flags | O_CLOEXEC);
	int bad = fd < 0 || fsync(fd) != 0;
	int code = bad ? err_sys(e, "de kopie kan niet veilig worden weggeschreven") : 0;
	if (fd >= 0)
		(void)close(fd);
	return code;
}

static void parent_of(const char *file, char out[STORE_PATH])
{
	const char *slash = strrchr(file, '/');
	struct str dir = !slash ? STR(".") : slash == file ? STR("/") : ((struct str){file, (size_t)(slash - file)});
	(void)str_copy(out, STORE_PATH, dir);
}

/* Moves into place, durable. Without `replace` an existing file stays and the answer is KT_EEXISTS. */
static int publish(const char *from, const char *to, bool replace, struct err *e)
{
	char dir[STORE_PATH];
	int code = sync_path(from, O_RDWR, e);
	if (code)
		return code;
	int rc = renameat2(AT_FDCWD, from, AT_FDCWD, to, replace ? 0 : RENAME_NOREPLACE);
	if (rc && !replace && errno == EINVAL) { /* a file system that does not know NOREPLACE */
		rc = access(to, F_OK) == 0 ? -1 : rename(from, to);
		errno = rc && access(to, F_OK) == 0 ? EEXIST : errno;
	}
	if (rc)
		return errno == EEXIST ? err_set(e, KT_EEXISTS, "het bestand bestaat al: kies een andere naam")
							   : err_sys(e, "de kopie kan niet op haar plaats worden gezet");
	parent_of(to, dir);
	return sync_path(dir, O_RDONLY | O_DIRECTORY, e);
}

/* ---- SQLite to SQLite ---- */

static int pages_copy(sqlite3 *from, sqlite3 *to, int *ret_rc)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc = b ? SQLITE_OK : sqlite3_extended_errcode(to);
	while (b && rc == SQLITE_OK)
		rc = sqlite3_backup_step(b, STEP_PAGES);
	if (b)
		(void)sqlite3_backup_finish(b);
	*ret_rc = rc;
	return rc == SQLITE_DONE ? 0 : -1;
}

static int copy_code(int rc, struct err *e)
{
	if (rc == SQLITE_FULL)
		return err_set(e, KT_EFULL, "de schijf is vol: maak ruimte vrij en maak de kopie opnieuw");
	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return err_set(e, KT_EBUSY, "een ander programma gebruikt de database: probeer het zo opnieuw");
	if (rc == SQLITE_NOTADB)
		return err_set(e, KT_EINVAL, "dit bestand is geen reservekopie van Kentering");
	if ((rc & 0xff) == SQLITE_CORRUPT)
		return err_set(e, KT_ECORRUPT, "de kopie is beschadigd: gebruik een andere");
	return err_set(e, KT_EIO, "de kopie kan niet worden gelezen of geschreven (SQLite-code %d)", rc);
}

/* Without its log the copy is one file; a stale log beside it would be a danger. */
static int one_file(sqlite3 *db, int *ret_rc)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA journal_mode=DELETE", -1, &q, NULL);
	if (!rc)
		rc = sqlite3_step(q);
	bool done = rc == SQLITE_ROW && str_is(str_of((const char *)sqlite3_column_text(q, 0)), "delete");
	(void)sqlite3_finalize(q);
	*ret_rc = done ? SQLITE_OK : rc == SQLITE_ROW ? SQLITE_BUSY : rc;
	return done ? 0 : -1;
}

static int copy_into(sqlite3 *from, const char *file, struct err *e)
{
	sqlite3 *to = NULL;
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "de kopie kan niet worden gemaakt");
	(void)close(fd);
	int rc = sqlite3_open_v2(file, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	bool ok = !rc && pages_copy(from, to, &rc) == 0 && one_file(to, &rc) == 0;
	(void)sqlite3_close(to);
	return ok ? 0 : copy_code(rc, e);
}

int backup_sqlite(struct conn *c, const char *file, struct err *e)
{
	struct scratch t;
	char dir[STORE_PATH];
	parent_of(file, dir);
	int code = scratch_make(&t, dir, e);
	if (code)
		return code;
	/* The snapshot stays the same while writers go on; without it every write would start the copy again. */
	code = c->d->begin(c, false, e);
	if (!code) {
		code = copy_into(sqlite_handle(c), t.file, e);
		c->d->rollback(c);
	}
	if (!code)
		code = publish(t.file, file, false, e);
	scratch_drop(&t);
	return code;
}

/* ---- table by table, for PostgreSQL ---- */

static const struct stmt TABLES = {
	.sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite$_%' ESCAPE '$'"
		   " AND name <> 'schema_version' ORDER BY name",
	.args = "",
	.cols = "t"};
static const struct stmt COLUMNS = {
	.sql = "SELECT name, type FROM pragma_table_info($1) ORDER BY cid", .args = "t", .cols = "tt"};

struct copy {
	struct conn *lite; /* whose catalogue names the tables and columns; its schema is this program's */
	struct conn *from, *to;
	struct arena *ar;
	struct err *e;
	struct stmt *into; /* the table at hand */
	size_t cols;
};

struct columns {
	struct buf names, marks;
	char types[STMT_MAX_COLS + 1];
	size_t n;
};

static void add_quoted(struct buf *b, struct str name)
{
	buf_c(b, '"');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '"')
			buf_c(b, '"');
		buf_c(b, name.p[i]);
	}
	buf_c(b, '"');
}

static int column_row(const struct sval *cols, void *arg)
{
	struct columns *k = arg;
	if (k->n >= STMT_MAX_COLS)
		return KT_ELIMIT;
	if (k->n) {
		buf_z(&k->names, ", ");
		buf_z(&k->marks, ", ");
	}
	add_quoted(&k->names, cols[0].s);
	buf_printf(&k->marks, "$%u", (unsigned)k->n + 1);
	k->types[k->n++] = str_is(cols[1].s, "INTEGER") ? 'i' : str_is(cols[1].s, "TEXT") ? 't' : 'b';
	return 0;
}

static const char *sql_of(struct arena *ar, struct str table, const struct columns *k, bool insert)
{
	struct buf b = BUF_INIT(SQL_MAX);
	if (insert)
		buf_z(&b, "INSERT INTO ");
	else
		buf_z(&b, "SELECT ");
	if (!insert) {
		buf_str(&b, buf_view(&k->names));
		buf_z(&b, " FROM ");
	}
	add_quoted(&b, table);
	if (insert) {
		buf_z(&b, " (");
		buf_str(&b, buf_view(&k->names));
		buf_z(&b, ") VALUES (");
		buf_str(&b, buf_view(&k->marks));
		buf_z(&b, ")");
	}
	const char *z = buf_err(&b) ? NULL : arena_z(ar, buf_view(&b));
	buf_free(&b);
	return z;
}

static int row_copy(const struct sval *cols, void *arg)
{
	struct copy *cp = arg;
	return cp->to->d->exec(cp->to, cp->into, cols, cp->cols, cp->e);
}

/* A goal can hold rows that are no data of its own yet (its lists, its keys): the copy replaces them. */
static int table_empty(struct copy *cp, struct str table)
{
	struct buf b = BUF_INIT(SQL_MAX);
	struct stmt *st = ARENA_NEW(cp->ar, struct stmt);
	buf_z(&b, "DELETE FROM ");
	add_quoted(&b, table);
	const char *sql = st && !buf_err(&b) ? arena_z(cp->ar, buf_view(&b)) : NULL;
	buf_free(&b);
	if (!sql)
		return err_set(cp->e, KT_ENOMEM, "te weinig geheugen voor de kopie");
	*st = (struct stmt){.sql = sql, .args = "", .cols = ""};
	return cp->to->d->exec(cp->to, st, NULL, 0, cp->e);
}

static int table_copy(const struct sval *cols, void *arg)
{
	struct copy *cp = arg;
	struct columns k = {.names = BUF_INIT(SQL_MAX), .marks = BUF_INIT(SQL_MAX)};
	struct stmt *from = ARENA_NEW(cp->ar, struct stmt);
	bool by_row = false;
	cp->into = ARENA_NEW(cp->ar, struct stmt);
	int code = cp->lite->d->query(cp->lite, &COLUMNS, cols, 1, column_row, &k, &by_row, cp->e);
	if (!code && from && cp->into) {
		const char *types = arena_z(cp->ar, str_of(k.types));
		*from = (struct stmt){.sql = sql_of(cp->ar, cols[0].s, &k, false), .args = "", .cols = types};
		*cp->into = (struct stmt){.sql = sql_of(cp->ar, cols[0].s, &k, true), .args = types, .cols = ""};
	}
	if (!code && (!from || !cp->into || !from->sql || !cp->into->sql || !from->cols))
		code = err_set(cp->e, KT_ENOMEM, "te weinig geheugen voor de kopie");
	cp->cols = k.n;
	if (!code)
		code = table_empty(cp, cols[0].s);
	if (!code)
		code = cp->from->d->scan(cp->from, from, row_copy, cp, cp->e);
	buf_free(&k.names);
	buf_free(&k.marks);
	return code;
}

/* Both sides are in a transaction and at the same schema. */
static int copy_tables(struct conn *lite, struct conn *from, struct conn *to, struct arena *ar, struct err *e)
{
	struct copy cp = {.lite = lite, .from = from, .to = to, .ar = ar, .e = e};
	bool by_row = false;
	int code = lite->d->query(lite, &TABLES, NULL, 0, table_copy, &cp, &by_row, e);
	return code ? code : to->d->sync(to, e);
}

/* One transaction on each side. The arena holds the statements and outlives both connections. */
static int copy_all(struct conn *lite, struct conn *from, struct conn *to, struct arena *ar,
                    int (*before)(struct conn *to, struct err *e), struct err *e)
{
	int code = from->d->begin(from, false, e);
	if (code)
		return code;
	code = to->d->begin(to, true, e);
	if (!code && before)
		code = before(to, e);
	if (!code)
		code = copy_tables(lite, from, to, ar, e);
	if (!code)
		code = to->d->commit(to, e);
	else
		to->d->rollback(to);
	from->d->rollback(from);
	return code;
}

/* ---- backup ---- */

static int backup_postgres(struct conn *from, const char *file, struct err *e)
{
	struct scratch t;
	struct conn *to = NULL;
	char dir[STORE_PATH];
	int rc;
	parent_of(file, dir);
	struct arena *ar = arena_new(0);
	int code = ar ? scratch_make(&t, dir, e) : err_set(e, KT_ENOMEM, "te weinig geheugen voor de kopie");
	if (code) {
		(void)arena_free(ar);
		return code;
	}
	const struct store_opts o = {.dir = t.dir};
	code = migrate_open(&o, &to, e);
	if (!code)
		code = copy_all(to, from, to, ar, NULL, e);
	if (!code && one_file(sqlite_handle(to), &rc))
		code = copy_code(rc, e);
	if (to)
		(void)to->d->close(to);
	if (!code)
		code = publish(t.file, file, false, e);
	scratch_drop(&t);
	(void)arena_free(ar);
	return code;
}

int store_backup(struct store *s, const char *file, struct err *e)
{
	struct conn *c = NULL;
	if (strlen(file) >= STORE_PATH)
		return err_set(e, KT_ELIMIT, "de naam van het bestand is te lang");
	if (access(file, F_OK) == 0)
		return err_set(e, KT_EEXISTS, "het bestand bestaat al: kies een andere naam");
	int code = s->d->open(&s->o, false, &c, e);
	if (code)
		return code;
	code = s->d == &store_sqlite ? backup_sqlite(c, file, e) : backup_postgres(c, file, e);
	(void)s->d->close(c);
	return code;
}

/* ---- restore ---- */

static bool pragma_is(sqlite3 *db, const char *pragma, const char *want, int *ret_rc)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(db, pragma, -1, &q, NULL);
	if (!rc)
		rc = sqlite3_step(q);
	bool same = rc == SQLITE_ROW && str_is(str_of((const char *)sqlite3_column_text(q, 0)), want);
	(void)sqlite3_finalize(q);
	*ret_rc = rc;
	return same;
}

/* Reads the file into the scratch folder when it is ours and whole. */
static int restore_load(const char *file, struct scratch *t, struct err *e)
{
	sqlite3 *db = NULL;
	if (access(file, R_OK) != 0)
		return err_sys(e, "de reservekopie kan niet worden gelezen");
	int rc = sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	int code = rc ? copy_code(rc, e) : 0;
	if (!code) {
		(void)sqlite3_exec(db, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON", NULL, NULL, NULL);
		if (!pragma_is(db, "PRAGMA application_id", TEXT_OF(SQLITE_APPLICATION), &rc))
			code = rc == SQLITE_ROW ? copy_code(SQLITE_NOTADB, e) : copy_code(rc, e);
		else if (!pragma_is(db, "PRAGMA integrity_check(1)", "ok", &rc))
			code = rc == SQLITE_ROW ? copy_code(SQLITE_CORRUPT, e) : copy_code(rc, e);
	}
	if (!code)
		code = copy_into(db, t->file, e);
	(void)sqlite3_close(db);
	return code;
}

static const struct stmt SHAPE = {
	.sql = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name", .args = "", .cols = "ttt"};
static const struct stmt USED = {
	.sql = "SELECT CASE WHEN EXISTS (SELECT 1 FROM dossier) OR EXISTS (SELECT 1 FROM audit_row) THEN 1 ELSE 0 END",
	.args = "",
	.cols = "i"};

static int shape_row(const struct sval *cols, void *arg)
{
	uint8_t *h = arg;
	crypto_h(h, "shape", F_BYTES(h, 32), cols[0].s, cols[1].s, cols[2].s);
	return 0;
}

static int shape_of(struct conn *c, uint8_t out[32], struct err *e)
{
	memset(out, 0, 32);
	int code = c->d->begin(c, false, e);
	if (code)
		return code;
	code = c->d->scan(c, &SHAPE, shape_row, out, e);
	c->d->rollback(c);
	return code;
}

/* A file from elsewhere could lack the triggers that protect the audit, or bring its own. */
static int shape_check(struct conn *c, const char *in, struct err *e)
{
	struct scratch t;
	struct conn *fresh = NULL;
	uint8_t have[32], want[32];
	int code = scratch_make(&t, in, e);
	if (code)
		return code;
	const struct store_opts o = {.dir = t.dir};
	code = migrate_open(&o, &fresh, e);
	if (!code)
		code = shape_of(fresh, want, e);
	if (!code)
		code = shape_of(c, have, e);
	if (!code && memcmp(have, want, 32) != 0)
		code = err_set(e, KT_ECORRUPT,
		               "de tabellen in de reservekopie zijn niet die van Kentering: gebruik een andere kopie");
	if (fresh)
		(void)fresh->d->close(fresh);
	scratch_drop(&t);
	return code;
}

static int used_row(const struct sval *cols, void *arg)
{
	*(bool *)arg = cols[0].i != 0;
	return 0;
}

static int must_be_empty(struct conn *c, struct err *e)
{
	bool used = false, by_row = false;
	int code = c->d->query(c, &USED, NULL, 0, used_row, &used, &by_row, e);
	if (!code && used)
		code =
			err_set(e, KT_EEXISTS, "de database is niet leeg: zet de kopie terug in een lege gegevensmap of database");
	return code;
}

/* Takes the log away from the (empty) database in place, which no other program may then have open. */
static int make_room(struct conn *c, struct err *e)
{
	int rc;
	int code = c->d->begin(c, false, e);
	if (code)
		return code;
	code = must_be_empty(c, e);
	c->d->rollback(c);
	if (!code && one_file(sqlite_handle(c), &rc))
		code = (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED
			? err_set(e, KT_EBUSY, "een ander programma heeft de database open: stop dat eerst")
			: copy_code(rc, e);
	return code;
}

static int restore_sqlite(const struct store_opts *o, struct scratch *t, struct err *e)
{
	struct conn *c = NULL;
	char path[STORE_PATH];
	int guard;
	if (!store_path(path, o->dir, STORE_FILE))
		return err_set(e, KT_ELIMIT, "de naam van de gegevensmap is te lang");
	int code = migrate_open(o, &c, e);
	if (code)
		return code;
	code = store_sqlite.guard(o, &guard, e);
	if (!code) {
		code = make_room(c, e);
		c = c->d->close(c);
		if (!code)
			code = publish(t->file, path, true, e);
		store_sqlite.unguard(guard);
	}
	if (c)
		(void)c->d->close(c);
	return code;
}

static int restore_postgres(const struct store_opts *o, struct scratch *t, struct err *e)
{
	const struct store_opts lite = {.dir = t->dir};
	struct conn *from = NULL, *to = NULL;
	struct arena *ar = arena_new(0);
	int code = ar ? 0 : err_set(e, KT_ENOMEM, "te weinig geheugen voor de kopie");
	if (!code)
		code = store_sqlite.open(&lite, false, &from, e);
	if (!code)
		code = migrate_open(o, &to, e);
	if (!code)
		code = copy_all(from, from, to, ar, must_be_empty, e);
	if (from)
		(void)from->d->close(from);
	if (to)
		(void)to->d->close(to);
	(void)arena_free(ar);
	return code;
}

int store_restore(const struct store_opts *o, const char *file, struct err *e)
{
	struct scratch t;
	struct conn *c = NULL;
	int rc;
	int code = scratch_make(&t, o->dir ? o->dir : ".", e);
	if (code)
		return code;
	const struct store_opts in = {.dir = t.dir};
	code = restore_load(file, &t, e);
	if (!code)
		code = migrate_open(&in, &c, e); /* an older copy is brought up to date here, away from the goal */
	if (!code)
		code = shape_check(c, t.dir, e);
	if (!code && one_file(sqlite_handle(c), &rc))
		code = copy_code(rc, e);
	if (c)
		(void)c->d->close(c);
	if (!code && store_driver_of(o) == &store_sqlite)
		code = restore_sqlite(o, &t, e);
	else if (!code)
		code = restore_postgres(o, &t, e);
	scratch_drop(&t);
	return code;
}
