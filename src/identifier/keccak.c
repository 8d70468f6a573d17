/* Keccak-256 as Ethereum and Monero use it: Keccak-f[1600], rate 1088, and the padding of before FIPS 202 (0x01). */
#include "identifier/parts.h"

#define RATE 136

static uint64_t rotl(uint64_t v, unsigned n)
{
	return n ? v << n | v >> (64 - n) : v;
}

/* FIPS 202 section 3.2; lanes a[x + 5y]. */
static void permute(uint64_t a[25])
{
	uint8_t lfsr = 1;
	for (int round = 0; round < 24; round++) {
		uint64_t c[5], b[25];
		for (int x = 0; x < 5; x++)
			c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
		for (int x = 0; x < 5; x++)
			for (int y = 0; y < 25; y += 5)
				a[x + y] ^= c[(x + 4) % 5] ^ rotl(c[(x + 1) % 5], 1);
		/* rho and pi walk the same path over the lanes: (x, y) goes to (y, 2x + 3y). */
		int x = 1, y = 0;
		b[0] = a[0];
		for (unsigned t = 0; t < 24; t++) {
			int to_y = (2 * x + 3 * y) % 5;
			b[y + 5 * to_y] = rotl(a[x + 5 * y], (t + 1) * (t + 2) / 2 % 64);
			x = y;
			y = to_y;
		}
		for (int i = 0; i < 25; i++) {
			int row = i / 5 * 5;
			a[i] = b[i] ^ (~b[row + (i + 1) % 5] & b[row + (i + 2) % 5]);
		}
		for (unsigned j = 0; j < 7; j++) { /* iota: a shift register gives the constants */
			if (lfsr & 1)
				a[0] ^= (uint64_t)1 << ((1u << j) - 1);
			lfsr = (uint8_t)(lfsr << 1 ^ (lfsr & 0x80 ? 0x71 : 0));
		}
	}
}

static void absorb(uint64_t a[25], const uint8_t block[RATE])
{
	for (int i = 0; i < RATE; i++)
		a[i / 8] ^= (uint64_t)block[i] << (8 * (i % 8));
	permute(a);
}

void keccak_256(const void *p, size_t n, uint8_t ret[32])
{
	const uint8_t *in = p;
	uint64_t a[25] = {0};
	uint8_t last[RATE] = {0};
	for (; n >= RATE; n -= RATE, in += RATE)
		absorb(a, in);
	if (n)
		memcpy(last, in, n);
	last[n] ^= 0x01;
	last[RATE - 1] ^= 0x80;
	absorb(a, last);
	for (int i = 0; i < 32; i++)
		ret[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
}
