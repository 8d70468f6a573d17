/* The command line: one const table of commands, one struct that carries what the options said. */
#ifndef CLI_CLI_H
#define CLI_CLI_H
#include "auth/auth.h"
#include "base/settings.h"
#include "exchange/deliver.h"
#include "feed/rpz.h"
#include "intake/intake.h"
#include "mail/lmtp_server.h"

#define EXIT_DONE 0
#define EXIT_REFUSED 1
#define EXIT_USAGE 2

#define CLI_POLICY_DIRS 16

struct cli {
	bool json;
	const char *dir; /* data directory */
	const char *policy[CLI_POLICY_DIRS];
	size_t policy_n;
	const char *set[SETTING_COUNT]; /* "name=value", of --set */
	size_t set_n;
	struct settings settings;
	struct clock clock;
};

struct command {
	const char *name;  /* "report add" */
	const char *usage; /* what follows the name */
	const char *doc;   /* one line, Dutch */
	const char *more;  /* the rest of `help COMMAND`; may be NULL */
	int (*run)(struct cli *c, int argc, char **argv);
};
extern const struct command COMMANDS[]; /* ended by name NULL */

struct cli_option { /* before or behind any command */
	const char *usage, *doc;
};
extern const struct cli_option CLI_OPTIONS[]; /* ended by usage NULL */
/* A manual page in troff's man form: "kentering.1" or "kentering.conf.5". False when there is no such page. */
bool cli_man(const char *page, struct buf *b);

/* Everything a command may need, opened in order; close takes a half-opened one. */
struct centre {
	struct store *store;
	struct audit *audit;
	struct policy *policy;
	struct signal_keys *keys;
	struct auth *auth; /* after centre_auth */
	struct org_public org;
	struct box *box;
	struct intake intake;
	struct deliver deliver;
	char *smtp_password; /* guarded; NULL: none */
};
enum { OPEN_POLICY = 1, OPEN_STORE = 2, OPEN_ALL = 7 };
/* Says what is wrong (on stdout as JSON or on stderr) and returns EXIT_REFUSED; EXIT_DONE otherwise. */
int centre_open(struct cli *c, unsigned what, struct centre *ret);
void centre_close(struct centre *ce);
/* Opens the accounts and sessions of an open centre; centre_close closes them. */
int centre_auth(struct cli *c, struct centre *ce, struct err *e) KT_CHECK;
/* What leaves from here: settings to ce->deliver. */
int centre_deliver(struct cli *c, struct centre *ce, struct err *e) KT_CHECK;
/* Lets clocks that have run out do their work. */
int centre_tick(struct cli *c, struct centre *ce, struct err *e) KT_CHECK;
/* The directories that policy comes from; the strings are the caller's buffers or literals. */
size_t cli_policy_dirs(const struct cli *c, char buf[512], const char *ret[CLI_POLICY_DIRS]);
/* Settings from file, environment and options; the data directory; the clock. */
int cli_setup(struct cli *c, struct err *e) KT_CHECK;
bool cli_is_dir(const char *path);
int cli_store_opts(const struct cli *c, struct store_opts *ret);
const char *cli_demo_password(void);

/* Mail that comes in; both NULL when no setting asks for it. */
struct mail_door {
	struct mail_desk *desk;
	struct lmtp_server *server;
};
/* Listens where the settings say, if they do. */
int mail_door_open(struct cli *c, struct centre *ce, struct mail_door *ret, struct err *e) KT_CHECK;
void mail_door_close(struct mail_door *d);

/* Output. A document goes out whole. All return the exit code they were given. */
int cli_fail(const struct cli *c, const struct err *e);
int cli_fail_report(const struct cli *c, const struct err *e, const struct valid_report *why);
int cli_usage(const struct cli *c, const char *what);
int cli_write(struct str text); /* to stdout, all of it; negative on error */
/* Writes, ends the line when needed, frees; EXIT_DONE, or EXIT_REFUSED when the output is gone. */
int cli_put(struct buf *b);
void cli_say(const char *fmt, ...) KT_PRINTF(1, 2); /* a line on stderr */

/* What a command lists: one JSON array, or lines. A function that writes one member counts it in n. */
struct listing {
	struct cli *c;
	struct centre *ce;
	struct buf b;
	struct jw w; /* with --json: inside the array */
	size_t n;
};
typedef int (*listing_fn)(struct listing *l, struct tx *tx, struct err *e);
/* Runs fn in one read transaction and shows what it wrote; `none` when that was nothing. Closes the centre. */
int cli_listing(struct cli *c, struct centre *ce, listing_fn fn, const char *none);

/* Input: a file or "-", at most max bytes; wiped by buf_free. KT_ELIMIT says how much was allowed. */
int cli_read(const char *path, size_t max, struct buf *ret, struct err *e) KT_CHECK;

/* The commands: argc and argv are what follows the name; each returns an exit code. */
int cmd_init(struct cli *c, int argc, char **argv);
int cmd_demo(struct cli *c, int argc, char **argv);
int cmd_policy_check(struct cli *c, int argc, char **argv);
int cmd_safety_import(struct cli *c, int argc, char **argv);
int cmd_identify(struct cli *c, int argc, char **argv);
int cmd_lmtp(struct cli *c, int argc, char **argv);
int cmd_mail(struct cli *c, int argc, char **argv);
int cmd_mail_deliver(struct cli *c, int argc, char **argv);
int cmd_report_add(struct cli *c, int argc, char **argv);
int cmd_report_show(struct cli *c, int argc, char **argv);
int cmd_signals_list(struct cli *c, int argc, char **argv);
int cmd_barriers_list(struct cli *c, int argc, char **argv);
int cmd_barriers_show(struct cli *c, int argc, char **argv);
int cmd_barriers_approve(struct cli *c, int argc, char **argv);
int cmd_barriers_refuse(struct cli *c, int argc, char **argv);
int cmd_rpz_export(struct cli *c, int argc, char **argv);
int cmd_audit_verify(struct cli *c, int argc, char **argv);
int cmd_backup(struct cli *c, int argc, char **argv);
int cmd_restore(struct cli *c, int argc, char **argv);
int cmd_outbox_run(struct cli *c, int argc, char **argv);
int cmd_outbox_list(struct cli *c, int argc, char **argv);
int cmd_outbox_retry(struct cli *c, int argc, char **argv);
int cmd_webhook_add(struct cli *c, int argc, char **argv);
int cmd_webhook_list(struct cli *c, int argc, char **argv);
int cmd_webhook_remove(struct cli *c, int argc, char **argv);
int cmd_serve(struct cli *c, int argc, char **argv);
int cmd_doctor(struct cli *c, int argc, char **argv);
int cmd_account_add(struct cli *c, int argc, char **argv);
int cmd_account_list(struct cli *c, int argc, char **argv);
int cmd_account_disable(struct cli *c, int argc, char **argv);
int cmd_account_reset(struct cli *c, int argc, char **argv);
int cmd_version(struct cli *c, int argc, char **argv);
int cmd_help(struct cli *c, int argc, char **argv);

#endif
