/* Safety: may this identifier be hit by this measure? Pure look-ups in tables that the loader made. */
#include "policy/policy_int.h"

/* `mailbox`: the host of an e-mail address. Groups that sell mailboxes to anybody then say nothing. */
static void hits_judge(const struct policy *p, enum safe_map m, struct str key, bool mailbox, struct str measure,
                       struct safety_hit *best)
{
	const struct safe_set *set = &p->safety;
	const uint32_t *first = map_get(&set->maps[m], key);

	for (uint32_t h = first ? *first : 0; h; h = set->hits[h].next) {
		const struct safe_group *g = &set->groups[set->hits[h].group];
		enum safety verdict = g->otherwise;

		if (mailbox && g->mailboxes)
			continue;
		for (size_t i = 0; i < g->actions_n; i++)
			if (str_eq(g->actions[i].measure, measure))
				verdict = g->actions[i].verdict;
		if (verdict > best->verdict)
			*best = (struct safety_hit){verdict, g->list, g->title};
	}
}

static struct str host_above(struct str host)
{
	ptrdiff_t dot = str_find(host, '.');

	return dot < 0 ? STR_NONE : str_sub(host, (size_t)dot + 1, host.n);
}

static void host_judge(const struct policy *p, struct str host, bool mailbox, struct str measure,
                       struct safety_hit *best)
{
	hits_judge(p, SAFE_EXACT, host, mailbox, measure, best);
	hits_judge(p, SAFE_CARRIER, host, mailbox, measure, best);
	for (struct str s = host; s.n; s = host_above(s))
		hits_judge(p, SAFE_SUFFIX, s, mailbox, measure, best);
}

/* A public suffix or a hosting name as a whole belongs to thousands: no list has to say so. */
static void whole_judge(const struct policy *p, struct str host, struct safety_hit *best)
{
	if (best->verdict == SAFETY_BLOCK)
		return;
	if (map_get(&p->safety.shared, host))
		*best = (struct safety_hit){SAFETY_BLOCK, STR("gedeelde hosting"), STR("")};
	else if (id_is_public_suffix(host))
		*best = (struct safety_hit){SAFETY_BLOCK, STR("publieke achtervoegsels"), STR("")};
}

bool policy_shared(const struct policy *p, struct str host)
{
	return map_get(&p->safety.shared, host) || id_is_public_suffix(host);
}

/* Does the measure reach a host as a whole when it is given a URL? Blocking a page's name does, removing one
 * advertisement does not. A measure nobody knows is taken for the worst. */
static bool measure_hits_hosts(const struct policy *p, struct str measure)
{
	const struct policy_measure *m = policy_measure(p, measure);

	return !m || m->kinds & 1u << ID_DOMAIN;
}

struct safety_hit policy_safety(const struct policy *p, const struct identifier *id, struct str measure)
{
	struct safety_hit best = {SAFETY_FREE, STR_NONE, STR_NONE};
	struct identifier host;

	switch (id->kind) {
	case ID_DOMAIN:
		host_judge(p, id_str(id), false, measure, &best);
		whole_judge(p, id_str(id), &best);
		break;
	case ID_PHONE:
		hits_judge(p, SAFE_PHONE, id_str(id), false, measure, &best);
		break;
	case ID_IBAN:
		hits_judge(p, SAFE_IBAN, id_str(id), false, measure, &best);
		break;
	case ID_EMAIL:
		hits_judge(p, SAFE_EMAIL, id_str(id), false, measure, &best);
		/* Swindlers have mailboxes where everybody has one: those are not the provider's own. One mailbox is
		 * also never the whole of a shared name. */
		if (id_host(id, &host) == 0 && !map_get(&p->fold_by_domain, id_str(&host)))
			host_judge(p, id_str(&host), true, measure, &best);
		break;
	case ID_URL:
		if (id_host(id, &host))
			break;
		host_judge(p, id_str(&host), false, measure, &best);
		if (measure_hits_hosts(p, measure))
			whole_judge(p, id_str(&host), &best);
		break;
	default:
		break;
	}
	return best;
}

int policy_shop_domain(const struct policy *p, const struct identifier *domain, struct identifier *ret)
{
	struct identifier top, below;
	struct str host = id_str(domain), customer = host;
	int rc;

	if (domain->kind != ID_DOMAIN || policy_shared(p, host))
		return KT_EINVAL;
	rc = id_registrable(domain, &top);
	/* The longest shared suffix above the name: the label right below it is one customer. */
	for (struct str s = host_above(host); s.n && !map_get(&p->safety.shared, s); s = host_above(s))
		customer = s;
	if (!map_get(&p->safety.shared, host_above(customer)) || (rc == 0 && top.n >= customer.n)) {
		if (rc == 0)
			*ret = top;
		return rc;
	}
	memset(&below, 0, sizeof(below));
	below.kind = ID_DOMAIN;
	below.n = (uint8_t)customer.n;
	memcpy(below.value, customer.p, customer.n);
	*ret = below;
	return 0;
}
