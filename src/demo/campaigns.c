#include <stdio.h>
#include <stdlib.h>

#include "base/zone.h"
#include "demo/scenario.h"

#define YEAR_DAYS 364 /* the day of `now` itself is not used: nothing may lie in the future */
#define MINUTE_MS 60000
#define MULES 16 /* accounts that several campaigns share */
#define HOST_BYTES 40 /* longest name of a site here */

/* ---- when ---- */

/* How much is reported on a day: most on Monday, little in the weekend and in summer, more before the feasts. */
static int64_t day_weight(int64_t day)
{
	static const int64_t WEEK[] = {100, 100, 75, 65, 125, 115, 110}; /* 1970-01-01 was a Thursday */
	char date[11];
	date_format(day, date);
	int64_t month = (date[5] - '0') * 10 + (date[6] - '0'), w = WEEK[(day % 7 + 7) % 7];
	if (month == 7 || month == 8)
		return w * 35 / 100;
	return month == 11 || month == 12 ? w * 125 / 100 : w;
}

/* A moment between two days of the year, by the clock of people in the Netherlands. */
static int64_t moment(struct scenario *s, int64_t from, int64_t to)
{
	int64_t day;
	from = from < 0 ? 0 : from;
	to = to >= YEAR_DAYS ? YEAR_DAYS - 1 : to;
	do
		day = s->first_day + people_between(&s->dice, from, to);
	while (people_between(&s->dice, 1, 160) > day_weight(day));
	/* The mean of two throws: most in the afternoon, from eight to eleven at night. */
	int64_t minute = 8 * 60 + (people_between(&s->dice, 0, 899) + people_between(&s->dice, 0, 899)) / 2;
	int64_t local = day * DAY_MS + minute * MINUTE_MS + people_between(&s->dice, 0, MINUTE_MS - 1);
	return local - zone_amsterdam_offset(local);
}

/* ---- one report ---- */

static const char *role_of(struct scenario *s, const char *form)
{
	if (strncmp(form, "OF-8", 4) == 0)
		return "bedrijf";
	if (strcmp(form, "OF-9.1") == 0)
		return "geldezel";
	int64_t n = people_between(&s->dice, 1, 100);
	if (n <= 12)
		return "iemand_anders";
	return n <= 18 && strncmp(form, "OF-3", 4) == 0 ? "getuige" : "mijzelf";
}

/* NULL when the year is full. The person is new, unless the caller says otherwise afterwards. */
static struct event *report(struct scenario *s, const char *form, int64_t from, int64_t to)
{
	if (s->n == s->max)
		return NULL;
	struct event *ev = &s->events[s->n];
	*ev = (struct event){.seq = (unsigned)s->n++, .at_ms = moment(s, from, to), .salt = people_roll(&s->dice)};
	ev->tale = stories_pick(form, ev->salt >> 8);
	ev->cents = stories_cents(ev->tale, &s->dice);
	ev->role = role_of(s, form);
	ev->person = ++s->people;
	ev->days_ago = people_chance(&s->dice, 45) ? 0 : people_between(&s->dice, 1, people_chance(&s->dice, 20) ? 30 : 6);
	return ev;
}

static void add(struct event *ev, const struct made_id *id)
{
	if (ev && id->kind != ID_NONE && ev->ids_n < EVENT_IDS)
		ev->ids[ev->ids_n++] = *id;
}

static void to_police(struct scenario *s, struct event *ev)
{
	if (ev)
		ev->crime = ++s->crimes;
}

static struct made_id new_iban(struct scenario *s)
{
	struct made_id id;
	people_iban(MULES + ++s->ibans, &id);
	return id;
}

static struct made_id mule(unsigned n)
{
	struct made_id id;
	people_iban(1 + n % MULES, &id);
	return id;
}

static struct made_id new_phone(struct scenario *s)
{
	struct made_id id;
	people_phone(++s->phones, &id);
	return id;
}

static struct made_id new_mail(struct scenario *s, const char *word)
{
	struct made_id id;
	people_mail(word, ++s->mails, &id);
	return id;
}

static struct made_id domain(const char *name)
{
	struct made_id id = {.kind = ID_DOMAIN};
	snprintf(id.text, sizeof(id.text), "%s", name);
	return id;
}

static struct made_id page(const char *name, const char *path, uint64_t number)
{
	struct made_id id = {.kind = ID_URL};
	snprintf(id.text, sizeof(id.text), "https://%s/%s/%llu", name, path, (unsigned long long)number);
	return id;
}

/* Handles with a hyphen, which none of these platforms gives out. */
static struct made_id handle(enum id_kind kind, const char *platform, unsigned number)
{
	struct made_id id = {.kind = kind};
	snprintf(id.text, sizeof(id.text), "%s:verzonnen-%s%04u", platform, kind == ID_ADVERT ? "a" : "", number);
	return id;
}

/* ---- web shops ---- */

struct shop {
	const char *name;
	int64_t start, days;
	unsigned reports;
};
/* The first is an example of the summary. Labels with "--" in third and fourth place cannot be registered. */
static const struct shop SHOPS[] = {
	{"zz--fietsdeal.nl", 62, 44, 7}, {"zz--sneakerkelder.nl", 8, 60, 24}, {"zz--tuinset-actie.nl", 118, 50, 14},
	{"koffiehoek.example", 30, 40, 9}, {"zz--telefoonplein.nl", 95, 70, 40}, {"gameruil.test", 140, 25, 5},
	{"zz--speelgoedzolder.nl", 290, 48, 31}, {"merkjas.example", 262, 55, 20}, {"zz--witgoedhal.nl", 176, 60, 12},
	{"zz--boormachine.nl", 205, 30, 4}, {"parfumkorting.test", 228, 35, 6}, {"zz--kinderwagens.nl", 240, 40, 11},
	{"laptopveiling.example", 306, 44, 17}, {"zz--horlogehuis.nl", 318, 30, 8}, {"zz--houtkachels.nl", 330, 33, 9},
	{"droomkleed.example", 348, 15, 5}, {"zz--kerstverlichting.nl", 351, 12, 4}, {"zz--elektrostep.nl", 354, 9, 3},
	/* too few for a barrier */
	{"zz--lederhuis.nl", 44, 20, 2}, {"matrasvoordeel.example", 81, 30, 1}, {"zz--vaporium.nl", 133, 15, 2},
	{"zonwering.test", 160, 10, 1}, {"zz--sportvoeding.nl", 221, 40, 2}, {"zz--puppyhuis.nl", 275, 20, 1},
	{"badkamerhal.example", 300, 25, 2}, {"zz--zonnebril.nl", 338, 20, 1},
};

static void shop_report(struct scenario *s, const struct shop *p, const struct made_id *iban,
                        const struct made_id *mail)
{
	struct event *ev = report(s, "OF-1.1.2", p->start, p->start + p->days);
	if (!ev)
		return;
	char host[HOST_BYTES];
	snprintf(host, sizeof(host), "%s%s", ev->salt % 5 == 0 ? "www." : "", p->name);
	struct made_id where = ev->salt % 3 == 0 ? page(host, "bestelling", 1000 + ev->salt % 9000) : domain(host);
	add(ev, &where);
	if (people_chance(&s->dice, 80))
		add(ev, iban);
	if (people_chance(&s->dice, 50))
		add(ev, mail);
	if (people_chance(&s->dice, 12))
		to_police(s, ev);
}

static void web_shops(struct scenario *s)
{
	for (size_t i = 0; i < sizeof(SHOPS) / sizeof(SHOPS[0]); i++) {
		/* Half of them take the money on an account; the others work with a payment provider. */
		struct made_id iban = {0}, mail = new_mail(s, "winkel");
		if (i % 2 == 0)
			iban = i % 4 == 0 ? mule((unsigned)i) : new_iban(s);
		for (unsigned k = 0; k < SHOPS[i].reports; k++)
			shop_report(s, &SHOPS[i], &iban, &mail);
	}
	s->worked[0] = (struct worked){domain(SHOPS[0].name), "domein_offline"};
}

/* ---- what must not count ---- */

/* Three reports by one person are one reporter. */
static void one_person_thrice(struct scenario *s)
{
	static const struct shop SHOP = {"zz--antiekbeurs.nl", 150, 30, 3};
	struct made_id none = {0};
	for (unsigned k = 0; k < SHOP.reports; k++) {
		shop_report(s, &SHOP, &none, &none);
		s->events[s->n - 1].person = s->events[s->n - 1 - k].person;
	}
}

/* Two reporters, and one that nobody can tell from others. */
static void without_contact(struct scenario *s)
{
	static const struct shop SHOP = {"zz--lampenhuis.nl", 190, 20, 3};
	struct made_id none = {0};
	for (unsigned k = 0; k < SHOP.reports; k++)
		shop_report(s, &SHOP, &none, &none);
	s->events[s->n - 1].anonymous = true;
}

/* Three reporters, but never within one window. */
static void too_far_apart(struct scenario *s)
{
	static const struct shop SHOP[] = {
		{"zz--wijnkelder.nl", 20, 5, 1}, {"zz--wijnkelder.nl", 150, 5, 1}, {"zz--wijnkelder.nl", 290, 5, 1}};
	struct made_id none = {0};
	for (size_t k = 0; k < sizeof(SHOP) / sizeof(SHOP[0]); k++)
		shop_report(s, &SHOP[k], &none, &none);
}

/* A bank's own site, reported by mistake after a false message: protected, whoever and however many report it. */
static void bank_itself(struct scenario *s)
{
	static const struct made_id SITE = {ID_URL, "https://www.abnamro.nl/"};
	for (unsigned k = 0; k < 4; k++)
		add(report(s, "OF-1.1.2", 250, 280), &SITE);
}

/* ---- sellers ---- */

struct seller {
	const char *platform;
	struct made_id account, advert, iban, phone;
};

static void seller_report(struct scenario *s, const struct seller *p, int64_t start, int64_t days, unsigned k)
{
	struct event *ev = report(s, k % 7 == 6 ? "OF-1.1.3" : "OF-1.1.1", start, start + days);
	bool all = k < 3; /* what counts is in the first three; later ones know less */
	add(ev, &p->account);
	if (all || people_chance(&s->dice, 70))
		add(ev, &p->iban);
	if (k < 4)
		add(ev, &p->advert);
	if (people_chance(&s->dice, 60))
		add(ev, &p->phone);
	if (people_chance(&s->dice, 10))
		to_police(s, ev);
}

static void sellers(struct scenario *s)
{
	static const unsigned SIZES[] = {4, 1, 2, 3, 1, 1, 2, 1, 5, 1, 2, 1, 3, 1, 2, 1, 1, 8, 1, 2,
	                                 3, 1, 1, 4, 2, 1, 1, 6, 1, 2, 1, 3, 1, 2, 1, 1, 5, 1, 2, 1,
	                                 4, 1, 1, 11, 2, 1, 3, 1, 1, 2, 6, 1, 1, 3, 2, 1, 4, 1, 3, 3};
	static const char *const PLATFORMS[] = {"marktplaats", "marktplaats", "vinted", "marktplaats", "facebook"};
	const unsigned n = sizeof(SIZES) / sizeof(SIZES[0]);
	for (unsigned i = 0; i < n; i++) {
		struct seller p = {.platform = PLATFORMS[i % 5]};
		p.account = handle(ID_ACCOUNT, p.platform, 100 + i * 37);
		p.advert = handle(ID_ADVERT, p.platform, 500 + i * 41);
		p.iban = i % 4 == 3 ? mule(i * 3) : new_iban(s);
		if (i % 2 == 0)
			p.phone = new_phone(s);
		int64_t start = 4 + (int64_t)i * 350 / n, days = people_between(&s->dice, 10, 40);
		for (unsigned k = 0; k < SIZES[i]; k++)
			seller_report(s, &p, start, days, k);
		if (i == 8)
			s->worked[1] = (struct worked){p.account, "account_blokkeren"};
	}
}

/* Seven people file a crime report against one account holder: enough to hold him liable together. */
static void account_holder(struct scenario *s)
{
	struct made_id iban = new_iban(s), phone = new_phone(s), account = handle(ID_ACCOUNT, "marktplaats", 7);
	for (unsigned k = 0; k < 7; k++) {
		struct event *ev = report(s, "OF-1.1.1", 196, 250);
		add(ev, &iban);
		add(ev, &account);
		if (k % 2)
			add(ev, &phone);
		to_police(s, ev);
	}
	s->worked[2] = (struct worked){iban, "aansprakelijk_stellen"};
}

/* ---- waves ---- */

struct wave {
	const char *forms[3];
	const char *name, *path; /* a domain, and what its links look like; NULL: by telephone */
	int64_t start, days;
	unsigned reports, phones, crime; /* crime: percentage with a crime report */
	int mule; /* first of two shared accounts; -1: none */
};
static const struct wave WAVES[] = {
	/* bank helpdesk */
	{{"OF-2.1.1", "OF-2.1", "OF-2.1.3"}, NULL, NULL, 6, 16, 34, 3, 22, 0},
	{{"OF-2.1.1", "OF-2.1.2", "OF-2.1"}, NULL, NULL, 58, 20, 29, 2, 20, 3},
	{{"OF-2.1.3", "OF-2.1.1", "OF-2.1"}, NULL, NULL, 101, 12, 22, 2, 18, 6},
	{{"OF-2.1.1", "OF-2.1.1", "OF-2.1"}, NULL, NULL, 149, 25, 37, 4, 20, 0},
	{{"OF-2.1", "OF-2.1.2", "OF-2.1.2"}, NULL, NULL, 217, 18, 26, 2, 15, 9},
	{{"OF-2.1.1", "OF-2.1", "OF-2.1.3"}, NULL, NULL, 268, 21, 33, 3, 20, 12},
	{{"OF-2.1.1", "OF-2.1", "OF-2.1.2"}, NULL, NULL, 333, 30, 41, 4, 18, 6},
	/* friend in need */
	{{"OF-2.3", "OF-2.3", "OF-2.3"}, NULL, NULL, 15, 24, 31, 5, 10, 1},
	{{"OF-2.3", "OF-2.3", "OF-2.3"}, NULL, NULL, 76, 20, 26, 4, 8, 4},
	{{"OF-2.3", "OF-2.3", "OF-2.3"}, NULL, NULL, 128, 26, 35, 6, 10, 7},
	{{"OF-2.3", "OF-2.3", "OF-2.3"}, NULL, NULL, 187, 22, 22, 3, 8, 10},
	{{"OF-2.3", "OF-2.3", "OF-2.3"}, NULL, NULL, 248, 28, 34, 5, 12, 13},
	{{"OF-2.3", "OF-2.3", "OF-2.3"}, NULL, NULL, 312, 35, 44, 6, 10, 1},
	/* false messages and pages */
	{{"OF-2.5", "OF-3.2", "OF-3.2"}, "zz--pakket-volgen.nl", "b", 2, 14, 38, 0, 2, -1},
	{{"OF-3.2", "OF-3.2", "OF-3.5"}, "boete-betalen.test", "zaak", 37, 10, 27, 0, 2, -1},
	{{"OF-3.1", "OF-3.5", "OF-3.1"}, "zz--pasvernieuwen.nl", "pas", 66, 18, 32, 0, 4, -1},
	{{"OF-3.1", "OF-3.1", "OF-3.5"}, "mijn-loket.example", "aanslag", 88, 15, 29, 0, 2, -1},
	{{"OF-3.4", "OF-3.4", "OF-3.5"}, "zz--parkeerzone.nl", "p", 122, 30, 18, 0, 4, -1},
	{{"OF-3.2", "OF-2.5", "OF-3.2"}, "douanekosten.test", "t", 158, 12, 25, 0, 2, -1},
	{{"OF-3.1", "OF-3.1", "OF-3.1"}, "zz--energievergoeding.nl", "claim", 209, 20, 36, 0, 2, -1},
	{{"OF-3.2", "OF-3.2", "OF-3.2"}, "tolheffing.example", "k", 236, 9, 23, 0, 2, -1},
	{{"OF-3.5", "OF-3.1", "OF-3.5"}, "zz--inlog-bank.nl", "login", 271, 16, 30, 0, 5, -1},
	{{"OF-2.5", "OF-3.2", "OF-3.2"}, "zz--bezorgafspraak.nl", "n", 322, 24, 47, 0, 2, -1},
	{{"OF-3.2", "OF-3.1", "OF-3.2"}, "kerstcadeau.test", "win", 346, 16, 28, 0, 2, -1},
	/* investment platforms */
	{{"OF-4.1", "OF-4.3", "OF-4.1"}, "zz--rendement-plus.nl", "account", 25, 80, 16, 2, 25, 2},
	{{"OF-4.2", "OF-4.2", "OF-4.3"}, "muntenmakelaar.example", "wallet", 92, 75, 19, 2, 22, 5},
	{{"OF-4.1", "OF-4.1", "OF-2.6"}, "zz--goudfonds.nl", "klant", 165, 80, 13, 1, 30, 8},
	{{"OF-4.3", "OF-4.2", "OF-4.3"}, "slimbeleggen.test", "start", 230, 70, 21, 2, 18, 11},
	{{"OF-4.1", "OF-4.2", "OF-4.3"}, "zz--vermogenscoach.nl", "m", 295, 65, 18, 2, 20, 14},
};

static void wave_report(struct scenario *s, const struct wave *w, const struct made_id *phones,
                        const struct made_id *mail)
{
	struct event *ev = report(s, w->forms[people_between(&s->dice, 0, 2)], w->start, w->start + w->days);
	if (!ev)
		return;
	if (w->name) {
		struct made_id where =
			people_chance(&s->dice, 70) ? page(w->name, w->path, 100 + ev->salt % 900) : domain(w->name);
		add(ev, &where);
	}
	if (w->phones && people_chance(&s->dice, 85))
		add(ev, &phones[ev->salt % w->phones]);
	if (w->name && people_chance(&s->dice, 35))
		add(ev, mail);
	if (w->mule >= 0 && ev->cents) {
		struct made_id account = mule((unsigned)w->mule + (unsigned)(ev->salt >> 16) % 2);
		add(ev, &account);
	}
	if (ev->cents && people_chance(&s->dice, w->crime))
		to_police(s, ev);
}

static void waves(struct scenario *s)
{
	for (size_t i = 0; i < sizeof(WAVES) / sizeof(WAVES[0]); i++) {
		struct made_id phones[8] = {0}, mail = new_mail(s, "bericht");
		for (unsigned k = 0; k < WAVES[i].phones; k++)
			phones[k] = new_phone(s);
		for (unsigned k = 0; k < WAVES[i].reports; k++)
			wave_report(s, &WAVES[i], phones, &mail);
	}
}

/* ---- what stands alone ---- */

enum { HAS_PHONE = 1, HAS_IBAN = 2, HAS_MAIL = 4, HAS_PAGE = 8, HAS_ACCOUNT = 16 };

static const struct loner {
	const char *form;
	unsigned weight, has;
} LONERS[] = {
	{"OF-1.1.1", 16, HAS_IBAN | HAS_ACCOUNT}, {"OF-1.1.2", 9, HAS_PAGE}, {"OF-1.1.3", 5, HAS_IBAN | HAS_MAIL},
	{"OF-1.2.1", 5, HAS_ACCOUNT | HAS_PHONE}, {"OF-1.2.2", 7, HAS_PAGE | HAS_ACCOUNT}, {"OF-2.1", 5, HAS_PHONE},
	{"OF-2.2", 6, HAS_PHONE}, {"OF-2.3", 6, HAS_PHONE | HAS_IBAN}, {"OF-2.4", 5, HAS_PHONE}, {"OF-2.6", 1, HAS_MAIL},
	{"OF-3.1", 11, HAS_MAIL | HAS_PAGE}, {"OF-3.2", 8, HAS_PHONE | HAS_PAGE}, {"OF-3.5", 4, HAS_PAGE},
	{"OF-4.2", 3, HAS_PAGE}, {"OF-5.1", 5, HAS_ACCOUNT | HAS_IBAN}, {"OF-5.2", 4, HAS_ACCOUNT},
	{"OF-6.1", 3, HAS_MAIL}, {"OF-6.3", 4, HAS_PHONE | HAS_PAGE}, {"OF-7.1", 4, 0}, {"OF-7.2", 4, HAS_ACCOUNT},
	{"OF-8.2", 4, HAS_IBAN | HAS_MAIL}, {"OF-8.3", 2, HAS_MAIL}, {"OF-9.1", 1, HAS_IBAN}, {"OF-0", 4, HAS_MAIL},
};

static const struct loner *loner_pick(struct scenario *s)
{
	const size_t n = sizeof(LONERS) / sizeof(LONERS[0]);
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += LONERS[i].weight;
	int64_t at = people_between(&s->dice, 0, (int64_t)sum - 1);
	for (size_t i = 0; i + 1 < n; i++) {
		at -= LONERS[i].weight;
		if (at < 0)
			return &LONERS[i];
	}
	return &LONERS[n - 1];
}

static void loner_ids(struct scenario *s, struct event *ev, unsigned has)
{
	static const char *const PLATFORMS[] = {"facebook", "instagram", "marktplaats", "telegram"};
	char name[HOST_BYTES];
	struct made_id id;
	if (has & HAS_PAGE) {
		s->lures++;
		snprintf(name, sizeof(name), s->lures % 2 ? "zz--lokaas%04u.nl" : "lokaas%04u.example", s->lures);
		id = ev->salt % 2 ? page(name, "x", ev->salt % 9999) : domain(name);
		add(ev, &id);
	}
	if (has & HAS_PHONE) {
		id = new_phone(s);
		add(ev, &id);
	}
	if (has & HAS_IBAN) {
		id = new_iban(s);
		add(ev, &id);
	}
	if (has & HAS_MAIL) {
		id = new_mail(s, "afzender");
		add(ev, &id);
	}
	if (has & HAS_ACCOUNT) {
		id = handle(ID_ACCOUNT, PLATFORMS[ev->salt % 4], 3000 + ev->seq);
		add(ev, &id);
	}
}

/* Fills the year up. Some reported something before; some leave no contact; some remember nothing to recognise. */
static void loners(struct scenario *s)
{
	unsigned known = s->people;
	while (s->n < s->max) {
		const struct loner *l = loner_pick(s);
		struct event *ev = report(s, l->form, 0, YEAR_DAYS - 1);
		if (!people_chance(&s->dice, 8))
			loner_ids(s, ev, l->has);
		if (people_chance(&s->dice, 4))
			ev->person = (unsigned)people_between(&s->dice, 1, known);
		ev->anonymous = people_chance(&s->dice, 6);
		if (ev->cents && people_chance(&s->dice, 15))
			to_police(s, ev);
	}
}

static int by_time(const void *x, const void *y)
{
	const struct event *a = x, *b = y;
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

int campaigns_make(struct arena *a, uint64_t seed, int64_t now_ms, struct scenario **ret, struct err *e)
{
	struct scenario *s = ARENA_NEW(a, struct scenario);
	struct event *events = arena_array(a, DEMO_REPORTS, sizeof(*events));
	if (!s || !events)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor de demonstratie.");
	s->events = events;
	s->max = DEMO_REPORTS;
	s->seed = seed;
	s->dice.s = seed;
	s->first_day = time_day(now_ms) - YEAR_DAYS;
	web_shops(s);
	one_person_thrice(s);
	without_contact(s);
	too_far_apart(s);
	bank_itself(s);
	sellers(s);
	account_holder(s);
	waves(s);
	loners(s);
	qsort(s->events, s->n, sizeof(*s->events), by_time);
	*ret = s;
	return 0;
}
