/* A tree of values with line numbers: what JSON requests and YAML policy files become before anybody
 * looks at them, so that one validator serves both. Lives in an arena. */
#ifndef BASE_VAL_H
#define BASE_VAL_H
#include "base/arena.h"
#include "base/str.h"

enum val_type { VAL_NULL, VAL_BOOL, VAL_INT, VAL_REAL, VAL_STR, VAL_ARR, VAL_OBJ };

struct val {
	enum val_type type;
	int line; /* 1-based; 0 when unknown */
	union {
		bool b;
		int64_t i;
		double d;
		struct str s;
		struct {
			struct val *v;
			size_t n;
		} arr;
		struct {
			struct val_member *m;
			size_t n;
		} obj;
	};
};

struct val_member {
	struct str key;
	int line;
	struct val v;
};

/* Member of an object, NULL when absent or `v` is no object (v may be NULL). */
const struct val *val_get(const struct val *v, const char *key);
/* Text of a member; {NULL,0} when absent or no text. */
struct str val_text(const struct val *v, const char *key);
/* Integer of a member, or `otherwise`. */
int64_t val_int(const struct val *v, const char *key, int64_t otherwise);
bool val_bool(const struct val *v, const char *key, bool otherwise);
/* Items of a member that is an array: count, and the first item; 0 and NULL otherwise. */
size_t val_items(const struct val *v, const char *key, const struct val **ret_items);
/* Is `s` one of the texts in the member array? */
bool val_has(const struct val *v, const char *key, struct str s);

#endif
