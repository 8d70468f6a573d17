/* libsodium behind the notation of docs/protocol (PROTOCOLS section 0): T, X, H, S, M and sign, and what the
 * dossier needs. No primitive is made here. All lengths in bytes. Names stay clear of libsodium's own
 * (crypto_box_open, crypto_sign_keypair, …), which it would otherwise replace inside libsodium itself. */
#ifndef SEAM_CRYPTO_H
#define SEAM_CRYPTO_H
#include "base/err.h"
#include "base/str.h"

/* Once per process, before any thread. */
int crypto_setup(struct err *e) KT_CHECK;

/* A field of T: pointer and length. */
#define F_STR(s) (s)
#define F_BYTES(p, n) ((struct str){(const char *)(p), (n)})
#define F_ARRAY(arr) ((struct str){(const char *)(arr), sizeof(arr)})
#define F_U8(v) ((struct str){(const char *)(uint8_t[1]){(uint8_t)(v)}, 1})
#define F_U16(v) ((struct str){(const char *)(uint8_t[2]){(uint8_t)((v) >> 8), (uint8_t)(v)}, 2})
#define F_BYTE(v, shift) ((uint8_t)((uint64_t)(v) >> (shift)))
#define F_U32(v) \
	((struct str){(const char *)(uint8_t[4]){F_BYTE(v, 24), F_BYTE(v, 16), F_BYTE(v, 8), F_BYTE(v, 0)}, 4})
#define F_U64(v) \
	((struct str){(const char *)(uint8_t[8]){F_BYTE(v, 56), F_BYTE(v, 48), F_BYTE(v, 40), F_BYTE(v, 32), F_BYTE(v, \
		24), \
		F_BYTE(v, 16), F_BYTE(v, 8), F_BYTE(v, 0)}, 8})

/* X(label, f…) = SHA-512("KENTERING1" ‖ V(label) ‖ V(f1) ‖ …); H is its first 32 bytes. */
void crypto_x_v(uint8_t out[64], const char *label, const struct str *f, size_t n);
void crypto_h_v(uint8_t out[32], const char *label, const struct str *f, size_t n);
/* M(key; label, f…) = HMAC-SHA-512(key, T). Key of any length. */
void crypto_m_v(uint8_t out[64], struct str key, const char *label, const struct str *f, size_t n);
#define FIELDS(...) \
	((const struct str[]){__VA_ARGS__}), (sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
#define crypto_x(out, label, ...) crypto_x_v((out), (label), FIELDS(__VA_ARGS__))
#define crypto_h(out, label, ...) crypto_h_v((out), (label), FIELDS(__VA_ARGS__))
#define crypto_m(out, key, label, ...) crypto_m_v((out), (key), (label), FIELDS(__VA_ARGS__))

#define SIGN_PUBLIC 32
#define SIGN_SECRET 64
#define SIGN_BYTES 64
/* Ed25519 over X(label, m). */
void crypto_sign_label(uint8_t sig[SIGN_BYTES], const uint8_t sk[SIGN_SECRET], const char *label, struct str m);
int crypto_verify_label(const uint8_t sig[SIGN_BYTES], const uint8_t pk[SIGN_PUBLIC], const char *label,
	struct str m) KT_CHECK;
void crypto_sign_pair(uint8_t pk[SIGN_PUBLIC], uint8_t sk[SIGN_SECRET]);

#define AEAD_KEY 32
#define AEAD_NONCE 24
#define AEAD_TAG 16
#define AEAD_OVER (AEAD_NONCE + AEAD_TAG) /* what sealing adds */
/* XChaCha20-Poly1305, random nonce in front: out holds n + AEAD_OVER bytes. */
void crypto_seal(uint8_t *out, const uint8_t key[AEAD_KEY], struct str plain, struct str ad);
/* out holds n - AEAD_OVER bytes. KT_ECRYPTO when it does not open; out is then untouched. */
int crypto_open(uint8_t *out, const uint8_t key[AEAD_KEY], struct str sealed, struct str ad) KT_CHECK;

#define BOX_PUBLIC 32
#define BOX_SECRET 32
#define BOX_OVER 48
/* X25519 sealed boxes (anonymous sender). */
void crypto_box_pair(uint8_t pk[BOX_PUBLIC], uint8_t sk[BOX_SECRET]);
int crypto_box_seal_to(uint8_t *out, const uint8_t pk[BOX_PUBLIC], struct str plain) KT_CHECK;
int crypto_box_unseal(uint8_t *out, const uint8_t pk[BOX_PUBLIC], const uint8_t sk[BOX_SECRET],
	struct str sealed) KT_CHECK;

/* Argon2id, interactive cost of libsodium; salt 16 bytes. */
int crypto_password_key(uint8_t out[32], struct str password, const uint8_t salt[16], struct err *e) KT_CHECK;

#define PASSWORD_HASH 128 /* a stored password with its NUL */
/* A password as it is stored: Argon2id, 3 passes over 64 MiB, its salt and cost in the text. */
int crypto_password_hash(char out[PASSWORD_HASH], struct str password, struct err *e) KT_CHECK;
/* KT_ECRYPTO when it is another one, or the text is no such hash. */
int crypto_password_verify(const char *hash, struct str password) KT_CHECK;

/* HMAC-SHA-1 (RFC 2104), for one-time codes only: RFC 6238 as authenticator apps speak it. */
void crypto_hmac_sha1(uint8_t out[20], struct str key, struct str message);

void crypto_random(void *p, size_t n);
void crypto_wipe(void *p, size_t n);
bool crypto_equal(const void *a, const void *b, size_t n); /* constant time */
/* Guarded, locked memory; dies (NULL) when there is none. crypto_guard_free wipes, takes NULL, returns NULL. */
void *crypto_guard(size_t n);
void *crypto_guard_free(void *p);

#endif
