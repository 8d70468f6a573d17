/* A closed list of words that the program itself made: for log fields and metric labels that are chosen by number, so
 * that no text from outside can become one. Entries live as long as the process. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

struct words {
	const char *const *word;
	unsigned n;
};

/* "" for a number that is not in the list. */
static inline const char *words_at(const struct words *w, unsigned i)
{
	return i < w->n && w->word[i] ? w->word[i] : "";
}

#endif
