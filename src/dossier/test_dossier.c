#include <stdio.h>

#include "seam/crypto.h"
#include "support/centre.h"

static void test_receipt_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct receipt r, back;
		char text[RECEIPT_TEXT], loose[64];
		receipt_make(&r);
		receipt_text(&r, text);
		assert_int_equal(strlen(text), RECEIPT_TEXT - 1);
		assert_int_equal(receipt_parse(str_of(text), &back, NULL), 0);
		assert_memory_equal(&r, &back, sizeof(r));
		/* As people type it: lower case, no hyphens, O for 0, l for 1. */
		size_t n = 0;
		for (size_t k = 0; text[k]; k++)
			if (text[k] != '-')
				loose[n++] = text[k] == '0' ? 'o' : text[k] == '1' ? 'l' : (char)ch_tolower((unsigned char)text[k]);
		assert_int_equal(receipt_parse((struct str){loose, n}, &back, NULL), 0);
		assert_memory_equal(&r, &back, sizeof(r));
	}
}

/* Every single wrong character and every swap of two different ones is found, not most. */
static void test_receipt_check(void **state)
{
	static const char SYMBOLS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	(void)state;
	struct receipt r, back;
	char text[RECEIPT_TEXT];
	receipt_make(&r);
	receipt_text(&r, text);
	for (size_t i = 0; text[i]; i++) {
		char keep = text[i];
		for (int s = 0; keep != '-' && s < 32; s++) {
			text[i] = SYMBOLS[s];
			assert_int_equal(receipt_parse(str_of(text), &back, NULL), SYMBOLS[s] == keep ? 0 : KT_EINVAL);
		}
		text[i] = keep;
		for (size_t k = 0; k < i; k++) {
			if (text[k] == '-' || keep == '-' || text[k] == keep)
				continue;
			text[i] = text[k];
			text[k] = keep;
			assert_int_equal(receipt_parse(str_of(text), &back, NULL), KT_EINVAL);
			text[k] = text[i];
			text[i] = keep;
		}
	}
}

static void test_receipt_refuses(void **state)
{
	static const char *const BAD[] = {"",
	                                  "-",
	                                  "ABCD",
	                                  "0000-0000-0000-0000-0000",
	                                  "0000-0000-0000-0000-0000-00",
	                                  "U000-0000-0000-0000-0000-0",
	                                  "0000-0000-0000-0000-0000-é",
	                                  "0000_0000"};
	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		struct receipt r;
		struct err e = {0};
		assert_int_equal(receipt_parse(str_of(BAD[i]), &r, &e), KT_EINVAL);
		assert_true(e.text[0]);
	}
	struct receipt r;
	assert_int_equal(receipt_parse(STR("0000-0000-0000-0000-0000-0"), &r, NULL), 0);
}

struct put {
	struct dossier_sealed d;
	struct receipt code;
};

static int put_job(struct tx *tx, void *arg, struct err *e)
{
	return dossier_store(tx, &((struct put *)arg)->d, e);
}

static void put(struct test_centre *t, struct put *p, const struct dossier_field *f, size_t n)
{
	test_must(dossier_seal(t->a, &t->org, f, n, TEST_NOW, &p->d, &p->code, &t->e), &t->e);
	test_must(store_submit(t->store, put_job, p, &t->e), &t->e);
}

static void test_seal_open(void **state)
{
	struct test_centre *t = *state;
	struct put p;
	struct dossier d;
	struct tx *tx;
	uint8_t secret[32];
	const struct dossier_field f[] = {{"verhaal", STR("Iemand belde en zei dat hij van mijn bank was.")},
	                                  {"leeg", STR("")}};
	put(t, &p, f, 2);
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(dossier_open(tx, t->a, &p.code, &d, &t->e), &t->e);
	assert_true(str_eq(dossier_text(&d, "verhaal"), f[0].value));
	assert_true(dossier_text(&d, "leeg").p && dossier_text(&d, "leeg").n == 0);
	assert_null(dossier_text(&d, "afwezig").p);
	assert_int_equal(d.created_ms, TEST_NOW);
	test_must(org_key_open(t->store, "meldpunt", STR("geheim"), secret, &t->e), &t->e);
	test_must(dossier_open_org(tx, t->a, d.number, &t->org, secret, &d, &t->e), &t->e);
	assert_true(str_eq(dossier_text(&d, "verhaal"), f[0].value));
	secret[5] ^= 1; /* the lowest bits of the first byte are clamped away */
	assert_int_equal(dossier_open_org(tx, t->a, d.number, &t->org, secret, &d, &t->e), KT_ECRYPTO);
	struct receipt other;
	receipt_make(&other);
	assert_int_equal(dossier_open(tx, t->a, &other, &d, &t->e), KT_ENOTFOUND);
	store_read_end(tx);
	assert_int_equal(org_key_open(t->store, "meldpunt", STR("verkeerd"), secret, &t->e), KT_ECRYPTO);
}

static const struct stmt ST_SWAP = {"UPDATE dossier_field SET name = CASE name WHEN 'a' THEN 'b' ELSE 'a' END || 'x'",
                                    NULL, "", ""};
static const struct stmt ST_MOVE = {"UPDATE dossier_field SET dossier = $1", NULL, "b", ""};
static const struct stmt ST_DROP = {"DELETE FROM dossier_field WHERE dossier = $1", NULL, "b", ""};

static int swap_job(struct tx *tx, void *arg, struct err *e)
{
	(void)arg;
	return tx_exec0(tx, &ST_SWAP, e);
}

struct moving {
	const struct put *from, *to;
};

static int move_job(struct tx *tx, void *arg, struct err *e)
{
	const struct moving *m = arg;
	int rc = tx_exec(tx, &ST_DROP, e, SV_B(m->to->d.id, DOSSIER_ID));
	return rc ? rc : tx_exec(tx, &ST_MOVE, e, SV_B(m->to->d.id, DOSSIER_ID));
}

/* A field renamed or moved to another dossier does not open: it is bound to both. */
static void test_bound(void **state)
{
	struct test_centre *t = *state;
	struct put p, q;
	struct dossier d;
	struct tx *tx;
	const struct dossier_field f[] = {{"a", STR("een")}, {"b", STR("twee")}};
	put(t, &p, f, 2);
	test_must(store_submit(t->store, swap_job, NULL, &t->e), &t->e);
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	assert_int_equal(dossier_open(tx, t->a, &p.code, &d, &t->e), KT_ECRYPTO);
	store_read_end(tx);
	put(t, &q, f, 2);
	struct moving m = {&p, &q};
	test_must(store_submit(t->store, move_job, &m, &t->e), &t->e);
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	assert_int_equal(dossier_open(tx, t->a, &q.code, &d, &t->e), KT_ECRYPTO);
	store_read_end(tx);
}

static void test_org_key_once(void **state)
{
	struct test_centre *t = *state;
	struct org_public again;
	bool made = true;
	test_must(org_key_get(t->store, "meldpunt", STR("anders"), TEST_NOW, &again, &made, &t->e), &t->e);
	assert_false(made);
	assert_memory_equal(again.key, t->org.key, 32);
	assert_int_equal(org_key_find(t->store, "onbekend", &again, &t->e), KT_EUNAVAIL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, test_centre_setup, test_centre_teardown)

int main(int argc, char **argv)
{
	test_driver(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receipt_round_trip),
		cmocka_unit_test(test_receipt_check),
		cmocka_unit_test(test_receipt_refuses),
		T(test_seal_open),
		T(test_bound),
		T(test_org_key_once),
	};
	return cmocka_run_group_tests_name(test_driver_name(), tests, NULL, NULL);
}
