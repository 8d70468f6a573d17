/* One-time codes: HOTP (RFC 4226) and TOTP (RFC 6238) as every authenticator app makes them: SHA-1, six digits, 30
 * seconds. Pure. */
#ifndef AUTH_TOTP_H
#define AUTH_TOTP_H
#include "base/buf.h"

#define TOTP_STEP_MS INT64_C(30000)
#define TOTP_DIGITS 6

/* The code of a counter with so many digits (6 to 8). */
uint32_t totp_hotp(struct str secret, uint64_t counter, unsigned digits);
/* Is `code` (exactly six digits) that of the step of `now_ms`, the one before or the one after, and later than
 * `last_step`, the last one taken? KT_EREFUSED. All three are always compared, in constant time. */
int totp_check(struct str secret, struct str code, int64_t now_ms, int64_t last_step, int64_t *ret_step) KT_CHECK;
/* RFC 4648 base 32 without padding, as people type it into an app. */
void totp_base32(struct buf *b, struct str secret);
/* otpauth://totp/ISSUER:NAME?secret=…; issuer and name: letters, digits, '.', '_', '-'. */
void totp_uri(struct buf *b, const char *issuer, const char *name, struct str secret);

#endif
