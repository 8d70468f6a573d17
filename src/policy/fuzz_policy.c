/* One YAML text as each type of file: nothing may break, and what loads can be given back. */
#include "policy/policy.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64], path[96];

static void gone(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

static bool prepare(void)
{
	if (dir[0])
		return true;
	(void)snprintf(dir, sizeof(dir), "/tmp/fuzz_policy.XXXXXX");
	if (!mkdtemp(dir))
		return false;
	(void)snprintf(path, sizeof(path), "%s/x.yaml", dir);
	(void)atexit(gone);
	return true;
}

static bool put(const char *type, const uint8_t *data, size_t size)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fprintf(f, "type: %s\n", type) > 0 && fwrite(data, 1, size, f) == size;

	return f && fclose(f) == 0 && ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"taxonomy", "rule", "measures", "partners", "destinations",
	                                    "advice",   "seal", "intake",   "delivery", "safety",       "sources"};
	static struct valid_report report;
	const char *const dirs[] = {dir};

	if (size > 65536 || !prepare())
		return 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct policy *p = NULL;

		if (!put(types[i], data, size))
			return 0;
		if (policy_load(dirs, 1, &p, &report, NULL) == 0)
			policy_free(p);
		else if (report.n > report.total || p)
			abort();
	}
	return 0;
}
