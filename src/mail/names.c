/* The protected names as words. The safety lists can only be asked about one name at a time; a comparison needs them
 * all, so this file looks into the snapshot. */
#include "mail/score_int.h"
#include "base/near.h"
#include "policy/policy_int.h"
#include <stdlib.h>

#define LENGTHS 40
#define NAME_WORLD 1u
#define NAME_HOME 2u /* the list is about the Netherlands, or it has a name in .nl */

struct mail_names {
	struct policy *policy;
	struct arena *arena;
	struct map labels;       /* every label */
	struct str *of[LENGTHS]; /* by length, for comparing */
	size_t of_n[LENGTHS];
};

static bool worth(const struct policy *p, uint32_t hit)
{
	for (; hit; hit = p->safety.hits[hit].next) {
		const struct safe_group *g = &p->safety.groups[p->safety.hits[hit].group];
		bool path = false;
		for (size_t i = 0; i < g->actions_n; i++)
			path |= g->actions[i].verdict == SAFETY_WARN; /* shorteners, content by path: nobody claims to be them */
		if (g->otherwise == SAFETY_BLOCK && !path)
			return true;
	}
	return false;
}

static bool at_home(const struct policy *p, uint32_t hit)
{
	for (; hit; hit = p->safety.hits[hit].next)
		if (str_starts(p->safety.groups[p->safety.hits[hit].group].list, STR("Namen in Nederland")))
			return true;
	return false;
}

static struct str first_label(struct str host)
{
	ptrdiff_t dot = str_find(host, '.');
	return dot < 0 ? host : str_sub(host, 0, (size_t)dot);
}

static int add(struct mail_names *n, struct str host, bool home)
{
	struct identifier id, top;
	if (domain_canonical(host, &id, NULL) || id_registrable(&id, &top))
		return 0;
	struct str label = first_label(id_str(&top));
	uint32_t *known = map_get(&n->labels, label);
	home |= str_ends(id_str(&top), STR(".nl"));
	if (known)
		*known |= home ? NAME_HOME : 0;
	if (known || label.n < 3 || label.n >= LENGTHS || str_starts(label, STR("xn--")))
		return 0;
	label = arena_str(n->arena, label);
	if (!label.p || map_put(&n->labels, n->arena, label, home ? NAME_HOME : NAME_WORLD))
		return KT_ENOMEM;
	n->of_n[label.n]++;
	return 0;
}

static int index_lengths(struct mail_names *n)
{
	for (size_t k = 0; k < LENGTHS; k++) {
		n->of[k] = arena_array(n->arena, n->of_n[k] + 1, sizeof(struct str));
		if (!n->of[k])
			return KT_ENOMEM;
		n->of_n[k] = 0;
	}
	for (size_t i = 0; i < n->labels.size; i++) {
		struct str s = n->labels.slot[i].key;
		if (s.p)
			n->of[s.n][n->of_n[s.n]++] = s;
	}
	return 0;
}

struct mail_names *mail_names_new(struct policy *p)
{
	struct mail_names *n = calloc(1, sizeof(*n));
	int rc = 0;
	if (!n)
		return NULL;
	n->arena = arena_new(16u << 20);
	n->policy = policy_ref(p);
	static const enum safe_map from[] = {SAFE_SUFFIX, SAFE_EXACT};
	for (size_t k = 0; n->arena && k < 2; k++) {
		const struct map *m = &p->safety.maps[from[k]];
		for (size_t i = 0; !rc && i < m->size; i++)
			if (m->slot[i].key.p && worth(p, m->slot[i].value))
				rc = add(n, m->slot[i].key, at_home(p, m->slot[i].value));
	}
	if (!n->arena || rc || index_lengths(n))
		return mail_names_free(n);
	return n;
}

struct mail_names *mail_names_free(struct mail_names *n)
{
	if (!n)
		return NULL;
	policy_free(n->policy);
	arena_free(n->arena);
	free(n);
	return NULL;
}

struct policy *names_policy(const struct mail_names *n)
{
	return n->policy;
}

bool names_has(const struct mail_names *n, struct str label)
{
	return label.n >= 3 && map_get(&n->labels, label) != NULL;
}

/* Digits and pairs that stand for letters: 0 o, 1 l, 3 e, 4 a, 5 s, rn m, vv w. */
static struct str letters(struct str s, char out[64])
{
	static const char from[] = "01345", to[] = "oleas";
	size_t n = 0;
	for (size_t i = 0; i < s.n && n < 63; i++) {
		const char *d = s.p[i] ? strchr(from, s.p[i]) : NULL;
		char c = d ? to[d - from] : s.p[i];
		if (i + 1 < s.n && ((c == 'r' && s.p[i + 1] == 'n') || (c == 'v' && s.p[i + 1] == 'v'))) {
			c = c == 'r' ? 'm' : 'w';
			i++;
		}
		out[n++] = c;
	}
	return (struct str){out, n};
}

const struct str *names_near(const struct mail_names *n, struct str label)
{
	char buf[64];
	if (label.n < 4 || label.n > 36 || names_has(n, label))
		return NULL;
	struct str plain = letters(label, buf);
	const struct str *best = NULL;
	unsigned most = 3;
	for (size_t k = label.n - 2; k <= label.n + 2 && k < LENGTHS; k++) {
		for (size_t i = 0; i < n->of_n[k]; i++) {
			const struct str *s = &n->of[k][i];
			if (s->n < 5 || word_common(*s))
				continue;
			if (str_eq(*s, plain))
				return s;
			unsigned d = near_distance(*s, label);
			/* One change in a short word makes another word: only inside, and the first letter stays. */
			bool close = (d == 1 && s->n >= 6) || (d == 2 && s->n >= 9 && s->p[0] == label.p[0]);
			if (close && d < most) {
				best = s;
				most = d;
			}
		}
	}
	return best;
}

bool names_claimed(const struct mail_names *n, struct str text, bool strict, struct str *ret_label)
{
	char word[3][40];
	size_t len[3] = {0}, at = 0;
	int words = 0;
	while (at < text.n && at < 400) {
		while (at < text.n && !ch_alnum((unsigned char)text.p[at]))
			at++;
		size_t from = at, k = 0;
		char now[40];
		while (at < text.n && ch_alnum((unsigned char)text.p[at])) {
			if (k < 39)
				now[k++] = (char)ch_tolower((unsigned char)text.p[at]);
			at++;
		}
		if (!k)
			break;
		memmove(word[0], word[1], sizeof(word[0]) * 2);
		memcpy(word[2], now, k);
		len[0] = len[1], len[1] = len[2], len[2] = k;
		words++;
		char joined[128];
		size_t j = 0;
		for (int w = 2; w >= 0 && len[w]; w--) {
			memmove(joined + len[w], joined, j);
			memcpy(joined, word[w], len[w]);
			j += len[w];
			struct str s = {joined, j};
			bool title = !strict || ch_upper((unsigned char)text.p[from]);
			const uint32_t *hit = j < LENGTHS && title && !word_common(s) ? map_get(&n->labels, s) : NULL;
			/* A name known here counts anywhere; one of the world only where the text begins with it. */
			bool counts = hit && ((*hit & NAME_HOME) || (!strict && words + w <= 3));
			if (counts && (w < 2 || !strict || j >= 4)) {
				*ret_label = n->labels.slot[0].key;
				for (size_t i = 0; i < n->of_n[j]; i++)
					if (str_eq(n->of[j][i], s))
						*ret_label = n->of[j][i];
				return true;
			}
		}
	}
	return false;
}
