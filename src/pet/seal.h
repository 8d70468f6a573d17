/* Sealed reports (PROTOCOLS section 5): a report about an identifier that nobody can read until k different people
 * have reported the same one. Making, checking, opening; bytes in, bytes out. All integers big-endian. */
#ifndef PET_SEAL_H
#define PET_SEAL_H
#include "pet/register.h"

#define EPOCH_DAYS 90 /* W: at least every rule's window */
#define EPOCH_GRACE 2 /* days that an epoch is opened longer */
#define SEAL_TAG 32
#define SEAL_HEADER 83
#define SEAL_HEADER_K 9 /* where k stands in it */
#define SEAL_PAYLOAD 512
#define SEAL_TEXTS (SEAL_PAYLOAD - 62) /* what is left for the three texts of a payload */
#define SEAL_INNER (SEAL_PAYLOAD + 16)
#define SEAL_CT 600
#define SEAL_ROW (SEAL_HEADER + 5 * 32 + 64 + 64)
#define SEAL_BODY(k) (SEAL_HEADER + 32 * (size_t)(k) + 160)
#define SEAL_BYTES(k) (SEAL_BODY(k) + 64 + 64 + SEAL_CT)
#define SEAL_BYTES_MAX SEAL_BYTES(CHANNEL_K_MAX)

/* Epochs: today's collecting one, the one it opens, and whether one may still be opened. */
static inline uint32_t epoch_collecting(uint32_t day)
{
	return day / EPOCH_DAYS;
}
static inline bool epoch_live(uint32_t epoch, uint32_t day)
{
	return day / EPOCH_DAYS >= epoch && day < ((uint64_t)epoch + 2) * EPOCH_DAYS + EPOCH_GRACE;
}
static inline bool epoch_opens(uint32_t epoch, uint32_t day)
{
	return day / EPOCH_DAYS > epoch && day < ((uint64_t)epoch + 2) * EPOCH_DAYS + EPOCH_GRACE;
}

/* ---- values (5.2, 5.3) ---- */

/* All reporters of one identifier in one channel and epoch have the same. a[] is secret: wipe. */
struct seal_group {
	uint32_t epoch;
	uint16_t channel, version;
	uint8_t k;
	struct scalar a[CHANNEL_K_MAX];
	struct element commit[CHANNEL_K_MAX]; /* A_j */
	uint8_t tag[SEAL_TAG];
};
/* From the identifier's OPRF output under the seal key. KT_EINVAL when k is out of 2..16. */
int seal_group(const uint8_t y[OPRF_OUTPUT], uint32_t epoch, uint16_t channel, uint16_t version, uint8_t k,
               struct seal_group *ret) KT_CHECK;
/* From the person's OPRF output under the person key. */
void seal_nullifier(const uint8_t y_person[OPRF_OUTPUT], const uint8_t tag[SEAL_TAG], uint8_t ret[32]);
/* Where a person's share lies. */
void seal_point(const uint8_t tag[SEAL_TAG], const uint8_t nullifier[32], struct scalar *ret);
/* Ḡ. */
const struct element *seal_outer_generator(void);

/* ---- one report ---- */

struct seal_header {
	uint32_t epoch;
	uint16_t channel, version;
	uint8_t k;
	uint32_t member, day;
	uint8_t basis;
	uint8_t tag[SEAL_TAG], nullifier[32];
};
/* The bytes that everything about a report is bound to. */
void seal_header_write(const struct seal_header *h, uint8_t ret[SEAL_HEADER]);

struct seal_payload {
	struct str input; /* type byte and canonical bytes, at most 255 */
	struct element n; /* the identifier's unblinded point under the seal key */
	uint8_t report[16];
	uint32_t day;
	uint8_t amount_band;
	uint16_t form;
	struct str organisation, reference; /* with the input at most SEAL_TEXTS bytes */
};
/* KT_ELIMIT when it does not fit 512 bytes. Texts of a read payload point into `bytes`. */
int seal_payload_write(const struct seal_payload *p, uint8_t ret[SEAL_PAYLOAD]) KT_CHECK;
int seal_payload_read(const uint8_t bytes[SEAL_PAYLOAD], struct seal_payload *ret) KT_CHECK;

struct seal_random { /* fresh from the system, or pinned for the published vectors */
	uint8_t nonce[24];
	struct scalar r, w, proof;
};
struct seal_case {
	const struct seal_group *group;
	const struct key_record *outer; /* Z and its key id */
	uint32_t member, day;
	uint8_t basis;
	const uint8_t *nullifier;
	const struct seal_payload *payload;
	const uint8_t *sign_secret; /* the member's, 64 bytes */
};
/* Writes SEAL_BYTES(k). `fixed` NULL: fresh randomness. */
int seal_make(const struct seal_case *c, const struct seal_random *fixed, uint8_t *ret, struct err *e) KT_CHECK;

/* ---- a received report ---- */

struct seal_row { /* what the holders see of it */
	struct seal_header h;
	uint8_t header[SEAL_HEADER];
	struct element u, u_bar;
	struct scalar e, f;
	uint8_t ct_hash[32];
	struct pok tag_proof;
	uint8_t sig[64];
};
struct seal_submission {
	struct seal_row row;
	struct element commit[CHANNEL_K_MAX];
	const uint8_t *ct; /* SEAL_CT bytes, in the bytes read */
	uint8_t id[32];
};

/* Why a report is not taken, in the order of the checks (5.8). */
enum seal_fault {
	SEAL_GOOD,
	SEAL_LENGTH,
	SEAL_CHANNEL,
	SEAL_MEMBER,
	SEAL_ROLE,
	SEAL_BASIS,
	SEAL_SIGNATURE,
	SEAL_TAG_WRONG,
	SEAL_EPOCH,
	SEAL_DAY,
	SEAL_POINT,
	SEAL_TAG_PROOF,
	SEAL_CIPHER_PROOF,
	SEAL_CT_HASH,
	/* of a set of rows (5.10) */
	SEAL_MIXED,
	SEAL_NULLIFIER_TWICE,
	SEAL_TOO_FEW,
	SEAL_MEMBER_CAP,
	SEAL_MIN_MEMBERS,
	SEAL_WINDOW,
	SEAL_NOT_OPENING,
	SEAL_RETRACTED,
	SEAL_DAILY_CAP,
	SEAL_FAULTS
};
/* A stable English word for logs and answers ("tag_proof"), and what it means in Dutch. */
const char *seal_fault_word(enum seal_fault f);
const char *seal_fault_text(enum seal_fault f);

struct seal_checker {
	const struct reg *reg;
	const struct key_record *outer; /* that of the report's epoch; NULL: none is live */
	uint32_t today;
	bool store; /* the store also asks day ≥ today − 3 and that the hash fits the ciphertext */
};
/* Check 8 of a whole submission. `ret` is set from SEAL_CHANNEL on, as far as it was read. */
enum seal_fault seal_check(const struct seal_checker *c, struct str bytes, struct seal_submission *ret);
/* The same of one row beside its A. */
enum seal_fault seal_check_row(const struct seal_checker *c, const struct element *commit, const struct seal_row *row);
/* What rows must be together before a holder helps to open them. *ret_row (may be NULL): the row at fault. */
enum seal_fault seal_check_set(const struct seal_checker *c, const struct seal_row *row, size_t m, size_t *ret_row);
/* The epoch in a submission's header, to choose its outer key by; 0 when it is too short. */
uint32_t seal_epoch_of(struct str bytes);
void seal_row_write(const struct seal_row *r, uint8_t ret[SEAL_ROW]);
int seal_row_read(const uint8_t bytes[SEAL_ROW], struct seal_row *ret) KT_CHECK;

/* ---- opening (5.11) ---- */

struct seal_opened { /* one row */
	enum {
		OPENED_GOOD,
		OPENED_CIPHER, /* the outer layer does not open: a forged or foreign ciphertext */
		OPENED_SHARE,  /* the share lies on another polynomial */
		OPENED_INNER,  /* the payload does not open */
		OPENED_OTHER   /* the payload is about another identifier */
	} state;
	uint8_t bytes[SEAL_PAYLOAD]; /* wipe */
	struct seal_payload payload; /* of a good one */
};
const char *seal_opened_word(int state);
/* rz[j]: the sum of the holders' parts for row j (r_j·Z). KT_EREFUSED when fewer than k rows are good: then no payload
 * is given, and the states say which rows were bad as far as that could be seen. KT_EINVAL when rows differ in k.
 * ret_a0 may be NULL. */
int seal_open(const struct key_record *outer, const struct element *commit, const struct seal_row *row,
              const uint8_t *const ct[], const struct element *rz, size_t m, struct seal_opened *ret,
              struct scalar *ret_a0, struct err *e) KT_CHECK;

#endif
