#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "auth/totp.h"
#include "cli/cli.h"
#include "seam/crypto.h"

#define ISSUER "Kentering"

/* Switches the terminal's echo; true when there is a terminal and it did. */
static bool set_echo(bool on)
{
	struct termios t;
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &t))
		return false;
	t.c_lflag = on ? t.c_lflag | ECHO : t.c_lflag & ~(tcflag_t)ECHO;
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &t) == 0;
}

/* One line, without its end; byte by byte, so that nothing behind it is taken. */
static int read_line(struct buf *b, struct err *e)
{
	for (;;) {
		char x;
		ssize_t n = read(STDIN_FILENO, &x, 1);
		if (n < 0)
			return err_sys(e, "Het wachtwoord kan niet worden gelezen");
		if (n == 0 || x == '\n')
			break;
		if (x != '\r')
			buf_c(b, x);
	}
	return buf_err(b) ? err_set(e, KT_EINVAL, "Het wachtwoord is hoogstens %d bytes.", AUTH_PASSWORD_MAX) : 0;
}

static int ask(const char *question, struct buf *b, struct err *e)
{
	bool quiet = set_echo(false);
	if (isatty(STDIN_FILENO))
		cli_say("%s", question);
	int rc = read_line(b, e);
	if (quiet)
		(void)set_echo(true);
	return rc;
}

/* From the terminal twice, without echo; from a pipe one line. */
static int read_password(struct buf *ret, struct err *e)
{
	struct buf again = BUF_INIT(AUTH_PASSWORD_MAX + 1);
	int rc = ask("Wachtwoord (minstens 12 tekens; u ziet niet wat u typt):", ret, e);
	if (!rc && isatty(STDIN_FILENO)) {
		rc = ask("Nog een keer:", &again, e);
		if (!rc && !str_eq(buf_view(ret), buf_view(&again)))
			rc = err_set(e, KT_EINVAL, "De twee wachtwoorden zijn niet gelijk.");
	}
	buf_free(&again);
	return rc;
}

struct wish { /* what the command line asked for */
	const char *name, *role, *org, *title;
	bool no_code;
};

static bool take_wish(int argc, char **argv, bool add, struct wish *ret)
{
	for (int i = 0; i < argc; i++) {
		const char **into = NULL;
		if (strcmp(argv[i], "--zonder-code") == 0) {
			ret->no_code = true;
			continue;
		}
		if (add && strcmp(argv[i], "--rol") == 0)
			into = &ret->role;
		else if (add && strcmp(argv[i], "--organisatie") == 0)
			into = &ret->org;
		else if (add && strcmp(argv[i], "--naam") == 0)
			into = &ret->title;
		if (into && i + 1 == argc)
			return false;
		if (into)
			*into = argv[++i];
		else if (argv[i][0] == '-' || ret->name)
			return false;
		else
			ret->name = argv[i];
	}
	return ret->name && (!add || ret->role);
}

static int account_of(const struct centre *ce, const struct wish *w, struct auth_account *ret, struct err *e)
{
	struct auth_account a = {.role = auth_role_of(str_of(w->role)), .second_factor = !w->no_code};
	const char *org = w->org ? w->org : "meldpunt";
	if (!a.role)
		return err_set(e, KT_EINVAL, "De rol is beheerder, behandelaar of partner.");
	if (!str_copy(a.name, sizeof(a.name), str_of(w->name)) || !str_copy(a.org, sizeof(a.org), str_of(org)) ||
	    !str_copy(a.title, sizeof(a.title), str_of(w->title ? w->title : w->name)))
		return err_set(e, KT_ELIMIT, "De naam of de organisatie is te lang.");
	if (!policy_partner(ce->policy, str_of(org)))
		return err_set(e, KT_EINVAL, "Deze organisatie staat niet in het beleid (partners.yaml).");
	*ret = a;
	return 0;
}

/* The one time that the secret is shown. */
static int show_secret(const struct cli *c, const char *name, const char *done, bool has,
                       const uint8_t secret[AUTH_TOTP_SECRET])
{
	struct buf b = BUF_INIT(8192), code = BUF_INIT(64), uri = BUF_INIT(256);
	struct jw w;
	if (has) {
		totp_base32(&code, F_BYTES(secret, AUTH_TOTP_SECRET));
		totp_uri(&uri, ISSUER, name, F_BYTES(secret, AUTH_TOTP_SECRET));
	}
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kz(&w, "gebruikersnaam", name);
		if (has) {
			jw_kstr(&w, "code_geheim", buf_view(&code));
			jw_kstr(&w, "code_uri", buf_view(&uri));
		}
		jw_obj_end(&w);
	} else {
		buf_printf(&b, "Account %s is %s.\n", name, done);
		if (has)
			buf_printf(&b,
			           "\nZet dit in een code-app (Aegis, FreeOTP, Google Authenticator, …). Het wordt nooit meer "
			           "getoond:\n\n    " STR_FMT "\n    " STR_FMT "\n",
			           STR_ARG(buf_view(&code)), STR_ARG(buf_view(&uri)));
	}
	buf_free(&code);
	buf_free(&uri);
	return cli_put(&b);
}

static int open_auth(struct cli *c, struct centre *ce)
{
	struct err e = {0};
	int rc = centre_open(c, OPEN_POLICY | OPEN_STORE, ce);
	if (rc != EXIT_DONE)
		return rc;
	if (!centre_auth(c, ce, &e))
		return EXIT_DONE;
	centre_close(ce);
	return cli_fail(c, &e);
}

static int set_account(struct cli *c, const struct wish *w, bool add)
{
	struct centre ce;
	struct err e = {0};
	struct auth_account acc;
	struct buf password = BUF_INIT(AUTH_PASSWORD_MAX + 1);
	uint8_t secret[AUTH_TOTP_SECRET] = {0};
	if (open_auth(c, &ce) != EXIT_DONE)
		return EXIT_REFUSED;
	int rc = add ? account_of(&ce, w, &acc, &e) : 0;
	if (!rc)
		rc = read_password(&password, &e);
	if (!rc && add)
		rc = auth_account_add(ce.auth, "cli", &acc, buf_view(&password), secret, &e);
	else if (!rc)
		rc = auth_account_reset(ce.auth, "cli", w->name, buf_view(&password), !w->no_code, secret, &e);
	buf_free(&password);
	rc = rc ? cli_fail(c, &e) : show_secret(c, w->name, add ? "gemaakt" : "vernieuwd", !w->no_code, secret);
	crypto_wipe(secret, sizeof(secret));
	centre_close(&ce);
	return rc;
}

int cmd_account_add(struct cli *c, int argc, char **argv)
{
	struct wish w = {0};
	if (!take_wish(argc, argv, true, &w))
		return cli_usage(c, "account add vraagt een naam en --rol; --organisatie, --naam en --zonder-code mogen.");
	return set_account(c, &w, true);
}

int cmd_account_reset(struct cli *c, int argc, char **argv)
{
	struct wish w = {0};
	if (!take_wish(argc, argv, false, &w))
		return cli_usage(c, "account reset vraagt de naam van een account; --zonder-code mag.");
	return set_account(c, &w, false);
}

int cmd_account_disable(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct err e = {0};
	if (argc != 1)
		return cli_usage(c, "account disable vraagt de naam van een account.");
	if (open_auth(c, &ce) != EXIT_DONE)
		return EXIT_REFUSED;
	int rc = auth_account_disable(ce.auth, "cli", argv[0], &e);
	rc = rc ? cli_fail(c, &e) : show_secret(c, argv[0], "uitgezet", false, NULL);
	centre_close(&ce);
	return rc;
}

static int account_line(const struct auth_account *a, void *arg)
{
	struct listing *l = arg;
	l->n++;
	if (!l->c->json) {
		buf_printf(&l->b, "%-32s %-12s %-20s %s%s\n", a->name, auth_role_word(a->role), a->org,
		           a->active ? "actief" : "uitgezet", a->second_factor ? ", met code-app" : "");
		return buf_err(&l->b);
	}
	jw_obj(&l->w);
	jw_kz(&l->w, "gebruikersnaam", a->name);
	jw_kz(&l->w, "naam", a->title);
	jw_kz(&l->w, "rol", auth_role_word(a->role));
	jw_kz(&l->w, "organisatie", a->org);
	jw_kbool(&l->w, "actief", a->active);
	jw_kbool(&l->w, "tweede_factor", a->second_factor);
	jw_obj_end(&l->w);
	return buf_err(&l->b);
}

static int list_accounts(struct listing *l, struct tx *tx, struct err *e)
{
	return auth_account_list(tx, account_line, l, e);
}

int cmd_account_list(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	(void)argv;
	if (argc)
		return cli_usage(c, "account list vraagt niets.");
	int rc = centre_open(c, OPEN_STORE, &ce);
	return rc
		? rc
		: cli_listing(c, &ce, list_accounts, "Er zijn nog geen accounts. Maak er een met: kentering account add\n");
}
