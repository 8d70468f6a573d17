/* Any bytes as a mail: what is read is within its bounds, survives the way through JSON, and comes out the same. */
#include "mail/mail.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str ids[] = {{"mx.example", 10}};
	static const struct mail_options o = {ids, 1};
	struct arena *a = arena_new(192u << 20);
	struct buf b = BUF_INIT(MAIL_MAX_JSON), again = BUF_INIT(MAIL_MAX_JSON);
	struct mail m, back;
	char *copy = malloc(size + 1);
	if (!a || !copy)
		abort();
	memcpy(copy, data, size);
	int rc = mail_read(a, (struct str){copy, size}, &o, &m, NULL);
	free(copy); /* nothing of the result may point into it */
	if (rc == 0) {
		mail_to_json(&m, &b);
		if (buf_err(&b) || mail_from_json(a, buf_view(&b), &back, NULL))
			abort();
		mail_to_json(&back, &again);
		if (b.n != again.n || memcmp(b.p, again.p, b.n) != 0)
			abort();
	} else if (rc != KT_EINVAL && rc != KT_ENOMEM) {
		abort();
	}
	buf_free(&b);
	buf_free(&again);
	arena_free(a);
	return 0;
}
