/* "Did you mean …?": the known word nearest to one that was mistyped. */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H
#include "base/str.h"

struct near {
	struct str word;
	const char *best; /* NULL: nothing within distance 2 */
	unsigned distance;
};

struct near near_begin(struct str word);
void near_try(struct near *n, const char *known);
/* Is it a plain word ([A-Za-z0-9_]{1,40}), which may be repeated in a message? */
bool near_plain(struct str word);
/* Levenshtein distance in bytes; UINT_MAX when one of the two is longer than 63. */
unsigned near_distance(struct str a, struct str b);

#endif
