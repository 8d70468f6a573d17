/* The tree is built from libfyaml's parser events: its document API keeps no line for every node. */
#include "seam/yaml.h"
#include "base/buf.h"
#include <errno.h>
#include <fcntl.h>
#include <libfyaml.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A collection that is being read. Items of a sequence are members without a key. */
struct frame {
	bool map;
	bool has_key;
	int line;
	int key_line;
	struct str key;
	struct val_member *m;
	size_t n;
	size_t cap;
};

struct reader {
	struct arena *a;
	const char *name;
	struct err *e;
	locale_t c; /* decimal point, whatever the locale of the process */
	int line;   /* of the last event that had one */
	unsigned depth;
	unsigned documents;
	bool done;
	struct val root;
	struct frame st[YAML_MAX_DEPTH];
};

static int fail(struct reader *r, int code, int line, const char *what)
{
	return err_at(r->e, code, r->name, line, "YAML: %s", what);
}

static int no_room(struct reader *r)
{
	return fail(r, KT_ELIMIT, r->line, "te groot om te verwerken");
}

static bool one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_is(s, *words))
			return true;
	return false;
}

/* Numbers as JSON writes them. The core schema also takes 007 and +31612345678 for integers; those are codes and
 * telephone numbers that would lose characters, so here they stay text. */
static bool number_shape(struct str s, bool *ret_real)
{
	size_t i = s.n && s.p[0] == '-', from = i;
	while (i < s.n && ch_digit((unsigned char)s.p[i]))
		i++;
	if (i == from || (s.p[from] == '0' && i > from + 1))
		return false;
	*ret_real = i < s.n;
	if (i < s.n && s.p[i] == '.') {
		from = ++i;
		while (i < s.n && ch_digit((unsigned char)s.p[i]))
			i++;
		if (i == from)
			return false;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		from = i;
		while (i < s.n && ch_digit((unsigned char)s.p[i]))
			i++;
		if (i == from)
			return false;
	}
	return i == s.n;
}

static int number(struct reader *r, struct str s, bool real, struct val *v)
{
	if (!real) {
		v->type = VAL_INT;
		if (!str_int(s, &v->i))
			return fail(r, KT_EINVAL, v->line, "een geheel getal is te groot");
		return 0;
	}
	v->type = VAL_REAL;
	v->d = strtod_l(s.p, NULL, r->c); /* s is a copy in the arena, with NUL */
	if (!isfinite(v->d))
		return fail(r, KT_EINVAL, v->line, "een getal is te groot");
	return 0;
}

static int plain(struct reader *r, struct str s, struct val *v)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const trues[] = {"true", "True", "TRUE", NULL};
	static const char *const falses[] = {"false", "False", "FALSE", NULL};
	bool real;
	if (one_of(s, nulls)) {
		v->type = VAL_NULL;
	} else if (one_of(s, trues) || one_of(s, falses)) {
		v->type = VAL_BOOL;
		v->b = one_of(s, trues);
	} else if (number_shape(s, &real)) {
		return number(r, s, real, v);
	} else {
		v->type = VAL_STR;
		v->s = s;
	}
	return 0;
}

static int push_member(struct reader *r, struct frame *f, const struct val *v)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 8;
		struct val_member *m = arena_array(r->a, cap, sizeof *m);
		if (!m)
			return no_room(r);
		if (f->n)
			memcpy(m, f->m, f->n * sizeof *m);
		f->m = m;
		f->cap = cap;
	}
	f->m[f->n++] = (struct val_member){f->key, f->map ? f->key_line : v->line, *v};
	f->has_key = false;
	return 0;
}

static int add_value(struct reader *r, const struct val *v)
{
	if (r->depth == 0) {
		r->root = *v;
		r->done = true;
		return 0;
	}
	return push_member(r, &r->st[r->depth - 1], v);
}

static bool wants_key(const struct reader *r)
{
	return r->depth && r->st[r->depth - 1].map && !r->st[r->depth - 1].has_key;
}

static int take_key(struct reader *r, struct str s, bool is_plain)
{
	struct frame *f = &r->st[r->depth - 1];
	if (s.n == 0)
		return fail(r, KT_EINVAL, r->line, "een naam is leeg");
	if (is_plain && str_is(s, "<<"))
		return fail(r, KT_EINVAL, r->line, "samenvoegen met << mag niet");
	f->key = s;
	f->key_line = r->line;
	f->has_key = true;
	return 0;
}

/* Piece by piece: fy_token_get_text of libfyaml 0.7.12 leaks when a scalar has many pieces. */
static int token_text(struct reader *r, struct fy_token *token, struct str *ret)
{
	struct buf b = BUF_INIT(YAML_MAX_BYTES);
	struct fy_token_iter *it = token ? fy_token_iter_create(token) : NULL;
	const struct fy_iter_chunk *chunk = NULL;
	int bad = 0;
	while (it && (chunk = fy_token_iter_chunk_next(it, chunk, &bad)))
		buf_add(&b, chunk->str, chunk->len);
	if (it)
		fy_token_iter_destroy(it);
	bad = bad || (token && !it) || buf_err(&b);
	struct str s = bad ? STR_NONE : arena_str(r->a, buf_view(&b));
	buf_free(&b);
	if (!s.p)
		return no_room(r);
	*ret = s;
	return 0;
}

static int on_scalar(struct reader *r, struct fy_event *ev)
{
	struct str s;
	bool is_plain = fy_token_scalar_style(ev->scalar.value) == FYSS_PLAIN;
	int text = token_text(r, ev->scalar.value, &s);
	if (text)
		return text;
	if (!str_utf8(s) || str_find(s, 0) >= 0) /* \0 and \x in a quoted text */
		return fail(r, KT_EINVAL, r->line, "een tekst bevat een NUL-teken of geen geldig UTF-8");
	if (wants_key(r))
		return take_key(r, s, is_plain);
	struct val v = {.type = VAL_STR, .line = r->line, .s = s};
	int rc = is_plain ? plain(r, s, &v) : 0;
	return rc ? rc : add_value(r, &v);
}

static int on_open(struct reader *r, bool map)
{
	if (wants_key(r))
		return fail(r, KT_EINVAL, r->line, "een naam moet tekst zijn");
	if (r->depth == YAML_MAX_DEPTH)
		return fail(r, KT_ELIMIT, r->line, "te diep genest");
	r->st[r->depth++] = (struct frame){.map = map, .line = r->line};
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct val_member *x = *(const struct val_member *const *)a, *y = *(const struct val_member *const *)b;
	int order = str_cmp(x->key, y->key);
	return order ? order : (x > y) - (x < y); /* equal keys in file order: the second is the one to name */
}

/* Sorted, not each against each: a file of a hundred thousand keys must not take minutes. */
static int check_doubles(struct reader *r, const struct frame *f)
{
	if (f->n < 2)
		return 0;
	const struct val_member **at = arena_array(r->a, f->n, sizeof *at);
	if (!at)
		return no_room(r);
	for (size_t i = 0; i < f->n; i++)
		at[i] = &f->m[i];
	qsort(at, f->n, sizeof *at, by_key);
	for (size_t i = 1; i < f->n; i++)
		if (str_eq(at[i - 1]->key, at[i]->key))
			return fail(r, KT_EINVAL, at[i]->line, "een naam komt tweemaal voor");
	return 0;
}

static int on_close(struct reader *r)
{
	struct frame *f = &r->st[r->depth - 1];
	struct val v = {.line = f->line};
	if (f->map) {
		int rc = check_doubles(r, f);
		if (rc)
			return rc;
		v.type = VAL_OBJ;
		v.obj.m = f->m;
		v.obj.n = f->n;
	} else {
		v.type = VAL_ARR;
		v.arr.n = f->n;
		v.arr.v = arena_array(r->a, f->n, sizeof *v.arr.v);
		if (!v.arr.v)
			return no_room(r);
		for (size_t i = 0; i < f->n; i++)
			v.arr.v[i] = f->m[i].v;
	}
	r->depth--;
	return add_value(r, &v);
}

static bool has_anchor(const struct fy_event *ev)
{
	return ev->type == FYET_ALIAS || (ev->type == FYET_SCALAR && ev->scalar.anchor) ||
	       (ev->type == FYET_SEQUENCE_START && ev->sequence_start.anchor) ||
	       (ev->type == FYET_MAPPING_START && ev->mapping_start.anchor);
}

static bool has_tag(const struct fy_event *ev)
{
	return (ev->type == FYET_SCALAR && ev->scalar.tag) || (ev->type == FYET_SEQUENCE_START && ev->sequence_start.tag) ||
	       (ev->type == FYET_MAPPING_START && ev->mapping_start.tag);
}

static int on_event(struct reader *r, struct fy_event *ev)
{
	const struct fy_mark *mark = fy_event_start_mark(ev);
	if (mark)
		r->line = mark->line + 1;
	if (has_anchor(ev))
		return fail(r, KT_EINVAL, r->line, "ankers (&) en verwijzingen (*) mogen niet");
	if (has_tag(ev))
		return fail(r, KT_EINVAL, r->line, "typeaanduidingen (!) mogen niet");
	switch (ev->type) {
	case FYET_DOCUMENT_START:
		return ++r->documents > 1 ? fail(r, KT_EINVAL, r->line, "meer dan één document in een bestand") : 0;
	case FYET_SCALAR: return on_scalar(r, ev);
	case FYET_SEQUENCE_START: return on_open(r, false);
	case FYET_MAPPING_START: return on_open(r, true);
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END: return on_close(r);
	default: return 0;
	}
}

/* libfyaml writes its words to stderr unless something else takes them. */
static void drop_output(struct fy_diag *diag, void *user, const char *text, size_t n)
{
	(void)diag, (void)user, (void)text, (void)n;
}

static int syntax_error(struct reader *r, struct fy_diag *diag)
{
	void *at = NULL;
	struct fy_diag_error *first = fy_diag_errors_iterate(diag, &at);
	int line = first && first->line > 0 ? first->line : r->line;
	return fail(r, KT_EINVAL, line, "dit is geen geldig YAML (inspringing, aanhalingsteken of dubbele punt?)");
}

static int parse(struct reader *r, struct str text)
{
	struct fy_diag_cfg dc;
	fy_diag_cfg_default(&dc);
	dc.fp = NULL;
	dc.output_fn = drop_output;
	dc.colorize = false;
	struct fy_diag *diag = fy_diag_create(&dc);
	if (!diag)
		return fail(r, KT_ENOMEM, 0, "geen geheugen");
	fy_diag_set_collect_errors(diag, true);
	struct fy_parse_cfg pc = {.flags = FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_QUIET, .diag = diag};
	struct fy_parser *p = fy_parser_create(&pc);
	int rc = 0;
	if (!p || fy_parser_set_string(p, text.p, text.n) != 0) {
		rc = fail(r, KT_ENOMEM, 0, "geen geheugen");
	} else {
		struct fy_event *ev;
		while (!rc && (ev = fy_parser_parse(p))) {
			rc = on_event(r, ev);
			fy_parser_event_free(p, ev);
		}
		if (!rc && fy_parser_get_stream_error(p))
			rc = syntax_error(r, diag);
	}
	if (p)
		fy_parser_destroy(p);
	fy_diag_destroy(diag);
	return rc;
}

static int line_at(struct str text, size_t at)
{
	int line = 1;
	for (size_t i = 0; i < at; i++)
		line += text.p[i] == '\n';
	return line;
}

static int check_bytes(struct reader *r, struct str text)
{
	if (text.n > YAML_MAX_BYTES)
		return fail(r, KT_ELIMIT, 0, "groter dan 4 MiB");
	if (text.n == 0)
		return fail(r, KT_EINVAL, 0, "het bestand is leeg");
	ptrdiff_t nul = str_find(text, 0);
	if (nul >= 0)
		return fail(r, KT_EINVAL, line_at(text, (size_t)nul), "een NUL-teken mag niet");
	/* Nobody needs them, and libfyaml 0.7.12 frees a key twice after some misplaced ones. */
	ptrdiff_t tab = str_find(text, '\t');
	if (tab >= 0)
		return fail(r, KT_EINVAL, line_at(text, (size_t)tab), "een tab mag niet; gebruik spaties");
	for (struct str s = text; s.n;) {
		size_t one = str_utf8_first(s);
		if (!one)
			return fail(r, KT_EINVAL, line_at(text, text.n - s.n), "geen geldig UTF-8");
		s = str_sub(s, one, s.n);
	}
	return 0;
}

int yaml_read(struct arena *a, struct str text, const char *name, const struct val **ret, struct err *e)
{
	struct reader r = {.a = a, .name = name, .e = e, .line = 1};
	int rc = check_bytes(&r, text);
	if (rc)
		return rc;
	r.c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!r.c)
		return fail(&r, KT_ENOMEM, 0, "geen geheugen");
	rc = parse(&r, text);
	freelocale(r.c);
	if (rc)
		return rc;
	if (!r.done)
		return fail(&r, KT_EINVAL, 0, "het bestand heeft geen inhoud");
	struct val *v = ARENA_NEW(a, struct val);
	if (!v)
		return no_room(&r);
	*v = r.root;
	*ret = v;
	return 0;
}

/* One byte more than the maximum is asked for: yaml_read then refuses what is too large. */
static int read_all(int fd, const char *path, struct buf *b, struct err *e)
{
	for (;;) {
		char *room = buf_room(b, 65536);
		size_t want = 65536;
		if (!room)
			return err_at(e, buf_err(b), path, 0, "YAML: groter dan 4 MiB");
		ssize_t n = read(fd, room, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_at(e, err_errno(errno), path, 0, "het bestand is niet te lezen");
		if (n == 0)
			return 0;
		buf_added(b, (size_t)n);
	}
}

int yaml_read_file(struct arena *a, const char *path, const struct val **ret, struct err *e)
{
	/* O_NONBLOCK: a pipe in the policy directory must not hang the start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		int sys = errno;
		return err_at(e, err_errno(sys), path, 0, "%s",
			sys == ENOENT ? "bestand bestaat niet" : "bestand is niet te openen");
	}
	struct stat st;
	struct buf b = BUF_INIT(YAML_MAX_BYTES + 65536 + 1);
	int rc = 0;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = err_at(e, KT_EINVAL, path, 0, "dit is geen gewoon bestand");
	if (!rc)
		rc = read_all(fd, path, &b, e);
	close(fd);
	if (!rc)
		rc = yaml_read(a, buf_view(&b), path, ret, e);
	buf_free(&b);
	return rc;
}
