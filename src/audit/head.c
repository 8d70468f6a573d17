/* Rows, heads and the mark file as bytes. */
#include "audit/audit_int.h"
#include "seam/json.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK_MAGIC "KTMARK1\n"
#define MARK_CHAIN 24 /* offsets: magic 8, n 8, at 8, chain 64, seq 8, hash 32, message 32, public 32, signature 64 */
#define MARK_SEQ (MARK_CHAIN + AUDIT_CHAIN_MAX)
#define MARK_HASH (MARK_SEQ + 8)
#define MARK_MESSAGE (MARK_HASH + AUDIT_HASH)
#define MARK_PUBLIC (MARK_MESSAGE + AUDIT_HASH)
#define MARK_SIG (MARK_PUBLIC + SIGN_PUBLIC)
#define MARK_BYTES (MARK_SIG + SIGN_BYTES)
_Static_assert(MARK_BYTES == 256, "one record, one block");

void audit_row_hash(uint8_t out[AUDIT_HASH], const struct audit_row *r, int64_t seq)
{
	crypto_h(out, "audit-row", F_STR(r->chain), F_U64(seq), F_U64(r->at_ms), F_STR(r->actor), F_STR(r->action),
	         F_STR(r->object), F_STR(r->detail), F_STR(r->prev));
}

static void put64(uint8_t *p, int64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
}

static int64_t get64(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

int audit_head_message(struct buf *b, int64_t n, int64_t at_ms, struct str chains)
{
	uint8_t fixed[16];

	put64(fixed, n);
	put64(fixed + 8, at_ms);
	buf_reset(b);
	buf_add(b, fixed, sizeof(fixed));
	buf_str(b, chains);
	return buf_err(b);
}

int audit_head_hash(struct buf *b, const struct audit_head *h, uint8_t ret[AUDIT_HASH])
{
	int rc = audit_head_message(b, h->n, h->at_ms, h->chains);

	if (!rc)
		crypto_h(ret, "audit-mark", buf_view(b));
	return rc;
}

int audit_chains_write(struct buf *b, const struct audit_end *ends, size_t n)
{
	struct jw w;

	buf_reset(b);
	jw_init(&w, b);
	jw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		char hex[2 * AUDIT_HASH + 1];

		if (!ends[i].chain[0])
			continue;
		for (size_t k = 0; k < AUDIT_HASH; k++)
			(void)snprintf(hex + 2 * k, 3, "%02x", ends[i].hash[k]);
		jw_obj(&w);
		jw_kz(&w, "keten", ends[i].chain);
		jw_kint(&w, "rij", ends[i].seq);
		jw_kz(&w, "hash", hex);
		jw_obj_end(&w);
	}
	jw_arr_end(&w);
	return buf_err(b);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool end_parse(const struct val *v, struct audit_end *ret)
{
	struct str hash = val_text(v, "hash"), chain = val_text(v, "keten");

	ret->seq = val_int(v, "rij", 0);
	if (!chain.n || !str_copy(ret->chain, sizeof(ret->chain), chain) || ret->seq < 1 || hash.n != 2 * AUDIT_HASH)
		return false;
	for (size_t i = 0; i < AUDIT_HASH; i++) {
		int high = nibble(hash.p[2 * i]), low = nibble(hash.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret->hash[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

int audit_chains_of(struct arena *a, struct str json, const struct audit_end **ret, size_t *ret_n)
{
	const struct json_limits lim = {.max_bytes = AUDIT_JSON_MAX, .max_depth = 3};
	const struct val *v;
	struct audit_end *ends;

	if (json_read(a, json, &lim, &v, NULL) || v->type != VAL_ARR || v->arr.n == 0)
		return KT_EINVAL;
	ends = arena_array(a, v->arr.n, sizeof(*ends));
	if (!ends)
		return KT_ENOMEM;
	for (size_t i = 0; i < v->arr.n; i++)
		if (!end_parse(&v->arr.v[i], &ends[i]))
			return KT_EINVAL;
	*ret = ends;
	*ret_n = v->arr.n;
	return 0;
}

static void mark_bytes(uint8_t out[MARK_BYTES], const struct audit_mark *m)
{
	memset(out, 0, MARK_BYTES);
	memcpy(out, MARK_MAGIC, 8);
	put64(out + 8, m->n);
	put64(out + 16, m->at_ms);
	memcpy(out + MARK_CHAIN, m->end.chain, strlen(m->end.chain));
	put64(out + MARK_SEQ, m->end.seq);
	memcpy(out + MARK_HASH, m->end.hash, AUDIT_HASH);
	memcpy(out + MARK_MESSAGE, m->message, AUDIT_HASH);
	memcpy(out + MARK_PUBLIC, m->public, SIGN_PUBLIC);
	memcpy(out + MARK_SIG, m->sig, SIGN_BYTES);
}

void audit_mark_sign(struct audit_mark *m, const uint8_t secret[SIGN_SECRET])
{
	uint8_t b[MARK_BYTES];

	mark_bytes(b, m);
	crypto_sign_label(m->sig, secret, "audit-mark-sig", F_BYTES(b, MARK_SIG));
}

static bool mark_path(char out[4096], const char *dir)
{
	int n = snprintf(out, 4096, "%s/audit.head", dir);

	return n > 0 && n < 4096;
}

int audit_mark_get(const char *dir, struct audit_mark *ret)
{
	uint8_t b[MARK_BYTES + 1];
	struct audit_mark m = {0};
	char path[4096];
	ssize_t n;
	int rc, fd = mark_path(path, dir) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	if (fd < 0)
		return errno == ENOENT ? KT_ENOTFOUND : err_errno(errno);
	/* A writer is between two records for a moment only. */
	(void)flock(fd, LOCK_SH);
	n = pread(fd, b, sizeof(b), 0);
	rc = n < 0 ? err_errno(errno) : n == 0 ? KT_ENOTFOUND : 0;
	(void)close(fd);
	if (rc)
		return rc;
	if (n != MARK_BYTES || memcmp(b, MARK_MAGIC, 8) != 0)
		return KT_ECORRUPT;
	m.n = get64(b + 8);
	m.at_ms = get64(b + 16);
	memcpy(m.end.chain, b + MARK_CHAIN, AUDIT_CHAIN_MAX);
	m.end.seq = get64(b + MARK_SEQ);
	memcpy(m.end.hash, b + MARK_HASH, AUDIT_HASH);
	memcpy(m.message, b + MARK_MESSAGE, AUDIT_HASH);
	memcpy(m.public, b + MARK_PUBLIC, SIGN_PUBLIC);
	memcpy(m.sig, b + MARK_SIG, SIGN_BYTES);
	if (crypto_verify_label(m.sig, m.public, "audit-mark-sig", F_BYTES(b, MARK_SIG)))
		return KT_ECORRUPT;
	*ret = m;
	return 0;
}

int audit_mark_make(const char *dir, const struct audit_mark *m, struct err *e)
{
	uint8_t b[MARK_BYTES];
	char path[4096];
	struct stat st;
	int parent = -1, fd = mark_path(path, dir) ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	bool good = fd >= 0;

	mark_bytes(b, m);
	if (good) {
		(void)flock(fd, LOCK_EX);
		good = fstat(fd, &st) == 0;
		if (good && st.st_size == 0)
			good = pwrite(fd, b, sizeof(b), 0) == MARK_BYTES && fsync(fd) == 0;
		(void)close(fd);
	}
	/* Before the first COMMIT the name too is on the disk: after it a missing file means that it was taken away. */
	if (good)
		good = (parent = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 && fsync(parent) == 0;
	if (parent >= 0)
		(void)close(parent);
	return good ? 0 : err_sys(e, "audit.head is niet te maken");
}

void audit_mark_put(const char *dir, const struct audit_mark *m)
{
	uint8_t b[MARK_BYTES], old[MARK_BYTES];
	char path[4096];
	int fd = mark_path(path, dir) ? open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;

	/* Nobody is waiting for this: without it the database still holds all heads, and the next group tries again. */
	if (fd < 0)
		return;
	mark_bytes(b, m);
	(void)flock(fd, LOCK_EX);
	if (pread(fd, old, sizeof(old), 0) == MARK_BYTES && get64(old + 8) < m->n) {
		ssize_t put = pwrite(fd, b, sizeof(b), 0);

		(void)put;
	}
	(void)close(fd);
}
