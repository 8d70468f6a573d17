/* Imported lists, what they protect, and what stands: ./test_safety sqlite, ./test_safety postgres. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "barrier/barrier.h"
#include "barrier/safety.h"
#include "seam/crypto.h"
#include "seam/json.h"
#include "store/test_pg.h"

#define NOW INT64_C(1790000000000)
#define OFFLINE STR("domein_offline")

static bool on_postgres;
static struct policy *policy;

struct fix {
	char dir[64];
	struct store *s;
	struct arena *a;
	struct err e;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

static void must(int code, const struct err *e)
{
	if (code < 0)
		fail_msg("code %d: %s", code, e->text);
}

static int setup_reading(void **state)
{
	struct fix *f = calloc(1, sizeof *f);
	assert_non_null(f);
	f->a = arena_new((size_t)512 << 20);
	assert_non_null(f->a);
	*state = f;
	return 0;
}

static int setup(void **state)
{
	assert_int_equal(setup_reading(state), 0);
	struct fix *f = *state;
	(void)snprintf(f->dir, sizeof f->dir, "/tmp/kentering-safety-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	struct store_opts o = {.dir = f->dir, .node = "main"};
	if (on_postgres) {
		o.database = test_pg_fresh();
		assert_non_null(o.database);
	}
	must(store_open(&o, &f->s, &f->e), &f->e);
	return 0;
}

static int teardown(void **state)
{
	struct fix *f = *state;
	store_close(f->s);
	arena_free(f->a);
	if (f->dir[0])
		(void)nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/* ---- reading lists; no database ---- */

static struct safety_list parsed(struct fix *f, const char *text)
{
	struct safety_list l;
	must(safety_parse(f->a, STR("lijst"), str_of(text), &l, &f->e), &f->e);
	return l;
}

static bool holds(const struct safety_list *l, enum id_kind kind, enum safety_mode mode, const char *value)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->entries[i].kind == kind && l->entries[i].mode == mode && str_is(l->entries[i].value, value))
			return true;
	return false;
}

#define HOLDS(l, mode, value) assert_true(holds((l), ID_DOMAIN, SAFETY_##mode, (value)))

static void test_plain(void **state)
{
	struct safety_list l = parsed(*state,
	                              "\xef\xbb\xbf# banken\r\n\r\n  Bank-Een.NL  \r\n.twee-bank.nl # met alles\n"
	                              "xn--caf-dma.nl\ncaf\xc3\xa9-twee.nl\nbank-een.nl\rlaatste-bank.nl");
	assert_true(str_is(l.name, "lijst") && str_is(l.title, "lijst"));
	assert_int_equal(l.names, 5);
	assert_int_equal(l.n, 5);
	assert_int_equal(l.skipped, 0);
	HOLDS(&l, EXACT, "bank-een.nl");
	HOLDS(&l, SUFFIX, "twee-bank.nl");
	HOLDS(&l, EXACT, "xn--caf-dma.nl");
	HOLDS(&l, EXACT, "xn--caf-twee-d1a.nl");
	HOLDS(&l, EXACT, "laatste-bank.nl");
}

static void test_sorted_without_doubles(void **state)
{
	struct safety_list l = parsed(*state, "b.x.winkel.nl\na.x.winkel.nl\n.x.winkel.nl\nb.x.winkel.nl\nwinkel.nl\n");
	assert_int_equal(l.names, 4);
	for (size_t i = 1; i < l.n; i++) {
		int c = str_cmp(l.entries[i - 1].value, l.entries[i].value);
		assert_true(c < 0 || (c == 0 && l.entries[i - 1].mode < l.entries[i].mode));
	}
	HOLDS(&l, CARRIER, "winkel.nl");
	HOLDS(&l, EXACT, "winkel.nl");
	HOLDS(&l, CARRIER, "x.winkel.nl");
	HOLDS(&l, SUFFIX, "x.winkel.nl");
	assert_int_equal(l.n, 7 - 1);
}

static void test_carriers(void **state)
{
	struct safety_list l = parsed(*state,
	                              "a.b.c.winkel.co.uk\n.diep.ander.nl\nklant.blogspot.com\n.co.uk\n"
	                              "blogspot.com\n_dns.hulp.server.nl\n23.in-addr.arpa\nx.23.in-addr.arpa\n");
	HOLDS(&l, EXACT, "a.b.c.winkel.co.uk");
	HOLDS(&l, CARRIER, "b.c.winkel.co.uk");
	HOLDS(&l, CARRIER, "c.winkel.co.uk");
	HOLDS(&l, CARRIER, "winkel.co.uk");
	assert_false(holds(&l, ID_DOMAIN, SAFETY_CARRIER, "co.uk"));
	HOLDS(&l, SUFFIX, "diep.ander.nl");
	HOLDS(&l, CARRIER, "ander.nl");
	assert_false(holds(&l, ID_DOMAIN, SAFETY_CARRIER, "nl"));
	/* a public suffix protects only itself, whatever stands in front of it */
	HOLDS(&l, EXACT, "co.uk");
	HOLDS(&l, EXACT, "blogspot.com");
	assert_false(holds(&l, ID_DOMAIN, SAFETY_SUFFIX, "co.uk"));
	assert_false(holds(&l, ID_DOMAIN, SAFETY_CARRIER, "blogspot.com"));
	HOLDS(&l, EXACT, "_dns.hulp.server.nl");
	HOLDS(&l, CARRIER, "hulp.server.nl");
	HOLDS(&l, EXACT, "23.in-addr.arpa");
	HOLDS(&l, CARRIER, "23.in-addr.arpa");
	assert_int_equal(l.names, 8);
	assert_int_equal(l.skipped, 0);
}

static void test_other_kinds(void **state)
{
	struct safety_list l = parsed(*state,
	                              "NL91 ABNA 0417 1643 00\n+31 20 624 1111\n020-6241112\nInfo@Bank-Een.nl\n"
	                              "nl00-winkel.nl\n192.0.2.1\n10.0.0.0/8\nniet dit\n\xff\xfe\n*.x.nl\n"
	                              "@\n.\n+\n");
	assert_true(holds(&l, ID_IBAN, SAFETY_EXACT, "NL91ABNA0417164300"));
	assert_true(holds(&l, ID_PHONE, SAFETY_EXACT, "+31206241111"));
	assert_true(holds(&l, ID_PHONE, SAFETY_EXACT, "+31206241112"));
	HOLDS(&l, EXACT, "nl00-winkel.nl");
	assert_int_equal(l.names, 5);
	assert_int_equal(l.n, 5);
	assert_int_equal(l.skipped, 8);
}

static void test_misp(void **state)
{
	struct fix *f = *state;
	struct safety_list l = parsed(f,
	                              "\xef\xbb\xbf {\"name\": \" Lijst van banken \", \"type\": \"hostname\","
	                              " \"list\": [\".Bank-Een.nl\", \"bank-twee.nl\", 7, null, \"\","
	                              " \"met spatie.nl\"], \"version\": 3,"
	                              " \"matching_attributes\": [\"url\"]}");
	assert_true(str_is(l.title, "Lijst van banken"));
	HOLDS(&l, SUFFIX, "bank-een.nl");
	HOLDS(&l, EXACT, "bank-twee.nl");
	assert_int_equal(l.names, 2);
	assert_int_equal(l.skipped, 4);
	l = parsed(f, "{\"type\": \"substring\", \"list\": [\"bank-een.nl\", \".bank-twee.nl\", \"a.bank-drie.nl\"]}");
	HOLDS(&l, SUFFIX, "bank-een.nl");
	HOLDS(&l, SUFFIX, "bank-twee.nl");
	HOLDS(&l, CARRIER, "bank-drie.nl");
	l = parsed(f, "{\"type\": \"string\", \"list\": [\"bank-een.nl\"]}");
	HOLDS(&l, EXACT, "bank-een.nl");
	assert_true(str_is(l.title, "lijst"));
	l = parsed(f, "{\"list\": [\"bank-een.nl\"]}");
	HOLDS(&l, EXACT, "bank-een.nl");
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *says;
		int code;
	} cases[] = {
		{"{\"type\": \"regex\", \"list\": [\"/x/\"]}", "regex", KT_EREFUSED},
		{"{\"type\": \"cidr\", \"list\": [\"10.0.0.0/8\"]}", "cidr", KT_EREFUSED},
		{"{\"type\": \"anders\", \"list\": [\"bank.nl\"]}", "hostname", KT_EINVAL},
		{"{\"type\": 3, \"list\": [\"bank.nl\"]}", "hostname", KT_EINVAL},
		{"{\"type\": \"string\"}", "\"list\"", KT_EINVAL},
		{"{\"type\": \"string\", \"list\": {\"a\": \"bank.nl\"}}", "\"list\"", KT_EINVAL},
		{"[\"bank.nl\"]", "\"list\"", KT_EINVAL},
		{"{\"type\": \"string\", \"list\": [\"bank.nl\"", "JSON", KT_EINVAL},
		{"{\"type\": \"string\", \"list\": []}", "geen enkele naam", KT_EINVAL},
		{"# alleen uitleg\n", "geen enkele naam", KT_EINVAL},
		{"", "geen enkele naam", KT_EINVAL},
	};
	struct fix *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct safety_list l = {.names = -7};
		assert_int_equal(safety_parse(f->a, STR("lijst"), str_of(cases[i].text), &l, &f->e), cases[i].code);
		assert_non_null(strstr(f->e.text, cases[i].says));
		assert_int_equal(l.names, -7);
	}
	struct safety_list l;
	assert_int_equal(safety_parse(f->a, STR(""), STR("bank.nl"), &l, &f->e), KT_EINVAL);
	assert_int_equal(safety_parse(f->a, STR("a\nb"), STR("bank.nl"), &l, &f->e), KT_EINVAL);
	assert_int_equal(safety_parse(f->a, STR("x"), (struct str){"", SAFETY_MAX_BYTES + 1u}, &l, &f->e), KT_ELIMIT);
	struct arena *small = arena_new(64);
	assert_non_null(small);
	assert_int_equal(safety_parse(small, STR("x"), STR("bank-nummer-een.nl\nbank-nummer-twee.nl"), &l, &f->e),
	                 KT_ENOMEM);
	arena_free(small);
}

/* ---- the database ---- */

struct import {
	const struct safety_list *l;
	bool shrink;
	int64_t before;
};

static int job_store(struct tx *tx, void *arg, struct err *e)
{
	struct import *i = arg;
	return safety_store(tx, i->l, NOW, i->shrink, &i->before, e);
}

static void import(struct fix *f, const char *name, struct str text)
{
	struct safety_list l;
	must(safety_parse(f->a, str_of(name), text, &l, &f->e), &f->e);
	struct import i = {.l = &l, .shrink = true};
	must(store_submit(f->s, job_store, &i, &f->e), &f->e);
}

static struct identifier identifier(enum id_kind kind, const char *text)
{
	struct identifier id;
	struct err e = {0};
	must(id_canonical(kind, str_of(text), NULL, &id, &e), &e);
	return id;
}

static enum safety verdict(struct fix *f, enum id_kind kind, const char *text, struct str measure)
{
	struct identifier id = identifier(kind, text);
	struct safety_hit hit;
	struct tx *tx;
	must(store_read(f->s, &tx, &f->e), &f->e);
	int rc = safety_check(tx, policy, &id, measure, &hit, &f->e);
	store_read_end(tx);
	must(rc, &f->e);
	return hit.verdict;
}

#define BLOCKED(kind, text) assert_int_equal(verdict(f, (kind), (text), OFFLINE), SAFETY_BLOCK)
#define FREE(kind, text) assert_int_equal(verdict(f, (kind), (text), OFFLINE), SAFETY_FREE)

static void test_domains(void **state)
{
	struct fix *f = *state;
	FREE(ID_DOMAIN, "winkel-een.nl");
	import(f, "a",
	       STR("winkel-een.nl\nwww.winkel-twee.nl\n.winkel-drie.nl\na.b.winkel-vier.nl\n.x.y.winkel-vijf.nl\n"
	           ".klant-test.blogspot.com\n"));
	BLOCKED(ID_DOMAIN, "winkel-een.nl");
	BLOCKED(ID_DOMAIN, "www.winkel-een.nl");
	FREE(ID_DOMAIN, "shop.winkel-een.nl");
	FREE(ID_DOMAIN, "www.www.winkel-een.nl");
	FREE(ID_DOMAIN, "winkel-een.com");
	FREE(ID_DOMAIN, "nepwinkel-een.nl");
	BLOCKED(ID_DOMAIN, "winkel-twee.nl");
	BLOCKED(ID_DOMAIN, "www.winkel-twee.nl");
	BLOCKED(ID_DOMAIN, "winkel-drie.nl");
	BLOCKED(ID_DOMAIN, "a.b.c.winkel-drie.nl");
	BLOCKED(ID_DOMAIN, "a.b.winkel-vier.nl");
	BLOCKED(ID_DOMAIN, "b.winkel-vier.nl");
	BLOCKED(ID_DOMAIN, "winkel-vier.nl");
	FREE(ID_DOMAIN, "c.winkel-vier.nl");
	FREE(ID_DOMAIN, "c.b.winkel-vier.nl");
	FREE(ID_DOMAIN, "www.winkel-vier.nl");
	BLOCKED(ID_DOMAIN, "z.x.y.winkel-vijf.nl");
	BLOCKED(ID_DOMAIN, "winkel-vijf.nl");
	FREE(ID_DOMAIN, "z.y.winkel-vijf.nl");
	BLOCKED(ID_DOMAIN, "klant-test.blogspot.com");
	FREE(ID_DOMAIN, "ander-test.blogspot.com");
}

static void test_public_suffix(void **state)
{
	struct fix *f = *state;
	import(f, "a", STR(".co.uk\nblogspot.com\n.github.io\n"));
	BLOCKED(ID_DOMAIN, "co.uk");
	BLOCKED(ID_DOMAIN, "blogspot.com");
	BLOCKED(ID_DOMAIN, "github.io");
	FREE(ID_DOMAIN, "winkel-een.co.uk");
	FREE(ID_DOMAIN, "winkel-een.blogspot.com");
	FREE(ID_DOMAIN, "winkel-een.github.io");
	FREE(ID_URL, "https://winkel-een.github.io/x");
}

static void test_urls_and_mail(void **state)
{
	struct fix *f = *state;
	import(f, "a", STR("x.winkel-een.nl\n.winkel-twee.nl\nklacht@winkel-drie.nl\n"));
	BLOCKED(ID_URL, "https://x.winkel-een.nl/inlog?a=1");
	BLOCKED(ID_URL, "http://www.x.winkel-een.nl/");
	FREE(ID_URL, "https://winkel-een.nl/inlog");
	BLOCKED(ID_DOMAIN, "winkel-een.nl");
	BLOCKED(ID_URL, "https://diep.winkel-twee.nl/a");
	FREE(ID_URL, "https://192.0.2.7/a");
	BLOCKED(ID_EMAIL, "klacht@winkel-drie.nl");
	FREE(ID_EMAIL, "ander@winkel-drie.nl");
	FREE(ID_DOMAIN, "winkel-drie.nl");
	BLOCKED(ID_EMAIL, "wie@x.winkel-een.nl");
	FREE(ID_EMAIL, "wie@winkel-een.nl");
	BLOCKED(ID_EMAIL, "wie@post.winkel-twee.nl");
}

static void test_kinds_and_measures(void **state)
{
	struct fix *f = *state;
	import(f, "a", STR("winkel-een.nl\nNL02ABNA0123456789\n+31206241111\n"));
	assert_int_equal(verdict(f, ID_IBAN, "NL02 ABNA 0123 4567 89", STR("rekening_blokkeren")), SAFETY_BLOCK);
	assert_int_equal(verdict(f, ID_PHONE, "020 624 1111", STR("nummer_blokkeren")), SAFETY_BLOCK);
	assert_int_equal(verdict(f, ID_PHONE, "020 624 1112", STR("nummer_blokkeren")), SAFETY_FREE);
	assert_int_equal(verdict(f, ID_DOMAIN, "winkel-een.nl", STR("signaal")), SAFETY_WARN);
	assert_int_equal(verdict(f, ID_DOMAIN, "winkel-een.nl", STR("identificator_delen")), SAFETY_WARN);
	assert_int_equal(verdict(f, ID_DOMAIN, "winkel-een.nl", STR("iets_nieuws")), SAFETY_BLOCK);
	FREE(ID_ADVERT, "marktplaats:m1234567890");
	/* the policy's own lists count too, and the stricter one wins */
	BLOCKED(ID_DOMAIN, "rabobank.nl");
	BLOCKED(ID_DOMAIN, "politie.nl");
}

static void test_which_list(void **state)
{
	struct fix *f = *state;
	import(f, "b-lijst", STR("winkel-een.nl\n"));
	import(f, "a-lijst", STR(".winkel-een.nl\n"));
	import(f, "c-lijst", STR("x.winkel-een.nl\n"));
	struct identifier id = identifier(ID_DOMAIN, "winkel-een.nl");
	struct safety_hit hit;
	struct tx *tx;
	must(store_read(f->s, &tx, &f->e), &f->e);
	must(safety_check(tx, policy, &id, OFFLINE, &hit, &f->e), &f->e);
	assert_true(str_is(hit.list, "a-lijst"));
	store_read_end(tx);
}

static int count_row(const struct sval *c, void *arg)
{
	int64_t *n = arg;
	n[0] = c[0].i;
	n[1] = c[1].i;
	return 0;
}

static const struct stmt ST_STATE = {
	"SELECT (SELECT count(*) FROM safety_entry), (SELECT COALESCE(SUM(count), 0) FROM safety_list)", NULL, "", "ii"};

static void stored(struct fix *f, int64_t n[2])
{
	struct tx *tx;
	must(store_read(f->s, &tx, &f->e), &f->e);
	must(tx_query0(tx, &ST_STATE, count_row, n, &f->e), &f->e);
	store_read_end(tx);
}

static struct safety_list numbered(struct fix *f, int n)
{
	struct safety_list l;
	struct buf b;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < n; i++)
		buf_printf(&b, "a%d.winkel%d.nl\n", i, i);
	must(safety_parse(f->a, STR("lijst"), buf_view(&b), &l, &f->e), &f->e);
	buf_free(&b);
	return l;
}

static void test_replace(void **state)
{
	struct fix *f = *state;
	struct safety_list hundred = numbered(f, 100), ninety = numbered(f, 90), eighty = numbered(f, 80);
	struct import i = {.l = &hundred};
	int64_t n[2];
	must(store_submit(f->s, job_store, &i, &f->e), &f->e);
	assert_int_equal(i.before, 0);
	stored(f, n);
	assert_int_equal(n[0], 200);
	assert_int_equal(n[1], 100);
	i.l = &ninety; /* exactly 10 % less is allowed */
	must(store_submit(f->s, job_store, &i, &f->e), &f->e);
	assert_int_equal(i.before, 100);
	FREE(ID_DOMAIN, "winkel95.nl");
	BLOCKED(ID_DOMAIN, "winkel89.nl");
	i.l = &eighty;
	assert_int_equal(store_submit(f->s, job_store, &i, &f->e), KT_EREFUSED);
	assert_int_equal(i.before, 100);
	assert_non_null(strstr(f->e.text, "90"));
	assert_non_null(strstr(f->e.text, "80"));
	stored(f, n);
	assert_int_equal(n[0], 180);
	BLOCKED(ID_DOMAIN, "winkel89.nl");
	i.shrink = true;
	must(store_submit(f->s, job_store, &i, &f->e), &f->e);
	assert_int_equal(i.before, 90);
	stored(f, n);
	assert_int_equal(n[0], 160);
	assert_int_equal(n[1], 80);
	import(f, "tweede", STR("winkel-een.nl\n")); /* another list leaves this one alone */
	stored(f, n);
	assert_int_equal(n[0], 161);
}

static void test_many_labels(void **state)
{
	struct fix *f = *state;
	char name[256] = "";
	size_t n = 0;
	for (; n < 240; n += 2)
		memcpy(name + n, "a.", 3);
	(void)snprintf(name + n, sizeof name - n, "winkel1.nl");
	import(f, "a", STR(".winkel1.nl\n"));
	BLOCKED(ID_DOMAIN, name);
	import(f, "a", STR("winkel1.nl\n"));
	FREE(ID_DOMAIN, name);
	import(f, "a", str_of(name));
	BLOCKED(ID_DOMAIN, name);
	BLOCKED(ID_DOMAIN, name + 100);
	BLOCKED(ID_DOMAIN, "winkel1.nl");
}

/* What is asked together is answered as what is asked alone. */
static void test_many_as_one(void **state)
{
	struct fix *f = *state;
	enum { N = 1300 };
	struct identifier *ids = calloc(N, sizeof *ids);
	struct safety_hit *many = calloc(N, sizeof *many), one;
	assert_true(ids && many);
	import(f, "a", STR("a.winkel7.nl\n.winkel8.nl\nwinkel9.nl\nwie@winkel4.nl\n.b.winkel5.nl\n"));
	unsigned x = 12345;
	for (int i = 0; i < N; i++) {
		char text[64];
		x = x * 1103515245 + 12345;
		int k = (x >> 16) % 3;
		(void)snprintf(text, sizeof text, "%s%swinkel%d.nl%s",
		               k == 1       ? "https://"
		                   : k == 2 ? "wie@"
		                            : "",
		               &"a.\0b.\0c.b.\0www.\0"[(const int[]){0, 3, 6, 11}[(x >> 20) % 4]], (int)(x >> 24) % 12,
		               k == 1 ? "/x" : "");
		ids[i] = identifier((const enum id_kind[]){ID_DOMAIN, ID_URL, ID_EMAIL}[k], text);
	}
	struct tx *tx;
	int blocked = 0;
	must(store_read(f->s, &tx, &f->e), &f->e);
	must(safety_check_many(tx, policy, ids, N, OFFLINE, many, &f->e), &f->e);
	for (int i = 0; i < N; i++) {
		must(safety_check(tx, policy, &ids[i], OFFLINE, &one, &f->e), &f->e);
		assert_int_equal(one.verdict, many[i].verdict);
		assert_true(str_eq(one.list, many[i].list));
		blocked += one.verdict == SAFETY_BLOCK;
	}
	must(safety_check_many(tx, policy, ids, 0, OFFLINE, many, &f->e), &f->e);
	store_read_end(tx);
	assert_true(blocked > 50 && blocked < N - 50);
	free(ids);
	free(many);
}

/* ---- big lists ---- */

static struct str shared(struct fix *f, const char *name)
{
	const char *root = getenv("KENTERING_SHARED"), *source = getenv("KENTERING_SOURCE");
	char path[1024];
	if (root)
		(void)snprintf(path, sizeof path, "%s/%s", root, name);
	else
		(void)snprintf(path, sizeof path, "%s/../shared/data/%s", source ? source : ".", name);
	FILE *in = fopen(path, "rb");
	struct stat st;
	if (!in)
		return STR_NONE;
	assert_int_equal(fstat(fileno(in), &st), 0);
	char *p = arena_alloc(f->a, (size_t)st.st_size);
	assert_non_null(p);
	assert_int_equal(fread(p, 1, (size_t)st.st_size, in), (size_t)st.st_size);
	fclose(in);
	return (struct str){p, (size_t)st.st_size};
}

static double since(int64_t start_ns)
{
	return (double)(clock_mono_ns() - start_ns) / 1e9;
}

static void all_blocked(struct fix *f, const struct identifier *ids, size_t n)
{
	struct safety_hit *hit = calloc(n, sizeof *hit);
	struct tx *tx;
	assert_non_null(hit);
	must(store_read(f->s, &tx, &f->e), &f->e);
	must(safety_check_many(tx, policy, ids, n, OFFLINE, hit, &f->e), &f->e);
	for (size_t i = 0; i < n; i++)
		if (hit[i].verdict != SAFETY_BLOCK)
			fail_msg("not protected: %s", ids[i].value);
	for (size_t i = 0; i < n; i += 97) {
		must(safety_check(tx, policy, &ids[i], OFFLINE, &hit[0], &f->e), &f->e);
		assert_int_equal(hit[0].verdict, SAFETY_BLOCK);
	}
	store_read_end(tx);
	free(hit);
}

/* Every name of the file that is a name, and its registrable domain. */
static size_t names_of(struct fix *f, struct str text, struct identifier **ret)
{
	size_t n = 0, cap = 0;
	struct identifier *ids = NULL;
	for (size_t at = 0; at < text.n;) {
		struct str rest = str_sub(text, at, text.n);
		ptrdiff_t end = str_find(rest, '\n');
		struct str line = str_trim(end < 0 ? rest : str_sub(rest, 0, (size_t)end));
		at += end < 0 ? rest.n : (size_t)end + 1;
		if (str_starts(line, STR(".")))
			line = str_sub(line, 1, line.n);
		if (n + 2 > cap) {
			cap = cap ? cap * 2 : 4096;
			struct identifier *more = arena_array(f->a, cap, sizeof *more);
			assert_non_null(more);
			if (n)
				memcpy(more, ids, n * sizeof *ids);
			ids = more;
		}
		if (domain_canonical(line, &ids[n], NULL) < 0)
			continue;
		n++;
		n += id_registrable(&ids[n - 1], &ids[n]) == 0;
	}
	*ret = ids;
	return n;
}

static void test_big_lists(void **state)
{
	static const char *const files[] = {
		"legit/misp-bank-website.txt",
		"legit/misp-tranco10k.txt",
		"legit/misp-cisco_top10k.txt",
		"legit/misp-dynamic-dns.txt",
	};
	struct fix *f = *state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct str text = shared(f, files[i]);
		struct safety_list l;
		struct identifier *ids;
		if (!text.p) {
			printf("skipped: %s is not there (KENTERING_SHARED)\n", files[i]);
			skip();
		}
		int64_t start = clock_mono_ns();
		must(safety_parse(f->a, str_of(files[i]), text, &l, &f->e), &f->e);
		double read = since(start);
		struct import job = {.l = &l};
		start = clock_mono_ns();
		must(store_submit(f->s, job_store, &job, &f->e), &f->e);
		double first = since(start);
		start = clock_mono_ns();
		must(store_submit(f->s, job_store, &job, &f->e), &f->e);
		printf("%s: %lld names, %lld skipped, %zu entries; read %.2f s, stored %.2f s, replaced %.2f s\n", files[i],
		       (long long)l.names, (long long)l.skipped, l.n, read, first, since(start));
		assert_int_equal(job.before, l.names);
		size_t n = names_of(f, text, &ids);
		assert_true(n >= (size_t)l.names);
		all_blocked(f, ids, n);
	}
}

/* ---- what stands, and the zone of it ---- */

static const struct stmt ST_BARRIER = {
	"INSERT INTO barrier (id, tag, kind, value, partner, measure, rule, state, since_ms, created_ms, due_ms, ends_ms,"
	" reporters, note, synthetic)"
	" VALUES ($1, $2, $3, $4, $5, 'domein_blokkeren', 'NL-3', $6, $7, $7, 0, $8, 3, '', 1)",
	NULL, "tbittiii", ""};

struct row {
	enum id_kind kind;
	struct str value;
	const char *partner;
	enum barrier_state state;
	int64_t ends_ms; /* 0: no end */
};

struct rows {
	const struct row *r;
	size_t n;
};

static int job_barriers(struct tx *tx, void *arg, struct err *e)
{
	static int64_t serial;
	const struct rows *r = arg;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < r->n; i++) {
		char id[24];
		uint8_t tag[32] = {0};
		(void)snprintf(id, sizeof id, "B%010lld", (long long)++serial);
		rc = tx_exec(tx, &ST_BARRIER, e, SV_Z(id), SV_B(tag, sizeof tag), SV_I(r->r[i].kind), SV_T(r->r[i].value),
		             SV_Z(r->r[i].partner), SV_I(r->r[i].state), SV_I(NOW), SV_I(r->r[i].ends_ms));
	}
	return rc;
}

static void put_barriers(struct fix *f, const struct row *r, size_t n)
{
	struct rows rows = {r, n};
	must(store_submit(f->s, job_barriers, &rows, &f->e), &f->e);
}

static struct str zone_of(struct fix *f, struct rpz_result *ret)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/zone", f->dir);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	struct rpz_opts o = {.source = safety_standing, .now_ms = NOW};
	must(rpz_export(f->s, policy, &o, fd, ret, &f->e), &f->e);
	off_t size = lseek(fd, 0, SEEK_END);
	char *p = arena_alloc(f->a, (size_t)size + 1);
	assert_non_null(p);
	assert_int_equal(pread(fd, p, (size_t)size, 0), size);
	close(fd);
	return (struct str){p, (size_t)size};
}

static int times(struct str zone, const char *name)
{
	char line[300];
	int n = 0;
	(void)snprintf(line, sizeof line, "\n%s CNAME .\n", name);
	for (const char *p = zone.p; (p = strstr(p, line)); p++)
		n++;
	return n;
}

static void test_standing_states(void **state)
{
	struct fix *f = *state;
	struct row r[BARRIER_STATES + 8];
	char name[BARRIER_STATES][32];
	size_t n = 0;
	int64_t stand = 0;
	for (int s = 1; s < BARRIER_STATES; s++) {
		(void)snprintf(name[s], sizeof name[s], "winkel-toestand%d.nl", s);
		r[n++] = (struct row){ID_DOMAIN, str_of(name[s]), "sidn", (enum barrier_state)s, 0};
		stand += barrier_stands((enum barrier_state)s);
	}
	r[n++] = (struct row){ID_DOMAIN, STR("twee-keer.nl"), "sidn", BARRIER_APPROVED, 0};
	r[n++] = (struct row){ID_DOMAIN, STR("twee-keer.nl"), "register", BARRIER_SENT, NOW + 1};
	r[n++] = (struct row){ID_DOMAIN, STR("voorbij.nl"), "sidn", BARRIER_EXECUTED, NOW};
	r[n++] = (struct row){ID_URL, STR("https://winkel-url.nl/a"), "register", BARRIER_APPROVED, 0};
	r[n++] = (struct row){ID_EMAIL, STR("wie@winkel-mail.nl"), "register", BARRIER_APPROVED, 0};
	put_barriers(f, r, n);
	struct rpz_result res;
	struct str zone = zone_of(f, &res);
	assert_int_equal(res.names, stand + 1);
	assert_int_equal(res.serial, NOW / 1000);
	for (int s = 1; s < BARRIER_STATES; s++)
		assert_int_equal(times(zone, name[s]), barrier_stands((enum barrier_state)s));
	assert_int_equal(times(zone, "twee-keer.nl"), 1);
	assert_int_equal(times(zone, "*.twee-keer.nl"), 1);
	assert_int_equal(times(zone, "voorbij.nl"), 0);
	assert_null(strstr(zone.p, "winkel-url"));
	assert_null(strstr(zone.p, "winkel-mail"));
}

static void test_standing_shielded(void **state)
{
	static const char *const names[] = {"vrij-een.nl", "later-beschermd.nl", "drager-een.nl",          "rabobank.nl",
	                                    "co.uk",       "blogspot.com",       "klant-test.blogspot.com"};
	struct fix *f = *state;
	struct row r[sizeof names / sizeof *names];
	struct rpz_result res;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		r[i] = (struct row){ID_DOMAIN, str_of(names[i]), "sidn", BARRIER_APPROVED, 0};
	put_barriers(f, r, sizeof r / sizeof *r);
	(void)zone_of(f, &res);
	assert_int_equal(res.names, 4);
	assert_int_equal(res.skipped_protected, 3);
	import(f, "a", STR("later-beschermd.nl\nwie.drager-een.nl\n"));
	struct str zone = zone_of(f, &res);
	assert_int_equal(res.names, 2);
	assert_int_equal(res.skipped_protected, 5);
	assert_int_equal(times(zone, "vrij-een.nl"), 1);
	assert_int_equal(times(zone, "klant-test.blogspot.com"), 1);
	assert_int_equal(times(zone, "*.later-beschermd.nl"), 0);
}

/* More than a page, in order, each once; with the known dead scam domains when they are there. */
static void test_standing_many(void **state)
{
	struct fix *f = *state;
	struct str text = shared(f, "phish/jarelllama-scam-dead.txt");
	struct identifier *ids;
	struct rpz_result res;
	if (!text.p) {
		printf("skipped: phish/jarelllama-scam-dead.txt is not there (KENTERING_SHARED)\n");
		skip();
	}
	size_t n = names_of(f, text, &ids);
	struct row *r = calloc(n, sizeof *r);
	assert_non_null(r);
	for (size_t i = 0; i < n; i++)
		r[i] = (struct row){ID_DOMAIN, id_str(&ids[i]), "sidn", BARRIER_APPROVED, 0};
	/* the registrable domain follows its name, and is the same for most: once is enough */
	size_t m = 0;
	for (size_t i = 0; i < n; i++)
		if (m == 0 || !str_eq(r[m - 1].value, r[i].value))
			r[m++] = r[i];
	for (size_t i = 0; i < m; i++)
		r[i].partner = arena_fmt(f->a, "p%zu", i).p; /* the index allows one per partner */
	put_barriers(f, r, m);
	import(f, "top", shared(f, "legit/misp-tranco10k.txt"));
	int64_t start = clock_mono_ns();
	struct str zone = zone_of(f, &res);
	printf("zone of %zu barriers: %lld names, %lld protected, %.2f s\n", m, (long long)res.names,
	       (long long)res.skipped_protected, since(start));
	struct str last = STR_NONE;
	int64_t lines = 0;
	for (const char *p = strstr(zone.p, " NS localhost.\n") + 15; *p;) { /* strchr would measure the whole zone */
		struct str owner = {p, (size_t)((const char *)rawmemchr(p, ' ') - p)};
		p = (const char *)rawmemchr(p, '\n') + 1;
		lines++;
		if (str_starts(owner, STR("*.")))
			continue;
		assert_true(last.n == 0 || str_cmp(last, owner) < 0);
		last = owner;
	}
	assert_int_equal(lines, 2 * res.names);
	assert_true(res.names > 90000);
	free(r);
}

#define READING(f) cmocka_unit_test_setup_teardown(f, setup_reading, teardown)
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
	const char *source = getenv("KENTERING_SOURCE");
	char dir[1024];
	struct err e = {0};
	static struct valid_report report;
	const struct CMUnitTest tests[] = {
		READING(test_plain),          READING(test_sorted_without_doubles),
		READING(test_carriers),       READING(test_other_kinds),
		READING(test_misp),           READING(test_refused),
		TEST(test_domains),           TEST(test_public_suffix),
		TEST(test_urls_and_mail),     TEST(test_kinds_and_measures),
		TEST(test_which_list),        TEST(test_replace),
		TEST(test_many_labels),       TEST(test_many_as_one),
		TEST(test_big_lists),         TEST(test_standing_states),
		TEST(test_standing_shielded), TEST(test_standing_many),
	};
	on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
	json_setup();
	(void)snprintf(dir, sizeof dir, "%s/policy", source ? source : ".");
	if (crypto_setup(&e) || policy_load((const char *const[]){dir}, 1, &policy, &report, &e)) {
		fprintf(stderr, "%s %s\n", e.text, report.n ? report.e[0].text : "");
		return 1;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	policy_free(policy);
	return failed;
}
