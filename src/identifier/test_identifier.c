/* Canonical forms: a table per kind, and properties on random text. */
#include "base/test_seed.h"
#include "identifier/parts.h"
#include "identifier/test_identifier.h"
#include <string.h>

static const struct str keys[] = {{"utm_*", 5}, {"fbclid", 6}, {"gclid", 5}};
const struct id_options test_options = {keys, 3};

/* `want` NULL: refused, with a Dutch text. Accepted values must be stable. */
void test_row(enum id_kind kind, const char *in, size_t n, const char *want)
{
	struct identifier id, again;
	struct err e = {0};
	memset(&id, 0x5A, sizeof(id));
	int rc = id_canonical(kind, (struct str){in, n}, &test_options, &id, &e);
	if (!want) {
		if (rc == 0)
			fail_msg("accepted: %s as %s", in, id.value);
		assert_int_equal(rc, KT_EINVAL);
		assert_true(strlen(e.text) > 20);
		assert_int_equal(id.value[0], 0x5A); /* untouched */
		return;
	}
	if (rc != 0)
		fail_msg("refused: %s", in);
	if (strcmp(id.value, want) != 0)
		fail_msg("%s gave %s, wanted %s", in, id.value, want);
	assert_int_equal(id.kind, kind);
	assert_int_equal(id.n, strlen(want));
	assert_int_equal(id_canonical(kind, id_str(&id), &test_options, &again, NULL), 0);
	assert_string_equal(again.value, id.value);
}

struct row {
	const char *in, *want;
};

static void rows(enum id_kind kind, const struct row *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		test_row(kind, r[i].in, strlen(r[i].in), r[i].want);
}
#define ROWS(kind, r) rows(kind, r, sizeof(r) / sizeof((r)[0]))

static void test_kinds(void **state)
{
	(void)state;
	static const char *const names[] = {"iban", "telefoon", "domein", "url", "email", "wallet", "apparaat", "account",
		"advertentie", "kvk"};
	for (unsigned k = 1; k < ID_KINDS; k++) {
		assert_string_equal(id_kind_name((enum id_kind)k), names[k - 1]);
		assert_int_equal(id_kind_of(str_of(names[k - 1])), k);
	}
	assert_string_equal(id_kind_name(ID_NONE), "");
	assert_string_equal(id_kind_name((enum id_kind)99), "");
	assert_int_equal(id_kind_of(STR("IBAN")), ID_NONE);
	assert_int_equal(id_kind_of(STR("")), ID_NONE);
	struct identifier id;
	struct err e;
	assert_int_equal(id_canonical(ID_NONE, STR("x"), NULL, &id, &e), KT_EINVAL);
	assert_int_equal(id_canonical(ID_IBAN, STR_NONE, NULL, &id, &e), KT_EINVAL);
	uint8_t in[255];
	assert_int_equal(id_canonical(ID_DOMAIN, STR("A.nl"), NULL, &id, NULL), 0);
	assert_int_equal(id_input(&id, in), 5);
	assert_memory_equal(in, "\x03" "a.nl", 5);
}

static void test_iban(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"NL04KENT0123456789", "NL04KENT0123456789"},
		{" nl04 kent 0123 4567 89 ", "NL04KENT0123456789"},
		{"NL04-KENT-0123-4567-89", "NL04KENT0123456789"},
		{"NL04.KENT.0123.4567.89", "NL04KENT0123456789"},
		{"NL04\xC2\xA0KENT\xC2\xA0" "0123\xC2\xA0" "4567\xC2\xA0" "89", "NL04KENT0123456789"},
		{"IBAN: NL04 KENT 0123 4567 89", "NL04KENT0123456789"},
		{"\xEF\xBC\xAE\xEF\xBC\xAC" "04KENT0123456789", "NL04KENT0123456789"},
		{"NL91ABNA0417164300", "NL91ABNA0417164300"},
		{"BE68 5390 0754 7034", "BE68539007547034"},
		{"DE89370400440532013000", "DE89370400440532013000"},
		{"GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819"},
		{"MT84MALT011000012345MTLCAST001S", "MT84MALT011000012345MTLCAST001S"},
		{"NO9386011117947", "NO9386011117947"},
		{"FR1420041010050500013M02606", "FR1420041010050500013M02606"},
		{"PK36SCBL0000001123456702", "PK36SCBL0000001123456702"},
		{"NL05KENT0123456789", NULL},
		{"NL04KENT012345678", NULL},
		{"NL04KENT01234567890", NULL},
		{"NL04KEN10123456789", NULL},
		{"XX04KENT0123456789", NULL},
		{"US04KENT0123456789", NULL},
		{"NL04KENT0123/456789", NULL},
		{"", NULL}, {"NL", NULL}, {"IBAN", NULL}, {"\xFF\xFE", NULL},
	};
	ROWS(ID_IBAN, r);
	/* 98 less a remainder is never 00, 01 or 99; NL97… and NL00… would be one account twice. */
	char z[] = "NL00KENT0000000000";
	int accepted = 0;
	struct identifier id;
	for (int d = 0; d < 100; d++) {
		z[2] = (char)('0' + d / 10);
		z[3] = (char)('0' + d % 10);
		accepted += iban_canonical(str_of(z), &id, NULL) == 0;
	}
	assert_int_equal(accepted, 1);
	assert_int_equal(iban_canonical(STR("NL04KENT0123456789"), &id, NULL), 0);
	assert_true(str_is(iban_bank(&id), "KENT"));
	assert_int_equal(iban_canonical(STR("BE68539007547034"), &id, NULL), 0);
	assert_null(iban_bank(&id).p);
}

static void test_phone(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"06 12345678", "+31612345678"}, {"06-1234 56 78", "+31612345678"}, {"+31612345678", "+31612345678"},
		{"0031612345678", "+31612345678"}, {"+31 (0)6 12345678", "+31612345678"},
		{"0031 (0) 6 12345678", "+31612345678"}, {"+310612345678", "+31612345678"},
		{"tel:+31612345678", "+31612345678"},
		{"(020) 123 45 67", "+31201234567"}, {"020/1234567", "+31201234567"}, {"06.12.34.56.78", "+31612345678"},
		{"06\xE2\x80\x91" "12345678", "+31612345678"}, {"06\xC2\xA0" "12345678", "+31612345678"},
		{"\xEF\xBC\x90" "612345678", "+31612345678"}, {"31612345678", "+31612345678"},
		{"612345678", "+31612345678"}, {"0800-1234", "+318001234"}, {"0900 1234567", "+319001234567"},
		{"0970 12345678", "+3197012345678"}, {"097012345678", "+3197012345678"}, {"+32 470 12 34 56", "+32470123456"},
		{"0032470123456", "+32470123456"}, {"+44 (0)20 7946 0958", "+442079460958"},
		{"+442079460958", "+442079460958"}, {"+1 202-555-0143", "+12025550143"},
		{"+39 06 1234 5678", "+390612345678"}, {"+352 26 12 34 56", "+35226123456"},
		{"112", NULL}, {"144", NULL}, {"14020", NULL}, {"0612345", NULL}, {"061234567890", NULL}, {"+31112", NULL},
		{"+3161234567", NULL}, {"+999123456789", NULL}, {"bel mij", NULL}, {"06-1234567x", NULL}, {"", NULL},
		{"+", NULL}, {"++31612345678", NULL}, {"06+12345678", NULL}, {"12345678901234567890123", NULL},
		{"(0612345678)", "+31612345678"},
	};
	ROWS(ID_PHONE, r);
}

static void test_domain(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"Evil.NL", "evil.nl"}, {"evil.nl.", "evil.nl"}, {" evil.nl ", "evil.nl"}, {"evil[.]nl", "evil.nl"},
		{"evil(.)nl", "evil.nl"}, {"evil{.}nl", "evil.nl"}, {"evil[dot]nl", "evil.nl"}, {"evil (dot) nl", "evil.nl"},
		{"evil[punt]nl", "evil.nl"}, {"evil\xE3\x80\x82nl", "evil.nl"}, {"evil\xEF\xBC\x8Enl", "evil.nl"},
		{"b\xC3\xBC" "cher.de", "xn--bcher-kva.de"}, {"B\xC3\x9C" "CHER.de", "xn--bcher-kva.de"},
		{"xn--bcher-kva.de", "xn--bcher-kva.de"}, {"XN--BCHER-KVA.de", "xn--bcher-kva.de"},
		{"fa\xC3\x9F.de", "xn--fa-hia.de"}, {"r3---sn-abc.googlevideo.com", "r3---sn-abc.googlevideo.com"},
		{"zz--fiets.nl", "zz--fiets.nl"}, {"_dmarc.evil.nl", "_dmarc.evil.nl"}, {"a_b.c.nl", "a_b.c.nl"},
		{"my_site.github.io", "my_site.github.io"}, {"e\xE2\x80\x8Bvil.nl", "evil.nl"}, {"1.2.3.nl", "1.2.3.nl"},
		{"\xEF\xBD\x85vil.nl", "evil.nl"}, {"p\xD0\xB0ypal.com", "xn--pypal-4ve.com"}, {"evil%2Enl", "evil.nl"},
		{"xn--p1ai.xn--p1ai", "xn--p1ai.xn--p1ai"}, {"r3---sn.b\xC3\xBC" "cher.de", "r3---sn.xn--bcher-kva.de"},
		{"a_b.nl", NULL}, {"a_b.co.uk", NULL}, {"nl", NULL}, {"localhost", NULL}, {"1.2.3.4", NULL}, {"a.123", NULL},
		{"a.0x1f", NULL}, {"[::1]", NULL}, {"::1", NULL}, {"-a.nl", NULL}, {"a-.nl", NULL}, {"a..nl", NULL},
		{".nl", NULL}, {"xn--.nl", NULL}, {"xn--a-.nl", NULL}, {"xn--99999999.nl", NULL}, {"evil.nl/pad", NULL},
		{"http://evil.nl", NULL}, {"jan@evil.nl", NULL}, {"ev il.nl", NULL}, {"", NULL}, {".", NULL},
		{"a\x01.nl", NULL}, {"\xC3.nl", NULL}, {"evil.nl:80", NULL}, {"evil%.nl", NULL}, {"evil%00.nl", NULL},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.nl", NULL},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.nl",
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.nl"},
	};
	ROWS(ID_DOMAIN, r);
	char z[256];
	memset(z, 'a', sizeof(z));
	for (size_t i = 49; i < 253; i += 50)
		z[i] = '.';
	test_row(ID_DOMAIN, z, 254, NULL);
	z[253] = 0;
	test_row(ID_DOMAIN, z, 253, z);
}

static void test_url(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"https://Evil.NL", "https://evil.nl/"}, {"www.x.nl/pad", "http://www.x.nl/pad"},
		{"x.nl/Pad", "http://x.nl/Pad"},
		{"x.nl", "http://x.nl/"}, {"//x.nl/a", "http://x.nl/a"}, {"hxxp://x.nl/", "http://x.nl/"},
		{"hXXps://x.nl/", "https://x.nl/"}, {"h**ps://x[.]nl/a", "https://x.nl/a"}, {"http[:]//x.nl", "http://x.nl/"},
		{"hxxps[://]x[.]nl/login[.]php", "https://x.nl/login.php"}, {"http://u:p@x.nl/#f", "http://x.nl/"},
		{"http://bank.nl@evil.nl/", "http://evil.nl/"}, {"http://x.nl:80/", "http://x.nl/"},
		{"https://x.nl:443/", "https://x.nl/"}, {"https://x.nl:080/", "https://x.nl:80/"},
		{"http://x.nl:/", "http://x.nl/"},
		{"http://x.nl:8080?a", "http://x.nl:8080/?a"}, {"http://x.nl:65536/", NULL}, {"http://x.nl:a/", NULL},
		{"http://x.nl/%41%7e%2f%3a", "http://x.nl/A~%2F%3A"}, {"http://x.nl/%zz%4", "http://x.nl/%25zz%254"},
		{"http://x.nl/a b", "http://x.nl/a%20b"}, {"http://x.nl/\xC3\xA9", "http://x.nl/%C3%A9"},
		{"http://x.nl/\xFF", "http://x.nl/%FF"}, {"http://x.nl/a/../b/./c", "http://x.nl/b/c"},
		{"http://x.nl/a/%2e%2E/b/..", "http://x.nl/"}, {"http://x.nl/../..", "http://x.nl/"},
		{"http://x.nl/a//b", "http://x.nl/a//b"}, {"http:\\\\x.nl\\a\\b", "http://x.nl/a/b"},
		{"http://x.nl/?utm_source=a&b=1&UTM_x=2&c=2&fbclid=z", "http://x.nl/?b=1&c=2"},
		{"http://x.nl/?utm_source=a", "http://x.nl/"}, {"http://x.nl/?", "http://x.nl/"},
		{"http://x.nl/?b=2&a=1", "http://x.nl/?b=2&a=1"}, {"http://x.nl/?%75tm_a=1&gclidx=2", "http://x.nl/?gclidx=2"},
		{"http://x.nl/?a[]=1", "http://x.nl/?a%5B%5D=1"}, {"http://192.168.1.1/a", "http://192.168.1.1/a"},
		{"http://0x7f.1/", "http://127.0.0.1/"}, {"http://2130706433/", "http://127.0.0.1/"},
		{"http://0300.0250.1/", "http://192.168.0.1/"}, {"http://1.2.3.256/", NULL}, {"http://1.2.3.4.5/", NULL},
		{"http://[::1]:80/", "http://[::1]/"}, {"http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]/"},
		{"http://[::g]/", NULL}, {"http://b\xC3\xBC" "cher.de/", "http://xn--bcher-kva.de/"},
		{"<http://x.nl/a>", "http://x.nl/a"}, {"http://x.nl./a", "http://x.nl/a"},
		{"http://ev%69l.nl/", "http://evil.nl/"},
		{"ftp://x.nl/", NULL}, {"javascript:alert(1)", NULL}, {"mailto:a@b.nl", NULL}, {"a@b.nl", NULL},
		{"http://", NULL},
		{"http:///", NULL}, {"http://localhost/", NULL}, {"geen link", NULL}, {"", NULL}, {"http://a..nl/", NULL},
	};
	ROWS(ID_URL, r);
}

/* Too long: back to the last '/' before the query, and further until it fits. */
static void test_url_long(void **state)
{
	(void)state;
	char z[10000] = "http://x.nl/a/b/c?q=";
	struct identifier id;
	memset(z + 20, 'q', 300);
	test_row(ID_URL, z, 320, "http://x.nl/a/b/");
	test_row(ID_URL, z, ID_MAX + 1, "http://x.nl/a/b/");
	assert_int_equal(url_canonical((struct str){z, ID_MAX}, NULL, &id, NULL), 0);
	assert_int_equal(id.n, ID_MAX);
	memcpy(z, "http://x.nl/a/", 14);
	memset(z + 14, 'p', 300);
	test_row(ID_URL, z, 314, "http://x.nl/a/");
	memcpy(z + 240, "/e/f/", 5);
	z[245] = 'p';
	assert_int_equal(url_canonical((struct str){z, 314}, NULL, &id, NULL), 0);
	assert_int_equal(id.n, 245);
	z[254] = '/'; /* one too far */
	assert_int_equal(url_canonical((struct str){z, 314}, NULL, &id, NULL), 0);
	assert_int_equal(id.n, 245);
	z[253] = '/';
	assert_int_equal(url_canonical((struct str){z, 314}, NULL, &id, NULL), 0);
	assert_int_equal(id.n, 254);
	memset(z, 'a', sizeof(z));
	memcpy(z, "http://x.nl/", 12);
	test_row(ID_URL, z, 8192, "http://x.nl/");
	test_row(ID_URL, z, 8193, NULL);
}

static void test_email(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"Jan@Evil.NL", "jan@evil.nl"}, {"mailto:jan@evil.nl", "jan@evil.nl"},
		{"MAILTO:jan@evil.nl?subject=x@y", "jan@evil.nl"},
		{"<jan@evil.nl>", "jan@evil.nl"}, {"Jan Jansen <jan@evil.nl>", "jan@evil.nl"},
		{"jan [at] evil [dot] nl", "jan@evil.nl"},
		{"jan(at)evil.nl", "jan@evil.nl"}, {"jan[@]evil[.]nl", "jan@evil.nl"}, {"jan{at}evil.nl", "jan@evil.nl"},
		{"jan[apenstaartje]evil[punt]nl", "jan@evil.nl"}, {"jan\xEF\xBC\xA0" "evil.nl", "jan@evil.nl"},
		{"a.b+c@b\xC3\xBC" "cher.de", "a.b+c@xn--bcher-kva.de"}, {"o'brien@x.nl", "o'brien@x.nl"},
		{"a{b}@x.nl", "a{b}@x.nl"}, {"jan@evil.nl.", "jan@evil.nl"},
		{"jan@evil", NULL}, {"@evil.nl", NULL}, {"jan@", NULL}, {".jan@x.nl", NULL}, {"jan.@x.nl", NULL},
		{"j..n@x.nl", NULL}, {"j n@x.nl", NULL}, {"j\xC3\xA9n@x.nl", NULL}, {"a@b@x.nl", NULL}, {"\"a b\"@x.nl", NULL},
		{"jan@1.2.3.4", NULL}, {"jan@[1.2.3.4]", NULL}, {"", NULL}, {"evil.nl", NULL},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x.nl", NULL},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x.nl",
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x.nl"},
	};
	ROWS(ID_EMAIL, r);
}

static void test_wallet(void **state)
{
	(void)state;
	static const struct row r[] = {
		/* the example addresses of BIP 173, BIP 350, EIP-55 and the first block */
		{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
		{"bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=1", "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
		{"BTC: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
		{"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "btc:3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"},
		{"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
		{"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
			"btc:bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"},
		{"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
			"btc:bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y"},
		{"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", NULL},
		{"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", NULL}, {"bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", NULL},
		{"tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", NULL}, {"bc1gmk9yu", NULL},
		{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", NULL}, {"11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", NULL},
		{"ltc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", NULL}, {"iets:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", NULL},
		{"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "eth:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"},
		{"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "eth:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"},
		{"0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED", "eth:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"},
		{"ethereum:0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359@1", "eth:0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"},
		{"usdt:0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "eth:0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"},
		{"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", NULL}, {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", NULL},
		{"5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", NULL},
		{"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "trx:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"},
		{"ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", "ltc:ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9"},
		{"44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
			"xmr:44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"},
		{"44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3B", NULL},
		{"", NULL}, {"btc:", NULL}, {"geld", NULL},
	};
	ROWS(ID_WALLET, r);
}

static void keccak_hex(const char *in, size_t n, const char *want)
{
	uint8_t out[32];
	keccak_256(in, n, out);
	for (int i = 0; i < 32; i++)
		assert_int_equal(out[i],
			hex_value((unsigned char)want[2 * i]) * 16 + hex_value((unsigned char)want[2 * i + 1]));
}

static void test_keccak(void **state)
{
	(void)state;
	keccak_hex("", 0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
	keccak_hex("abc", 3, "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
	keccak_hex("testing", 7, "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02");
	keccak_hex("The quick brown fox jumps over the lazy dog", 43,
		"4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
}

static void test_account(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"Instagram:@Jan.Jansen", "instagram:jan.jansen"}, {"https://www.instagram.com/Jan/?hl=nl", "instagram:jan"},
		{"instagram.com/jan", "instagram:jan"}, {"https://facebook.com/jan.j", "facebook:jan.j"},
		{"https://www.facebook.com/profile.php?id=1000123", "facebook:1000123"},
		{"https://www.tiktok.com/@Jan", "tiktok:jan"},
		{"t.me/jan_bot", "telegram:jan_bot"}, {"https://twitter.com/Jan", "x:jan"}, {"x.com/jan", "x:jan"},
		{"twitter:jan", "x:jan"},
		{"https://www.marktplaats.nl/u/jan-fiets/123456/", "marktplaats:123456"},
		{"vinted.nl/member/123-jan", "vinted:123"},
		{"https://nl.linkedin.com/in/jan-jansen-1b/", "linkedin:jan-jansen-1b"},
		{"https://youtube.com/@Jan", "youtube:jan"},
		{"https://www.snapchat.com/add/jan", "snapchat:jan"}, {"hxxps://instagram[.]com/jan", "instagram:jan"},
		{"jan", NULL}, {"instagram:", NULL}, {":jan", NULL}, {"instagram:jan jansen", NULL},
		{"instagram.com/p/abc", NULL},
		{"evil.nl/jan", NULL}, {"instagram.com/", NULL}, {"", NULL}, {"a:b:c", NULL},
	};
	ROWS(ID_ACCOUNT, r);
	static const struct row ads[] = {
		{"m1234567890", "marktplaats:m1234567890"}, {"A123456789", "marktplaats:a123456789"},
		{"Marktplaats: M1234567890", "marktplaats:m1234567890"},
		{"https://www.marktplaats.nl/v/fietsen/dames/m2012345678-mooie-fiets", "marktplaats:m2012345678"},
		{"https://link.marktplaats.nl/m2012345678", "marktplaats:m2012345678"},
		{"https://www.vinted.nl/items/123456-jas", "vinted:123456"},
		{"https://www.facebook.com/marketplace/item/99887766/?ref=x", "facebook:99887766"},
		{"https://www.2dehands.be/v/a/b/m2012345678-x", "2dehands:m2012345678"},
		{"m123", NULL}, {"fiets", NULL}, {"https://www.marktplaats.nl/", NULL}, {"", NULL}, {"m", NULL},
	};
	ROWS(ID_ADVERT, ads);
	static const struct row kvk[] = {
		{"12345678", "12345678"}, {"KvK 12.34.56.78", "12345678"}, {"kvk:12345678", "12345678"}, {"1234567", NULL},
		{"123456789", NULL}, {"NL123456789B01", NULL}, {"", NULL},
	};
	ROWS(ID_COMPANY, kvk);
	static const struct row device[] = {
		{"00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff",
			"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
		{"0011", NULL}, {"x0112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff", NULL}, {"", NULL},
	};
	ROWS(ID_DEVICE, device);
}

static void test_guess(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		enum id_kind kind;
	} r[] = {
		{"nl04 kent 0123 4567 89", ID_IBAN}, {"06-12345678", ID_PHONE}, {"+32470123456", ID_PHONE},
		{"evil.nl", ID_DOMAIN},
		{"evil.nl/pad", ID_URL}, {"https://instagram.com/jan", ID_URL}, {"jan@evil.nl", ID_EMAIL},
		{"instagram:jan", ID_ACCOUNT},
		{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", ID_WALLET}, {"m1234567890", ID_ADVERT},
		{"marktplaats:m1234567890", ID_ADVERT},
		{"12345678", ID_COMPANY}, {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", ID_DEVICE},
		{"123456782", ID_NONE}, {"hallo", ID_NONE}, {"a:b", ID_NONE}, {"", ID_NONE}, {"een.zin", ID_NONE},
		{"Jan de Vries", ID_NONE},
	};
	for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++)
		if (id_guess(str_of(r[i].in), NULL) != r[i].kind)
			fail_msg("%s: %s", r[i].in, id_kind_name(id_guess(str_of(r[i].in), NULL)));
	assert_int_equal(id_guess(STR_NONE, NULL), ID_NONE);
}

static void test_suffix(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"a.b.evil.nl", "evil.nl"}, {"evil.nl", "evil.nl"}, {"x.foo.github.io", "foo.github.io"},
		{"a.b.co.uk", "b.co.uk"},
		{"www.ck", "www.ck"}, {"a.evil.example", "evil.example"}, {"co.uk", NULL}, {"github.io", NULL},
		{"x.xn--p1ai", "x.xn--p1ai"},
	};
	for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++) {
		struct identifier d, reg;
		assert_int_equal(domain_canonical(str_of(r[i].in), &d, NULL), 0);
		int rc = id_registrable(&d, &reg);
		assert_int_equal(rc, r[i].want ? 0 : KT_EINVAL);
		if (r[i].want)
			assert_string_equal(reg.value, r[i].want);
	}
	assert_true(id_is_public_suffix(STR("nl")) && id_is_public_suffix(STR("co.uk")));
	assert_true(id_is_public_suffix(STR("github.io")));
	assert_false(id_is_public_suffix(STR("evil.nl")) || id_is_public_suffix(STR("zzz")));
	assert_false(id_is_public_suffix(STR("")));
	struct identifier id, host;
	assert_int_equal(url_canonical(STR("https://a.evil.nl:8443/x"), NULL, &id, NULL), 0);
	assert_int_equal(id_registrable(&id, &host), KT_EINVAL);
	assert_int_equal(id_host(&id, &host), 0);
	assert_string_equal(host.value, "a.evil.nl");
	assert_int_equal(email_canonical(STR("x@evil.nl"), &id, NULL), 0);
	assert_int_equal(id_host(&id, &host), 0);
	assert_string_equal(host.value, "evil.nl");
	assert_int_equal(url_canonical(STR("http://1.2.3.4/"), NULL, &id, NULL), 0);
	assert_int_equal(id_host(&id, &host), KT_EINVAL);
	assert_int_equal(url_canonical(STR("http://[::1]/"), NULL, &id, NULL), 0);
	assert_int_equal(id_host(&id, &host), KT_EINVAL);
	assert_int_equal(iban_canonical(STR("NL04KENT0123456789"), &id, NULL), 0);
	assert_int_equal(id_host(&id, &host), KT_EINVAL);
}

/* The text for the person never repeats what was typed. */
static void test_no_echo(void **state)
{
	(void)state;
	for (unsigned k = 1; k < ID_KINDS; k++) {
		struct identifier id;
		struct err e = {0};
		assert_int_equal(id_canonical((enum id_kind)k, STR("qqZQ!qq/\\ %s%n"), NULL, &id, &e), KT_EINVAL);
		assert_null(strstr(e.text, "qqZQ"));
		assert_non_null(strstr(e.text, "zoals") ? e.text : strstr(e.text, "begint"));
	}
}

/* Random text out of pieces that matter: accepted values are stable, nothing else happens. */
static void test_property(void **state)
{
	(void)state;
	static const char *const pieces[] = {
		"http://", "hxxps[:]//", "evil", ".", "nl", "[.]", "(dot)", "%2e", "%", "41", "/", "..", "?", "&", "utm_a=1",
		"@", "[at]",
		":", "80", "xn--", "bcher-kva", "\xC3\xBC", "\xEF\xBC\x8E", "\xE2\x80\x8B", " ", "-", "_", "+31", "0",
		"612345678", "(0)",
		"NL", "04", "KENT", "0123456789", "bc1q", "0x", "instagram", "m12345678", "<", ">", "'", "{", "}", "\\", "#",
		"\n", "0044",
		"\xFF", "www.", "A", "+", "1", "[", "]", "mailto:", "tel:", "~", "=", "\xEF\xBC\xA0", "\xF0\x9F\x92\xA9",
	};
	unsigned accepted = 0;
	for (int round = 0; round < 200000; round++) {
		char z[512];
		size_t n = 0;
		for (uint64_t k = 1 + rnd_below(8); k > 0; k--) {
			const char *p = pieces[rnd_below(sizeof(pieces) / sizeof(pieces[0]))];
			memcpy(z + n, p, strlen(p));
			n += strlen(p);
		}
		enum id_kind kind = (enum id_kind)(1 + rnd_below(ID_KINDS - 1));
		struct identifier once, twice;
		if (id_canonical(kind, (struct str){z, n}, &test_options, &once, NULL) != 0)
			continue;
		accepted++;
		if (id_canonical(kind, id_str(&once), &test_options, &twice, NULL) != 0 ||
		    !str_eq(id_str(&once), id_str(&twice)))
			fail_msg("kind %u: %.*s gave %s", (unsigned)kind, (int)n, z, once.value);
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds), cmocka_unit_test(test_iban), cmocka_unit_test(test_phone),
		cmocka_unit_test(test_domain), cmocka_unit_test(test_url), cmocka_unit_test(test_url_long),
		cmocka_unit_test(test_email), cmocka_unit_test(test_wallet), cmocka_unit_test(test_keccak),
		cmocka_unit_test(test_account), cmocka_unit_test(test_guess), cmocka_unit_test(test_suffix),
		cmocka_unit_test(test_no_echo), cmocka_unit_test(test_property), cmocka_unit_test(test_iban_registry),
		cmocka_unit_test(test_iban_edits), cmocka_unit_test(test_wallet_lists), cmocka_unit_test(test_phone_library),
		cmocka_unit_test(test_threads),
	};
	seed_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
