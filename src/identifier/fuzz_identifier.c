/* Any text as any kind: refused, or canonical and stable. */
#include "identifier/identifier.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str keys[] = {{"utm_*", 5}, {"fbclid", 6}};
	struct id_options o = {keys, 2};
	struct identifier once, twice, host;
	if (size < 1)
		return 0;
	char *copy = malloc(size); /* exact size: the sanitizer sees a read behind it */
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	struct str text = {copy + 1, size - 1};
	enum id_kind kind = (enum id_kind)(data[0] % ID_KINDS);
	if (id_canonical(kind, text, &o, &once, NULL) == 0) {
		if (once.kind != kind || once.n == 0 || once.n > ID_MAX || once.value[once.n] != 0)
			abort();
		if (id_canonical(kind, id_str(&once), &o, &twice, NULL) != 0 || !str_eq(id_str(&once), id_str(&twice)))
			abort();
		if (id_host(&once, &host) == 0 && host.kind != ID_DOMAIN)
			abort();
		if (kind == ID_DOMAIN && id_registrable(&once, &host) == 0 && !str_ends(id_str(&once), id_str(&host)))
			abort();
	}
	if (id_guess(text, &o) >= ID_KINDS)
		abort();
	free(copy);
	return 0;
}
