#include "api/site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "seam/crypto.h"

struct site {
	struct arena *arena;    /* everything but this struct */
	struct site_file *file; /* sorted by path */
	size_t n;
};

static int too_much(const char *at, struct err *e)
{
	return err_at(e, KT_ELIMIT, at, 0,
	              "de webmap is te groot: hoogstens %u bestanden, %u MiB per bestand en %zu MiB samen", SITE_FILES,
	              SITE_FILE_BYTES >> 20, SITE_BYTES >> 20);
}

/* ---- names ---- */

static const struct {
	const char *ending, *type;
} TYPES[] = {
	{".html", "text/html; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".json", "application/json"},
	{".webmanifest", "application/manifest+json"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".ico", "image/x-icon"},
	{".woff2", "font/woff2"},
	{".txt", "text/plain; charset=utf-8"},
};

static const char *type_of(struct str name)
{
	for (size_t i = 0; i < sizeof(TYPES) / sizeof(*TYPES); i++)
		if (str_ends(name, str_of(TYPES[i].ending)))
			return TYPES[i].type;
	return "application/octet-stream";
}

static bool name_ok(const char *z)
{
	for (; *z; z++)
		if (!ch_alnum((unsigned char)*z) && !strchr("._-", *z))
			return false;
	return true;
}

static bool is_error_page(struct str bare)
{
	return str_is(bare, "404") || str_is(bare, "503") || str_ends(bare, STR("/404")) || str_ends(bare, STR("/503"));
}

/* The path by which `rel` is asked for. */
static struct str path_of(struct arena *a, struct str rel)
{
	if (!str_ends(rel, STR(".html")))
		return arena_fmt(a, "/" STR_FMT, STR_ARG(rel));
	struct str bare = str_sub(rel, 0, rel.n - 5);
	if (is_error_page(bare))
		return arena_str(a, bare);
	if (str_is(bare, "index") || str_ends(bare, STR("/index")))
		bare.n -= 5;
	return arena_fmt(a, "/" STR_FMT, STR_ARG(bare));
}

/* ---- reading ---- */

static int read_all(int fd, char *p, size_t n)
{
	while (n) {
		ssize_t got = read(fd, p, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return KT_EIO; /* shorter than it was a moment ago, too */
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

/* Of a regular file; `st` is of this descriptor. */
static int take_bytes(struct site *s, int fd, const struct stat *st, const char *at, struct str *ret, struct err *e)
{
	if (st->st_size > (off_t)SITE_FILE_BYTES)
		return too_much(at, e);
	size_t n = (size_t)st->st_size;
	char *p = arena_alloc(s->arena, n + 1);
	if (!p)
		return too_much(at, e);
	if (read_all(fd, p, n))
		return err_at(e, KT_EIO, at, 0, "een bestand van de webmap is niet te lezen");
	*ret = (struct str){p, n};
	return 0;
}

static void tag_make(char tag[SITE_TAG], struct str bytes)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t h[32];
	crypto_h(h, "site", bytes);
	char *p = tag;
	*p++ = '"';
	for (size_t i = 0; i < (SITE_TAG - 4) / 2; i++) {
		*p++ = digits[h[i] >> 4];
		*p++ = digits[h[i] & 15];
	}
	*p++ = '"';
	*p = 0;
}

static struct site_file *entry(struct site *s, struct str path)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->file[i].path, path))
			return &s->file[i];
	return s->n < SITE_FILES ? &s->file[s->n] : NULL;
}

static int add_file(struct site *s, struct str rel, struct str bytes, struct err *e)
{
	enum site_form form = str_ends(rel, STR(".gz")) ? SITE_GZIP : SITE_PLAIN;
	char at[SITE_PATH];
	(void)str_copy(at, sizeof(at), rel);
	if (form == SITE_GZIP)
		rel.n -= 3;
	struct str path = path_of(s->arena, rel);
	struct site_file *f = path.p ? entry(s, path) : NULL;
	if (!f)
		return too_much(at, e);
	if (!f->path.p) {
		s->n++;
		*f = (struct site_file){.path = path, .type = type_of(rel)};
		f->page = str_ends(rel, STR(".html"));
		f->hashed = str_starts(rel, STR("assets/"));
	}
	if (f->form[form].p)
		return err_at(e, KT_EINVAL, at, 0, "de webmap heeft twee bestanden voor één adres");
	f->form[form] = bytes;
	tag_make(f->tag[form], bytes);
	return 0;
}

static int walk(struct site *s, int fd, struct str rel, int depth, struct err *e);

/* One name in the folder `dir`; `rel` is its path from the web folder. */
static int visit(struct site *s, int dir, const char *name, struct str rel, int depth, struct err *e)
{
	struct stat st;
	struct str bytes = STR_NONE;
	char at[SITE_PATH];
	if (!name_ok(name) || !str_copy(at, sizeof(at), rel))
		return err_set(e, KT_EINVAL,
		               "een naam in de webmap is te lang of heeft andere tekens dan letters, cijfers, '.', '_' en '-'");
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP)
		return err_at(e, KT_EREFUSED, at, 0, "de webmap mag geen symbolische koppelingen hebben");
	if (fd < 0 || fstat(fd, &st)) {
		int rc = err_at(e, err_errno(errno), at, 0, "een bestand van de webmap is niet te openen");
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	if (S_ISDIR(st.st_mode))
		return walk(s, fd, rel, depth + 1, e); /* closes it */
	int rc = S_ISREG(st.st_mode) ? take_bytes(s, fd, &st, at, &bytes, e)
								 : err_at(e, KT_EREFUSED, at, 0, "de webmap mag alleen gewone bestanden hebben");
	(void)close(fd);
	return rc ? rc : add_file(s, rel, bytes, e);
}

static int walk(struct site *s, int fd, struct str rel, int depth, struct err *e)
{
	int rc = depth > SITE_DEPTH ? err_set(e, KT_ELIMIT, "de webmap heeft meer dan %d lagen mappen", SITE_DEPTH) : 0;
	DIR *d = rc ? NULL : fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return rc ? rc : err_sys(e, "de webmap is niet te lezen");
	}
	const struct dirent *one;
	while (!rc && (one = readdir(d))) {
		if (one->d_name[0] == '.')
			continue;
		struct str sub = arena_fmt(s->arena, STR_FMT "%s%s", STR_ARG(rel), rel.n ? "/" : "", one->d_name);
		rc = sub.p ? visit(s, dirfd(d), one->d_name, sub, depth, e) : too_much("", e);
	}
	(void)closedir(d);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	const struct site_file *x = a, *y = b;
	return str_cmp(x->path, y->path);
}

/* A compressed form alone is of no use to a client that cannot read it. */
static int check_forms(const struct site *s, struct err *e)
{
	char at[SITE_PATH];
	for (size_t i = 0; i < s->n; i++) {
		if (s->file[i].form[SITE_PLAIN].p)
			continue;
		(void)str_copy(at, sizeof(at), s->file[i].path);
		return err_at(e, KT_EINVAL, at, 0, "de webmap heeft hiervan alleen de ingepakte vorm (.gz)");
	}
	return 0;
}

int site_open(const char *dir, struct site **ret, struct err *e)
{
	struct site *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, KT_ENOMEM, "onvoldoende geheugen voor de webmap");
	s->arena = arena_new(SITE_BYTES);
	s->file = s->arena ? arena_array(s->arena, SITE_FILES, sizeof(*s->file)) : NULL;
	int rc = s->file ? 0 : err_set(e, KT_ENOMEM, "onvoldoende geheugen voor de webmap");
	int fd = rc ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!rc && fd < 0)
		rc = err_at(e, err_errno(errno), dir, 0, "de webmap is niet te openen");
	if (!rc)
		rc = walk(s, fd, STR(""), 0, e);
	if (!rc)
		rc = check_forms(s, e);
	if (rc) {
		(void)site_close(s);
		return rc;
	}
	qsort(s->file, s->n, sizeof(*s->file), by_path);
	*ret = s;
	return 0;
}

struct site *site_close(struct site *s)
{
	if (s)
		arena_free(s->arena);
	free(s);
	return NULL;
}

const struct site_file *site_find(const struct site *s, struct str path)
{
	struct site_file want = {.path = path};
	return s ? bsearch(&want, s->file, s->n, sizeof(*s->file), by_path) : NULL;
}

size_t site_count(const struct site *s)
{
	return s->n;
}
