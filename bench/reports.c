#include "reports.h"

#include <stdlib.h>

static const char STORY[] = "[verzonnen] Ik kocht een fiets op een site die er goed uitzag. Ik betaalde met een "
							"overboeking en kreeg een mail met "
							"een bestelnummer. Daarna hoorde ik niets meer. De klantenservice nam niet op en de site "
							"bleek pas een week te bestaan. "
							"Toen ik de naam opzocht vond ik meer mensen die niets hadden ontvangen.";

struct str bench_report(struct arena *a, size_t i)
{
	return arena_fmt(
		a,
		"{\"fraudevorm\":\"OF-1.1.2\",\"verhaal\":\"%s\",\"datum\":\"2026-09-20\",\"bedrag\":\"89.95\",\"kenmerken\":["
		"{\"soort\":\"url\",\"waarde\":\"https://www.zz--winkel%zu.nl/kassa\"},{\"soort\":\"email\",\"waarde\":"
		"\"info%zu@zz--winkel.example\"}],\"melder\":{\"postcode4\":\"1234\",\"leeftijdsgroep\":\"25-44\",\"rol\":"
		"\"mijzelf\",\"contact\":{\"email\":\"melder%zu@melder.example\"}},\"delen\":[\"politie\"]}",
		STORY, i, i, i);
}

void bench_prepare(struct bench_centre *c, struct bench_slot *s, size_t i)
{
	struct str json = bench_report(s->a, i);
	memset(&s->why, 0, sizeof(s->why));
	if (intake_prepare(&c->in, s->a, json, STRENGTH_VOUCHED, c->clock.fixed_ms, &s->r, &s->why, &s->e))
		bench_die("prepare", &s->e);
}

static void submit(struct bench_centre *c, struct bench_slot *s)
{
	s->t = (struct store_ticket){.job = intake_job, .arg = s->r, .err = &s->e};
	if (store_submit_async(c->store, &s->t))
		bench_die("submit", &s->e);
}

static void await(struct bench_centre *c, struct bench_slot *s)
{
	if (store_wait(c->store, &s->t))
		bench_die("store", &s->e);
}

double bench_reports_per_second(struct bench_centre *c, size_t n, bool sealed)
{
	size_t slots = sealed ? BENCH_IN_FLIGHT : n;
	struct bench_slot *s = calloc(slots, sizeof(*s));
	if (!s)
		bench_die("memory", NULL);
	for (size_t i = 0; i < slots; i++) {
		s[i].a = arena_new(0);
		if (!sealed)
			bench_prepare(c, &s[i], i);
	}
	int64_t t0 = clock_mono_ns();
	for (size_t i = 0; i < n; i++) {
		struct bench_slot *x = &s[i % slots];
		if (i >= BENCH_IN_FLIGHT)
			await(c, &s[(i - BENCH_IN_FLIGHT) % slots]);
		if (sealed) {
			arena_reset(x->a);
			bench_prepare(c, x, i);
		}
		submit(c, x);
	}
	for (size_t i = n - BENCH_IN_FLIGHT; i < n; i++)
		await(c, &s[i % slots]);
	int64_t t1 = clock_mono_ns();
	for (size_t i = 0; i < slots; i++)
		arena_free(s[i].a);
	free(s);
	return (double)n * 1e9 / (double)(t1 - t0);
}
