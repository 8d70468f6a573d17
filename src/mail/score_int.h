/* What names.c, score.c, score_link.c and score_words.c share; nobody outside includes it. */
#ifndef MAIL_SCORE_INT_H
#define MAIL_SCORE_INT_H
#include "mail/score.h"

/* In the order of the table in score_words.c. */
enum feature {
	F_TEXT_OTHER,
	F_IP,
	F_USERINFO,
	F_PUNYCODE,
	F_MIXED,
	F_LOOKALIKE,
	F_EMBEDDED,
	F_SUBDOMAINS,
	F_HYPHENS,
	F_DIGITS,
	F_SHORTENER,
	F_SHARED,
	F_BY_PATH,
	F_PORT,
	F_RANDOM_NAME,
	F_RANDOM_PATH,
	F_PLAIN_HTTP,
	F_CHEAP_TLD,
	F_BRAND_TLD,
	F_BRAND_LINK,
	F_OTHER_SENDER,
	F_ONE_TARGET,
	F_ADDRESS_IN_URL,
	F_URGENT_NEAR,
	F_REDIRECT,
	F_WRAPPED,
	F_DOWNLOAD,
	F_NO_SENDER,
	F_SENDER_CLAIM,
	F_SENDER_NAME,
	F_SENDER_FREE,
	F_SENDER_RANDOM,
	F_SENDER_LETTERS,
	F_SENDER_TLD,
	F_AUTH_FAILED,
	F_REPLY_OTHER,
	F_LURE_SUBJECT,
	F_SIGNS,
	F_PROTECTED,
	F_OWN_DOMAIN,
	F_CONFIRMED,
	F_FOOTER,
	F_IMAGE,
	F_SCHEMA,
	FEATURES
};
extern const struct mail_reason FEATURE[FEATURES + 1];

/* --- score_words.c --- */
bool word_lure(struct str text);        /* holds a word that hurries or lures */
bool word_footer(struct str text);      /* unsubscribe, privacy, view in browser … */
bool word_common(struct str label);     /* a protected label that is also a plain word: no claim by itself */
bool host_free_mail(struct str host);   /* everybody can have a mailbox there */
bool host_shared_path(struct str host); /* buckets and the like where the name says nothing */
bool host_by_path(struct str host);     /* files and forms of anybody */
bool tld_usual(struct str host);        /* what Dutch people expect: nl com be eu org net … */
bool tld_cheap(struct str host);        /* given away or nearly, and often seen in abuse */
bool url_schema(struct str host);       /* names that stand in HTML and lead nowhere */
bool url_file(struct str url);          /* ends in a program or archive */

/* --- names.c --- */
struct policy *names_policy(const struct mail_names *n);
bool names_has(const struct mail_names *n, struct str label);
/* A protected label at distance 1 or 2 (2 only from 8 letters on), also with digits for letters; NULL when none. */
const struct str *names_near(const struct mail_names *n, struct str label);
/* Does a text claim to be one of the names: a whole word or two or three words in a row? `strict`: as a title would be
 * written, with a capital. Ret: the label. */
bool names_claimed(const struct mail_names *n, struct str text, bool strict, struct str *ret_label);

/* Looks like nobody chose it to be read: many changes between kinds of characters, few vowels, high entropy. */
bool looks_random(struct str s);

#endif
