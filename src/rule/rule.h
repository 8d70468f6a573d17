/* Rules: pure evaluation of "how many independent people said the same". Values and a day go in, an outcome
 * with its reason comes out. ARCHITECTURE section 2.5, PROCEDURES B1. */
#ifndef RULE_RULE_H
#define RULE_RULE_H
#include "policy/policy.h"

/* One reporter's word about one tag, as stored (the latest day and the best strength per reporter and member). */
struct rule_sighting {
	uint8_t reporter[32];
	char member[64];
	enum strength strength;
	enum basis basis;
	int64_t day; /* of receipt, days since 1970-01-01 */
};

struct rule_outcome {
	bool fires;
	int64_t reporters; /* distinct, of sufficient strength, within the window */
	int64_t counted;   /* of those, after the cap per member */
	int64_t members;   /* distinct members behind them */
	char why[240];     /* Dutch: "3 melders (minstens bevestigd) binnen 90 dagen, regel NL-3-SHOP, bron L22" */
};

/* A window of W days that ends today holds the days today-W+1 … today. Later days (a clock that ran ahead) count as
 * today. `s` may be in any order and hold a reporter several times (once per member): a reporter counts once, for one
 * member. */
void rule_evaluate(const struct policy_rule *r, const struct rule_sighting *s, size_t n, int64_t today,
                   struct rule_outcome *ret);

/* Does the rule count this kind of report at all? */
bool rule_applies(const struct policy *p, const struct policy_rule *r, struct str form, enum basis basis, int64_t day);

/* What the rule counts for this identifier: itself, or its registrable (shop) domain. A URL is counted by its host when
 * the rule counts domains. KT_EREFUSED when the rule does not count it. */
int rule_subject(const struct policy *p, const struct policy_rule *r, const struct identifier *id,
                 struct identifier *ret) KT_CHECK;

/* Dutch word of a strength: "gemeld", "bevestigd", "gesproken", "bekend". */
const char *rule_strength_word(enum strength s);

#endif
