/* Calls and their answers.
 *
 * Who may touch a call
 *  1. Until http_defer only the loop's thread, inside `handle`.
 *  2. http_defer suspends the connection first and returns then: whoever gets the request afterwards may answer at
 * once, even before `handle` is back. The library marks the connection as suspended and as resumed under its own lock
 * and looks at both only when the loop comes round, so that an early answer is found then.
 *  3. A deferred call has two holders, the loop and the one who answers; the last one frees it. The loop lets go when
 * the connection ends, which is after the answer, or at http_stop when the answer did not come in time (ABANDONED).
 * Then http_reply finds no server any more and only frees.
 *  4. From WAITING the state changes once, by compare and exchange, so that exactly one of answer and abandonment wins.
 */
#include "seam/http_int.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

/* ---- calls ---- */

static struct http_call *spare_take(struct http_server *s)
{
	(void)pthread_mutex_lock(&s->lock);
	struct http_call *k = s->spare;
	if (k) {
		s->spare = k->next;
		s->n_spare--;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return k;
}

struct http_call *http_call_new(struct http_server *s, const uint8_t peer[16])
{
	struct http_call *k = spare_take(s);
	struct arena *a = k ? k->rq.arena : arena_new(0);
	if (!k)
		k = a ? malloc(sizeof *k) : NULL;
	if (!k) {
		arena_free(a);
		return NULL;
	}
	*k = (struct http_call){.s = s, .watcher = s->h.watcher, .holders = 1, .body = BUF_INIT(0)};
	k->rq.arena = a;
	k->rq.tls = s->o.cert_file != NULL;
	memcpy(k->rq.peer, peer, sizeof k->rq.peer);
	k->rq.began_ns = clock_mono_ns();
	trace_new(&k->rq.trace);
	atomic_fetch_add(&s->active, 1);
	return k;
}

static void call_free(struct http_call *k)
{
	arena_free(k->rq.arena);
	explicit_bzero(k, sizeof *k);
	free(k);
}

/* The loop's part ends; a call that was abandoned may still be in the hands of the one who answers. */
void http_call_release(struct http_call *k)
{
	struct http_server *s = k->s;
	/* Of an abandoned call the response is the other holder's, who may be storing it right now. */
	if (atomic_load(&k->state) != STATE_ABANDONED && k->response)
		MHD_destroy_response(k->response);
	if (atomic_fetch_sub(&k->holders, 1) == 1) {
		struct arena *a = k->rq.arena;
		buf_free(&k->body);
		arena_reset(a);
		explicit_bzero(k, sizeof *k);
		k->rq.arena = a;
		(void)pthread_mutex_lock(&s->lock);
		bool keep = s->n_spare < HTTP_SPARE;
		if (keep) {
			k->next = s->spare;
			s->spare = k;
			s->n_spare++;
		}
		(void)pthread_mutex_unlock(&s->lock);
		if (!keep)
			call_free(k);
	}
	atomic_fetch_sub(&s->active, 1);
}

void http_spare_free(struct http_server *s)
{
	while (s->spare) {
		struct http_call *k = s->spare;
		s->spare = k->next;
		call_free(k);
	}
	s->n_spare = 0;
}

/* ---- what is said ---- */

/* Written by the server itself. */
static bool field_ours(const char *name)
{
	static const char *const ours[] = {"Content-Length",    "Date",       "Connection", "Server",
	                                   "Transfer-Encoding", "traceparent"};
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (str_ieq(str_of(name), str_of(ours[i])))
			return true;
	return false;
}

static bool field_ok(const struct http_field *f)
{
	bool ok = !field_ours(f->name) && http_value_ok(f->value);
	if (!ok)
		log_event(LOG_ERROR, "http-field-refused");
	return ok;
}

static void raw_answer(const struct http_call *k, unsigned status, const struct http_field *f, size_t n,
                       struct str body)
{
	const char *reason = MHD_get_reason_phrase_for(status);
	struct buf *b = k->raw;
	char trace[TRACE_TEXT];
	trace_format(&k->rq.trace, trace);
	buf_printf(b, "HTTP/1.1 %u %s\r\nConnection: close\r\nContent-Length: %zu\r\ntraceparent: %s\r\n", status,
	           reason ? reason : "", body.n, trace);
	for (size_t i = 0; i < n; i++)
		if (field_ok(f + i))
			buf_printf(b, "%s: " STR_FMT "\r\n", f[i].name, STR_ARG(f[i].value));
	buf_z(b, "\r\n");
	buf_str(b, body);
}

static bool field_add(struct MHD_Response *r, struct arena *a, const struct http_field *f)
{
	char small[512];
	const char *value = small;
	if (!field_ok(f))
		return true;
	if (!str_copy(small, sizeof small, f->value))
		value = arena_z(a, f->value);
	return value && MHD_add_response_header(r, f->name, value) == MHD_YES;
}

static struct MHD_Response *response_new(struct http_call *k, const struct http_field *f, size_t n, struct str body,
                                         bool lasting)
{
	/* The library lets go of the body before the arena is reset. */
	struct str b = lasting || !body.n ? body : arena_str(k->rq.arena, body);
	if (body.n && !b.p)
		return NULL;
	union { /* the library promises not to write there */
		const char *in;
		void *out;
	} data = {.in = b.n ? b.p : ""};
	struct MHD_Response *r = MHD_create_response_from_buffer(b.n, data.out, MHD_RESPMEM_PERSISTENT);
	char trace[TRACE_TEXT];
	trace_format(&k->rq.trace, trace);
	bool ok = r && MHD_add_response_header(r, "traceparent", trace) == MHD_YES;
	for (size_t i = 0; ok && i < n; i++)
		ok = field_add(r, k->rq.arena, f + i);
	if (r && !ok) {
		MHD_destroy_response(r);
		r = NULL;
	}
	return r;
}

/* Out of the list of the deferred. */
static void deferred_drop(struct http_call *k)
{
	struct http_server *s = k->s;
	(void)pthread_mutex_lock(&s->lock);
	if (k->prev)
		k->prev->next = k->next;
	else
		s->deferred = k->next;
	if (k->next)
		k->next->prev = k->prev;
	(void)pthread_mutex_unlock(&s->lock);
}

static void reply_deferred(struct http_call *k, struct MHD_Response *r)
{
	struct http_server *s = k->s; /* stands as long as nobody abandoned the call, and is not touched otherwise */
	int was = STATE_WAITING;
	k->response = r;
	if (!atomic_compare_exchange_strong(&k->state, &was, STATE_REPLIED)) {
		/* The server let go of this connection, and perhaps is gone. */
		if (atomic_fetch_sub(&k->holders, 1) == 1) {
			buf_free(&k->body);
			call_free(k);
		}
		if (r)
			MHD_destroy_response(r);
		return;
	}
	atomic_fetch_add(&s->resuming, 1);
	deferred_drop(k);
	atomic_fetch_sub(&k->holders, 1); /* the loop is still one; from here on the call is its own */
	MHD_resume_connection(k->mc);
	atomic_fetch_sub(&s->resuming, 1); /* http_stop waits for this: the library's call has returned */
}

void http_reply(struct http_request *rq, unsigned status, const struct http_field *f, size_t n, struct str body,
                bool lasting)
{
	struct http_call *k = (struct http_call *)rq;
	if (k->answered) {
		log_event(LOG_ERROR, "http-answered-twice");
		return;
	}
	k->answered = true;
	k->status = status;
	bool gone = k->deferred && atomic_load(&k->state) == STATE_ABANDONED;
	if (!gone && k->watcher.answered)
		k->watcher.answered(rq, status, body.n, k->watcher.user);
	if (k->raw) {
		raw_answer(k, status, f, n, body);
		return;
	}
	if (gone) {
		reply_deferred(k, NULL);
		return;
	}
	struct MHD_Response *r = response_new(k, f, n, body, lasting);
	if (!r)
		log_event(LOG_ERROR, "http-no-memory");
	if (k->deferred)
		reply_deferred(k, r);
	else
		k->response = r;
}

void http_defer(struct http_request *rq)
{
	struct http_call *k = (struct http_call *)rq;
	struct http_server *s = k->s;
	if (k->deferred || k->answered || k->raw || !k->handled)
		return;
	k->deferred = true;
	atomic_fetch_add(&k->holders, 1);
	atomic_store(&k->state, STATE_WAITING);
	MHD_suspend_connection(k->mc);
	(void)pthread_mutex_lock(&s->lock);
	k->prev = NULL;
	k->next = s->deferred;
	if (k->next)
		k->next->prev = k;
	s->deferred = k;
	(void)pthread_mutex_unlock(&s->lock);
}

void http_call_error(struct http_call *k, unsigned status)
{
	k->closing = true;
	if (k->answered)
		return;
	k->s->h.error(&k->rq, status, k->s->h.user);
	if (!k->answered)
		http_reply(&k->rq, status, NULL, 0, STR_NONE, true);
}

enum MHD_Result http_call_send(struct http_call *k)
{
	struct MHD_Response *r = k->response;
	k->response = NULL;
	if (!r)
		return MHD_NO;
	enum MHD_Result rc = MHD_YES;
	if (k->closing || atomic_load(&k->s->open_now) > HTTP_KEEP_OPEN || atomic_load(&k->s->draining))
		rc = MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	atomic_store(&k->c->answer_ns, clock_mono_ns());
	if (rc == MHD_YES)
		rc = MHD_queue_response(k->mc, k->status, r);
	MHD_destroy_response(r);
	return rc;
}

void http_calls_abandon(struct http_server *s)
{
	(void)pthread_mutex_lock(&s->lock);
	struct http_call *k = s->deferred, *next;
	for (; k; k = next) {
		next = k->next;
		int was = STATE_WAITING;
		if (!atomic_compare_exchange_strong(&k->state, &was, STATE_ABANDONED))
			continue; /* answered this moment: it takes itself out of the list */
		if (k->prev)
			k->prev->next = next;
		else
			s->deferred = next;
		if (next)
			next->prev = k->prev;
		MHD_resume_connection(k->mc); /* after this the loop may release it */
	}
	(void)pthread_mutex_unlock(&s->lock);
}
