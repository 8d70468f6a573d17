#include "auth/totp.h"

#include <stdio.h>

#include "seam/crypto.h"

uint32_t totp_hotp(struct str secret, uint64_t counter, unsigned digits)
{
	static const uint32_t POWER[] = {1000000, 10000000, 100000000};
	uint8_t message[8], mac[20];
	for (unsigned i = 0; i < 8; i++)
		message[i] = (uint8_t)(counter >> (56 - 8 * i));
	crypto_hmac_sha1(mac, secret, F_ARRAY(message));
	const uint8_t *p = mac + (mac[19] & 15); /* dynamic truncation, RFC 4226 section 5.3 */
	uint32_t v = ((uint32_t)(p[0] & 0x7f) << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
	crypto_wipe(mac, sizeof(mac));
	return v % POWER[digits - 6];
}

int totp_check(struct str secret, struct str code, int64_t now_ms, int64_t last_step, int64_t *ret_step)
{
	int64_t now = now_ms / TOTP_STEP_MS, found = -1;
	if (code.n != TOTP_DIGITS)
		return KT_EREFUSED;
	for (int64_t step = now - 1; step <= now + 1; step++) {
		char want[16];
		snprintf(want, sizeof(want), "%06u", totp_hotp(secret, (uint64_t)step, TOTP_DIGITS));
		if (crypto_equal(want, code.p, TOTP_DIGITS) && step > last_step && found < 0)
			found = step;
		crypto_wipe(want, sizeof(want));
	}
	if (found < 0)
		return KT_EREFUSED;
	*ret_step = found;
	return 0;
}

void totp_base32(struct buf *b, struct str secret)
{
	static const char SYMBOLS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0;
	unsigned n = 0;
	for (size_t i = 0; i < secret.n; i++) {
		bits = (bits << 8) | (uint8_t)secret.p[i];
		for (n += 8; n >= 5; n -= 5)
			buf_c(b, SYMBOLS[(bits >> (n - 5)) & 31]);
	}
	if (n)
		buf_c(b, SYMBOLS[(bits << (5 - n)) & 31]);
}

void totp_uri(struct buf *b, const char *issuer, const char *name, struct str secret)
{
	buf_printf(b, "otpauth://totp/%s:%s?secret=", issuer, name);
	totp_base32(b, secret);
	buf_printf(b, "&issuer=%s", issuer);
}
