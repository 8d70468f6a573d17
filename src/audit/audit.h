/* The chained log of every decision. One chain per writer: row n holds the hash of row n-1; after each group
 * commit the heads of all chains are signed together. Rows never hold an identifier of a person or a story:
 * `object` is an id of ours, `detail` a short JSON text of codes and numbers. ARCHITECTURE section 8. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H
#include "store/store.h"

struct audit;

/* Hooks itself into the store: what is appended in a group is chained and the heads signed before COMMIT.
 * Keys: DIR/keys/audit (0600), made on first use. DIR/audit.head is made with the key, or while the database is empty;
 * once it is gone only audit_adopt makes another. node: name of the chain, 1 to 64 bytes. The writer calls in here, so
 * the store is closed before the log. */
int audit_open(struct store *s, const char *dir, const struct clock *clk, const char *node, struct audit **ret,
               struct err *e) KT_CHECK;
struct audit *audit_close(struct audit *a);

/* Appends to the writer's chain within `tx` (a job's transaction). actor: "cli", "desk:<id>", "system";
 * action: a word such as "report.add"; object: id, may be ""; detail: JSON or "". */
int audit_add(struct audit *a, struct tx *tx, const char *actor, const char *action, struct str object,
              struct str detail, struct err *e) KT_CHECK;

/* After a restore into `s`, with its log open and before anything is added: trusts the keys that the restored database
 * names and the own one (adds them to DIR/keys/audit.known, 32 bytes each, 0600) and begins DIR/audit.head at its last
 * head. An audit.head that is not of this history is kept as audit.head.oud-<ms>. ret_keys: how many keys audit.known
 * then holds. Add a row afterwards. */
int audit_adopt(struct store *s, const char *dir, const struct clock *clk, size_t *ret_keys, struct err *e) KT_CHECK;

struct audit_result {
	int64_t rows, heads, chains;
	bool ok;
	bool foreign_key; /* good heads of another key, one that DIR/keys/audit.known lists */
	char chain[65];   /* of the first bad row */
	int64_t seq;
	const char *what; /* "gewijzigd", "verwijderd", "toegevoegd", "verplaatst", "hoofd ongeldig", "hoofd ontbreekt",
	                   "onbekende sleutel" */
	char text[240];   /* Dutch sentence */
};
/* Reads all chains in order. Trusts DIR/keys/audit and DIR/keys/audit.known, never what the database says of keys.
 * KT_EREFUSED, KT_ECORRUPT: one of those files is not fit to be trusted. 0 also when something is wrong (then ret->ok
 * is false). */
int audit_verify(struct store *s, const char *dir, struct audit_result *ret, struct err *e) KT_CHECK;

#endif
