/* The table-driven validator: the tables come from tools/gen.py (policy/schema and api/openapi.yaml),
 * the values from JSON requests or YAML policy files. All errors are collected, not only the first. */
#ifndef BASE_VALID_H
#define BASE_VALID_H
#include "base/val.h"

enum schema_kind { SCH_ANY = 0, SCH_BOOL = 1, SCH_INT = 2, SCH_NUM = 4, SCH_STR = 8, SCH_ARR = 16, SCH_OBJ = 32,
	SCH_NULL = 64 };
enum schema_format { FMT_NONE, FMT_DATE, FMT_DATE_TIME };

struct schema;

struct schema_prop {
	const char *name;
	const struct schema *schema;
	bool required;
};

struct schema {
	unsigned kinds;               /* SCH_* or-ed; 0 = any */
	const char *doc;              /* what is expected, Dutch, for messages; may be NULL */
	const struct schema_prop *props; /* ended by name NULL */
	bool closed;                  /* additionalProperties: false */
	const struct schema *rest;    /* schema of additional properties, when not closed */
	const struct schema *items;
	int64_t min_items, max_items; /* -1: none; also minLength/maxLength (in bytes of UTF-8 for texts: code points) */
	int64_t min_len, max_len;
	bool has_min, has_max;
	double min, max;
	const char *pattern;          /* POSIX ERE, searched; anchors are in the pattern */
	const char *const *enums;     /* texts, ended by NULL */
	enum schema_format format;
	bool unique;
	const char *tag;              /* oneOf by tag: name of the property that chooses */
	const struct schema_prop *choices; /* tag value -> schema */
};

#define VALID_MAX 32

struct valid_error {
	char at[160]; /* JSON pointer */
	int line;
	const char *rule; /* "required", "type", "enum", "pattern", "unknown", … */
	char text[240];   /* Dutch: what was expected. Never the value that was given. */
};

struct valid_report {
	unsigned n;      /* errors kept */
	unsigned total;  /* errors found */
	struct valid_error e[VALID_MAX];
};

/* Checks `v`; appends to `r`. 0 when nothing was found, else KT_EINVAL. Pure but for a cache of compiled patterns. */
int valid_check(const struct schema *s, const struct val *v, struct valid_report *r) KT_CHECK;
/* Adds an error of the caller's own (cross-reference checks). */
void valid_add(struct valid_report *r, const char *at, int line, const char *rule, const char *fmt,
	...) KT_PRINTF(5, 6);

#endif
