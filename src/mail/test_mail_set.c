/* The public sample: nothing crashes, links are found, and those of phishing stand out. */
#include "mail/test_mail.h"
#include "base/clock.h"
#include "identifier/test_shared.h"
#include <dirent.h>
#include <stdlib.h>

#define SCORES_MAX 20000

struct tally {
	unsigned score[SCORES_MAX];
	size_t n;
	unsigned mails, with_link, yielded;
	int64_t ns;
};

/* A reading of its own, so that the reader is not measured by itself: quoted-printable over the whole file. */
static struct str unquoted(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; p && i < s.n; i++) {
		char hex[3] = {i + 2 < s.n ? s.p[i + 1] : 0, i + 2 < s.n ? s.p[i + 2] : 0, 0}, *end = hex;
		unsigned long v = s.p[i] == '=' ? strtoul(hex, &end, 16) : 0;
		if (s.p[i] == '=' && (hex[0] == '\n' || (hex[0] == '\r' && hex[1] == '\n')))
			i += hex[0] == '\n' ? 1 : 2;
		else if (s.p[i] == '=' && end == hex + 2) {
			p[n++] = (char)v;
			i += 2;
		} else {
			p[n++] = s.p[i];
		}
	}
	return (struct str){p, n};
}

/* Every run of long base64 lines. */
static struct str unbased(struct arena *a, struct str s)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0, at = 0;
	unsigned bits = 0, have = 0;
	while (p && at < s.n) {
		const char *nl = memchr(s.p + at, '\n', s.n - at);
		size_t end = nl ? (size_t)(nl - s.p) : s.n, k = at;
		while (k < end && s.p[k] && (strchr(abc, s.p[k]) || strchr("=\r", s.p[k])))
			k++;
		if (k != end || end - at < 20)
			bits = have = 0;
		for (size_t i = at; k == end && i < end; i++) {
			const char *c = strchr(abc, s.p[i]);
			if (!c)
				continue;
			bits = bits << 6 | (unsigned)(c - abc);
			have += 6;
			if (have >= 8)
				p[n++] = (char)(bits >> (have -= 8) & 255);
		}
		at = end + 1;
	}
	return (struct str){p, n};
}

/* The host of the first web address in an href, {NULL, 0} when there is none. */
static struct str first_href(struct str s)
{
	for (size_t i = 0; i + 16 < s.n; i++) {
		if ((s.p[i] | 32) != 'h' || !str_ieq(str_sub(s, i, i + 5), STR("href=")))
			continue;
		const char *tag = memrchr(s.p, '<', i);
		if (tag && tag + 5 < s.p + i && str_ieq((struct str){tag, 5}, STR("<link")))
			continue; /* a style sheet is no link */
		size_t k = i + 5;
		while (k < s.n && (s.p[k] == '"' || s.p[k] == '\'' || s.p[k] == ' '))
			k++;
		if (k + 8 >= s.n || !str_ieq(str_sub(s, k, k + 4), STR("http")))
			continue;
		while (k < s.n && s.p[k] != '/')
			k++;
		size_t from = k + 2, end = from;
		while (end < s.n && (ch_alnum((unsigned char)s.p[end]) || strchr(".-", s.p[end])))
			end++;
		struct str host = from < end ? str_sub(s, from, end) : STR_NONE;
		if (host.n > 3 && !str_ends(host, STR("googleapis.com")) && !str_ends(host, STR("w3.org")))
			return host;
	}
	return STR_NONE;
}

static bool leads_to(const struct mail *m, struct str host)
{
	for (size_t i = 0; i < m->links_n; i++)
		if (memmem(m->links[i].url.p, m->links[i].url.n, host.p, host.n))
			return true;
	return false;
}

static void one(const char *path, struct tally *t)
{
	struct str text = shared_read(path);
	struct arena *a = arena_new(512u << 20);
	struct mail m;
	struct mail_scored *s;
	assert_true(text.n && a);
	int64_t began = clock_mono_ns();
	assert_int_equal(mail_read(a, text, NULL, &m, NULL), 0);
	assert_int_equal(mail_score(a, &m, test_names(), &s), 0);
	t->ns += clock_mono_ns() - began;
	t->mails++;
	struct str host = first_href(unquoted(a, text));
	if (!host.n)
		host = first_href(unbased(a, text));
	t->with_link += host.n > 0;
	t->yielded += host.n && leads_to(&m, host);
	for (size_t i = 0; i < m.links_n; i++)
		if (m.links[i].where != MAIL_IMAGE && t->n < SCORES_MAX)
			t->score[t->n++] = s[i].score;
	arena_free(a);
	shared_free(text);
}

static bool folder(const char *name, struct tally *t)
{
	char path[2048], full[4096];
	shared_path(path, sizeof(path), name);
	DIR *d = opendir(path);
	if (!d) { /* the variable may name the folder "data" itself */
		shared_path(path, sizeof(path), name + strlen("data/"));
		d = opendir(path);
	}
	if (!d)
		return false;
	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.') {
			snprintf(full, sizeof(full), "%s/%s", path, e->d_name);
			one(full, t);
		}
	closedir(d);
	return true;
}

static int down(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	return x < y ? 1 : x > y ? -1 : 0;
}

void test_public_set(void **state)
{
	(void)state;
	static struct tally phish, ham, spam;
	if (!folder("data/mail/phishing_pot-nl", &phish) || !folder("data/mail/spamassassin/easy-ham-1", &ham) ||
	    !folder("data/mail/spamassassin/hard-ham-1", &ham) || !folder("data/mail/spamassassin/spam-1", &spam) ||
	    !folder("data/mail/spamassassin/spam-2", &spam)) {
		print_message("the public sample of mails is not there: skipped (KENTERING_SHARED)\n");
		skip();
	}
	qsort(ham.score, ham.n, sizeof(ham.score[0]), down);
	assert_true(ham.n > 100 && phish.n > 100);
	/* The mark that at most 1 in 20 links of wanted mail reach. */
	unsigned mark = ham.score[ham.n / 20] + 1;
	size_t above = 0, reach = 0;
	for (size_t i = 0; i < phish.n; i++)
		above += phish.score[i] >= mark;
	for (size_t i = 0; i < ham.n; i++)
		reach += ham.score[i] >= mark;
	print_message("mails %u, phishing with a link %u, of which found %u (%.1f %%)\n",
	              phish.mails + ham.mails + spam.mails, phish.with_link, phish.yielded,
	              100.0 * phish.yielded / phish.with_link);
	print_message("mark %u: %zu of %zu ham links (%.1f %%), %zu of %zu phishing links (%.1f %%)\n", mark, reach, ham.n,
	              100.0 * (double)reach / (double)ham.n, above, phish.n, 100.0 * (double)above / (double)phish.n);
	print_message("in-process %.2f ms a mail\n",
	              (double)(phish.ns + ham.ns + spam.ns) / 1e6 / (phish.mails + ham.mails + spam.mails));
	assert_true(phish.with_link >= 50);
	assert_true(phish.yielded * 100 >= phish.with_link * 95);
	assert_true(reach * 20 <= ham.n);
	assert_true(above * 100 >= phish.n * 80);
}
