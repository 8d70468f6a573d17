/* Sealed reports: made, checked and opened for every k; each fault provoked alone; attacks named while the honest
 * reports beside them still open. */
#include "pet/test_pet.h"

#define IBAN "\001NL91ABNA0417164300"

static const char *person(size_t i)
{
	static char text[16];
	snprintf(text, sizeof(text), "\002+3161111%04zu", i);
	return text;
}

static void test_every_k(void **state)
{
	(void)state;
	static struct sealed s[CHANNEL_K_MAX];
	static struct seal_opened o[CHANNEL_K_MAX];
	for (uint8_t k = 2; k <= CHANNEL_K_MAX; k++) {
		struct world w;
		struct scalar a0;
		struct draft d;
		world_make(k, k, 1, &w);
		for (size_t i = 0; i < k; i++)
			report_make(&w, i % MEMBERS, IBAN, person(i), &s[i]);
		for (size_t i = 1; i < k; i++) {
			assert_memory_equal(s[0].s.row.h.tag, s[i].s.row.h.tag, SEAL_TAG);
			assert_memory_not_equal(s[0].s.row.h.nullifier, s[i].s.row.h.nullifier, 32);
		}
		if (k == 2)
			assert_int_equal(rows_open(&w, s, 1, o, &a0), KT_EREFUSED);
		else
			assert_int_equal(rows_open(&w, s, k - 1u, o, &a0), KT_EREFUSED);
		assert_int_equal(rows_open(&w, s, k, o, &a0), 0);
		draft_make(&w, 0, IBAN, person(0), &d);
		assert_memory_equal(&a0, &d.group.a[0], 32);
		for (size_t i = 0; i < k; i++) {
			assert_int_equal(o[i].state, OPENED_GOOD);
			assert_true(str_is(o[i].payload.input, IBAN));
			assert_true(str_is(o[i].payload.organisation, "Proefmeldpunt"));
			assert_true(str_is(o[i].payload.reference, "M-1"));
			assert_int_equal(o[i].payload.form, 12);
		}
	}
}

/* Nothing of the identifier stands in the bytes, and two reports of one person look the same to nobody but by tag. */
static void test_hides(void **state)
{
	(void)state;
	struct world w;
	struct sealed a, b;
	struct draft d;
	world_make(3, 2, 2, &w);
	report_make(&w, 0, IBAN, person(1), &a);
	report_make(&w, 1, "\001NL02ABNA0123456789", person(1), &b);
	assert_null(memmem(a.bytes, a.n, &IBAN[1], sizeof(IBAN) - 2));
	assert_null(memmem(a.bytes, a.n, "+316", 4));
	assert_memory_not_equal(a.s.row.h.tag, b.s.row.h.tag, SEAL_TAG);
	assert_memory_not_equal(a.s.row.h.nullifier, b.s.row.h.nullifier, 32);
	draft_make(&w, 0, IBAN, person(1), &d); /* the same again: same tag and person, other randomness */
	draft_seal(&w, &d, &b);
	assert_memory_equal(a.s.row.h.tag, b.s.row.h.tag, SEAL_TAG);
	assert_memory_equal(a.s.row.h.nullifier, b.s.row.h.nullifier, 32);
	assert_memory_not_equal(&a.s.row.u, &b.s.row.u, 32);
	assert_memory_not_equal(a.s.ct, b.s.ct, SEAL_CT);
	assert_memory_not_equal(a.s.id, b.s.id, 32);
	/* other epoch, channel, version or k: other tag */
	uint8_t y[64] = {1};
	struct seal_group g[5];
	assert_int_equal(seal_group(y, 1, 7, 1, 3, &g[0]), 0);
	assert_int_equal(seal_group(y, 2, 7, 1, 3, &g[1]), 0);
	assert_int_equal(seal_group(y, 1, 8, 1, 3, &g[2]), 0);
	assert_int_equal(seal_group(y, 1, 7, 2, 3, &g[3]), 0);
	assert_int_equal(seal_group(y, 1, 7, 1, 4, &g[4]), 0);
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < i; j++) {
			assert_memory_not_equal(g[i].tag, g[j].tag, SEAL_TAG);
			assert_memory_not_equal(&g[i].commit[0], &g[j].commit[0], 32);
		}
	assert_int_equal(seal_group(y, 1, 7, 1, 1, &g[0]), KT_EINVAL);
	assert_int_equal(seal_group(y, 1, 7, 1, 17, &g[0]), KT_EINVAL);
}

/* ---- payloads ---- */

static void test_payload(void **state)
{
	(void)state;
	static char text[512];
	uint8_t bytes[SEAL_PAYLOAD];
	struct seal_payload p = {0}, back;
	struct scalar s;
	memset(text, 'x', sizeof(text));
	scalar_random(&s);
	assert_int_equal(group_base(&s, 1, &p.n), 0);
	p.input = (struct str){text, 255};
	p.organisation = (struct str){text, 100};
	p.reference = (struct str){text, 95};
	assert_int_equal(seal_payload_write(&p, bytes), 0); /* full to the last byte */
	assert_int_equal(bytes[SEAL_PAYLOAD - 1], 'x');
	assert_int_equal(seal_payload_read(bytes, &back), 0);
	assert_int_equal(back.input.n, 255);
	assert_int_equal(back.organisation.n, 100);
	assert_int_equal(back.reference.n, 95);
	p.reference.n++;
	assert_int_equal(seal_payload_write(&p, bytes), KT_ELIMIT);
	p.reference.n = SIZE_MAX;
	assert_int_equal(seal_payload_write(&p, bytes), KT_ELIMIT);
	p.reference.n = 0;
	p.input.n = 256;
	assert_int_equal(seal_payload_write(&p, bytes), KT_ELIMIT);
	p.input.n = 0;
	assert_int_equal(seal_payload_write(&p, bytes), KT_ELIMIT);
	p.input.n = 20;
	p.organisation.n = 10;
	assert_int_equal(seal_payload_write(&p, bytes), 0);
	static const struct {
		size_t at;
		uint8_t to;
	} BAD[] = {{0, 2}, {2, 0}, {1, 1}, {SEAL_PAYLOAD - 1, 1}, {54, 0xff}, {100, 9}};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		uint8_t was = bytes[BAD[i].at];
		bytes[BAD[i].at] = BAD[i].to;
		if (seal_payload_read(bytes, &back) == 0)
			fail_msg("payload with byte %zu = %u is taken", BAD[i].at, BAD[i].to);
		bytes[BAD[i].at] = was;
	}
	assert_int_equal(seal_payload_read(bytes, &back), 0);
}

static void test_make_refuses(void **state)
{
	(void)state;
	struct world w;
	struct draft d;
	uint8_t out[SEAL_BYTES_MAX];
	struct err e = {0};
	world_make(3, 2, 2, &w);
	draft_make(&w, 0, IBAN, person(1), &d);
	d.payload.input.n = 0;
	assert_int_equal(seal_make(&d.c, NULL, out, &e), KT_ELIMIT);
	draft_make(&w, 0, IBAN, person(1), &d);
	struct key_record bad = w.outer.record;
	memset(&bad.key, 0, sizeof(bad.key));
	d.c.outer = &bad;
	assert_int_equal(seal_make(&d.c, NULL, out, &e), KT_ECRYPTO);
}

/* ---- check 8: every fault alone ---- */

static enum seal_fault fault_of(const struct world *w, struct draft *d)
{
	struct seal_submission s;
	uint8_t bytes[SEAL_BYTES_MAX];
	assert_int_equal(seal_make(&d->c, NULL, bytes, NULL), 0);
	return seal_check(&w->check, F_BYTES(bytes, SEAL_BYTES(d->group.k)), &s);
}

static void test_fault_of_sender(void **state)
{
	(void)state;
	struct world w;
	struct draft d;
	uint8_t y[64] = {7};
	world_make(3, 2, 2, &w);
	draft_make(&w, 0, IBAN, person(1), &d);
	assert_int_equal(fault_of(&w, &d), SEAL_GOOD);
	/* channel: unknown, version, k, before and after its days */
	struct draft other = d;
	other.c.group = &other.group;
	static const struct {
		uint16_t channel, version;
		uint8_t k;
	} CHANNELS[] = {{8, 1, 3}, {7, 3, 3}, {7, 1, 2}, {7, 1, 4}};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(seal_group(y, 1, CHANNELS[i].channel, CHANNELS[i].version, CHANNELS[i].k, &other.group), 0);
		assert_int_equal(fault_of(&w, &other), SEAL_CHANNEL);
	}
	w.channel[0].last_day = w.day - 1;
	assert_int_equal(fault_of(&w, &d), SEAL_CHANNEL);
	w.channel[0].last_day = w.day;
	w.channel[0].first_day = w.day + 1;
	assert_int_equal(fault_of(&w, &d), SEAL_CHANNEL);
	w.channel[0].first_day = w.day;
	assert_int_equal(fault_of(&w, &d), SEAL_GOOD);
	/* member: unknown, not yet, no more; role; basis; somebody else's key */
	d.c.member = 10;
	assert_int_equal(fault_of(&w, &d), SEAL_MEMBER);
	d.c.member = 11 + MEMBERS;
	assert_int_equal(fault_of(&w, &d), SEAL_MEMBER);
	d.c.member = 12;
	assert_int_equal(fault_of(&w, &d), SEAL_SIGNATURE);
	d.c.member = 11;
	w.member[0].first_day = w.day + 1;
	assert_int_equal(fault_of(&w, &d), SEAL_MEMBER);
	w.member[0].first_day = 0;
	w.member[0].last_day = w.day - 1;
	assert_int_equal(fault_of(&w, &d), SEAL_MEMBER);
	w.member[0].last_day = w.day;
	w.member[0].roles = 1u << ROLE_BANK;
	assert_int_equal(fault_of(&w, &d), SEAL_ROLE);
	w.member[0].roles |= 1u << ROLE_DESK;
	d.c.basis = 0x12;
	assert_int_equal(fault_of(&w, &d), SEAL_BASIS);
	d.c.basis = 0x11;
	assert_int_equal(fault_of(&w, &d), SEAL_GOOD);
}

static void test_fault_of_time(void **state)
{
	(void)state;
	struct world w;
	struct draft d;
	world_make(3, 2, 2, &w);
	draft_make(&w, 0, IBAN, person(1), &d);
	static const struct {
		int day, today;
		bool store;
		enum seal_fault want;
	} DAYS[] = {
		{200, 200, true, SEAL_GOOD}, {201, 200, true, SEAL_GOOD}, {202, 200, true, SEAL_DAY},
		{197, 200, true, SEAL_GOOD}, {196, 200, true, SEAL_DAY},  {196, 200, false, SEAL_GOOD},
		{90, 91, true, SEAL_GOOD},   {89, 91, true, SEAL_DAY},    {89, 90, false, SEAL_DAY},
		{90, 89, true, SEAL_EPOCH},  {271, 271, true, SEAL_GOOD}, {272, 272, true, SEAL_EPOCH},
		{90, 271, false, SEAL_GOOD},
	};
	for (size_t i = 0; i < sizeof(DAYS) / sizeof(*DAYS); i++) {
		d.c.day = (uint32_t)DAYS[i].day;
		w.check.today = (uint32_t)DAYS[i].today;
		w.check.store = DAYS[i].store;
		if (fault_of(&w, &d) != DAYS[i].want)
			fail_msg("day %d on day %d: %s", DAYS[i].day, DAYS[i].today, seal_fault_word(fault_of(&w, &d)));
	}
	w.check.today = d.c.day = 200;
	w.check.store = true;
	w.check.outer = NULL;
	assert_int_equal(fault_of(&w, &d), SEAL_EPOCH);
	struct key_record next = w.outer.record;
	next.epoch = 2;
	w.check.outer = &next;
	assert_int_equal(fault_of(&w, &d), SEAL_EPOCH);
	/* an epoch far out, whose days would not fit 32 bits, is neither live nor opening */
	assert_false(epoch_live(0xffffffff, 200));
	assert_false(epoch_live(47721859, 68));
	assert_false(epoch_opens(0xffffffff, 200));
	assert_true(epoch_live(2, 200) && epoch_live(1, 200) && !epoch_live(0, 200) && !epoch_live(3, 200));
	assert_true(epoch_opens(1, 200) && !epoch_opens(2, 200) && !epoch_opens(0, 200));
	assert_true(epoch_opens(0, 181) && !epoch_opens(0, 182) && epoch_opens(0, 90) && !epoch_opens(0, 89));
	assert_int_equal(epoch_collecting(200), 2);
}

/* Signs changed bytes anew, as a member can who wants to: so the later checks are reached. */
static void sign_again(const struct world *w, size_t m, struct sealed *s)
{
	size_t told = SEAL_BODY(s->bytes[SEAL_HEADER_K]) + 64;
	crypto_sign_label(s->bytes + told, w->secret[m], "submission-sig", F_BYTES(s->bytes, told));
}

static enum seal_fault check_again(const struct world *w, const struct sealed *s)
{
	struct seal_submission got;
	return seal_check(&w->check, F_BYTES(s->bytes, s->n), &got);
}

static void test_fault_of_bytes(void **state)
{
	(void)state;
	struct world w;
	struct sealed good, s, other;
	world_make(3, 2, 2, &w);
	report_make(&w, 0, IBAN, person(1), &good);
	report_make(&w, 0, "\001NL02ABNA0123456789", person(1), &other);
	const size_t body = SEAL_BODY(3), u = SEAL_HEADER + 96;
	static const struct {
		size_t at; /* from the start; behind A, when from_u */
		bool from_u;
		const char *bytes;
		enum seal_fault want;
	} ROWS[] = {
		{SEAL_HEADER - 64, false, "\x01", SEAL_TAG_WRONG},
		{0, true, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", SEAL_POINT},
		{32, true, "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", SEAL_POINT},
		{95, true, "\xff", SEAL_CIPHER_PROOF}, /* e above the order */
		{127, true, "\xff", SEAL_CIPHER_PROOF},
		{191, true, "\xff", SEAL_TAG_PROOF}, /* c above the order */
		{223, true, "\xff", SEAL_TAG_PROOF},
		{160, true, "\x01\x02", SEAL_TAG_PROOF},
		{64, true, "\x01\x02", SEAL_TAG_PROOF}, /* e stands in the body that the proof is about */
	};
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
		size_t n = ROWS[i].want == SEAL_POINT ? 32 : strlen(ROWS[i].bytes);
		s = good;
		memcpy(s.bytes + ROWS[i].at + (ROWS[i].from_u ? u : 0), ROWS[i].bytes, n);
		assert_int_equal(check_again(&w, &s), SEAL_SIGNATURE);
		sign_again(&w, 0, &s);
		if (check_again(&w, &s) != ROWS[i].want)
			fail_msg("row %zu gives %s", i, seal_fault_word(check_again(&w, &s)));
	}
	s = good; /* another tag's A */
	memcpy(s.bytes + SEAL_HEADER, other.bytes + SEAL_HEADER, 96);
	sign_again(&w, 0, &s);
	assert_int_equal(check_again(&w, &s), SEAL_TAG_WRONG);
	memcpy(s.bytes + SEAL_HEADER - 64, other.bytes + SEAL_HEADER - 64, 32); /* and its tag: no knowledge of it */
	sign_again(&w, 0, &s);
	assert_int_equal(check_again(&w, &s), SEAL_TAG_PROOF);
	s = good; /* the ciphertext of another, which the signature does not cover but h does */
	memcpy(s.bytes + body + 128, other.bytes + body + 128, SEAL_CT);
	assert_int_equal(check_again(&w, &s), SEAL_CT_HASH);
	w.check.store = false; /* holders never see it */
	assert_int_equal(check_again(&w, &s), SEAL_GOOD);
}

/* Who knows the identifier proves that anew over anything; the proof beside the ciphertext still fails. */
static void prove_again(const struct world *w, const struct draft *d, size_t m, struct sealed *s)
{
	struct pok p;
	pok_make("tag-proof", &d->group.a[0], &d->group.commit[0], F_BYTES(s->bytes, SEAL_BODY(3)), NULL, &p);
	memcpy(s->bytes + SEAL_BODY(3), &p, 64);
	sign_again(w, m, s);
}

static void test_stolen_ciphertext(void **state)
{
	(void)state;
	struct world w;
	struct sealed lone, s;
	struct draft mine;
	world_make(3, 2, 2, &w);
	report_make(&w, 0, "\001NL02ABNA0123456789", person(1), &lone); /* of somebody nobody else reported */
	draft_make(&w, 1, IBAN, person(2), &mine);
	draft_seal(&w, &mine, &s);
	const size_t u = SEAL_HEADER + 96;
	/* the lone report's u, ū, e, f, h under an own header: the attack of 5.6 */
	memcpy(s.bytes + u, lone.bytes + u, 160);
	memcpy(s.bytes + SEAL_BODY(3) + 128, lone.bytes + SEAL_BODY(3) + 128, SEAL_CT);
	prove_again(&w, &mine, 1, &s);
	assert_int_equal(check_again(&w, &s), SEAL_CIPHER_PROOF);
	draft_seal(&w, &mine, &s);
	memcpy(s.bytes + u, lone.bytes + u, 64); /* only u and ū */
	prove_again(&w, &mine, 1, &s);
	assert_int_equal(check_again(&w, &s), SEAL_CIPHER_PROOF);
	draft_seal(&w, &mine, &s);
	s.bytes[u + 64] ^= 1; /* e, f, h: one bit each */
	prove_again(&w, &mine, 1, &s);
	assert_int_equal(check_again(&w, &s), SEAL_CIPHER_PROOF);
	draft_seal(&w, &mine, &s);
	s.bytes[u + 96] ^= 1;
	prove_again(&w, &mine, 1, &s);
	assert_int_equal(check_again(&w, &s), SEAL_CIPHER_PROOF);
	draft_seal(&w, &mine, &s);
	s.bytes[u + 128] ^= 1;
	prove_again(&w, &mine, 1, &s);
	assert_int_equal(check_again(&w, &s), SEAL_CIPHER_PROOF);
	draft_seal(&w, &mine, &s);
	memcpy(s.bytes + SEAL_HEADER - 32, lone.s.row.h.nullifier, 32); /* another person's nullifier */
	prove_again(&w, &mine, 1, &s);
	assert_int_equal(check_again(&w, &s), SEAL_CIPHER_PROOF);
	/* ū that is not r·Ḡ */
	draft_seal(&w, &mine, &s);
	memcpy(s.bytes + u + 32, lone.bytes + u + 32, 32);
	prove_again(&w, &mine, 1, &s);
	assert_int_equal(check_again(&w, &s), SEAL_CIPHER_PROOF);
	/* proved under another outer key */
	draft_seal(&w, &mine, &s);
	struct key_record other = w.outer.record;
	other.id[0] ^= 1;
	w.check.outer = &other;
	assert_int_equal(check_again(&w, &s), SEAL_CIPHER_PROOF);
}

static void test_any_bit(void **state)
{
	(void)state;
	struct world w;
	struct sealed s;
	world_make(3, 2, 2, &w);
	report_make(&w, 0, IBAN, person(1), &s);
	for (size_t bit = rnd_below(5); bit < 8 * s.n; bit += 1 + rnd_below(9)) {
		s.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (check_again(&w, &s) == SEAL_GOOD)
			fail_msg("bit %zu of a submission may be changed", bit);
		s.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	struct seal_submission got;
	for (size_t n = 0; n < s.n; n += 1 + rnd_below(9))
		assert_int_equal(seal_check(&w.check, F_BYTES(s.bytes, n), &got), SEAL_LENGTH);
	uint8_t longer[SEAL_BYTES_MAX + 1] = {0};
	memcpy(longer, s.bytes, s.n);
	assert_int_equal(seal_check(&w.check, F_BYTES(longer, s.n + 1), &got), SEAL_LENGTH);
	assert_int_equal(seal_epoch_of(F_BYTES(s.bytes, s.n)), 1);
	assert_int_equal(seal_epoch_of(F_BYTES(s.bytes, 3)), 0);
	assert_int_equal(check_again(&w, &s), SEAL_GOOD);
}

static void test_rows_round(void **state)
{
	(void)state;
	struct world w;
	struct sealed s;
	struct seal_row back;
	uint8_t row[SEAL_ROW], again[SEAL_ROW];
	world_make(3, 2, 2, &w);
	report_make(&w, 0, IBAN, person(1), &s);
	seal_row_write(&s.s.row, row);
	assert_int_equal(seal_row_read(row, &back), 0);
	seal_row_write(&back, again);
	assert_memory_equal(row, again, SEAL_ROW);
	assert_int_equal(seal_check_row(&w.check, s.s.commit, &back), SEAL_GOOD);
	row[0] = 2;
	assert_int_equal(seal_row_read(row, &back), KT_EINVAL);
}

static void test_fault_texts(void **state)
{
	(void)state;
	for (int i = 0; i < SEAL_FAULTS; i++) {
		assert_non_null(seal_fault_word((enum seal_fault)i));
		assert_non_null(seal_fault_text((enum seal_fault)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(seal_fault_word((enum seal_fault)i), seal_fault_word((enum seal_fault)j));
	}
	assert_string_equal(seal_fault_word(SEAL_FAULTS), "unknown");
	assert_string_equal(seal_opened_word(OPENED_OTHER), "other_identifier");
	assert_string_equal(seal_opened_word(99), "unknown");
}

int main(void)
{
	PET_START();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_k),         cmocka_unit_test(test_hides),
		cmocka_unit_test(test_payload),         cmocka_unit_test(test_make_refuses),
		cmocka_unit_test(test_fault_of_sender), cmocka_unit_test(test_fault_of_time),
		cmocka_unit_test(test_fault_of_bytes),  cmocka_unit_test(test_stolen_ciphertext),
		cmocka_unit_test(test_any_bit),         cmocka_unit_test(test_rows_round),
		cmocka_unit_test(test_fault_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
