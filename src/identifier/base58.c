/* Base 58 with the alphabet of Bitcoin, its double SHA-256 check, and the blocks of Monero. */
#include "identifier/parts.h"
#include <sodium.h>

static int digit58(char c)
{
	static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

/* Big-endian number in n bytes; false on overflow or a wrong character. */
static bool number58(struct str s, uint8_t *ret, size_t n)
{
	memset(ret, 0, n);
	for (size_t i = 0; i < s.n; i++) {
		int d = digit58(s.p[i]);
		if (d < 0)
			return false;
		unsigned carry = (unsigned)d;
		for (size_t j = n; j-- > 0;) {
			carry += 58u * ret[j];
			ret[j] = (uint8_t)carry;
			carry >>= 8;
		}
		if (carry)
			return false;
	}
	return true;
}

bool base58_decode(struct str s, uint8_t *ret, size_t n)
{
	size_t ones = 0, zeros = 0;
	if (s.n == 0 || s.n > n * 2 || !number58(s, ret, n))
		return false;
	while (ones < s.n && s.p[ones] == '1')
		ones++;
	while (zeros < n && ret[zeros] == 0)
		zeros++;
	return ones == zeros; /* a leading "1" is a zero byte: the length is part of the value */
}

bool base58check_21(struct str s, uint8_t ret[21])
{
	uint8_t raw[25], sum[crypto_hash_sha256_BYTES];
	if (s.n < 25 || s.n > 35 || !base58_decode(s, raw, sizeof(raw)))
		return false;
	crypto_hash_sha256(sum, raw, 21);
	crypto_hash_sha256(sum, sum, sizeof(sum));
	if (memcmp(sum, raw + 21, 4) != 0)
		return false;
	memcpy(ret, raw, 21);
	return true;
}

size_t base58_monero(struct str s, uint8_t *ret, size_t cap)
{
	static const uint8_t bytes_of[12] = {0, 0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8}; /* characters of a block to bytes */
	size_t n = 0;
	for (size_t from = 0; from < s.n; from += 11) {
		size_t chars = s.n - from < 11 ? s.n - from : 11;
		size_t bytes = bytes_of[chars];
		if (bytes == 0 || n + bytes > cap || !number58(str_sub(s, from, from + chars), ret + n, bytes))
			return 0;
		n += bytes;
	}
	return n;
}
