#include "seam/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#define PEM_MAX (256u << 10)

/* Wiped by file_free: one of them is a key. */
static int file_load(const char *path, gnutls_datum_t *ret, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "het certificaat of de sleutel kan niet worden gelezen");
	unsigned char *p = malloc(PEM_MAX);
	size_t n = 0;
	ssize_t got = p ? 1 : 0;
	while (got > 0 && n < PEM_MAX) {
		got = read(fd, p + n, PEM_MAX - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			n += (size_t)got;
	}
	(void)close(fd);
	*ret = (gnutls_datum_t){p, (unsigned)n};
	if (!p)
		return err_set(e, KT_ENOMEM, "er is te weinig geheugen");
	if (got || !n)
		return err_set(e, KT_EINVAL, "het certificaat of de sleutel is leeg of te groot");
	return 0;
}

static void file_free(gnutls_datum_t *d)
{
	if (d->data)
		explicit_bzero(d->data, PEM_MAX);
	free(d->data);
}

/* Do the public halves have the same number? */
static bool fits(gnutls_x509_crt_t crt, const gnutls_datum_t *pem)
{
	gnutls_x509_privkey_t key = NULL;
	unsigned char a[64], b[64];
	size_t an = sizeof(a), bn = sizeof(b);
	bool ok = gnutls_x509_privkey_init(&key) == 0 &&
		gnutls_x509_privkey_import2(key, pem, GNUTLS_X509_FMT_PEM, NULL, 0) == 0 &&
		gnutls_x509_privkey_get_key_id(key, 0, a, &an) == 0 && gnutls_x509_crt_get_key_id(crt, 0, b, &bn) == 0 &&
		an == bn && memcmp(a, b, an) == 0;
	if (key)
		gnutls_x509_privkey_deinit(key);
	return ok;
}

int cert_look(const char *cert_file, const char *key_file, struct cert_info *ret, struct err *e)
{
	gnutls_datum_t cert = {0}, key = {0};
	gnutls_x509_crt_t crt = NULL;
	int rc = file_load(cert_file, &cert, e);
	if (!rc)
		rc = file_load(key_file, &key, e);
	if (!rc && gnutls_x509_crt_init(&crt))
		rc = err_set(e, KT_ENOMEM, "er is te weinig geheugen");
	if (!rc && gnutls_x509_crt_import(crt, &cert, GNUTLS_X509_FMT_PEM))
		rc = err_set(e, KT_EINVAL, "het certificaat is geen leesbaar PEM-bestand");
	if (!rc)
		*ret = (struct cert_info){.from_ms = (int64_t)gnutls_x509_crt_get_activation_time(crt) * 1000,
		                          .until_ms = (int64_t)gnutls_x509_crt_get_expiration_time(crt) * 1000,
		                          .key_fits = fits(crt, &key)};
	if (crt)
		gnutls_x509_crt_deinit(crt);
	file_free(&cert);
	file_free(&key);
	return rc;
}
