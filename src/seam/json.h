/* JSON in (jansson: strict UTF-8, no duplicate keys, no NUL) and out (a writer over struct buf). */
#ifndef SEAM_JSON_H
#define SEAM_JSON_H
#include "base/buf.h"
#include "base/val.h"

struct json_limits {
	size_t max_bytes;
	unsigned max_depth; /* at most 64 */
	size_t max_commas;  /* how many values, counted before anything is made of them; 0: as many as fit */
};

/* Once per process, before any thread: jansson's memory is wiped when freed. */
void json_setup(void);
/* Parses exactly one value. Numbers beyond int64 or double are refused. Errors name line and column, never the text. */
int json_read(struct arena *a, struct str text, const struct json_limits *lim, const struct val **ret,
	struct err *e) KT_CHECK;

/* The writer: calls nest; commas and quotes are its own work. Without a key inside arrays. */
struct jw {
	struct buf *b;
	unsigned depth;
	uint64_t some; /* bit d: level d has an element already */
	bool after_key;
};

void jw_init(struct jw *w, struct buf *b);
void jw_obj(struct jw *w);      /* { */
void jw_obj_end(struct jw *w);
void jw_arr(struct jw *w);
void jw_arr_end(struct jw *w);
void jw_key(struct jw *w, const char *key);
void jw_str(struct jw *w, struct str s); /* invalid UTF-8 becomes U+FFFD */
void jw_z(struct jw *w, const char *z);  /* NULL writes null */
void jw_int(struct jw *w, int64_t v);
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
void jw_val(struct jw *w, const struct val *v);
/* key and value at once */
void jw_kstr(struct jw *w, const char *key, struct str s);
void jw_kz(struct jw *w, const char *key, const char *z);
void jw_kint(struct jw *w, const char *key, int64_t v);
void jw_kbool(struct jw *w, const char *key, bool v);

#endif
