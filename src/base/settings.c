#include "base/settings.h"
#include "base/near.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_BYTES (64u << 10)

static const struct setting_info infos[SETTING_COUNT] = {
#define X(id, name, type, fallback, words, min, max, live, secret, doc) \
	{SET_##id, name, SETTING_##type, fallback, words, min, max, live, secret, doc},
	SETTINGS(X)
#undef X
};

void settings_init(struct settings *s)
{
	memset(s, 0, sizeof *s);
	for (size_t i = 0; i < SETTING_COUNT; i++)
		(void)str_copy(s->value[i], SETTING_BYTES, str_of(infos[i].fallback));
}

void settings_wipe(struct settings *s)
{
	explicit_bzero(s, sizeof *s);
}

/* Position of `word` in "a|b|c", -1 when absent. */
static int word_index(const char *words, struct str word)
{
	struct str rest = str_of(words);
	for (int i = 0;; i++) {
		ptrdiff_t bar = str_find(rest, '|');
		struct str one = bar < 0 ? rest : str_sub(rest, 0, (size_t)bar);
		if (one.n && str_eq(one, word))
			return i;
		if (bar < 0)
			return -1;
		rest = str_sub(rest, (size_t)bar + 1, rest.n);
	}
}

const struct setting_info *settings_find(struct str name)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (str_is(name, infos[i].name))
			return &infos[i];
	return NULL;
}

static int unknown(struct str name, const char *at, int line, struct err *e)
{
	struct near n = near_begin(name);
	for (size_t i = 0; i < SETTING_COUNT; i++)
		near_try(&n, infos[i].name);
	if (!near_plain(name))
		return err_at(e, KT_EINVAL, at, line, "onbekende instelling");
	if (n.best)
		return err_at(e, KT_EINVAL, at, line, "onbekende instelling %.*s; bedoeld is misschien %s", STR_ARG(name),
			n.best);
	return err_at(e, KT_EINVAL, at, line, "onbekende instelling %.*s", STR_ARG(name));
}

static bool bool_word(struct str v, bool *ret)
{
	bool yes = str_is(v, "true") || str_is(v, "yes") || str_is(v, "1");
	if (!yes && !str_is(v, "false") && !str_is(v, "no") && !str_is(v, "0"))
		return false;
	*ret = yes;
	return true;
}

/* The value itself stays out of the message: it may be a password in the wrong place. */
static int check(const struct setting_info *in, struct str v, const char *at, int line, struct err *e)
{
	int64_t n;
	bool yes;
	if (v.n >= SETTING_BYTES)
		return err_at(e, KT_ELIMIT, at, line, "%s: hoogstens %d bytes", in->name, SETTING_BYTES - 1);
	if (str_find(v, 0) >= 0 || !str_utf8(v))
		return err_at(e, KT_EINVAL, at, line, "%s: geen geldige tekst (UTF-8)", in->name);
	switch (in->type) {
	case SETTING_TEXT:
		if (v.n == 0)
			return err_at(e, KT_EINVAL, at, line, "%s: verwacht %s", in->name, in->doc);
		return 0;
	case SETTING_INT:
		if (!str_int(v, &n) || n < in->min || n > in->max)
			return err_at(e, KT_EINVAL, at, line, "%s: verwacht een geheel getal van %lld tot en met %lld", in->name,
				(long long)in->min, (long long)in->max);
		return 0;
	case SETTING_BOOL:
		return bool_word(v, &yes) ? 0 : err_at(e, KT_EINVAL, at, line, "%s: verwacht true of false", in->name);
	case SETTING_ENUM:
		if (word_index(in->words, v) < 0)
			return err_at(e, KT_EINVAL, at, line, "%s: verwacht een van %s", in->name, in->words);
		return 0;
	}
	return err_set(e, KT_EINTERNAL, "soort instelling");
}

static int store(struct settings *s, const struct setting_info *in, struct str v, enum setting_source from,
	const char *at, int line, struct err *e)
{
	int rc = check(in, v, at, line, e);
	if (rc)
		return rc;
	if (from < s->from[in->id])
		return 0; /* a stronger source has spoken */
	explicit_bzero(s->value[in->id], SETTING_BYTES);
	(void)str_copy(s->value[in->id], SETTING_BYTES, v);
	s->from[in->id] = from;
	return 0;
}

static int take_line(struct settings *s, struct str l, const char *path, int line, struct err *e)
{
	l = str_trim(l);
	if (l.n == 0 || l.p[0] == '#')
		return 0;
	ptrdiff_t eq = str_find(l, '=');
	if (eq < 0)
		return err_at(e, KT_EINVAL, path, line, "verwacht: naam = waarde");
	struct str name = str_trim(str_sub(l, 0, (size_t)eq));
	const struct setting_info *in = settings_find(name);
	if (!in)
		return unknown(name, path, line, e);
	return store(s, in, str_trim(str_sub(l, (size_t)eq + 1, l.n)), FROM_FILE, path, line, e);
}

static int read_file(const char *path, char *text, size_t cap, size_t *ret_n, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_at(e, err_errno(errno), path, 0, "instellingenbestand is niet te openen");
	size_t n = 0;
	ssize_t got = 1;
	while (got > 0 && n < cap) {
		got = read(fd, text + n, cap - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			n += (size_t)got;
	}
	int code = got < 0 ? err_errno(errno) : 0;
	close(fd);
	if (code)
		return err_at(e, code, path, 0, "instellingenbestand is niet te lezen");
	if (n == cap)
		return err_at(e, KT_ELIMIT, path, 0, "instellingenbestand is groter dan %u bytes", FILE_BYTES);
	*ret_n = n;
	return 0;
}

int settings_file(struct settings *s, const char *path, struct err *e)
{
	char text[FILE_BYTES + 1];
	size_t n = 0;
	int rc = read_file(path, text, sizeof text, &n, e);
	if (rc)
		return rc;
	struct settings next = *s;
	struct str rest = {text, n};
	for (int line = 1; !rc && rest.n; line++) {
		ptrdiff_t end = str_find(rest, '\n');
		size_t len = end < 0 ? rest.n : (size_t)end;
		rc = take_line(&next, str_sub(rest, 0, len), path, line, e);
		rest = str_sub(rest, end < 0 ? rest.n : len + 1, rest.n);
	}
	if (!rc)
		*s = next;
	explicit_bzero(text, sizeof text);
	settings_wipe(&next);
	return rc;
}

int settings_env(struct settings *s, char *(*get)(const char *name), struct err *e)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		char name[64];
		int n = snprintf(name, sizeof name, "KENTERING_%s", infos[i].name);
		if (n < 0 || (size_t)n >= sizeof name)
			return err_set(e, KT_EINTERNAL, "naam van een instelling is te lang");
		for (char *p = name; *p; p++)
			*p = (char)ch_toupper((unsigned char)*p);
		const char *v = get(name);
		if (!v || !*v)
			continue;
		int rc = store(s, &infos[i], str_of(v), FROM_ENV, name, 0, e);
		if (rc)
			return rc;
	}
	return 0;
}

int settings_set(struct settings *s, struct str name, struct str value, struct err *e)
{
	const struct setting_info *in = settings_find(name);
	if (!in)
		return unknown(name, "", 0, e);
	return store(s, in, value, FROM_FLAG, "", 0, e);
}

const char *settings_text(const struct settings *s, enum setting_id id)
{
	return s->value[id];
}

int64_t settings_int(const struct settings *s, enum setting_id id)
{
	int64_t v = 0;
	(void)str_int(str_of(s->value[id]), &v); /* checked when it was stored */
	return v;
}

bool settings_bool(const struct settings *s, enum setting_id id)
{
	bool v = false;
	(void)bool_word(str_of(s->value[id]), &v);
	return v;
}

bool settings_is(const struct settings *s, enum setting_id id, const char *word)
{
	return str_is(str_of(s->value[id]), word);
}

int settings_enum(const struct settings *s, enum setting_id id)
{
	return word_index(infos[id].words, str_of(s->value[id]));
}

const char *settings_shown(const struct settings *s, enum setting_id id)
{
	return infos[id].secret ? "(geheim)" : s->value[id];
}

const struct setting_info *settings_info(enum setting_id id)
{
	return &infos[id];
}

void settings_each(void (*fn)(const struct setting_info *info, void *ctx), void *ctx)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		fn(&infos[i], ctx);
}
