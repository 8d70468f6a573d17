/* Identifiers (kenmerken): what a swindler can be recognised by. Canonical form, kinds, and extraction from
 * free text. Pure: values in, values out; no I/O, no globals but read-only tables. PROTOCOLS section 1. */
#ifndef IDENTIFIER_IDENTIFIER_H
#define IDENTIFIER_IDENTIFIER_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum id_kind { /* the type byte of PROTOCOLS section 1 */
	ID_NONE = 0,
	ID_IBAN = 1,
	ID_PHONE = 2,
	ID_DOMAIN = 3,
	ID_URL = 4,
	ID_EMAIL = 5,
	ID_WALLET = 6,
	ID_DEVICE = 7,
	ID_ACCOUNT = 8,
	ID_ADVERT = 9,
	ID_COMPANY = 10
};
#define ID_KINDS 11
#define ID_MAX 254 /* canonical bytes: type byte and value fit in 255 */

struct identifier {
	enum id_kind kind;
	uint8_t n;             /* 1 … ID_MAX */
	char value[ID_MAX + 1]; /* canonical bytes, NUL behind */
};

static inline struct str id_str(const struct identifier *id) { return (struct str){id->value, id->n}; }
/* type byte ‖ value, the input of PROTOCOLS section 1; returns its length (≤ 255). */
size_t id_input(const struct identifier *id, uint8_t out[255]);

/* Dutch name of a kind as the API writes it ("iban", "telefoon", "domein", "url", "email", "wallet", "account",
 * "advertentie", "apparaat", "kvk"), and back (ID_NONE when unknown). */
const char *id_kind_name(enum id_kind k);
enum id_kind id_kind_of(struct str name);

/* Which URL query keys are dropped: from policy/intake.yaml. An entry that ends in * is a prefix. Lower case. */
struct id_options {
	const struct str *tracking;
	size_t tracking_n;
};

/* Canonical form of a value of the stated kind, forgiving about spaces, case, hxxp, [.], (dot), full-width
 * characters. KT_EINVAL with a Dutch text that says what was expected (and never repeats the value).
 * canonical(canonical(x)) = canonical(x). `o` may be NULL. */
int id_canonical(enum id_kind kind, struct str text, const struct id_options *o, struct identifier *ret,
	struct err *e) KT_CHECK;

/* What a value looks like when the person chose the wrong kind or none ("bedoelt u …?"): the kind whose
 * canonical form it has, or ID_NONE. */
enum id_kind id_guess(struct str text, const struct id_options *o);

/* The host of a URL or the domain part of an e-mail address as a domain identifier. KT_EINVAL for other kinds and for
 * IP hosts. */
int id_host(const struct identifier *id, struct identifier *ret_domain) KT_CHECK;
/* The registrable domain (public suffix + one label, PSL with its private part) of a domain; KT_EINVAL when the
 * name is itself a public suffix. */
int id_registrable(const struct identifier *domain, struct identifier *ret) KT_CHECK;
bool id_is_public_suffix(struct str host); /* listed names only, not the default rule "*" */

/* One find in a text. */
struct id_found {
	struct identifier id;
	size_t begin, end; /* bytes of the text, end exclusive */
};
typedef int (*id_found_fn)(const struct id_found *f, void *arg); /* non-zero stops and is handed back */

/* Finds identifiers in free Dutch or English text (or mail source), in order of position. Rules in README.md:
 * the same value once per place; a URL also yields its host (the host's own bytes); an e-mail address not its
 * domain; a bare host only under a known public suffix (RFC 2606 and 6761 names count as known); a phone needs a
 * possible number; digits inside longer digit runs, dates, amounts, citizen service and customer numbers are
 * nothing. */
int id_extract(struct str text, const struct id_options *o, id_found_fn found, void *arg);

/* Per-kind canonicalisers and checks, used by the above and by tests. */
int iban_canonical(struct str text, struct identifier *ret, struct err *e) KT_CHECK;
/* Bank code of a canonical Dutch IBAN ("ABNA"), {NULL,0} for other countries. */
struct str iban_bank(const struct identifier *iban);
int phone_canonical(struct str text, struct identifier *ret, struct err *e) KT_CHECK;
int domain_canonical(struct str text, struct identifier *ret, struct err *e) KT_CHECK;
int url_canonical(struct str text, const struct id_options *o, struct identifier *ret, struct err *e) KT_CHECK;
int email_canonical(struct str text, struct identifier *ret, struct err *e) KT_CHECK;
int wallet_canonical(struct str text, struct identifier *ret, struct err *e) KT_CHECK;

#endif
