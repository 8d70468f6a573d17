#include "seam/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

struct prefix {
	uint8_t b[16];
	uint8_t bits;
};

static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t NAT64[12] = {0, 0x64, 0xff, 0x9b};

/* IANA IPv4 special-purpose registry, and what is no unicast. */
static const struct prefix REFUSED4[] = {
	{{0}, 8},             /* "this network" */
	{{10}, 8},            /* private */
	{{100, 64}, 10},      /* shared by providers (CGNAT) */
	{{127}, 8},           /* loopback */
	{{169, 254}, 16},     /* link-local, and the metadata of clouds */
	{{172, 16}, 12},      /* private */
	{{192, 0, 0}, 24},    /* protocol assignments */
	{{192, 0, 2}, 24},    /* documentation */
	{{192, 88, 99}, 24},  /* 6to4 relays */
	{{192, 168}, 16},     /* private */
	{{198, 18}, 15},      /* measuring */
	{{198, 51, 100}, 24}, /* documentation */
	{{203, 0, 113}, 24},  /* documentation */
	{{224}, 4},           /* multicast */
	{{240}, 4},           /* reserved, and broadcast */
};

/* Within 2000::/3, the only part given out as unicast. Outside it everything is refused: unspecified, loopback,
 * compatible, unique local (fc00::/7), link-local (fe80::/10), multicast (ff00::/8), local NAT64 (64:ff9b:1::/48). */
static const struct prefix REFUSED6[] = {
	{{0x20, 0x01, 0x00}, 23},       /* protocol assignments: Teredo, ORCHID, benchmarking */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	{{0x20, 0x02}, 16},             /* 6to4 */
	{{0x3f, 0xfe}, 16},             /* the old 6bone */
	{{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

static bool within(const uint8_t *b, const struct prefix *p)
{
	unsigned whole = p->bits / 8, rest = p->bits % 8;
	if (memcmp(b, p->b, whole) != 0)
		return false;
	return !rest || ((b[whole] ^ p->b[whole]) >> (8 - rest)) == 0;
}

static bool public4(const uint8_t b[4])
{
	for (size_t i = 0; i < sizeof(REFUSED4) / sizeof(REFUSED4[0]); i++)
		if (within(b, &REFUSED4[i]))
			return false;
	return true;
}

bool address_public(const struct address *a)
{
	if (memcmp(a->b, MAPPED, sizeof(MAPPED)) == 0 || memcmp(a->b, NAT64, sizeof(NAT64)) == 0)
		return public4(a->b + 12);
	if ((a->b[0] & 0xe0) != 0x20)
		return false;
	for (size_t i = 0; i < sizeof(REFUSED6) / sizeof(REFUSED6[0]); i++)
		if (within(a->b, &REFUSED6[i]))
			return false;
	return true;
}

bool address_loopback(const struct address *a)
{
	static const uint8_t ONE[16] = {[15] = 1};
	return memcmp(a->b, ONE, 16) == 0 || (memcmp(a->b, MAPPED, sizeof(MAPPED)) == 0 && a->b[12] == 127);
}

bool address_of(struct str text, struct address *ret)
{
	char z[ADDRESS_TEXT];
	struct address a = {{0}};
	if (!text.n || !str_copy(z, sizeof(z), text))
		return false;
	if (inet_pton(AF_INET6, z, a.b) == 1) {
		*ret = a;
		return true;
	}
	memcpy(a.b, MAPPED, sizeof(MAPPED));
	if (inet_pton(AF_INET, z, a.b + 12) != 1)
		return false;
	*ret = a;
	return true;
}

void address_text(const struct address *a, char ret[ADDRESS_TEXT])
{
	bool four = memcmp(a->b, MAPPED, sizeof(MAPPED)) == 0;
	(void)inet_ntop(four ? AF_INET : AF_INET6, four ? a->b + 12 : a->b, ret, ADDRESS_TEXT);
}

/* ---- the look-up, on a thread of its own: getaddrinfo cannot be told how long it may take ---- */

struct lookup { /* freed by whichever of the two lets go last */
	pthread_mutex_t lock;
	pthread_cond_t ready;
	char host[256];
	struct addrinfo *found;
	int code;
	bool done;
	unsigned refs;
};

static void lookup_drop(struct lookup *l)
{
	pthread_mutex_lock(&l->lock);
	bool last = --l->refs == 0;
	pthread_mutex_unlock(&l->lock);
	if (!last)
		return;
	if (l->found)
		freeaddrinfo(l->found);
	pthread_cond_destroy(&l->ready);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static void *lookup_run(void *arg)
{
	struct lookup *l = arg;
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
	int code = getaddrinfo(l->host, NULL, &hints, &found);
	pthread_mutex_lock(&l->lock);
	l->code = code;
	l->found = code ? NULL : found;
	l->done = true;
	pthread_cond_signal(&l->ready);
	pthread_mutex_unlock(&l->lock);
	lookup_drop(l);
	return NULL;
}

static struct lookup *lookup_begin(const char *host)
{
	struct lookup *l = calloc(1, sizeof(*l));
	pthread_condattr_t mono;
	pthread_attr_t detached;
	pthread_t t;
	if (!l || !str_copy(l->host, sizeof(l->host), str_of(host))) {
		free(l);
		return NULL;
	}
	l->refs = 2;
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&l->ready, &mono);
	pthread_condattr_destroy(&mono);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	int rc = pthread_create(&t, &detached, lookup_run, l);
	pthread_attr_destroy(&detached);
	if (!rc)
		return l;
	l->refs = 1;
	lookup_drop(l);
	return NULL;
}

/* In steps, so that a stop is seen. */
static bool lookup_wait(struct lookup *l, unsigned wait_ms, const atomic_bool *stop)
{
	int64_t end = clock_mono_ns() + (int64_t)wait_ms * 1000000;
	pthread_mutex_lock(&l->lock);
	while (!l->done && clock_mono_ns() < end && !(stop && atomic_load(stop))) {
		int64_t until = clock_mono_ns() + 100000000;
		struct timespec t = {until / 1000000000, until % 1000000000};
		pthread_cond_timedwait(&l->ready, &l->lock, &t);
	}
	bool done = l->done;
	pthread_mutex_unlock(&l->lock);
	return done;
}

static int take(const struct addrinfo *ai, struct address ret[ADDRESSES], size_t *ret_n, struct err *e)
{
	size_t n = 0;
	for (; ai; ai = ai->ai_next) {
		struct address a = {{0}};
		if (ai->ai_family == AF_INET) {
			memcpy(a.b, MAPPED, sizeof(MAPPED));
			memcpy(a.b + 12, &((const struct sockaddr_in *)(const void *)ai->ai_addr)->sin_addr, 4);
		} else if (ai->ai_family == AF_INET6) {
			memcpy(a.b, &((const struct sockaddr_in6 *)(const void *)ai->ai_addr)->sin6_addr, 16);
		} else {
			continue;
		}
		if (n == ADDRESSES)
			return err_set(e, KT_ELIMIT, "de naam van de ontvanger heeft te veel adressen");
		ret[n++] = a;
	}
	*ret_n = n;
	return n ? 0 : err_set(e, KT_ENOTFOUND, "de naam van de ontvanger is niet bekend");
}

int address_find(const char *host, unsigned wait_ms, const atomic_bool *stop, struct address ret[ADDRESSES],
                 size_t *ret_n, struct err *e)
{
	struct lookup *l = lookup_begin(host);
	int rc;
	if (!l)
		return err_set(e, KT_ENOMEM, "te weinig geheugen om de naam van de ontvanger op te zoeken");
	if (!lookup_wait(l, wait_ms, stop))
		rc = err_set(e, KT_ETIMEOUT, "de naam van de ontvanger opzoeken duurt te lang");
	else if (l->code)
		rc = err_set(e, l->code == EAI_AGAIN ? KT_EUNAVAIL : KT_ENOTFOUND, "de naam van de ontvanger is niet bekend");
	else
		rc = take(l->found, ret, ret_n, e);
	lookup_drop(l);
	return rc;
}
