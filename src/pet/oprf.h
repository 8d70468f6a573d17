/* The oblivious pseudorandom function of RFC 9497, suite ristretto255-SHA512, modes 0 (OPRF) and 1 (VOPRF), over
 * arrays. Mode 2 is left out on purpose: it inverts the key, which shares of a key cannot do. The proof takes its
 * context string, so that an opening (PROTOCOLS 5.10) proves the same thing under a name of its own. */
#ifndef PET_OPRF_H
#define PET_OPRF_H
#include "pet/group.h"

#define OPRF_OUTPUT 64
#define OPRF_INPUT 255 /* longest input of this protocol; the RFC allows 65,535 */

enum oprf_mode { OPRF_PLAIN = 0, OPRF_VERIFIABLE = 1 };

struct oprf_proof {
	struct scalar c, s;
};

/* Context strings of proofs. */
#define OPRF_CONTEXT_VERIFIABLE "OPRFV1-\x01-ristretto255-SHA512"
#define OPRF_CONTEXT_OPEN "KENTERING1-open-ristretto255-SHA512"

/* DeriveKeyPair(seed 32 bytes, info at most 65,535). KT_ECRYPTO when no key comes out (2^-252 each of 256 tries). */
int oprf_derive(enum oprf_mode m, const uint8_t seed[32], struct str info, struct scalar *ret_secret,
                struct element *ret_public) KT_CHECK;
/* HashToGroup of an input. KT_EINVAL when it is the identity (nobody knows such an input). */
int oprf_hash(enum oprf_mode m, struct str input, struct element *ret) KT_CHECK;
/* blinded[i] = blind[i]·HashToGroup(input[i]). */
int oprf_blind(enum oprf_mode m, const struct str *input, const struct scalar *blind, size_t n,
               struct element *ret) KT_CHECK;
/* The server's side of both modes: ret[i] = k·blinded[i]. */
int oprf_evaluate(const struct scalar *k, const struct element *blinded, size_t n, struct element *ret) KT_CHECK;
/* N[i] = evaluated[i] / blind[i], at the price of one inversion. n at most GROUP_BATCH. */
int oprf_unblind(const struct scalar *blind, const struct element *evaluated, size_t n, struct element *ret) KT_CHECK;
/* The output for one unblinded element. */
void oprf_finish(struct str input, const struct element *n, uint8_t ret[OPRF_OUTPUT]);

/* GenerateProof(k, G, B = k·G, C, D = k·C); r: fresh (NULL), or given for the published vectors. */
int oprf_prove(const char *context, const struct scalar *k, const struct element *b, const struct element *c,
               const struct element *d, size_t n, const struct scalar *r, struct oprf_proof *ret) KT_CHECK;
/* VerifyProof. KT_ECRYPTO when it does not hold. */
int oprf_verify(const char *context, const struct element *b, const struct element *c, const struct element *d,
                size_t n, const struct oprf_proof *p) KT_CHECK;

#endif
