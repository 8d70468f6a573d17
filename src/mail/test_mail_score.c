/* Every feature of the link analysis by a mail of its own. */
#include "mail/test_mail.h"
#include <string.h>

struct row {
	const char *from, *subject, *html, *want; /* want: a code that must be there; "!code": must not be */
};

static bool has_reason(const struct mail_scored *s, const char *code)
{
	for (unsigned i = 0; i < s->reasons_n; i++)
		if (strcmp(s->reasons[i]->code, code) == 0)
			return true;
	return false;
}

static unsigned check(const struct row *r)
{
	struct arena *a = arena_new(0);
	struct mail m;
	struct mail_scored *s = NULL;
	struct str text = arena_fmt(a, "From: %s\nSubject: %s\nContent-Type: text/html; charset=utf-8\n\n%s", r->from,
	                            r->subject, r->html);
	assert_int_equal(mail_read(a, text, NULL, &m, NULL), 0);
	assert_int_equal(mail_score(a, &m, test_names(), &s), 0);
	assert_true(m.links_n > 0);
	bool not = r->want[0] == '!', found = has_reason(&s[0], r->want + not );
	if (found == not )
		fail_msg("%s | %s | %s: expected %s, score %u", r->from, r->subject, r->html, r->want, s[0].score);
	unsigned score = s[0].score;
	for (unsigned i = 0; i < s[0].reasons_n; i++)
		assert_true(strlen(s[0].reasons[i]->text) > 10);
	arena_free(a);
	return score;
}

#define A(url) "<a href=\"" url "\">hier</a>"

void test_features(void **state)
{
	(void)state;
	static const char jan[] = "Jan <jan@afzender.example>", sub[] = "Verslag van de vergadering";
	static const struct row rows[] = {
		{jan, sub, "<a href=\"http://kwaad.example/\">www.rabobank.nl</a>", "text-other"},
		{jan, sub, "<a href=\"http://kwaad.example/\">https://mijn.ing.nl/inloggen</a>", "text-other"},
		{jan, sub, "<a href=\"http://kwaad.example/\">kwaad.example</a>", "!text-other"},
		{jan, sub, A("http://192.0.2.7/ing"), "ip"},
		{jan, sub, A("https://www.ing.nl@kwaad.example/"), "userinfo"},
		{jan, sub, A("https://xn--80ak6aa92e.com/"), "punycode"},
		{jan, sub,
	     A("https://r\xD0\xB0"
	       "bobank.com/"),
	     "mixed"},
		{jan, sub, A("https://rabobamk.com/"), "lookalike"},
		{jan, sub, A("https://be1astingdienst.com/"), "lookalike"},
		{jan, sub, A("https://ing-nl.example/"), "embedded"},
		{jan, sub, A("https://mijn.belastingdienst.nl.kwaad.example/"), "embedded"},
		{jan, sub, A("https://postnl-pakket.com/"), "embedded"},
		{jan, sub, A("https://www.ing.nl/particulier"), "!embedded"},
		{jan, sub, A("https://a.b.c.d.kwaad.example/"), "subdomains"},
		{jan, sub, A("https://uw-pakket-is-er.example/"), "hyphens"},
		{jan, sub, A("https://pakket202611.example/"), "digits"},
		{jan, sub, A("https://bit.ly/3abcde"), "shortener"},
		{jan, sub, A("https://winkel-actie.weebly.com/"), "shared"},
		{jan, sub, A("https://storage.googleapis.com/emmer/pagina.html"), "shared"},
		{jan, sub, A("https://docs.google.com/forms/d/x"), "by-path"},
		{jan, sub, A("https://kwaad.example:8443/"), "port"},
		{jan, sub, A("https://xkqzvwtrpl.example/"), "random-name"},
		{jan, sub, A("https://kwaad.example/4joRJB37564GYjw1124bveyeqvgtn"), "random-path"},
		{jan, sub, A("https://kwaad.example/nieuws/vergadering-van-november"), "!random-path"},
		{jan, sub, A("http://kwaad.example/"), "plain-http"},
		{jan, sub, A("https://kwaad.shop/"), "cheap-tld"},
		{jan, sub, A("https://kwaad.example/?e=jan@ontvanger.example"), "address-in-url"},
		{jan, sub, "<a href=\"https://kwaad.example/\">Claim uw prijs</a>", "urgent-near"},
		{jan, sub, A("https://kwaad.example/r?u=https%3A%2F%2Fanders.example%2F"), "redirect"},
		{jan, sub, A("https://kwaad.example/factuur.zip"), "download"},
		{jan, sub, A("https://kwaad.example/"), "other-sender"},
		{jan, sub, A("https://afzender.example/"), "own-domain"},
		{"Rabobank <info@kwaad.com>", sub, A("https://kwaad.com/"), "sender-claim"},
		{"Rabobank <info@kwaad.com>", sub, A("https://kwaad.com/"), "brand-link"},
		{"Rabobank <info@rabobank.nl>", sub, A("https://www.rabobank.nl/"), "!sender-claim"},
		{"Rabobank <info@rabobank.nl>", sub, A("https://www.rabobank.nl/"), "!brand-link"},
		{"Zilveren Kruis <info@kwaad.com>", sub, A("https://kwaad.best/"), "brand-tld"},
		{"Rabobank <rabobank.klant@gmail.com>", sub, A("https://kwaad.com/"), "sender-free"},
		{"\"service@ing.nl\" <info@kwaad.com>", sub, A("https://kwaad.com/"), "sender-name"},
		{"<\"support@anwb.nl\">", sub, A("https://kwaad.com/"), "no-sender"},
		{"Post <X7U2WIGG@T8N7T7XM6T09152I8FURVJZ3.com>", sub, A("https://kwaad.com/"), "sender-random"},
		{"\xF0\x9D\x97\x9Cng <info@kwaad.com>", sub, A("https://kwaad.com/"), "sender-letters"},
		{"Jan <info@kwaad.shop>", sub, A("https://kwaad.com/"), "sender-tld"},
		{jan, "Uw rekening is geblokkeerd", A("https://kwaad.com/"), "lure-subject"},
		{jan, "\xF0\x9F\x8E\x81 voor u", A("https://kwaad.com/"), "signs"},
		{jan, sub, A("https://kwaad.com/1") A("https://kwaad.com/2"), "one-target"},
		{jan, sub, A("https://kwaad.com/1") A("https://anders.com/2"), "!one-target"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		(void)check(&rows[i]);
	for (const struct mail_reason *f = mail_features(); f->code; f++)
		assert_true(f->weight != 0 && strlen(f->text) > 10 && strlen(f->code) > 1);
}

void test_downweights(void **state)
{
	(void)state;
	static const char jan[] = "Jan <jan@afzender.example>", sub[] = "Verslag van de vergadering";
	static const struct row good = {jan, sub, A("https://www.belastingdienst.nl/aangifte"), "protected"};
	static const struct row own = {jan, sub, A("https://www.afzender.example/verslag"), "own-domain"};
	static const struct row foot = {jan, sub, "<a href=\"https://lijst.example/x\">Afmelden</a>", "footer"};
	static const struct row schema = {jan, sub, A("http://www.w3.org/1999/xhtml"), "schema"};
	static const struct row image = {jan, sub, "<img src=\"https://plaat.example/a.gif\">", "image"};
	static const struct row bad = {"Rabobank <x@kwaad.com>", "Uw pas is geblokkeerd",
	                               "<a href=\"http://rabobank.nl.kwaad.shop/\">www.rabobank.nl</a>", "text-other"};
	assert_true(check(&good) < 10 && check(&own) < 10 && check(&foot) < 15);
	assert_true(check(&schema) == 0 && check(&image) < 10);
	assert_int_equal(check(&bad), 100);
}

/* The one who forwards is no suspect: his address says nothing about the links in what he forwards. */
void test_forwarded_sender(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	struct mail m;
	struct mail_scored *s = NULL;
	struct str text = STR("From: Rabobank <x7q9@jan.shop>\nSubject: win een prijs\n\nZie hieronder.\n"
	                      "-----Original Message-----\n\nhttps://kwaad.com/pas\n");
	assert_int_equal(mail_read(a, text, NULL, &m, NULL), 0);
	assert_int_equal(mail_score(a, &m, test_names(), &s), 0);
	assert_int_equal(m.links_n, 1);
	assert_false(has_reason(&s[0], "sender-claim") || has_reason(&s[0], "lure-subject"));
	text = STR("From: Jan <jan@afzender.example>\nSubject: Fwd\n\n"
	           "-----Oorspronkelijk bericht-----\nVan: Rabobank <info@kwaad.com>\nOnderwerp: Uw pas is geblokkeerd\n\n"
	           "https://kwaad.best/pas\n");
	assert_int_equal(mail_read(a, text, NULL, &m, NULL), 0);
	assert_int_equal(mail_score(a, &m, test_names(), &s), 0);
	assert_true(m.heads_n == 2 && m.links[0].head == 1);
	assert_true(has_reason(&s[0], "sender-claim") && has_reason(&s[0], "lure-subject"));
	arena_free(a);
}
