/* Intake: one report comes in, is judged, sealed, counted and answered. The same path for the command line, the
 * interface, mail and partners; only the caller's word about who reports (strength, member) differs. */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H
#include "audit/audit.h"
#include "barrier/barrier.h"
#include "base/clock.h"
#include "dossier/dossier.h"
#include "job/box.h"
#include "seam/json.h"
#include "signal/signal.h"

/* What a report needs around it. Borrowed; outlives every report. */
struct intake {
	struct store *store;
	struct audit *audit;
	const struct policy *policy;
	const struct signal_keys *keys;
	const struct org_public *org;
	const char *member; /* who vouches: this desk */
	bool synthetic;     /* demonstration data: marked in every row */
	const struct box *box; /* seals codes on their way to a mailbox; NULL: no mail leaves from here, so no codes */
};

#define INTAKE_NOTES 64
#define INTAKE_SUGGESTIONS 32
#define INTAKE_SIGHTINGS 256

struct intake_suggestion { /* found in the story, not among the identifiers */
	struct identifier id;
	size_t begin, end;
};

/* A report on its way: prepared on the caller's thread, stored by the writer, answered by the caller. All in the arena.
 */
struct intake_report {
	struct arena *a;
	const struct intake *in;
	int64_t now_ms;
	int64_t day; /* of receipt */
	enum strength strength;
	enum basis basis;
	struct str form;
	struct identifier *ids; /* distinct, in the order given */
	size_t ids_n;
	bool has_contact;
	struct identifier contact; /* strongest, folded */
	struct identifier mail;    /* as it was given, in canonical form; n 0: none */
	bool code_sent;            /* a code is on its way to it */
	struct str *notes;         /* what was not usable, and why: texts of ours, never the value */
	size_t notes_n;
	struct intake_suggestion *suggestions;
	size_t suggestions_n;
	struct dossier_sealed sealed;
	struct receipt code;
	struct counted { /* one per rule and subject */
		struct sighting s;
		struct identifier subject;
	} * counted;
	size_t counted_n, counted_max;
	struct barrier_tally tally;
	unsigned opened; /* signals that reached their threshold with this report, or had */
};

/* Reads and judges one JSON report. On refusal (KT_EINVAL, KT_ELIMIT) `why` holds every finding with its JSON pointer.
 * The report's plain texts live only in `a` and are wiped with it. `code` and the sealed case are in `ret`. */
int intake_prepare(const struct intake *in, struct arena *a, struct str json, enum strength strength, int64_t now_ms,
                   struct intake_report **ret, struct valid_report *why, struct err *e) KT_CHECK;
/* The same for a report that was read already (of the schema Melding or not: it is checked here). */
int intake_judge(const struct intake *in, struct arena *a, const struct val *root, enum strength strength,
                 int64_t now_ms, struct intake_report **ret, struct valid_report *why, struct err *e) KT_CHECK;
/* The store_job: arg is a struct intake_report. Dossier, sightings, signals, barriers, audit and outbox in one
 * transaction. */
int intake_job(struct tx *tx, void *arg, struct err *e);
/* The answer of a stored report as a JSON object: meldingsnummer, ontvangstcode, advies, doorverwijzingen, opmerkingen,
 * suggesties. */
void intake_answer(const struct intake_report *r, enum lang lang, struct jw *w);
/* The same in two steps: what is known before it is stored, and what storing decided. */
void intake_answer_begin(const struct intake_report *r, enum lang lang, struct jw *w);
void intake_answer_end(const struct intake_report *r, struct jw *w);
#define INTAKE_DESTINATIONS 16
/* Where the victim of this form can go, what cannot wait first; tells how many. Borrowed from the policy. */
size_t intake_destinations(const struct policy *p, struct str form,
                           const struct policy_destination *ret[INTAKE_DESTINATIONS]);
/* First steps and destinations of a form as a JSON object, before or without a report. */
void intake_advice(const struct policy *p, struct str form, enum lang lang, struct jw *w);
/* An opened dossier as a JSON object for its reporter, with what became of it. */
int intake_show(const struct intake *in, struct tx *tx, struct arena *a, const struct dossier *d, struct jw *w,
                struct err *e) KT_CHECK;
void intake_wipe(struct intake_report *r); /* the receipt code and contact */

/* A contact is confirmed with six digits that went to its mailbox. What is known of a code is a keyed hash.
 *
 * A confirmed report counts under its mailbox, whatever other contact it had: otherwise one mailbox could confirm any
 * number of invented telephone numbers. */
struct intake_confirm {
	struct intake_report *r; /* of the opened dossier, counted anew as confirmed */
	uint8_t dossier[DOSSIER_ID];
	char number[DOSSIER_NUMBER];
	char code[6];
	uint8_t (*reports)[16]; /* what it counted as until now */
	size_t reports_n;
	bool ok;       /* the outcome of a try */
	bool too_many; /* of asking for a code */
};
#define INTAKE_CODE 6 /* digits */
/* Opens the report of a receipt code. `code`: what the reporter typed, n 0 when a new one is asked for. KT_ENOTFOUND
 * for an unknown receipt code; KT_EREFUSED when the report has no e-mail address, or no code can be sent from here. */
int intake_confirm_open(const struct intake *in, struct tx *tx, struct arena *a, const struct receipt *receipt,
                        struct str code, int64_t now_ms, struct intake_confirm **ret, struct err *e) KT_CHECK;
/* The store_job that tries the code; arg is a struct intake_confirm. A try counts whatever its outcome; ->ok tells it.
 * On success the report's sightings become confirmed and its rules are judged, in the same transaction. */
int intake_confirm_job(struct tx *tx, void *arg, struct err *e);
/* The store_job that sends a new code. KT_EREFUSED: confirmed already, or (->too_many) asked too often. */
int intake_code_job(struct tx *tx, void *arg, struct err *e);
void intake_confirm_wipe(struct intake_confirm *c); /* the code and the contact */

#endif
