#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "seam/crypto.h"

#define RECOVERY_SYMBOLS 32

/* The configuration of a real installation: written once, never over an existing one. */
static int write_conf(const struct cli *c, struct err *e)
{
	char path[4096];
	if (snprintf(path, sizeof(path), "%s/kentering.conf", c->dir) >= (int)sizeof(path))
		return err_set(e, KT_ELIMIT, "De naam van de gegevensmap is te lang.");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return err_set(e, KT_EEXISTS, "Deze map is al ingericht: er staat een kentering.conf.");
	if (fd < 0)
		return err_sys(e, "De instellingen kunnen niet worden bewaard");
	static const char TEXT[] = "# Instellingen van deze installatie. Zie: kentering help settings\nmode = production\n";
	int rc = write(fd, TEXT, sizeof(TEXT) - 1) == (ssize_t)sizeof(TEXT) - 1 && fsync(fd) == 0
		? 0
		: err_sys(e, "De instellingen kunnen niet worden bewaard");
	close(fd);
	return rc;
}

static void make_recovery(char out[RECOVERY_SYMBOLS + RECOVERY_SYMBOLS / 4])
{
	char s[RECOVERY_SYMBOLS];
	size_t at = 0;
	receipt_random(s, sizeof(s));
	for (size_t i = 0; i < sizeof(s); i++) {
		if (i && i % 4 == 0)
			out[at++] = '-';
		out[at++] = s[i];
	}
	out[at] = 0;
	crypto_wipe(s, sizeof(s));
}

static bool same_volume(const struct cli *c)
{
	char keys[4096];
	struct stat a, b;
	if (!settings_is(&c->settings, SET_DATABASE, "sqlite"))
		return false;
	if (snprintf(keys, sizeof(keys), "%s/keys", c->dir) >= (int)sizeof(keys))
		return true;
	return stat(c->dir, &a) == 0 && stat(keys, &b) == 0 && a.st_dev == b.st_dev;
}

static int init_done(const struct cli *c, const char *recovery)
{
	bool same = same_volume(c);
	struct buf b = BUF_INIT(8192);
	struct jw w;
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kz(&w, "map", c->dir);
		jw_kz(&w, "mode", "production");
		jw_kz(&w, "herstelsleutel", recovery);
		jw_kbool(&w, "sleutels_op_zelfde_volume", same);
		jw_obj_end(&w);
	} else {
		buf_printf(&b,
		           "De map %s is ingericht (productie).\n\nHerstelsleutel van het meldpunt:\n\n    %s\n\n"
		           "Schrijf haar op en bewaar haar buiten deze machine. Zij wordt nooit meer getoond.\n",
		           c->dir, recovery);
		buf_printf(&b,
		           "\nMaak daarna de eerste beheerder, en een account voor wie aan het meldpunt werkt:\n\n"
		           "    kentering --data %s account add NAAM --rol beheerder\n"
		           "    kentering --data %s account add NAAM --rol behandelaar\n",
		           c->dir, c->dir);
		if (same)
			buf_printf(&b,
			           "\nLet op: %s/keys staat op hetzelfde volume als de database. Zet de sleutels op een eigen "
			           "volume\n(koppel het aan op die plaats) voordat u echte meldingen aanneemt.\n",
			           c->dir);
	}
	return cli_put(&b);
}

int cmd_init(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct err e = {0};
	char recovery[RECOVERY_SYMBOLS + RECOVERY_SYMBOLS / 4];
	bool made = false;
	(void)argv;
	if (argc)
		return cli_usage(c, "init vraagt niets.");
	int rc = centre_open(c, OPEN_STORE, &ce);
	if (rc)
		return rc;
	make_recovery(recovery);
	rc = org_key_find(ce.store, "meldpunt", &ce.org, &e);
	if (!rc)
		rc = err_set(&e, KT_EEXISTS, "Deze map is al in gebruik. Richt een lege map in.");
	else if (rc == KT_EUNAVAIL)
		rc = signal_keys_open(c->dir, &ce.keys, &e);
	/* Shown before anything is sealed to it: a key that nobody saw would lose every report. */
	if (!rc && init_done(c, recovery) != EXIT_DONE)
		rc = err_set(&e, KT_EIO, "De herstelsleutel kon niet worden getoond. Er is niets ingericht.");
	if (!rc)
		rc = org_key_get(ce.store, "meldpunt", str_of(recovery), clock_ms(&c->clock), &ce.org, &made, &e);
	if (!rc)
		rc = write_conf(c, &e);
	rc = rc ? cli_fail(c, &e) : EXIT_DONE;
	crypto_wipe(recovery, sizeof(recovery));
	centre_close(&ce);
	return rc;
}

static int verify_done(const struct cli *c, const struct audit_result *r)
{
	struct buf b = BUF_INIT(8192);
	struct jw w;
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kbool(&w, "goed", r->ok);
		jw_kint(&w, "regels", r->rows);
		jw_kint(&w, "hoofden", r->heads);
		jw_kint(&w, "ketens", r->chains);
		jw_kbool(&w, "andere_sleutel", r->foreign_key);
		if (!r->ok) {
			jw_kz(&w, "keten", r->chain);
			jw_kint(&w, "regel", r->seq);
			jw_kz(&w, "wat", r->what);
		}
		if (r->text[0])
			jw_kz(&w, "tekst", r->text);
		jw_obj_end(&w);
	} else if (r->ok) {
		buf_printf(&b, "%s%s\n", r->text[0] ? r->text : "Het logboek is heel.",
		           r->foreign_key ? "\nEen deel is getekend met een andere sleutel, die in keys/audit.known staat."
		                          : "");
	} else {
		buf_printf(&b, "Het logboek is NIET heel: %s\n", r->text);
	}
	int rc = cli_put(&b);
	return r->ok ? rc : EXIT_REFUSED;
}

int cmd_audit_verify(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct err e = {0};
	struct audit_result r = {0};
	(void)argv;
	if (argc)
		return cli_usage(c, "audit verify vraagt niets.");
	int rc = centre_open(c, OPEN_STORE, &ce);
	if (rc)
		return rc;
	rc = audit_verify(ce.store, c->dir, &r, &e);
	rc = rc ? cli_fail(c, &e) : verify_done(c, &r);
	centre_close(&ce);
	return rc;
}

static int say_file(const struct cli *c, const char *key, const char *file, const char *text)
{
	struct buf b = BUF_INIT(8192);
	struct jw w;
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kz(&w, key, file);
		jw_kz(&w, "opmerking", text);
		jw_obj_end(&w);
	} else {
		buf_printf(&b, "%s: %s\n%s\n", key, file, text);
	}
	return cli_put(&b);
}

int cmd_backup(struct cli *c, int argc, char **argv)
{
	struct centre ce;
	struct err e = {0};
	if (argc != 1)
		return cli_usage(c, "backup vraagt de naam van een nieuw bestand.");
	int rc = centre_open(c, OPEN_STORE, &ce);
	if (rc)
		return rc;
	rc = store_backup(ce.store, argv[0], &e);
	rc = rc ? cli_fail(c, &e)
			: say_file(c, "kopie", argv[0], "De sleutels (map keys) zitten er niet bij: bewaar die apart.");
	centre_close(&ce);
	return rc;
}

struct restored {
	struct audit *audit;
	size_t keys;
};

static int restored_job(struct tx *tx, void *arg, struct err *e)
{
	const struct restored *r = arg;
	char detail[48];
	int n = snprintf(detail, sizeof(detail), "{\"known_keys\":%zu}", r->keys);
	return audit_add(r->audit, tx, "cli", "store.restore", STR(""), (struct str){detail, (size_t)n}, e);
}

/* The log goes on here: its keys are known from now on, and audit.head begins at its end. */
static int restored(struct cli *c)
{
	struct centre ce;
	struct err e = {0};
	struct restored r = {0};
	if (centre_open(c, OPEN_STORE, &ce) != EXIT_DONE)
		return EXIT_REFUSED;
	r.audit = ce.audit;
	int rc = audit_adopt(ce.store, c->dir, &c->clock, &r.keys, &e);
	if (!rc)
		rc = store_submit(ce.store, restored_job, &r, &e);
	centre_close(&ce);
	return rc ? cli_fail(c, &e) : EXIT_DONE;
}

int cmd_restore(struct cli *c, int argc, char **argv)
{
	struct err e = {0};
	struct store_opts o;
	if (argc != 1)
		return cli_usage(c, "restore vraagt het bestand van een kopie.");
	if (mkdir(c->dir, 0700) && errno != EEXIST)
		err_sys(&e, "De gegevensmap kan niet worden gemaakt");
	int rc = e.code ? e.code : cli_store_opts(c, &o);
	if (!rc)
		rc = store_restore(&o, argv[0], &e);
	if (rc)
		return cli_fail(c, &e);
	if (restored(c) != EXIT_DONE)
		return EXIT_REFUSED;
	return say_file(c, "teruggezet", argv[0],
	                "Zet ook de map keys terug, en laat keys/audit.known staan:"
	                " zonder die sleutels beginnen tellingen opnieuw.");
}

int cmd_version(struct cli *c, int argc, char **argv)
{
	struct buf b = BUF_INIT(4096);
	struct jw w;
	(void)argv;
	if (argc)
		return cli_usage(c, "version vraagt niets.");
	jw_init(&w, &b);
	if (c->json) {
		jw_obj(&w);
		jw_kz(&w, "naam", "kentering");
		jw_kz(&w, "versie", KT_VERSION);
		jw_obj_end(&w);
	} else {
		buf_z(&b, "kentering " KT_VERSION "\n");
	}
	return cli_put(&b);
}
