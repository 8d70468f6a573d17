/* Private to the PostgreSQL driver: what turns libpq's answers into ours. */
#ifndef STORE_POSTGRES_POSTGRES_H
#define STORE_POSTGRES_POSTGRES_H
#include "store/driver.h"

#include <libpq-fe.h>

#define PG_BOOL 16
#define PG_BYTEA 17
#define PG_NAME 19
#define PG_INT8 20
#define PG_INT2 21
#define PG_INT4 23
#define PG_TEXT 25
#define PG_BPCHAR 1042
#define PG_VARCHAR 1043
#define PG_NUMERIC 1700

/* Code and text of a failed result. Sets *again for a conflict between writers, *broken when the
 * connection is of no more use (the server stops, or is no longer the primary). */
int postgres_code(const PGresult *r, bool *again, bool *broken, struct err *e);
/* Value of a row as `want` (i, t or b); false when the column is of another type. Borrows from r. */
bool postgres_value(const PGresult *r, int row, int col, char want, struct sval *ret);

#endif
