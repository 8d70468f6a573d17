#include "base/pattern.h"
#include <pthread.h>
#include <regex.h>
#include <stdlib.h>

#define KEPT_MAX 128
#define SMALL 512 /* texts below this need no malloc */

/* Entries are only ever added, so that a match needs no lock once it has its entry. */
static struct {
	pthread_mutex_t lock;
	unsigned n;
	struct {
		char *text;
		regex_t re;
	} kept[KEPT_MAX];
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int compile(regex_t *re, const char *pattern)
{
	switch (regcomp(re, pattern, REG_EXTENDED | REG_NOSUB)) {
	case 0: return 0;
	case REG_ESPACE: return KT_ENOMEM;
	default: return KT_EINTERNAL;
	}
}

/* The kept one, or NULL with *ret_rc: 0 when there is no place left, else why it does not compile. */
static const regex_t *lookup(const char *pattern, int *ret_rc)
{
	const regex_t *hit = NULL;
	int rc = 0;
	pthread_mutex_lock(&cache.lock);
	for (unsigned i = 0; i < cache.n && !hit; i++)
		if (strcmp(cache.kept[i].text, pattern) == 0)
			hit = &cache.kept[i].re;
	if (!hit && cache.n < KEPT_MAX) {
		char *text = strdup(pattern);
		rc = text ? compile(&cache.kept[cache.n].re, pattern) : KT_ENOMEM;
		if (rc == 0) {
			cache.kept[cache.n].text = text;
			hit = &cache.kept[cache.n++].re;
		} else {
			free(text);
		}
	}
	pthread_mutex_unlock(&cache.lock);
	*ret_rc = rc;
	return hit;
}

static int run(const regex_t *re, const char *z)
{
	int rc = regexec(re, z, 0, NULL, 0);
	return rc == 0 ? 1 : rc == REG_NOMATCH ? 0 : KT_ENOMEM;
}

static int match_z(const char *pattern, const char *z)
{
	int rc;
	const regex_t *kept = lookup(pattern, &rc);
	if (kept)
		return run(kept, z);
	if (rc)
		return rc;
	regex_t once;
	rc = compile(&once, pattern);
	if (rc)
		return rc;
	rc = run(&once, z);
	regfree(&once);
	return rc;
}

int pattern_match(const char *pattern, struct str s)
{
	char small[SMALL];
	if (str_find(s, 0) >= 0)
		return 0; /* regexec would see only what stands before it */
	char *z = s.n < sizeof small ? small : malloc(s.n + 1);
	if (!z)
		return KT_ENOMEM;
	if (s.n)
		memcpy(z, s.p, s.n);
	z[s.n] = 0;
	int rc = match_z(pattern, z);
	explicit_bzero(z, s.n);
	if (z != small)
		free(z);
	return rc;
}
