/* A mail as JSON between the child and its parent. The parent trusts nothing that it reads here. */
#include "mail/mail.h"
#include "seam/json.h"

#define TEXT_MAX 6100 /* of a header: 2000 bytes as read, three times as much at most when cleaned */

static void put(struct jw *w, const char *key, struct str s)
{
	if (s.n)
		jw_kstr(w, key, s);
}

static void heads_put(struct jw *w, const struct mail *m)
{
	jw_key(w, "heads");
	jw_arr(w);
	for (size_t i = 0; i < m->heads_n; i++) {
		const struct mail_head *h = &m->heads[i];
		jw_obj(w);
		put(w, "name", h->from_name);
		put(w, "addr", h->from_addr);
		put(w, "subject", h->subject);
		put(w, "id", h->message_id);
		put(w, "reply", h->reply_addr);
		put(w, "return", h->return_addr);
		if (h->date_ms != INT64_MIN)
			jw_kint(w, "date", h->date_ms);
		jw_kint(w, "depth", h->depth);
		jw_kbool(w, "unsubscribe", h->unsubscribe);
		jw_kbool(w, "failed", h->auth_failed);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

void mail_to_json(const struct mail *m, struct buf *b)
{
	struct jw w;
	jw_init(&w, b);
	jw_obj(&w);
	heads_put(&w, m);
	jw_key(&w, "pieces");
	jw_arr(&w);
	for (size_t i = 0; i < m->pieces_n; i++) {
		jw_obj(&w);
		jw_kstr(&w, "text", m->pieces[i].text);
		jw_kint(&w, "where", m->pieces[i].where);
		jw_kint(&w, "depth", m->pieces[i].depth);
		jw_kint(&w, "head", m->pieces[i].head);
		jw_obj_end(&w);
	}
	jw_arr_end(&w);
	jw_key(&w, "links");
	jw_arr(&w);
	for (size_t i = 0; i < m->links_n; i++) {
		const struct mail_link *l = &m->links[i];
		jw_obj(&w);
		jw_kstr(&w, "url", l->url);
		put(&w, "text", l->text);
		jw_kint(&w, "where", l->where);
		jw_kint(&w, "depth", l->depth);
		jw_kint(&w, "head", l->head);
		jw_kbool(&w, "wrapped", l->wrapped);
		jw_obj_end(&w);
	}
	jw_arr_end(&w);
	jw_kbool(&w, "confirmed", m->confirmed);
	jw_kint(&w, "silent", m->silent);
	jw_kint(&w, "parts", m->parts);
	jw_kint(&w, "attachments", m->attachments);
	jw_kint(&w, "depth", m->depth);
	jw_kbool(&w, "cut", m->cut);
	jw_kbool(&w, "encrypted", m->encrypted);
	jw_obj_end(&w);
}

/* ---- back ---- */

struct checked {
	struct arena *a;
	bool bad;
	size_t total;
};

static struct str text(struct checked *c, const struct val *v, const char *key, size_t max)
{
	const struct val *t = val_get(v, key);
	if (!t)
		return STR_NONE;
	if (t->type != VAL_STR || t->s.n > max)
		c->bad = true;
	else
		c->total += t->s.n;
	return c->bad ? STR_NONE : t->s;
}

static unsigned number(struct checked *c, const struct val *v, const char *key, int64_t max)
{
	const struct val *t = val_get(v, key);
	if (!t || t->type != VAL_INT || t->i < 0 || t->i > max) {
		c->bad = true;
		return 0;
	}
	return (unsigned)t->i;
}

static bool yes(struct checked *c, const struct val *v, const char *key)
{
	const struct val *t = val_get(v, key);
	if (!t || t->type != VAL_BOOL) {
		c->bad = true;
		return false;
	}
	return t->b;
}

static void *room(struct checked *c, size_t n, size_t max, size_t size)
{
	void *p = n > max ? NULL : arena_array(c->a, n ? n : 1, size);
	c->bad |= !p;
	return p;
}

static void heads_get(struct checked *c, const struct val *root, struct mail *m)
{
	const struct val *v;
	m->heads_n = val_items(root, "heads", &v);
	m->heads = room(c, m->heads_n, MAIL_MAX_PARTS, sizeof(*m->heads));
	c->bad |= m->heads_n == 0;
	for (size_t i = 0; !c->bad && i < m->heads_n; i++) {
		const struct val *d = val_get(&v[i], "date");
		m->heads[i] = (struct mail_head){
			.from_name = text(c, &v[i], "name", TEXT_MAX),
			.from_addr = text(c, &v[i], "addr", TEXT_MAX),
			.subject = text(c, &v[i], "subject", TEXT_MAX),
			.message_id = text(c, &v[i], "id", TEXT_MAX),
			.reply_addr = text(c, &v[i], "reply", TEXT_MAX),
			.return_addr = text(c, &v[i], "return", TEXT_MAX),
			.date_ms = d && d->type == VAL_INT ? d->i : INT64_MIN,
			.depth = number(c, &v[i], "depth", MAIL_MAX_DEPTH),
			.unsubscribe = yes(c, &v[i], "unsubscribe"),
			.auth_failed = yes(c, &v[i], "failed"),
		};
	}
}

static void pieces_get(struct checked *c, const struct val *root, struct mail *m)
{
	const struct val *v;
	m->pieces_n = val_items(root, "pieces", &v);
	m->pieces = room(c, m->pieces_n, 2000, sizeof(*m->pieces));
	for (size_t i = 0; !c->bad && i < m->pieces_n; i++)
		m->pieces[i] = (struct mail_piece){
			text(c, &v[i], "text", MAIL_MAX_TEXT), (enum mail_where)number(c, &v[i], "where", MAIL_WHERES - 1),
			number(c, &v[i], "depth", MAIL_MAX_DEPTH), number(c, &v[i], "head", (int64_t)m->heads_n - 1)};
}

static void links_get(struct checked *c, const struct val *root, struct mail *m)
{
	const struct val *v;
	m->links_n = val_items(root, "links", &v);
	m->links = room(c, m->links_n, MAIL_MAX_LINKS, sizeof(*m->links));
	for (size_t i = 0; !c->bad && i < m->links_n; i++) {
		m->links[i] = (struct mail_link){text(c, &v[i], "url", MAIL_MAX_URL),
		                                 text(c, &v[i], "text", 1000),
		                                 (enum mail_where)number(c, &v[i], "where", MAIL_WHERES - 1),
		                                 number(c, &v[i], "depth", MAIL_MAX_DEPTH),
		                                 number(c, &v[i], "head", (int64_t)m->heads_n - 1),
		                                 yes(c, &v[i], "wrapped")};
		c->bad |= m->links[i].url.n < 8 || !str_ieq(str_sub(m->links[i].url, 0, 4), STR("http"));
	}
}

int mail_from_json(struct arena *a, struct str json, struct mail *ret, struct err *e)
{
	static const struct json_limits lim = {MAIL_MAX_JSON, 8};
	struct checked c = {.a = a};
	struct mail m = {0};
	const struct val *root;
	if (json_read(a, json, &lim, &root, NULL) || root->type != VAL_OBJ)
		return err_set(e, KT_EUNAVAIL, "Dit bericht kon niet worden gelezen.");
	heads_get(&c, root, &m);
	if (!c.bad)
		pieces_get(&c, root, &m);
	if (!c.bad)
		links_get(&c, root, &m);
	m.confirmed = yes(&c, root, "confirmed");
	m.silent = (enum mail_silent)number(&c, root, "silent", MAIL_OTHER_SENDER);
	m.parts = number(&c, root, "parts", MAIL_MAX_PARTS);
	m.attachments = number(&c, root, "attachments", MAIL_MAX_PARTS);
	m.depth = number(&c, root, "depth", MAIL_MAX_DEPTH);
	m.cut = yes(&c, root, "cut");
	m.encrypted = yes(&c, root, "encrypted");
	if (c.bad || c.total > MAIL_MAX_JSON)
		return err_set(e, KT_EUNAVAIL, "Dit bericht kon niet worden gelezen.");
	*ret = m;
	return 0;
}
