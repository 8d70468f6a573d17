/* What the files of store/ share. Private to this room. */
#ifndef STORE_STORE_IMPL_H
#define STORE_STORE_IMPL_H
#include "store/driver.h"

#include <pthread.h>

#define STORE_PATH 4096
#define STORE_FILE "kentering.db"
#define STORE_READERS 4

struct tx {
	struct store *s;
	struct conn *c;
	struct arena *ar;
	bool write;
	uint64_t writes;   /* statements that may have changed something, since begin */
	struct err failed; /* code 0, or the first failure: the transaction can then only be rolled back */
};

struct reader {
	struct tx tx;
	bool taken;
};

struct store {
	struct store_opts o; /* texts are the store's own */
	const struct store_driver *d;
	struct store_hooks hooks;

	pthread_mutex_t lock; /* guards everything below, but for the writer's own `tx` and what is atomic */
	pthread_cond_t work;  /* for the writer: something waits, or closing */
	pthread_cond_t done;  /* for submitters and for whoever waits for a reader */
	pthread_cond_t back;  /* a reader came back */
	struct store_ticket *head, *tail;
	unsigned waiting;
	bool closing;
	bool running;
	pthread_t writer;
	struct tx tx; /* the writer's */
	struct reader readers[STORE_READERS];
	struct hist commits;
	_Atomic uint64_t jobs, groups, failed;
};

/* dir + "/" + name; false when it does not fit. */
bool store_path(char out[STORE_PATH], const char *dir, const char *name);
unsigned store_busy_ms(const struct store_opts *o);
const struct store_driver *store_driver_of(const struct store_opts *o);

/* writer.c */
int writer_start(struct store *s, struct err *e) KT_CHECK;
void writer_stop(struct store *s);

/* migrate.c */
struct embedded;
/* Brings the database of `c` to the last of `list` (ended by a NULL name); `o` names the folder for the copy. */
int migrate_forward(struct conn *c, const struct store_opts *o, const struct embedded *list, struct err *e) KT_CHECK;
/* 0 when the database is exactly at the last of `list`. */
int migrate_check(struct conn *c, const struct embedded *list, struct err *e) KT_CHECK;
/* Opens a writer's connection and migrates, under the guard of the folder. */
int migrate_open(const struct store_opts *o, struct conn **ret, struct err *e) KT_CHECK;

/* backup.c */
/* A copy of the SQLite database behind `c` to `file`, which must not exist; durable when it returns 0. */
int backup_sqlite(struct conn *c, const char *file, struct err *e) KT_CHECK;

#endif
