/* What may be called and mailed: addresses, URLs, messages. Real connections are made in tests/e2e/test_delivery.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "seam/crypto.h"
#include "seam/http_client.h"
#include "seam/smtp.h"

static const char *const INSIDE[] = {"0.0.0.0",
                                     "0.1.2.3",
                                     "10.0.0.1",
                                     "10.255.255.255",
                                     "100.64.0.1",
                                     "100.127.255.255",
                                     "127.0.0.1",
                                     "127.255.1.1",
                                     "169.254.169.254",
                                     "172.16.0.1",
                                     "172.31.255.255",
                                     "192.0.0.8",
                                     "192.0.2.1",
                                     "192.88.99.1",
                                     "192.168.1.1",
                                     "198.18.0.1",
                                     "198.19.255.255",
                                     "198.51.100.7",
                                     "203.0.113.9",
                                     "224.0.0.1",
                                     "239.1.1.1",
                                     "240.0.0.1",
                                     "255.255.255.255",
                                     "::",
                                     "::1",
                                     "::127.0.0.1",
                                     "::8.8.8.8",
                                     "::ffff:10.0.0.1",
                                     "::ffff:127.0.0.1",
                                     "fe80::1",
                                     "febf::1",
                                     "fec0::1",
                                     "fc00::1",
                                     "fdff::1",
                                     "ff02::1",
                                     "2001:db8::1",
                                     "2001::1",
                                     "2001:1ff::1",
                                     "2002:0a00:1::",
                                     "2002:0808:808::",
                                     "3fff::1",
                                     "3ffe::1",
                                     "64:ff9b::10.0.0.1",
                                     "64:ff9b::7f00:1",
                                     "64:ff9b:1::1",
                                     "100::1",
                                     "5f00::1",
                                     "4000::1"};
static const char *const PUBLIC[] = {"8.8.8.8",         "100.63.255.255", "100.128.0.0",     "172.15.255.255",
                                     "172.32.0.0",      "192.0.1.1",      "198.17.255.255",  "198.20.0.0",
                                     "223.255.255.255", "11.0.0.0",       "2a00:1450::1",    "2001:4860::8888",
                                     "2600::1",         "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"};

static void test_addresses(void **state)
{
	struct address a;
	(void)state;
	for (size_t i = 0; i < sizeof(INSIDE) / sizeof(INSIDE[0]); i++) {
		assert_true(address_of(str_of(INSIDE[i]), &a));
		if (address_public(&a))
			fail_msg("%s is public", INSIDE[i]);
	}
	for (size_t i = 0; i < sizeof(PUBLIC) / sizeof(PUBLIC[0]); i++) {
		char text[ADDRESS_TEXT];
		assert_true(address_of(str_of(PUBLIC[i]), &a));
		if (!address_public(&a) || address_loopback(&a))
			fail_msg("%s is not public", PUBLIC[i]);
		address_text(&a, text);
		assert_true(address_of(str_of(text), &a));
	}
	assert_false(address_of(STR("0x7f.1"), &a));
	assert_false(address_of(STR("127.1"), &a));
	assert_false(address_of(STR("010.0.0.1"), &a));
	assert_false(address_of(STR(""), &a));
	assert_true(address_of(STR("::ffff:127.9.9.9"), &a) && address_loopback(&a));
}

static void test_find(void **state)
{
	struct address a[ADDRESSES];
	atomic_bool stop = true;
	size_t n = 0;
	(void)state;
	assert_int_equal(address_find("localhost", 5000, NULL, a, &n, NULL), 0);
	assert_true(n > 0 && address_loopback(&a[0]) && !address_public(&a[0]));
	assert_int_equal(address_find("127.0.0.1", 5000, NULL, a, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_true(address_find("localhost", 5000, &stop, a, &n, NULL) <= 0); /* at once, whatever it says */
}

static void test_urls(void **state)
{
	static const char *const NO[] = {"",
	                                 "http://ontvanger.example/",
	                                 "ftp://ontvanger.example/",
	                                 "https://",
	                                 "https:///pad",
	                                 "ontvanger.example",
	                                 "https://u@ontvanger.example/",
	                                 "https://u:p@ontvanger.example/",
	                                 "https://ontvanger.example/#deel",
	                                 "https://ontvanger.example:25/",
	                                 "https://ontvanger.example:22/",
	                                 "https://ontvanger.example:80/",
	                                 "https://ontvanger.example:0/",
	                                 "https://ontvanger.example:99999/",
	                                 "https://127.0.0.1/",
	                                 "https://127.1/",
	                                 "https://2130706433/",
	                                 "https://0x7f000001/",
	                                 "https://0177.0.0.1/",
	                                 "https://10.1.2.3:8443/",
	                                 "https://[::1]/",
	                                 "https://[fe80::1]/",
	                                 "https://[::ffff:127.0.0.1]/",
	                                 "https://169.254.169.254/latest/meta-data",
	                                 "https://-x.example/",
	                                 "https://ontvanger.example./",
	                                 "https://ont vanger.example/",
	                                 "https://ont\\vanger.example/",
	                                 "https://a..example/",
	                                 "https://ontvanger.example/\r\nX: y",
	                                 "https://b\xc3\xbcro.example/",
	                                 "file:///etc/passwd",
	                                 "gopher://x.example/"};
	struct http_url u;
	(void)state;
	for (size_t i = 0; i < sizeof(NO) / sizeof(NO[0]); i++) {
		struct err e = {0};
		if (http_url_parse(str_of(NO[i]), false, &u, &e) != KT_EINVAL || !strstr(e.text, "verwacht"))
			fail_msg("taken: %s", NO[i]);
	}
	assert_int_equal(http_url_parse(STR("https://Ontvanger.Example:8443/pad?x=1"), false, &u, NULL), 0);
	assert_string_equal(u.host, "ontvanger.example");
	assert_int_equal(u.port, 8443);
	assert_true(u.tls);
	assert_int_equal(http_url_parse(STR("https://[2a00:1450::1]/"), false, &u, NULL), 0);
	assert_int_equal(u.port, 443);
	assert_int_equal(http_url_parse(STR("http://127.0.0.1:80/"), true, &u, NULL), 0);
	assert_int_equal(http_url_parse(STR("https://10.0.0.1/"), true, &u, NULL), KT_EINVAL);
	char *far = malloc(HTTP_URL_MAX + 32);
	assert_non_null(far);
	int n = snprintf(far, HTTP_URL_MAX + 32, "https://a.example/%0*d", HTTP_URL_MAX, 0);
	assert_int_equal(http_url_parse((struct str){far, (size_t)n}, false, &u, NULL), KT_EINVAL);
	free(far);
}

static void test_mail_addresses(void **state)
{
	static const char *const NO[] = {
		"",      "a",       "@b",         "a@",         "a@b@c.nl", "a b@c.nl", "a@c.nl\r\nRCPT TO:<x>",
		"<a@b>", "a@b,c@d", "\"a\"@b.nl", "a@b\x7f.nl", "-a@b.nl",  "a@b>.nl",  "\xc3\xa9@b.nl"};
	char far[300];
	(void)state;
	for (size_t i = 0; i < sizeof(NO) / sizeof(NO[0]); i++)
		if (smtp_address(str_of(NO[i])))
			fail_msg("taken: %s", NO[i]);
	assert_true(smtp_address(STR("jan+x@mail.example")));
	memset(far, 'a', sizeof(far));
	far[10] = '@';
	assert_true(smtp_address((struct str){far, 254}));
	assert_false(smtp_address((struct str){far, 255}));
	assert_int_equal(smtp_check("smtp://mail.example:587", NULL), 0);
	assert_int_equal(smtp_check("http://mail.example", NULL), KT_EINVAL);
	assert_int_equal(smtp_check("smtp://u:p@mail.example", NULL), KT_EINVAL);
}

static void test_message(void **state)
{
	struct smtp_mail m = {
		.to = STR("jan@mail.example"),
		.subject = STR("Één onderwerp dat langer is dan één gecodeerd woord mag zijn, met ëëën bijzondere letters"),
		.text = STR("Hallo\n.\n\nFrom: x\n"),
		.id = STR("abc-1"),
		.now_ms = INT64_C(1790000000000)};
	struct buf b = BUF_INIT(65536);
	(void)state;
	assert_int_equal(smtp_message(&m, "meldpunt@kentering.example", &b, NULL), 0);
	assert_non_null(strstr(b.p, "From: <meldpunt@kentering.example>\r\nTo: <jan@mail.example>\r\nSubject: =?utf-8?B?"));
	assert_non_null(strstr(b.p, "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n"));
	assert_non_null(strstr(b.p, "Message-ID: <abc-1@kentering.example>\r\n"));
	assert_non_null(strstr(b.p, "\r\n\r\nSGFsbG8KLgoKRnJvbTogeAo=\r\n"));
	for (char *p = b.p, *end; *p; p = end + 2) { /* every line ended as it must, and short */
		end = strstr(p, "\r\n");
		assert_non_null(end);
		assert_true(end - p <= 78 && !memchr(p, '\n', (size_t)(end - p)));
	}
	buf_free(&b);
	m.subject = STR("x\r\nBcc: y@z.nl");
	assert_int_equal(smtp_message(&m, "a@b.nl", &b, NULL), KT_EINVAL);
	m.subject = STR("x");
	m.to = STR("jan@mail.example\r\nBcc: y@z.nl");
	assert_int_equal(smtp_message(&m, "a@b.nl", &b, NULL), KT_EINVAL);
	m.to = STR("jan@mail.example");
	m.id = STR("a>b");
	assert_int_equal(smtp_message(&m, "a@b.nl", &b, NULL), KT_EINVAL);
}

static void test_hmac(void **state)
{
	/* RFC 4231, case 2 */
	static const uint8_t WANT[32] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
	                                 0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
	                                 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43};
	uint8_t got[32];
	char text[16];
	(void)state;
	crypto_hmac256(got, STR("Jefe"), STR("what do ya want for nothing?"));
	assert_memory_equal(got, WANT, 32);
	crypto_base64(text, sizeof(text), STR("foob"));
	assert_string_equal(text, "Zm9vYg==");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),      cmocka_unit_test(test_find),    cmocka_unit_test(test_urls),
		cmocka_unit_test(test_mail_addresses), cmocka_unit_test(test_message), cmocka_unit_test(test_hmac),
	};
	if (crypto_setup(NULL) || send_setup(NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
