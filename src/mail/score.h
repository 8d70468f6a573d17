/* How suspect is each link of a mail, and why? Pure: a mail and the policy in, numbers and reasons out. */
#ifndef MAIL_SCORE_H
#define MAIL_SCORE_H
#include "mail/mail.h"
#include "policy/policy.h"

#define MAIL_REASONS 16

/* One feature that was met. `weight` is negative when it speaks for the link. */
struct mail_reason {
	const char *code; /* stable word, English */
	const char *text; /* Dutch, for the reporter */
	int weight;
};

struct mail_scored {
	unsigned score;                                  /* 0 … 100 */
	struct str host;                                 /* where the link leads: canonical name, or IP */
	struct str domain;                               /* what was registered of it; empty for an IP */
	struct str text_domain;                          /* name that the visible text shows, empty when it shows none */
	const struct mail_reason *reasons[MAIL_REASONS]; /* the heaviest first */
	unsigned reasons_n;
};

/* The protected names of the safety lists, as words to compare with. Made once per policy; keeps a reference to it. */
struct mail_names;
struct mail_names *mail_names_new(struct policy *p);
struct mail_names *mail_names_free(struct mail_names *n); /* takes NULL, returns NULL */

/* ret[i] belongs to m->links[i]; in `a`. KT_ENOMEM only. */
int mail_score(struct arena *a, const struct mail *m, const struct mail_names *n, struct mail_scored **ret) KT_CHECK;
/* All features with their weights, ended by code NULL: for the documentation and the tests. */
const struct mail_reason *mail_features(void);

#endif
