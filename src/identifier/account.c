/* Accounts and advertisements on platforms: "platform:handle" and "platform:id". */
#include "identifier/parts.h"

#define RAW_MAX 1024
#define PLATFORM_MAX 32

enum what { ACCOUNT, ADVERT };

/* How a link of a platform holds the handle or id: `path` is what stands before it ("" when it comes first),
 * '*' in it is one whole segment; `digits`: only the digits it begins with count ("123-naam"). */
static const struct site {
	enum what what;
	struct str platform, host, path;
	bool digits;
} sites[] = {
#define S(w, p, h, path, d) {w, {p, sizeof(p) - 1}, {h, sizeof(h) - 1}, {path, sizeof(path) - 1}, d}
	S(ACCOUNT, "instagram", "instagram.com", "/", false),
	S(ACCOUNT, "facebook", "facebook.com", "/", false),
	S(ACCOUNT, "facebook", "fb.com", "/", false),
	S(ACCOUNT, "tiktok", "tiktok.com", "/@", false),
	S(ACCOUNT, "telegram", "t.me", "/", false),
	S(ACCOUNT, "telegram", "telegram.me", "/", false),
	S(ACCOUNT, "x", "x.com", "/", false),
	S(ACCOUNT, "x", "twitter.com", "/", false),
	S(ACCOUNT, "marktplaats", "marktplaats.nl", "/u/*/", true),
	S(ACCOUNT, "vinted", "vinted.nl", "/member/", true),
	S(ACCOUNT, "vinted", "vinted.com", "/member/", true),
	S(ACCOUNT, "vinted", "vinted.be", "/member/", true),
	S(ACCOUNT, "linkedin", "linkedin.com", "/in/", false),
	S(ACCOUNT, "youtube", "youtube.com", "/@", false),
	S(ACCOUNT, "snapchat", "snapchat.com", "/add/", false),
	S(ADVERT, "marktplaats", "marktplaats.nl", "/v/*/*/", false),
	S(ADVERT, "marktplaats", "link.marktplaats.nl", "/", false),
	S(ADVERT, "2dehands", "2dehands.be", "/v/*/*/", false),
	S(ADVERT, "2dehands", "link.2dehands.be", "/", false),
	S(ADVERT, "vinted", "vinted.nl", "/items/", true),
	S(ADVERT, "vinted", "vinted.com", "/items/", true),
	S(ADVERT, "vinted", "vinted.be", "/items/", true),
	S(ADVERT, "facebook", "facebook.com", "/marketplace/item/", true),
#undef S
};

/* First path segments that are pages of the platform and no handles. */
static const char *const pages[] = {
	"p", "reel", "reels", "stories", "explore", "marketplace", "groups", "pages", "watch", "share", "login",
	"home", "search", "i", "intent", "hashtag", "events", "joinchat", "addstickers", "s", "c", "sharer",
	"sharer.php", "tr", "help", "settings", "accounts", "photo", "photo.php", "story.php", "permalink.php",
};

bool account_platform_known(struct str platform)
{
	for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
		if (str_ieq(platform, sites[i].platform))
			return true;
	return str_ieq(platform, STR("twitter")) || str_ieq(platform, STR("whatsapp"));
}

static bool is_page(struct str s)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (str_ieq(s, str_of(pages[i])))
			return true;
	return false;
}

/* "www.", "m." and the country or language ("nl-nl.") that stand before a platform's name. */
static bool host_of(struct str host, struct str name)
{
	if (str_eq(host, name))
		return true;
	if (host.n <= name.n + 1 || !str_ends(host, name) || host.p[host.n - name.n - 1] != '.')
		return false;
	struct str sub = str_sub(host, 0, host.n - name.n - 1);
	return str_is(sub, "www") || str_is(sub, "m") || str_is(sub, "web") || str_is(sub, "mobile") || sub.n == 2 ||
		(sub.n == 5 && sub.p[2] == '-');
}

/* What stands behind `pattern` at the start of the path, up to the next '/'. */
static bool segment_behind(struct str path, struct str pattern, struct str *ret)
{
	size_t at = 0;
	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == '*') {
			size_t from = at;
			while (at < path.n && path.p[at] != '/')
				at++;
			if (at == from)
				return false;
		} else if (at == path.n || path.p[at++] != pattern.p[i]) {
			return false;
		}
	}
	struct str rest = str_sub(path, at, path.n);
	ptrdiff_t slash = str_find(rest, '/');
	*ret = slash < 0 ? rest : str_sub(rest, 0, (size_t)slash);
	return ret->n > 0;
}

/* The id within a segment: leading digits, or for "m123-titel" the part before the dash. */
static struct str id_part(struct str seg, const struct site *site)
{
	size_t n = 0;
	if (site->digits) {
		while (n < seg.n && ch_digit((unsigned char)seg.p[n]))
			n++;
		return str_sub(seg, 0, n);
	}
	ptrdiff_t dash = site->what == ADVERT ? str_find(seg, '-') : -1;
	return dash < 0 ? seg : str_sub(seg, 0, (size_t)dash);
}

/* Facebook accounts without a name: profile.php?id=123. */
static struct str query_id(struct str query)
{
	ptrdiff_t at = str_starts(query, STR("id=")) ? 0 : -1;
	size_t n = 0;
	struct str rest = at < 0 ? STR_NONE : str_sub(query, 3, query.n);
	while (n < rest.n && ch_digit((unsigned char)rest.p[n]))
		n++;
	return (struct str){rest.p, n};
}

static bool from_link(struct str s, enum what what, struct str *ret_platform, struct str *ret_name)
{
	struct url_parts u;
	char host[HOST_MAX + 1];
	size_t n;
	if (!url_split(s, &u) || !host_name(u.host, host, &n))
		return false;
	for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++) {
		struct str seg;
		if (sites[i].what != what || !host_of((struct str){host, n}, sites[i].host) ||
		    !segment_behind(u.path, sites[i].path, &seg))
			continue;
		if (what == ACCOUNT && str_is(seg, "profile.php"))
			seg = query_id(u.query);
		else if (what == ACCOUNT && sites[i].path.n == 1 && is_page(seg))
			return false;
		else
			seg = id_part(seg, &sites[i]);
		*ret_platform = sites[i].platform;
		*ret_name = seg;
		return seg.n > 0;
	}
	return false;
}

static bool name_char(unsigned char c)
{
	return ch_alnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c >= 0x80;
}

/* "platform:name" in lower case. */
static bool write_pair(struct str platform, struct str name, enum id_kind kind, struct identifier *ret)
{
	char out[ID_MAX];
	size_t n = 0;
	if (str_ieq(platform, STR("twitter")))
		platform = STR("x");
	if (name.n && name.p[0] == '@' && kind == ID_ACCOUNT)
		name = str_sub(name, 1, name.n);
	if (platform.n == 0 || platform.n > PLATFORM_MAX || name.n == 0 || platform.n + 1 + name.n > ID_MAX)
		return false;
	for (size_t i = 0; i < platform.n; i++) {
		unsigned char c = (unsigned char)platform.p[i];
		if (!ch_alnum(c) && c != '-' && c != '_')
			return false;
		out[n++] = (char)ch_tolower(c);
	}
	out[n++] = ':';
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (!name_char(c))
			return false;
		out[n++] = (char)ch_tolower(c);
	}
	return id_make(kind, (struct str){out, n}, ret);
}

static bool pair(struct str text, enum what what, struct identifier *ret)
{
	char buf[RAW_MAX];
	struct str s, platform, name;
	enum id_kind kind = what == ACCOUNT ? ID_ACCOUNT : ID_ADVERT;
	if (!fold_text(text, buf, sizeof(buf), &s))
		return false;
	if (str_find(s, '/') >= 0)
		return from_link(s, what, &platform, &name) && write_pair(platform, name, kind, ret);
	ptrdiff_t colon = str_find(s, ':');
	if (colon >= 0)
		return write_pair(str_trim(str_sub(s, 0, (size_t)colon)), str_trim(str_sub(s, (size_t)colon + 1, s.n)),
			kind, ret);
	/* Marktplaats gives "m123456789" with every advertisement and "a123…" with those of professionals. */
	size_t digits = 0;
	while (digits + 1 < s.n && ch_digit((unsigned char)s.p[digits + 1]))
		digits++;
	if (what != ADVERT || digits < 6 || digits + 1 != s.n || !strchr("mMaA", s.p[0]))
		return false;
	return write_pair(STR("marktplaats"), s, kind, ret);
}

int account_canonical(struct str text, struct identifier *ret, struct err *e)
{
	if (!pair(text, ACCOUNT, ret))
		return err_set(e, KT_EINVAL, "Dit is geen account. Vul het platform en de naam in, zoals "
			"instagram:winkelnaam, of de link naar het profiel.");
	return 0;
}

int advert_canonical(struct str text, struct identifier *ret, struct err *e)
{
	if (!pair(text, ADVERT, ret))
		return err_set(e, KT_EINVAL, "Dit is geen advertentie. Vul het platform en het nummer in, zoals "
			"marktplaats:m1234567890, of de link naar de advertentie.");
	return 0;
}
