/* What a database must be able to do for store/. Private to this room.
 *
 * Rules that both drivers keep:
 *  - a connection is used by one thread at a time;
 *  - begin → any of exec, change, query, scan, script → commit or rollback. After a failure the caller
 *    only rolls back (store.c sees to that: struct tx remembers the first failure);
 *  - commit that fails leaves no open transaction;
 *  - texts in `struct err` name codes of the database, never its messages: those can hold values. */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H
#include "store/store.h"

#define STMT_MAX_ARGS 32
#define STMT_MAX_COLS 32

struct store_driver;

/* The head of every driver's connection. */
struct conn {
	const struct store_driver *d;
	bool again; /* the last failure was a conflict with another writer: the same work may succeed now */
};

struct store_driver {
	const char *name; /* also the section word in migrations: "-- @name" */
	const char *word_int, *word_text, *word_blob, *word_strict, *word_keyed;
	/* Keeps other processes out while the database is made or replaced; *ret is given back to unguard. */
	int (*guard)(const struct store_opts *o, int *ret, struct err *e);
	void (*unguard)(int guard);
	int (*open)(const struct store_opts *o, bool write, struct conn **ret, struct err *e);
	struct conn *(*close)(struct conn *c); /* takes NULL, returns NULL */
	/* False when the connection is of no more use and must be opened again. Does not wait. */
	bool (*alive)(struct conn *c);
	int (*begin)(struct conn *c, bool write, struct err *e);
	int (*commit)(struct conn *c, struct err *e);
	void (*rollback)(struct conn *c);
	int (*exec)(struct conn *c, const struct stmt *st, const struct sval *a, size_t n, struct err *e);
	int (*change)(struct conn *c, const struct stmt *st, const struct sval *a, size_t n, int64_t *ret_rows,
	              struct err *e);
	/* Hands back the first non-zero answer of `row`; *ret_row tells that it was row's, not the database's. */
	int (*query)(struct conn *c, const struct stmt *st, const struct sval *a, size_t n, row_fn row, void *arg,
	             bool *ret_row, struct err *e);
	/* As query without arguments, for any number of rows. */
	int (*scan)(struct conn *c, const struct stmt *st, row_fn row, void *arg, struct err *e);
	/* Waits for what exec left in flight; its first failure. */
	int (*sync)(struct conn *c, struct err *e);
	/* Several statements in one text, inside a transaction. Migrations only. */
	int (*script)(struct conn *c, const char *sql, struct err *e);
};

extern const struct store_driver store_sqlite;
extern const struct store_driver store_postgres;

/* Prepared statements of one connection, found by the address of their struct stmt: that address must
 * stay the statement's own for as long as the connection lives (static const, or an arena that lives longer). */
struct stmt_cache {
	const struct stmt **keys;
	void **values;
	size_t cap, n;
};
void *cache_get(const struct stmt_cache *c, const struct stmt *st);
int cache_put(struct stmt_cache *c, const struct stmt *st, void *value) KT_CHECK;
void cache_free(struct stmt_cache *c, void (*drop)(void *value));

#endif
