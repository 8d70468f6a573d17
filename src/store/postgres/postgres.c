/* PostgreSQL through libpq. The connection is in pipeline mode all its life: exec only queues, and the
 * server's answers are waited for (pg_settle) when a result is needed, at COMMIT, or when enough is in flight.
 * Writers of several nodes take one advisory lock per transaction, so they are in a row as with SQLite. */
#include "store/postgres/postgres.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/store_impl.h"

#define FLIGHT_MAX 512u
#define FLIGHT_BYTES ((size_t)4 << 20)
#define QUERY_ROWS_MAX 1000000
#define SCAN_ROWS 256
/* No byte from the server for this long: it is gone. Readers may scan long. */
#define QUIET_WRITER_MS 120000
#define QUIET_READER_MS 600000

struct pg {
	struct conn base;
	PGconn *p;
	struct stmt_cache cache; /* value: a statement's name, on the server too */
	unsigned names;
	unsigned flying; /* commands whose answer was not read yet */
	size_t bytes;    /* their arguments, about */
	int quiet_ms;
	bool broken;
	bool committed; /* the answer "COMMIT" was read since begin */
};

static struct pg *pg_of(struct conn *c)
{
	return (struct pg *)(void *)c;
}

static int pg_lost(struct pg *c, struct err *e)
{
	c->broken = true;
	return err_set(e, KT_EUNAVAIL,
	               "de verbinding met PostgreSQL is weg: controleer de server, daarna gaat het vanzelf verder");
}

static int pg_internal(struct err *e, const char *what)
{
	return err_set(e, KT_EINTERNAL, "fout in het programma: %s van een databaseopdracht klopt niet", what);
}

/* ---- waiting ---- */

/* Waits until the socket can be read (or written, when `out`). False: broken or silent for too long. */
static bool pg_poll(struct pg *c, bool out)
{
	struct pollfd f = {PQsocket(c->p), (short)(POLLIN | (out ? POLLOUT : 0)), 0};
	int n;
	do
		n = f.fd < 0 ? -1 : poll(&f, 1, c->quiet_ms);
	while (n < 0 && f.fd >= 0 && errno == EINTR);
	if (n <= 0)
		return false;
	/* Reading while writing: the server stops reading when nobody takes its answers. */
	return !(f.revents & (POLLIN | POLLERR | POLLHUP)) || PQconsumeInput(c->p) == 1;
}

static bool pg_flush(struct pg *c)
{
	int left;
	while ((left = PQflush(c->p)) == 1)
		if (!pg_poll(c, true))
			return false;
	return left == 0;
}

/* The next result; NULL at the end of a command, or when the connection broke. */
static PGresult *pg_next(struct pg *c)
{
	while (!c->broken && PQisBusy(c->p))
		if (!pg_poll(c, false))
			c->broken = true;
	if (c->broken)
		return NULL;
	PGresult *r = PQgetResult(c->p);
	if (PQstatus(c->p) != CONNECTION_OK)
		c->broken = true;
	return r;
}

static void pg_note_commit(struct pg *c, PGresult *r)
{
	if (PQresultStatus(r) == PGRES_COMMAND_OK && str_is(str_of(PQcmdStatus(r)), "COMMIT"))
		c->committed = true;
}

/* Reads the answer of one command. Keeps the first failure in *code; the last good result in *last. */
static void pg_answer(struct pg *c, PGresult **last, int *code, struct err *e)
{
	PGresult *r;
	while ((r = pg_next(c))) {
		ExecStatusType t = PQresultStatus(r);
		pg_note_commit(c, r);
		if (t == PGRES_FATAL_ERROR && !*code)
			*code = postgres_code(r, &c->base.again, &c->broken, e);
		else if (t != PGRES_FATAL_ERROR && t != PGRES_COMMAND_OK && t != PGRES_TUPLES_OK && !*code)
			*code = pg_internal(e, "het antwoord"); /* PIPELINE_ABORTED comes after an error only */
		if (last && !*code) {
			PQclear(*last);
			*last = r;
		} else {
			PQclear(r);
		}
	}
}

/* Waits for everything in flight; the first failure. ret_last: the result of the last command. */
static int pg_settle(struct pg *c, PGresult **ret_last, struct err *e)
{
	PGresult *last = NULL;
	int code = 0;
	if (c->broken || !PQpipelineSync(c->p) || !pg_flush(c))
		code = pg_lost(c, e);
	for (; c->flying && !c->broken; c->flying--)
		pg_answer(c, ret_last ? &last : NULL, &code, e);
	if (!c->broken) {
		PGresult *sync = pg_next(c);
		if (!sync || PQresultStatus(sync) != PGRES_PIPELINE_SYNC)
			c->broken = true;
		PQclear(sync);
	}
	c->flying = 0;
	c->bytes = 0;
	if (c->broken && !code)
		code = pg_lost(c, e);
	if (code) {
		PQclear(last);
		return code;
	}
	if (ret_last)
		*ret_last = last;
	return 0;
}

/* ---- open and close ---- */

static void pg_silent(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r; /* a notice can hold values, and libpq would print it */
}

static int pg_setting(struct pg *c, const char *name, const char *value, struct err *e)
{
	const char *v[] = {name, value};
	PGresult *r = PQexecParams(c->p, "SELECT set_config($1, $2, false)", 2, NULL, v, NULL, NULL, 0);
	int code = 0;
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		code = postgres_code(r, &c->base.again, &c->broken, e);
	PQclear(r);
	return code;
}

static int pg_setup(struct pg *c, const struct store_opts *o, bool write, struct err *e)
{
	char ms[16];
	(void)snprintf(ms, sizeof(ms), "%u", store_busy_ms(o));
	if (!str_is(str_of(PQparameterStatus(c->p, "server_encoding")), "UTF8"))
		return err_set(e, KT_EREFUSED, "deze PostgreSQL-database is niet in UTF8: maak haar met ENCODING 'UTF8'");
	/* pg_temp last: a temporary table can then never stand in for one of ours. */
	int code = pg_setting(c, "search_path", "kentering, pg_temp", e);
	if (!code)
		code = pg_setting(c, "lock_timeout", ms, e);
	/* A node that hangs in a transaction would keep the writers' lock from all others. */
	if (!code && write)
		code = pg_setting(c, "idle_in_transaction_session_timeout", "60000", e);
	if (!code && (!PQenterPipelineMode(c->p) || PQsetnonblocking(c->p, 1)))
		code = pg_lost(c, e);
	return code;
}

static struct conn *pg_close(struct conn *base)
{
	struct pg *c = base ? pg_of(base) : NULL;
	if (!c)
		return NULL;
	cache_free(&c->cache, free);
	PQfinish(c->p);
	free(c);
	return NULL;
}

static int pg_open(const struct store_opts *o, bool write, struct conn **ret, struct err *e)
{
	/* What stands before "dbname" the operator's string can change; what comes after it can not. */
	static const char *const key[] = {
		"connect_timeout", "tcp_user_timeout", "keepalives_idle",           "keepalives_interval",
		"dbname",          "client_encoding",  "fallback_application_name", NULL};
	const char *value[] = {"5", "15000", "10", "5", o->database, "UTF8", "kentering", NULL};
	struct pg *c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(e, KT_ENOMEM, "te weinig geheugen voor de database");
	c->base.d = &store_postgres;
	c->quiet_ms = write ? QUIET_WRITER_MS : QUIET_READER_MS;
	c->p = PQconnectdbParams(key, value, 1);
	int code;
	if (PQstatus(c->p) != CONNECTION_OK) {
		/* libpq's message may repeat the connection string. */
		code = err_set(e, KT_EUNAVAIL,
		               "PostgreSQL is niet bereikbaar of weigert de verbinding: controleer de server en de instelling");
	} else {
		(void)PQsetNoticeReceiver(c->p, pg_silent, NULL);
		code = pg_setup(c, o, write, e);
	}
	if (code) {
		(void)pg_close(&c->base);
		return code;
	}
	*ret = &c->base;
	return 0;
}

static bool pg_alive(struct conn *base)
{
	struct pg *c = pg_of(base);
	/* A server that went away said so and closed the socket: reading shows it before a transaction is begun on it.
	 * The first read may bring its last words only, hence the loop. */
	struct pollfd f = {PQsocket(c->p), POLLIN, 0};
	for (int i = 0; i < 16 && !c->broken && poll(&f, 1, 0) > 0; i++)
		if (!PQconsumeInput(c->p) || PQstatus(c->p) != CONNECTION_OK)
			c->broken = true;
	return !c->broken;
}

/* ---- statements ---- */

static Oid pg_type(char t)
{
	return t == 'i' ? PG_INT8 : t == 't' ? PG_TEXT : PG_BYTEA;
}

/* Its own round trip, once per statement and connection: so the name is known to exist before it is used. */
static int pg_prepare(struct pg *c, const struct stmt *st, const char **ret, struct err *e)
{
	char *name = malloc(16);
	Oid types[STMT_MAX_ARGS];
	size_t n = strlen(st->args);
	if (!name)
		return err_set(e, KT_ENOMEM, "te weinig geheugen voor de database");
	(void)snprintf(name, 16, "s%u", c->names++);
	for (size_t i = 0; i < n; i++)
		types[i] = pg_type(st->args[i]);
	int code = c->flying ? pg_settle(c, NULL, e) : 0;
	if (!code && !PQsendPrepare(c->p, name, st->pg ? st->pg : st->sql, (int)n, types))
		code = pg_lost(c, e);
	if (!code) {
		c->flying = 1;
		code = pg_settle(c, NULL, e);
	}
	if (!code && cache_put(&c->cache, st, name))
		code = err_set(e, KT_ENOMEM, "te weinig geheugen voor de database");
	if (code) {
		free(name);
		return code;
	}
	*ret = name;
	return 0;
}

static int pg_send(struct pg *c, const struct stmt *st, const struct sval *a, size_t n, struct err *e)
{
	const char *name = cache_get(&c->cache, st);
	int code = name ? 0 : pg_prepare(c, st, &name, e);
	if (code)
		return code;
	const char *values[STMT_MAX_ARGS];
	int lengths[STMT_MAX_ARGS], formats[STMT_MAX_ARGS];
	unsigned char ints[STMT_MAX_ARGS][8];
	for (size_t i = 0; i < n; i++) {
		formats[i] = 1; /* binary is the bytes themselves for texts too, so no copy with a NUL is needed */
		lengths[i] = 8;
		values[i] = NULL;
		if (a[i].t == SV_INT) {
			values[i] = (const char *)ints[i];
			for (int b = 0; b < 8; b++)
				ints[i][b] = (unsigned char)((uint64_t)a[i].i >> (56 - 8 * b));
		} else if (a[i].t != SV_NULL) {
			if (a[i].s.n > (size_t)1 << 29)
				return err_set(e, KT_ELIMIT, "een waarde is te groot voor de database");
			values[i] = a[i].s.p ? a[i].s.p : "";
			lengths[i] = (int)a[i].s.n;
			c->bytes += a[i].s.n;
		}
	}
	if (!PQsendQueryPrepared(c->p, name, (int)n, values, lengths, formats, 1))
		return pg_lost(c, e);
	c->flying++;
	return 0;
}

static int pg_exec(struct conn *base, const struct stmt *st, const struct sval *a, size_t n, struct err *e)
{
	struct pg *c = pg_of(base);
	int code = pg_send(c, st, a, n, e);
	if (!code && (c->flying >= FLIGHT_MAX || c->bytes >= FLIGHT_BYTES))
		code = pg_settle(c, NULL, e);
	return code;
}

static int pg_ask(struct pg *c, const struct stmt *st, const struct sval *a, size_t n, PGresult **ret, struct err *e)
{
	int code = pg_send(c, st, a, n, e);
	return code ? code : pg_settle(c, ret, e);
}

static int pg_change(struct conn *base, const struct stmt *st, const struct sval *a, size_t n, int64_t *ret_rows,
                     struct err *e)
{
	PGresult *r = NULL;
	int64_t rows = 0;
	int code = pg_ask(pg_of(base), st, a, n, &r, e);
	if (code)
		return code;
	(void)str_int(str_of(PQcmdTuples(r)), &rows); /* "" of what counts no rows: 0 */
	PQclear(r);
	*ret_rows = rows;
	return 0;
}

static int pg_rows(const PGresult *r, const struct stmt *st, row_fn row, void *arg, bool *ret_row, struct err *e)
{
	struct sval cols[STMT_MAX_COLS];
	int n = PQntuples(r);
	if (!row)
		return 0;
	if ((size_t)PQnfields(r) != strlen(st->cols) || PQnfields(r) > STMT_MAX_COLS)
		return pg_internal(e, "cols");
	for (int i = 0; i < n; i++) {
		for (int k = 0; st->cols[k]; k++)
			if (!postgres_value(r, i, k, st->cols[k], &cols[k]))
				return pg_internal(e, "cols");
		int code = row(cols, arg);
		if (code) {
			*ret_row = true;
			return code;
		}
	}
	return 0;
}

static int pg_query(struct conn *base, const struct stmt *st, const struct sval *a, size_t n, row_fn row, void *arg,
                    bool *ret_row, struct err *e)
{
	PGresult *r = NULL;
	int code = pg_ask(pg_of(base), st, a, n, &r, e);
	if (code)
		return code;
	if (PQntuples(r) > QUERY_ROWS_MAX)
		code = err_set(e, KT_ELIMIT, "een vraag aan de database geeft meer dan %d rijen", QUERY_ROWS_MAX);
	else
		code = pg_rows(r, st, row, arg, ret_row, e);
	PQclear(r);
	return code;
}

/* ---- transactions ---- */

static int pg_words(struct pg *c, const char *sql, struct err *e)
{
	if (c->broken || !PQsendQueryParams(c->p, sql, 0, NULL, NULL, NULL, NULL, 1))
		return pg_lost(c, e);
	c->flying++;
	return 0;
}

static void pg_rollback(struct conn *base)
{
	struct pg *c = pg_of(base);
	if (!c->broken && c->flying)
		(void)pg_settle(c, NULL, NULL);
	if (!c->broken && PQtransactionStatus(c->p) == PQTRANS_IDLE)
		return;
	if (pg_words(c, "ROLLBACK", NULL) || pg_settle(c, NULL, NULL))
		c->broken = true; /* the server rolls back what it loses */
}

static int pg_begin(struct conn *base, bool write, struct err *e)
{
	struct pg *c = pg_of(base);
	c->committed = false;
	int code = pg_words(c,
	                    write ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
	                          : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	                    e);
	/* 0x6b656e74 = "kent": all writers of this database. A snapshot is taken by the first question. */
	if (!code)
		code = pg_words(c, write ? "SELECT pg_advisory_xact_lock(1801809524)" : "SELECT 1", e);
	if (!code && !write)
		code = pg_settle(c, NULL, e);
	if (code)
		pg_rollback(base);
	return code;
}

static int pg_commit(struct conn *base, struct err *e)
{
	struct pg *c = pg_of(base);
	struct err why = {0};
	c->committed = false;
	int code = pg_words(c, "COMMIT", &why);
	if (!code)
		code = pg_settle(c, NULL, &why);
	if (c->committed)
		return 0; /* even when the connection broke right behind that answer */
	if (code && c->broken && code == KT_EUNAVAIL)
		code = err_set(&why, KT_EUNAVAIL,
		               "de verbinding met PostgreSQL brak bij het vastleggen, uitkomst onbekend: "
		               "kijk eerst na of de wijziging er staat voordat u haar herhaalt");
	if (!code)
		code = err_set(&why, KT_EINTERNAL, "PostgreSQL heeft de wijziging teruggedraaid");
	if (e)
		*e = why;
	pg_rollback(base);
	return code;
}

static int pg_sync(struct conn *base, struct err *e)
{
	struct pg *c = pg_of(base);
	return c->flying ? pg_settle(c, NULL, e) : 0;
}

/* ---- scan, script, guard ---- */

static const struct stmt PG_FETCH_CLOSE = {.sql = "CLOSE kt_scan", .args = "", .cols = ""};

/* A cursor holds any number of rows. The statement and its two companions live as long as the connection,
 * as the cache wants; scan is for backups, whose connection is their own. */
static int pg_scan_open(struct pg *c, const struct stmt *st, struct err *e)
{
	static const char head[] = "DECLARE kt_scan NO SCROLL CURSOR FOR ";
	const char *sql = st->pg ? st->pg : st->sql;
	size_t n = strlen(sql);
	char *text = malloc(sizeof(head) + n);
	if (!text)
		return err_set(e, KT_ENOMEM, "te weinig geheugen voor de database");
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + sizeof(head) - 1, sql, n + 1);
	int code = pg_words(c, text, e);
	if (!code)
		code = pg_settle(c, NULL, e);
	free(text);
	return code;
}

static int pg_scan(struct conn *base, const struct stmt *st, row_fn row, void *arg, struct err *e)
{
	struct pg *c = pg_of(base);
	char fetch[40];
	int rows = SCAN_ROWS;
	bool by_row = false;
	(void)snprintf(fetch, sizeof(fetch), "FETCH %d FROM kt_scan", SCAN_ROWS);
	int code = pg_scan_open(c, st, e);
	while (!code && rows == SCAN_ROWS) {
		PGresult *r = NULL;
		code = pg_words(c, fetch, e);
		if (!code)
			code = pg_settle(c, &r, e);
		if (code)
			break;
		rows = PQntuples(r);
		code = pg_rows(r, st, row, arg, &by_row, e);
		PQclear(r);
	}
	return code ? code : pg_exec(base, &PG_FETCH_CLOSE, NULL, 0, e);
}

/* Several statements in one text do not go through a pipeline. */
static int pg_script(struct conn *base, const char *sql, struct err *e)
{
	struct pg *c = pg_of(base);
	int code = pg_sync(base, e);
	if (code)
		return code;
	if (!PQexitPipelineMode(c->p) || PQsetnonblocking(c->p, 0))
		return pg_lost(c, e);
	PGresult *r = PQexec(c->p, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		code = postgres_code(r, &c->base.again, &c->broken, e);
	PQclear(r);
	if (!PQenterPipelineMode(c->p) || PQsetnonblocking(c->p, 1))
		c->broken = true;
	return c->broken && !code ? pg_lost(c, e) : code;
}

/* begin(write) already keeps all other writers out, in whatever folder they run. */
static int pg_guard(const struct store_opts *o, int *ret, struct err *e)
{
	(void)o;
	(void)e;
	*ret = -1;
	return 0;
}

static void pg_unguard(int guard)
{
	(void)guard;
}

const struct store_driver store_postgres = {
	.name = "postgres",
	.word_int = "BIGINT",
	/* COLLATE "C": ORDER BY gives the order of the bytes, as SQLite does. */
	.word_text = "TEXT COLLATE \"C\"",
	.word_blob = "BYTEA",
	.word_strict = "",
	.word_keyed = "",
	.guard = pg_guard,
	.unguard = pg_unguard,
	.open = pg_open,
	.close = pg_close,
	.alive = pg_alive,
	.begin = pg_begin,
	.commit = pg_commit,
	.rollback = pg_rollback,
	.exec = pg_exec,
	.change = pg_change,
	.query = pg_query,
	.scan = pg_scan,
	.sync = pg_sync,
	.script = pg_script,
};
