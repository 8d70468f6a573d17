/* Extraction: what is found and where, what is left alone, and that any text takes linear time. */
#include "base/test_seed.h"
#include "identifier/identifier.h"
#include "identifier/test_shared.h"
#include <dirent.h>
#include <string.h>

static const struct str keys[] = {{"utm_*", 5}};
static const struct id_options options = {keys, 1};

struct seen {
	struct str text;
	char out[4096]; /* "kind=value|" for each find; "kind=value<written>|" when the bytes differ from the value */
	size_t begin, finds;
};

static int note(const struct id_found *f, void *arg)
{
	struct seen *s = arg;
	struct identifier again;
	assert_true(f->begin >= s->begin && f->begin < f->end && f->end <= s->text.n);
	s->begin = f->begin;
	s->finds++;
	struct str raw = str_sub(s->text, f->begin, f->end);
	if (id_canonical(f->id.kind, raw, &options, &again, NULL) != 0 || !str_eq(id_str(&again), id_str(&f->id)))
		fail_msg("%.*s is no longer %s", (int)raw.n, raw.p, f->id.value);
	size_t n = strlen(s->out);
	if (n + raw.n + 300 < sizeof(s->out)) {
		n += (size_t)snprintf(s->out + n, sizeof(s->out) - n, "%s=%s", id_kind_name(f->id.kind), f->id.value);
		if (!str_eq(raw, id_str(&f->id)))
			n += (size_t)snprintf(s->out + n, sizeof(s->out) - n, "<%.*s>", (int)raw.n, raw.p);
		snprintf(s->out + n, sizeof(s->out) - n, "|");
	}
	return 0;
}

static struct seen all_of(struct str text)
{
	struct seen s = {.text = text};
	assert_int_equal(id_extract(text, &options, note, &s), 0);
	return s;
}

struct row {
	const char *in, *want;
};

static void rows(const struct row *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct seen s = all_of(str_of(r[i].in));
		if (strcmp(s.out, r[i].want) != 0)
			fail_msg("in:   %s\nout:  %s\nwant: %s", r[i].in, s.out, r[i].want);
	}
}
#define ROWS(r) rows(r, sizeof(r) / sizeof((r)[0]))

static void test_urls(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"Kijk op https://evil.nl/pad?x=1.", "url=https://evil.nl/pad?x=1|domein=evil.nl|"},
		{"(http://evil.nl/a_(b))", "url=http://evil.nl/a_(b)|domein=evil.nl|"},
		{"[tekst](https://x.example/q)!", "url=https://x.example/q|domein=x.example|"},
		{"(tekst)[https://x.example/q];", "url=https://x.example/q|domein=x.example|"},
		{"<http://a.nl/b>", "url=http://a.nl/b|domein=a.nl|"}, {"\"http://a.nl/b\",", "url=http://a.nl/b|domein=a.nl|"},
		{"'http://a.nl/b' en", "url=http://a.nl/b|domein=a.nl|"}, {"http://a.nl/b'", "url=http://a.nl/b|domein=a.nl|"},
		{"\xE2\x80\x9Chttp://a.nl/b\xE2\x80\x9D", "url=http://a.nl/b|domein=a.nl|"},
		{"http://a.nl/b\xE2\x80\xA6", "url=http://a.nl/b|domein=a.nl|"},
		{"http://a.nl.", "url=http://a.nl/<http://a.nl>|domein=a.nl|"},
		{"http://a.nl/?utm_x=1&b=2", "url=http://a.nl/?b=2<http://a.nl/?utm_x=1&b=2>|domein=a.nl|"},
		{"*http://a.nl/b*", "url=http://a.nl/b|domein=a.nl|"}, {"http://a.nl/b?", "url=http://a.nl/b|domein=a.nl|"},
		{"&lt;http://a.nl/b&gt;", "url=http://a.nl/b|domein=a.nl|"},
		{"hxxps[:]//evil[.]nl/a", "url=https://evil.nl/a<hxxps[:]//evil[.]nl/a>|domein=evil.nl<evil[.]nl>|"},
		{"h**p://evil(.)nl/a", "url=http://evil.nl/a<h**p://evil(.)nl/a>|domein=evil.nl<evil(.)nl>|"},
		{"HTTP://Evil.NL/a", "url=http://evil.nl/a<HTTP://Evil.NL/a>|domein=evil.nl<Evil.NL>|"},
		{"http://u:p@evil.nl:81/a", "url=http://evil.nl:81/a<http://u:p@evil.nl:81/a>|domein=evil.nl|"},
		{"http://192.168.1.1/a", "url=http://192.168.1.1/a|"}, {"http://[::1]/a", "url=http://[::1]/a|"},
		{"linkhttp://a.nl/b", "url=http://a.nl/b|domein=a.nl|"},
		{"http://a.onbekend/b", "url=http://a.onbekend/b|domein=a.onbekend|"},
		{"www.x.nl/pad.", "url=http://www.x.nl/pad<www.x.nl/pad>|domein=www.x.nl|"},
		{"x.nl/pad,", "url=http://x.nl/pad<x.nl/pad>|domein=x.nl|"},
		{"x.nl:8443/pad", "url=http://x.nl:8443/pad<x.nl:8443/pad>|domein=x.nl|"},
		{"http://", ""}, {"http:// a", ""}, {"http://)", ""}, {"ftp://a.onbekend/", ""}, {"http://localhost/", ""},
		{"http://a.nl:99999/x y", "domein=a.nl|"},
	};
	ROWS(r);
}

static void test_hosts(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"evil.nl", "domein=evil.nl|"}, {"Ga naar evil.nl.", "domein=evil.nl|"}, {"(evil.nl)", "domein=evil.nl|"},
		{"evil.nl...", "domein=evil.nl|"}, {"Op evil.nl.Daarna", "domein=evil.nl|"},
		{"evil[.]nl", "domein=evil.nl<evil[.]nl>|"},
		{"evil [dot] nl", "domein=evil.nl<evil [dot] nl>|"}, {"evil{.}co(.)uk", "domein=evil.co.uk<evil{.}co(.)uk>|"},
		{"evil\xE3\x80\x82nl", "domein=evil.nl<evil\xE3\x80\x82nl>|"}, {"EVIL.NL", "domein=evil.nl<EVIL.NL>|"},
		{"b\xC3\xBC" "cher.de", "domein=xn--bcher-kva.de<b\xC3\xBC" "cher.de>|"},
		{"x.github.io", "domein=x.github.io|"},
		{"a.test b.example c.invalid d.localhost example.com",
			"domein=a.test|domein=b.example|domein=c.invalid|domein=d.localhost|domein=example.com|"},
		{"r3---sn-abc.nl zz--fiets.nl", "domein=r3---sn-abc.nl|domein=zz--fiets.nl|"},
		{"t.me x.com", "domein=t.me|domein=x.com|"},
		{"www.readme.md", "domein=www.readme.md|"}, {"foo.md/x", "url=http://foo.md/x<foo.md/x>|domein=foo.md|"},
		{"evil.nl evil.nl", "domein=evil.nl|domein=evil.nl|"}, {"bol.com/ ", "domein=bol.com|"},
		{"x.nl:8080", "domein=x.nl|"},
		{"co.uk github.io nl", ""}, {"evil.onbekend", ""}, {"readme.md script.py a.sh b.pl c.rs d.zip e.mov f.so", ""},
		{"b.v. o.a. d.d. i.v.m. n.a.v. t.a.v. m.b.t. z.s.m. e.d. a.u.b.", ""}, {"B.V. N.V. d.w.z.", ""},
		{"2.5 v1.2.3 1.250.000 192.168.1.1", ""}, {"een zin.Nieuwe zin", ""}, {"de klant.ING belde", ""},
		{"woont in o.a.de Pijp", ""}, {"J.de Vries", ""}, {"b.v.Amsterdam", ""}, {"/usr/lib/foo.nl", ""},
		{"x.info(a)", ""},
	};
	ROWS(r);
}

/* Every character that is not seen, at every place of a name: the same name as a typed one, or nothing. */
static void test_invisible(void **state)
{
	(void)state;
	static const char *const marks[] = {
		"\xC2\xAD", "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x81\xA0", "\xEF\xBB\xBF", "\xE1\xA0\x8E",
		"\xCD\x8F", "\xEF\xB8\x80", "\xEF\xB8\x8F", "\xE2\x80\x8E", "\xF3\xA0\x84\x80", "\xC2\xAD\xE2\x80\x8B",
	};
	static const struct {
		const char *text, *value;
		enum id_kind kind;
	} names[] = {
		{"abnamro-login.nl", "abnamro-login.nl", ID_DOMAIN},
		{"a-b.evil.bol.com", "a-b.evil.bol.com", ID_DOMAIN},
		{"jan.de-x+y@evil.bol.com", "jan.de-x+y@evil.bol.com", ID_EMAIL},
		{"NL04KENT0123456789", "NL04KENT0123456789", ID_IBAN},
	};
	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
		for (size_t m = 0; m < sizeof(marks) / sizeof(marks[0]); m++)
			for (size_t i = 0; i <= strlen(names[k].text); i++) {
				char z[256], want[600];
				struct identifier typed;
				int n = snprintf(z, sizeof(z), "zie %.*s%s%s nu", (int)i, names[k].text, marks[m], names[k].text + i);
				struct str written = {z + 4, (size_t)n - 7};
				assert_int_equal(id_canonical(names[k].kind, written, NULL, &typed, NULL), 0);
				assert_string_equal(typed.value, names[k].value);
				struct seen s = all_of((struct str){z, (size_t)n});
				if (names[k].kind == ID_IBAN && i == 1 && s.finds == 0)
					continue; /* the two letters of a country stand together */
				if (i == 0 || i == strlen(names[k].text))
					snprintf(want, sizeof(want), "%s=%s|", id_kind_name(names[k].kind), names[k].value);
				else
					snprintf(want, sizeof(want), "%s=%s<%.*s>|", id_kind_name(names[k].kind), names[k].value,
						(int)written.n, written.p);
				if (strcmp(s.out, want) != 0)
					fail_msg("in: %s\nat: %zu\nout: %s\nwant: %s", z, i, s.out, want);
			}
}

#define WIDE_2 "\xE2\x80\x8B\xE2\x80\x8B"
#define WIDE_22 WIDE_2 WIDE_2 WIDE_2 WIDE_2 WIDE_2 WIDE_2 WIDE_2 WIDE_2 WIDE_2 WIDE_2 WIDE_2

static void test_invisible_rows(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"https://ev\xC2\xAD" "il.example/",
			"url=https://evil.example/<https://ev\xC2\xAD" "il.example/>|"
			"domein=evil.example<ev\xC2\xAD" "il.example>|"},
		{"https://\xE2\x80\x8B" "evil\xE2\x80\x8B.bol.com\xE2\x80\x8B/a",
			"url=https://evil.bol.com/a<https://\xE2\x80\x8B" "evil\xE2\x80\x8B.bol.com\xE2\x80\x8B/a>|"
			"domein=evil.bol.com<\xE2\x80\x8B" "evil\xE2\x80\x8B.bol.com\xE2\x80\x8B>|"},
		{"http://a.nl/b\xC2\xAD" "bol.com\xE2\x80\x8B.",
			"url=http://a.nl/bbol.com<http://a.nl/b\xC2\xAD" "bol.com>|domein=a.nl|"},
		{"http://a.nl/b\xE2\x80\x91" "bol.com",
			"url=http://a.nl/b%E2%80%91bol.com<http://a.nl/b\xE2\x80\x91" "bol.com>|"
			"domein=a.nl|"},
		{"evil.nl\xE2\x80\x8B/pad",
			"url=http://evil.nl/pad<evil.nl\xE2\x80\x8B/pad>|domein=evil.nl<evil.nl\xE2\x80\x8B>|"},
		{"winkel\xE2\x80\x90naam.nl", "domein=winkel-naam.nl<winkel\xE2\x80\x90naam.nl>|"},
		{"winkel\xE2\x80\x91naam.nl", "domein=winkel-naam.nl<winkel\xE2\x80\x91naam.nl>|"},
		{"https://winkel\xE2\x80\x90naam.nl/a", "url=https://winkel-naam.nl/a<https://winkel\xE2\x80\x90naam.nl/a>|"
			"domein=winkel-naam.nl<winkel\xE2\x80\x90naam.nl>|"},
		{"jan@winkel\xE2\x80\x90naam.nl", "email=jan@winkel-naam.nl<jan@winkel\xE2\x80\x90naam.nl>|"},
		{"jan\xE2\x80\x90piet@x.nl", "email=jan-piet@x.nl<jan\xE2\x80\x90piet@x.nl>|"},
		{"evil.nl\xE2\x80\x90 en", "domein=evil.nl|"}, {"\xEF\xBB\xBF" "evil.nl", "domein=evil.nl|"},
		{"evil.nl\xE2\x80\x8B.\xE2\x80\x8B" "Daarna", "domein=evil.nl<evil.nl\xE2\x80\x8B>|"},
		{"evil[\xE2\x80\x8B.\xC2\xAD]bol.com", "domein=evil.bol.com<evil[\xE2\x80\x8B.\xC2\xAD]bol.com>|"},
		{"a" WIDE_22 "+b@x.nl", "domein=x.nl|"}, {"evil\xC2\xAD.onbekend", ""}, {"/usr/\xC2\xAD" "foo.nl", ""},
		{"\xE2\x80\xAA+31 6 12345678\xE2\x80\xAC", "telefoon=+31612345678<+31 6 12345678>|"},
		{"\xE2\x80\x8B" "0612345678\xE2\x80\x8B", "telefoon=+31612345678<0612345678>|"},
		{"0612345678\xE2\x80\x8B" "9", ""}, {"a\xE2\x80\x8B" "0612345678", ""},
	};
	ROWS(r);
}

static void test_emails(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"mail jan@evil.nl.", "email=jan@evil.nl|"}, {"<Jan@Evil.NL>", "email=jan@evil.nl<Jan@Evil.NL>|"},
		{"mailto:jan.de+x@evil.nl?subject=a", "email=jan.de+x@evil.nl|"},
		{"\"piet [at] evil [dot] nl\"", "email=piet@evil.nl<piet [at] evil [dot] nl>|"},
		{"piet(at)evil.nl", "email=piet@evil.nl<piet(at)evil.nl>|"}, {"smtp.mailfrom=a@b.nl;", "email=a@b.nl|"},
		{"o'brien@x.nl", "email=o'brien@x.nl|"}, {"'jan@x.nl'", "email=jan@x.nl|"},
		{"jan.nl+a@x.nl", "email=jan.nl+a@x.nl|"},
		{"_jan_@x.nl", "email=_jan_@x.nl|"}, {"jan@x.nl.Daarna", "email=jan@x.nl|"},
		{"jan@x.nl,piet@y.nl", "email=jan@x.nl|email=piet@y.nl|"},
		{"0612345678@x.nl", "email=0612345678@x.nl|"}, {"nl04kent0123456789@x.nl", "email=nl04kent0123456789@x.nl|"},
		{"info@b\xC3\xBC" "cher.de", "email=info@xn--bcher-kva.de<info@b\xC3\xBC" "cher.de>|"},
		{"jan@pot", ""}, {"jan@evil.onbekend", ""}, {"@jan", ""}, {"jan@", ""}, {"j\xC3\xA9@", ""},
		{"@x.nl", "domein=x.nl|"},
	};
	ROWS(r);
}

static void test_ibans(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"NL04KENT0123456789", "iban=NL04KENT0123456789|"},
		{"nl04kent0123456789.", "iban=NL04KENT0123456789<nl04kent0123456789>|"},
		{"op NL04 KENT 0123 4567 89 graag", "iban=NL04KENT0123456789<NL04 KENT 0123 4567 89>|"},
		{"IBAN:NL04-KENT-0123-4567-89,", "iban=NL04KENT0123456789<NL04-KENT-0123-4567-89>|"},
		{"NL04.KENT.0123.4567.89", "iban=NL04KENT0123456789<NL04.KENT.0123.4567.89>|"},
		{"NL04\xC2\xA0KENT\xC2\xA0" "0123456789", "iban=NL04KENT0123456789<NL04\xC2\xA0KENT\xC2\xA0" "0123456789>|"},
		{"(BE68 5390 0754 7034)", "iban=BE68539007547034<BE68 5390 0754 7034>|"},
		{"NL04KENT0123456789 0612345678", "iban=NL04KENT0123456789|telefoon=+31612345678<0612345678>|"},
		{"NL04KENT0123456789a", ""}, {"NL04KENT01234567890", ""}, {"aNL04KENT0123456789", ""},
		{"NL05 KENT 0612 345678", ""},
		{"NL04KENT012345678", ""}, {"NL04  KENT0123456789", ""}, {"_NL04KENT0123456789", ""},
		{"NL76KENT0612345678", "iban=NL76KENT0612345678|"},
		/* one line break between groups */
		{"NL04 KENT\n0123 4567 89", "iban=NL04KENT0123456789<NL04 KENT\n0123 4567 89>|"},
		{"NL04 KENT \r\n0123 4567 89.", "iban=NL04KENT0123456789<NL04 KENT \r\n0123 4567 89>|"},
		{"> op NL04\r\n> KENT 0123 4567 89", "iban=NL04KENT0123456789<NL04\r\n> KENT 0123 4567 89>|"},
		{">> NL76 KENT\n>> 0612 3456 78", "iban=NL76KENT0612345678<NL76 KENT\n>> 0612 3456 78>|"},
		{"> > NL76 KENT\n> > 0612 3456 78", "iban=NL76KENT0612345678<NL76 KENT\n> > 0612 3456 78>|"},
		{"NL04 KENT\n0123\n4567 89", ""}, {"NL76 KENT\n\n0612 3456 78", "telefoon=+31612345678<0612 3456 78>|"},
		{"NL\n04KENT0123456789", ""},
		/* digits behind what an IBAN begins with */
		{"NL05 KENT\n0612 3456 78", ""}, {"NL05KENT 0612345678, 12", ""}, {"NL05-KENT\r\n> 06123456789012", ""},
		{"NL05 KENT: 0612345678", "telefoon=+31612345678<0612345678>|"}, {"nl05 kent 06-12345678", ""},
		{"GB12 KENT 0612345678", ""}, {"ZZ12 KENT 0612345678", "telefoon=+31612345678<0612345678>|"},
		{"is12 voor 0612345678", "telefoon=+31612345678<0612345678>|"},
		{"NL04 KENT 0123 4567 89\n0612345678", "iban=NL04KENT0123456789<NL04 KENT 0123 4567 89>|"
			"telefoon=+31612345678<0612345678>|"},
	};
	ROWS(r);
}

static void test_phones(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"Bel 06-12345678.", "telefoon=+31612345678<06-12345678>|"},
		{"06 12 34 56 78", "telefoon=+31612345678<06 12 34 56 78>|"},
		{"06.12.34.56.78", "telefoon=+31612345678<06.12.34.56.78>|"},
		{"(020) 123 45 67", "telefoon=+31201234567<(020) 123 45 67>|"},
		{"(0612345678)", "telefoon=+31612345678<0612345678>|"},
		{"(tel. 020-1234567)", "telefoon=+31201234567<020-1234567>|"},
		{"+31 (0)6 12345678", "telefoon=+31612345678<+31 (0)6 12345678>|"},
		{"0031612345678", "telefoon=+31612345678<0031612345678>|"},
		{"+31612345678", "telefoon=+31612345678|"}, {"tel:+31612345678", "telefoon=+31612345678|"},
		{"06\xE2\x80\x93" "12345678", "telefoon=+31612345678<06\xE2\x80\x93" "12345678>|"},
		{"06 - 12345678", "telefoon=+31612345678<06 - 12345678>|"},
		{"Tel.0612345678", "telefoon=+31612345678<0612345678>|"}, {"0800-1234", "telefoon=+318001234<0800-1234>|"},
		{"0900 1234567", "telefoon=+319001234567<0900 1234567>|"}, {"06-12345678/06-87654321",
			"telefoon=+31612345678<06-12345678>|telefoon=+31687654321<06-87654321>|"},
		{"06-12345678 020-1234567", "telefoon=+31612345678<06-12345678>|telefoon=+31201234567<020-1234567>|"},
		{"+32 470 12 34 56", "telefoon=+32470123456<+32 470 12 34 56>|"},
		{"+44 20 7946 0958.", "telefoon=+442079460958<+44 20 7946 0958>|"},
		{"telefoonnummer 0612345678", "telefoon=+31612345678<0612345678>|"},
		{"mijn nummer is 0612345678", "telefoon=+31612345678<0612345678>|"},
		{"klantenservicenummer 0612345678", "telefoon=+31612345678<0612345678>|"},
		{"Bel de klant 0612345678", "telefoon=+31612345678<0612345678>|"},
		{"order 12, tel 0612345678", "telefoon=+31612345678<0612345678>|"},
		{"06-12345678 om 9:00", "telefoon=+31612345678<06-12345678>|"},
		/* nothing */
		{"klantnummer 0612345678", ""}, {"Klantnr: 0612345678", ""}, {"ordernummer is 0612345678", ""},
		{"order no. 0612345678", ""},
		{"customer number 0612345678", ""}, {"factuurnummer 0612345678", ""}, {"bestelnummer: 0612345678", ""},
		{"ref: 0612345678", ""},
		{"kenmerk 0612345678", ""}, {"invoice #0612345678", ""}, {"dossiernummer 0612345678", ""},
		{"polisnummer 0612345678", ""},
		{"BSN 0123456782", ""}, {"burgerservicenummer: 0123456782", ""}, {"KvK 0123456789", ""},
		{"rekeningnummer 0123456789", ""}, {"rekening 0612345678", ""}, {"Rekeningnr 0612345678", ""},
		{"rek. 0612345678", ""}, {"rek nr 0612345678", ""}, {"account: 0612345678", ""},
		{"Multipart Boundary 0612345678", ""}, {"boundary=\"0612345678\"", ""},
		{"tracking 0123456789", ""}, {"serienummer 0123456789", ""}, {"123456782", ""}, {"012345678", ""},
		{"12-11-2026", ""},
		{"01-02-2026 10:30", ""}, {"01-02-2026 10", ""}, {"2026-11-22", ""}, {"22 november 2026", ""},
		{"\xE2\x82\xAC 1.250,00", ""},
		{"1.250.000", ""}, {"\xE2\x82\xAC 0612345678", ""}, {"09:30-17:00", ""}, {"08.00-17.00", ""},
		{"0900-1700 uur", ""}, {"1234 AB 12", ""},
		{"10612345678", ""}, {"06123456789", ""}, {"0612 3456 7890 1234", ""}, {"1234 0612 3456 7890", ""},
		{"06-12345678-99", ""},
		{"a0612345678", ""}, {"0612345678a", ""}, {"0x0612345678", ""}, {"31612345678", ""}, {"+999123456789", ""},
		{"+0200", ""},
		{"Date: Mon, 2 Nov 2026 10:00:00 +0100", ""}, {"01 02 03 04 05", ""}, {"112", ""}, {"14020", ""},
		{"id=0612345678", ""},
		{"http://a.nl/0612345678", "url=http://a.nl/0612345678|domein=a.nl|"}, {"3f0a06-12345678", ""},
		{"0612345678,50", ""},
		{"00000000001234567890", ""},
	};
	ROWS(r);
}

static void test_wallets(void **state)
{
	(void)state;
	static const struct row r[] = {
		{"naar 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa.",
		"wallet=btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa<1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa>|"},
		{"bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4?amount=1",
			"wallet=btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4<bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4>|"},
		{"(0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed)",
			"wallet=eth:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed<0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed>|"},
		{"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
		"wallet=trx:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t<TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t>|"},
		{"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", ""}, {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNax", ""},
		{"x1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", ""},
		{"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", ""},
	};
	ROWS(r);
}

static int stop_at_second(const struct id_found *f, void *arg)
{
	int *left = arg;
	(void)f;
	return --*left == 0 ? 42 : 0;
}

static void test_stop(void **state)
{
	(void)state;
	int left = 2;
	assert_int_equal(id_extract(STR("a.nl http://b.nl c.nl"), NULL, stop_at_second, &left), 42);
	assert_int_equal(left, 0);
	assert_int_equal(id_extract(STR_NONE, NULL, stop_at_second, &left), 0);
}

/* Ten times the text may take about ten times as long, whatever it is. */
static void test_linear(void **state)
{
	(void)state;
	static const char *const units[] = {
		"http://", "a.", "a@", "a+", "[", "(", "[.]", "\xC2\xAD", "a\xC2\xAD", "a.\xC2\xAD",
		"\xE2\x80\x90", "a\xE2\x80\x90",
		"a\xC2\xAD@", "NL04\n", "NL04\xC2\xAD", "0\xC2\xAD", "a\xC2\xAD-", "http://a.nl/\xC2\xAD.", "NL04\n> > ",
		"hxxp[:]//[", "http://a.nl/(", "NL04", "0612", "06 ", "+31",
		"a", "1", ".", "@", ":",
		"http://a@", "a=", "\xC3\xA9", "\xEF\xBC\x8E", "a.nl/", "www.", "b.nl ", "T", "0x", "{dot}", "NL04 KENT ",
		"-", "a-", " [dot] a",
		"jan@a.nl.A.", "http://a.nl?", "\xFF", "0", "(0", "+", "/", "a.b/c ", "h**p", "'", "&gt;", "klantnr ",
	};
	const size_t n = 1000000;
	char *z = malloc(n);
	assert_non_null(z);
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		size_t un = strlen(units[u]);
		for (size_t i = 0; i < n; i++)
			z[i] = units[u][i % un];
		clock_t begin = clock();
		struct seen s = all_of((struct str){z, n});
		double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
		if (seconds > 10) /* quadratic would be minutes; sanitizers are slow */
			fail_msg("%s: %.1f s for 1 MB, %zu finds", units[u], seconds, s.finds);
	}
	free(z);
}

/* Random text of pieces: every find is what its own bytes are (checked in note), and twice the same. */
static void test_random(void **state)
{
	(void)state;
	static const char *const pieces[] = {
		"http://", "hxxps[:]//", "evil.nl", ".", "[.]", "(dot)", " ", " ", "\n", "/", "?a=1", "@", "[at]", ":", "jan",
		"06", "12345678",
		"-", "+31", "(0)", "6", "NL04", "KENT", "0123456789", "\xC3\xBC", "\xE3\x80\x82", "www.", "(", ")", "[", "]",
		"<", ">", "'", "\"",
		",", "0x", "A", "co.uk", "md", "klantnr", "\xE2\x82\xAC", "+32", "470123456", "00", "%2e", "&gt;", "\xFF",
		"=", "_", "+", "\xC2\xAD", "\xE2\x80\x8B", "\xE2\x80\x90", "\r\n", "> ",
	};
	size_t finds = 0;
	for (int round = 0; round < 100000; round++) {
		char z[1024];
		size_t n = 0;
		for (uint64_t k = 1 + rnd_below(14); k > 0; k--) {
			const char *p = pieces[rnd_below(sizeof(pieces) / sizeof(pieces[0]))];
			memcpy(z + n, p, strlen(p));
			n += strlen(p);
		}
		struct seen a = all_of((struct str){z, n}), b = all_of((struct str){z, n});
		assert_string_equal(a.out, b.out);
		finds += a.finds;
	}
	assert_true(finds > 10000);
}

static size_t folder(const char *rest, size_t *ret_files)
{
	char path[1024];
	shared_path(path, sizeof(path), rest);
	DIR *d = opendir(path);
	size_t finds = 0;
	for (struct dirent *e; d && (e = readdir(d));) {
		char file[1400];
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		struct str text = e->d_name[0] == '.' ? STR_NONE : shared_read(file);
		if (!text.p)
			continue;
		struct seen *s = calloc(1, sizeof(*s));
		assert_non_null(s);
		s->text = text;
		assert_int_equal(id_extract(text, &options, note, s), 0);
		finds += s->finds;
		++*ret_files;
		free(s);
		shared_free(text);
	}
	if (d)
		closedir(d);
	return finds;
}

static void test_mails(void **state)
{
	(void)state;
	size_t files = 0;
	static const char *const folders[] = {
		"data/mail/phishing_pot-nl", "data/mail/spamassassin/easy-ham-1", "data/mail/spamassassin/hard-ham-1",
		"data/mail/spamassassin/spam-1", "data/mail/spamassassin/spam-2",
	};
	size_t finds = 0;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		finds += folder(folders[i], &files);
	if (files == 0) {
		print_message("skipped: no mails in the shared folder\n");
		skip();
	}
	print_message("%zu mails, %zu finds\n", files, finds);
	assert_true(finds > files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls), cmocka_unit_test(test_hosts), cmocka_unit_test(test_invisible),
		cmocka_unit_test(test_invisible_rows), cmocka_unit_test(test_emails),
		cmocka_unit_test(test_ibans),
		cmocka_unit_test(test_phones), cmocka_unit_test(test_wallets), cmocka_unit_test(test_stop),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_random), cmocka_unit_test(test_mails),
	};
	seed_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
