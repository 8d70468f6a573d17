#include "seam/crypto.h"
#include <nettle/hmac.h>
#include <sodium.h>

_Static_assert(AEAD_KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(AEAD_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(AEAD_TAG == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(BOX_OVER == crypto_box_SEALBYTES, "box");
_Static_assert(BOX_PUBLIC == crypto_box_PUBLICKEYBYTES && BOX_SECRET == crypto_box_SECRETKEYBYTES, "box keys");
_Static_assert(SIGN_PUBLIC == crypto_sign_PUBLICKEYBYTES && SIGN_SECRET == crypto_sign_SECRETKEYBYTES, "sign keys");
_Static_assert(PASSWORD_HASH == crypto_pwhash_STRBYTES, "password");
_Static_assert(SIGN_BYTES == crypto_sign_BYTES, "signature");

#define DOMAIN STR("KENTERING1")

int crypto_setup(struct err *e)
{
	if (sodium_init() < 0)
		return err_set(e, KT_EUNAVAIL, "libsodium start niet: geen toevalsbron of geen geheugen");
	return 0;
}

/* libsodium declares some pointers never NULL, also for length 0. */
static const unsigned char *bytes(struct str s)
{
	return (const unsigned char *)(s.p ? s.p : "");
}

static void length4(uint8_t out[4], size_t n)
{
	out[0] = (uint8_t)(n >> 24);
	out[1] = (uint8_t)(n >> 16);
	out[2] = (uint8_t)(n >> 8);
	out[3] = (uint8_t)n;
}

static void hash_v(crypto_hash_sha512_state *st, struct str x)
{
	uint8_t len[4];
	length4(len, x.n);
	crypto_hash_sha512_update(st, len, sizeof len);
	crypto_hash_sha512_update(st, bytes(x), x.n);
}

void crypto_x_v(uint8_t out[64], const char *label, const struct str *f, size_t n)
{
	crypto_hash_sha512_state st;
	crypto_hash_sha512_init(&st);
	crypto_hash_sha512_update(&st, bytes(DOMAIN), DOMAIN.n);
	hash_v(&st, str_of(label));
	for (size_t i = 0; i < n; i++)
		hash_v(&st, f[i]);
	crypto_hash_sha512_final(&st, out);
	sodium_memzero(&st, sizeof st);
}

void crypto_h_v(uint8_t out[32], const char *label, const struct str *f, size_t n)
{
	uint8_t x[64];
	crypto_x_v(x, label, f, n);
	memcpy(out, x, 32);
	sodium_memzero(x, sizeof x);
}

static void mac_v(crypto_auth_hmacsha512_state *st, struct str x)
{
	uint8_t len[4];
	length4(len, x.n);
	crypto_auth_hmacsha512_update(st, len, sizeof len);
	crypto_auth_hmacsha512_update(st, bytes(x), x.n);
}

void crypto_m_v(uint8_t out[64], struct str key, const char *label, const struct str *f, size_t n)
{
	crypto_auth_hmacsha512_state st;
	crypto_auth_hmacsha512_init(&st, bytes(key), key.n);
	crypto_auth_hmacsha512_update(&st, bytes(DOMAIN), DOMAIN.n);
	mac_v(&st, str_of(label));
	for (size_t i = 0; i < n; i++)
		mac_v(&st, f[i]);
	crypto_auth_hmacsha512_final(&st, out);
	sodium_memzero(&st, sizeof st);
}

void crypto_sign_label(uint8_t sig[SIGN_BYTES], const uint8_t sk[SIGN_SECRET], const char *label, struct str m)
{
	uint8_t x[64];
	crypto_x_v(x, label, &m, 1);
	crypto_sign_detached(sig, NULL, x, sizeof x, sk);
	sodium_memzero(x, sizeof x);
}

int crypto_verify_label(const uint8_t sig[SIGN_BYTES], const uint8_t pk[SIGN_PUBLIC], const char *label, struct str m)
{
	uint8_t x[64];
	crypto_x_v(x, label, &m, 1);
	int bad = crypto_sign_verify_detached(sig, x, sizeof x, pk);
	sodium_memzero(x, sizeof x);
	return bad ? KT_ECRYPTO : 0;
}

void crypto_sign_pair(uint8_t pk[SIGN_PUBLIC], uint8_t sk[SIGN_SECRET])
{
	crypto_sign_keypair(pk, sk);
}

void crypto_seal(uint8_t *out, const uint8_t key[AEAD_KEY], struct str plain, struct str ad)
{
	uint8_t nonce[AEAD_NONCE];
	randombytes_buf(nonce, sizeof nonce);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + AEAD_NONCE, NULL, bytes(plain), plain.n, bytes(ad), ad.n, NULL,
		nonce, key);
	memcpy(out, nonce, sizeof nonce);
}

int crypto_open(uint8_t *out, const uint8_t key[AEAD_KEY], struct str sealed, struct str ad)
{
	if (sealed.n < AEAD_OVER)
		return KT_ECRYPTO;
	const uint8_t *nonce = bytes(sealed), *body = nonce + AEAD_NONCE;
	size_t n = sealed.n - AEAD_NONCE;
	/* First without output: libsodium clears the output of a forgery, and ours must stay as it was. */
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(NULL, NULL, NULL, body, n, bytes(ad), ad.n, nonce, key) != 0)
		return KT_ECRYPTO;
	if (n == AEAD_TAG)
		return 0;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, body, n, bytes(ad), ad.n, nonce, key) != 0)
		return KT_ECRYPTO;
	return 0;
}

void crypto_box_pair(uint8_t pk[BOX_PUBLIC], uint8_t sk[BOX_SECRET])
{
	crypto_box_keypair(pk, sk);
}

int crypto_box_seal_to(uint8_t *out, const uint8_t pk[BOX_PUBLIC], struct str plain)
{
	/* libsodium refuses only a public key of low order. */
	return crypto_box_seal(out, bytes(plain), plain.n, pk) ? KT_EINVAL : 0;
}

int crypto_box_unseal(uint8_t *out, const uint8_t pk[BOX_PUBLIC], const uint8_t sk[BOX_SECRET], struct str sealed)
{
	if (sealed.n < BOX_OVER)
		return KT_ECRYPTO;
	return crypto_box_seal_open(out, bytes(sealed), sealed.n, pk, sk) ? KT_ECRYPTO : 0;
}

int crypto_password_key(uint8_t out[32], struct str password, const uint8_t salt[16], struct err *e)
{
	uint8_t key[32];
	if (crypto_pwhash(key, sizeof key, password.p ? password.p : "", password.n, salt,
			crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
			crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(e, KT_ENOMEM, "te weinig geheugen om het wachtwoord te verwerken (64 MiB nodig)");
	memcpy(out, key, sizeof key);
	sodium_memzero(key, sizeof key);
	return 0;
}

/* The passes of libsodium's "moderate", the memory of "interactive": a login may not take a quarter of a gigabyte. */
int crypto_password_hash(char out[PASSWORD_HASH], struct str password, struct err *e)
{
	if (crypto_pwhash_str(out, password.p ? password.p : "", password.n, crypto_pwhash_OPSLIMIT_MODERATE,
			crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
		return err_set(e, KT_ENOMEM, "te weinig geheugen om het wachtwoord te verwerken (64 MiB nodig)");
	return 0;
}

int crypto_password_verify(const char *hash, struct str password)
{
	return crypto_pwhash_str_verify(hash, password.p ? password.p : "", password.n) ? KT_ECRYPTO : 0;
}

void crypto_hmac_sha1(uint8_t out[20], struct str key, struct str message)
{
	struct hmac_sha1_ctx ctx;
	hmac_sha1_set_key(&ctx, key.n, bytes(key));
	hmac_sha1_update(&ctx, message.n, bytes(message));
	hmac_sha1_digest(&ctx, 20, out);
	sodium_memzero(&ctx, sizeof ctx);
}

void crypto_random(void *p, size_t n)
{
	randombytes_buf(p, n);
}

void crypto_wipe(void *p, size_t n)
{
	if (n)
		sodium_memzero(p, n);
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
	return n == 0 || sodium_memcmp(a, b, n) == 0;
}

void *crypto_guard(size_t n)
{
	if (n > SIZE_MAX - 15)
		return NULL;
	/* libsodium puts the last byte against the guard page; a multiple of 16 keeps the start aligned. */
	size_t whole = (n + 15) & ~(size_t)15;
	void *p = sodium_malloc(whole ? whole : 16);
	if (p)
		memset(p, 0, whole);
	return p;
}

void *crypto_guard_free(void *p)
{
	sodium_free(p); /* wipes; takes NULL */
	return NULL;
}
