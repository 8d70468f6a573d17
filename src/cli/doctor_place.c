/* The doctor on the machine: settings, folders, space, clock, keys, ports, certificate. */
#include "cli/doctor.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "seam/cert.h"

#define LITTLE_SPACE (UINT64_C(1) << 30)
#define NO_SPACE (UINT64_C(100) << 20)
#define CERT_SOON_DAYS 21

void doctor_settings(struct doctor *d)
{
	struct err e = {0};
	if (cli_setup(d->c, &e)) {
		doctor_say(d, GRADE_WRONG, "Verbeter dit; de rest hieronder is bekeken met wat wel te lezen was.", "%s%s%s",
		           e.at, e.at[0] ? ": " : "", e.text);
		return;
	}
	d->readable = true;
	unsigned changed = 0;
	for (int i = 0; i < SETTING_COUNT; i++)
		changed += d->c->settings.from[i] != FROM_DEFAULT;
	if (settings_is(&d->c->settings, SET_MODE, "production"))
		doctor_say(d, GRADE_GOOD, "", "ingericht voor echt gebruik; %u instellingen wijken af van de standaard",
		           changed);
	else
		doctor_say(d, GRADE_ATTENTION, "Voor echt gebruik: kentering init in een lege map.",
		           "dit is een demonstratie (mode = demo); neem hier geen echte meldingen aan");
}

/* Ours, and closed to others. */
static bool closed(struct doctor *d, const char *path, mode_t type, const char *name, bool needed)
{
	struct stat st;
	if (lstat(path, &st)) {
		if (errno != ENOENT)
			doctor_say(d, GRADE_WRONG, "Geef de gebruiker van kentering rechten op deze plaats.",
			           "%s is niet te bekijken", name);
		else if (needed)
			doctor_say(d, GRADE_WRONG, "Richt de map in met kentering init, of zet haar terug uit een kopie.",
			           "%s is er niet", name);
		return false;
	}
	if ((st.st_mode & S_IFMT) != type) {
		doctor_say(d, GRADE_WRONG, "Haal weg wat er staat, of wijs een andere gegevensmap aan.",
		           "%s is iets anders dan verwacht (een koppeling of een apparaat)", name);
		return false;
	}
	if (st.st_uid != geteuid()) {
		doctor_say(d, GRADE_WRONG, "Draai kentering als de eigenaar (systemd: User=), of geef hem de map met chown.",
		           "%s is van een andere gebruiker (%u, wij zijn %u)", name, (unsigned)st.st_uid, (unsigned)geteuid());
		return false;
	}
	if (st.st_mode & 077) {
		doctor_say(d, GRADE_WRONG, "Sluit af: chmod go= op deze plaats.", "anderen kunnen bij %s (rechten %o)", name,
		           (unsigned)(st.st_mode & 07777));
		return false;
	}
	return true;
}

void doctor_folder(struct doctor *d)
{
	if (!closed(d, d->c->dir, S_IFDIR, "de gegevensmap", true))
		return;
	if (access(d->c->dir, W_OK | X_OK))
		doctor_say(d, GRADE_WRONG, "Koppel de schijf aan met schrijfrechten.",
		           "in de gegevensmap kan niet worden geschreven");
	else
		doctor_say(d, GRADE_GOOD, "", "van ons, en dicht voor anderen");
}

void doctor_space(struct doctor *d)
{
	struct statvfs v;
	if (statvfs(d->c->dir, &v)) {
		doctor_say(d, GRADE_ATTENTION, "Bekijk de schijf zelf (df).", "de vrije ruimte is niet te zien");
		return;
	}
	uint64_t free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
	bool nodes = v.f_files && v.f_favail < 1000;
	enum grade g = free_bytes < NO_SPACE     ? GRADE_WRONG
		: free_bytes < LITTLE_SPACE || nodes ? GRADE_ATTENTION
											 : GRADE_GOOD;
	doctor_say(d, g,
	           g == GRADE_GOOD ? "" : "Maak ruimte of vergroot de schijf: een volle schijf neemt geen melding aan.",
	           "%llu MiB vrij%s", (unsigned long long)(free_bytes >> 20), nodes ? ", bijna geen bestanden meer" : "");
}

void doctor_clock(struct doctor *d)
{
	char path[4096];
	struct stat st;
	struct timex t = {.modes = 0}; /* asks only */
	int state = adjtimex(&t);
	int64_t now = clock_ms(&(struct clock){false, 0});
	if (snprintf(path, sizeof(path), "%s/kentering.db", d->c->dir) < (int)sizeof(path) && !stat(path, &st) &&
	    now / 1000 + 60 < (int64_t)st.st_mtime) {
		doctor_say(d, GRADE_WRONG, "Zet de klok goed: termijnen en het logboek rekenen ermee.",
		           "de klok staat vroeger dan de laatste wijziging van de database");
		return;
	}
	if (state < 0)
		doctor_say(d, GRADE_ATTENTION, "Kijk of de klok wordt gelijkgezet: timedatectl.",
		           "of de klok wordt gelijkgezet is hier niet te zien");
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC))
		doctor_say(d, GRADE_ATTENTION, "Zet tijdsynchronisatie aan (chrony of systemd-timesyncd).",
		           "de klok wordt niet gelijkgezet");
	else
		doctor_say(d, GRADE_GOOD, "", "de klok wordt gelijkgezet");
}

static void one_key(struct doctor *d, const char *name, bool needed, unsigned *good)
{
	char path[4096], what[300];
	if (snprintf(path, sizeof(path), "%s/keys/%s", d->c->dir, name) >= (int)sizeof(path))
		return;
	(void)snprintf(what, sizeof(what), "sleutel keys/%.255s", name);
	*good += closed(d, path, S_IFREG, what, needed);
}

void doctor_keys(struct doctor *d)
{
	static const char *const NEEDED[] = {"audit", "tag", "person"};
	char path[4096];
	unsigned good = 0, n = 0;
	if (snprintf(path, sizeof(path), "%s/keys", d->c->dir) >= (int)sizeof(path) ||
	    !closed(d, path, S_IFDIR, "de map keys", true))
		return;
	for (size_t i = 0; i < sizeof(NEEDED) / sizeof(*NEEDED); i++, n++)
		one_key(d, NEEDED[i], true, &good);
	DIR *dir = opendir(path);
	for (struct dirent *f = dir ? readdir(dir) : NULL; f; f = readdir(dir)) {
		bool listed = f->d_name[0] == '.';
		for (size_t i = 0; i < sizeof(NEEDED) / sizeof(*NEEDED); i++)
			listed = listed || strcmp(f->d_name, NEEDED[i]) == 0;
		if (listed)
			continue;
		n++;
		one_key(d, f->d_name, false, &good);
	}
	if (dir)
		(void)closedir(dir);
	if (good == n)
		doctor_say(d, GRADE_GOOD, "", "%u bestanden, alleen voor ons te lezen", n);
}

static void one_port(struct doctor *d, enum setting_id address, enum setting_id port, const char *name)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = {0};
	uint16_t n = (uint16_t)settings_int(&d->c->settings, port);
	const char *text = settings_text(&d->c->settings, address);
	int on = 1;
	if (!n)
		return;
	a.v4.sin_family = AF_INET;
	a.v4.sin_port = htons(n);
	if (inet_pton(AF_INET, text, &a.v4.sin_addr) != 1) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(n);
		if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) != 1) {
			doctor_say(d, GRADE_WRONG, "Geef een IPv4- of IPv6-adres van deze machine.", "%s: het adres is er geen",
			           name);
			return;
		}
	}
	int fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	int code = fd < 0 || bind(fd, &a.sa, a.sa.sa_family == AF_INET ? sizeof(a.v4) : sizeof(a.v6)) ? errno : 0;
	if (fd >= 0)
		(void)close(fd);
	if (!code)
		doctor_say(d, GRADE_GOOD, "", "%s: poort %u is vrij", name, n);
	else if (code == EADDRINUSE)
		doctor_say(d, GRADE_ATTENTION, "Draait kentering serve, dan hoort dit zo; anders: kies een andere poort.",
		           "%s: poort %u is in gebruik", name, n);
	else
		doctor_say(d, GRADE_WRONG, "Kies een adres van deze machine, en een poort boven 1023.",
		           "%s: op dit adres en deze poort (%u) mag niet worden geluisterd", name, n);
}

void doctor_ports(struct doctor *d)
{
	one_port(d, SET_ADDRESS, SET_PORT, "website en interface");
	one_port(d, SET_METRICS_ADDRESS, SET_METRICS_PORT, "/metrics");
}

void doctor_tls(struct doctor *d)
{
	const char *cert = settings_text(&d->c->settings, SET_TLS_CERT), *key = settings_text(&d->c->settings, SET_TLS_KEY);
	struct cert_info info;
	struct err e = {0};
	int64_t now = clock_ms(&(struct clock){false, 0});
	bool believed = *settings_text(&d->c->settings, SET_TRUSTED_PROXY) != 0;
	if (!*cert && !*key && !believed && settings_is(&d->c->settings, SET_MODE, "production")) {
		doctor_say(
			d, GRADE_ATTENTION, "Stel trusted_proxy in op het adres van die webserver, vaak 127.0.0.1.",
			"geen eigen TLS, en alle bezoekers hebben hier hetzelfde adres: wie wachtwoorden raadt valt niet op");
		return;
	}
	if (!*cert && !*key) {
		doctor_say(d, GRADE_GOOD, "", "geen eigen TLS: een webserver staat ervoor");
		return;
	}
	if (!*cert || !*key) {
		doctor_say(d, GRADE_WRONG, "Stel tls_cert en tls_key allebei in, of geen van beide.",
		           "certificaat of sleutel is niet ingesteld");
		return;
	}
	if (cert_look(cert, key, &info, &e)) {
		doctor_say(d, GRADE_WRONG, "Kijk naar de paden en rechten van tls_cert en tls_key.", "%s", e.text);
		return;
	}
	int64_t days = (info.until_ms - now) / DAY_MS;
	if (!info.key_fits)
		doctor_say(d, GRADE_WRONG, "Zet de sleutel neer die bij het certificaat hoort.",
		           "de sleutel hoort niet bij het certificaat");
	else if (info.from_ms > now || info.until_ms <= now)
		doctor_say(d, GRADE_WRONG, "Vernieuw het certificaat; browsers weigeren dit.", "het certificaat is %s",
		           info.from_ms > now ? "nog niet geldig" : "verlopen");
	else
		doctor_say(d, days < CERT_SOON_DAYS ? GRADE_ATTENTION : GRADE_GOOD,
		           days < CERT_SOON_DAYS ? "Vernieuw het certificaat op tijd." : "",
		           "TLS 1.2 en 1.3; het certificaat is nog %lld dagen geldig", (long long)days);
}
