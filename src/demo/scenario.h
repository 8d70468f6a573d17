/* What the files of this room share: dice, made-up people and identifiers, texts, and the list of what happens. */
#ifndef DEMO_SCENARIO_H
#define DEMO_SCENARIO_H
#include "demo/demo.h"

/* ---- people.c ---- */

/* SplitMix64 (Steele, Lea, Flood 2014): repeatable, and of no use as a secret. */
struct dice {
	uint64_t s;
};
uint64_t people_roll(struct dice *d);
int64_t people_between(struct dice *d, int64_t low, int64_t high); /* both included */
bool people_chance(struct dice *d, unsigned percent);

struct made_id {
	enum id_kind kind;
	char text[DEMO_VALUE]; /* canonical */
};
/* Different for each serial below a million; no bank, subscriber or mailbox answers to any of them. */
void people_iban(unsigned serial, struct made_id *ret);
void people_phone(unsigned serial, struct made_id *ret);
void people_mail(const char *word, unsigned serial, struct made_id *ret);
/* The identifier as a person would type it: spaces in an IBAN, a number from 06. */
void people_typed(const struct made_id *id, uint64_t salt, char ret[DEMO_VALUE]);

/* A reporter: everything follows from the number. */
struct person {
	char postcode[5];
	const char *age;
	bool phone; /* the contact is a number, otherwise an e-mail address */
	struct made_id contact;
};
void people_person(uint64_t seed, unsigned number, struct person *ret);

/* ---- stories.c ---- */

struct tale {
	const char *form;
	unsigned loss; /* percentage of reporters that lost money */
	int64_t low, high; /* euro */
	const char *text;
};
/* A tale of this form, chosen by the salt; that of OF-0 for a form without one. */
const struct tale *stories_pick(const char *form, uint64_t salt);
/* Amount in cents, 0 when nothing was lost. Small amounts are commoner than large ones. */
int64_t stories_cents(const struct tale *t, struct dice *d);

#define EVENT_IDS 5

/* One report that is going to be made. */
struct event {
	int64_t at_ms; /* receipt */
	unsigned seq;
	const struct tale *tale;
	const char *role;
	unsigned person;
	bool anonymous; /* leaves no contact */
	unsigned crime; /* number of the crime report, 0: none */
	int64_t cents;
	int64_t days_ago; /* when it happened, before receipt */
	uint64_t salt;
	struct made_id ids[EVENT_IDS];
	size_t ids_n;
};
void stories_write(const struct event *ev, struct buf *b);

/* ---- campaigns.c ---- */

/* A barrier that the summary tells about: this measure on this identifier. */
struct worked {
	struct made_id id;
	const char *measure;
};

struct scenario {
	struct event *events; /* in order of receipt */
	size_t n, max;
	struct dice dice;
	uint64_t seed;
	int64_t first_day;
	unsigned people, ibans, phones, mails, lures, crimes; /* serials handed out */
	struct worked worked[DEMO_EXAMPLES];
};
/* Everything that is reported in the year before now; in `a`. */
int campaigns_make(struct arena *a, uint64_t seed, int64_t now_ms, struct scenario **ret, struct err *e) KT_CHECK;

/* ---- desk.c ---- */

/* Decides on what was proposed and lets the partners answer, at times between the proposal and now. */
int desk_play(const struct demo *d, const struct scenario *s, struct arena *a, struct err *e) KT_CHECK;

/* All barriers, copied into the arena, in order of proposal. */
struct barriers {
	struct arena *a;
	struct barrier *b;
	size_t n, cap;
};
int desk_barriers(struct store *s, struct arena *a, struct barriers *ret, struct err *e) KT_CHECK;
/* Submits, and waits for room when the queue is full. */
int desk_submit(struct store *s, struct store_ticket *t) KT_CHECK;

/* ---- demo_store.c ---- */

struct demo_seen {
	int64_t dossiers, synthetic, played;
};
int demo_seen(struct tx *tx, struct demo_seen *ret, struct err *e) KT_CHECK;
#define DEMO_PLAYED "demo.played" /* the word in the log that says the play was finished */

#endif
