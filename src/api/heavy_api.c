/* Large bodies are read by a thread of their own: reading one takes milliseconds, in which a loop would serve nobody.
 * How many wait is bounded by the server, which takes only so many bytes of bodies at a time. */
#include <pthread.h>
#include <stdlib.h>

#include "api/api.h"

struct api_heavy {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct api_call *first, **last;
	bool closing;
};

static void *heavy_main(void *arg)
{
	struct api_heavy *h = arg;
	(void)pthread_mutex_lock(&h->lock);
	for (;;) {
		struct api_call *c = h->first;
		if (!c && h->closing)
			break;
		if (!c) {
			(void)pthread_cond_wait(&h->wake, &h->lock);
			continue;
		}
		h->first = c->next;
		if (!h->first)
			h->last = &h->first;
		(void)pthread_mutex_unlock(&h->lock);
		api_serve(c);
		(void)pthread_mutex_lock(&h->lock);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return NULL;
}

struct api_heavy *api_heavy_start(void)
{
	struct api_heavy *h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->last = &h->first;
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_cond_init(&h->wake, NULL);
	if (pthread_create(&h->thread, NULL, heavy_main, h) == 0)
		return h;
	free(h);
	return NULL;
}

void api_heavy_stop(struct api_heavy *h)
{
	if (!h)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->closing = true;
	(void)pthread_cond_signal(&h->wake);
	(void)pthread_mutex_unlock(&h->lock);
	(void)pthread_join(h->thread, NULL);
	(void)pthread_cond_destroy(&h->wake);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

void api_heavy_serve(struct api_heavy *h, struct api_call *c)
{
	http_defer(c->rq);
	c->next = NULL;
	(void)pthread_mutex_lock(&h->lock);
	*h->last = c;
	h->last = &c->next;
	(void)pthread_cond_signal(&h->wake);
	(void)pthread_mutex_unlock(&h->lock);
}
