/* What a snapshot is made of, and the loader that fills it. Only for the files of this folder. */
#ifndef POLICY_POLICY_INT_H
#define POLICY_POLICY_INT_H
#include "policy/map.h"
#include "policy/policy.h"
#include <stdatomic.h>

struct policy_fold {      /* one entry of mail_folding */
	struct str canonical; /* n 0: each domain keeps its own name */
	bool drop_dots, plus_tag;
};

struct safe_action {
	struct str measure;
	enum safety verdict;
};

struct safe_group {
	struct str list, title;
	bool mailboxes;        /* everybody can have an address there: telecom and mail providers */
	enum safety otherwise; /* measures without an action of their own */
	const struct safe_action *actions;
	size_t actions_n;
};

/* A value may be protected by several groups: `next` chains them, 0 ends (hit 0 is never used). */
struct safe_hit {
	uint32_t group, next;
};

/* Carrier: a name with a protected name below it; who blocks it blocks that one too. */
enum safe_map { SAFE_EXACT, SAFE_SUFFIX, SAFE_CARRIER, SAFE_PHONE, SAFE_IBAN, SAFE_EMAIL, SAFE_MAPS };

struct safe_set {
	struct safe_group *groups;
	size_t groups_n;
	struct safe_hit *hits;
	size_t hits_n, hits_cap;
	struct map maps[SAFE_MAPS]; /* value = first hit */
	struct map shared;          /* suffixes of shared hosting */
};

struct policy {
	atomic_uint refs;
	struct arena *arena;
	struct policy_form *forms;
	uint32_t *form_parent; /* position of the parent, or UINT32_MAX */
	struct policy_rule *rules;
	struct policy_measure *measures;
	struct policy_partner *partners;
	struct policy_destination *destinations;
	struct policy_advice *advice;
	size_t forms_n, rules_n, measures_n, partners_n, destinations_n, advice_n;
	struct map form_by_id, rule_by_id, measure_by_id, partner_by_id, destination_by_id, advice_by_form;
	struct map registry_by_tld; /* value = position in `partners` */
	struct str default_registry;
	struct policy_limits limits;
	struct policy_delivery delivery;
	struct policy_mail mail; /* form.n 0: none */
	struct id_options id_options;
	unsigned open_kinds; /* bit (1 << enum id_kind) */
	const struct str *roles, *age_groups;
	size_t roles_n, age_groups_n;
	struct policy_fold *folds;
	struct map fold_by_domain;
	struct safe_set safety;
};

/* ---- the loader ---- */

/* What the files are made of. A list section takes the objects of one array, another the file as a whole. */
enum section {
	SEC_FORMS,
	SEC_RULES,
	SEC_MEASURES,
	SEC_PARTNERS,
	SEC_REGISTRIES,
	SEC_DESTINATIONS,
	SEC_ADVICE,
	SEC_SEAL,
	SEC_INTAKE,
	SEC_DELIVERY,
	SEC_MAIL,
	SEC_SOURCES,
	SEC_SAFETY,
	SECTIONS
};

struct policy_file {
	const char *path;
	struct str type;
	const struct val *root;
	size_t dir;
	bool removal; /* the whole file only takes an entry away */
	bool gone;    /* a later one took this file away */
};

struct entry {
	struct str id;
	const struct val *v;
	const struct policy_file *file;
	size_t index; /* in its list */
	bool gone;
};

struct table {
	struct entry *e;
	size_t n, cap;
	struct map by_id;
};

struct loader {
	struct policy *p;
	struct arena *a;
	struct valid_report *report;
	struct policy_file *files;
	size_t files_n, files_cap;
	struct table sec[SECTIONS];
	bool broken[SECTIONS]; /* a file of this kind could not be used: say nothing about missing names */
	struct str default_registry;
	const struct policy_file *registry_file;
	int rc; /* KT_ENOMEM sticks */
};

/* Zeroed memory of the snapshot; on failure NULL, and l->rc is set. */
void *load_take(struct loader *l, size_t count, size_t size);
/* A finding about `v` (or the entry, when NULL) at the pointer `ptr` below the entry ("" or "/…"). */
void load_finding(struct loader *l, enum section s, const struct entry *en, const struct val *v, const char *ptr,
                  const char *rule, const char *fmt, ...) KT_PRINTF(7, 8);
/* A finding about a file as a whole. */
void load_place(char out[160], const char *path, const char *ptr);
/* Live entries only; NULL when unknown. */
const struct entry *load_entry(const struct loader *l, enum section s, struct str id);
/* The texts of an array member; NULL when empty. */
const struct str *load_texts(struct loader *l, const struct val *v, const char *key, size_t *ret_n);

/* load_merge.c: entries of all files, later directories over earlier ones. */
void load_merge(struct loader *l);
/* Takes `remove: true` entries out of what the schema will see. NULL: the file only takes away. */
const struct val *load_without_removals(struct loader *l, struct policy_file *f, struct valid_report *found);
/* Forgets that a list of removals only is empty. */
void load_forgive_empty(const struct policy_file *f, const struct val *seen, struct valid_report *found);
/* Puts the numbers that the file has back into pointers of findings (`from` and later) about a list that lost its
 * removals. */
void load_renumber(const struct policy_file *f, struct valid_report *found, unsigned from);
/* build.c, build_rule.c, safety_load.c: entries to structs. They expect what the schemas promise, and survive less. */
void load_build(struct loader *l);
void load_rules(struct loader *l);
void load_safety(struct loader *l);
unsigned load_kinds(struct loader *l, enum section s, const struct entry *en, const struct val *list, const char *ptr);
struct policy_origin load_origin(const struct entry *en);
int64_t load_day(const struct val *v, const char *key, int64_t otherwise);
/* check.c: what one schema cannot see. */
void load_check(struct loader *l);

#endif
