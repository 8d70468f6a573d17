/* How fast the log is verified: rows a second on SQLite, in groups as a busy server writes them. */
#include "audit/audit.h"
#include "seam/crypto.h"
#include "seam/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROWS 400000
#define GROUP 256
#define GOAL 200000

static struct audit *audit;

static int work(struct tx *tx, void *arg, struct err *e)
{
	(void)arg;
	for (int i = 0; i < GROUP; i++) {
		int rc = audit_add(audit, tx, "desk:amsterdam", "report.add", STR("K-2026-0001234"),
		                   STR("{\"kinds\":[1,2,3],\"rule\":\"NL-3-SHOP\"}"), e);

		if (rc)
			return rc;
	}
	return 0;
}

static int fill_and_verify(const char *dir, struct err *e, double *ret)
{
	const struct store_opts o = {.dir = dir, .node = "main"};
	struct audit_result r;
	struct clock clk;
	struct store *s;
	int64_t began;
	int rc = clock_init(&clk, NULL, e);

	if (!rc)
		rc = store_open(&o, &s, e);
	if (rc)
		return rc;
	rc = audit_open(s, dir, &clk, "main", &audit, e);
	for (int i = 0; !rc && i < ROWS; i += GROUP)
		rc = store_submit(s, work, NULL, e);
	began = clock_mono_ns();
	if (!rc)
		rc = audit_verify(s, dir, &r, e);
	if (!rc && !r.ok)
		rc = err_set(e, KT_EINTERNAL, "%s", r.text);
	if (!rc)
		*ret = (double)r.rows * 1e9 / (double)(clock_mono_ns() - began);
	store_close(s);
	audit = audit_close(audit);
	return rc;
}

int main(void)
{
	static const char *const files[] = {"kentering.db", "kentering.db-wal", "kentering.db-shm",
	                                    "audit.head",   "keys/audit",       "keys"};
	char dir[] = "/tmp/bench_audit.XXXXXX", path[128];
	struct err e = {0};
	double rate = 0;
	int rc;

	json_setup();
	if (crypto_setup(&e) || !mkdtemp(dir))
		return 1;
	rc = fill_and_verify(dir, &e, &rate);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)remove(path);
	}
	(void)rmdir(dir);
	if (rc) {
		(void)fprintf(stderr, "%s %s\n", e.at, e.text);
		return 1;
	}
	printf("{\"name\":\"audit.verify_rows_per_s\",\"value\":%.0f,\"goal\":%d,\"ok\":%s}\n", rate, GOAL,
	       rate >= GOAL ? "true" : "false");
	return 0;
}
