#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/test_seed.h"
#include "base/val.h"
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static void test_err(void **state)
{
	(void)state;
	struct err e = {0};
	assert_int_equal(err_set(NULL, KT_EIO, "x"), KT_EIO);
	assert_int_equal(err_at(&e, KT_EINVAL, "/a/b", 7, "%d %s", 3, "peren"), KT_EINVAL);
	assert_int_equal(e.code, KT_EINVAL);
	assert_int_equal(e.line, 7);
	assert_string_equal(e.at, "/a/b");
	assert_string_equal(e.text, "3 peren");
	assert_int_equal(err_set(&e, KT_EBUSY, "later"), KT_EBUSY);
	assert_string_equal(e.at, "");
	assert_int_equal(e.line, 0);
	errno = ENOSPC;
	assert_int_equal(err_sys(&e, "schrijven"), KT_EFULL);
	assert_non_null(strstr(e.text, "schrijven: "));
	assert_int_equal(err_errno(EROFS), KT_EREADONLY);
	assert_int_equal(err_errno(EACCES), KT_EREADONLY);
	assert_string_equal(err_word(0), "ok");
	assert_string_equal(err_word(KT_EINVAL), "invalid");
	assert_string_equal(err_word(KT_EINTERNAL), "internal");
	assert_string_equal(err_word(KT_EINTERNAL - 1), "unknown");
	assert_string_equal(err_word(1), "unknown");
}

/* A long text of two-byte characters is cut between characters, at every offset. */
static void test_err_cut(void **state)
{
	(void)state;
	for (int shift = 0; shift < 4; shift++) {
		struct err e;
		char text[1000];
		memset(text, 'a', (size_t)shift);
		for (size_t i = (size_t)shift; i + 3 < sizeof text; i += 3)
			memcpy(text + i, "\xE2\x82\xAC", 3);
		text[sizeof text - 4] = 0;
		err_at(&e, KT_EINVAL, text, 0, "%s", text);
		assert_true(str_utf8(str_of(e.text)) && strlen(e.text) > sizeof e.text - 5);
		assert_true(str_utf8(str_of(e.at)) && strlen(e.at) > sizeof e.at - 5);
	}
}

static void test_str(void **state)
{
	(void)state;
	int64_t v = 99;
	char small[4];
	assert_true(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
	assert_true(str_starts(STR_NONE, STR_NONE));
	assert_true(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
	assert_true(str_ieq(STR("NL91abc"), STR("nl91ABC")) && !str_ieq(STR("a"), STR("b")));
	assert_false(str_ieq(STR("["), STR("{")));
	assert_int_equal(str_cmp(STR("a"), STR("ab")), -1);
	assert_int_equal(str_cmp(STR("b"), STR("ab")), 1);
	assert_int_equal(str_cmp(STR("\xff"), STR("a")), 1);
	assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
	assert_int_equal(str_find(STR("a.b.c"), '.'), 1);
	assert_int_equal(str_rfind(STR("a.b.c"), '.'), 3);
	assert_int_equal(str_find(STR_NONE, '.'), -1);
	assert_true(str_is(str_trim(STR(" \t\r\n a b \n")), "a b"));
	assert_int_equal(str_trim(STR("  ")).n, 0);
	assert_int_equal(str_trim(STR_NONE).n, 0);
	assert_true(str_int(STR("-9223372036854775808"), &v) && v == INT64_MIN);
	assert_true(str_int(STR("9223372036854775807"), &v) && v == INT64_MAX);
	v = 99;
	static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "0x1", "1.0", "9223372036854775808",
		"-9223372036854775809", "99999999999999999999", "1-"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(str_int(str_of(bad[i]), &v));
	assert_int_equal(v, 99);
	assert_true(str_copy(small, sizeof small, STR("abc")));
	assert_string_equal(small, "abc");
	assert_false(str_copy(small, sizeof small, STR("abcd")));
	assert_string_equal(small, "");
}

/* Slow reference: decode by arithmetic, then encode again and compare. */
static bool reference_utf8(const unsigned char *p, size_t n)
{
	size_t i = 0;
	while (i < n) {
		unsigned char c = p[i];
		size_t len = c < 0x80 ? 1 : (c >> 5) == 6 ? 2 : (c >> 4) == 14 ? 3 : (c >> 3) == 30 ? 4 : 0;
		if (len == 0 || n - i < len)
			return false;
		uint32_t u = len == 1 ? c : c & (0xffu >> (len + 1));
		for (size_t k = 1; k < len; k++) {
			if ((p[i + k] >> 6) != 2)
				return false;
			u = u << 6 | (p[i + k] & 0x3f);
		}
		size_t shortest = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
		if (shortest != len || u > 0x10ffff || (u >= 0xd800 && u <= 0xdfff))
			return false;
		i += len;
	}
	return true;
}

static void test_utf8(void **state)
{
	(void)state;
	static const unsigned char edges[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
		0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
	const size_t m = sizeof edges;
	unsigned char s[8];
	/* Every text of four bytes from the edges of the table. */
	for (size_t i = 0; i < m * m * m * m; i++) {
		size_t k = i;
		for (size_t j = 0; j < 4; j++, k /= m)
			s[j] = edges[k % m];
		if (str_utf8((struct str){(char *)s, 4}) != reference_utf8(s, 4)) /* cmocka's own asserts are slow */
			fail_msg("%02x %02x %02x %02x", s[0], s[1], s[2], s[3]);
	}
	for (unsigned i = 0; i < 300000; i++) {
		size_t n = rnd_below(sizeof s + 1);
		for (size_t j = 0; j < n; j++)
			s[j] = rnd_below(3) ? edges[rnd_below(m)] : (unsigned char)rnd();
		if (str_utf8((struct str){(char *)s, n}) != reference_utf8(s, n))
			fail_msg("length %zu, round %u", n, i);
	}
	assert_true(str_utf8(STR_NONE));
	assert_int_equal(str_utf8_first(STR_NONE), 0);
	assert_int_equal(str_utf8_first(STR("\xE2\x82\xAC!")), 3);
}

static void test_buf(void **state)
{
	(void)state;
	for (size_t max = 0; max < 300; max += 7) {
		struct buf b = BUF_INIT(max);
		for (size_t i = 0; i < max; i++)
			buf_c(&b, 'x');
		assert_int_equal(buf_err(&b), 0);
		assert_int_equal(b.n, max);
		assert_true(b.cap <= max + 1);
		buf_c(&b, 'y');
		assert_int_equal(buf_err(&b), KT_ELIMIT);
		assert_int_equal(b.n, max);
		buf_reset(&b);
		assert_int_equal(buf_err(&b), 0);
		assert_int_equal(b.n, 0);
		buf_free(&b);
		assert_null(b.p);
	}
	struct buf b = BUF_INIT(100);
	buf_z(&b, "a");
	buf_str(&b, STR("b"));
	buf_int(&b, INT64_MIN);
	buf_printf(&b, "[%s]", "c");
	buf_hex(&b, "\x01\xfe", 2);
	assert_string_equal(b.p, "ab-9223372036854775808[c]01fe");
	buf_cut(&b, 2);
	assert_string_equal(b.p, "ab");
	assert_int_equal(b.p[5], 0); /* wiped, not only shortened */
	buf_cut(&b, 50);
	assert_int_equal(b.n, 2);
	assert_null(buf_room(&b, 99));
	assert_int_equal(buf_err(&b), KT_ELIMIT);
	buf_add(&b, "z", 1); /* the first failure sticks */
	assert_string_equal(b.p, "ab");
	buf_free(&b);
	b = BUF_INIT(SIZE_MAX);
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(buf_err(&b), KT_ELIMIT);
	buf_free(&b);
	b = BUF_INIT(10);
	assert_non_null(buf_room(&b, 4));
	buf_added(&b, 11);
	assert_int_equal(buf_err(&b), KT_EINTERNAL);
	buf_free(&b);
}

static void test_buf_random(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		char want[4096];
		size_t n = 0;
		struct buf b = BUF_INIT(sizeof want);
		for (unsigned step = 0; step < 300 && n + 64 < sizeof want; step++) {
			char piece[64];
			size_t len = rnd_below(sizeof piece);
			for (size_t i = 0; i < len; i++)
				piece[i] = (char)rnd();
			memcpy(want + n, piece, len);
			n += len;
			buf_add(&b, piece, len);
			if (rnd_below(40) == 0) {
				n = rnd_below(n + 1);
				buf_cut(&b, n);
			}
			assert_true(str_eq(buf_view(&b), (struct str){want, n}));
			assert_true(!b.p || b.p[b.n] == 0);
		}
		buf_free(&b);
	}
}

static void test_arena(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	for (unsigned i = 0; i < 3000; i++) {
		size_t n = rnd_below(300);
		unsigned char *p = arena_alloc(a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t k = 0; k < n; k++)
			if (p[k])
				fail_msg("byte %zu of %zu is not zero", k, n);
		memset(p, 0xAA, n);
		if (i % 1000 == 999)
			arena_reset(a);
	}
	assert_null(arena_array(a, SIZE_MAX / 2, 4));
	assert_null(arena_alloc(a, SIZE_MAX));
	struct str s = arena_fmt(a, "%d-%s", 7, "x");
	assert_string_equal(s.p, "7-x");
	assert_int_equal(s.n, 3);
	assert_string_equal(arena_z(a, STR("abc")), "abc");
	assert_int_equal(arena_str(a, STR("abc")).p[3], 0);
	assert_non_null(arena_str(a, STR_NONE).p);
	assert_null(arena_free(a));
	assert_null(arena_free(NULL));
}

static void test_arena_max(void **state)
{
	(void)state;
	struct arena *a = arena_new(100000);
	size_t got = 0;
	while (arena_alloc(a, 100))
		got += 100;
	assert_true(got <= 100000 && got > 60000);
	assert_true(arena_used(a) <= 100000);
	assert_null(arena_str(a, (struct str){"x", 100000}).p);
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	assert_non_null(arena_alloc(a, 80000));
	arena_free(a);
	a = arena_new(10);
	assert_null(arena_alloc(a, 11));
	assert_non_null(arena_alloc(a, 10));
	arena_free(a);
}

/* The first block stays after a reset, so its bytes may be looked at. */
static void test_arena_wiped(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	unsigned char *p = arena_alloc(a, 8000);
	memset(p, 0x5A, 8000);
	void *big = arena_alloc(a, 200000);
	assert_non_null(big);
	arena_reset(a);
	for (size_t i = 0; i < 8000; i++)
		assert_int_equal(p[i], 0);
	assert_ptr_equal(arena_alloc(a, 1), p);
	arena_free(a);
}

static void test_stack_burn(void **state)
{
	(void)state;
	stack_burn();
}

static void test_dates(void **state)
{
	(void)state;
	int64_t day, ms;
	char text[11], full[25], want[32];
	for (int64_t d = 0; d < 47847; d++) { /* 1970-01-01 … 2100-12-31 */
		time_t t = (time_t)(d * 86400);
		struct tm tm;
		gmtime_r(&t, &tm);
		assert_true(strftime(want, sizeof want, "%Y-%m-%d", &tm) == 10);
		date_format(d, text);
		assert_string_equal(text, want);
		assert_int_equal(date_parse(str_of(text), &day), 0);
		assert_int_equal(day, d);
		assert_int_equal(timegm(&tm), d * 86400);
	}
	for (unsigned i = 0; i < 100000; i++) {
		int64_t v = (int64_t)rnd_below(UINT64_C(253402300800000));
		time_format(v, full);
		assert_int_equal(time_parse(str_of(full), &ms), 0);
		assert_int_equal(ms, v);
		time_t t = (time_t)(v / 1000);
		struct tm tm;
		gmtime_r(&t, &tm);
		strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S", &tm);
		assert_memory_equal(full, want, 19);
	}
	/* Every day of the years 1–9999 once forth and back. */
	for (int64_t d = -719162; d <= 2932896; d++) {
		date_format(d, text);
		if (date_parse(str_of(text), &day) != 0 || day != d)
			fail_msg("%s", text);
	}
	time_format(INT64_MAX, full);
	assert_string_equal(full, "9999-12-31T23:59:59.999Z");
	time_format(INT64_MIN, full);
	assert_string_equal(full, "0000-01-01T00:00:00.000Z");
	assert_int_equal(time_day(-1), -1);
	assert_int_equal(time_day(0), 0);
	assert_int_equal(time_day(DAY_MS), 1);
	assert_int_equal(time_day(-DAY_MS), -1);
}

static void test_time_parse(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-22T10:00:00Z", INT64_C(1795341600000)},
		{"2026-11-22T11:00:00+01:00", INT64_C(1795341600000)},
		{"2026-11-22T04:30:00-05:30", INT64_C(1795341600000)},
		{"2026-11-22T10:00:00+00:00", INT64_C(1795341600000)},
		{"2026-11-22T10:00:00.1Z", INT64_C(1795341600100)},
		{"2026-11-22T10:00:00.123456789Z", INT64_C(1795341600123)},
		{"2024-02-29T00:00:00Z", INT64_C(1709164800000)},
		{"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
	};
	static const char *const bad[] = {"", "2026-11-22", "2026-11-22t10:00:00Z", "2026-11-22T10:00:00z",
		"2026-11-22 10:00:00Z", "2026-11-22T10:00:00", "2026-11-22T10:00:00-00:00", "2026-11-22T10:00:60Z",
		"2026-11-22T24:00:00Z", "2026-11-22T10:60:00Z", "2026-13-22T10:00:00Z", "2026-02-30T10:00:00Z",
		"2026-11-22T10:00:00.Z", "2026-11-22T10:00:00.1234567890Z", "2026-11-22T10:00:00+24:00",
		"2026-11-22T10:00:00+01:60", "2026-11-22T10:00:00+0100", "2026-11-22T10:00:00ZZ", " 2026-11-22T10:00:00Z",
		"1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-11-22T1:00:00Z",
		"2100-02-29T00:00:00Z", "2026-11-22T10:00:00,5Z"};
	int64_t v = 77;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(time_parse(str_of(bad[i]), &v), KT_EINVAL);
	static const char *const bad_days[] = {"", "2026-02-30", "2026-2-3", "20260203", "2026-00-10", "2026-01-00",
		"2026-01-32", "0000-01-01", "2026-01-01T", "2026-01-0a", "+026-01-01"};
	for (size_t i = 0; i < sizeof bad_days / sizeof *bad_days; i++)
		assert_int_equal(date_parse(str_of(bad_days[i]), &v), KT_EINVAL);
	assert_int_equal(v, 77);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(time_parse(str_of(good[i].text), &v), 0);
		assert_int_equal(v, good[i].ms);
	}
}

static void test_clock(void **state)
{
	(void)state;
	struct clock c;
	struct err e;
	assert_int_equal(clock_init(&c, "2026-11-22T10:00:00Z", &e), 0);
	assert_int_equal(clock_ms(&c), INT64_C(1795341600000));
	assert_int_equal(clock_init(&c, "gisteren", &e), KT_EINVAL);
	assert_int_equal(clock_ms(&c), INT64_C(1795341600000)); /* untouched */
	assert_int_equal(clock_init(&c, NULL, &e), 0);
	assert_true(clock_ms(&c) / 1000 - (int64_t)time(NULL) <= 1);
	int64_t t = clock_mono_ns();
	assert_true(clock_mono_ns() >= t);
}

static void test_val(void **state)
{
	(void)state;
	struct val items[] = {{.type = VAL_STR, .s = STR("x")}, {.type = VAL_INT, .i = 3}};
	struct val_member m[] = {
		{STR("t"), 1, {.type = VAL_STR, .s = STR("tekst")}}, {STR("i"), 2, {.type = VAL_INT, .i = 5}},
		{STR("b"), 3, {.type = VAL_BOOL, .b = true}}, {STR("l"), 4, {.type = VAL_ARR, .arr = {items, 2}}},
	};
	struct val o = {.type = VAL_OBJ, .obj = {m, 4}};
	const struct val *first;
	assert_true(str_is(val_text(&o, "t"), "tekst"));
	assert_null(val_text(&o, "i").p);
	assert_int_equal(val_int(&o, "i", 9), 5);
	assert_int_equal(val_int(&o, "t", 9), 9);
	assert_true(val_bool(&o, "b", false) && val_bool(&o, "x", true));
	assert_int_equal(val_items(&o, "l", &first), 2);
	assert_ptr_equal(first, items);
	assert_int_equal(val_items(&o, "t", &first), 0);
	assert_null(first);
	assert_true(val_has(&o, "l", STR("x")) && !val_has(&o, "l", STR("y")));
	assert_null(val_get(NULL, "t"));
	assert_null(val_get(items, "t"));
}

static size_t log_line(int fd, char *line, size_t cap)
{
	ssize_t n = read(fd, line, cap - 1);
	line[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

static void test_log(void **state)
{
	(void)state;
	int fd[2];
	char line[2048];
	assert_int_equal(pipe(fd), 0);
	log_set_fd(fd[1]);
	log_set_level(LOG_INFO);
	errno = 5;
	log_event(LOG_INFO, "store.commit", LOG_NUM("rows", INT64_MIN), LOG_WORD("mode", "demo"), LOG_ERR("code",
		KT_EBUSY));
	assert_int_equal(errno, 5);
	size_t n = log_line(fd[0], line, sizeof line);
	assert_memory_equal(line, "{\"time\":\"20", 11);
	assert_non_null(strstr(line, ",\"level\":\"info\",\"event\":\"store.commit\",\"rows\":-9223372036854775808,"
		"\"mode\":\"demo\",\"code\":\"busy\"}\n"));
	log_event(LOG_ERROR, "start");
	log_line(fd[0], line, sizeof line);
	assert_non_null(strstr(line, "\"event\":\"start\"}\n"));
	log_event(LOG_DEBUG, "quiet");
	log_event(LOG_WARN, "a\"b\\c\n{d}", LOG_WORD("k\x01", "\xE2\x82\xAC<x>"));
	n = log_line(fd[0], line, sizeof line);
	assert_non_null(strstr(line, "\"event\":\"abc{d}\",\"k\":\"x\"}\n"));
	/* What does not fit is dropped whole; the line stays a line. */
	char many[1500];
	memset(many, 'w', sizeof many - 1);
	many[sizeof many - 1] = 0;
	const struct log_field f[] = {{"a", many, 0}, {"b", NULL, 1}};
	log_write(LOG_WARN, "long", f, 2);
	n = log_line(fd[0], line, sizeof line);
	assert_true(n < 1024 && strcmp(line + n - 9, ",\"b\":1}\n") != 0 && strstr(line, "\"b\":1}\n"));
	log_set_fd(-1);
	log_event(LOG_ERROR, "nobody");
	log_set_level(LOG_WARN);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err), cmocka_unit_test(test_err_cut), cmocka_unit_test(test_str),
		cmocka_unit_test(test_utf8), cmocka_unit_test(test_buf), cmocka_unit_test(test_buf_random),
		cmocka_unit_test(test_arena), cmocka_unit_test(test_arena_max), cmocka_unit_test(test_arena_wiped),
		cmocka_unit_test(test_stack_burn), cmocka_unit_test(test_dates), cmocka_unit_test(test_time_parse),
		cmocka_unit_test(test_clock), cmocka_unit_test(test_val), cmocka_unit_test(test_log),
	};
	seed_start();
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
