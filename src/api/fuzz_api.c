/* One line "METHOD TARGET CONTENT-TYPE ACCEPT", then a body, as a request to the router: whatever comes, there is
 * exactly one answer, with a status that the interface knows, and it is JSON. Nothing is stored: writing operations are
 * judged up to the door of the store, which is closed. */
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "seam/crypto.h"
#include "seam/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct intake in;
static struct api api;
static struct http_handler handler;

static void prepare(void)
{
	static struct valid_report why;
	static const struct clock at = {true, INT64_C(1790000000000)};
	static struct org_public org;
	static struct policy *policy;
	static struct signal_keys *keys;
	static struct store *store;
	const char *source = getenv("KENTERING_SOURCE");
	char path[1024], dir[] = "/tmp/kentering-fuzz-XXXXXX";
	uint8_t secret[32];
	struct err e = {0};
	snprintf(path, sizeof(path), "%s/policy", source ? source : ".");
	const char *dirs[] = {path};
	json_setup();
	if (crypto_setup(&e) || !mkdtemp(dir) || policy_load(dirs, 1, &policy, &why, &e) ||
	    signal_keys_open(dir, &keys, &e) || store_open(&(struct store_opts){.dir = dir}, &store, &e))
		abort();
	store = store_close(store);
	/* A store without a writer: reads, and refuses every job. */
	if (store_open(&(struct store_opts){.dir = dir, .readonly = true}, &store, &e))
		abort();
	crypto_box_pair(org.key, secret);
	in = (struct intake){store, NULL, policy, keys, &org, "meldpunt", true};
	api = (struct api){.intake = &in, .clock = &at};
	if (api_open(&api, &e))
		abort();
	api_heavy_stop(api.heavy);
	api.heavy = NULL; /* one thread, so that one input is one run */
	api_handler(&api, &handler);
}

/* Up to the next blank of the line, which is cut off. */
static struct str word(struct str *line)
{
	ptrdiff_t blank = str_find(*line, ' ');
	struct str w = blank < 0 ? *line : str_sub(*line, 0, (size_t)blank);
	*line = blank < 0 ? STR("") : str_sub(*line, (size_t)blank + 1, line->n);
	return w;
}

static void must_be_an_answer(struct arena *a, struct str text)
{
	static const struct json_limits lim = {4u << 20, 32};
	const struct val *v;
	struct err e = {0};
	size_t body = 0;
	while (body + 4 <= text.n && memcmp(text.p + body, "\r\n\r\n", 4) != 0)
		body++;
	if (!str_starts(text, STR("HTTP/1.1 ")) || body + 4 > text.n)
		abort();
	if (json_read(a, str_sub(text, body + 4, text.n), &lim, &v, &e))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = {(const char *)data, size};
	ptrdiff_t end = str_find(all, '\n');
	if (end < 0 || size > (512u << 10))
		return 0;
	if (!handler.handle)
		prepare();
	struct arena *a = arena_new(0);
	struct str line = str_sub(all, 0, (size_t)end), method = word(&line), target = word(&line), type = word(&line);
	struct http_line lines[] = {{{"Content-Type", 12}, {type.p, type.n}}, {{"Accept", 6}, {line.p, line.n}}};
	struct buf out = BUF_INIT(8u << 20);
	struct http_call k = {
		.rq = {.arena = a, .method = http_method_of(method)}, .raw = &out, .lines = lines, .n_lines = 2};
	ptrdiff_t mark = str_find(target, '?');
	k.rq.path = mark < 0 ? target : str_sub(target, 0, (size_t)mark);
	k.rq.query = mark < 0 ? STR_NONE : str_sub(target, (size_t)mark + 1, target.n);
	k.rq.body = str_sub(all, (size_t)end + 1, all.n);
	if (a && http_target_ok(target) && k.rq.method != HTTP_OTHER) {
		if (k.rq.body.n > handler.body_max(&k.rq, handler.user))
			handler.error(&k.rq, 413, handler.user);
		else
			handler.handle(&k.rq, handler.user);
		if (!k.answered || buf_err(&out))
			abort();
		must_be_an_answer(a, buf_view(&out));
	}
	buf_free(&out);
	arena_free(a);
	return 0;
}
