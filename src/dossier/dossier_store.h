/* The SQL of dossiers, for dossier.c only. */
#ifndef DOSSIER_DOSSIER_STORE_H
#define DOSSIER_DOSSIER_STORE_H
#include "dossier/dossier.h"

enum wrap_kind { WRAP_RECEIPT = 1, WRAP_ORG = 2 };

/* Clear columns of the row; strings in the arena. */
int dossier_row_by_receipt(struct tx *tx, struct arena *a, const uint8_t receipt[16], struct dossier *ret,
                           struct err *e) KT_CHECK;
int dossier_row_by_number(struct tx *tx, struct arena *a, struct str number, struct dossier *ret,
                          struct err *e) KT_CHECK;
int dossier_wrap_get(struct tx *tx, struct arena *a, const struct dossier *d, enum wrap_kind kind, struct str holder,
                     struct str *ret, struct err *e) KT_CHECK;
/* Sealed fields into ret->field. */
int dossier_fields_get(struct tx *tx, struct arena *a, struct dossier *ret, struct err *e) KT_CHECK;

/* The stored pair of an organisation; texts in the arena. */
struct org_row {
	struct str public_key, secret, salt;
};
/* KT_ENOTFOUND when it has none; KT_EEXISTS when it has one already. */
int org_row_get(struct tx *tx, struct arena *a, const char *org, struct org_row *ret, struct err *e) KT_CHECK;
int org_row_add(struct tx *tx, const char *org, const struct org_row *r, int64_t now_ms, struct err *e) KT_CHECK;

#endif
