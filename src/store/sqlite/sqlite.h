/* For backup.c: the handle behind a connection of the SQLite driver. */
#ifndef STORE_SQLITE_SQLITE_H
#define STORE_SQLITE_SQLITE_H
#include "store/driver.h"

#include <sqlite3.h>

#define SQLITE_APPLICATION 1263424594 /* "KNTR" */
#define TEXT_OF(n) TEXT_OF_(n)
#define TEXT_OF_(n) #n

/* Stays the connection's; not to be closed. */
sqlite3 *sqlite_handle(struct conn *c);

#endif
