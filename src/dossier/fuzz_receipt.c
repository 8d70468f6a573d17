/* A receipt code as people type it: refused, or the code whose text leads back to the same symbols. */
#include <stdlib.h>

#include "dossier/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1); /* exact size: the sanitizer sees a read behind it */
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	struct receipt r, again;
	char text[RECEIPT_TEXT];
	if (receipt_parse((struct str){copy, size}, &r, NULL) == 0) {
		receipt_text(&r, text);
		if (receipt_parse(str_of(text), &again, NULL) || memcmp(&r, &again, sizeof(r)) != 0)
			abort();
	}
	free(copy);
	return 0;
}
