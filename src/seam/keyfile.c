#include "seam/keyfile.h"
#include "seam/crypto.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct err *e, const char *name, int code, const char *what)
{
	return err_at(e, code, name, 0, "sleutelbestand: %s", what);
}

static int fail_sys(struct err *e, const char *name, const char *what)
{
	return fail(e, name, errno == ENOENT ? KT_ENOTFOUND : err_errno(errno), what);
}

/* All n bytes, or false with errno (0 when the file ended). */
static bool read_all(int fd, uint8_t *p, size_t n)
{
	while (n) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (got == 0)
				errno = 0;
			return false;
		}
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

/* The folder, made when `create`. */
static int keys_open(const char *dir, bool create, int *ret, struct err *e)
{
	int parent = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), keys;

	if (parent < 0)
		return fail_sys(e, "", "de gegevensmap is niet te openen");
	if (create && mkdirat(parent, "keys", 0700) == 0) {
		(void)fsync(parent);
	} else if (create && errno != EEXIST) {
		int rc = fail_sys(e, "keys", "de map keys is niet te maken");

		(void)close(parent);
		return rc;
	}
	keys = openat(parent, "keys", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (keys < 0) {
		int rc = fail_sys(e, "keys", "de map keys is niet te openen");

		(void)close(parent);
		return rc;
	}
	(void)close(parent);
	*ret = keys;
	return 0;
}

static int key_read_open(int fd, const char *name, void *buf, size_t n, struct err *e)
{
	struct stat st;
	uint8_t tmp[KEYFILE_MAX];
	bool ok;

	if (fstat(fd, &st) != 0)
		return fail_sys(e, name, "niet te lezen");
	if (!S_ISREG(st.st_mode))
		return fail(e, name, KT_EREFUSED, "is geen gewoon bestand");
	if (st.st_mode & 077)
		return fail(e, name, KT_EREFUSED,
		            "anderen kunnen het lezen; zet de rechten op 0600 en overweeg een nieuwe sleutel");
	if (st.st_size != (off_t)n)
		return fail(e, name, KT_ECORRUPT, "heeft niet de juiste lengte");
	ok = read_all(fd, tmp, n);
	if (ok)
		memcpy(buf, tmp, n);
	crypto_wipe(tmp, sizeof(tmp));
	return ok ? 0 : fail(e, name, errno ? err_errno(errno) : KT_ECORRUPT, "niet te lezen");
}

static int key_read(int keys, const char *name, void *buf, size_t n, struct err *e)
{
	int fd = openat(keys, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), rc;

	if (fd < 0)
		return errno == ELOOP ? fail(e, name, KT_EREFUSED, "is geen gewoon bestand")
							  : fail_sys(e, name, "niet te openen");
	rc = key_read_open(fd, name, buf, n, e);
	(void)close(fd);
	return rc;
}

/* Writes under a name of its own and links that: whoever comes first wins, and nobody ever sees half a key. */
static int key_create(int keys, const char *name, size_t n, void (*make)(void *, size_t), struct err *e)
{
	uint8_t fresh[KEYFILE_MAX], salt[8];
	char tmp[64];
	int fd, rc = 0;

	crypto_random(salt, sizeof(salt));
	(void)snprintf(tmp, sizeof(tmp), ".new-%02x%02x%02x%02x%02x%02x%02x%02x", salt[0], salt[1], salt[2], salt[3],
	               salt[4], salt[5], salt[6], salt[7]);
	fd = openat(keys, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_sys(e, name, "niet te maken");
	make(fresh, n);
	if (!write_all(fd, fresh, n) || fsync(fd) != 0)
		rc = fail_sys(e, name, "niet te schrijven");
	crypto_wipe(fresh, sizeof(fresh));
	if (close(fd) != 0 && !rc)
		rc = fail_sys(e, name, "niet te schrijven");
	if (!rc && linkat(keys, tmp, keys, name, 0) != 0 && errno != EEXIST)
		rc = fail_sys(e, name, "niet te maken");
	(void)unlinkat(keys, tmp, 0);
	if (!rc && fsync(keys) != 0)
		rc = fail_sys(e, name, "niet te schrijven");
	return rc;
}

int keyfile_get_made(const char *dir, const char *name, void *buf, size_t n, void (*make)(void *buf, size_t n),
                     struct err *e)
{
	int keys = -1, rc;

	if (n > KEYFILE_MAX)
		return fail(e, name, KT_EINTERNAL, "fout in het programma: te lang");
	rc = keys_open(dir, true, &keys, e);
	if (rc)
		return rc;
	rc = key_read(keys, name, buf, n, NULL);
	if (rc == KT_ENOTFOUND)
		rc = key_create(keys, name, n, make, e);
	else
		rc = 0; /* read again below, for the words */
	if (!rc)
		rc = key_read(keys, name, buf, n, e);
	(void)close(keys);
	return rc;
}

int keyfile_get(const char *dir, const char *name, void *buf, size_t n, struct err *e)
{
	return keyfile_get_made(dir, name, buf, n, crypto_random, e);
}

int keyfile_load(const char *dir, const char *name, void *buf, size_t n, struct err *e)
{
	int keys = -1, rc;

	if (n > KEYFILE_MAX)
		return fail(e, name, KT_EINTERNAL, "fout in het programma: te lang");
	rc = keys_open(dir, false, &keys, e);
	if (rc)
		return rc;
	rc = key_read(keys, name, buf, n, e);
	(void)close(keys);
	return rc;
}
