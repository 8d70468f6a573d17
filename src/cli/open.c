#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "seam/crypto.h"

const char *cli_demo_password(void)
{
	return "demonstratie-meldpunt";
}

static int make_dir(const char *dir, struct err *e)
{
	struct stat st;
	if (mkdir(dir, 0700) == 0)
		return 0;
	if (errno == EEXIST)
		return stat(dir, &st) == 0 && S_ISDIR(st.st_mode)
			? 0
			: err_set(e, KT_EINVAL, "De gegevensmap bestaat al, maar is geen map.");
	return err_sys(e, "De gegevensmap kan niet worden gemaakt");
}

static int set_flag(struct cli *c, const char *flag, struct err *e)
{
	struct str s = str_of(flag);
	ptrdiff_t eq = str_find(s, '=');
	if (eq < 0)
		return err_set(e, KT_EINVAL, "--set: verwacht NAAM=WAARDE");
	return settings_set(&c->settings, str_trim(str_sub(s, 0, (size_t)eq)), str_sub(s, (size_t)eq + 1, s.n), e);
}

static int read_settings(struct cli *c, struct err *e)
{
	char path[4096];
	if (snprintf(path, sizeof(path), "%s/kentering.conf", c->dir) >= (int)sizeof(path))
		return err_set(e, KT_ELIMIT, "De naam van de gegevensmap is te lang.");
	settings_init(&c->settings);
	int rc = settings_file(&c->settings, path, e);
	if (rc == KT_ENOTFOUND)
		rc = 0;
	if (!rc)
		rc = settings_env(&c->settings, getenv, e);
	for (size_t i = 0; !rc && i < c->set_n; i++)
		rc = set_flag(c, c->set[i], e);
	return rc;
}

int cli_setup(struct cli *c, struct err *e)
{
	int rc = read_settings(c, e);
	if (rc)
		return rc;
	log_set_level((enum log_level)settings_enum(&c->settings, SET_LOG_LEVEL));
	const char *now = getenv("KENTERING_NOW");
	if (now && *now && settings_is(&c->settings, SET_MODE, "production"))
		return err_set(e, KT_EREFUSED, "KENTERING_NOW mag niet in productie: de klok is dan die van het systeem.");
	return clock_init(&c->clock, now && *now ? now : NULL, e);
}

int cli_store_opts(const struct cli *c, struct store_opts *ret)
{
	*ret = (struct store_opts){
		.dir = c->dir,
		.database = settings_text(&c->settings, SET_DATABASE),
		.node = settings_text(&c->settings, SET_NODE),
		.max_group = (unsigned)settings_int(&c->settings, SET_MAX_GROUP),
		.max_queue = (unsigned)settings_int(&c->settings, SET_MAX_QUEUE),
		.busy_ms = (unsigned)settings_int(&c->settings, SET_BUSY_MS),
	};
	return 0;
}

bool cli_is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

size_t cli_policy_dirs(const struct cli *c, char buf[512], const char *ret[CLI_POLICY_DIRS])
{
	if (c->policy_n) {
		memcpy(ret, c->policy, c->policy_n * sizeof(*ret));
		return c->policy_n;
	}
	if (snprintf(buf, 512, "%s/policy", c->dir) < 512 && cli_is_dir(buf))
		ret[0] = buf;
	else if (cli_is_dir("policy"))
		ret[0] = "policy";
	else
		ret[0] = KT_POLICY_DIR;
	return 1;
}

static int open_policy(struct cli *c, struct centre *ce)
{
	char buf[512];
	const char *dirs[CLI_POLICY_DIRS];
	struct err e = {0};
	struct valid_report *report = calloc(1, sizeof(*report));
	if (!report)
		return cli_fail(c, &(struct err){.code = KT_ENOMEM, .text = "Er is te weinig geheugen."});
	size_t n = cli_policy_dirs(c, buf, dirs);
	int rc = policy_load(dirs, n, &ce->policy, report, &e);
	if (rc)
		cli_fail_report(c, &e, report);
	free(report);
	return rc ? EXIT_REFUSED : EXIT_DONE;
}

static int open_store(struct cli *c, struct centre *ce, struct err *e)
{
	struct store_opts o;
	int rc = make_dir(c->dir, e);
	if (!rc)
		rc = cli_store_opts(c, &o);
	if (!rc)
		rc = store_open(&o, &ce->store, e);
	if (!rc)
		rc = audit_open(ce->store, c->dir, &c->clock, o.node, &ce->audit, e);
	return rc;
}

/* The desk of this installation. A bare directory is a demonstration: its key is made from a printed password. */
static int open_keys(struct cli *c, struct centre *ce, struct err *e)
{
	bool made;
	int rc = signal_keys_open(c->dir, &ce->keys, e);
	if (!rc)
		rc = box_open(c->dir, &ce->box, e);
	if (rc)
		return rc;
	if (settings_is(&c->settings, SET_MODE, "production"))
		return org_key_find(ce->store, "meldpunt", &ce->org, e);
	rc = org_key_get(ce->store, "meldpunt", str_of(cli_demo_password()), clock_ms(&c->clock), &ce->org, &made, e);
	if (!rc && made)
		log_event(LOG_INFO, "org.key.made", LOG_WORD("mode", "demo"));
	return rc;
}

int centre_open(struct cli *c, unsigned what, struct centre *ret)
{
	struct err e = {0};
	struct centre ce = {0};
	if ((what & OPEN_POLICY) && open_policy(c, &ce) != EXIT_DONE)
		return EXIT_REFUSED;
	int rc = what & OPEN_STORE ? open_store(c, &ce, &e) : 0;
	if (!rc && what == OPEN_ALL)
		rc = open_keys(c, &ce, &e);
	if (rc) {
		centre_close(&ce);
		return cli_fail(c, &e);
	}
	*ret = ce;
	ret->intake = (struct intake){
		ret->store, ret->audit, ret->policy, ret->keys,
		&ret->org,  "meldpunt", false,       *settings_text(&c->settings, SET_SMTP_URL) ? ret->box : NULL};
	return EXIT_DONE;
}

/* The mode must be the one that the directory was set up in; the key of a demonstration has the printed password. In a
 * demonstration anybody may look through anybody's eyes, and demo is what the mode is when nothing says otherwise: a
 * lost kentering.conf must not open what is real. And what is real is not sealed for a key that everybody can open. */
static int check_mode(struct centre *ce, bool production, struct err *e)
{
	uint8_t secret[32];
	int rc = org_key_open(ce->store, "meldpunt", str_of(cli_demo_password()), secret, e);
	crypto_wipe(secret, sizeof(secret));
	if (rc == KT_ECRYPTO && !production)
		return err_set(
			e, KT_EREFUSED,
			"Deze map is ingericht voor echt gebruik, maar de instelling is mode = demo. Zet mode = production "
			"in kentering.conf (is dat bestand weg, zet het dan terug).");
	if (!rc && production)
		return err_set(
			e, KT_EREFUSED,
			"Deze map is van een demonstratie: iedereen kan haar sleutel openen. Richt voor echt gebruik een "
			"lege map in met kentering init.");
	return rc == KT_ENOTFOUND || rc == KT_ECRYPTO ? 0 : rc; /* an empty one has no key yet */
}

int centre_auth(struct cli *c, struct centre *ce, struct err *e)
{
	struct auth_opts o = {
		.dir = c->dir,
		.clock = &c->clock,
		.production = settings_is(&c->settings, SET_MODE, "production"),
		.idle_ms = settings_int(&c->settings, SET_SESSION_IDLE) * 60000,
		.longest_ms = settings_int(&c->settings, SET_SESSION_LONGEST) * 60000,
	};
	int rc = check_mode(ce, o.production, e);
	return rc ? rc : auth_open(ce->store, ce->audit, &o, &ce->auth, e);
}

void centre_close(struct centre *ce)
{
	ce->auth = auth_close(ce->auth);
	ce->store = store_close(ce->store);
	ce->audit = audit_close(ce->audit);
	ce->keys = signal_keys_close(ce->keys);
	ce->box = box_close(ce->box);
	ce->smtp_password = crypto_guard_free(ce->smtp_password);
	ce->policy = policy_free(ce->policy);
}

struct tick {
	struct centre *ce;
	int64_t now_ms, changed;
};

static int tick_job(struct tx *tx, void *arg, struct err *e)
{
	struct tick *t = arg;
	int rc = barrier_tick(tx, t->ce->policy, t->now_ms, &t->changed, e);
	if (!rc && t->changed)
		rc = audit_add(t->ce->audit, tx, "system", "barrier.tick", STR(""), STR(""), e);
	return rc;
}

int centre_tick(struct cli *c, struct centre *ce, struct err *e)
{
	struct tick t = {ce, clock_ms(&c->clock), 0};
	for (;;) {
		struct tx *tx;
		bool due = false;
		int rc = store_read(ce->store, &tx, e);
		if (rc)
			return rc;
		rc = barrier_tick_due(tx, t.now_ms, &due, e);
		store_read_end(tx);
		if (rc || !due)
			return rc;
		rc = store_submit(ce->store, tick_job, &t, e);
		if (rc)
			return rc;
	}
}
