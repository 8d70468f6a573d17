#include "rule/rule.h"

#include <stdio.h>

const char *rule_strength_word(enum strength s)
{
	switch (s) {
	case STRENGTH_CLAIMED:
		return "gemeld";
	case STRENGTH_CONFIRMED:
		return "bevestigd";
	case STRENGTH_VOUCHED:
		return "gesproken";
	case STRENGTH_IDENTIFIED:
		return "bekend";
	}
	return "onbekend";
}

bool rule_applies(const struct policy *p, const struct policy_rule *r, struct str form, enum basis basis, int64_t day)
{
	if (!policy_rule_live(r, day))
		return false;
	/* A crime report is also a report; a customer's word only counts where customers are asked. */
	if (r->basis != basis && !(r->basis == BASIS_REPORT && basis == BASIS_CRIME_REPORT))
		return false;
	for (size_t i = 0; i < r->forms_n; i++)
		if (policy_form_under(p, form, r->forms[i]))
			return true;
	return false;
}

int rule_subject(const struct policy *p, const struct policy_rule *r, const struct identifier *id,
                 struct identifier *ret)
{
	struct identifier host;
	const struct identifier *use = id;
	if (id->kind == ID_URL && !(r->kinds & (1u << ID_URL)) && (r->kinds & (1u << ID_DOMAIN))) {
		if (id_host(id, &host) < 0)
			return KT_EREFUSED;
		use = &host;
	}
	if (!(r->kinds & (1u << use->kind)))
		return KT_EREFUSED;
	if (r->registrable & (1u << use->kind))
		return policy_shop_domain(p, use, ret) < 0 ? KT_EREFUSED : 0;
	*ret = *use;
	return 0;
}

/* The rows that count: strong enough, recent enough. Quadratic on purpose: the caller hands at most a few
 * hundred rows, and nothing needs to be allocated. */
struct tally {
	const struct policy_rule *r;
	const struct rule_sighting *s;
	size_t n;
	int64_t first_day;
};

static bool tally_valid(const struct tally *t, size_t i)
{
	return t->s[i].strength >= t->r->min_strength && t->s[i].day >= t->first_day;
}

static bool same_reporter(const struct rule_sighting *a, const struct rule_sighting *b)
{
	return memcmp(a->reporter, b->reporter, sizeof(a->reporter)) == 0;
}

/* Has an earlier valid row the same reporter / the same member? */
static bool seen_reporter(const struct tally *t, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (tally_valid(t, j) && same_reporter(&t->s[i], &t->s[j]))
			return true;
	return false;
}

static bool seen_member(const struct tally *t, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (tally_valid(t, j) && strcmp(t->s[i].member, t->s[j].member) == 0)
			return true;
	return false;
}

static int64_t member_reporters(const struct tally *t, size_t m)
{
	int64_t count = 0;
	for (size_t i = 0; i < t->n; i++)
		if (tally_valid(t, i) && strcmp(t->s[i].member, t->s[m].member) == 0)
			count++;
	return count;
}

/* PROTOCOLS 5.10: Σ over members of min(rows, max_per_member); never more than there are reporters. */
static int64_t capped(const struct tally *t, int64_t reporters)
{
	if (t->r->max_per_member <= 0)
		return reporters;
	int64_t sum = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (!tally_valid(t, i) || seen_member(t, i))
			continue;
		int64_t rows = member_reporters(t, i);
		sum += rows < t->r->max_per_member ? rows : t->r->max_per_member;
	}
	return sum < reporters ? sum : reporters;
}

void rule_evaluate(const struct policy_rule *r, const struct rule_sighting *s, size_t n, int64_t today,
                   struct rule_outcome *ret)
{
	struct tally t = {r, s, n, today - r->window_days + 1};
	struct rule_outcome o = {0};
	for (size_t i = 0; i < n; i++) {
		if (!tally_valid(&t, i))
			continue;
		o.reporters += !seen_reporter(&t, i);
		o.members += !seen_member(&t, i);
	}
	o.counted = capped(&t, o.reporters);
	o.fires = o.counted >= r->threshold && o.members >= r->min_members;
	snprintf(o.why, sizeof(o.why), "%lld %s (minstens %s) binnen %lld dagen, regel " STR_FMT ", bron " STR_FMT,
	         (long long)o.reporters, o.reporters == 1 ? "melder" : "melders", rule_strength_word(r->min_strength),
	         (long long)r->window_days, STR_ARG(r->id), STR_ARG(r->origin.source));
	*ret = o;
}
