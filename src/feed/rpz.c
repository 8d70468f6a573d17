/* The text of a response policy zone. Pure. */
#include "feed/rpz.h"

#define LABEL_MAX 63
#define WILDCARD 2 /* octets of the label "*" */

/* Octets on the wire, root included; 0 when it is no name. */
static size_t wire(struct str name, bool *ret_long_label)
{
	size_t label = 0;
	*ret_long_label = false;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] != '.') {
			*ret_long_label |= ++label > LABEL_MAX;
			continue;
		}
		if (label == 0)
			return 0;
		label = 0;
	}
	return label ? name.n + 2 : 0;
}

static struct str last_label(struct str name)
{
	return str_sub(name, (size_t)(str_rfind(name, '.') + 1), name.n);
}

/* Names of the zone and the warning page are the operator's: letters, digits, hyphen, underscore. */
static bool host(struct str name, size_t below, char out[RPZ_WIRE], size_t *ret_n)
{
	bool long_label;
	if (str_ends(name, STR(".")))
		name = str_sub(name, 0, name.n - 1);
	size_t n = wire(name, &long_label);
	if (n == 0 || long_label || n + below > RPZ_WIRE)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (!ch_alnum(c) && c != '-' && c != '_' && c != '.')
			return false;
		out[i] = (char)ch_tolower(c);
	}
	out[name.n] = 0;
	*ret_n = name.n;
	return true;
}

int rpz_check(const struct rpz_opts *o, struct rpz_zone *ret, struct err *e)
{
	struct rpz_zone z = {.ttl = o->ttl ? o->ttl : RPZ_TTL, .serial = (uint32_t)(o->now_ms / 1000)};
	if (!host(o->zone.n ? o->zone : STR(RPZ_ZONE), WILDCARD + 2, z.zone, &z.zone_n))
		return err_set(e, KT_EINVAL, "Verwacht: een naam voor de zone, bijvoorbeeld " RPZ_ZONE ".");
	/* RFC 2308 caps what resolvers keep; a TTL has 31 bits (RFC 2181 section 8). */
	if (z.ttl > INT32_MAX)
		return err_set(e, KT_EINVAL, "Verwacht: een TTL van 1 tot %d seconden.", INT32_MAX);
	if (o->target.n && !str_is(o->target, ".")) {
		/* A last label rpz-… is an order to the resolver: rpz-passthru would let through what must be blocked. */
		if (!host(o->target, 0, z.target, &z.target_n) ||
		    str_starts(last_label((struct str){z.target, z.target_n}), STR("rpz-")))
			return err_set(e, KT_EINVAL, "Verwacht: een punt (de naam bestaat dan niet), of de hostnaam van de "
			               "waarschuwingspagina.");
	}
	*ret = z;
	return 0;
}

enum rpz_fit rpz_fits(const struct rpz_zone *z, struct str name)
{
	bool long_label;
	size_t n = wire(name, &long_label);
	/* An asterisk makes a wildcard, also when it is escaped (RFC 4592 section 2.1.1). */
	if (n == 0 || str_find(name, '*') >= 0 || str_starts(last_label(name), STR("rpz-")))
		return RPZ_ODD;
	if (long_label || n + WILDCARD + z->zone_n + 1 > RPZ_WIRE)
		return RPZ_LONG;
	struct str target = {z->target, z->target_n};
	if (str_ends(target, name) && (target.n == name.n || target.p[target.n - name.n - 1] == '.'))
		return RPZ_OWN;
	return RPZ_FITS;
}

void rpz_head(struct buf *b, const struct rpz_zone *z)
{
	buf_printf(b, "$ORIGIN %s.\n$TTL %u\n", z->zone, (unsigned)z->ttl);
	/* refresh, retry, expire, minimum: a resolver that missed a NOTIFY asks again within five minutes */
	buf_printf(b, "@ SOA localhost. hostmaster.localhost. %u 300 60 604800 60\n", (unsigned)z->serial);
	buf_z(b, "@ NS localhost.\n");
}

/* Everything but letters, digits, hyphen and underscore as \DDD (RFC 1035 section 5.1). */
static void escaped(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (ch_alnum(c) || c == '-' || c == '_' || c == '.')
			buf_c(b, (char)c);
		else
			buf_printf(b, "\\%03u", (unsigned)c);
	}
}

void rpz_name(struct buf *b, const struct rpz_zone *z, struct str name)
{
	for (int wild = 0; wild < 2; wild++) {
		if (wild)
			buf_add(b, "*.", 2);
		escaped(b, name);
		buf_add(b, " CNAME ", 7);
		buf_add(b, z->target, z->target_n);
		buf_add(b, ".\n", 2);
	}
}
