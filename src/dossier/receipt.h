/* The receipt code (PROTOCOLS section 9): 20 random Crockford base-32 characters (100 bits) and one check
 * character, in groups of four. It finds and opens one dossier. It is never stored. Pure but for randomness. */
#ifndef DOSSIER_RECEIPT_H
#define DOSSIER_RECEIPT_H
#include "base/err.h"
#include "base/str.h"

#define RECEIPT_SYMBOLS 20
#define RECEIPT_TEXT 27 /* XXXX-XXXX-XXXX-XXXX-XXXX-C and NUL */

/* The 20 symbols, upper case: what the keys are made from. Wipe after use. */
struct receipt {
	char symbols[RECEIPT_SYMBOLS];
};

void receipt_make(struct receipt *ret);
void receipt_text(const struct receipt *r, char ret[RECEIPT_TEXT]);
/* Forgiving: case, spaces and hyphens anywhere, O for 0, I and L for 1. KT_EINVAL with a Dutch text when the
 * length, a character or the check character is off (one wrong or two swapped characters are always found). */
int receipt_parse(struct str text, struct receipt *ret, struct err *e) KT_CHECK;
/* id finds the dossier: M(code; "receipt-id")[0..15]; key opens it: M(code; "receipt-key")[0..31]. */
void receipt_id(const struct receipt *r, uint8_t ret[16]);
void receipt_key(const struct receipt *r, uint8_t ret[32]);

/* `n` random Crockford symbols, for other numbers that people read out. No NUL. */
void receipt_random(char *p, size_t n);

#endif
