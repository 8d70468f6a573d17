/* Growing bytes with a maximum. The first failure (maximum or memory) sticks: later calls do nothing and
 * buf_err() tells, so that a writer checks once at its end. Freed memory is wiped. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/err.h"
#include "base/str.h"

struct buf {
	char *p; /* NUL behind the last byte whenever p is not NULL */
	size_t n;
	size_t cap;
	size_t max;
	int err;
};

#define BUF_INIT(maximum) ((struct buf){NULL, 0, 0, (maximum), 0})

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b); /* wipes; b may be used again */
void buf_reset(struct buf *b); /* wipes what was written, keeps the memory, clears the error */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_z(struct buf *b, const char *z);
void buf_c(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) KT_PRINTF(2, 3);
void buf_int(struct buf *b, int64_t v);
void buf_hex(struct buf *b, const void *p, size_t n); /* lower case */
/* Room for n more bytes; NULL when that is too much. Follow with buf_added(b, used). */
char *buf_room(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);
void buf_cut(struct buf *b, size_t n); /* shortens to n bytes, wiping the rest */
static inline struct str buf_view(const struct buf *b) { return (struct str){b->p, b->n}; }
static inline int buf_err(const struct buf *b) { return b->err; }

#endif
