/* The settings: one table, four sources. Later sources win, in whatever order they are read:
 * defaults < DIR/kentering.conf < environment (KENTERING_NAME) < the command line. */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H
#include "base/err.h"
#include "base/str.h"

#define SETTING_BYTES 512 /* longest value with its NUL */

enum setting_type { SETTING_TEXT, SETTING_INT, SETTING_BOOL, SETTING_ENUM };
enum setting_source { FROM_DEFAULT, FROM_FILE, FROM_ENV, FROM_FLAG };

/* id, name, type, default, words of an enum ("" otherwise), smallest, largest, live, secret, doc (Dutch).
 * live: may change while the server runs. secret: the value is never printed. */
#define SETTINGS(X) \
	X(MODE, "mode", ENUM, "demo", "demo|production", 0, 0, false, false, \
	  "demo of production; production weigert alles wat alleen voor een demonstratie mag") \
	X(DATABASE, "database", TEXT, "sqlite", "", 0, 0, false, true, \
	  "sqlite, of een verbindingstekst van PostgreSQL (libpq)") \
	X(NODE, "node", TEXT, "main", "", 0, 0, false, false, "naam van deze server in logs en in het auditspoor") \
	X(LOG_LEVEL, "log_level", ENUM, "warn", "error|warn|info|debug", 0, 0, true, false, "hoeveel er in het log komt") \
	X(MAX_GROUP, "max_group", INT, "256", "", 1, 65536, true, false, \
	  "hoeveel schrijfopdrachten samen in één transactie gaan") \
	X(MAX_QUEUE, "max_queue", INT, "4096", "", 1, 1048576, true, false, "hoeveel schrijfopdrachten mogen wachten") \
	X(BUSY_MS, "busy_ms", INT, "10000", "", 0, 600000, true, false, \
	  "hoe lang op de database gewacht wordt, in milliseconden") \
	X(ADDRESS, "address", TEXT, "127.0.0.1", "", 0, 0, false, false, "adres waarop de server luistert") \
	X(PORT, "port", INT, "8080", "", 0, 65535, false, false, "poort waarop de server luistert; 0 kiest er een") \
	X(TLS_CERT, "tls_cert", TEXT, "", "", 0, 0, false, false, \
	  "certificaat (PEM) voor eigen TLS; leeg: zonder TLS, achter een webserver") \
	X(TLS_KEY, "tls_key", TEXT, "", "", 0, 0, false, false, "sleutel (PEM) bij het certificaat") \
	X(TRUSTED_PROXY, "trusted_proxy", TEXT, "", "", 0, 0, false, false, \
	  "adres van de webserver die voor ons staat, bijvoorbeeld 127.0.0.1: zijn X-Forwarded-For zegt wie er vraagt; " \
	  "leeg: niemand wordt daarin geloofd") \
	X(METRICS_ADDRESS, "metrics_address", TEXT, "127.0.0.1", "", 0, 0, false, false, \
	  "adres waarop /metrics luistert; nooit een openbaar adres") \
	X(METRICS_PORT, "metrics_port", INT, "0", "", 0, 65535, false, false, \
	  "poort waarop /metrics luistert; 0: /metrics staat uit") \
	X(BACKUP_DIR, "backup_dir", TEXT, "", "", 0, 0, false, false, \
	  "map waar de dagelijkse kopie komt te staan; kentering doctor kijkt of die vers is") \
	X(WEB_DIR, "web_dir", TEXT, "", "", 0, 0, false, false, \
	  "map met de gebouwde website; leeg: web/dist, of de map waarin zij is geïnstalleerd") \
	X(SECURITY_CONTACT, "security_contact", TEXT, "", "", 0, 0, false, false, \
	  "waar iemand een zwakke plek meldt, voor security.txt: mailto:, https: of tel:") \
	X(SECURITY_POLICY, "security_policy", TEXT, "", "", 0, 0, false, false, \
	  "adres van het beleid voor zulke meldingen, voor security.txt") \
	X(SESSION_IDLE, "session_idle", INT, "30", "", 1, 720, false, false, \
	  "na hoeveel minuten zonder gebruik een sessie eindigt") \
	X(SESSION_LONGEST, "session_longest", INT, "720", "", 1, 1440, false, false, \
	  "na hoeveel minuten een sessie hoe dan ook eindigt") \
	X(PUBLIC_URL, "public_url", TEXT, "", "", 0, 0, false, false, \
	  "adres waaronder anderen ons bereiken, bijvoorbeeld https://kentering.example; komt in berichten") \
	X(OIN, "oin", TEXT, "", "", 0, 0, false, false, \
	  "organisatie-identificatienummer, twintig cijfers; de afzender van berichten aan partners") \
	X(SMTP_URL, "smtp_url", TEXT, "", "", 0, 0, false, false, \
	  "mailserver, smtp://naam:587 (met STARTTLS) of smtps://naam:465; leeg: er gaat geen mail uit") \
	X(SMTP_USER, "smtp_user", TEXT, "", "", 0, 0, false, false, "gebruikersnaam bij de mailserver") \
	X(SMTP_PASSWORD_FILE, "smtp_password_file", TEXT, "", "", 0, 0, false, false, \
	  "bestand met het wachtwoord voor de mailserver, alleen leesbaar voor de dienst (0600)") \
	X(MAIL_FROM, "mail_from", TEXT, "", "", 0, 0, false, false, "e-mailadres waarvan mail komt") \
	X(CA_FILE, "ca_file", TEXT, "", "", 0, 0, false, false, \
	  "certificaten (PEM) die ontvangers en de mailserver mogen hebben; leeg: die van het systeem") \
	X(WEBHOOK_LOOPBACK, "webhook_loopback", BOOL, "false", "", 0, 0, false, false, \
	  "alleen om te proberen: berichten mogen naar deze computer zelf, ook over http") \
	X(LMTP_SOCKET, "lmtp_socket", TEXT, "", "", 0, 0, false, false, \
	  "pad van de socket waarop een mailserver mail aflevert (LMTP); leeg: niet") \
	X(LMTP_PORT, "lmtp_port", INT, "0", "", 0, 65535, false, false, \
	  "poort op 127.0.0.1 waarop een mailserver mail aflevert (LMTP); 0: niet") \
	X(LMTP_TIMEOUT, "lmtp_timeout", INT, "60", "", 1, 600, false, false, \
	  "hoe lang op een mailserver gewacht wordt, in seconden") \
	X(MAIL_ADDRESS, "mail_address", TEXT, "", "", 0, 0, false, false, \
	  "ons eigen e-mailadres voor doorgestuurde mail; alleen mail daaraan wordt aangenomen") \
	X(MAIL_AUTHSERV, "mail_authserv", TEXT, "", "", 0, 0, false, false, \
	  "naam van onze eigen mailserver in Authentication-Results; alleen wat die zegt telt")

enum setting_id {
#define X(id, ...) SET_##id,
	SETTINGS(X)
#undef X
		SETTING_COUNT
};

struct setting_info {
	enum setting_id id;
	const char *name;
	enum setting_type type;
	const char *fallback; /* the default */
	const char *words;    /* of an enum: "a|b|c" */
	int64_t min, max;     /* of an integer */
	bool live, secret;
	const char *doc;
};

struct settings {
	enum setting_source from[SETTING_COUNT];
	char value[SETTING_COUNT][SETTING_BYTES];
};

void settings_init(struct settings *s);
/* Wipes; a database string may hold a password. */
void settings_wipe(struct settings *s);
/* `name = value` lines; # starts a comment line. KT_ENOTFOUND when there is no such file. On any error nothing of
 * the file is taken over. Errors carry the line. */
int settings_file(struct settings *s, const char *path, struct err *e) KT_CHECK;
/* Asks `get` (as getenv) for KENTERING_NAME of each setting. An empty value counts as absent. */
int settings_env(struct settings *s, char *(*get)(const char *name), struct err *e) KT_CHECK;
/* One setting from the command line. Errors never hold the value. */
int settings_set(struct settings *s, struct str name, struct str value, struct err *e) KT_CHECK;

/* Borrowed; lives as long as `s`, until the next change. */
const char *settings_text(const struct settings *s, enum setting_id id);
int64_t settings_int(const struct settings *s, enum setting_id id);
bool settings_bool(const struct settings *s, enum setting_id id);
/* Is the enum (or text) setting `word`? */
bool settings_is(const struct settings *s, enum setting_id id, const char *word);
/* Position of an enum's value among its words (log_level: enum log_level). */
int settings_enum(const struct settings *s, enum setting_id id);

/* What may be shown: the value, or "(geheim)". */
const char *settings_shown(const struct settings *s, enum setting_id id);
const struct setting_info *settings_info(enum setting_id id);
/* NULL when there is no setting of that name. */
const struct setting_info *settings_find(struct str name);
/* In table order, for help and documentation. */
void settings_each(void (*fn)(const struct setting_info *info, void *ctx), void *ctx);

#endif
