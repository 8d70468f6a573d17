/* What was agreed, as an immutable snapshot: loaded from YAML files (docs/policy-format.md), checked against
 * their schemas and against each other, then only read. Directories given later win entry by entry.
 * A snapshot is counted: policy_ref / policy_free, so that a reload never pulls it from under a request. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H
#include "base/arena.h"
#include "base/clock.h"
#include "base/valid.h"
#include "identifier/identifier.h"

enum policy_status { STATUS_VERIFIED, STATUS_ASSUMPTION, STATUS_CONCEPT };
enum lang { LANG_NL, LANG_EN, LANGS };

struct policy_origin { /* on everything that states a fact or a rule */
	struct str source;
	enum policy_status status;
};

struct policy_form {
	struct str id, parent; /* parent {NULL,0} for the root */
	struct str label[LANGS];
};

enum strength { STRENGTH_CLAIMED = 1, STRENGTH_CONFIRMED = 2, STRENGTH_VOUCHED = 3, STRENGTH_IDENTIFIED = 4 };
enum basis { BASIS_REPORT = 1, BASIS_CRIME_REPORT = 2, BASIS_CUSTOMER = 3 }; /* low half of PROTOCOLS 5.4 */

struct policy_proposal {
	enum id_kind kind;
	struct str partner; /* id of a partner, or "bank", "registry", "platform" chosen from the identifier */
	struct str measure;
};

struct policy_rule {
	struct str id, title[LANGS], text[LANGS];
	struct policy_origin origin;
	/* Both days count. INT64_MIN / INT64_MAX when open: a rule that is not in force says enabled: false. */
	int64_t from_day, until_day;
	bool enabled;
	int64_t channel, version;
	enum basis basis;
	const struct str *forms;
	size_t forms_n;
	unsigned kinds;       /* bit (1 << enum id_kind) */
	unsigned registrable; /* kinds counted on the registrable domain */
	int64_t threshold, window_days;
	enum strength min_strength;
	int64_t min_members, max_per_member; /* max 0: no cap */
	bool four_eyes;
	const struct policy_proposal *proposals;
	size_t proposals_n;
};

struct policy_measure {
	struct str id, title[LANGS];
	unsigned kinds;
	int64_t ack_hours, execute_hours, duration_days; /* 0: none */
	bool informs_only;                               /* passes something on and stops nothing */
	struct policy_origin origin;
};

struct policy_partner {
	struct str id, kind, title[LANGS];
	struct policy_origin origin;
};

struct policy_destination {
	struct str id, title[LANGS], handles[LANGS], why[LANGS], clock[LANGS];
	const struct str *forms;
	size_t forms_n;
	int64_t order, clock_hours;
	struct str phone, url, hours[LANGS];
	int64_t checked_day; /* INT64_MIN: nobody has checked it yet */
	struct policy_origin origin;
};

struct policy_advice {
	struct str form;
	const struct str *steps[LANGS];
	size_t steps_n[LANGS];
	const struct str *donts[LANGS];
	size_t donts_n[LANGS];
	const struct str *destinations;
	size_t destinations_n;
	struct policy_origin origin;
};

struct policy_limits {
	int64_t story_bytes, identifiers, identifier_bytes, payload_bytes, days_back;
};

/* How messages leave (policy/delivery.yaml). */
#define POLICY_DELAYS 24
struct policy_attempts {
	int64_t delay_s[POLICY_DELAYS]; /* after each failure; then it is given up */
	size_t n;
	int64_t jitter_percent, connect_s, total_s;
};
struct policy_delivery {
	struct policy_attempts call, mail;
	int64_t lease_s, keep_days;
	int64_t code_minutes, code_tries, codes_an_hour, codes_a_day; /* per report; per mailbox */
	struct str code_subject[LANGS], code_text[LANGS];             /* text: with {code}, maybe {minuten} */
};

/* Forwarded mail: what it becomes, and what its sender hears. */
enum mail_text {
	MAIL_SAY_SUBJECT,
	MAIL_SAY_THANKS,
	MAIL_SAY_FOUND,
	MAIL_SAY_NONE,
	MAIL_SAY_CUT,
	MAIL_SAY_UNREAD,
	MAIL_SAY_ENCRYPTED,
	MAIL_SAY_NOW,
	MAIL_SAY_NEVER,
	MAIL_SAY_WHERE,
	MAIL_SAY_CODE,
	MAIL_SAY_CLOSE,
	MAIL_SAYS
};
struct policy_mail {
	struct str form;    /* of the report that is made of it */
	int64_t count_from; /* links with this score or more are identifiers of the report */
	int64_t per_sender; /* answers to one sender in one day */
	int64_t per_day;    /* answers in one day */
	int64_t seen_days;  /* how long the same message is recognised */
	struct str text[MAIL_SAYS][LANGS];
	struct policy_origin origin;
};

struct policy;

/* Loads and checks. On findings: KT_EINVAL and `report` holds them (path of the file in `at`, "#" and the JSON pointer
 * behind it). dirs: from the weakest to the strongest. An absent rules/ folder is no error (then there are no rules).
 */
int policy_load(const char *const *dirs, size_t n, struct policy **ret, struct valid_report *report,
                struct err *e) KT_CHECK;
struct policy *policy_ref(struct policy *p);
struct policy *policy_free(struct policy *p); /* takes NULL, returns NULL */

const struct policy_form *policy_form(const struct policy *p, struct str id);         /* NULL when unknown */
bool policy_form_under(const struct policy *p, struct str form, struct str ancestor); /* also itself */
size_t policy_forms(const struct policy *p, const struct policy_form **ret);
size_t policy_rules(const struct policy *p, const struct policy_rule **ret);
const struct policy_rule *policy_rule(const struct policy *p, struct str id);
/* enabled, and `day` within its dates */
bool policy_rule_live(const struct policy_rule *r, int64_t day);
const struct policy_measure *policy_measure(const struct policy *p, struct str id);
const struct policy_partner *policy_partner(const struct policy *p, struct str id); /* also "bank:KENT" → bank */
size_t policy_partners(const struct policy *p, const struct policy_partner **ret);
const struct policy_destination *policy_destination(const struct policy *p, struct str id);
/* Advice of the form or its nearest ancestor; never NULL when a root entry exists. */
const struct policy_advice *policy_advice(const struct policy *p, struct str form);
const struct policy_limits *policy_limits(const struct policy *p);
const struct policy_delivery *policy_delivery(const struct policy *p);
const struct policy_mail *policy_mail(const struct policy *p); /* NULL: no mail.yaml, so no mail is taken in */
const struct id_options *policy_id_options(const struct policy *p);
bool policy_sealed(const struct policy *p, enum id_kind k);
bool policy_role(const struct policy *p, struct str role);
bool policy_age_group(const struct policy *p, struct str group);
/* Canonical e-mail with well-known providers' tags, dots and twin domains folded, for person ids only. */
int policy_fold_mail(const struct policy *p, const struct identifier *mail, struct identifier *ret) KT_CHECK;
/* The partner of a proposal for this identifier ("bank:KENT", "sidn", "platform:marktplaats"); in `a`. */
struct str policy_choose_partner(const struct policy *p, struct arena *a, struct str partner,
                                 const struct identifier *id);
/* The domain that a shop rule counts and closes: registrable, where shared hosting (safety lists) counts as a public
 * suffix. KT_EINVAL when the name as a whole is a suffix or shared. */
int policy_shop_domain(const struct policy *p, const struct identifier *domain, struct identifier *ret) KT_CHECK;

/* Safety: may this identifier be hit by this measure? */
enum safety { SAFETY_FREE = 0, SAFETY_WARN = 1, SAFETY_BLOCK = 2 };
struct safety_hit {
	enum safety verdict;
	struct str list, group; /* which list said so; borrowed from the snapshot */
};
/* Lists of the policy files only; barrier/ also asks the imported lists in the database. A domain is protected when
 * listed, below a listed suffix, when a listed name lies under it, and as a public suffix or shared hosting as a
 * whole. A URL is judged by its host; "as a whole" only for measures that apply to domains. An e-mail address is
 * judged by itself and its host, unless everybody can have a mailbox there: a domain of mail_folding, or a group
 * of kind telecom or infrastructure. list and group are the Dutch titles. */
struct safety_hit policy_safety(const struct policy *p, const struct identifier *id, struct str measure);
/* Is the host a public suffix or shared hosting as a whole? */
bool policy_shared(const struct policy *p, struct str host);

#endif
