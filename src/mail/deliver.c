#include "mail/deliver.h"
#include "seam/crypto.h"
#include <pthread.h>
#include <stdlib.h>

#define ARENA_MAX (192u << 20)
#define HEAD_MAX (64u << 10) /* of a message that could not be read: its header, once more */

struct mail_desk {
	struct mail_desk_options o;
	struct mail_names *names;
	struct box *box; /* seals answers; makes the hashes in the database */
	char ids[512];
	struct str authserv[MAIL_CHILD_IDS];
	struct mail_options trust;
	struct identifier own; /* our own address; n 0: not known */
	pthread_mutex_t lock;
	pthread_cond_t room;
	unsigned reading;
};

/* One message on its way. In its arena, which wipes. */
struct delivery {
	struct mail_desk *d;
	struct arena *a;
	const struct mail_in *in;
	struct mail m;
	struct mail_scored *scored;
	bool unread, encrypted, dropped;
	enum mail_silent silent;
	struct identifier from; /* canonical; n 0: none */
	struct str envelope;
	int64_t now_ms;
	struct intake_report *report;
	struct str sealed; /* the answer; n 0: none */
	uint8_t hash[MAIL_HASH], sender[MAIL_HASH];
	bool seen, answered; /* told by the job */
};

/* ---- the desk ---- */

static void take_ids(struct mail_desk *d)
{
	struct str s = STR_NONE;
	if (str_copy(d->ids, sizeof(d->ids), str_of(d->o.authserv)))
		s = str_of(d->ids);
	while (s.n && d->trust.authserv_n < MAIL_CHILD_IDS) {
		size_t n = 0;
		while (n < s.n && !ch_space((unsigned char)s.p[n]) && s.p[n] != ',')
			n++;
		if (n)
			d->authserv[d->trust.authserv_n++] = str_sub(s, 0, n);
		s = str_sub(s, n + (n < s.n), s.n);
	}
	for (char *p = d->ids; *p; p++)
		*p = (char)ch_tolower((unsigned char)*p);
	d->trust.authserv = d->authserv;
}

int mail_desk_open(const struct mail_desk_options *o, struct mail_desk **ret, struct err *e)
{
	struct mail_desk *d = calloc(1, sizeof(*d));
	int rc = d ? 0 : err_set(e, KT_ENOMEM, "Er is te weinig geheugen.");
	if (rc)
		return rc;
	d->o = *o;
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_cond_init(&d->room, NULL);
	take_ids(d);
	if (!policy_mail(o->intake->policy))
		rc = err_set(e, KT_EUNAVAIL, "Er kan geen mail worden aangenomen: mail.yaml ontbreekt in het beleid.");
	if (!rc && o->address[0] && email_canonical(str_of(o->address), &d->own, NULL))
		rc = err_set(e, KT_EINVAL, "mail_address: verwacht een e-mailadres, bijvoorbeeld meld@meldpunt.example.");
	if (!rc && !(d->names = mail_names_new(o->policy)))
		rc = err_set(e, KT_ENOMEM, "Er is te weinig geheugen.");
	if (!rc)
		rc = box_open(o->dir, &d->box, e);
	if (rc)
		mail_desk_close(d);
	else
		*ret = d;
	return rc;
}

struct mail_desk *mail_desk_close(struct mail_desk *d)
{
	if (!d)
		return NULL;
	mail_names_free(d->names);
	box_close(d->box);
	(void)pthread_cond_destroy(&d->room);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
	return NULL;
}

/* ---- reading ---- */

static int child(struct delivery *v, struct str text, struct err *e)
{
	struct mail_desk *d = v->d;
	(void)pthread_mutex_lock(&d->lock);
	while (d->reading == MAIL_CHILDREN)
		(void)pthread_cond_wait(&d->room, &d->lock);
	d->reading++;
	(void)pthread_mutex_unlock(&d->lock);
	int rc = mail_child(v->a, text, &d->trust, &v->m, e);
	(void)pthread_mutex_lock(&d->lock);
	d->reading--;
	(void)pthread_cond_signal(&d->room);
	(void)pthread_mutex_unlock(&d->lock);
	return rc;
}

/* Where the body begins. */
static size_t body_at(struct str s)
{
	const char *crlf = memmem(s.p, s.n, "\r\n\r\n", 4), *lf = memmem(s.p, s.n, "\n\n", 2);
	if (crlf && (!lf || crlf < lf))
		return (size_t)(crlf - s.p) + 4;
	return lf ? (size_t)(lf - s.p) + 2 : s.n;
}

/* What cannot be read as a whole may tell by its header who is to hear of it. */
static int read_mail(struct delivery *v, struct err *e)
{
	struct str text = v->in->message;
	int rc = child(v, text, e);
	if (rc != KT_EUNAVAIL)
		return rc;
	size_t n = body_at(text);
	v->unread = true;
	if (child(v, str_sub(text, 0, n < HEAD_MAX ? n : HEAD_MAX), NULL))
		return err_set(e, KT_EBUSY, "Dit bericht kon nu niet worden gelezen.");
	return 0;
}

/* ---- who sent it ---- */

static bool same_mailbox(const struct identifier *a, const struct identifier *b)
{
	return a->n && a->n == b->n && memcmp(a->value, b->value, a->n) == 0;
}

/* Nobody writes to whoever stands in the From of a forged mail: envelope and From must be one mailbox. */
static void judge_sender(struct delivery *v)
{
	const struct mail_head *h = &v->m.heads[0];
	struct identifier envelope = {0};
	v->envelope = v->in->has_sender ? v->in->sender : h->return_addr;
	v->silent = v->m.silent;
	if (!h->from_addr.n || email_canonical(h->from_addr, &v->from, NULL))
		v->from.n = 0;
	if (v->envelope.n && email_canonical(v->envelope, &envelope, NULL))
		envelope.n = 0;
	if (v->in->has_sender && !v->in->sender.n)
		v->silent = MAIL_BOUNCE;
	else if (same_mailbox(&v->from, &v->d->own) || same_mailbox(&envelope, &v->d->own))
		v->silent = MAIL_LOOP;
	else if (v->silent == MAIL_ANSWER && v->envelope.n)
		v->silent = mail_silent_sender(v->envelope);
	if (v->silent == MAIL_ANSWER && !v->from.n)
		v->silent = MAIL_NO_SENDER;
	/* Forged, as far as a server on the way could see: the answer would go to somebody who asked for nothing. */
	if (v->silent == MAIL_ANSWER && (h->auth_failed || !same_mailbox(&v->from, &envelope)))
		v->silent = MAIL_OTHER_SENDER;
	v->dropped = v->silent == MAIL_BOUNCE || v->silent == MAIL_LOOP || v->silent == MAIL_REPORT;
	crypto_wipe(&envelope, sizeof(envelope));
}

/* A person stands behind it, so it can count for one. Where nothing but From says so, From may be a stranger's. */
static bool by_person(const struct delivery *v)
{
	return v->from.n && (v->silent == MAIL_ANSWER || (v->silent == MAIL_OTHER_SENDER && v->m.confirmed));
}

/* ---- the report ---- */

/* The same words as text and as HTML are told once: of one message the fuller of the two. */
static bool told_elsewhere(const struct mail *m, size_t i)
{
	size_t n[MAIL_WHERES] = {0};
	enum mail_where own = m->pieces[i].where, other = own == MAIL_TEXT ? MAIL_HTML : MAIL_TEXT;
	if (own != MAIL_TEXT && own != MAIL_HTML)
		return false;
	for (size_t k = 0; k < m->pieces_n; k++)
		if (m->pieces[k].head == m->pieces[i].head)
			n[m->pieces[k].where] += m->pieces[k].text.n;
	/* Text is easier to read, so it wins unless it is a stub. */
	return own == MAIL_HTML ? n[other] * 2 >= n[own] : n[own] * 2 < n[other];
}

static struct str story(struct delivery *v)
{
	size_t max = (size_t)policy_limits(v->d->o.intake->policy)->story_bytes, room = max;
	struct buf b = BUF_INIT(max + 16);
	const struct mail *m = &v->m;
	for (size_t i = 0; i < m->heads_n && i < 20; i++)
		if (m->heads[i].subject.n + 16 < room - b.n)
			buf_printf(&b, "Onderwerp: " STR_FMT "\n", STR_ARG(m->heads[i].subject));
	for (size_t i = 0; i < m->pieces_n && b.n + 8 < max; i++) {
		struct str t = m->pieces[i].text;
		if (told_elsewhere(m, i))
			continue;
		size_t left = max - b.n - 2;
		if (t.n > left) {
			t.n = left;
			while (t.n && ((unsigned char)t.p[t.n] & 0xC0) == 0x80)
				t.n--;
			v->m.cut = true;
		}
		buf_c(&b, '\n');
		buf_str(&b, t);
		buf_c(&b, '\n');
	}
	struct str s = b.n && !buf_err(&b) ? arena_str(v->a, buf_view(&b)) : STR_NONE;
	buf_free(&b);
	return s;
}

static void identifier_put(struct jw *w, const char *kind, struct str value)
{
	jw_obj(w);
	jw_kz(w, "soort", kind);
	jw_kstr(w, "waarde", value);
	jw_obj_end(w);
}

/* The most suspect links first, each host once before any host twice; then who is said to have sent what was forwarded.
 */
static void identifiers_put(struct delivery *v, struct jw *w)
{
	const struct mail *m = &v->m;
	int64_t mark = policy_mail(v->d->o.intake->policy)->count_from;
	size_t left = (size_t)policy_limits(v->d->o.intake->policy)->identifiers, senders = 0;
	for (size_t i = 1; i < m->heads_n && senders < 8 && left > 8; i++) {
		if (!m->heads[i].depth || !m->heads[i].from_addr.n)
			continue;
		identifier_put(w, "email", m->heads[i].from_addr);
		senders++;
		left--;
	}
	for (unsigned again = 0; again < 2; again++) {
		for (int64_t score = 100; score >= mark && left; score--) {
			for (size_t i = 0; i < m->links_n && left; i++) {
				bool first = true;
				if (m->links[i].where == MAIL_IMAGE || v->scored[i].score != score)
					continue;
				for (size_t k = 0; k < m->links_n && first; k++)
					first = k == i || m->links[k].where == MAIL_IMAGE ||
						!(v->scored[k].score > score || (v->scored[k].score == score && k < i)) ||
						!str_eq(v->scored[k].host, v->scored[i].host);
				if (first == (again == 0)) {
					identifier_put(w, "url", m->links[i].url);
					left--;
				}
			}
		}
	}
}

static int make_report(struct delivery *v, struct err *e)
{
	const struct intake *in = v->d->o.intake;
	struct buf b = BUF_INIT(4u << 20);
	struct valid_report *why = ARENA_NEW(v->a, struct valid_report);
	struct jw w;
	if (!why || mail_score(v->a, &v->m, v->d->names, &v->scored))
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen.");
	struct str told = story(v);
	jw_init(&w, &b);
	jw_obj(&w);
	jw_kstr(&w, "fraudevorm", policy_mail(in->policy)->form);
	if (told.n)
		jw_kstr(&w, "verhaal", told);
	jw_key(&w, "kenmerken");
	jw_arr(&w);
	identifiers_put(v, &w);
	jw_arr_end(&w);
	if (by_person(v)) {
		jw_key(&w, "melder");
		jw_obj(&w);
		jw_key(&w, "contact");
		jw_obj(&w);
		jw_kstr(&w, "email", id_str(&v->from));
		jw_obj_end(&w);
		jw_obj_end(&w);
	}
	jw_obj_end(&w);
	enum strength s = v->m.confirmed && by_person(v) ? STRENGTH_CONFIRMED : STRENGTH_CLAIMED;
	int rc = buf_err(&b) ? err_set(e, KT_ELIMIT, "Het bericht is te groot om te melden.")
						 : intake_prepare(in, v->a, buf_view(&b), s, v->now_ms, &v->report, why, e);
	buf_free(&b);
	return rc;
}

/* ---- the answer ---- */

/* As it may stand between < and >; else it is left out. */
static struct str message_id(struct str s)
{
	bool ok = s.n > 2 && s.n <= 250 && str_find(s, '@') > 0;
	for (size_t i = 0; ok && i < s.n; i++)
		ok = s.p[i] > ' ' && s.p[i] < 0x7F && s.p[i] != '<' && s.p[i] != '>';
	return ok ? s : STR("");
}

static struct str object(const struct delivery *v)
{
	return v->report ? str_of(v->report->sealed.number) : STR("");
}

static int make_answer(struct delivery *v, struct err *e)
{
	const struct policy *p = v->d->o.intake->policy;
	struct mail_answer w = {p, &v->m, v->scored, v->report, v->encrypted};
	struct buf b = BUF_INIT(128u << 10);
	mail_answer_text(&w, &b);
	struct mail_out out = {
		.to = v->envelope,
		.subject = policy_mail(p)->text[MAIL_SAY_SUBJECT][LANG_NL],
		.text = buf_view(&b),
		.in_reply_to = message_id(v->m.heads[0].message_id),
		.auto_submitted = true,
	};
	int rc = buf_err(&b) ? err_set(e, KT_ELIMIT, "Het antwoord is te groot.")
						 : mail_out_seal(v->a, v->d->box, object(v), &out, &v->sealed, e);
	buf_free(&b);
	return rc;
}

/* ---- storing ---- */

/* Message-ID, sender and body: what stays the same when a server offers a message again. */
static void hashes(struct delivery *v)
{
	struct str text = v->in->message;
	size_t body = body_at(text);
	const struct str same[] = {v->m.heads[0].message_id, v->m.heads[0].from_addr, str_sub(text, body, text.n)};
	const struct str sender[] = {id_str(&v->from)};
	box_hash(v->d->box, "mail-seen", same, 3, v->hash);
	box_hash(v->d->box, "mail-sender", sender, 1, v->sender);
}

static int deliver_job(struct tx *tx, void *arg, struct err *e)
{
	struct delivery *v = arg;
	const struct intake *in = v->d->o.intake;
	const struct policy_mail *p = policy_mail(in->policy);
	v->seen = v->answered = false;
	int rc = v->dropped ? 0 : mail_seen(tx, v->hash, v->now_ms, v->now_ms - p->seen_days * DAY_MS, &v->seen, e);
	if (rc || v->seen)
		return rc;
	if (v->report)
		rc = intake_job(tx, v->report, e);
	else
		rc = audit_add(in->audit, tx, "mail", v->dropped ? "mail.drop" : "mail.unread", STR(""), STR(""), e);
	if (!rc && v->sealed.n)
		rc = mail_may_answer(tx, v->sender, time_day(v->now_ms), p->per_sender, p->per_day, &v->answered, e);
	if (!rc && v->answered)
		rc = mail_out_add(tx, v->now_ms, object(v), v->sealed, e);
	return rc;
}

static int deliver(struct delivery *v, enum mail_outcome *ret, struct err *e)
{
	int rc = read_mail(v, e);
	if (rc)
		return rc;
	judge_sender(v);
	hashes(v);
	/* A key is needed for it: nothing was found, and nothing can be. */
	v->encrypted = v->m.encrypted && !v->unread && !v->m.links_n && v->m.heads_n == 1;
	if (!v->dropped && !v->unread && !v->encrypted)
		rc = make_report(v, e);
	if (!rc && v->silent == MAIL_ANSWER)
		rc = make_answer(v, e);
	/* Nobody would ever hear of it: the server that brought it is to tell its sender. */
	if (!rc && !v->dropped && !v->report && !v->sealed.n)
		rc = err_set(e, KT_EINVAL, "Dit bericht is niet te lezen.");
	if (!rc)
		rc = store_submit(v->d->o.intake->store, deliver_job, v, e);
	if (v->report)
		intake_wipe(v->report);
	if (!rc)
		*ret = v->seen ? MAIL_SEEN : v->dropped ? MAIL_DROPPED : v->report ? MAIL_REPORTED : MAIL_EXPLAINED;
	return rc;
}

int mail_deliver(struct mail_desk *d, const struct mail_in *in, enum mail_outcome *ret, struct err *e)
{
	struct arena *a = arena_new(ARENA_MAX);
	struct delivery *v = a ? ARENA_NEW(a, struct delivery) : NULL;
	int rc = KT_ENOMEM;
	if (v) {
		v->d = d;
		v->a = a;
		v->in = in;
		v->now_ms = clock_ms(d->o.clock);
		rc = deliver(v, ret, e);
	} else {
		(void)err_set(e, rc, "Er is te weinig geheugen.");
	}
	arena_free(a);
	stack_burn();
	return rc;
}

const char *mail_outcome_word(enum mail_outcome o)
{
	static const char *const words[] = {"gemeld", "bekend", "uitgelegd", "genegeerd"};
	return words[o];
}
