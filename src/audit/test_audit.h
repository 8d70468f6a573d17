/* What the tests of the log share: a directory with a store and its log (made anew for each test, on the database that
 * the command line named), and the database by the back door. */
#ifndef AUDIT_TEST_AUDIT_H
#define AUDIT_TEST_AUDIT_H
#include "audit/audit_int.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define GROUP 5 /* rows of a head */
#define ROWS 60 /* what `fill` adds */

extern bool postgres;
extern char dir[64];
extern const char *database;
extern struct store *store;
extern struct audit *audit;
extern const struct clock now;

/* The back door: any SQL, past the program. blob: a literal of bytes; good for four calls. */
void raw(const char *fmt, ...) KT_PRINTF(1, 2);
const char *blob(const char *hex);
void raw_open(void);
void raw_close(void);
void triggers_drop(void);
/* Removes what is in it. */
void empty_dir(const char *path);
void log_open(const char *node);
void log_close(void);
/* A job of so many rows that ends with `answer`; ROWS rows in groups of GROUP. */
int add(int rows, int answer);
void fill(void);
struct audit_result verify(void);
void expect_good(int64_t rows, int64_t chains);
void expect_bad(int64_t seq, const char *what);

/* test_trust.c: whom the log is believed, and what a restore changes in that */
void test_mark_damaged(void **state);
void test_cut_end_and_mark(void **state);
void test_rewritten(void **state);
void test_foreign_key(void **state);
void test_strange_end(void **state);
void test_two_nodes(void **state);
void test_restored(void **state);

#endif
