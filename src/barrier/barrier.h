/* Barriers: an intervention that a rule proposes, a person approves and a partner carries out; every step is a
 * row that is never changed. At most one barrier that is not ended exists per identifier, partner and measure. */
#ifndef BARRIER_BARRIER_H
#define BARRIER_BARRIER_H
#include "policy/policy.h"
#include "seam/json.h"
#include "store/store.h"

enum barrier_state {
	BARRIER_PROPOSED = 1,     /* voorgesteld */
	BARRIER_APPROVED = 2,     /* goedgekeurd */
	BARRIER_REFUSED = 3,      /* geweigerd: by the desk */
	BARRIER_SENT = 4,         /* verzonden */
	BARRIER_ACKNOWLEDGED = 5, /* ontvangen */
	BARRIER_EXECUTED = 6,     /* uitgevoerd */
	BARRIER_REJECTED = 7,     /* afgewezen: by the partner */
	BARRIER_FAILED = 8,       /* mislukt */
	BARRIER_LIFTED = 9,       /* opgeheven */
	BARRIER_EXPIRED = 10      /* verlopen */
};
#define BARRIER_STATES 11

/* Dutch word of a state as API and screens show it; NULL when unknown. */
const char *barrier_state_word(enum barrier_state s);
/* May a barrier go from one state to the other? The whole machine is one table. */
bool barrier_may(enum barrier_state from, enum barrier_state to);
/* Approved or later and not ended: what a feed publishes. */
bool barrier_stands(enum barrier_state s);

#define BARRIER_ID 12 /* "B" and ten characters, NUL */

struct barrier {
	struct str id;
	enum id_kind kind;
	struct str value;
	struct str partner, measure, rule;
	enum barrier_state state;
	int64_t since_ms, created_ms;
	int64_t due_ms;  /* the partner's clock; 0: none runs */
	int64_t ends_ms; /* 0: no end */
	int64_t reporters;
	struct str note;
	bool synthetic;
};

/* What a proposal needs. `open`: the identifier is stored in clear only here and in signal/, because a rule fired. */
struct barrier_case {
	const struct policy *policy;
	const struct policy_rule *rule;
	const struct identifier *id;
	const uint8_t *tag; /* 32 bytes */
	int64_t reporters;  /* distinct, as the rule counted them */
	const char *why;    /* the rule's own words */
	int64_t now_ms;
	bool synthetic;
};

struct barrier_tally { /* what barrier_propose did */
	unsigned proposed, strengthened, protected_, existing;
};

/* Proposes every barrier of the rule for this identifier, or adds the evidence to those that stand. One that was
 * refused is proposed again only after as many new people as the rule asks for. Safety lists (policy and imported) are
 * asked per measure; protected names are counted and never stored. */
int barrier_propose(struct tx *tx, const struct barrier_case *c, struct barrier_tally *ret, struct err *e) KT_CHECK;

/* A step by `actor` ("desk:…", "partner:…", "system"). KT_ENOTFOUND, KT_EREFUSED (not from this state; or the name has
 * become protected; or four eyes: the second approver is the first). On four eyes the first approval leaves the state.
 */
struct barrier_step {
	const struct policy *policy;
	struct str id;
	enum barrier_state to;
	const char *actor;
	struct str why;
	int64_t now_ms;
};
int barrier_move(struct tx *tx, const struct barrier_step *s, enum barrier_state *ret_state, struct err *e) KT_CHECK;

/* Clocks: what has ended becomes `verlopen`, what a partner let run out is put in the outbox once. Tells how many. */
int barrier_tick(struct tx *tx, const struct policy *p, int64_t now_ms, int64_t *ret_changed, struct err *e) KT_CHECK;
/* Is there anything for barrier_tick to do? Reads only. */
int barrier_tick_due(struct tx *tx, int64_t now_ms, bool *ret_due, struct err *e) KT_CHECK;

typedef int (*barrier_fn)(const struct barrier *b, void *arg);
struct barrier_filter {
	struct str after; /* id of the last one seen, for paging */
	struct str tag;   /* 32 bytes: those that came from one signal; n 0: all */
	int64_t limit;
	/* Without `tag` only: */
	enum barrier_state state; /* 0: every one */
	struct str partner;       /* n 0: every one */
	bool family;              /* of "bank" also "bank:KENT" */
};
/* Newest first; those of one tag in the order of their ids. */
int barrier_list(struct tx *tx, const struct barrier_filter *f, barrier_fn fn, void *arg, struct err *e) KT_CHECK;
/* Copied into the arena. */
int barrier_get(struct tx *tx, struct arena *a, struct str id, struct barrier *ret, struct err *e) KT_CHECK;

/* One step of a barrier, oldest first. */
struct barrier_history {
	int64_t at_ms;
	enum barrier_state state;
	struct str actor, why;
};
typedef int (*barrier_history_fn)(const struct barrier_history *h, void *arg);
/* All steps of one barrier; texts live during the call. */
int barrier_steps(struct tx *tx, struct str id, barrier_history_fn fn, void *arg, struct err *e) KT_CHECK;

/* As API and command line show them: the members of a barrier inside an object that is open, and a step as an object.
 */
void barrier_members(struct jw *w, const struct barrier *b);
void barrier_step_object(struct jw *w, const struct barrier_history *h);

#endif
