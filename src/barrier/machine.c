#include "barrier/barrier.h"

#define TO(s) (1u << BARRIER_##s)

static const struct {
	const char *word;
	unsigned next;
} STATES[BARRIER_STATES] = {
	[BARRIER_PROPOSED] = {"voorgesteld", TO(APPROVED) | TO(REFUSED) | TO(EXPIRED)},
	[BARRIER_APPROVED] = {"goedgekeurd", TO(SENT) | TO(LIFTED) | TO(EXPIRED)},
	[BARRIER_REFUSED] = {"geweigerd", 0},
	[BARRIER_SENT] = {"verzonden",
                      TO(ACKNOWLEDGED) | TO(EXECUTED) | TO(REJECTED) | TO(FAILED) | TO(LIFTED) | TO(EXPIRED)},
	[BARRIER_ACKNOWLEDGED] = {"ontvangen", TO(EXECUTED) | TO(REJECTED) | TO(FAILED) | TO(LIFTED) | TO(EXPIRED)},
	[BARRIER_EXECUTED] = {"uitgevoerd", TO(LIFTED) | TO(EXPIRED)},
	[BARRIER_REJECTED] = {"afgewezen", 0},
	[BARRIER_FAILED] = {"mislukt", 0},
	[BARRIER_LIFTED] = {"opgeheven", 0},
	[BARRIER_EXPIRED] = {"verlopen", 0},
};

static bool known(enum barrier_state s)
{
	return s >= BARRIER_PROPOSED && s < BARRIER_STATES;
}

const char *barrier_state_word(enum barrier_state s)
{
	return known(s) ? STATES[s].word : NULL;
}

bool barrier_may(enum barrier_state from, enum barrier_state to)
{
	return known(from) && known(to) && (STATES[from].next & (1u << to));
}

bool barrier_stands(enum barrier_state s)
{
	return s == BARRIER_APPROVED || s == BARRIER_SENT || s == BARRIER_ACKNOWLEDGED || s == BARRIER_EXECUTED;
}
