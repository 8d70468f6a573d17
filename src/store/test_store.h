/* What test_store.c and test_faults.c share. */
#ifndef STORE_TEST_STORE_H
#define STORE_TEST_STORE_H
#include <stdatomic.h>

#include "store/store.h"

extern bool on_postgres;

struct fix {
	char dir[64];
	struct store_opts o;
	struct store *s;
	struct err e;
};

struct put {
	uint64_t id;
	struct str body;
	bool fail_before, fail_after;
	atomic_int runs;
	int code;
	struct err e;
	struct store_ticket t;
};

struct wrong {
	const struct stmt *st;
	struct sval a[2];
	size_t n;
	int want;
};

struct gate {
	int fd[2];
	struct store_ticket t;
	struct err e;
};

void must(int code, const struct err *e);
int fix_setup(void **state);
int fix_teardown(void **state);
void fix_reopen(struct fix *f, const struct store_opts *o);
int job_put(struct tx *tx, void *arg, struct err *e);   /* arg: struct put */
int job_wrong(struct tx *tx, void *arg, struct err *e); /* arg: struct wrong */
int64_t count_outbox(struct store *s);
void gate_close(struct fix *f, struct gate *g);
void gate_open(struct fix *f, struct gate *g);
void put_group(struct fix *f, struct put *p, size_t n);
void raw(const struct fix *f, const char *sql); /* past the store */
void remove_dir(const char *dir);

int test_faults(void); /* runs its group; number of failures */

#endif
