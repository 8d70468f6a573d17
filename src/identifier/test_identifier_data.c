/* Canonical forms against public lists, one-character edits, and several threads at once. */
#include "base/test_seed.h"
#include "identifier/parts.h"
#include "identifier/phone_lib.h"
#include "identifier/test_identifier.h"
#include "identifier/test_shared.h"
#include <jansson.h>
#include <pthread.h>
#include <string.h>

/* Class of each position by a pattern such as ^[A-Z]{4}[0-9]{10}$; returns the length. */
static size_t classes(const char *re, char out[64])
{
	size_t n = 0;
	while (*re && n < 40) {
		if (*re != '[') {
			re++;
			continue;
		}
		const char *close = strchr(re, ']');
		if (!close)
			return 0;
		struct str set = {re + 1, (size_t)(close - re - 1)};
		char class = str_is(set, "0-9") ? 'n' : str_is(set, "A-Z") ? 'a' : 'c';
		long count = close[1] == '{' ? strtol(close + 2, NULL, 10) : 1;
		for (; count > 0 && n < 40; count--)
			out[n++] = class;
		re = close + 1;
	}
	return n;
}

/* A random account of the country, with the check digits worked out here by another way than in the code. */
static size_t random_iban(const char *cc, const char *class, size_t n, char out[64])
{
	char digits[160];
	size_t d = 0;
	out[0] = cc[0];
	out[1] = cc[1];
	out[2] = out[3] = '0';
	for (size_t i = 0; i < n; i++) {
		bool letter = class[i] == 'a' || (class[i] == 'c' && rnd_below(2));
		out[4 + i] = (char)(letter ? 'A' + (int)rnd_below(26) : '0' + (int)rnd_below(10));
	}
	for (size_t i = 0; i < n + 4; i++) {
		char c = out[(i + 4) % (n + 4)];
		d += (size_t)snprintf(digits + d, sizeof(digits) - d, "%d",
			ch_digit((unsigned char)c) ? c - '0' : c - 'A' + 10);
	}
	unsigned rest = 0;
	for (size_t i = 0; i < d; i++)
		rest = (rest * 10 + (unsigned)(digits[i] - '0')) % 97;
	out[2] = (char)('0' + (98 - rest) / 10);
	out[3] = (char)('0' + (98 - rest) % 10);
	out[n + 4] = 0;
	return n + 4;
}

void test_iban_registry(void **state)
{
	(void)state;
	char path[1024], class[64], z[64];
	shared_path(path, sizeof(path), "data/iban/ibantools-4.5.4-country-specs.json");
	json_t *all = json_load_file(path, 0, NULL);
	if (!all) {
		print_message("skipped: no list of IBAN countries in the shared folder\n");
		skip();
	}
	const char *cc;
	json_t *v;
	unsigned countries = 0;
	json_object_foreach(all, cc, v) {
		if (!json_is_true(json_object_get(v, "IBANRegistry")))
			continue;
		size_t length = (size_t)json_integer_value(json_object_get(v, "chars"));
		size_t n = classes(json_string_value(json_object_get(v, "bban_regexp")), class);
		assert_int_equal(n + 4, length);
		if (iban_length(cc[0], cc[1]) != length)
			fail_msg("%s: length %zu, listed %zu", cc, iban_length(cc[0], cc[1]), length);
		for (int round = 0; round < 50; round++) {
			size_t zn = random_iban(cc, class, n, z);
			test_row(ID_IBAN, z, zn, z);
			test_row(ID_IBAN, z, zn - 1, NULL);
		}
		countries++;
	}
	assert_true(countries >= 90);
	json_decref(all);
}

/* Any one character changed, or two neighbours that differ exchanged, is noticed. */
void test_iban_edits(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		char z[64];
		struct identifier id;
		size_t n = random_iban("NL", "aaaannnnnnnnnn", 14, z);
		size_t at = rnd_below(n);
		char was = z[at];
		z[at] = ch_digit((unsigned char)was) ? (char)('0' + (was - '0' + 1 + (int)rnd_below(9)) % 10)
			: (char)('A' + (was - 'A' + 1 + (int)rnd_below(25)) % 26);
		assert_int_equal(iban_canonical((struct str){z, n}, &id, NULL), KT_EINVAL);
		z[at] = was;
		at = 8 + rnd_below(n - 9);
		char next = z[at + 1];
		z[at + 1] = z[at];
		z[at] = next;
		int rc = iban_canonical((struct str){z, n}, &id, NULL);
		assert_int_equal(rc, z[at] == z[at + 1] ? 0 : KT_EINVAL);
	}
}

void test_wallet_lists(void **state)
{
	(void)state;
	static const struct {
		const char *file, *head;
	} lists[] = { /* the lists of Bitcoin and of tokens hold addresses of other chains too */
		{"XBT", ""}, {"ETH", "eth:"}, {"LTC", "ltc:"}, {"TRX", "trx:"}, {"XMR", "xmr:"}, {"USDT", ""}, {"USDC", ""},
	};
	unsigned seen = 0;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		char path[1024], rest[64];
		snprintf(rest, sizeof(rest), "data/crypto/ofac-%s.txt", lists[i].file);
		shared_path(path, sizeof(path), rest);
		struct str all = shared_read(path);
		for (size_t from = 0; from < all.n;) {
			size_t to = from;
			while (to < all.n && all.p[to] != '\n')
				to++;
			struct str line = str_trim(str_sub(all, from, to));
			struct identifier id, again;
			from = to + 1;
			/* One line of the Monero list is a key of 64 digits and no address. */
			if (line.n == 0 || (line.n == 64 && strcmp(lists[i].file, "XMR") == 0))
				continue;
			if (wallet_canonical(line, &id, NULL) != 0)
				fail_msg("%s: %.*s", lists[i].file, (int)line.n, line.p);
			if (!str_starts(id_str(&id), str_of(lists[i].head)))
				fail_msg("%s: %s", lists[i].file, id.value);
			assert_int_equal(wallet_canonical(id_str(&id), &again, NULL), 0);
			assert_true(str_eq(id_str(&id), id_str(&again)));
			seen++;
		}
		shared_free(all);
	}
	if (seen == 0) {
		print_message("skipped: no lists of wallets in the shared folder\n");
		skip();
	}
	print_message("%u listed wallets\n", seen);
}

/* Where our tables decide instead of the library, both say the same. */
void test_phone_library(void **state)
{
	(void)state;
	static const char *const cc[] = {
		"1", "30", "32", "33", "34", "351", "353", "380", "40", "41", "420", "43", "44", "45", "46", "47", "48", "49",
		"90", "212", "233", "234", "91", "39", "352", "7", "86", "358",
	};
	for (int round = 0; round < 20000; round++) {
		char z[32], lib[32];
		struct identifier strict, any;
		size_t n = (size_t)snprintf(z, sizeof(z), "+%s%d", cc[rnd_below(sizeof(cc) / sizeof(cc[0]))],
			1 + (int)rnd_below(9));
		for (uint64_t more = 3 + rnd_below(11); more > 0 && n < 19; more--)
			z[n++] = (char)('0' + (int)rnd_below(10));
		z[n] = 0;
		int r = phone_lib_e164(z, lib, sizeof(lib));
		if (n < 8 || (r > 0 && strcmp(lib, z) != 0))
			continue; /* too short for us, or a trunk digit that is dropped */
		if (phone_number((struct str){z, n}, true, &strict) != (r == 2) ||
		    phone_number((struct str){z, n}, false, &any) != (r > 0))
			fail_msg("%s: the library says %d", z, r);
	}
}

static void *worker(void *arg)
{
	struct identifier id;
	bool *ok = arg;
	*ok = true;
	for (int i = 0; i < 300; i++) {
		*ok = *ok && phone_canonical(STR("+32 470 12 34 56"), &id, NULL) == 0 && strcmp(id.value, "+32470123456") == 0;
		*ok = *ok && domain_canonical(STR("b\xC3\xBC" "cher.co.uk"), &id, NULL) == 0 && id_registrable(&id, &id) == 0;
		*ok = *ok && id_is_public_suffix(STR("co.uk"));
	}
	return NULL;
}

void test_threads(void **state)
{
	(void)state;
	pthread_t t[4];
	bool ok[4];
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, worker, &ok[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		assert_true(ok[i]);
	}
}
