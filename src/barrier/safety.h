/* Names that may never be hit, from two places: the policy's own lists and lists the operator imported into the
 * database. The strictest answer wins. */
#ifndef BARRIER_SAFETY_H
#define BARRIER_SAFETY_H
#include "feed/rpz.h"
#include "policy/policy.h"
#include "store/store.h"

/* May this identifier be hit by this measure? Asks policy_safety and the imported lists (exact, with or without www.,
 * below a suffix entry, or carrying a listed name under it). The list's name lives in the transaction's arena. */
int safety_check(struct tx *tx, const struct policy *p, const struct identifier *id, struct str measure,
                 struct safety_hit *ret, struct err *e) KT_CHECK;

/* The same for many at once, with a few questions to the database in all. ret has n places; after a failure what is in
 * them means nothing. */
int safety_check_many(struct tx *tx, const struct policy *p, const struct identifier *ids, size_t n, struct str measure,
                      struct safety_hit *ret, struct err *e) KT_CHECK;

/* How an imported entry protects. Carrier: a listed name lies under this one, so a measure on it as a whole would hit
 * that name; it does not count for a URL or an e-mail address on that host. */
enum safety_mode { SAFETY_EXACT = 1, SAFETY_SUFFIX = 2, SAFETY_CARRIER = 3 };

struct safety_entry {
	enum id_kind kind; /* domain, phone, IBAN, e-mail */
	enum safety_mode mode;
	struct str value; /* canonical */
};

/* A parsed list: entries sorted and without doubles, carriers included. */
struct safety_list {
	struct str name, title;
	const struct safety_entry *entries;
	size_t n;
	int64_t names;   /* different names in the file that were taken; carriers do not count */
	int64_t skipped; /* lines or items that are no host name, phone number, IBAN or e-mail address */
};

/* `name` is that of the file; a MISP list goes by its own name when it has one. Reads a MISP warning list (JSON object
 * with "list" and "type": hostname, string, substring [as suffixes]; no type means string; regex and cidr lists are
 * refused with a clear text) or plain lines (# comments; a leading dot means the name and all below it, otherwise
 * exactly the name and its www. twin; a public suffix protects only itself). Names live in `a`, which takes about 150
 * bytes a name. KT_EINVAL when there is no usable name at all. Pure. */
int safety_parse(struct arena *a, struct str name, struct str text, struct safety_list *ret, struct err *e) KT_CHECK;

#define SAFETY_MAX_BYTES (64u << 20)
#define SAFETY_MAX_NAMES 2000000

/* Replaces the list of that name. KT_EREFUSED when it shrank by more than 10 % without allow_shrink (told in the text:
 * how many names it had and has). *ret_before: names it had. */
int safety_store(struct tx *tx, const struct safety_list *l, int64_t now_ms, bool allow_shrink, int64_t *ret_before,
                 struct err *e) KT_CHECK;

/* The source of the blocking zone (rpz_opts.source): every domain against which a barrier stands that has not passed
 * its end, once, in order; shielded when safety_check now blocks it for domein_blokkeren. */
int safety_standing(struct tx *tx, const struct policy *p, int64_t now_ms, struct str after, struct rpz_page *ret,
                    struct err *e) KT_CHECK;

#endif
