/* The whole corpus of dead scam domains ($KENTERING_SHARED/phish/jarelllama-scam-dead.txt): each is reported by three
 * people, its barrier at the registry approved, the zone exported. Every approved name that is not protected must stand
 * in a zone that named-checkzone accepts. --quick takes the first 500. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "barrier/safety.h"
#include "centre.h"
#include "feed/rpz.h"
#include "seam/crypto.h"

struct slot {
	struct arena *a;
	struct intake_report *r;
	struct store_ticket t;
	struct err e;
	struct valid_report why;
	bool used;
};

struct corpus {
	struct bench_centre c;
	char *text;
	struct str *name;
	size_t n;
	struct slot slot[BENCH_IN_FLIGHT];
	size_t sent;
	/* the barriers at registries, as they stand */
	char (*id)[BARRIER_ID];
	struct str *value;
	size_t ids;
	struct arena *a;
};

static bool load(struct corpus *x, size_t most)
{
	const char *shared = getenv("KENTERING_SHARED");
	char path[1024];
	size_t size = 0, cap = 8u << 20;
	snprintf(path, sizeof(path), "%s/phish/jarelllama-scam-dead.txt", shared ? shared : "../shared/data");
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	x->text = malloc(cap);
	x->name = calloc(200000, sizeof(*x->name));
	if (!x->text || !x->name)
		bench_die("memory", NULL);
	size = fread(x->text, 1, cap - 1, f);
	fclose(f);
	for (size_t at = 0; at < size && x->n < most;) {
		char *nl = memchr(x->text + at, '\n', size - at);
		size_t end = nl ? (size_t)(nl - x->text) : size;
		struct str s = str_trim((struct str){x->text + at, end - at});
		if (s.n && x->n < 200000)
			x->name[x->n++] = s;
		at = end + 1;
	}
	return true;
}

static void settle(struct corpus *x, struct slot *s)
{
	if (!s->used)
		return;
	if (store_wait(x->c.store, &s->t))
		bench_die("store", &s->e);
	arena_reset(s->a);
	s->used = false;
}

static void report(struct corpus *x, struct str domain, int person)
{
	struct slot *s = &x->slot[x->sent++ % BENCH_IN_FLIGHT];
	settle(x, s);
	if (!s->a && !(s->a = arena_new(0)))
		bench_die("memory", NULL);
	struct str json =
		arena_fmt(s->a,
	              "{\"fraudevorm\":\"OF-1.1.2\",\"kenmerken\":[{\"soort\":\"domein\",\"waarde\":\"" STR_FMT
	              "\"}],\"melder\":{\"contact\":{\"email\":\"melder%zu-%d@melder.example\"}}}",
	              STR_ARG(domain), x->sent, person);
	memset(&s->why, 0, sizeof(s->why));
	if (intake_prepare(&x->c.in, s->a, json, STRENGTH_VOUCHED, x->c.clock.fixed_ms, &s->r, &s->why, &s->e))
		bench_die("prepare", &s->e);
	s->t = (struct store_ticket){.job = intake_job, .arg = s->r, .err = &s->e};
	s->used = true;
	if (store_submit_async(x->c.store, &s->t))
		bench_die("submit", &s->e);
}

static int keep(const struct barrier *b, void *arg)
{
	struct corpus *x = arg;
	if (!str_is(b->measure, "domein_offline"))
		return 0;
	if (!str_copy(x->id[x->ids], BARRIER_ID, b->id))
		return KT_ECORRUPT;
	x->value[x->ids++] = arena_str(x->a, b->value);
	return 0;
}

static void collect(struct corpus *x)
{
	struct tx *tx;
	struct err e = {0};
	struct barrier_filter f = {.limit = 1000000};
	x->id = calloc(x->n + 1, sizeof(*x->id));
	x->value = calloc(x->n + 1, sizeof(*x->value));
	x->a = arena_new(512u << 20);
	if (!x->id || !x->value || !x->a || store_read(x->c.store, &tx, &e) || barrier_list(tx, &f, keep, x, &e) < 0)
		bench_die("list", &e);
	store_read_end(tx);
}

struct move {
	struct store_ticket t;
	struct err e;
	struct barrier_step step;
	enum barrier_state now;
};

static int move_job(struct tx *tx, void *arg, struct err *e)
{
	struct move *m = arg;
	return barrier_move(tx, &m->step, &m->now, e);
}

static void approve(struct corpus *x)
{
	static struct move m[BENCH_IN_FLIGHT];
	for (size_t i = 0; i < x->ids + BENCH_IN_FLIGHT; i++) {
		struct move *s = &m[i % BENCH_IN_FLIGHT];
		if (i >= BENCH_IN_FLIGHT && i - BENCH_IN_FLIGHT < x->ids && store_wait(x->c.store, &s->t))
			bench_die("approve", &s->e);
		if (i >= x->ids)
			continue;
		*s = (struct move){
			.step = {x->c.policy, str_of(x->id[i]), BARRIER_APPROVED, "desk:bench", STR(""), x->c.clock.fixed_ms}};
		s->t = (struct store_ticket){.job = move_job, .arg = s, .err = &s->e};
		if (store_submit_async(x->c.store, &s->t))
			bench_die("submit", &s->e);
	}
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Names of the zone without a star, sorted. */
static size_t zone_names(struct arena *a, char *zone, size_t size, struct str **ret)
{
	size_t n = 0, max = 400000;
	struct str *s = arena_array(a, max, sizeof(*s));
	for (size_t at = 0; s && at < size && n < max;) {
		char *nl = memchr(zone + at, '\n', size - at);
		size_t end = nl ? (size_t)(nl - zone) : size;
		struct str line = {zone + at, end - at};
		ptrdiff_t sp = str_find(line, ' ');
		if (sp > 0 && str_starts(str_sub(line, (size_t)sp, line.n), STR(" CNAME ")) && line.p[0] != '*')
			s[n++] = str_sub(line, 0, (size_t)sp);
		at = end + 1;
	}
	if (s)
		qsort(s, n, sizeof(*s), by_text);
	*ret = s;
	return n;
}

/* How many approved names that may be hit are not in the zone. */
static size_t missing(struct corpus *x, struct str *zone, size_t n)
{
	struct tx *tx;
	struct err e = {0};
	size_t lost = 0;
	if (store_read(x->c.store, &tx, &e))
		bench_die("read", &e);
	for (size_t i = 0; i < x->ids; i++) {
		if (bsearch(&x->value[i], zone, n, sizeof(*zone), by_text))
			continue;
		struct identifier id;
		struct safety_hit hit = {0};
		if (domain_canonical(x->value[i], &id, &e) ||
		    safety_check(tx, x->c.policy, &id, STR("domein_blokkeren"), &hit, &e) < 0)
			bench_die("safety", &e);
		lost += hit.verdict != SAFETY_BLOCK;
	}
	store_read_end(tx);
	return lost;
}

static bool zone_accepted(const char *path)
{
	pid_t pid = fork();
	int status;
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		if (null >= 0)
			(void)dup2(null, STDOUT_FILENO);
		execlp("named-checkzone", "named-checkzone", RPZ_ZONE, path, (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void row(const char *name, double value, double goal, bool ok)
{
	printf("{\"name\":\"corpus.%s\",\"value\":%.0f,\"goal\":%.0f,\"ok\":%s}\n", name, value, goal,
	       ok ? "true" : "false");
}

static void check_zone(struct corpus *x)
{
	char path[128];
	struct err e = {0};
	struct rpz_opts o = {.source = safety_standing, .now_ms = x->c.clock.fixed_ms};
	struct rpz_result r = {0};
	struct str *names;
	snprintf(path, sizeof(path), "%s/zone", x->c.dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || rpz_export(x->c.store, x->c.policy, &o, fd, &r, &e))
		bench_die("export", &e);
	size_t cap = 64u << 20, size = 0;
	char *zone = malloc(cap);
	if (!zone || lseek(fd, 0, SEEK_SET) != 0)
		bench_die("zone", NULL);
	for (ssize_t n; (n = read(fd, zone + size, cap - size)) > 0;)
		size += (size_t)n;
	close(fd);
	size_t n = zone_names(x->a, zone, size, &names);
	size_t lost = missing(x, names, n);
	row("zone_names", (double)n, (double)r.names, n == (size_t)r.names && n > 0);
	row("approved_not_in_zone", (double)lost, 0, lost == 0);
	bool accepted = zone_accepted(path);
	row("named_checkzone", accepted, 1, accepted);
	free(zone);
}

int main(int argc, char **argv)
{
	static struct corpus x;
	if (!load(&x, argc > 1 && strcmp(argv[1], "--quick") == 0 ? 500 : SIZE_MAX)) {
		printf(
			"{\"name\":\"corpus\",\"value\":null,\"goal\":null,\"ok\":null,\"why\":\"the data samples are absent\"}\n");
		return 0;
	}
	bench_setup();
	bench_open(&x.c);
	int64_t t0 = clock_mono_ns();
	for (size_t i = 0; i < x.n; i++)
		for (int person = 0; person < 3; person++)
			report(&x, x.name[i], person);
	for (size_t i = 0; i < BENCH_IN_FLIGHT; i++) {
		settle(&x, &x.slot[i]);
		arena_free(x.slot[i].a);
	}
	double seconds = (double)(clock_mono_ns() - t0) / 1e9;
	printf("{\"name\":\"corpus.reports_per_s\",\"value\":%.0f,\"goal\":null,\"ok\":null,\"reports\":%zu}\n",
	       (double)x.sent / seconds, x.sent);
	collect(&x);
	approve(&x);
	row("approved", (double)x.ids, (double)x.n * 0.9, (double)x.ids >= (double)x.n * 0.9);
	check_zone(&x);
	arena_free(x.a);
	free(x.id);
	free(x.value);
	free(x.text);
	free(x.name);
	bench_close(&x.c);
	return 0;
}
