#include "dossier/receipt.h"

#include "seam/crypto.h"

static const char SYMBOLS[33] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static int symbol_value(char c)
{
	unsigned char u = ch_toupper((unsigned char)c);
	if (u == 'O')
		u = '0';
	if (u == 'I' || u == 'L')
		u = '1';
	const char *at = u ? memchr(SYMBOLS, u, 32) : NULL;
	return at ? (int)(at - SYMBOLS) : -1;
}

/* In the field of 32 elements (x^5 + x^2 + 1) the check is Σ a^(i+1)·v_i with a primitive: a changed symbol changes one
 * term, two swapped ones change (a^i + a^j)(v_i + v_j), and neither is zero for i ≠ j < 31. */
static unsigned gf32_mul(unsigned a, unsigned b)
{
	unsigned r = 0;
	for (; b; b >>= 1) {
		if (b & 1)
			r ^= a;
		a <<= 1;
		if (a & 32)
			a ^= 37;
	}
	return r;
}

static char check_symbol(const char s[RECEIPT_SYMBOLS])
{
	unsigned sum = 0, weight = 1;
	for (size_t i = 0; i < RECEIPT_SYMBOLS; i++) {
		weight = gf32_mul(weight, 2);
		sum ^= gf32_mul(weight, (unsigned)symbol_value(s[i]));
	}
	return SYMBOLS[sum];
}

void receipt_random(char *p, size_t n)
{
	crypto_random(p, n);
	for (size_t i = 0; i < n; i++)
		p[i] = SYMBOLS[(unsigned char)p[i] & 31];
}

void receipt_make(struct receipt *ret)
{
	receipt_random(ret->symbols, RECEIPT_SYMBOLS);
}

void receipt_text(const struct receipt *r, char ret[RECEIPT_TEXT])
{
	size_t at = 0;
	for (size_t i = 0; i < RECEIPT_SYMBOLS; i++) {
		if (i && i % 4 == 0)
			ret[at++] = '-';
		ret[at++] = r->symbols[i];
	}
	ret[at++] = '-';
	ret[at++] = check_symbol(r->symbols);
	ret[at] = 0;
}

int receipt_parse(struct str text, struct receipt *ret, struct err *e)
{
	char all[RECEIPT_SYMBOLS + 1];
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '-' || ch_space((unsigned char)text.p[i]))
			continue;
		int v = symbol_value(text.p[i]);
		if (v < 0 || n == sizeof(all)) {
			crypto_wipe(all, sizeof(all));
			return err_set(e, KT_EINVAL, "Een ontvangstcode heeft 21 letters en cijfers, in groepjes van vier.");
		}
		all[n++] = SYMBOLS[v];
	}
	int rc = 0;
	if (n != sizeof(all))
		rc = err_set(e, KT_EINVAL, "Een ontvangstcode heeft 21 letters en cijfers, in groepjes van vier.");
	else if (check_symbol(all) != all[RECEIPT_SYMBOLS])
		rc = err_set(e, KT_EINVAL, "Er zit een tikfout in de ontvangstcode. Kijk haar nog eens na.");
	else
		memcpy(ret->symbols, all, RECEIPT_SYMBOLS);
	crypto_wipe(all, sizeof(all));
	return rc;
}

void receipt_id(const struct receipt *r, uint8_t ret[16])
{
	uint8_t m[64];
	crypto_m_v(m, F_ARRAY(r->symbols), "receipt-id", NULL, 0);
	memcpy(ret, m, 16);
	crypto_wipe(m, sizeof(m));
}

void receipt_key(const struct receipt *r, uint8_t ret[32])
{
	uint8_t m[64];
	crypto_m_v(m, F_ARRAY(r->symbols), "receipt-key", NULL, 0);
	memcpy(ret, m, 32);
	crypto_wipe(m, sizeof(m));
}
