/* What a certificate file says of itself, for who looks after it (GnuTLS). Serving TLS is http.h. */
#ifndef SEAM_CERT_H
#define SEAM_CERT_H
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct cert_info {
	int64_t from_ms, until_ms; /* of the first certificate in the file: the server's own */
	bool key_fits;
};

/* Both files are PEM. KT_EINVAL when one of them cannot be understood. */
int cert_look(const char *cert_file, const char *key_file, struct cert_info *ret, struct err *e) KT_CHECK;

#endif
