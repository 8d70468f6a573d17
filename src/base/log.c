#include "base/log.h"
#include "base/clock.h"
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024
#define TAIL 2 /* "}\n" always fits */

/* The one piece of shared state in this room: where the lines go, set at start. */
static _Atomic int level_now = LOG_WARN;
static _Atomic int fd_now = 2;

struct line {
	char p[LINE_MAX_BYTES];
	size_t n;
};

void log_set_level(enum log_level level)
{
	atomic_store(&level_now, (int)level);
}

void log_set_fd(int fd)
{
	atomic_store(&fd_now, fd);
}

static bool allowed(unsigned char c)
{
	return ch_alnum(c) || (c && strchr("_.:/ -{}", c));
}

static void add(struct line *l, const char *z)
{
	size_t n = strlen(z);
	if (n > sizeof l->p - TAIL - l->n)
		n = sizeof l->p - TAIL - l->n;
	memcpy(l->p + l->n, z, n);
	l->n += n;
}

/* Words are literals of the source; that is still no reason to trust them inside quotes. */
static void add_word(struct line *l, const char *z)
{
	add(l, "\"");
	for (; z && *z && l->n < sizeof l->p - TAIL; z++)
		if (allowed((unsigned char)*z))
			l->p[l->n++] = *z;
	add(l, "\"");
}

static void add_int(struct line *l, int64_t v)
{
	char digits[24];
	size_t at = sizeof digits;
	bool negative = v < 0;
	uint64_t u = negative ? 0 - (uint64_t)v : (uint64_t)v;
	digits[--at] = 0;
	do
		digits[--at] = (char)('0' + u % 10);
	while (u /= 10);
	if (negative)
		digits[--at] = '-';
	add(l, digits + at);
}

static void add_trace(struct line *l, const struct trace *t)
{
	char text[TRACE_TEXT];
	trace_format(t, text);
	text[35] = 0; /* the number of the trace alone */
	add_word(l, text + 3);
}

/* A field that does not fit whole is dropped: half a field would break the line for its reader. */
static void add_field(struct line *l, const struct log_field *f)
{
	size_t before = l->n;
	add(l, ",");
	add_word(l, f->key);
	add(l, ":");
	if (f->trace)
		add_trace(l, f->trace);
	else if (f->word)
		add_word(l, f->word);
	else
		add_int(l, f->number);
	if (l->n >= sizeof l->p - TAIL)
		l->n = before;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, unsigned count)
{
	static const char *const levels[] = {"error", "warn", "info", "debug"};
	int fd = atomic_load(&fd_now);
	if (fd < 0 || (int)level > atomic_load(&level_now) || (unsigned)level > LOG_DEBUG)
		return;
	int keep = errno;
	struct line l;
	char now[25];
	l.n = 0;
	time_format(clock_ms(&(struct clock){false, 0}), now);
	add(&l, "{\"time\":\"");
	add(&l, now);
	add(&l, "\",\"level\":");
	add_word(&l, levels[level]);
	struct log_field head = {"event", event ? event : "", 0, NULL};
	add_field(&l, &head);
	for (unsigned i = 0; i < count; i++)
		if (fields[i].key && fields[i].key[0])
			add_field(&l, &fields[i]);
	l.p[l.n++] = '}';
	l.p[l.n++] = '\n';
	/* One write, so that lines of threads do not mix; a log that cannot be written stops nobody. */
	while (write(fd, l.p, l.n) < 0 && errno == EINTR)
		;
	errno = keep;
}
