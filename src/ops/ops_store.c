#include "job/outbox.h"
#include "ops/metrics.h"

static const struct stmt COUNTS = {
	.sql = "SELECT (SELECT count(*) FROM dossier), (SELECT count(*) FROM signal)", .args = "", .cols = "ii"};
static const struct stmt BARRIERS = {
	.sql = "SELECT state, count(*) FROM barrier GROUP BY state", .args = "", .cols = "ii"};

static int counts_row(const struct sval *cols, void *arg)
{
	struct ops_figures *f = arg;
	f->dossiers = cols[0].i;
	f->signals = cols[1].i;
	return 0;
}

static int barriers_row(const struct sval *cols, void *arg)
{
	struct ops_figures *f = arg;
	if (cols[0].i >= 0 && cols[0].i < BARRIER_STATES)
		f->barriers[cols[0].i] = cols[1].i;
	return 0;
}

int ops_figures(struct tx *tx, struct ops_figures *ret, struct err *e)
{
	struct ops_figures f = {0};
	int rc = outbox_count(tx, &f.outbox, e);
	if (!rc)
		rc = tx_query0(tx, &COUNTS, counts_row, &f, e);
	if (!rc)
		rc = tx_query0(tx, &BARRIERS, barriers_row, &f, e);
	if (!rc)
		*ret = f;
	return rc;
}
