#include "base/near.h"
#include <limits.h>

#define WORD_MAX_BYTES 63
#define NEAR_ENOUGH 2

unsigned near_distance(struct str a, struct str b)
{
	unsigned row[WORD_MAX_BYTES + 1];
	if (a.n > WORD_MAX_BYTES || b.n > WORD_MAX_BYTES)
		return UINT_MAX;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			unsigned best = diagonal + (a.p[i - 1] != b.p[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

bool near_plain(struct str word)
{
	if (word.n < 1 || word.n > 40)
		return false;
	for (size_t i = 0; i < word.n; i++)
		if (!ch_alnum((unsigned char)word.p[i]) && word.p[i] != '_')
			return false;
	return true;
}

struct near near_begin(struct str word)
{
	return (struct near){word, NULL, NEAR_ENOUGH + 1};
}

void near_try(struct near *n, const char *known)
{
	unsigned d = near_distance(n->word, str_of(known));
	/* "id" is near to everything of two letters: as many changes as letters is no likeness. */
	if (d < n->distance && d < n->word.n) {
		n->distance = d;
		n->best = known;
	}
}
