#include "base/trace.h"
#include "base/clock.h"
#include <sys/random.h>

#define HEAD 55 /* bytes of version 00 */

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex(const char *p, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = nibble(p[2 * i]), low = nibble(p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

int trace_parse(struct str s, struct trace *ret)
{
	struct trace t = {0};
	uint8_t version, flags;
	if (s.n < HEAD || !hex(s.p, &version, 1) || version == 0xff)
		return KT_EINVAL;
	if (s.n > HEAD && (version == 0 || s.p[HEAD] != '-'))
		return KT_EINVAL;
	if (s.p[2] != '-' || s.p[35] != '-' || s.p[52] != '-')
		return KT_EINVAL;
	if (!hex(s.p + 3, t.id, 16) || !hex(s.p + 36, t.span, 8) || !hex(s.p + 53, &flags, 1))
		return KT_EINVAL;
	if (zero(t.id, 16) || zero(t.span, 8))
		return KT_EINVAL;
	t.sampled = flags & 1;
	*ret = t;
	return 0;
}

/* splitmix64, seeded once per thread: a system call for each request would cost more than the rest of the trace. */
static uint64_t next(void)
{
	static _Thread_local uint64_t state;
	static _Thread_local bool seeded;
	if (!seeded) {
		if (getrandom(&state, sizeof state, GRND_NONBLOCK) != (ssize_t)sizeof state)
			state = (uint64_t)clock_mono_ns() ^ (uint64_t)(uintptr_t)&state;
		seeded = true;
	}
	state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = state;
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Eight bytes that are not all zero. */
static void fill(uint8_t *p)
{
	uint64_t v = next();
	while (v == 0)
		v = next();
	memcpy(p, &v, 8);
}

void trace_span(struct trace *t)
{
	fill(t->span);
}

void trace_new(struct trace *ret)
{
	fill(ret->id);
	fill(ret->id + 8);
	fill(ret->span);
	ret->sampled = false;
}

static char *put(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	return out;
}

void trace_format(const struct trace *t, char out[TRACE_TEXT])
{
	const uint8_t version = 0, flags = t->sampled;
	char *p = put(out, &version, 1);
	*p++ = '-';
	p = put(p, t->id, 16);
	*p++ = '-';
	p = put(p, t->span, 8);
	*p++ = '-';
	p = put(p, &flags, 1);
	*p = 0;
}

void trace_uuid(const struct trace *t, char out[TRACE_UUID])
{
	static const size_t groups[] = {4, 2, 2, 2, 6};
	memcpy(out, "urn:uuid:", 9);
	char *p = out + 9;
	const uint8_t *from = t->id;
	for (size_t i = 0; i < 5; i++) {
		if (i)
			*p++ = '-';
		p = put(p, from, groups[i]);
		from += groups[i];
	}
	*p = 0;
}
