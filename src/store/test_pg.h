/* A PostgreSQL server for tests: its own cluster in a temporary folder, reached over a Unix socket there,
 * gone when the test program ends. */
#ifndef STORE_TEST_PG_H
#define STORE_TEST_PG_H

/* Starts the server (once); gives a libpq string for its administration database, NULL when PostgreSQL is
 * not installed or does not start. */
const char *test_pg_start(void);
/* Makes an empty database; gives its libpq string, which stays valid. NULL on failure. Starts when needed. */
const char *test_pg_fresh(void);
/* Stops the server and removes the folder; also done at exit. */
void test_pg_stop(void);

#endif
