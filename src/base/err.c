#include "base/err.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts at a code point, so that a long text never ends in half a character. */
static void cut_utf8(char *text, size_t cap, int wanted)
{
	if (wanted < 0) {
		text[0] = 0;
		return;
	}
	if ((size_t)wanted < cap)
		return;
	size_t n = cap - 1, start = n;
	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0)
		return;
	unsigned char head = (unsigned char)text[start - 1];
	size_t need = head >= 0xf0 ? 4 : head >= 0xe0 ? 3 : head >= 0xc0 ? 2 : 1;
	if (n - (start - 1) < need)
		text[start - 1] = 0;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	if (!e)
		return code;
	va_list ap;
	e->code = code;
	e->line = 0;
	e->at[0] = 0;
	va_start(ap, fmt);
	int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	cut_utf8(e->text, sizeof e->text, n);
	return code;
}

int err_at(struct err *e, int code, const char *at, int line, const char *fmt, ...)
{
	if (!e)
		return code;
	va_list ap;
	e->code = code;
	e->line = line;
	cut_utf8(e->at, sizeof e->at, snprintf(e->at, sizeof e->at, "%s", at ? at : ""));
	va_start(ap, fmt);
	int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	cut_utf8(e->text, sizeof e->text, n);
	return code;
}

int err_errno(int sys)
{
	switch (sys) {
	case 0: return KT_OK;
	case ENOENT: case ENOTDIR: return KT_ENOTFOUND;
	case EEXIST: case ENOTEMPTY: return KT_EEXISTS;
	case EROFS: case EACCES: case EPERM: return KT_EREADONLY;
	case ENOSPC: case EDQUOT: return KT_EFULL;
	case ENOMEM: return KT_ENOMEM;
	case EFBIG: case ENAMETOOLONG: case EMSGSIZE: return KT_ELIMIT;
	case EBUSY: case EAGAIN: case ETXTBSY: case EDEADLK: return KT_EBUSY;
	case ETIMEDOUT: return KT_ETIMEOUT;
	case EINVAL: return KT_EINVAL;
	case EMFILE: case ENFILE: case ECONNREFUSED: case ENOSYS: return KT_EUNAVAIL;
	default: return KT_EIO;
	}
}

int err_sys(struct err *e, const char *what)
{
	int sys = errno;
	char words[128] = "";
	/* strerror shares one buffer between threads; this form (GNU) does not. */
	const char *text = strerror_r(sys, words, sizeof words);
	int code = err_errno(sys);
	return err_set(e, code ? code : KT_EIO, "%s: %s", what, text);
}

const char *err_word(int code)
{
	static const char *const words[] = {
		"ok", "invalid", "limit", "not_found", "exists", "refused", "busy", "io", "full", "read_only", "corrupt",
		"crypto", "no_memory", "usage", "timeout", "unavailable", "internal",
	};
	if (code > 0 || code < KT_EINTERNAL)
		return "unknown";
	return words[-code];
}
