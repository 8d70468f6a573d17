/* Signals: opaque tags counted by distinct reporter. Below the threshold the database knows a tag, not the
 * identifier; the value of a sealed kind is written only when a rule fires (PROTOCOLS section 10). */
#ifndef SIGNAL_SIGNAL_H
#define SIGNAL_SIGNAL_H
#include "rule/rule.h"
#include "seam/json.h"
#include "store/store.h"

#define TAG_BYTES 32
#define REPORTER_BYTES 32

/* The keys behind tags and person ids; in guarded memory, from DIR/keys, never in the database. */
struct signal_keys;
int signal_keys_open(const char *dir, struct signal_keys **ret, struct err *e) KT_CHECK;
struct signal_keys *signal_keys_close(struct signal_keys *k);

/* The tag of an identifier in a rule's counting channel. The only maker of tags: equal for every reporter of one
 * identifier under one channel and version, and meaningless without the key. */
void signal_tag(const struct signal_keys *k, const struct policy_rule *r, const struct identifier *subject,
                uint8_t ret[TAG_BYTES]);
/* The reporter under a tag: equal for one person at every desk, unlinkable under two tags. `contact` is the strongest
 * normalised contact (phone or folded e-mail). */
void signal_reporter(const struct signal_keys *k, const uint8_t tag[TAG_BYTES], const struct identifier *contact,
                     uint8_t ret[REPORTER_BYTES]);

struct sighting {
	uint8_t tag[TAG_BYTES];
	uint8_t reporter[REPORTER_BYTES];
	uint8_t report[16]; /* random id of this report under this tag, for retraction */
	const struct policy_rule *rule;
	const char *member;
	enum strength strength;
	enum basis basis;
	int64_t day;
	bool synthetic;
};

/* Writes or refreshes a sighting: per tag, reporter and member the latest day and the best strength stay. */
int signal_add(struct tx *tx, const struct sighting *s, struct err *e) KT_CHECK;

#define SIGNAL_MAX_ROWS 256
/* Counts the tag under its rule on `today`: evaluates the newest SIGNAL_MAX_ROWS rows, which bounds the work of a
 * signal that thousands report; the number told is then "at least". */
int signal_evaluate(struct tx *tx, const struct policy_rule *r, const uint8_t tag[TAG_BYTES], int64_t today,
                    struct rule_outcome *ret, struct err *e) KT_CHECK;

/* Makes the signal known by value: at once for open kinds, at the threshold for sealed ones (opened_ms > 0). */
int signal_reveal(struct tx *tx, const struct policy_rule *r, const uint8_t tag[TAG_BYTES],
                  const struct identifier *subject, int64_t opened_ms, bool synthetic, struct err *e) KT_CHECK;

struct signal_row {
	struct str tag; /* TAG_BYTES */
	int64_t channel, version, reporters, members, first_day, last_day;
	int64_t opened_ms; /* 0: not opened */
	enum id_kind kind; /* ID_NONE while sealed */
	struct str value;
};
typedef int (*signal_row_fn)(const struct signal_row *row, void *arg);
/* All signals, newest first; at most `limit`. */
int signal_list(struct tx *tx, int64_t limit, signal_row_fn fn, void *arg, struct err *e) KT_CHECK;
/* The same from behind a row that was seen: its last day and its tag. */
int signal_list_after(struct tx *tx, int64_t last_day, const uint8_t tag[TAG_BYTES], int64_t limit, signal_row_fn fn,
                      void *arg, struct err *e) KT_CHECK;
/* As API and command line show it: an object; without its identifier while it is sealed. */
void signal_object(struct jw *w, const struct signal_row *row);

#endif
