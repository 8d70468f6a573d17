/* Any bytes as the address of a receiver: refused with words, or a host and a port that may be called. */
#include <stdlib.h>

#include "seam/http_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_url u;
	struct address a;
	struct err e = {0};
	int rc = http_url_parse((struct str){(const char *)data, size}, false, &u, &e);
	if (rc && !e.text[0])
		abort();
	if (!rc && (!u.tls || !u.host[0] || (u.port != 443 && u.port < 1024)))
		abort();
	if (!rc && address_of(str_of(u.host), &a) && !address_public(&a))
		abort();
	return 0;
}
