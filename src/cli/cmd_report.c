#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "seam/crypto.h"

/* Reports on their way: prepared and submitted, not yet answered. More share one commit; answers keep their order. */
#define RING 128

struct slot {
	struct arena *a;
	struct intake_report *r;
	struct valid_report why;
	struct err err;
	struct store_ticket ticket;
	int code;
	int64_t line; /* of the input, 1-based */
	bool submitted;
};

struct adder {
	struct cli *c;
	struct centre *ce;
	struct slot *ring;
	size_t head, tail; /* head - tail slots are under way */
	int64_t line, refused, taken;
	bool gone; /* the answers cannot be written: nothing more is taken */
	bool many; /* JSON Lines */
};

/* Lines of a descriptor; what was handed out is wiped before the next read. */
struct lines {
	int fd;
	struct buf b;
	size_t at, max;
	bool eof, skipping; /* in a line that was too long */
};

static bool can_read(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, 0) > 0;
}

static void drop_used(struct lines *l)
{
	if (!l->at)
		return;
	size_t left = l->b.n - l->at;
	memmove(l->b.p, l->b.p + l->at, left);
	buf_cut(&l->b, left);
	l->at = 0;
}

/* One read(2). 0, or a negative code. */
static int fill(struct lines *l)
{
	char *room = buf_room(&l->b, 65536);
	if (!room)
		return KT_ENOMEM;
	for (;;) {
		ssize_t n = read(l->fd, room, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return KT_EIO;
		l->eof = n == 0;
		buf_added(&l->b, (size_t)n);
		return 0;
	}
}

/* A line of what was read already. 1, or 0 when it holds no whole line. */
static int buffered_line(struct lines *l, struct str *ret)
{
	char *nl = l->b.n > l->at ? memchr(l->b.p + l->at, '\n', l->b.n - l->at) : NULL;
	if (!nl && !(l->eof && l->b.n > l->at))
		return 0;
	size_t end = nl ? (size_t)(nl - l->b.p) : l->b.n;
	*ret = (struct str){l->b.p + l->at, end - l->at};
	l->at = nl ? end + 1 : end;
	return 1;
}

/* 1: a line in *ret; 0: none now (only when !wait); KT_ENOTFOUND: no more; KT_ELIMIT, once: a line longer than max,
 * whose rest is skipped; other negative codes: reading failed. */
static int next_line(struct lines *l, bool wait, struct str *ret)
{
	for (;;) {
		if (buffered_line(l, ret)) {
			if (!l->skipping)
				return 1;
			l->skipping = false; /* that was the end of the long one */
			continue;
		}
		if (l->eof)
			return KT_ENOTFOUND;
		drop_used(l);
		if (l->skipping)
			buf_cut(&l->b, 0);
		if (l->b.n > l->max) {
			l->skipping = true;
			return KT_ELIMIT;
		}
		if (!wait && !can_read(l->fd))
			return 0;
		int rc = fill(l);
		if (rc)
			return rc;
	}
}

static int say_answer(const struct intake_report *r)
{
	char code[RECEIPT_TEXT];
	receipt_text(&r->code, code);
	struct buf b = BUF_INIT(1u << 20);
	const struct policy_advice *a = policy_advice(r->in->policy, r->form);
	buf_printf(&b, "Meldingsnummer  %s\nOntvangstcode   %s   (bewaar deze code: daarmee opent u de melding)\n",
	           r->sealed.number, code);
	if (a && a->steps_n[LANG_NL])
		buf_z(&b, "\nWat nu te doen:\n");
	for (size_t i = 0; a && i < a->steps_n[LANG_NL]; i++)
		buf_printf(&b, "  %zu. " STR_FMT "\n", i + 1, STR_ARG(a->steps[LANG_NL][i]));
	const struct policy_destination *d[INTAKE_DESTINATIONS];
	size_t n = intake_destinations(r->in->policy, r->form, d);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s  - " STR_FMT "%s" STR_FMT "\n", i ? "" : "\nWaar u terecht kunt:\n",
		           STR_ARG(d[i]->title[LANG_NL]), d[i]->phone.n ? ": " : "", STR_ARG(d[i]->phone));
	for (size_t i = 0; i < r->notes_n; i++)
		buf_printf(&b, "%s  - " STR_FMT "\n", i ? "" : "\nOpmerkingen:\n", STR_ARG(r->notes[i]));
	if (r->suggestions_n)
		buf_printf(&b, "\nIn het verhaal staan nog %zu kenmerken die niet zijn meegeteld.\n", r->suggestions_n);
	int rc = cli_put(&b);
	crypto_wipe(code, sizeof(code));
	return rc;
}

static void print_slot(struct adder *ad, struct slot *s)
{
	if (s->code) {
		ad->refused++;
		if (ad->many && !ad->c->json)
			cli_say("regel %lld:", (long long)s->line);
		cli_fail_report(ad->c, &s->err, s->why.total ? &s->why : NULL);
		return;
	}
	ad->taken++;
	if (!ad->c->json) {
		ad->gone |= say_answer(s->r) != EXIT_DONE;
		return;
	}
	struct buf b = BUF_INIT(1u << 20);
	struct jw w;
	jw_init(&w, &b);
	intake_answer(s->r, LANG_NL, &w);
	ad->gone |= cli_put(&b) != EXIT_DONE;
}

/* Answers the oldest, then leaves nothing of it behind. */
static void finish_oldest(struct adder *ad)
{
	struct slot *s = &ad->ring[ad->tail++ % RING];
	if (s->submitted)
		s->code = store_wait(ad->ce->store, &s->ticket);
	print_slot(ad, s);
	if (s->r)
		intake_wipe(s->r);
	arena_reset(s->a);
	stack_burn();
}

static void add_one(struct adder *ad, struct str json)
{
	if (ad->head - ad->tail == RING)
		finish_oldest(ad);
	struct slot *s = &ad->ring[ad->head++ % RING];
	struct arena *a = s->a ? s->a : arena_new(64u << 20);
	*s = (struct slot){.a = a, .line = ad->line};
	if (!a) {
		s->code = err_set(&s->err, KT_ENOMEM, "Er is te weinig geheugen voor de melding.");
		return;
	}
	s->code =
		intake_prepare(&ad->ce->intake, a, json, STRENGTH_VOUCHED, clock_ms(&ad->c->clock), &s->r, &s->why, &s->err);
	if (s->code)
		return;
	s->ticket = (struct store_ticket){.job = intake_job, .arg = s->r, .err = &s->err};
	s->code = store_submit_async(ad->ce->store, &s->ticket);
	s->submitted = s->code == 0;
	if (s->code)
		err_set(&s->err, s->code, "De opslag neemt nu niets aan. Probeer het zo weer.");
}

static void refuse_one(struct adder *ad, int code, const char *why)
{
	add_one(ad, STR("")); /* takes the slot; its own refusal is replaced */
	struct slot *s = &ad->ring[(ad->head - 1) % RING];
	s->code = err_set(&s->err, code, "%s", why);
	s->why.n = s->why.total = 0;
}

static bool one_line(struct str s)
{
	s = str_trim(s);
	return s.n && s.p[0] == '{' && s.p[s.n - 1] == '}';
}

/* Does the text parse as a whole, and (member not NULL) as an object with that member? */
static bool is_json(struct adder *ad, struct str text, const char *member)
{
	struct json_limits lim = {(size_t)policy_limits(ad->ce->policy)->payload_bytes, 16};
	struct arena *a = arena_new(0);
	const struct val *v;
	bool good = a && json_read(a, text, &lim, &v, NULL) == 0 && (!member || val_get(v, member));
	arena_free(a);
	return good;
}

/* The text is several lines and no JSON as a whole: is any of them a report by itself? */
static bool has_report_line(struct adder *ad, struct str text)
{
	for (size_t at = 0; at < text.n;) {
		char *nl = memchr(text.p + at, '\n', text.n - at);
		size_t end = nl ? (size_t)(nl - text.p) : text.n;
		if (one_line(str_sub(text, at, end)) && is_json(ad, str_sub(text, at, end), "fraudevorm"))
			return true;
		at = end + 1;
	}
	return false;
}

static void add_lines(struct adder *ad, struct str text)
{
	ad->many = true;
	for (size_t at = 0; at < text.n;) {
		char *nl = memchr(text.p + at, '\n', text.n - at);
		size_t end = nl ? (size_t)(nl - text.p) : text.n;
		if (str_trim(str_sub(text, at, end)).n)
			add_one(ad, str_sub(text, at, end));
		ad->line++;
		at = end + 1;
	}
	ad->line--; /* the next line read counts itself */
}

static int add_rest(struct adder *ad, struct lines *l);

/* A first line that is no whole object: one report over several lines, or JSON Lines of which the first is broken. What
 * settles it is the whole input, or as much of it as one report may be. */
static int add_whole(struct adder *ad, struct lines *l, struct str first)
{
	struct buf all = BUF_INIT(2 * l->max + 131072);
	struct str s;
	int rc = 0;
	buf_str(&all, first);
	while (all.n <= l->max && (rc = next_line(l, true, &s)) == 1) {
		buf_c(&all, '\n');
		buf_str(&all, s);
	}
	bool more = all.n > l->max;
	struct str text = buf_view(&all);
	if (buf_err(&all))
		refuse_one(ad, KT_ENOMEM, "Er is te weinig geheugen voor de melding.");
	else if ((more || !is_json(ad, text, NULL)) && has_report_line(ad, text))
		add_lines(ad, text);
	else if (more)
		refuse_one(ad, KT_ELIMIT, "De melding is groter dan toegestaan.");
	else
		add_one(ad, text);
	bool go_on = ad->many;
	buf_free(&all);
	if (rc == KT_ELIMIT && go_on)
		refuse_one(ad, rc, "De melding is groter dan toegestaan.");
	return go_on ? add_rest(ad, l) : 0;
}

static int add_rest(struct adder *ad, struct lines *l)
{
	struct str s;
	for (;;) {
		int rc = ad->gone ? KT_ENOTFOUND : next_line(l, ad->head == ad->tail, &s);
		if (rc == 0) {
			finish_oldest(ad);
			continue;
		}
		if (rc == KT_ENOTFOUND)
			return 0;
		if (rc == KT_ELIMIT) {
			ad->line++;
			refuse_one(ad, rc, "De melding is groter dan toegestaan.");
			continue;
		}
		if (rc < 0)
			return rc;
		ad->line++;
		if (ad->line == 1 && str_starts(s, STR("\xef\xbb\xbf")))
			s = str_sub(s, 3, s.n); /* some editors put a byte order mark in front */
		if (!str_trim(s).n)
			continue;
		if (ad->head == 0 && !one_line(s))
			return add_whole(ad, l, s);
		ad->many = ad->many || ad->head > 0;
		add_one(ad, s);
		crypto_wipe(l->b.p, l->at); /* this line and all before it */
	}
}

static void add_all(struct adder *ad, struct lines *l)
{
	if (add_rest(ad, l) < 0)
		refuse_one(ad, KT_EIO, "De invoer kon niet worden gelezen.");
	while (ad->tail != ad->head)
		finish_oldest(ad);
}

static int open_input(int argc, char **argv, struct err *e)
{
	if (argc == 0 || strcmp(argv[0], "-") == 0)
		return STDIN_FILENO;
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "Het bestand kan niet worden gelezen") : fd;
}

static int run_adder(struct cli *c, struct centre *ce, int fd)
{
	struct adder ad = {.c = c, .ce = ce, .ring = calloc(RING, sizeof(*ad.ring))};
	struct lines l = {.fd = fd, .max = (size_t)policy_limits(ce->policy)->payload_bytes};
	buf_init(&l.b, l.max + 131072);
	if (!ad.ring)
		return cli_fail(c, &(struct err){.code = KT_ENOMEM, .text = "Er is te weinig geheugen."});
	add_all(&ad, &l);
	buf_free(&l.b);
	for (size_t i = 0; i < RING; i++)
		arena_free(ad.ring[i].a);
	free(ad.ring);
	if (ad.taken + ad.refused == 0) {
		struct err e = {.code = KT_EINVAL, .text = "Er is geen melding: de invoer is leeg. Verwacht een JSON-object."};
		return cli_fail(c, &e);
	}
	return ad.refused || ad.gone ? EXIT_REFUSED : EXIT_DONE;
}

int cmd_report_add(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct err e = {0};
	if (argc > 1)
		return cli_usage(c, "report add vraagt hoogstens één bestand.");
	int fd = open_input(argc, argv, &e);
	if (fd < 0)
		return cli_fail(c, &e);
	int rc = centre_open(c, OPEN_ALL, &ce);
	if (rc)
		return rc;
	rc = run_adder(c, &ce, fd);
	centre_close(&ce);
	return rc;
}

static int say_barrier(const struct val *b, struct buf *out)
{
	buf_printf(out, "  " STR_FMT " — " STR_FMT " bij " STR_FMT ": " STR_FMT " sinds " STR_FMT "\n",
	           STR_ARG(val_text(b, "waarde")), STR_ARG(val_text(b, "omschrijving")), STR_ARG(val_text(b, "partner")),
	           STR_ARG(val_text(b, "toestand")), STR_ARG(val_text(b, "sinds")));
	return 0;
}

/* The same document as --json, for reading. */
static int show_text(struct arena *a, struct str json, struct buf *out, struct err *e)
{
	static const char *const LINES[] = {"meldingsnummer", "ontvangen", "toestand", "fraudevorm",
	                                    "datum",          "bedrag",    "verhaal"};
	struct json_limits lim = {4u << 20, 32};
	const struct val *root, *items;
	int rc = json_read(a, json, &lim, &root, e);
	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(LINES) / sizeof(LINES[0]); i++)
		if (val_get(root, LINES[i]))
			buf_printf(out, "%-16s" STR_FMT "\n", LINES[i], STR_ARG(val_text(root, LINES[i])));
	size_t n = val_items(root, "kenmerken", &items);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%-16s" STR_FMT " " STR_FMT "\n", i ? "" : "kenmerken", STR_ARG(val_text(&items[i], "soort")),
		           STR_ARG(val_text(&items[i], "waarde")));
	n = val_items(root, "barrieres", &items);
	buf_z(out,
	      n ? "\nDit deed uw melding, samen met die van anderen:\n"
	        : "\nEr is nog geen maatregel op deze kenmerken.\n");
	for (size_t i = 0; i < n; i++)
		say_barrier(&items[i], out);
	return 0;
}

static int show_json(struct centre *ce, struct arena *a, const struct receipt *code, struct buf *b, struct err *e)
{
	struct tx *tx;
	struct dossier d;
	struct jw w;
	int rc = store_read(ce->store, &tx, e);
	if (rc)
		return rc;
	jw_init(&w, b);
	rc = dossier_open(tx, a, code, &d, e);
	if (!rc)
		rc = intake_show(&ce->intake, tx, a, &d, &w, e);
	store_read_end(tx);
	return rc;
}

static int show(struct cli *c, struct centre *ce, struct arena *a, const struct receipt *code)
{
	struct err e = {0};
	struct buf json = BUF_INIT(4u << 20), text = BUF_INIT(4u << 20);
	int rc = show_json(ce, a, code, &json, &e);
	if (!rc && !c->json)
		rc = show_text(a, buf_view(&json), &text, &e);
	rc = rc ? cli_fail(c, &e) : cli_put(c->json ? &json : &text);
	buf_free(&json);
	buf_free(&text);
	return rc;
}

int cmd_report_show(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct receipt code;
	struct err e = {0};
	if (argc != 1)
		return cli_usage(c, "report show vraagt een ontvangstcode.");
	if (receipt_parse(str_of(argv[0]), &code, &e))
		return cli_fail(c, &e);
	int rc = centre_open(c, OPEN_ALL, &ce);
	if (rc)
		return rc;
	struct arena *a = arena_new(0);
	rc = a ? show(c, &ce, a, &code) : EXIT_REFUSED;
	arena_free(a);
	crypto_wipe(&code, sizeof(code));
	stack_burn();
	centre_close(&ce);
	return rc;
}
