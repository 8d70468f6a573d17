#include "auth/auth_int.h"

#include <signal.h>
#include <stdlib.h>

#include "seam/keyfile.h"

#define MINUTE_MS INT64_C(60000)

static const char *const ROLES[] = {
	[ROLE_ADMIN] = "beheerder", [ROLE_DESK] = "behandelaar", [ROLE_PARTNER] = "partner"};

const char *auth_role_word(enum auth_role r)
{
	return r >= ROLE_ADMIN && r <= ROLE_PARTNER ? ROLES[r] : NULL;
}

enum auth_role auth_role_of(struct str word)
{
	for (enum auth_role r = ROLE_ADMIN; r <= ROLE_PARTNER; r++)
		if (str_is(word, ROLES[r]))
			return r;
	return ROLE_NONE;
}

static int open_keys(struct auth *a, const char *dir, struct err *e)
{
	uint8_t unknown[32];
	a->keys = crypto_guard(sizeof(*a->keys));
	if (!a->keys)
		return err_set(e, KT_ENOMEM, "Er is geen beschermd geheugen voor de sleutels.");
	int rc = keyfile_get(dir, "totp", a->keys->totp, sizeof(a->keys->totp), e);
	if (!rc)
		rc = keyfile_get(dir, "guess", a->keys->guess, sizeof(a->keys->guess), e);
	if (rc)
		return rc;
	crypto_random(unknown, sizeof(unknown));
	return crypto_password_hash(a->stranger, F_ARRAY(unknown), e);
}

/* Signals are for whoever waits for them, not for this thread. */
static int start_worker(struct auth *a, struct err *e)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&a->worker, NULL, auth_worker, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc ? err_set(e, KT_EUNAVAIL, "Het aanmelden kan niet worden gestart.") : 0;
}

int auth_open(struct store *s, struct audit *log, const struct auth_opts *o, struct auth **ret, struct err *e)
{
	struct auth *a = calloc(1, sizeof(*a));
	if (!a)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen.");
	a->store = s;
	a->log = log;
	a->clock = o->clock;
	a->production = o->production;
	a->idle_ms = o->idle_ms ? o->idle_ms : 30 * MINUTE_MS;
	a->longest_ms = o->longest_ms ? o->longest_ms : 720 * MINUTE_MS;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->work, NULL);
	int rc = open_keys(a, o->dir, e);
	if (!rc)
		rc = start_worker(a, e);
	if (rc) {
		crypto_guard_free(a->keys);
		free(a);
		return rc;
	}
	*ret = a;
	return 0;
}

struct auth *auth_close(struct auth *a)
{
	if (!a)
		return NULL;
	pthread_mutex_lock(&a->lock);
	a->closing = true;
	pthread_cond_signal(&a->work);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->worker, NULL);
	pthread_cond_destroy(&a->work);
	pthread_mutex_destroy(&a->lock);
	crypto_guard_free(a->keys);
	free(a);
	return NULL;
}
