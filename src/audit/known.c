/* Where a directory's own memory of the log begins: the first audit.head, the keys of other writers that are trusted
 * here, and what a restore makes of both. */
#include "audit/audit_int.h"
#include "base/log.h"
#include "seam/keyfile.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int known_fail(struct err *e, int code, const char *what)
{
	return err_at(e, code, "audit.known", 0, "sleutelbestand: %s", what);
}

static int known_read(int fd, struct buf *to, struct err *e)
{
	uint8_t b[SIGN_PUBLIC * 32];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return err_sys(e, "audit.known is niet te lezen");
	if (!S_ISREG(st.st_mode))
		return known_fail(e, KT_EREFUSED, "is geen gewoon bestand");
	if (st.st_mode & 077)
		return known_fail(e, KT_EREFUSED, "anderen kunnen erbij; ga na wat erin staat en zet de rechten op 0600");
	while ((n = read(fd, b, sizeof(b))) > 0 || (n < 0 && errno == EINTR))
		buf_add(to, b, n > 0 ? (size_t)n : 0);
	if (n < 0)
		return err_sys(e, "audit.known is niet te lezen");
	if (buf_err(to))
		return known_fail(e, KT_ELIMIT, "er staan te veel sleutels in");
	if (buf_view(to).n % SIGN_PUBLIC)
		return known_fail(e, KT_ECORRUPT, "de lengte is geen veelvoud van 32 bytes");
	return 0;
}

int audit_known_get(const char *dir, struct buf *to, struct err *e)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/keys/audit.known", dir), fd, rc;

	if (n < 0 || n >= (int)sizeof(path))
		return err_set(e, KT_ELIMIT, "de naam van de gegevensmap is te lang");
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return errno == ELOOP ? known_fail(e, KT_EREFUSED, "is geen gewoon bestand")
							  : err_sys(e, "audit.known is niet te openen");
	rc = known_read(fd, to, e);
	(void)close(fd);
	return rc;
}

bool audit_known_has(const struct buf *known, const uint8_t key[SIGN_PUBLIC])
{
	struct str all = buf_view(known);

	for (size_t at = 0; at + SIGN_PUBLIC <= all.n; at += SIGN_PUBLIC)
		if (memcmp(all.p + at, key, SIGN_PUBLIC) == 0)
			return true;
	return false;
}

/* Whole or not at all: a list cut short would turn good heads into unknown ones. */
static int known_put(const char *dir, const struct buf *known, struct err *e)
{
	char path[4096], tmp[4096 + 8];
	struct str all = buf_view(known);
	int n = snprintf(path, sizeof(path), "%s/keys/audit.known", dir), fd, keys;
	bool good;

	if (n < 0 || n >= (int)sizeof(path))
		return err_set(e, KT_ELIMIT, "de naam van de gegevensmap is te lang");
	(void)snprintf(tmp, sizeof(tmp), "%s.nieuw", path);
	(void)unlink(tmp); /* of a restore that was cut off */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "audit.known is niet te maken");
	good = write(fd, all.p, all.n) == (ssize_t)all.n && fsync(fd) == 0;
	good = close(fd) == 0 && good;
	if (!good || rename(tmp, path) != 0)
		return err_sys(e, "audit.known is niet te schrijven");
	path[n - (int)strlen("/audit.known")] = 0;
	keys = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	good = keys >= 0 && fsync(keys) == 0;
	if (keys >= 0)
		(void)close(keys);
	return good ? 0 : err_sys(e, "audit.known is niet te schrijven");
}

/* The mark of the last head as the database has it, to be signed by the own key. */
static int mark_of(struct tx *tx, struct audit_mark *m, struct err *e)
{
	struct audit_head last = {0};
	const struct audit_end *ends;
	size_t n;
	int rc = audit_head_get(tx, tx_arena(tx), INT64_MAX, &last, e);

	if (rc == KT_ENOTFOUND)
		return 0;
	if (!rc && !audit_chains_of(tx_arena(tx), last.chains, &ends, &n))
		m->end = ends[0];
	if (!rc) {
		struct buf b;

		buf_init(&b, AUDIT_JSON_MAX + 64);
		m->n = last.n;
		if (audit_head_hash(&b, &last, m->message))
			rc = err_set(e, KT_ELIMIT, "te veel ketens in het logboek");
		buf_free(&b);
	}
	return rc;
}

int audit_mark_start(struct store *s, const char *dir, const struct clock *clk, const uint8_t secret[SIGN_SECRET],
                     bool always, struct err *e)
{
	struct audit_mark m = {.at_ms = clock_ms(clk)};
	bool used = false;
	struct tx *tx;
	int rc = store_read(s, &tx, e);

	if (rc)
		return rc;
	rc = audit_used_get(tx, &used, e);
	if (!rc)
		rc = mark_of(tx, &m, e);
	store_read_end(tx);
	if (rc)
		return rc;
	if (used && !always) {
		log_event(LOG_ERROR, "audit-mark-missing");
		return 0;
	}
	memcpy(m.public, secret + SIGN_SECRET - SIGN_PUBLIC, SIGN_PUBLIC);
	audit_mark_sign(&m, secret);
	return audit_mark_make(dir, &m, e);
}

struct adopt {
	const uint8_t *own;
	struct buf known;
	bool kept; /* audit.head speaks of this database */
};

static int key_adopt(struct str public, void *arg)
{
	struct adopt *ad = arg;

	if (public.n == SIGN_PUBLIC && !audit_known_has(&ad->known, (const uint8_t *)public.p))
		buf_str(&ad->known, public);
	return buf_err(&ad->known) ? KT_ELIMIT : 0;
}

static int adopt_read(struct store *s, const char *dir, struct adopt *ad, struct err *e)
{
	struct audit_mark mark, here = {0};
	struct audit_head h;
	struct buf b;
	struct tx *tx;
	int rc = store_read(s, &tx, e);

	if (rc)
		return rc;
	rc = audit_keys_each(tx, key_adopt, ad, e);
	if (!rc) /* whoever puts the old keys back after this still knows who signed the restore */
		rc = key_adopt((struct str){(const char *)ad->own, SIGN_PUBLIC}, ad);
	if (rc == KT_ELIMIT)
		rc = known_fail(e, rc, "de kopie noemt te veel sleutels");
	buf_init(&b, AUDIT_JSON_MAX + 64);
	if (!rc && audit_mark_get(dir, &mark) == 0 && mark.n > 0) {
		rc = audit_head_get(tx, tx_arena(tx), mark.n, &h, e);
		ad->kept = !rc && h.n == mark.n && !audit_head_hash(&b, &h, here.message) &&
			memcmp(here.message, mark.message, AUDIT_HASH) == 0 && audit_known_has(&ad->known, mark.public);
		rc = rc == KT_ENOTFOUND ? 0 : rc;
	}
	buf_free(&b);
	store_read_end(tx);
	return rc;
}

/* It may be evidence of another history: it is kept beside the new one, whatever is there already. */
static int mark_aside(const char *dir, int64_t now_ms, struct err *e)
{
	char path[4096], aside[4096 + 64];
	int n = snprintf(path, sizeof(path), "%s/audit.head", dir);

	if (n < 0 || n >= (int)sizeof(path))
		return err_set(e, KT_ELIMIT, "de naam van de gegevensmap is te lang");
	for (int64_t i = 0; i < 1000; i++) {
		(void)snprintf(aside, sizeof(aside), "%s.oud-%lld", path, (long long)(now_ms + i));
		if (link(path, aside) == 0)
			return unlink(path) == 0 ? 0 : err_sys(e, "audit.head is niet opzij te zetten");
		if (errno == ENOENT)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return err_sys(e, "audit.head is niet opzij te zetten");
}

int audit_adopt(struct store *s, const char *dir, const struct clock *clk, size_t *ret_keys, struct err *e)
{
	struct adopt ad = {0};
	uint8_t *secret = crypto_guard(SIGN_SECRET);
	size_t keys;
	int rc;

	if (!secret)
		return err_set(e, KT_ENOMEM, "te weinig vergrendelbaar geheugen");
	ad.own = secret + SIGN_SECRET - SIGN_PUBLIC;
	buf_init(&ad.known, AUDIT_KNOWN_MAX);
	rc = keyfile_load(dir, "audit", secret, SIGN_SECRET, e);
	if (!rc)
		rc = audit_known_get(dir, &ad.known, e);
	if (!rc)
		rc = adopt_read(s, dir, &ad, e);
	if (!rc)
		rc = known_put(dir, &ad.known, e);
	if (!rc && !ad.kept)
		rc = mark_aside(dir, clock_ms(clk), e);
	if (!rc)
		rc = audit_mark_start(s, dir, clk, secret, true, e);
	keys = buf_view(&ad.known).n / SIGN_PUBLIC;
	buf_free(&ad.known);
	crypto_guard_free(secret);
	if (!rc)
		*ret_keys = keys;
	return rc;
}
