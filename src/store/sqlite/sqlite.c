/* SQLite 3: DIR/kentering.db. Several processes may have it open; BEGIN IMMEDIATE takes the one write lock. */
#include "store/sqlite/sqlite.h"
#include "store/store_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct lite_stmt {
	sqlite3_stmt *h;
	bool busy; /* its rows are being read: a nested use gets a statement of its own */
	bool cached;
	int at[STMT_MAX_ARGS]; /* SQLite's number of $1, $2, … */
};

struct lite {
	struct conn base;
	sqlite3 *db;
	struct stmt_cache cache;
	bool broken;
};

static struct lite *lite_of(struct conn *c)
{
	return (struct lite *)(void *)c;
}

/* The system's errno tells apart what SQLite calls one kind of I/O error. */
static int lite_io(const struct lite *c)
{
	switch (c->db ? sqlite3_system_errno(c->db) : 0) {
	case ENOSPC:
	case EDQUOT:
		return KT_EFULL;
	case EROFS:
	case EACCES:
	case EPERM:
		return KT_EREADONLY;
	default:
		return KT_EIO;
	}
}

static int lite_code(const struct lite *c, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return KT_EFULL;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return lite_io(c) == KT_EFULL ? KT_EFULL : KT_EREADONLY;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return KT_EREADONLY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return KT_ECORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return KT_EBUSY;
	case SQLITE_CONSTRAINT:
		return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID
			? KT_EEXISTS
			: KT_EREFUSED;
	case SQLITE_NOMEM:
		return KT_ENOMEM;
	case SQLITE_TOOBIG:
		return KT_ELIMIT;
	case SQLITE_IOERR:
		return lite_io(c);
	default:
		return KT_EINTERNAL;
	}
}

static int lite_fail(struct lite *c, int rc, struct err *e)
{
	int x = c->db ? sqlite3_extended_errcode(c->db) : rc;
	if ((x & 0xff) != (rc & 0xff))
		x = rc;
	int code = lite_code(c, x);
	switch (code) {
	case KT_EFULL:
		return err_set(e, code, "de schijf met de database is vol: maak ruimte vrij en probeer het opnieuw");
	case KT_EREADONLY:
		return err_set(e, code,
		               "de database mag niet worden geschreven of geopend: controleer de rechten op de gegevensmap");
	case KT_ECORRUPT:
		return err_set(e, code, "de database is beschadigd (SQLite-code %d): zet een reservekopie terug", x);
	case KT_EBUSY:
		return err_set(e, code, "een ander programma schrijft in de database: probeer het zo opnieuw");
	case KT_EEXISTS:
		return err_set(e, code, "dit staat al in de database");
	case KT_EREFUSED:
		return err_set(e, code, "de database laat deze wijziging niet toe (SQLite-code %d)", x);
	case KT_ENOMEM:
		return err_set(e, code, "te weinig geheugen voor de database");
	case KT_ELIMIT:
		return err_set(e, code, "een waarde is te groot voor de database");
	case KT_EIO:
		return err_set(e, code, "lezen of schrijven van de database mislukt (SQLite-code %d): controleer de schijf", x);
	default:
		return err_set(e, code, "fout in een opdracht aan de database (SQLite-code %d)", x);
	}
}

/* ---- guard: DIR/lock ---- */

static int lite_guard(const struct store_opts *o, int *ret, struct err *e)
{
	char path[STORE_PATH];
	if (!store_path(path, o->dir, "lock"))
		return err_set(e, KT_ELIMIT, "de naam van de gegevensmap is te lang");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "de gegevensmap kan niet worden vergrendeld");
	for (unsigned waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += 10) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || waited >= store_busy_ms(o)) {
			int code = errno == EWOULDBLOCK ? KT_EBUSY : err_errno(errno);
			(void)close(fd);
			return err_set(e, code, "een ander programma werkt de database bij: probeer het zo opnieuw");
		}
		(void)nanosleep(&(struct timespec){0, 10000000}, NULL);
	}
	*ret = fd;
	return 0;
}

static void lite_unguard(int guard)
{
	if (guard >= 0)
		(void)close(guard); /* gives the lock back; the file stays, removing it would let two in */
}

/* ---- open and close ---- */

static void lite_drop(void *value)
{
	struct lite_stmt *q = value;
	(void)sqlite3_finalize(q->h);
	free(q);
}

static struct conn *lite_close(struct conn *base)
{
	struct lite *c = base ? lite_of(base) : NULL;
	if (!c)
		return NULL;
	cache_free(&c->cache, lite_drop);
	(void)sqlite3_close(c->db);
	free(c);
	return NULL;
}

static bool lite_alive(struct conn *base)
{
	return !lite_of(base)->broken;
}

static int lite_text_cb(void *arg, int n, char **values, char **names)
{
	(void)names;
	(void)str_copy(arg, 16, n > 0 && values[0] ? str_of(values[0]) : STR_NONE);
	return 0;
}

static int lite_exec_fixed(struct lite *c, const char *sql, struct err *e)
{
	int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
	return rc ? lite_fail(c, rc, e) : 0;
}

/* The mark by which a file is known as ours. Setting it is a write, and a full disk must still be readable. */
static int lite_mark(struct lite *c, struct err *e)
{
	char mark[16] = "";
	int rc = sqlite3_exec(c->db, "PRAGMA application_id", lite_text_cb, mark, NULL);
	if (rc)
		return lite_fail(c, rc, e);
	return str_is(str_of(mark), TEXT_OF(SQLITE_APPLICATION))
		? 0
		: lite_exec_fixed(c, "PRAGMA application_id=" TEXT_OF(SQLITE_APPLICATION), e);
}

static int lite_setup(struct lite *c, bool write, struct err *e)
{
	int code = lite_exec_fixed(
		c,
		"PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
		"PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA secure_delete=ON; PRAGMA synchronous=FULL;",
		e);
	if (code)
		return code;
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	if (!write)
		return lite_exec_fixed(c, "PRAGMA query_only=ON; PRAGMA cache_size=-8192", e);
	char mode[16] = "";
	int rc = sqlite3_exec(c->db, "PRAGMA journal_mode=WAL", lite_text_cb, mode, NULL);
	if (rc)
		return lite_fail(c, rc, e);
	if (!str_is(str_of(mode), "wal"))
		return err_set(e, KT_EREFUSED,
		               "de gegevensmap staat op een schijf waar SQLite geen WAL kan gebruiken: kies een lokale schijf");
	/* A checkpoint every 8000 pages keeps the log near 32 MB; after a long reader it is cut back. */
	code = lite_exec_fixed(
		c, "PRAGMA wal_autocheckpoint=8000; PRAGMA cache_size=-32768; PRAGMA journal_size_limit=67108864;", e);
	return code ? code : lite_mark(c, e);
}

/* SQLite would make the file with the process's umask; its -wal and -shm take over the mode of the file. */
static int lite_make(const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "de database kan niet worden gemaakt of geopend");
	(void)close(fd);
	return 0;
}

static int lite_open(const struct store_opts *o, bool write, struct conn **ret, struct err *e)
{
	char path[STORE_PATH];
	if (!store_path(path, o->dir, STORE_FILE))
		return err_set(e, KT_ELIMIT, "de naam van de gegevensmap is te lang");
	int code = write ? lite_make(path, e) : 0;
	if (code)
		return code;
	if (!write && access(path, F_OK) != 0)
		return errno == ENOENT ? err_set(e, KT_ENOTFOUND, "in deze gegevensmap staat nog geen database")
							   : err_sys(e, "de database kan niet worden geopend");
	struct lite *c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(e, KT_ENOMEM, "te weinig geheugen voor de database");
	c->base.d = &store_sqlite;
	int rc = sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc)
		code = lite_fail(c, rc, e);
	if (!code) {
		(void)sqlite3_busy_timeout(c->db, (int)store_busy_ms(o));
		code = lite_setup(c, write, e);
	}
	if (code) {
		(void)lite_close(&c->base);
		return code;
	}
	*ret = &c->base;
	return 0;
}

/* ---- statements ---- */

static int lite_bad(struct err *e, const char *what)
{
	return err_set(e, KT_EINTERNAL, "fout in het programma: %s van een databaseopdracht klopt niet", what);
}

/* $1 may stand in the text more than once and in any order: SQLite numbers names by first appearance. */
static int lite_map(struct lite_stmt *q, const struct stmt *st, struct err *e)
{
	size_t n = strlen(st->args);
	if (n > STMT_MAX_ARGS || strlen(st->cols) > STMT_MAX_COLS)
		return lite_bad(e, "het aantal");
	if ((size_t)sqlite3_bind_parameter_count(q->h) != n)
		return lite_bad(e, "args");
	if ((size_t)sqlite3_column_count(q->h) != strlen(st->cols))
		return lite_bad(e, "cols");
	for (size_t i = 0; i < n; i++) {
		char name[8];
		(void)snprintf(name, sizeof(name), "$%u", (unsigned)i + 1);
		q->at[i] = sqlite3_bind_parameter_index(q->h, name);
		if (!q->at[i])
			return lite_bad(e, "args");
	}
	return 0;
}

static int lite_prepare(struct lite *c, const struct stmt *st, bool cached, struct lite_stmt **ret, struct err *e)
{
	struct lite_stmt *q = calloc(1, sizeof(*q));
	if (!q)
		return err_set(e, KT_ENOMEM, "te weinig geheugen voor de database");
	const char *rest = NULL;
	int rc = sqlite3_prepare_v3(c->db, st->sql, -1, cached ? SQLITE_PREPARE_PERSISTENT : 0, &q->h, &rest);
	int code = rc ? lite_fail(c, rc, e) : !q->h || *rest ? lite_bad(e, "sql") : lite_map(q, st, e);
	if (!code && cached && cache_put(&c->cache, st, q))
		code = err_set(e, KT_ENOMEM, "te weinig geheugen voor de database");
	if (code) {
		lite_drop(q);
		return code;
	}
	q->cached = cached;
	*ret = q;
	return 0;
}

static int lite_take(struct lite *c, const struct stmt *st, struct lite_stmt **ret, struct err *e)
{
	struct lite_stmt *q = cache_get(&c->cache, st);
	if (!q || q->busy) {
		int code = lite_prepare(c, st, !q, &q, e);
		if (code)
			return code;
	}
	q->busy = true;
	*ret = q;
	return 0;
}

static void lite_give(struct lite_stmt *q)
{
	(void)sqlite3_reset(q->h);
	(void)sqlite3_clear_bindings(q->h); /* the values belong to the caller and go with it */
	q->busy = false;
	if (!q->cached)
		lite_drop(q);
}

static int lite_bind(struct lite *c, struct lite_stmt *q, const struct sval *a, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int rc = SQLITE_OK;
		const char *p = a[i].s.p ? a[i].s.p : ""; /* a NULL pointer would bind NULL; empty is not NULL */
		if (a[i].t == SV_INT)
			rc = sqlite3_bind_int64(q->h, q->at[i], a[i].i);
		else if (a[i].t == SV_TEXT)
			rc = sqlite3_bind_text64(q->h, q->at[i], p, a[i].s.n, SQLITE_STATIC, SQLITE_UTF8);
		else if (a[i].t == SV_BLOB)
			rc = sqlite3_bind_blob64(q->h, q->at[i], p, a[i].s.n, SQLITE_STATIC);
		if (rc)
			return lite_fail(c, rc, e);
	}
	return 0;
}

static int lite_read(struct lite_stmt *q, const struct stmt *st, struct sval *cols, struct err *e)
{
	static const char want[] = {0, 'i', 0, 't', 'b', 0}; /* by SQLITE_INTEGER … SQLITE_NULL */
	for (int i = 0; st->cols[i]; i++) {
		int t = sqlite3_column_type(q->h, i);
		if (t == SQLITE_NULL) {
			cols[i] = SV_N;
			continue;
		}
		if (want[t] != st->cols[i])
			return lite_bad(e, "cols");
		if (t == SQLITE_INTEGER) {
			cols[i] = SV_I(sqlite3_column_int64(q->h, i));
			continue;
		}
		const void *p = t == SQLITE_TEXT ? (const void *)sqlite3_column_text(q->h, i) : sqlite3_column_blob(q->h, i);
		size_t n = (size_t)sqlite3_column_bytes(q->h, i);
		if (!p && (n || t == SQLITE_TEXT))
			return err_set(e, KT_ENOMEM, "te weinig geheugen voor de database");
		cols[i] = t == SQLITE_TEXT ? SV_T(((struct str){p, n})) : SV_B(p ? p : "", n);
	}
	return 0;
}

static int lite_rows(struct lite *c, struct lite_stmt *q, const struct stmt *st, row_fn row, void *arg, bool *ret_row,
                     struct err *e)
{
	struct sval cols[STMT_MAX_COLS];
	int rc;
	while ((rc = sqlite3_step(q->h)) == SQLITE_ROW) {
		if (!row)
			continue;
		int code = lite_read(q, st, cols, e);
		if (code)
			return code;
		code = row(cols, arg);
		if (code) {
			*ret_row = true;
			return code;
		}
	}
	return rc == SQLITE_DONE ? 0 : lite_fail(c, rc, e);
}

static int lite_query(struct conn *base, const struct stmt *st, const struct sval *a, size_t n, row_fn row, void *arg,
                      bool *ret_row, struct err *e)
{
	struct lite *c = lite_of(base);
	struct lite_stmt *q;
	/* An error can have ended the transaction: what follows must not be written outside one. */
	if (sqlite3_get_autocommit(c->db))
		return err_set(e, KT_EINTERNAL, "fout in het programma: databaseopdracht buiten een transactie");
	int code = lite_take(c, st, &q, e);
	if (code)
		return code;
	code = lite_bind(c, q, a, n, e);
	if (!code)
		code = lite_rows(c, q, st, row, arg, ret_row, e);
	lite_give(q);
	return code;
}

static int lite_exec(struct conn *base, const struct stmt *st, const struct sval *a, size_t n, struct err *e)
{
	bool by_row;
	return lite_query(base, st, a, n, NULL, NULL, &by_row, e);
}

static int lite_change(struct conn *base, const struct stmt *st, const struct sval *a, size_t n, int64_t *ret_rows,
                       struct err *e)
{
	int code = lite_exec(base, st, a, n, e);
	if (!code)
		*ret_rows = sqlite3_changes64(lite_of(base)->db);
	return code;
}

static int lite_scan(struct conn *base, const struct stmt *st, row_fn row, void *arg, struct err *e)
{
	bool by_row;
	return lite_query(base, st, NULL, 0, row, arg, &by_row, e);
}

static int lite_sync(struct conn *base, struct err *e)
{
	(void)base;
	(void)e;
	return 0;
}

static int lite_script(struct conn *base, const char *sql, struct err *e)
{
	return lite_exec_fixed(lite_of(base), sql, e);
}

/* ---- transactions ---- */

static const struct stmt LITE_BEGIN_WRITE = {.sql = "BEGIN IMMEDIATE", .args = "", .cols = ""};
static const struct stmt LITE_BEGIN_READ = {.sql = "BEGIN", .args = "", .cols = ""};
static const struct stmt LITE_SNAPSHOT = {.sql = "SELECT 1 FROM sqlite_schema LIMIT 1", .args = "", .cols = "i"};
static const struct stmt LITE_COMMIT = {.sql = "COMMIT", .args = "", .cols = ""};
static const struct stmt LITE_ROLLBACK = {.sql = "ROLLBACK", .args = "", .cols = ""};

static int lite_step(struct lite *c, const struct stmt *st, struct err *e)
{
	struct lite_stmt *q;
	int code = lite_take(c, st, &q, e);
	if (code)
		return code;
	int rc = sqlite3_step(q->h);
	code = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : lite_fail(c, rc, e);
	lite_give(q);
	return code;
}

static void lite_rollback(struct conn *base)
{
	struct lite *c = lite_of(base);
	if (!sqlite3_get_autocommit(c->db) && lite_step(c, &LITE_ROLLBACK, NULL))
		c->broken = true;
}

static int lite_begin(struct conn *base, bool write, struct err *e)
{
	struct lite *c = lite_of(base);
	int code = lite_step(c, write ? &LITE_BEGIN_WRITE : &LITE_BEGIN_READ, e);
	if (!code && !write) {
		code = lite_step(c, &LITE_SNAPSHOT, e); /* the snapshot is of now, not of the first question */
		if (code)
			lite_rollback(base);
	}
	return code;
}

static int lite_commit(struct conn *base, struct err *e)
{
	struct lite *c = lite_of(base);
	if (sqlite3_get_autocommit(c->db))
		return err_set(e, KT_EINTERNAL, "fout in het programma: geen transactie om vast te leggen");
	int code = lite_step(c, &LITE_COMMIT, e);
	if (!code)
		return 0;
	if (code == KT_EIO) {
		/* After a failed fsync nobody knows what is on the disk: start again from the file. */
		c->broken = true;
		(void)err_set(e, code,
		              "de schijf meldt een fout bij het vastleggen, de uitkomst is onbekend: controleer de schijf");
	}
	lite_rollback(base);
	return code;
}

const struct store_driver store_sqlite = {
	.name = "sqlite",
	.word_int = "INTEGER",
	.word_text = "TEXT",
	.word_blob = "BLOB",
	.word_strict = " STRICT",
	.word_keyed = " STRICT, WITHOUT ROWID",
	.guard = lite_guard,
	.unguard = lite_unguard,
	.open = lite_open,
	.close = lite_close,
	.alive = lite_alive,
	.begin = lite_begin,
	.commit = lite_commit,
	.rollback = lite_rollback,
	.exec = lite_exec,
	.change = lite_change,
	.query = lite_query,
	.scan = lite_scan,
	.sync = lite_sync,
	.script = lite_script,
};

sqlite3 *sqlite_handle(struct conn *c)
{
	return lite_of(c)->db;
}
