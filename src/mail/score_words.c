/* Weights and word lists of the link analysis. Source: eigen. They are no numbers of a law or covenant, and hold for
 * every operator; a list of names of swindlers does not belong here. */
#include "mail/score_int.h"

const struct mail_reason FEATURE[FEATURES + 1] = {
	[F_TEXT_OTHER] = {"text-other", "De tekst van de link noemt een ander adres dan waar de link naartoe gaat.", 40},
	[F_IP] = {"ip", "De link gaat naar een getal (IP-adres) en niet naar een naam.", 35},
	[F_USERINFO] = {"userinfo", "Vóór het echte adres staat een andere naam, met een @ ertussen.", 35},
	[F_PUNYCODE] = {"punycode", "In het adres staan letters uit een ander schrift.", 15},
	[F_MIXED] = {"mixed", "Het adres mengt letters die op elkaar lijken uit verschillende schriften.", 30},
	[F_LOOKALIKE] = {"lookalike", "Het adres lijkt erg op dat van een bekende organisatie, maar is het niet.", 35},
	[F_EMBEDDED] = {"embedded", "De naam van een bekende organisatie staat in een adres dat van een ander is.", 35},
	[F_SUBDOMAINS] = {"subdomains", "Het adres bestaat uit opvallend veel delen.", 10},
	[F_HYPHENS] = {"hyphens", "Het adres heeft opvallend veel streepjes.", 8},
	[F_DIGITS] = {"digits", "Het adres heeft opvallend veel cijfers.", 8},
	[F_SHORTENER] = {"shortener", "De link is ingekort: u ziet niet waar hij naartoe gaat.", 15},
	[F_SHARED] = {"shared", "De pagina staat bij een dienst waar iedereen zomaar een site kan maken.", 18},
	[F_BY_PATH] = {"by-path", "De link gaat naar een dienst waar iedereen bestanden of formulieren kan plaatsen.", 18},
	[F_PORT] = {"port", "De link gebruikt een ongewone poort.", 12},
	[F_RANDOM_NAME] = {"random-name", "De naam in het adres lijkt willekeurig.", 14},
	[F_RANDOM_PATH] = {"random-path", "In de link staat een lange willekeurige code.", 10},
	[F_PLAIN_HTTP] = {"plain-http", "De link is niet beveiligd (http in plaats van https).", 3},
	[F_CHEAP_TLD] = {"cheap-tld", "Het adres eindigt op een goedkoop achtervoegsel dat vaak wordt misbruikt.", 14},
	[F_BRAND_TLD] = {"brand-tld", "Voor deze organisatie is het einde van het adres ongewoon.", 8},
	[F_BRAND_LINK] = {"brand-link", "Het bericht noemt een bekende organisatie, maar de link gaat niet naar haar site.",
                      22},
	[F_OTHER_SENDER] = {"other-sender", "De link gaat naar een ander domein dan dat van de afzender.", 8},
	[F_ONE_TARGET] = {"one-target", "Alle links in het bericht gaan naar dezelfde onbekende site.", 12},
	[F_ADDRESS_IN_URL] = {"address-in-url", "In de link staat een e-mailadres.", 10},
	[F_URGENT_NEAR] = {"urgent-near", "De tekst van de link zet u aan om snel iets te doen.", 7},
	[F_REDIRECT] = {"redirect", "De link stuurt u door naar een ander adres.", 4},
	[F_WRAPPED] = {"wrapped", "Dit adres zat verstopt in een andere link.", 3},
	[F_DOWNLOAD] = {"download", "De link gaat naar een programma of een ingepakt bestand.", 15},
	[F_NO_SENDER] = {"no-sender", "De afzender heeft geen geldig e-mailadres.", 16},
	[F_SENDER_CLAIM] = {"sender-claim", "De afzender noemt een bekende organisatie, maar mailt vanaf een ander domein.",
                        16},
	[F_SENDER_NAME] = {"sender-name", "In de naam van de afzender staat een ander adres dan het echte.", 20},
	[F_SENDER_FREE] = {"sender-free", "Een bekende organisatie mailt niet vanaf een gratis mailadres.", 12},
	[F_SENDER_RANDOM] = {"sender-random", "Het adres van de afzender lijkt willekeurig.", 10},
	[F_SENDER_LETTERS] = {"sender-letters", "De afzender gebruikt vreemde letters die op gewone lijken.", 14},
	[F_SENDER_TLD] = {"sender-tld", "De afzender gebruikt een goedkoop achtervoegsel of een gratis site.", 8},
	[F_AUTH_FAILED] = {"auth-failed", "De mailserver kon niet bevestigen dat de afzender echt is.", 6},
	[F_REPLY_OTHER] = {"reply-other", "Antwoorden gaan naar een ander domein dan dat van de afzender.", 4},
	[F_LURE_SUBJECT] = {"lure-subject", "Het onderwerp lokt of jaagt op: een prijs, een probleem of haast.", 14},
	[F_SIGNS] = {"signs", "In het onderwerp of de afzender staan tekens die de aandacht trekken.", 6},
	[F_PROTECTED] = {"protected", "De link gaat naar een bekende organisatie.", -60},
	[F_OWN_DOMAIN] = {"own-domain", "De link gaat naar het domein van de afzender zelf.", -12},
	[F_CONFIRMED] = {"confirmed", "Onze mailserver heeft de afzender bevestigd.", -10},
	[F_FOOTER] = {"footer", "Dit is een link om u af te melden of voor uitleg.", -4},
	[F_IMAGE] = {"image", "Dit is een plaatje.", -20},
	[F_SCHEMA] = {"schema", "Dit adres hoort bij de techniek van het bericht.", -80},
};

const struct mail_reason *mail_features(void)
{
	return FEATURE;
}

/* Word beginnings, lower case. */
static const char *const LURE[] = {
	/* problems and haste */
	"geblokkeerd", "blokkeer", "blokkering", "opgeschort", "geschorst", "verloopt", "verlopen", "verifi", "bevestig",
	"waarschuwing", "laatste kans", "laatste herinnering", "aanmaning", "incasso", "dwangbevel", "boete", "binnen 24",
	"binnen 48", "limiet", "beveiligingsmelding", "veiligheidsmelding", "onmiddellijk", "direct risico",
	"actie vereist", "actie aanbevolen", "virus", "in de wacht", "niet bezorgd", "bezorgen", "levering", "douane",
	"invoerkosten", "identificatie", "bijwerken", "opnieuw activeren", "heractiver", "belastingteruggave", "teruggave",
	"openstaand", "verify", "suspend", "urgent", "confirm your", "update your", "expire", "unusual", "limited time",
	"act now", "final notice", "overdue", "locked", "unauthorized", "last chance",
	/* prizes and lures */
	"gratis", "gewonnen", "winnaar", "win een", "win het", "kans op", "claim", "cadeau", "prijs", "bonus", "casino",
	"spins", "beloning", "gefeliciteerd", "proficiat", "exclusie", "korting", "goede prijs", "noodpakket",
	"gereserveerd", "tijdelijk", "bespaar", "besparen", "verdien", "zonder te investeren", "investering",
	"vakantiegeld", "energietarief", "ontvang nu", "ontvang direct", "bestel vandaag", "vraag nu", "date", "dating",
	"match", "avontuur", "meisjes", "flirt", "liefde", "winner", "congratulations", "prize", "you won", "reward",
	"gift card", "giftcard", "bitcoin", "crypto", "lottery", "inheritance", "million dollars", NULL};

static const char *const FOOTER[] = {
	"unsubscribe", "afmelden",    "uitschrijven",    "abmelden",      "opt-out",       "opt out",   "optout",
	"privacy",     "voorwaarden", "view in browser", "bekijk online", "bekijk de web", "webversie", "online versie",
	"preferences", "voorkeuren",  "disclaimer",      "listinfo",      "mailman",       "unsub",     NULL};

static const char *const COMMON[] = {
	"aan",      "actie",   "alert",    "alles",        "bank",          "bellen",   "berg",     "bericht",
	"beter",    "blog",    "boot",     "borne",        "buren",         "cloud",    "company",  "data",
	"delen",    "delta",   "dienst",   "digital",      "direct",        "discover", "drive",    "ede",
	"edge",     "emmen",   "energie",  "epe",          "essent",        "fast",     "fonds",    "forum",
	"friend",   "global",  "groep",    "groups",       "halte",         "help",     "home",     "huis",
	"info",     "inside",  "internet", "jobs",         "kind",          "klant",    "last",     "leger",
	"life",     "line",    "list",     "live",         "local",         "losser",   "mac",      "mail",
	"mailing",  "market",  "match",    "me",           "media",         "meta",     "mijn",     "mobile",
	"monday",   "money",   "msn",      "national",     "net",           "network",  "news",     "newsletter",
	"next",     "nieuws",  "now",      "nu",           "office",        "one",      "online",   "open",
	"opera",    "oss",     "partner",  "pay",          "people",        "plus",     "post",     "press",
	"quality",  "regio",   "rent",     "ring",         "samen",         "school",   "search",   "secure",
	"security", "service", "shop",     "signal",       "simple",        "sites",    "slack",    "smart",
	"space",    "staff",   "start",    "store",        "support",       "system",   "teams",    "tel",
	"telegram", "ten",     "the",      "time",         "times",         "today",    "tools",    "top",
	"trouw",    "urk",     "veilig",   "veiligheid",   "verkeer",       "vrij",     "vrienden", "web",
	"week",     "werk",    "windows",  "world",        "yours",         "zoom",     "zorg",     "linux",
	"source",   "david",   "adam",     "alex",         "archive",       "brand",    "digest",   "group",
	"python",   "java",    "gnu",      "perl",         "php",           "www",      "com",      "net",
	"org",      "email",   "click",    "link",         "app",           "img",      "cdn",      "static",
	"api",      "track",   "login",    "notification", "notifications", "update",   "updates",  "nieuwsbrief",
	"mailer",   "auto",    "reply",    "account",      "accounts",      "mobiel",   "webmail",  "server",
	"host",     "smtp",    "cms",      "blogs",        "wiki",          NULL};

static const char *const FREE[] = {
	"gmail.com", "googlemail.com", "hotmail.com",    "hotmail.nl", "outlook.com", "live.nl",  "live.com",   "yahoo.com",
	"ymail.com", "icloud.com",     "me.com",         "aol.com",    "gmx.net",     "gmx.com",  "gmx.de",     "mail.com",
	"mail.ru",   "proton.me",      "protonmail.com", "yandex.com", "web.de",      "ziggo.nl", "kpnmail.nl", "zonnet.nl",
	"planet.nl", "home.nl",        "hetnet.nl",      "telfort.nl", "casema.nl",   NULL};

static const char *const BUCKETS[] = {"storage.googleapis.com",
                                      "firebasestorage.googleapis.com",
                                      "s3.amazonaws.com",
                                      "blob.core.windows.net",
                                      "web.core.windows.net",
                                      "r2.dev",
                                      "digitaloceanspaces.com",
                                      "linodeobjects.com",
                                      "oraclecloud.com",
                                      "myqcloud.com",
                                      "aliyuncs.com",
                                      "backblazeb2.com",
                                      "translate.goog",
                                      "translate.google.com",
                                      NULL};

/* Below a protected name, and yet everybody puts there what he likes. */
static const char *const PATHS[] = {"docs.google.com",
                                    "drive.google.com",
                                    "sites.google.com",
                                    "script.google.com",
                                    "forms.gle",
                                    "forms.office.com",
                                    "forms.microsoft.com",
                                    "onedrive.live.com",
                                    "1drv.ms",
                                    "sway.office.com",
                                    "sharepoint.com",
                                    "dropbox.com",
                                    "wetransfer.com",
                                    "we.tl",
                                    "mega.nz",
                                    "acrobat.adobe.com",
                                    "express.adobe.com",
                                    "www.icloud.com",
                                    "notion.so",
                                    "linktr.ee",
                                    "canva.com",
                                    "t.me",
                                    "wa.me",
                                    "telegra.ph",
                                    NULL};

static const char *const USUAL[] = {"nl", "com", "be",  "eu",  "org", "net", "de",
                                    "fr", "uk",  "gov", "edu", "int", "lu",  NULL};

static const char *const CHEAP[] = {
	"shop",    "top",    "click",  "best",   "buzz",    "work",   "xyz",    "icu",     "site",   "online", "store",
	"live",    "club",   "fun",    "space",  "website", "link",   "info",   "biz",     "life",   "world",  "today",
	"monster", "rest",   "cyou",   "cfd",    "sbs",     "bond",   "lol",    "quest",   "beauty", "hair",   "skin",
	"makeup",  "autos",  "boats",  "homes",  "yachts",  "pics",   "mom",    "vip",     "win",    "bid",    "loan",
	"men",     "date",   "review", "stream", "party",   "trade",  "racing", "science", "ml",     "ga",     "cf",
	"gq",      "tk",     "pw",     "ws",     "cc",      "ru",     "cn",     "su",      "zip",    "mov",    "support",
	"digital", "email",  "sa.com", "us.com", "co.com",  "za.com", "ru.com", "uk.com",  "in.net", "ink",    "one",
	"pro",     "agency", "guru",   "tech",   "bar",     "surf",   NULL};

static const char *const SCHEMAS[] = {"w3.org",
                                      "schemas.microsoft.com",
                                      "schemas.openxmlformats.org",
                                      "schema.org",
                                      "ns.adobe.com",
                                      "purl.org",
                                      "xmlns.com",
                                      NULL};

static const char *const FILES[] = {".exe", ".scr", ".msi", ".apk", ".js",  ".vbs", ".bat", ".cmd", ".iso", ".img",
                                    ".zip", ".rar", ".7z",  ".jar", ".lnk", ".hta", ".wsf", ".dmg", NULL};

/* The whole of `host`, or what ends it behind a dot. */
static bool ends_in(struct str host, const char *const *list)
{
	for (; *list; list++) {
		struct str s = str_of(*list);
		if (str_ieq(host, s) ||
		    (host.n > s.n && host.p[host.n - s.n - 1] == '.' && str_ieq(str_sub(host, host.n - s.n, host.n), s)))
			return true;
	}
	return false;
}

/* A word that begins with one of the list; `text` is looked at up to 600 bytes. */
static bool holds(struct str text, const char *const *list)
{
	size_t n = text.n < 600 ? text.n : 600;
	for (; *list; list++) {
		size_t k = strlen(*list);
		for (size_t i = 0; i + k <= n; i++)
			if (ch_tolower((unsigned char)text.p[i]) == (unsigned char)**list &&
			    (i == 0 || !ch_alnum((unsigned char)text.p[i - 1])) &&
			    str_ieq(str_sub(text, i, i + k), (struct str){*list, k}))
				return true;
	}
	return false;
}

bool word_lure(struct str text)
{
	return holds(text, LURE);
}

bool word_footer(struct str text)
{
	return holds(text, FOOTER);
}

bool word_common(struct str label)
{
	for (const char *const *w = COMMON; *w; w++)
		if (str_is(label, *w))
			return true;
	return false;
}

bool host_free_mail(struct str host)
{
	return ends_in(host, FREE);
}

bool host_shared_path(struct str host)
{
	return ends_in(host, BUCKETS);
}

bool host_by_path(struct str host)
{
	return ends_in(host, PATHS);
}

bool tld_usual(struct str host)
{
	return ends_in(host, USUAL) && !tld_cheap(host);
}

bool tld_cheap(struct str host)
{
	return ends_in(host, CHEAP);
}

bool url_schema(struct str host)
{
	return ends_in(host, SCHEMAS);
}

bool url_file(struct str url)
{
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] == '?' || url.p[i] == '#')
			url = str_sub(url, 0, i);
	for (const char *const *f = FILES; *f; f++)
		if (url.n > 12 && str_ieq(str_sub(url, url.n - strlen(*f), url.n), str_of(*f)))
			return true;
	return false;
}
