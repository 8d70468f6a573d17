/* The one write path. Every change is a job that runs on the writer thread inside a transaction which it
 * shares with the other jobs waiting at that moment (group commit); submitters are told after COMMIT.
 * Two drivers, one schema, one set of statements: SQLite (WAL, synchronous=FULL, secure_delete) and
 * PostgreSQL (libpq, pipeline mode). */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hist.h"
#include "base/str.h"

struct store;
struct tx; /* an open transaction: the writer's, or a reader's snapshot */

/* A value bound to a statement, or read from a row. */
enum sval_type { SV_NULL, SV_INT, SV_TEXT, SV_BLOB };
struct sval {
	enum sval_type t;
	int64_t i;
	struct str s;
};
#define SV_I(v) ((struct sval){SV_INT, (int64_t)(v), {NULL, 0}})
#define SV_T(s) ((struct sval){SV_TEXT, 0, (s)})
#define SV_Z(z) ((struct sval){SV_TEXT, 0, str_of(z)})
#define SV_B(p, n) ((struct sval){SV_BLOB, 0, {(const char *)(p), (n)}})
#define SV_BS(s) ((struct sval){SV_BLOB, 0, (s)})
#define SV_N ((struct sval){SV_NULL, 0, {NULL, 0}})

/* A prepared statement: a static const of a *_store.c, placeholders $1 … $n in any order.
 * `args` gives the type of each placeholder, `cols` of each column: i = 64-bit integer, t = text, b = bytes.
 * `pg` is only given where PostgreSQL needs other words. Text built at run time is not possible here. */
struct stmt {
	const char *sql;
	const char *pg;
	const char *args;
	const char *cols; /* "" for none */
};

struct store_opts {
	const char *dir;      /* data directory, exists */
	const char *database; /* NULL or "sqlite": DIR/kentering.db; else a libpq connection string */
	const char *node;     /* name of this writer's audit chain, "main" */
	unsigned max_group;   /* jobs a commit may carry; 0 = 256 */
	unsigned max_queue;   /* jobs waiting; submit answers KT_EBUSY beyond; 0 = 4096 */
	unsigned busy_ms;     /* how long to wait for another process's write lock; 0 = 10000 */
	bool readonly;        /* no writer thread, no migration */
};

/* Opens, migrates forward (SQLite: a copy first, when it holds data) and starts the writer.
 * KT_EREADONLY, KT_EFULL, KT_EBUSY, KT_EUNAVAIL (no server), KT_ECORRUPT, KT_EREFUSED (newer schema than this program).
 */
int store_open(const struct store_opts *o, struct store **ret, struct err *e) KT_CHECK;
/* Finishes what waits, stops the writer; takes NULL, returns NULL. */
struct store *store_close(struct store *s);
const char *store_driver(const struct store *s); /* "sqlite" | "postgres" */
/* How many migrations this program knows; an open database is always at the last. */
unsigned store_level(void);

/* A job: 0, or a negative code (its own writes are then undone, the others of the group stay).
 * It may run more than once (the group is run again one by one when a job or the database refuses), so it
 * starts from its input and may change only its output. `e` is the submitter's. Runs on the writer thread. */
typedef int (*store_job)(struct tx *tx, void *arg, struct err *e);

/* Runs the job and waits until it is durable. The job's code, or the code of the failed COMMIT: then nothing was
 * stored, but for a COMMIT that never got an answer (KT_EUNAVAIL or KT_EIO, "uitkomst onbekend" in the text). */
int store_submit(struct store *s, store_job job, void *arg, struct err *e) KT_CHECK;

/* The same without waiting, for many at a time: zero-initialise, submit, wait. The ticket, arg and err
 * stay the caller's until store_wait has returned. */
struct store_ticket {
	store_job job;
	void *arg;
	struct err *err;
	int code;
	void (*notify)(struct store_ticket *t,
	               void *user); /* instead of store_wait: called on the writer thread after COMMIT */
	void *user;
	bool done;
	struct store_ticket *next;
};
int store_submit_async(struct store *s, struct store_ticket *t) KT_CHECK;
int store_wait(struct store *s, struct store_ticket *t);

/* A read-only snapshot of its own; give it back with store_read_end. Any thread, one at a time per thread:
 * there are four; KT_EBUSY when none came free within busy_ms. */
int store_read(struct store *s, struct tx **ret, struct err *e) KT_CHECK;
struct tx *store_read_end(struct tx *tx);

/* Executes without a result. In a write transaction of PostgreSQL it may be pipelined: an error can then
 * show at a later call or at COMMIT; either way the job fails as a whole. Rows changed are not told. */
int tx_exec_v(struct tx *tx, const struct stmt *st, const struct sval *a, size_t n, struct err *e) KT_CHECK;
#define tx_exec(tx, st, e, ...) \
	tx_exec_v((tx), (st), ((const struct sval[]){__VA_ARGS__}), \
	          sizeof((const struct sval[]){__VA_ARGS__}) / sizeof(struct sval), (e))

/* Executes and tells how many rows changed (waits for the answer). */
int tx_change_v(struct tx *tx, const struct stmt *st, const struct sval *a, size_t n, int64_t *ret_rows,
                struct err *e) KT_CHECK;
#define tx_change(tx, st, rows, e, ...) \
	tx_change_v((tx), (st), ((const struct sval[]){__VA_ARGS__}), \
	            sizeof((const struct sval[]){__VA_ARGS__}) / sizeof(struct sval), (rows), (e))

/* A query calls `row` for each row; a non-zero answer stops it and is handed back (use a negative enum kt_err,
 * or a positive number for "enough"). Texts and bytes of a row live only during the call. */
typedef int (*row_fn)(const struct sval *cols, void *arg);
int tx_query_v(struct tx *tx, const struct stmt *st, const struct sval *a, size_t n, row_fn row, void *arg,
               struct err *e) KT_CHECK;
#define tx_query(tx, st, row, arg, e, ...) \
	tx_query_v((tx), (st), ((const struct sval[]){__VA_ARGS__}), \
	           sizeof((const struct sval[]){__VA_ARGS__}) / sizeof(struct sval), (row), (arg), (e))

/* The first row, copied into the arena; KT_ENOTFOUND when there is none. ret has as many values as `cols`. */
int tx_row_v(struct tx *tx, const struct stmt *st, struct arena *ar, const struct sval *a, size_t n, struct sval *ret,
             struct err *e) KT_CHECK;
#define tx_row(tx, st, ar, ret, e, ...) \
	tx_row_v((tx), (st), (ar), ((const struct sval[]){__VA_ARGS__}), \
	         sizeof((const struct sval[]){__VA_ARGS__}) / sizeof(struct sval), (ret), (e))
/* For statements without placeholders. */
#define tx_exec0(tx, st, e) tx_exec_v((tx), (st), NULL, 0, (e))
#define tx_query0(tx, st, row, arg, e) tx_query_v((tx), (st), NULL, 0, (row), (arg), (e))
#define tx_row0(tx, st, ar, ret, e) tx_row_v((tx), (st), (ar), NULL, 0, (ret), (e))

/* An arena of the transaction: lives until its end. */
struct arena *tx_arena(struct tx *tx);
const struct store *tx_store(const struct tx *tx);

/* For metrics: since the store was opened. */
struct store_counts {
	uint64_t waiting, max_waiting; /* jobs in the queue now, and how many may be */
	uint64_t jobs, groups, failed; /* jobs and groups that were committed; groups that were not */
};
void store_counts(struct store *s, struct store_counts *ret);
/* From BEGIN to after COMMIT, of the groups that were committed. Lives as long as the store. */
const struct hist *store_commit_hist(const struct store *s);

/* What audit/ hooks into: called on the writer thread at the end of each group, before COMMIT and after it.
 * `before` may write (the signed heads); `after` may not fail. */
struct store_hooks {
	int (*begin)(struct tx *tx, void *user, struct err *e);
	int (*before)(struct tx *tx, void *user, struct err *e);
	void (*after)(void *user, bool committed);
	void *user;
};
/* Before the first job; one set. */
void store_set_hooks(struct store *s, const struct store_hooks *h);

/* A consistent copy while the store runs: SQLite to one file (SQLite backup API), PostgreSQL as the same SQLite
 * file format (all tables read in one snapshot), so that restore works on either. Progress may be NULL. */
int store_backup(struct store *s, const char *file, struct err *e) KT_CHECK;
/* Into an empty database only (no dossier, no audit rows): KT_EEXISTS otherwise. All or nothing. */
int store_restore(const struct store_opts *o, const char *file, struct err *e) KT_CHECK;

#endif
