#include "centre.h"

#include <ftw.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "seam/crypto.h"

_Noreturn void bench_die(const char *what, const struct err *e)
{
	fprintf(stderr, "bench: %s: %s\n", what, e ? e->text : "");
	exit(1);
}

void bench_setup(void)
{
	struct err e = {0};
	mallopt(M_PERTURB, 0xa5); /* as the program does: it is part of the price */
	json_setup();
	if (crypto_setup(&e))
		bench_die("crypto", &e);
}

void bench_open(struct bench_centre *b)
{
	struct err e = {0};
	static struct valid_report why;
	const char *source = getenv("KENTERING_SOURCE");
	char policy[1024];
	const char *dirs[] = {policy};
	bool made;
	*b = (struct bench_centre){.dir = "/tmp/kentering-bench-XXXXXX", .clock = {true, INT64_C(1790000000000)}};
	snprintf(policy, sizeof(policy), "%s/policy", source ? source : ".");
	if (!mkdtemp(b->dir))
		bench_die("mkdtemp", NULL);
	struct store_opts o = {.dir = b->dir, .node = "main", .max_group = BENCH_IN_FLIGHT};
	if (policy_load(dirs, 1, &b->policy, &why, &e) || store_open(&o, &b->store, &e) ||
	    audit_open(b->store, b->dir, &b->clock, "main", &b->audit, &e) || signal_keys_open(b->dir, &b->keys, &e) ||
	    org_key_get(b->store, "meldpunt", STR("bench"), 0, &b->org, &made, &e))
		bench_die("open", &e);
	b->in = (struct intake){b->store, b->audit, b->policy, b->keys, &b->org, "meldpunt", true};
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

void bench_remove(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void bench_close(struct bench_centre *b)
{
	store_close(b->store);
	audit_close(b->audit);
	signal_keys_close(b->keys);
	policy_free(b->policy);
	bench_remove(b->dir);
}
