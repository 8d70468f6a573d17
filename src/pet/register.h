/* Who may take part, and by which counting rules: the part of the signed register (PROTOCOLS section 0 and 5.1) that
 * the checks read. Reading and verifying the file is the exchange's work; these are its plain tables. */
#ifndef PET_REGISTER_H
#define PET_REGISTER_H
#include "pet/threshold.h"

struct reg_member {
	uint32_t id;
	uint8_t sign_key[32];
	uint32_t roles; /* bits 1 << enum reg_role */
	uint32_t first_day, last_day;
};
enum reg_role { ROLE_DESK, ROLE_BANK, ROLE_PSP, ROLE_TELECOM, ROLE_PLATFORM, ROLE_POLICE, ROLE_CENTRE, ROLE_PUBLIC };

#define CHANNEL_K_MAX 16
struct reg_channel {
	uint16_t id, version;
	uint8_t k, max_per_member, min_members;
	uint16_t window_days;
	uint32_t roles;
	uint8_t basis[32]; /* bit set of the 256 basis bytes */
	uint32_t first_day, last_day;
};

struct reg {
	uint32_t version;
	const struct reg_member *member; /* ascending by id */
	size_t members;
	const struct reg_channel *channel;
	size_t channels;
};

/* NULL when there is none. */
const struct reg_member *reg_member(const struct reg *r, uint32_t id);
const struct reg_channel *reg_channel(const struct reg *r, uint16_t id, uint16_t version);
static inline bool reg_basis(const struct reg_channel *c, uint8_t basis)
{
	return c->basis[basis >> 3] >> (basis & 7) & 1;
}

#endif
