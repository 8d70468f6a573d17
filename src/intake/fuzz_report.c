/* Any bytes as a report: refused with a reason, or prepared and answered as valid JSON. Nothing is stored. */
#include <stdio.h>
#include <stdlib.h>

#include "intake/intake.h"
#include "seam/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct policy *policy;
static struct signal_keys *keys;
static struct org_public org;

static void prepare(void)
{
	static struct valid_report why;
	const char *source = getenv("KENTERING_SOURCE");
	char path[1024], dir[] = "/tmp/kentering-fuzz-XXXXXX";
	uint8_t secret[32];
	struct err e = {0};
	snprintf(path, sizeof(path), "%s/policy", source ? source : ".");
	const char *dirs[] = {path};
	json_setup();
	if (crypto_setup(&e) || !mkdtemp(dir) || policy_load(dirs, 1, &policy, &why, &e) ||
	    signal_keys_open(dir, &keys, &e))
		abort();
	crypto_box_pair(org.key, secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!policy)
		prepare();
	struct intake in = {.policy = policy, .keys = keys, .org = &org, .member = "meldpunt"};
	struct valid_report why = {0};
	struct intake_report *r;
	struct err e = {0};
	struct arena *a = arena_new(0);
	struct str json = {(const char *)data, size};
	if (!a)
		return 0;
	int rc = intake_prepare(&in, a, json, STRENGTH_VOUCHED, INT64_C(1790000000000), &r, &why, &e);
	if (rc && !e.text[0])
		abort();
	if (!rc) {
		struct buf b = BUF_INIT(1u << 20);
		struct jw w;
		const struct val *v;
		struct json_limits lim = {1u << 20, 16};
		jw_init(&w, &b);
		intake_answer(r, LANG_EN, &w);
		if (buf_err(&b) || json_read(a, buf_view(&b), &lim, &v, &e))
			abort();
		buf_free(&b);
	}
	arena_free(a);
	return 0;
}
