#include "exchange/webhook.h"

#include <stdio.h>

#include "dossier/receipt.h"

#define SEALED_AS "webhook"
#define EVERYTHING "alles"

static bool next_name(struct str *list, struct str *ret)
{
	if (!list->n)
		return false;
	ptrdiff_t comma = str_find(*list, ',');
	*ret = comma < 0 ? *list : str_sub(*list, 0, (size_t)comma);
	*list = comma < 0 ? STR("") : str_sub(*list, (size_t)comma + 1, list->n);
	return true;
}

static int check_topics(struct str topics, struct err *e)
{
	struct buf known = BUF_INIT(1024);
	struct str name;
	bool good = topics.n > 0 && topics.n <= 400;
	if (str_is(topics, EVERYTHING))
		return 0;
	while (good && next_name(&topics, &name))
		good = event_by_name(name) != NULL;
	for (const struct event_kind *k = event_kinds(); k->topic; k++)
		buf_printf(&known, "%s, ", k->name);
	if (!good)
		(void)err_set(e, KT_EINVAL, "onderwerp: verwacht " EVERYTHING ", of met komma's ertussen: %.*s",
		              known.n > 2 ? (int)known.n - 2 : 0, known.p ? known.p : "");
	buf_free(&known);
	return good ? 0 : KT_EINVAL;
}

int webhook_check(const struct policy *p, const struct webhook *h, bool loopback, struct err *e)
{
	struct http_url u;
	int rc = http_url_parse(h->url, loopback, &u, e);
	if (!rc)
		rc = check_topics(h->topics, e);
	if (!rc && (h->org.n > 63 || (!str_is(h->org, WEBHOOK_DESK) && !policy_partner(p, h->org))))
		rc = err_set(e, KT_EINVAL,
		             "organisatie: verwacht " WEBHOOK_DESK " of een partner uit partners.yaml, bijvoorbeeld sidn of "
		             "bank:KENT");
	return rc;
}

void webhook_make(struct webhook_new *w)
{
	w->id[0] = 'W';
	receipt_random(w->id + 1, WEBHOOK_ID - 2);
	w->id[WEBHOOK_ID - 1] = 0;
	w->h.id = str_of(w->id);
	crypto_random(w->secret, sizeof(w->secret));
}

void webhook_secret_text(const uint8_t secret[WEBHOOK_SECRET], char ret[WEBHOOK_SECRET_TEXT])
{
	memcpy(ret, "whsec_", 6);
	crypto_base64(ret + 6, WEBHOOK_SECRET_TEXT - 6, F_BYTES(secret, WEBHOOK_SECRET));
}

int webhook_add(struct tx *tx, const struct box *b, const struct webhook_new *w, struct err *e)
{
	struct buf sealed = BUF_INIT(256);
	int64_t n = 0;
	int rc = webhook_rows(tx, &n, e);
	if (!rc && n >= WEBHOOKS)
		rc = err_set(e, KT_ELIMIT, "Er zijn al %d abonnementen. Haal er eerst een weg.", WEBHOOKS);
	box_seal(b, SEALED_AS, w->h.id, F_ARRAY(w->secret), &sealed);
	if (!rc)
		rc = buf_err(&sealed) ? err_set(e, KT_ENOMEM, "Er is te weinig geheugen.")
							  : webhook_row_add(tx, &w->h, buf_view(&sealed), e);
	buf_free(&sealed);
	return rc;
}

int webhook_get(struct tx *tx, struct arena *a, const struct box *b, struct str id, struct webhook *ret,
                uint8_t ret_secret[WEBHOOK_SECRET], struct err *e)
{
	struct buf plain = BUF_INIT(256);
	struct webhook h;
	struct str sealed;
	int rc = webhook_row_get(tx, a, id, &h, &sealed, e);
	if (!rc)
		rc = box_unseal(b, SEALED_AS, id, sealed, &plain, e);
	if (!rc && plain.n != WEBHOOK_SECRET)
		rc = err_set(e, KT_ECRYPTO, "Het geheim van dit abonnement is beschadigd.");
	if (!rc) {
		memcpy(ret_secret, plain.p, WEBHOOK_SECRET);
		*ret = h;
	}
	buf_free(&plain);
	return rc;
}

bool webhook_wants(const struct webhook *h, const struct event_kind *k, struct str partner)
{
	struct str list = h->topics, name;
	if (!str_is(h->org, WEBHOOK_DESK) && !(partner.n && str_eq(h->org, partner)))
		return false;
	if (str_is(list, EVERYTHING))
		return true;
	while (next_name(&list, &name))
		if (str_is(name, k->name))
			return true;
	return false;
}

void webhook_sign(const uint8_t secret[WEBHOOK_SECRET], struct str id, int64_t seconds, struct str body,
                  char ret[WEBHOOK_SIGNATURE])
{
	struct buf b = BUF_INIT(1u << 20);
	uint8_t mac[32];
	buf_printf(&b, STR_FMT ".%lld.", STR_ARG(id), (long long)seconds);
	buf_str(&b, body);
	crypto_hmac256(mac, F_BYTES(secret, WEBHOOK_SECRET), buf_view(&b));
	memcpy(ret, "v1,", 3);
	crypto_base64(ret + 3, WEBHOOK_SIGNATURE - 3, F_ARRAY(mac));
	buf_free(&b);
}
