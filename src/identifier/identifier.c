/* Kinds, their names, and the one way in to the canonical forms. */
#include "identifier/parts.h"

static const char *const kind_names[ID_KINDS] = {
	"", "iban", "telefoon", "domein", "url", "email", "wallet", "apparaat", "account", "advertentie", "kvk",
};

const char *id_kind_name(enum id_kind k)
{
	return (unsigned)k < ID_KINDS ? kind_names[k] : "";
}

enum id_kind id_kind_of(struct str name)
{
	for (unsigned k = 1; k < ID_KINDS; k++)
		if (str_is(name, kind_names[k]))
			return (enum id_kind)k;
	return ID_NONE;
}

size_t id_input(const struct identifier *id, uint8_t out[255])
{
	out[0] = (uint8_t)id->kind;
	memcpy(out + 1, id->value, id->n);
	return 1u + id->n;
}

/* The characters of a class, spaces and the like between them dropped; false when others are left. */
static bool compact(struct str text, bool hex, char *out, size_t n)
{
	char buf[256];
	struct str s;
	size_t to = 0;
	if (!fold_text(text, buf, sizeof(buf), &s))
		return false;
	if (!hex && s.n > 3 && str_ieq(str_sub(s, 0, 3), STR("kvk")))
		s = str_trim(str_sub(s, s.p[3] == ':' ? 4 : 3, s.n));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == ' ' || c == '.' || c == '-' || (hex && c == ':'))
			continue;
		if (to == n || (hex ? hex_value(c) < 0 : !ch_digit(c)))
			return false;
		out[to++] = (char)ch_tolower(c);
	}
	return to == n;
}

static int device_canonical(struct str text, struct identifier *ret, struct err *e)
{
	char out[64];
	if (!compact(text, true, out, sizeof(out)) || !id_make(ID_DEVICE, (struct str){out, sizeof(out)}, ret))
		return err_set(e, KT_EINVAL, "Dit is geen kenmerk van een apparaat. Dat zijn 64 tekens: "
			"cijfers en de letters a tot en met f, zoals 3f0a… tot het einde.");
	return 0;
}

static int company_canonical(struct str text, struct identifier *ret, struct err *e)
{
	char out[8];
	if (!compact(text, false, out, sizeof(out)) || !id_make(ID_COMPANY, (struct str){out, sizeof(out)}, ret))
		return err_set(e, KT_EINVAL, "Dit is geen KvK-nummer. Vul acht cijfers in, zoals 12345678.");
	return 0;
}

int id_canonical(enum id_kind kind, struct str text, const struct id_options *o, struct identifier *ret, struct err *e)
{
	if (!text.p)
		text = STR("");
	switch (kind) {
	case ID_IBAN:
		return iban_canonical(text, ret, e);
	case ID_PHONE:
		return phone_canonical(text, ret, e);
	case ID_DOMAIN:
		return domain_canonical(text, ret, e);
	case ID_URL:
		return url_canonical(text, o, ret, e);
	case ID_EMAIL:
		return email_canonical(text, ret, e);
	case ID_WALLET:
		return wallet_canonical(text, ret, e);
	case ID_DEVICE:
		return device_canonical(text, ret, e);
	case ID_ACCOUNT:
		return account_canonical(text, ret, e);
	case ID_ADVERT:
		return advert_canonical(text, ret, e);
	case ID_COMPANY:
		return company_canonical(text, ret, e);
	case ID_NONE:
		break;
	}
	return err_set(e, KT_EINVAL, "Deze soort kenmerk kennen wij niet. "
		"Kies er een uit de lijst, zoals iban of telefoon.");
}

/* "marktplaats:m123456": other "platform:name" may as well be an account. */
static bool advert_number(struct str s)
{
	struct str head = STR("marktplaats:");
	if (!str_starts(s, head) || s.n < head.n + 7 || !strchr("ma", s.p[head.n]))
		return false;
	for (size_t i = head.n + 1; i < s.n; i++)
		if (!ch_digit((unsigned char)s.p[i]))
			return false;
	return true;
}

/* A form that is that kind by accident is no guess: nine digits, a name under no suffix, any "a:b". */
static bool convincing(const struct identifier *id, struct str text)
{
	struct identifier host;
	ptrdiff_t colon = str_find(id_str(id), ':');
	bool https;
	switch (id->kind) {
	case ID_PHONE:
		return text.p[0] == '+' || text.p[0] == '0' || text.p[0] == '(' || ch_tolower((unsigned char)text.p[0]) == 't';
	case ID_DOMAIN:
		return suffix_under_known(id_str(id));
	case ID_EMAIL:
		return id_host(id, &host) == 0 && suffix_known(id_str(&host));
	case ID_URL:
		return url_scheme(text, &https) ||
			(str_find(text, '/') > 0 && id_host(id, &host) == 0 && suffix_under_known(id_str(&host)));
	case ID_ADVERT:
		return advert_number(id_str(id));
	case ID_ACCOUNT:
		return colon > 0 && account_platform_known(str_sub(id_str(id), 0, (size_t)colon));
	default:
		return true;
	}
}

enum id_kind id_guess(struct str text, const struct id_options *o)
{
	/* From the kind with the strongest check of its own to the weakest. */
	static const enum id_kind order[] = {ID_IBAN, ID_WALLET, ID_DEVICE, ID_EMAIL, ID_DOMAIN, ID_URL, ID_ADVERT,
		ID_ACCOUNT, ID_COMPANY, ID_PHONE};
	if (text.p)
		text = fold_strip(text);
	for (size_t i = 0; text.n && i < sizeof(order) / sizeof(order[0]); i++) {
		struct identifier id;
		if (id_canonical(order[i], text, o, &id, NULL) == 0 && convincing(&id, text))
			return order[i];
	}
	return ID_NONE;
}

int id_host(const struct identifier *id, struct identifier *ret_domain)
{
	struct url_parts u;
	if (id->kind == ID_EMAIL) {
		ptrdiff_t at = str_rfind(id_str(id), '@');
		return domain_canonical(str_sub(id_str(id), (size_t)(at + 1), id->n), ret_domain, NULL);
	}
	if (id->kind != ID_URL || !url_split(id_str(id), &u))
		return KT_EINVAL;
	return domain_canonical(u.host, ret_domain, NULL);
}

int id_registrable(const struct identifier *domain, struct identifier *ret)
{
	if (domain->kind != ID_DOMAIN)
		return KT_EINVAL;
	ptrdiff_t at = suffix_registrable(id_str(domain));
	if (at < 0 || !id_make(ID_DOMAIN, str_sub(id_str(domain), (size_t)at, domain->n), ret))
		return KT_EINVAL;
	return 0;
}
