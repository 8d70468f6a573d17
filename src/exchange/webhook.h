/* Who is called when something happens, and the call (docs/webhooks.md). */
#ifndef EXCHANGE_WEBHOOK_H
#define EXCHANGE_WEBHOOK_H
#include "exchange/event.h"
#include "job/box.h"
#include "policy/policy.h"
#include "seam/http_client.h"

#define WEBHOOK_ID 12          /* "W" and ten characters, NUL */
#define WEBHOOK_SECRET 32      /* bytes of a signing secret */
#define WEBHOOK_SECRET_TEXT 51 /* "whsec_" and base 64, NUL */
#define WEBHOOKS 64            /* subscriptions in all */
#define WEBHOOK_DESK "meldpunt"

struct webhook {
	struct str id, url, org;
	struct str topics; /* names of events with commas between, or "alles" */
	int64_t made_ms;
};
typedef int (*webhook_fn)(const struct webhook *h, void *arg);

/* What was asked, judged: KT_EINVAL says what was expected. loopback as in seam/http_client.h. */
int webhook_check(const struct policy *p, const struct webhook *h, bool loopback, struct err *e) KT_CHECK;
/* Stores it under a new id, with a new secret, sealed. Texts outlive the call. KT_ELIMIT beyond WEBHOOKS. */
struct webhook_new {
	struct webhook h; /* all but id */
	char id[WEBHOOK_ID];
	uint8_t secret[WEBHOOK_SECRET];
};
void webhook_make(struct webhook_new *w); /* id and secret */
int webhook_add(struct tx *tx, const struct box *b, const struct webhook_new *w, struct err *e) KT_CHECK;
void webhook_secret_text(const uint8_t secret[WEBHOOK_SECRET], char ret[WEBHOOK_SECRET_TEXT]);
/* KT_ENOTFOUND. What still waits for it is given up when it comes up. */
int webhook_remove(struct tx *tx, struct str id, struct err *e) KT_CHECK;
/* In the order they were made. */
int webhook_list(struct tx *tx, webhook_fn fn, void *arg, struct err *e) KT_CHECK;
/* Texts in the arena; the secret opened. KT_ENOTFOUND, KT_ECRYPTO. */
int webhook_get(struct tx *tx, struct arena *a, const struct box *b, struct str id, struct webhook *ret,
                uint8_t ret_secret[WEBHOOK_SECRET], struct err *e) KT_CHECK;
/* Did it ask for this event, and may it have it? partner: of the barrier the event is about, n 0 for a report. */
bool webhook_wants(const struct webhook *h, const struct event_kind *k, struct str partner);

/* The signature over "id.seconds.body" as Standard Webhooks has it: "v1," and base 64 of HMAC-SHA-256. */
#define WEBHOOK_SIGNATURE 48
void webhook_sign(const uint8_t secret[WEBHOOK_SECRET], struct str id, int64_t seconds, struct str body,
                  char ret[WEBHOOK_SIGNATURE]);

/* webhook_store.c, for webhook.c only */
int webhook_row_add(struct tx *tx, const struct webhook *h, struct str sealed, struct err *e) KT_CHECK;
int webhook_row_get(struct tx *tx, struct arena *a, struct str id, struct webhook *ret, struct str *ret_sealed,
                    struct err *e) KT_CHECK;
int webhook_rows(struct tx *tx, int64_t *ret_n, struct err *e) KT_CHECK;

#endif
