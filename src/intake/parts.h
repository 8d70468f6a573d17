/* What the files of this folder share; nobody else. */
#ifndef INTAKE_PARTS_H
#define INTAKE_PARTS_H
#include "intake/intake.h"

/* An empty report; its arrays in the arena. */
int intake_report_new(const struct intake *in, struct arena *a, enum strength strength, int64_t now_ms,
                      struct intake_report **ret, struct err *e) KT_CHECK;
/* Is it an e-mail address that a person can be known by? */
bool intake_mail(const struct intake_report *r, struct str text, struct identifier *ret, struct err *why);
/* Fills r->counted: which rules count which identifier for r->contact. */
int intake_count(struct intake_report *r, struct arena *a, struct err *e) KT_CHECK;
/* Stores and judges one of r->counted. */
int intake_record_one(struct tx *tx, struct intake_report *r, const struct counted *c, struct err *e) KT_CHECK;
/* A new code for r->mail: its hash, and the sealed message in the outbox. *ret_sent false, and nothing done, when the
 * mailbox got enough of them today. */
int intake_code_add(struct tx *tx, const struct intake_report *r, const uint8_t dossier[DOSSIER_ID], struct str number,
                    bool *ret_sent, struct err *e) KT_CHECK;
/* Of an opened dossier: has it a mailbox that can be confirmed from here, and was it? */
int intake_confirmable(const struct intake *in, struct tx *tx, struct arena *a, const struct dossier *d, bool *ret_may,
                       bool *ret_done, struct err *e) KT_CHECK;

/* code_store.c */
struct code_row {
	int64_t n, made_ms, tries, used_ms;
	uint8_t hash[32];
};
int code_add(struct tx *tx, const uint8_t dossier[DOSSIER_ID], int64_t n, int64_t now_ms, const uint8_t hash[32],
             const uint8_t box[32], struct err *e) KT_CHECK;
/* The newest code of a dossier; KT_ENOTFOUND. */
int code_newest(struct tx *tx, const uint8_t dossier[DOSSIER_ID], struct code_row *ret, struct err *e) KT_CHECK;
int code_tried(struct tx *tx, const uint8_t dossier[DOSSIER_ID], int64_t n, struct err *e) KT_CHECK;
/* It stays as the proof that the contact was confirmed; which mailbox it was is forgotten. */
int code_used(struct tx *tx, const uint8_t dossier[DOSSIER_ID], int64_t n, int64_t now_ms, struct err *e) KT_CHECK;
/* How many were made since a moment, for a dossier and for a mailbox. */
int code_count(struct tx *tx, const uint8_t dossier[DOSSIER_ID], int64_t since_ms, int64_t *ret,
               struct err *e) KT_CHECK;
int code_count_box(struct tx *tx, const uint8_t box[32], int64_t since_ms, int64_t *ret, struct err *e) KT_CHECK;
/* Unused ones made before a moment are gone. */
int code_forget(struct tx *tx, int64_t before_ms, struct err *e) KT_CHECK;

#endif
