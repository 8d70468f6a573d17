/* The doctor on what is kept: database, log, policy, website, mail, copies. */
#include "cli/doctor.h"
#include "seam/smtp.h"

#include <dirent.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define HOUR_MS INT64_C(3600000)

void doctor_database(struct doctor *d)
{
	struct store_opts o;
	struct err e = {0};
	if (!d->readable)
		return;
	int rc = cli_store_opts(d->c, &o);
	o.readonly = true;
	if (!rc)
		rc = store_open(&o, &d->store, &e);
	if (rc == KT_ENOTFOUND)
		doctor_say(d, GRADE_WRONG, "Richt de map in: kentering init.", "%s", e.text);
	else if (rc == KT_EREFUSED)
		doctor_say(d, GRADE_WRONG, "Maak een kopie, en start daarna de versie van het programma die hierbij hoort.",
		           "%s", e.text);
	else if (rc)
		doctor_say(d, GRADE_WRONG, "Kijk of de database draait en bereikbaar is, en naar de instelling database.", "%s",
		           e.text);
	else
		doctor_say(d, GRADE_GOOD, "", "%s is bereikbaar en bij (indeling %u)", store_driver(d->store), store_level());
}

void doctor_log(struct doctor *d)
{
	struct audit_result r = {0};
	struct err e = {0};
	if (!d->store)
		return;
	if (audit_verify(d->store, d->c->dir, &r, &e))
		doctor_say(d, GRADE_WRONG, "Zet keys/audit.known terug of maak het leeg na onderzoek.", "%s", e.text);
	else if (!r.ok)
		doctor_say(d, GRADE_WRONG,
		           "Verander niets meer, maak een kopie van schijf en database, en onderzoek wat er is gebeurd.", "%s",
		           r.text);
	else
		doctor_say(d, GRADE_GOOD, "", "heel: %lld regels, %lld getekende hoofden", (long long)r.rows,
		           (long long)r.heads);
}

void doctor_policy(struct doctor *d)
{
	char buf[512];
	const char *dirs[CLI_POLICY_DIRS];
	struct err e = {0};
	struct policy *p = NULL;
	const struct policy_rule *rules;
	struct valid_report *report = calloc(1, sizeof(*report));
	size_t n = cli_policy_dirs(d->c, buf, dirs), sure = 0;
	int rc = report ? policy_load(dirs, n, &p, report, &e) : KT_ENOMEM;
	free(report);
	if (rc) {
		doctor_say(d, GRADE_WRONG, "Bekijk alle fouten: kentering policy check.", "%s%s%s", e.at, e.at[0] ? ": " : "",
		           e.text);
		return;
	}
	n = policy_rules(p, &rules);
	for (size_t i = 0; i < n; i++)
		sure += rules[i].origin.status == STATUS_VERIFIED;
	doctor_say(d, sure == n ? GRADE_GOOD : GRADE_ATTENTION,
	           sure == n ? "" : "Laat de andere regels bevestigen en zet hun status op verified.",
	           "%zu regels, waarvan %zu bevestigd", n, sure);
	policy_free(p);
}

/* A setting of that name; NULL when this program has none or it is empty. */
static const char *text_of(const struct doctor *d, const char *name)
{
	const struct setting_info *in = settings_find(str_of(name));
	const char *v = in ? settings_text(&d->c->settings, in->id) : "";
	return *v ? v : NULL;
}

void doctor_web(struct doctor *d)
{
	static const char *const PAGES[] = {"index.html", "404.html", "503.html"};
	const char *dir = text_of(d, "web_dir");
	char path[4096];
	struct stat st;
	if (!dir)
		dir = stat("web/dist", &st) == 0 ? "web/dist" : KT_WEB_DIR;
	for (size_t i = 0; i < sizeof(PAGES) / sizeof(*PAGES); i++)
		if (snprintf(path, sizeof(path), "%s/%s", dir, PAGES[i]) >= (int)sizeof(path) || stat(path, &st)) {
			doctor_say(d, GRADE_ATTENTION, "Installeer de website, of wijs de map aan met web_dir.",
			           "in de map van de website staat geen %s", PAGES[i]);
			return;
		}
	doctor_say(d, GRADE_GOOD, "", "de website staat er");
}

void doctor_mail(struct doctor *d)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *got = NULL;
	const char *url = settings_text(&d->c->settings, SET_SMTP_URL);
	char host[256];
	if (!*url) {
		doctor_say(d, GRADE_ATTENTION, "Stel smtp_url en mail_from in.",
		           "er gaat geen mail uit: codes om een e-mailadres te bevestigen en antwoorden blijven liggen");
		return;
	}
	int rc = smtp_host(url, host) ? getaddrinfo(host, NULL, &hints, &got) : EAI_NONAME;
	if (got)
		freeaddrinfo(got);
	if (rc)
		doctor_say(d, GRADE_WRONG, "Verbeter smtp_url, of kijk naar DNS.",
		           "smtp_url: de mailserver is niet op te zoeken");
	else
		doctor_say(d, GRADE_GOOD, "", "smtp_url: de mailserver is te vinden");
}

void doctor_backup(struct doctor *d)
{
	const char *dir = settings_text(&d->c->settings, SET_BACKUP_DIR);
	static const char TODO[] =
		"Laat de timer kentering-backup draaien, en oefen het terugzetten (docs/operate/backup.md).";
	int64_t newest = 0, now = clock_ms(&(struct clock){false, 0});
	char path[4096];
	struct stat st;
	DIR *all = *dir ? opendir(dir) : NULL;
	if (!*dir) {
		doctor_say(d, GRADE_ATTENTION, "Stel backup_dir in op de map waar de dagelijkse kopie komt.",
		           "er is geen map voor kopieën ingesteld");
		return;
	}
	for (struct dirent *f = all ? readdir(all) : NULL; f; f = readdir(all))
		if (f->d_name[0] != '.' && snprintf(path, sizeof(path), "%s/%s", dir, f->d_name) < (int)sizeof(path) &&
		    stat(path, &st) == 0 && S_ISREG(st.st_mode) && (int64_t)st.st_mtime * 1000 > newest)
			newest = (int64_t)st.st_mtime * 1000;
	if (all)
		(void)closedir(all);
	int64_t hours = (now - newest) / HOUR_MS;
	if (!newest)
		doctor_say(d, GRADE_WRONG, TODO, "in backup_dir staat geen kopie");
	else
		doctor_say(d,
		           hours > 24 * 8   ? GRADE_WRONG
		               : hours > 26 ? GRADE_ATTENTION
		                            : GRADE_GOOD,
		           hours > 26 ? TODO : "", "de laatste kopie is %lld uur oud", (long long)(hours > 0 ? hours : 0));
}
