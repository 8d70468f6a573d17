#include "demo/scenario.h"

static const struct stmt ST_DOSSIERS = {"SELECT COUNT(*), COALESCE(SUM(synthetic), 0) FROM dossier", NULL, "", "ii"};
static const struct stmt ST_PLAYED = {"SELECT COUNT(*) FROM audit_row WHERE action = $1", NULL, "t", "i"};

int demo_seen(struct tx *tx, struct demo_seen *ret, struct err *e)
{
	struct sval c[2], p[1];
	int rc = tx_row0(tx, &ST_DOSSIERS, tx_arena(tx), c, e);
	if (!rc)
		rc = tx_row(tx, &ST_PLAYED, tx_arena(tx), p, e, SV_Z(DEMO_PLAYED));
	if (!rc)
		*ret = (struct demo_seen){c[0].i, c[1].i, p[0].i};
	return rc;
}
