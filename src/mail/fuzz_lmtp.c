/* Any bytes as a session: within its bounds, and the same replies and messages however the bytes are cut up. The first
 * byte says how. */
#include "mail/lmtp.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct lmtp_options OPTIONS = {"mx.example", {"meld@desk.example", 17}, 4096};

static void check(const struct lmtp *l)
{
	if (l->data.n > OPTIONS.message_max || l->recipients > LMTP_RECIPIENTS || l->errors > LMTP_ERRORS ||
	    l->line_n > LMTP_LINE || strlen(l->sender) > LMTP_PATH)
		abort();
}

/* Replies, and between them what was delivered. */
static void session(struct str in, size_t step, struct buf *out)
{
	struct lmtp l;
	enum lmtp_want w = LMTP_MORE;
	lmtp_start(&l, &OPTIONS, out);
	while (in.n && w != LMTP_CLOSE) {
		size_t n = step && step < in.n ? step : in.n;
		char *copy = malloc(n);
		if (!copy)
			abort();
		memcpy(copy, in.p, n);
		in = str_sub(in, n, in.n);
		struct str piece = {copy, n};
		do {
			w = lmtp_read(&l, &piece, out);
			check(&l);
			if (w == LMTP_DELIVER) {
				buf_printf(out, "[%zu]", l.data.n);
				buf_str(out, buf_view(&l.data));
				w = lmtp_delivered(&l, 250, "2.0.0", "ok", out);
			}
		} while (w == LMTP_MORE && piece.n);
		free(copy);
	}
	lmtp_free(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT(64u << 20), cut = BUF_INIT(64u << 20);
	if (size < 1)
		return 0;
	struct str in = {(const char *)data + 1, size - 1};
	session(in, 0, &whole);
	session(in, data[0] % 17 + 1, &cut);
	if (whole.n != cut.n || memcmp(whole.p, cut.p, whole.n) != 0)
		abort();
	buf_free(&whole);
	buf_free(&cut);
	return 0;
}
