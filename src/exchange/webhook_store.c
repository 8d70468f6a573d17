#include "exchange/webhook.h"

static const struct stmt ST_ADD = {
	"INSERT INTO webhook (id, url, org, topics, secret, made_ms) VALUES ($1, $2, $3, $4, $5, $6)", NULL, "ttttbi", ""};
static const struct stmt ST_REMOVE = {"DELETE FROM webhook WHERE id = $1", NULL, "t", ""};
static const struct stmt ST_LIST = {"SELECT id, url, org, topics, made_ms FROM webhook ORDER BY made_ms, id LIMIT $1",
                                    NULL, "i", "tttti"};
static const struct stmt ST_GET = {"SELECT id, url, org, topics, made_ms, secret FROM webhook WHERE id = $1", NULL, "t",
                                   "ttttib"};
static const struct stmt ST_COUNT = {"SELECT count(*) FROM webhook", NULL, "", "i"};

int webhook_row_add(struct tx *tx, const struct webhook *h, struct str sealed, struct err *e)
{
	return tx_exec(tx, &ST_ADD, e, SV_T(h->id), SV_T(h->url), SV_T(h->org), SV_T(h->topics), SV_BS(sealed),
	               SV_I(h->made_ms));
}

int webhook_remove(struct tx *tx, struct str id, struct err *e)
{
	int64_t n = 0;
	int rc = tx_change(tx, &ST_REMOVE, &n, e, SV_T(id));
	return !rc && !n ? err_set(e, KT_ENOTFOUND, "Dit abonnement is er niet.") : rc;
}

static void take(const struct sval *c, struct webhook *ret)
{
	*ret = (struct webhook){c[0].s, c[1].s, c[2].s, c[3].s, c[4].i};
}

struct lister {
	webhook_fn fn;
	void *arg;
};

static int list_row(const struct sval *c, void *arg)
{
	const struct lister *l = arg;
	struct webhook h;
	take(c, &h);
	return l->fn(&h, l->arg);
}

int webhook_list(struct tx *tx, webhook_fn fn, void *arg, struct err *e)
{
	struct lister l = {fn, arg};
	return tx_query(tx, &ST_LIST, list_row, &l, e, SV_I(WEBHOOKS));
}

int webhook_row_get(struct tx *tx, struct arena *a, struct str id, struct webhook *ret, struct str *ret_sealed,
                    struct err *e)
{
	struct sval c[6];
	int rc = tx_row(tx, &ST_GET, a, c, e, SV_T(id));
	if (rc)
		return rc == KT_ENOTFOUND ? err_set(e, rc, "Dit abonnement is er niet.") : rc;
	take(c, ret);
	*ret_sealed = c[5].s;
	return 0;
}

static int count_row(const struct sval *c, void *arg)
{
	*(int64_t *)arg = c[0].i;
	return 0;
}

int webhook_rows(struct tx *tx, int64_t *ret_n, struct err *e)
{
	return tx_query0(tx, &ST_COUNT, count_row, ret_n, e);
}
