/* Segwit addresses: bech32 (BIP 173) for witness version 0, bech32m (BIP 350) for 1 to 16. */
#include "identifier/parts.h"

#define BECH32 1u
#define BECH32M 0x2BC830A3u
#define LONGEST 90

static uint32_t polymod(uint32_t chk, uint32_t value)
{
	static const uint32_t gen[5] = {0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3};
	uint32_t top = chk >> 25;
	chk = (chk & 0x1FFFFFF) << 5 ^ value;
	for (unsigned i = 0; i < 5; i++)
		if (top >> i & 1)
			chk ^= gen[i];
	return chk;
}

static int digit32(char c)
{
	static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

/* Length of the witness program of `n` five-bit values, 0 when the padding is wrong. */
static size_t program_length(const uint8_t *v, size_t n)
{
	size_t spare = n * 5 % 8;
	if (n == 0 || spare > 4 || (v[n - 1] & ((1u << spare) - 1)))
		return 0;
	return n * 5 / 8;
}

bool bech32_segwit(struct str s, struct str hrp)
{
	uint8_t v[LONGEST];
	size_t n = 0;
	uint32_t chk = 1;
	if (s.n > LONGEST || s.n < hrp.n + 1 + 1 + 6 || !str_starts(s, hrp) || s.p[hrp.n] != '1')
		return false;
	for (size_t i = 0; i < hrp.n; i++)
		chk = polymod(chk, (unsigned char)hrp.p[i] >> 5);
	chk = polymod(chk, 0);
	for (size_t i = 0; i < hrp.n; i++)
		chk = polymod(chk, hrp.p[i] & 31);
	for (size_t i = hrp.n + 1; i < s.n; i++) {
		int d = digit32(s.p[i]);
		if (d < 0)
			return false;
		v[n++] = (uint8_t)d;
		chk = polymod(chk, (uint32_t)d);
	}
	if (v[0] > 16 || chk != (v[0] == 0 ? BECH32 : BECH32M))
		return false;
	size_t program = program_length(v + 1, n - 7);
	return v[0] == 0 ? program == 20 || program == 32 : program >= 2 && program <= 40;
}
