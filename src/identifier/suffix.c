/* The Public Suffix List of the system (libpsl's built-in one), with its private part. */
#include "identifier/parts.h"
#include <libpsl.h>
#include <pthread.h>

static const psl_ctx_t *list_once;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
	list_once = psl_builtin();
}

static const psl_ctx_t *list(void)
{
	pthread_once(&once, load);
	return list_once;
}

/* libpsl wants text that ends in NUL. */
static bool listed(struct str host, int type)
{
	char z[HOST_MAX + 1];
	const psl_ctx_t *psl = list();
	return psl && host.n > 0 && str_copy(z, sizeof(z), host) &&
		psl_is_public_suffix2(psl, z, type | PSL_TYPE_NO_STAR_RULE);
}

bool id_is_public_suffix(struct str host)
{
	return listed(host, PSL_TYPE_ANY);
}

bool suffix_is_icann(struct str host)
{
	return listed(host, PSL_TYPE_ICANN);
}

static bool reserved(struct str last)
{
	return str_is(last, "test") || str_is(last, "example") || str_is(last, "invalid") || str_is(last, "localhost");
}

bool suffix_known(struct str host)
{
	ptrdiff_t dot = str_rfind(host, '.');
	struct str last = str_sub(host, (size_t)(dot + 1), host.n);
	if (reserved(last) || listed(last, PSL_TYPE_ANY))
		return true;
	/* Some top-level domains have no rule of their own in the list, only below them (co.za). */
	for (ptrdiff_t at = str_find(host, '.'); at >= 0; at = str_find(host, '.')) {
		host = str_sub(host, (size_t)at + 1, host.n);
		if (listed(host, PSL_TYPE_ANY))
			return true;
	}
	return false;
}

bool suffix_under_known(struct str host)
{
	return suffix_known(host) && str_find(host, '.') > 0 && !listed(host, PSL_TYPE_ANY);
}

ptrdiff_t suffix_registrable(struct str host)
{
	char z[HOST_MAX + 1];
	const psl_ctx_t *psl = list();
	if (!psl || host.n == 0 || !str_copy(z, sizeof(z), host))
		return -1;
	const char *r = psl_registrable_domain(psl, z);
	return r ? r - z : -1;
}
