#include <stdio.h>

#include "job/outbox.h"

#include "support/centre.h"

struct answer {
	struct intake_report *r;
	struct valid_report why;
	struct buf b;
	int code;
};

static void report_at(struct test_centre *t, const char *json, enum strength strength, int64_t now_ms,
                      struct answer *ret)
{
	struct jw w;
	memset(ret, 0, sizeof(*ret));
	memset(&t->e, 0, sizeof(t->e));
	buf_init(&ret->b, 1u << 20);
	ret->code = intake_prepare(&t->in, t->a, str_of(json), strength, now_ms, &ret->r, &ret->why, &t->e);
	if (!ret->code)
		ret->code = store_submit(t->store, intake_job, ret->r, &t->e);
	if (ret->code)
		return;
	jw_init(&w, &ret->b);
	intake_answer(ret->r, LANG_NL, &w);
	assert_int_equal(buf_err(&ret->b), 0);
}

static void report(struct test_centre *t, const char *json)
{
	struct answer a;
	report_at(t, json, STRENGTH_VOUCHED, TEST_NOW, &a);
	test_must(a.code, &t->e);
	buf_free(&a.b);
}

static int count_one(const struct barrier *b, void *arg)
{
	(void)b;
	++*(int *)arg;
	return 0;
}

static int barriers(struct test_centre *t)
{
	struct tx *tx;
	struct barrier_filter f = {.limit = 1000};
	int n = 0;
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(barrier_list(tx, &f, count_one, &n, &t->e), &t->e);
	store_read_end(tx);
	return n;
}

#define SHOP(contact) \
	"{\"fraudevorm\":\"OF-1.1.2\",\"kenmerken\":[{\"soort\":\"url\",\"waarde\":\"https://www.zz--fiets.nl/actie\"}]," \
	"\"melder\":{\"contact\":{" contact "}}}"

static void test_three_people(void **state)
{
	struct test_centre *t = *state;
	report(t, SHOP("\"email\":\"a@melder.example\""));
	report(t, SHOP("\"email\":\"b@melder.example\""));
	assert_int_equal(barriers(t), 0);
	report(t, SHOP("\"telefoon\":\"06 91234567\""));
	assert_int_equal(barriers(t), 3);
	report(t, SHOP("\"telefoon\":\"+31691234568\""));
	assert_int_equal(barriers(t), 3);
}

/* ---- a confirmed mailbox ---- */

struct mailed {
	struct test_centre *t;
	struct box *box;
	char code[INTAKE_CODE + 1];
};

static int newest_code(const struct outbox_row *row, void *arg)
{
	struct mailed *m = arg;
	struct outbox_row whole;
	struct buf id = BUF_INIT(64), plain = BUF_INIT(4096);
	struct json_limits lim = {4096, 4};
	const struct val *v;
	struct tx *tx;
	if (m->code[0])
		return 0;
	buf_hex(&id, row->id, OUTBOX_ID);
	test_must(store_read(m->t->store, &tx, &m->t->e), &m->t->e);
	test_must(outbox_get(tx, m->t->a, buf_view(&id), &whole, &m->t->e), &m->t->e);
	store_read_end(tx);
	assert_null(memmem(whole.body.p, whole.body.n, "melder.example", 14));
	test_must(box_unseal(m->box, "mail.code", whole.object, whole.body, &plain, &m->t->e), &m->t->e);
	test_must(json_read(m->t->a, buf_view(&plain), &lim, &v, &m->t->e), &m->t->e);
	assert_true(str_copy(m->code, sizeof(m->code), val_text(v, "code")));
	buf_free(&id);
	buf_free(&plain);
	return 0;
}

static bool confirm(struct test_centre *t, const struct receipt *r, const char *code, int64_t now_ms)
{
	struct intake_confirm *c;
	struct tx *tx;
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(intake_confirm_open(&t->in, tx, t->a, r, str_of(code), now_ms, &c, &t->e), &t->e);
	store_read_end(tx);
	test_must(store_submit(t->store, intake_confirm_job, c, &t->e), &t->e);
	return c->ok;
}

static bool shown(struct test_centre *t, const struct receipt *r, const char *part)
{
	struct buf out = BUF_INIT(1u << 20);
	struct dossier d;
	struct tx *tx;
	struct jw w;
	jw_init(&w, &out);
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(dossier_open(tx, t->a, r, &d, &t->e), &t->e);
	test_must(intake_show(&t->in, tx, t->a, &d, &w, &t->e), &t->e);
	store_read_end(tx);
	bool there = strstr(out.p, part) != NULL;
	buf_free(&out);
	return there;
}

struct listed {
	struct outbox_row row[16];
	size_t n;
};

static int list_one(const struct outbox_row *row, void *arg)
{
	struct listed *l = arg;
	assert_true(l->n < 16);
	l->row[l->n++] = *row;
	return 0;
}

/* A claimed report over the net, and the code that went to its mailbox. */
static struct receipt claimed(struct test_centre *t, struct box *box, const char *json, char code[INTAKE_CODE + 1])
{
	struct mailed m = {.t = t, .box = box};
	struct listed before = {.n = 0};
	struct answer a;
	struct tx *tx;
	report_at(t, json, STRENGTH_CLAIMED, TEST_NOW, &a);
	test_must(a.code, &t->e);
	assert_true(a.r->code_sent);
	buf_free(&a.b);
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(outbox_list(tx, OUTBOX_WAITING, 16, list_one, &before, &t->e), &t->e);
	store_read_end(tx);
	for (size_t i = 0; i < before.n; i++) {
		struct outbox_row whole;
		struct buf id = BUF_INIT(64);
		buf_hex(&id, before.row[i].id, OUTBOX_ID);
		test_must(store_read(t->store, &tx, &t->e), &t->e);
		test_must(outbox_get(tx, t->a, buf_view(&id), &whole, &t->e), &t->e);
		store_read_end(tx);
		buf_free(&id);
		if (str_is(whole.object, a.r->sealed.number))
			(void)newest_code(&whole, &m);
	}
	memcpy(code, m.code, sizeof(m.code));
	return a.r->code;
}

static void test_codes(void **state)
{
	static const char *const WHO[] = {SHOP("\"email\":\"a@melder.example\""), SHOP("\"email\":\"b@melder.example\""),
	                                  SHOP("\"email\":\"c@melder.example\",\"telefoon\":\"0691234567\"")};
	struct test_centre *t = *state;
	struct box *box;
	char code[3][INTAKE_CODE + 1];
	struct receipt r[3];
	test_must(box_open(t->dir, &box, &t->e), &t->e);
	t->in.box = box;
	for (int i = 0; i < 3; i++)
		r[i] = claimed(t, box, WHO[i], code[i]);
	assert_int_equal(barriers(t), 0);
	assert_false(confirm(t, &r[0], "een code", TEST_NOW));
	assert_false(confirm(t, &r[0], "", TEST_NOW));
	assert_false(confirm(t, &r[0], code[0], TEST_NOW + 30 * INT64_C(60000))); /* too late */
	assert_true(shown(t, &r[0], "\"bevestigd\":false"));
	assert_true(confirm(t, &r[0], code[0], TEST_NOW + 30 * INT64_C(60000) - 1));
	assert_true(shown(t, &r[0], "\"bevestigd\":true"));
	assert_true(confirm(t, &r[1], code[1], TEST_NOW));
	assert_int_equal(barriers(t), 0);
	for (int i = 0; i < 5; i++)
		assert_false(confirm(t, &r[2], "000000x", TEST_NOW));
	assert_false(confirm(t, &r[2], code[2], TEST_NOW)); /* five tries are over */
	assert_int_equal(barriers(t), 0);
	assert_true(confirm(t, &r[0], code[0], TEST_NOW)); /* again is no second person */
	r[2] = claimed(t, box, WHO[2], code[2]);
	assert_true(confirm(t, &r[2], code[2], TEST_NOW));
	assert_int_equal(barriers(t), 3);
	t->in.box = NULL; /* no mail goes out any more */
	assert_true(shown(t, &r[0], "\"bevestigd\":true"));
	box_close(box);
}

static void test_one_person_three_times(void **state)
{
	struct test_centre *t = *state;
	report(t, SHOP("\"email\":\"jan.jansen@gmail.com\""));
	report(t, SHOP("\"email\":\"JanJansen+shop@googlemail.com\""));
	report(t, SHOP("\"email\":\"janjansen@gmail.com\""));
	report(t, SHOP("\"telefoon\":\"06-91234567\""));
	report(t, SHOP("\"telefoon\":\"0031 6 9123 4567\",\"email\":\"anders@melder.example\""));
	assert_int_equal(barriers(t), 0);
}

static void test_who_does_not_count(void **state)
{
	struct test_centre *t = *state;
	struct answer a;
	report(t, SHOP("\"email\":\"a@melder.example\""));
	report(t, SHOP("\"email\":\"b@melder.example\""));
	report(t, SHOP(""));
	report(t, SHOP("\"email\":\"geen adres\""));
	report_at(t, SHOP("\"email\":\"c@melder.example\""), STRENGTH_CLAIMED, TEST_NOW, &a);
	buf_free(&a.b);
	assert_int_equal(barriers(t), 0);
	report_at(t, SHOP("\"email\":\"d@melder.example\""), STRENGTH_CONFIRMED, TEST_NOW, &a);
	buf_free(&a.b);
	assert_int_equal(barriers(t), 3);
}

static void test_window(void **state)
{
	struct test_centre *t = *state;
	struct answer a;
	static const char *const WHO[] = {SHOP("\"email\":\"a@melder.example\""), SHOP("\"email\":\"b@melder.example\""),
	                                  SHOP("\"email\":\"c@melder.example\"")};
	for (int i = 0; i < 3; i++) {
		report_at(t, WHO[i], STRENGTH_VOUCHED, TEST_NOW + i * 45 * DAY_MS, &a);
		buf_free(&a.b);
	}
	assert_int_equal(barriers(t), 0);                                   /* days 0, 45 and 90: the first has left */
	report_at(t, WHO[0], STRENGTH_VOUCHED, TEST_NOW + 91 * DAY_MS, &a); /* reports again */
	buf_free(&a.b);
	assert_int_equal(barriers(t), 3);
}

static void refused(struct test_centre *t, const char *json, const char *at)
{
	struct answer a;
	report_at(t, json, STRENGTH_VOUCHED, TEST_NOW, &a);
	assert_int_equal(a.code, KT_EINVAL);
	assert_true(t->e.text[0]);
	if (!at)
		return;
	bool found = false;
	for (unsigned i = 0; i < a.why.n; i++)
		found |= strcmp(a.why.e[i].at, at) == 0;
	if (!found)
		fail_msg("no finding at %s for %s (first: %s)", at, json, a.why.n ? a.why.e[0].at : "none");
}

static void test_refusals(void **state)
{
	struct test_centre *t = *state;
	refused(t, "{\"fraudevorm\":\"OF-1.1.2\"", NULL);
	refused(t, "", NULL);
	refused(t, "[]", "");
	refused(t, "{}", "/fraudevorm");
	refused(t, "{\"fraudevorm\":7}", "/fraudevorm");
	refused(t, "{\"fraudevorm\":\"OF-99\"}", "/fraudevorm");
	refused(t, "{\"fraudevorm\":\"OF-1.1\",\"fraudevorm\":\"OF-1.1\"}", NULL);
	refused(t, "{\"fraudevorm\":\"OF-1.1\",\"verhaal\":\"\\u0000\"}", NULL);
	refused(t, "{\"fraudevorm\":\"OF-1.1\",\"verhaal\":\"\xff\"}", NULL);
	refused(t, "{\"fraudevorm\":\"OF-1.1\",\"datum\":\"2026-09-22\"}", "/datum"); /* now is the 21st */
	refused(t, "{\"fraudevorm\":\"OF-1.1\",\"datum\":\"2026-02-30\"}", "/datum");
	refused(t, "{\"fraudevorm\":\"OF-1.1\",\"bedrag\":\"-5\"}", "/bedrag");
	refused(t, "{\"fraudevorm\":\"OF-1.1\",\"bedrag\":89.95}", "/bedrag");
	refused(t, "{\"fraudevorm\":\"OF-1.1\",\"kenmerken\":{}}", "/kenmerken");
	refused(t, "{\"fraudevorm\":\"OF-1.1\",\"melder\":\"ik\"}", "/melder");
	struct answer a; /* all findings at once */
	report_at(t, "{\"fraudevorm\":1,\"bedrag\":\"x\",\"datum\":\"gisteren\"}", STRENGTH_VOUCHED, TEST_NOW, &a);
	assert_int_equal(a.why.total, 3);
}

static bool says(const struct intake_report *r, const char *part)
{
	for (size_t i = 0; i < r->notes_n; i++)
		if (strstr(r->notes[i].p, part))
			return true;
	return false;
}

/* What is off in one identifier never costs the report. */
static void test_lenient(void **state)
{
	struct test_centre *t = *state;
	struct answer a;
	report_at(t,
	          "{\"fraudevorm\":\"OF-1.1\",\"onbekend\":1,\"kenmerken\":[{\"soort\":\"iban\",\"waarde\":"
	          "\"NL91ABNA0417164301\"},"
	          "{\"soort\":\"telefoon\",\"waarde\":\"a@b.example\"},{\"soort\":\"sterrenbeeld\",\"waarde\":\"ram\"},7,{"
	          "\"soort\":\"iban\"},"
	          "{\"soort\":\"iban\",\"waarde\":\"NL91 ABNA 0417 1643 "
	          "00\"},{\"soort\":\"iban\",\"waarde\":\"nl91abna0417164300\"}],"
	          "\"delen\":[\"niemand\"],\"melder\":{\"postcode4\":\"12\",\"leeftijdsgroep\":\"oud\",\"rol\":\"ster\"}}",
	          STRENGTH_VOUCHED, TEST_NOW, &a);
	test_must(a.code, &t->e);
	assert_int_equal(a.r->ids_n, 1);
	assert_true(says(a.r, "kenmerken[0] (iban)"));
	assert_true(says(a.r, "Bedoelt u soort \"email\"?"));
	assert_true(says(a.r, "kenmerken[2]: onbekende soort"));
	assert_true(says(a.r, "kenmerken[3]"));
	assert_true(says(a.r, "kenmerken[4]"));
	assert_true(says(a.r, "postcode4"));
	assert_true(says(a.r, "leeftijdsgroep"));
	assert_true(says(a.r, "rol"));
	assert_true(says(a.r, "delen[0]"));
	assert_true(says(a.r, "melder.contact"));
	assert_true(says(a.r, "1 veld dat wij niet kennen"));
	assert_null(strstr(a.b.p, "sterrenbeeld")); /* values are not repeated */
	buf_free(&a.b);
}

static void test_many_identifiers(void **state)
{
	struct test_centre *t = *state;
	struct answer a;
	struct buf b = BUF_INIT(1u << 20);
	buf_z(&b, "{\"fraudevorm\":\"OF-1.1\",\"kenmerken\":[");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "%s{\"soort\":\"domein\",\"waarde\":\"zz--winkel%d.nl\"}", i ? "," : "", i);
	buf_z(&b, "]}");
	report_at(t, b.p, STRENGTH_VOUCHED, TEST_NOW, &a);
	test_must(a.code, &t->e);
	assert_int_equal(a.r->ids_n, policy_limits(t->policy)->identifiers);
	assert_true(says(a.r, "hoogstens"));
	buf_free(&a.b);
	buf_free(&b);
}

static void test_show(void **state)
{
	struct test_centre *t = *state;
	struct answer a;
	struct dossier d;
	struct tx *tx;
	struct jw w;
	struct buf out = BUF_INIT(1u << 20);
	report_at(t,
	          "{\"fraudevorm\":\"OF-1.1.2\",\"verhaal\":\"Mijn fiets kwam nooit van zz--fiets.nl, mail naar "
	          "x@y.example\",\"bedrag\":\"89,95\","
	          "\"kenmerken\":[{\"soort\":\"iban\",\"waarde\":\"NL91ABNA0417164300\"}]}",
	          STRENGTH_VOUCHED, TEST_NOW, &a);
	test_must(a.code, &t->e);
	assert_int_equal(a.r->suggestions_n, 2);
	assert_non_null(strstr(a.b.p, "\"suggesties\""));
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(dossier_open(tx, t->a, &a.r->code, &d, &t->e), &t->e);
	jw_init(&w, &out);
	test_must(intake_show(&t->in, tx, t->a, &d, &w, &t->e), &t->e);
	store_read_end(tx);
	assert_non_null(strstr(out.p, "Mijn fiets kwam nooit"));
	assert_non_null(strstr(out.p, "\"barrieres\":[]"));
	assert_non_null(strstr(out.p, a.r->sealed.number));
	assert_null(strstr(out.p, "bevestigd")); /* nothing to confirm */
	buf_free(&out);
	buf_free(&a.b);
}

/* Every form has advice, and each refers somewhere. */
static void test_advice_everywhere(void **state)
{
	struct test_centre *t = *state;
	const struct policy_form *forms;
	size_t n = policy_forms(t->policy, &forms);
	assert_true(n > 40);
	for (size_t i = 0; i < n; i++) {
		struct answer a;
		char json[80];
		snprintf(json, sizeof(json), "{\"fraudevorm\":\"" STR_FMT "\"}", STR_ARG(forms[i].id));
		report_at(t, json, STRENGTH_VOUCHED, TEST_NOW, &a);
		test_must(a.code, &t->e);
		assert_null(strstr(a.b.p, "\"advies\":[]"));
		assert_null(strstr(a.b.p, "\"doorverwijzingen\":[]"));
		buf_free(&a.b);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, test_centre_setup, test_centre_teardown)

int main(int argc, char **argv)
{
	test_driver(argc, argv);
	const struct CMUnitTest tests[] = {
		T(test_three_people),
		T(test_codes),
		T(test_one_person_three_times),
		T(test_who_does_not_count),
		T(test_window),
		T(test_refusals),
		T(test_lenient),
		T(test_many_identifiers),
		T(test_show),
		T(test_advice_everywhere),
	};
	return cmocka_run_group_tests_name(test_driver_name(), tests, NULL, NULL);
}
