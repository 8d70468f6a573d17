/* The features of a message and of each of its links, added up. Every feature has a reason in Dutch (score_words.c);
 * nothing here knows a single mail or a single bad name. */
#include "mail/score_int.h"
#include <stdlib.h>

/* What is known of the message around a link. */
struct context {
	const struct mail_head *head;
	struct str sender; /* what was registered of its domain; empty when unknown */
	struct str brand;  /* label that the sender claims */
	struct str only;   /* the one domain of all its links */
	unsigned targets;  /* links that were looked at for `only` */
	bool met[FEATURES];
	bool own_brand; /* and it is the brand's own domain */
};

struct scoring {
	struct arena *a;
	const struct mail *m;
	const struct mail_names *n;
	struct context *of; /* per head */
	struct mail_scored *out;
	struct mail_link_parts *parts;
	int rc;
};

struct mail_link_parts {
	bool ip, userinfo, port, http, punycode, mixed;
	struct str host, path; /* path with query */
	struct identifier domain;
	bool named; /* domain holds the canonical host */
};

static bool starts_i(struct str s, const char *head)
{
	size_t n = strlen(head);
	return s.n >= n && str_ieq(str_sub(s, 0, n), (struct str){head, n});
}

/* Changes between small letters, capitals and digits; how many vowels; the longest run without one. */
bool looks_random(struct str s)
{
	unsigned changes = 0, vowels = 0, alphas = 0, run = 0, longest = 0, last = 0, digits = 0;
	if (s.n < 8)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i], low = ch_tolower(c);
		unsigned kind = ch_digit(c) ? 1 : ch_lower(c) ? 2 : ch_upper(c) ? 3 : 0;
		if (!kind) {
			run = 0;
			last = 0;
			continue;
		}
		/* One capital at the front of a word is no change. */
		changes += last && kind != last && !(last == 3 && kind == 2);
		last = kind;
		digits += kind == 1;
		alphas += kind > 1;
		bool vowel = strchr("aeiouy", low) != NULL;
		vowels += vowel;
		run = kind > 1 && !vowel ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	if (changes >= 3 && s.n >= 10)
		return true;
	if (longest >= 7 || (alphas >= 8 && vowels * 6 < alphas))
		return true;
	return digits >= 2 && alphas >= 8 && s.n >= 14 && changes >= 2;
}

static struct str domain_of(struct str addr)
{
	ptrdiff_t at = str_rfind(addr, '@');
	return at < 0 ? STR_NONE : str_sub(addr, (size_t)at + 1, addr.n);
}

/* What was registered of a host, in the arena; a customer of shared hosting counts as such. Empty when it is no name
 * under a known suffix. */
static struct str registered(struct scoring *s, struct str host)
{
	struct identifier id, top;
	if (!host.n || host.n > 253 || domain_canonical(host, &id, NULL))
		return STR_NONE;
	if (policy_shop_domain(names_policy(s->n), &id, &top) && id_registrable(&id, &top))
		return STR_NONE;
	return arena_str(s->a, id_str(&top));
}

static struct str label_of(struct str domain)
{
	ptrdiff_t dot = str_find(domain, '.');
	return dot < 0 ? domain : str_sub(domain, 0, (size_t)dot);
}

static enum safety standing(struct scoring *s, struct str host, struct str *ret_group)
{
	struct identifier id;
	if (!host.n || host.n > 253 || domain_canonical(host, &id, NULL))
		return SAFETY_FREE;
	struct safety_hit hit = policy_safety(names_policy(s->n), &id, STR("signaal"));
	*ret_group = hit.group;
	return hit.verdict;
}

/* One customer of hosting that is open to all; not a registry's second level such as co.uk. */
static bool on_shared(struct scoring *s, struct str domain)
{
	ptrdiff_t dot = str_find(domain, '.');
	struct str up = dot < 0 ? STR_NONE : str_sub(domain, (size_t)dot + 1, domain.n);
	return up.n > 7 && str_find(up, '.') >= 0 && !tld_cheap(up) && policy_shared(names_policy(s->n), up);
}

/* Letters of mathematics and full width: they read as plain ones and are not. */
static bool odd_letters(struct str t)
{
	for (size_t i = 0; i + 3 < t.n; i++) {
		const unsigned char *u = (const unsigned char *)t.p + i;
		if (u[0] == 0xF0 && u[1] == 0x9D && u[2] >= 0x90)
			return true;
		if (u[0] == 0xEF && (u[1] == 0xBC || u[1] == 0xBD) && u[2] >= 0x81)
			return true;
	}
	return false;
}

/* Emoji, and shouting. */
static bool signs(struct str t)
{
	unsigned upper = 0, lower = 0, marks = 0;
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];
		if (c == 0xF0 && i + 1 < t.n && (unsigned char)t.p[i + 1] == 0x9F)
			return true;
		upper += ch_upper(c);
		lower += ch_lower(c);
		marks += c == '!';
	}
	return marks >= 2 || (upper > 12 && upper > lower);
}

static void sender_claims(struct scoring *s, struct context *c)
{
	const struct mail_head *h = c->head;
	struct str group, found = STR_NONE, shown = STR_NONE;
	bool protected = standing(s, c->sender, &group) == SAFETY_BLOCK && !host_free_mail(c->sender);
	if (names_claimed(s->n, h->from_name, false, &found) || names_claimed(s->n, h->subject, true, &found)) {
		c->brand = found;
		c->own_brand = protected;
		c->met[F_SENDER_CLAIM] = !protected;
		c->met[F_SENDER_FREE] = host_free_mail(c->sender);
	}
	ptrdiff_t at = str_rfind(h->from_name, '@');
	if (at > 0) {
		size_t end = (size_t)at + 1;
		while (end < h->from_name.n &&
		       (ch_alnum((unsigned char)h->from_name.p[end]) || strchr(".-", h->from_name.p[end])))
			end++;
		shown = registered(s, str_sub(h->from_name, (size_t)at + 1, end));
		c->met[F_SENDER_NAME] = shown.n && !str_eq(shown, c->sender);
	}
}

static void sender_features(struct scoring *s, struct context *c)
{
	const struct mail_head *h = c->head;
	struct str dom = domain_of(h->from_addr), reply = domain_of(h->reply_addr);
	ptrdiff_t at = str_find(h->from_addr, '@');
	struct str local = at < 0 ? h->from_addr : str_sub(h->from_addr, 0, (size_t)at);
	c->sender = registered(s, dom);
	bool shown = h->from_addr.n || h->from_name.n;
	struct identifier id;
	bool valid = c->sender.n && domain_canonical(dom, &id, NULL) == 0 && !memchr(local.p, '"', local.n) &&
		!memchr(local.p, ' ', local.n);
	c->met[F_NO_SENDER] = shown && !valid && (h->depth == 0 || h->from_addr.n);
	bool plain = true; /* lists put numbers of their own into an address, between marks */
	for (size_t i = 0; i < local.n; i++)
		plain &= ch_alnum((unsigned char)local.p[i]) || local.p[i] == '_';
	c->met[F_SENDER_RANDOM] = c->sender.n &&
		(looks_random(label_of(c->sender)) || looks_random(label_of(dom)) || (plain && looks_random(local)));
	c->met[F_SENDER_LETTERS] = odd_letters(h->from_name) || odd_letters(h->from_addr);
	c->met[F_SENDER_TLD] = c->sender.n && (tld_cheap(dom) || on_shared(s, c->sender));
	c->met[F_AUTH_FAILED] = h->auth_failed;
	struct str back = registered(s, reply);
	c->met[F_REPLY_OTHER] = back.n && c->sender.n && !str_eq(back, c->sender);
	c->met[F_LURE_SUBJECT] = word_lure(h->subject) || word_lure(h->from_name);
	c->met[F_SIGNS] = signs(h->subject) || signs(h->from_name);
	sender_claims(s, c);
}

/* The outer form of an address, as written: what a canonical form drops is what counts here. */
static void take_apart(struct str url, struct mail_link_parts *p)
{
	struct str rest = url;
	p->http = !starts_i(url, "https");
	ptrdiff_t colon = str_find(rest, ':');
	rest = str_sub(rest, (size_t)colon + 1, rest.n);
	while (rest.n && rest.p[0] == '/')
		rest = str_sub(rest, 1, rest.n);
	size_t end = 0;
	while (end < rest.n && !strchr("/?#", rest.p[end]))
		end++;
	p->path = str_sub(rest, end, rest.n);
	struct str auth = str_sub(rest, 0, end);
	ptrdiff_t at = str_rfind(auth, '@');
	p->userinfo = at > 0;
	if (at >= 0)
		auth = str_sub(auth, (size_t)at + 1, auth.n);
	ptrdiff_t port = auth.n && auth.p[0] == '[' ? -1 : str_rfind(auth, ':');
	if (port >= 0) {
		struct str digits = str_sub(auth, (size_t)port + 1, auth.n);
		p->port = digits.n && !str_is(digits, p->http ? "80" : "443");
		auth = str_sub(auth, 0, (size_t)port);
	}
	p->host = auth;
	p->named = domain_canonical(auth, &p->domain, NULL) == 0;
	struct identifier id;
	p->ip = !p->named && (auth.n && (auth.p[0] == '[' || ch_digit((unsigned char)auth.p[0]))) &&
		id_canonical(ID_URL, url, NULL, &id, NULL) == 0 && id_host(&id, &p->domain) != 0;
	for (size_t i = 0; p->named && i + 4 < p->domain.n; i++)
		p->punycode |= memcmp(p->domain.value + i, "xn--", 4) == 0 && (i == 0 || p->domain.value[i - 1] == '.');
	bool ascii = false, other = false;
	for (size_t i = 0; i < auth.n; i++) {
		ascii |= ch_alpha((unsigned char)auth.p[i]);
		other |= (unsigned char)auth.p[i] >= 0xC3 && (unsigned char)auth.p[i] != 0xC3;
	}
	p->mixed = ascii && other && p->punycode;
	if (p->named)
		p->host = id_str(&p->domain);
}

static void name_features(struct scoring *s, const struct mail_link_parts *p, struct str domain, bool met[FEATURES])
{
	struct str host = p->host, part = STR_NONE, own = label_of(domain);
	unsigned dots = 0, hyphens = 0, digits = 0;
	bool claims = false, random = false;
	for (size_t i = 0, from = 0; i <= host.n; i++) {
		char c = i < host.n ? host.p[i] : '.';
		dots += c == '.' && i < host.n - domain.n;
		hyphens += c == '-';
		digits += ch_digit((unsigned char)c) && i >= host.n - domain.n;
		if (c != '.' && c != '-')
			continue;
		part = str_sub(host, from, i);
		from = i + 1;
		/* The whole of what was registered is judged below, its suffix never. */
		bool inside = i <= host.n - domain.n + own.n;
		claims |= inside && !str_eq(part, own) && !word_common(part) && names_has(s->n, part);
	}
	size_t most = host.n - domain.n + own.n;
	for (size_t i = 0, from = 0; i <= most; i++)
		if (i == most || host.p[i] == '.') {
			random |= looks_random(str_sub(host, from, i));
			from = i + 1;
		}
	/* The label of a protected name under another suffix: ing.example. */
	claims |= names_has(s->n, own) && !word_common(own);
	met[F_EMBEDDED] = claims;
	met[F_LOOKALIKE] = !claims && names_near(s->n, own) != NULL;
	met[F_SUBDOMAINS] = dots >= 3;
	met[F_HYPHENS] = hyphens >= 3;
	met[F_DIGITS] = digits >= 4;
	met[F_RANDOM_NAME] = random;
}

static bool random_path(struct str path)
{
	for (size_t i = 0, from = 0; i <= path.n; i++) {
		if (i < path.n && !strchr("/?&=#.", path.p[i]))
			continue;
		if (i - from >= 16 && looks_random(str_sub(path, from, i)))
			return true;
		from = i + 1;
	}
	return false;
}

static bool address_in(struct str path)
{
	for (size_t i = 1; i + 3 < path.n; i++)
		if ((path.p[i] == '@' && ch_alnum((unsigned char)path.p[i - 1]) && ch_alpha((unsigned char)path.p[i + 1])) ||
		    (i + 4 < path.n && str_ieq(str_sub(path, i, i + 3), STR("%40")) && ch_alnum((unsigned char)path.p[i - 1])))
			return true;
	return false;
}

struct shown {
	struct str text, domain;
	struct scoring *s;
};

static int shown_domain(const struct id_found *f, void *arg)
{
	struct shown *w = arg;
	if (f->id.kind != ID_DOMAIN)
		return 0;
	/* The text is the address, and does not just name it in a sentence. */
	bool bare = (f->end - f->begin) * 10 >= w->text.n * 6 || starts_i(w->text, "http") || starts_i(w->text, "www.");
	w->domain = bare ? registered(w->s, id_str(&f->id)) : STR_NONE;
	return 1;
}

static void text_features(struct scoring *s, const struct mail_link *l, struct mail_scored *o, bool met[FEATURES])
{
	struct shown w = {l->text.n ? str_trim(l->text) : STR_NONE, STR_NONE, s};
	if (w.text.n)
		(void)!id_extract(w.text, NULL, shown_domain, &w);
	o->text_domain = w.domain;
	met[F_TEXT_OTHER] = w.domain.n && !str_eq(w.domain, o->domain);
	met[F_URGENT_NEAR] = word_lure(w.text);
	/* Of a link it is the tail that tells; the words in front of it are the whole mail. */
	met[F_FOOTER] =
		word_footer(w.text) || word_footer(l->url.n > 600 ? str_sub(l->url, l->url.n - 600, l->url.n) : l->url);
}

static void target_features(struct scoring *s, const struct mail_link_parts *p, struct mail_scored *o,
                            bool met[FEATURES])
{
	struct str group = STR_NONE;
	enum safety verdict = standing(s, p->host, &group);
	met[F_SCHEMA] = url_schema(p->host);
	bool bucket = host_shared_path(p->host), customer = on_shared(s, o->domain);
	if (verdict == SAFETY_BLOCK && host_by_path(p->host))
		verdict = SAFETY_WARN;
	if (bucket || (customer && verdict != SAFETY_BLOCK)) {
		met[F_SHARED] = true;
	} else if (verdict == SAFETY_WARN) {
		met[str_starts(group, STR("Verkorters")) ? F_SHORTENER : F_BY_PATH] = true;
	} else if (verdict == SAFETY_BLOCK) {
		met[F_PROTECTED] = true;
	}
	bool below = o->domain.n && o->domain.n <= p->host.n; /* it ends the host */
	if (below && !met[F_PROTECTED] && !met[F_SCHEMA] && !bucket && verdict == SAFETY_FREE)
		name_features(s, p, o->domain, met);
	met[F_CHEAP_TLD] = p->named && tld_cheap(p->host);
}

static void link_features(struct scoring *s, size_t i, bool met[FEATURES])
{
	const struct mail_link *l = &s->m->links[i];
	const struct mail_link_parts *p = &s->parts[i];
	struct mail_scored *o = &s->out[i];
	struct context *c = &s->of[l->head];
	met[F_IP] = p->ip;
	met[F_USERINFO] = p->userinfo;
	met[F_PORT] = p->port;
	met[F_PLAIN_HTTP] = p->http && !starts_i(l->url, "http://www.");
	met[F_PUNYCODE] = p->punycode;
	met[F_MIXED] = p->mixed;
	met[F_RANDOM_PATH] = random_path(p->path);
	met[F_ADDRESS_IN_URL] = address_in(p->path);
	met[F_DOWNLOAD] = url_file(l->url);
	met[F_WRAPPED] = l->wrapped;
	met[F_REDIRECT] = i + 1 < s->m->links_n && s->m->links[i + 1].wrapped && !l->wrapped;
	met[F_IMAGE] = l->where == MAIL_IMAGE;
	if (p->named)
		target_features(s, p, o, met);
	text_features(s, l, o, met);
	if (l->depth != c->head->depth)
		return; /* forwarded without a header: the sender that we know is the one who forwarded */
	static const enum feature from_head[] = {F_NO_SENDER,     F_SENDER_CLAIM,   F_SENDER_NAME, F_SENDER_FREE,
	                                         F_SENDER_RANDOM, F_SENDER_LETTERS, F_SENDER_TLD,  F_AUTH_FAILED,
	                                         F_REPLY_OTHER,   F_LURE_SUBJECT,   F_SIGNS};
	for (size_t k = 0; k < sizeof(from_head) / sizeof(from_head[0]); k++)
		met[from_head[k]] = c->met[from_head[k]];
	bool same = c->sender.n && str_eq(c->sender, o->domain);
	met[F_OWN_DOMAIN] = same && !c->met[F_AUTH_FAILED];
	met[F_OTHER_SENDER] = !same && c->sender.n;
	met[F_CONFIRMED] = s->m->confirmed && l->head == 0 && same;
	met[F_BRAND_LINK] = c->brand.n && !met[F_PROTECTED] && !(same && c->own_brand);
	met[F_BRAND_TLD] = met[F_BRAND_LINK] && p->named && !tld_usual(p->host);
	met[F_ONE_TARGET] = c->targets >= 2 && c->only.n && str_eq(c->only, o->domain) && !same;
}

static int heavier(const void *a, const void *b)
{
	const struct mail_reason *x = *(const struct mail_reason *const *)a, *y = *(const struct mail_reason *const *)b;
	return abs(y->weight) != abs(x->weight) ? abs(y->weight) - abs(x->weight) : strcmp(x->code, y->code);
}

static void add_up(struct mail_scored *o, const bool met[FEATURES])
{
	const struct mail_reason *all[FEATURES];
	int sum = 0;
	unsigned n = 0;
	for (unsigned f = 0; f < FEATURES; f++)
		if (met[f]) {
			all[n++] = &FEATURE[f];
			sum += FEATURE[f].weight;
		}
	qsort(all, n, sizeof(all[0]), heavier);
	o->score = sum < 0 ? 0 : sum > 100 ? 100 : (unsigned)sum;
	o->reasons_n = n < MAIL_REASONS ? n : MAIL_REASONS;
	memcpy(o->reasons, all, o->reasons_n * sizeof(all[0]));
}

/* Where all the links of a message lead, when that is one place. */
static void one_target(struct scoring *s)
{
	for (size_t i = 0; i < s->m->links_n; i++) {
		const struct mail_link *l = &s->m->links[i];
		struct context *c = &s->of[l->head];
		struct str d = s->out[i].domain, group;
		if (l->where == MAIL_IMAGE || !d.n || url_schema(d) || standing(s, d, &group) != SAFETY_FREE)
			continue;
		if (c->targets++ == 0)
			c->only = d;
		else if (!str_eq(c->only, d))
			c->only = STR_NONE;
	}
}

int mail_score(struct arena *a, const struct mail *m, const struct mail_names *n, struct mail_scored **ret)
{
	struct scoring s = {.a = a, .m = m, .n = n};
	s.of = arena_array(a, m->heads_n, sizeof(*s.of));
	s.out = arena_array(a, m->links_n ? m->links_n : 1, sizeof(*s.out));
	s.parts = arena_array(a, m->links_n ? m->links_n : 1, sizeof(*s.parts));
	if (!s.of || !s.out || !s.parts)
		return KT_ENOMEM;
	for (size_t i = 0; i < m->heads_n; i++) {
		s.of[i].head = &m->heads[i];
		sender_features(&s, &s.of[i]);
	}
	for (size_t i = 0; i < m->links_n; i++) {
		take_apart(m->links[i].url, &s.parts[i]);
		s.out[i].host = arena_str(a, s.parts[i].host);
		s.out[i].domain = s.parts[i].named ? registered(&s, s.parts[i].host) : STR_NONE;
	}
	one_target(&s);
	for (size_t i = 0; i < m->links_n; i++) {
		bool met[FEATURES] = {false};
		link_features(&s, i, met);
		add_up(&s.out[i], met);
	}
	*ret = s.out;
	return 0;
}
