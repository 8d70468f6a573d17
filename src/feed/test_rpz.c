/* The blocking zone: its text, and its way into a file: ./test_rpz sqlite, ./test_rpz postgres. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "feed/rpz.h"
#include "seam/crypto.h"
#include "seam/json.h"
#include "store/test_pg.h"

#define NOW INT64_C(1790000000000)

static bool on_postgres;
static char dir[64];
static struct store *store;

/* ---- a source of names that a test sets ---- */

static struct {
	struct str *name;
	size_t n;
	const char *shielded;
	size_t fail_after; /* pages; 0: never */
	size_t pages;
} names;

static int source(struct tx *tx, const struct policy *p, int64_t now_ms, struct str after, struct rpz_page *ret,
                  struct err *e)
{
	size_t lo = 0, hi = names.n;
	assert_non_null(tx);
	assert_null(p);
	assert_int_equal(now_ms, NOW);
	if (names.fail_after && names.pages++ == names.fail_after)
		return err_set(e, KT_ECORRUPT, "stuk");
	while (after.n && lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (str_cmp(names.name[mid], after) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < names.n && ret->n < RPZ_PAGE; lo++) {
		struct identifier *id = &ret->name[ret->n];
		*id = (struct identifier){.kind = ID_DOMAIN, .n = (uint8_t)names.name[lo].n};
		memcpy(id->value, names.name[lo].p, names.name[lo].n);
		ret->shielded[ret->n++] = names.shielded && str_is(names.name[lo], names.shielded);
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void set_names(struct str *name, size_t n)
{
	size_t m = 0;
	if (n)
		qsort(name, n, sizeof *name, by_name);
	for (size_t i = 0; i < n; i++)
		if (m == 0 || !str_eq(name[m - 1], name[i]))
			name[m++] = name[i];
	memset(&names, 0, sizeof names);
	names.name = name;
	names.n = m;
}

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

static int setup(void **state)
{
	struct err e = {0};
	(void)state;
	(void)snprintf(dir, sizeof dir, "/tmp/kentering-rpz-XXXXXX");
	assert_non_null(mkdtemp(dir));
	struct store_opts o = {.dir = dir, .node = "main"};
	if (on_postgres) {
		o.database = test_pg_fresh();
		assert_non_null(o.database);
	}
	must(store_open(&o, &store, &e), &e);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store = store_close(store);
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

/* ---- the text ---- */

static struct rpz_zone checked(const char *zone, const char *target)
{
	struct rpz_opts o = {.zone = str_of(zone), .target = str_of(target), .now_ms = NOW};
	struct rpz_zone z;
	struct err e = {0};
	must(rpz_check(&o, &z, &e), &e);
	return z;
}

static void test_text(void **state)
{
	struct buf b;
	(void)state;
	struct rpz_zone z = checked("", ".");
	buf_init(&b, 4096);
	rpz_head(&b, &z);
	rpz_name(&b, &z, STR("winkel-een.nl"));
	rpz_name(&b, &z, STR("a_b.c\"d;e\\f (g).nl"));
	assert_int_equal(buf_err(&b), 0);
	assert_string_equal(b.p,
	                    "$ORIGIN rpz.kentering.\n$TTL 60\n"
	                    "@ SOA localhost. hostmaster.localhost. 1790000000 300 60 604800 60\n@ NS localhost.\n"
	                    "winkel-een.nl CNAME .\n*.winkel-een.nl CNAME .\n"
	                    "a_b.c\\034d\\059e\\092f\\032\\040g\\041.nl CNAME .\n"
	                    "*.a_b.c\\034d\\059e\\092f\\032\\040g\\041.nl CNAME .\n");
	buf_reset(&b);
	z = checked("Blok.Example.", "Waarschuwing.example.");
	rpz_name(&b, &z, STR("x.nl"));
	assert_string_equal(b.p, "x.nl CNAME waarschuwing.example.\n*.x.nl CNAME waarschuwing.example.\n");
	assert_string_equal(z.zone, "blok.example");
	buf_free(&b);
}

static void test_options(void **state)
{
	static const char *const zones[] = {".", "a..b", "-\n", "a b", "$x", ".a", "a\"b"};
	static const char *const targets[] = {"rpz-passthru.", "rpz-drop", "a.rpz-tcp-only", "*.", "*", "..", "a b",
	                                      "a\n.",          "x..y"};
	char big[300];
	struct rpz_zone z = {.ttl = 7};
	struct err e = {0};
	(void)state;
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		struct rpz_opts o = {.zone = str_of(zones[i])};
		assert_int_equal(rpz_check(&o, &z, &e), KT_EINVAL);
	}
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		struct rpz_opts o = {.target = str_of(targets[i])};
		assert_int_equal(rpz_check(&o, &z, &e), KT_EINVAL);
	}
	memset(big, 'a', sizeof big);
	for (size_t i = 50; i < sizeof big; i += 50)
		big[i] = '.';
	struct rpz_opts o = {.zone = {big, 260}};
	assert_int_equal(rpz_check(&o, &z, &e), KT_EINVAL);
	o = (struct rpz_opts){.target = {big, 254}};
	assert_int_equal(rpz_check(&o, &z, &e), KT_EINVAL);
	o = (struct rpz_opts){.zone = {big + 51, 64}};
	big[51 + 49] = 'a'; /* a label of 64 */
	assert_int_equal(rpz_check(&o, &z, &e), KT_EINVAL);
	o = (struct rpz_opts){.ttl = UINT32_MAX};
	assert_int_equal(rpz_check(&o, &z, &e), KT_EINVAL);
	assert_int_equal(z.ttl, 7);
	o = (struct rpz_opts){.ttl = 30, .now_ms = (INT64_C(1) << 32) * 1000 + 5999};
	must(rpz_check(&o, &z, &e), &e);
	assert_int_equal(z.ttl, 30);
	assert_int_equal(z.serial, 5); /* serials wrap (RFC 1982) */
}

static void test_fits(void **state)
{
	char name[256];
	(void)state;
	struct rpz_zone z = checked("", "let-op.waarschuwing.example");
	assert_int_equal(rpz_fits(&z, STR("winkel.nl")), RPZ_FITS);
	assert_int_equal(rpz_fits(&z, STR("rpz-ip.nl")), RPZ_FITS);
	assert_int_equal(rpz_fits(&z, STR("32.1.2.0.192.rpz-ip")), RPZ_ODD);
	assert_int_equal(rpz_fits(&z, STR("8.0.0.0.10.rpz-client-ip")), RPZ_ODD);
	assert_int_equal(rpz_fits(&z, STR("ns.x.rpz-nsdname")), RPZ_ODD);
	assert_int_equal(rpz_fits(&z, STR("*.nl")), RPZ_ODD);
	assert_int_equal(rpz_fits(&z, STR("a..nl")), RPZ_ODD);
	assert_int_equal(rpz_fits(&z, STR("a.nl.")), RPZ_ODD);
	assert_int_equal(rpz_fits(&z, STR("")), RPZ_ODD);
	assert_int_equal(rpz_fits(&z, STR("let-op.waarschuwing.example")), RPZ_OWN);
	assert_int_equal(rpz_fits(&z, STR("waarschuwing.example")), RPZ_OWN);
	assert_int_equal(rpz_fits(&z, STR("ing.example")), RPZ_FITS);
	assert_int_equal(rpz_fits(&z, STR("x.let-op.waarschuwing.example")), RPZ_FITS);
	memset(name, 'a', sizeof name);
	for (size_t i = 40; i < sizeof name; i += 41)
		name[i] = '.';
	/* name + 1, "rpz.kentering" + 1, "*" 2, root 1 */
	assert_int_equal(rpz_fits(&z, (struct str){name, 255 - 13 - 5}), RPZ_FITS);
	assert_int_equal(rpz_fits(&z, (struct str){name, 255 - 13 - 4}), RPZ_LONG);
	assert_int_equal(rpz_fits(&z, (struct str){name, 253}), RPZ_LONG);
	memset(name, 'a', 64);
	name[64] = '.';
	assert_int_equal(rpz_fits(&z, (struct str){name, 70}), RPZ_LONG);
}

/* ---- the file ---- */

static int zone_open(char path[128])
{
	(void)snprintf(path, 128, "%s/zone", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	return fd;
}

static int export(int fd, const char *target, struct rpz_result *ret, struct err *e)
{
	struct rpz_opts o = {.source = source, .target = str_of(target), .now_ms = NOW};
	return rpz_export(store, NULL, &o, fd, ret, e);
}

/* False when it is not installed. */
static bool checkzone(const char *path)
{
	static const char *const places[] = {"/usr/bin/named-checkzone", "/usr/sbin/named-checkzone"};
	const char *exe = NULL;
	int status = -1;
	for (size_t i = 0; !exe && i < 2; i++)
		exe = access(places[i], X_OK) == 0 ? places[i] : NULL;
	if (!exe) {
		printf("skipped: named-checkzone (bind9-utils) is not installed\n");
		return false;
	}
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char arg[4][128] = {"named-checkzone", "-q", RPZ_ZONE, ""};
		(void)snprintf(arg[3], sizeof arg[3], "%s", path);
		execv(exe, (char *[]){arg[0], arg[1], arg[2], arg[3], NULL});
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return true;
}

/* Every name stands there with both records, and nothing else. */
static void same_names(const char *path, int64_t expected)
{
	char line[2048];
	int64_t n = 0;
	size_t at = 0;
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	for (int i = 0; i < 4; i++)
		assert_non_null(fgets(line, sizeof line, in));
	for (; fgets(line, sizeof line, in); n++) {
		char want[600];
		(void)snprintf(want, sizeof want, "%s" STR_FMT " CNAME .\n", n % 2 ? "*." : "", STR_ARG(names.name[at]));
		assert_string_equal(line, want);
		at += n % 2;
	}
	assert_int_equal(n, 2 * expected);
	fclose(in);
}

static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % sides;
}

static void test_random_names(void **state)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	enum { N = 3 * RPZ_PAGE };
	char path[128];
	struct rpz_result r;
	struct err e = {0};
	(void)state;
	struct str *name = calloc(N, sizeof *name);
	char *text = calloc(N, 256);
	assert_true(name && text);
	seed = (uint64_t)clock_mono_ns();
	printf("seed %llu\n", (unsigned long long)seed);
	for (size_t i = 0; i < N; i++) {
		char *p = text + 256 * i;
		size_t n = 0, labels = 1 + dice(4);
		for (size_t l = 0; l < labels; l++) {
			size_t m = 1 + dice(dice(20) ? 12 : 50);
			for (size_t k = 0; k < m; k++)
				p[n++] = set[dice(sizeof set - 1)];
			p[n++] = '.';
		}
		(void)snprintf(p + n, 256 - n, "nl");
		name[i] = str_of(p);
	}
	set_names(name, N);
	int fd = zone_open(path);
	must(export(fd, ".", &r, &e), &e);
	close(fd);
	assert_int_equal(r.names, names.n);
	same_names(path, r.names);
	if (!checkzone(path))
		skip();
	free(text);
	free(name);
}

/* Octets that mean something in a zone file, at every place. */
static void test_escapes_load(void **state)
{
	char path[128], text[256][24];
	struct str name[256];
	struct rpz_result r;
	struct err e = {0};
	size_t n = 0;
	(void)state;
	for (int c = 1; c < 256; c++) {
		if (c == '.' || c == '*' || ch_upper((unsigned char)c))
			continue;
		(void)snprintf(text[n], sizeof text[n], "%cx%c.winkel%c.nl", c, c, c);
		name[n] = str_of(text[n]);
		n++;
	}
	set_names(name, n);
	int fd = zone_open(path);
	must(export(fd, "let-op.example", &r, &e), &e);
	close(fd);
	assert_int_equal(r.names, n);
	if (!checkzone(path))
		skip();
}

static void test_counts(void **state)
{
	struct str name[] = {STR("a.nl"), STR("b.nl"), STR("c.rpz-ip"), STR("let-op.example"), STR("d.nl"), STR_NONE};
	char path[128], big[254];
	struct rpz_result r;
	struct err e = {0};
	(void)state;
	memset(big, 'b', sizeof big);
	for (size_t i = 20; i < sizeof big; i += 21)
		big[i] = '.';
	name[5] = (struct str){big, 253};
	set_names(name, 6);
	names.shielded = "d.nl";
	int fd = zone_open(path);
	must(export(fd, "let-op.example.", &r, &e), &e);
	close(fd);
	assert_int_equal(r.names, 2);
	assert_int_equal(r.skipped_odd, 1);
	assert_int_equal(r.skipped_long, 1);
	assert_int_equal(r.skipped_protected, 2);
	assert_int_equal(r.serial, NOW / 1000);
}

static void test_empty(void **state)
{
	char path[128];
	struct rpz_result r;
	struct err e = {0};
	(void)state;
	set_names(NULL, 0);
	int fd = zone_open(path);
	must(export(fd, "", &r, &e), &e);
	close(fd);
	assert_int_equal(r.names, 0);
	if (!checkzone(path))
		skip();
}

static void many(struct str **ret_name, char **ret_text, size_t n)
{
	struct str *name = calloc(n, sizeof *name);
	char *text = calloc(n, 32);
	assert_true(name && text);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(text + 32 * i, 32, "winkel%zu.nl", i);
		name[i] = str_of(text + 32 * i);
	}
	set_names(name, n);
	*ret_name = name;
	*ret_text = text;
}

static void test_failures(void **state)
{
	struct rpz_result r = {.names = -7};
	struct err e = {0};
	struct str *name;
	char *text, path[128];
	(void)state;
	many(&name, &text, 20000);
	int fd = open("/dev/full", O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(export(fd, ".", &r, &e), KT_EFULL);
	close(fd);
	fd = open("/dev/null", O_RDONLY);
	assert_int_equal(export(fd, ".", &r, &e), KT_EIO);
	close(fd);
	int p[2];
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	assert_int_equal(export(p[1], ".", &r, &e), KT_EIO);
	signal(SIGPIPE, old);
	close(p[1]);
	fd = zone_open(path);
	struct rlimit was, small;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = (struct rlimit){300000, was.rlim_max};
	old = signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int rc = export(fd, ".", &r, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, old);
	assert_int_equal(rc, KT_ELIMIT);
	names.fail_after = 2;
	assert_int_equal(export(fd, ".", &r, &e), KT_ECORRUPT);
	struct rpz_opts none = {.now_ms = NOW};
	assert_int_equal(rpz_export(store, NULL, &none, fd, &r, &e), KT_EINTERNAL);
	close(fd);
	assert_int_equal(r.names, -7);
	free(name);
	free(text);
}

static void on_alarm(int sig)
{
	(void)sig;
}

struct slow {
	int fd;
	size_t n;
};

static void *slow_reader(void *arg)
{
	struct slow *s = arg;
	char b[3000];
	for (ssize_t n; (n = read(s->fd, b, sizeof b)) != 0;) {
		if (n > 0)
			s->n += (size_t)n;
		if (s->n % 7 == 0)
			usleep(300);
	}
	return NULL;
}

/* A pipe that is full most of the time, does not wait, and a signal every millisecond. */
static void test_slow_reader(void **state)
{
	struct sigaction act = {.sa_handler = on_alarm}, old;
	struct itimerval tick = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
	struct rpz_result r;
	struct err e = {0};
	struct str *name;
	char *text, path[128];
	struct stat st;
	pthread_t t;
	sigset_t alarm, before;
	int p[2];
	(void)state;
	many(&name, &text, 20000);
	int fd = zone_open(path);
	must(export(fd, ".", &r, &e), &e);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	for (int wait = 0; wait < 2; wait++) {
		assert_int_equal(pipe2(p, wait ? 0 : O_NONBLOCK), 0);
		assert_int_equal(fcntl(p[0], F_SETFL, 0), 0);
		struct slow s = {p[0], 0};
		sigemptyset(&alarm);
		sigaddset(&alarm, SIGALRM);
		pthread_sigmask(SIG_BLOCK, &alarm, &before);
		assert_int_equal(pthread_create(&t, NULL, slow_reader, &s), 0);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		sigaction(SIGALRM, &act, &old);
		setitimer(ITIMER_REAL, &tick, NULL);
		int rc = export(p[1], ".", &r, &e);
		setitimer(ITIMER_REAL, &off, NULL);
		sigaction(SIGALRM, &old, NULL);
		close(p[1]);
		pthread_join(t, NULL);
		close(p[0]);
		must(rc, &e);
		assert_int_equal(s.n, st.st_size);
	}
	free(name);
	free(text);
}

static char *corpus(size_t *ret_n)
{
	const char *root = getenv("KENTERING_SHARED"), *src = getenv("KENTERING_SOURCE");
	const char *file = "phish/jarelllama-scam-dead.txt";
	char path[1024];
	struct stat st;
	if (root)
		(void)snprintf(path, sizeof path, "%s/%s", root, file);
	else
		(void)snprintf(path, sizeof path, "%s/../shared/data/%s", src ? src : ".", file);
	FILE *in = fopen(path, "rb");
	if (!in)
		return NULL;
	assert_int_equal(fstat(fileno(in), &st), 0);
	char *p = calloc(1, (size_t)st.st_size + 1);
	assert_non_null(p);
	assert_int_equal(fread(p, 1, (size_t)st.st_size, in), (size_t)st.st_size);
	fclose(in);
	*ret_n = (size_t)st.st_size;
	return p;
}

static void test_scam_domains(void **state)
{
	char path[128];
	size_t size = 0, n = 0, lines = 0;
	struct rpz_result r;
	struct err e = {0};
	char *text = corpus(&size);
	(void)state;
	if (!text) {
		printf("skipped: phish/jarelllama-scam-dead.txt is not there (KENTERING_SHARED)\n");
		skip();
	}
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	struct str *name = calloc(lines + 1, sizeof *name);
	struct identifier *id = calloc(lines + 1, sizeof *id);
	assert_true(name && id);
	for (char *p = text, *end; n <= lines && *p; p = end + (*end != 0)) {
		end = memchr(p, '\n',
		             size - (size_t)(p - text)); /* not strchr: strict sanitizers measure the whole text each time */
		if (!end)
			end = text + size;
		if (domain_canonical((struct str){p, (size_t)(end - p)}, &id[n], NULL) == 0) {
			name[n] = id_str(&id[n]);
			n++;
		}
	}
	set_names(name, n);
	int fd = zone_open(path);
	int64_t start = clock_mono_ns();
	must(export(fd, ".", &r, &e), &e);
	close(fd);
	printf("%lld of %zu names in %.2f s\n", (long long)r.names, lines, (double)(clock_mono_ns() - start) / 1e9);
	assert_int_equal(r.names, names.n);
	same_names(path, r.names);
	bool ran = checkzone(path);
	free(id);
	free(name);
	free(text);
	if (!ran)
		skip();
}

int main(int argc, char **argv)
{
	struct err e = {0};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),         cmocka_unit_test(test_options),      cmocka_unit_test(test_fits),
		cmocka_unit_test(test_random_names), cmocka_unit_test(test_escapes_load), cmocka_unit_test(test_counts),
		cmocka_unit_test(test_empty),        cmocka_unit_test(test_failures),     cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_scam_domains),
	};
	on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
	json_setup();
	if (crypto_setup(&e))
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
