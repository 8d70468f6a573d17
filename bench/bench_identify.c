/* Speed of id_extract over the source of mails, one thread: MB (10^6 bytes) a second of processor time. */
#include "identifier/identifier.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define GOAL 20.0
#define TEXT_MAX (64u << 20)
#define ROUNDS 7
#define ROUND_BYTES (24u << 20)

struct text {
	char *p;
	size_t n;
};

static void add_file(struct text *t, const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return;
	t->n += fread(t->p + t->n, 1, TEXT_MAX - t->n, f);
	fclose(f);
}

/* All files below a folder, four levels deep at most. */
static void add_folder(struct text *t, const char *path, int depth)
{
	DIR *d = depth < 4 ? opendir(path) : NULL;
	for (struct dirent *e; d && (e = readdir(d));) {
		char file[2048];
		struct stat st;
		if (e->d_name[0] == '.' || snprintf(file, sizeof(file), "%s/%s", path, e->d_name) >= (int)sizeof(file) ||
		    stat(file, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			add_folder(t, file, depth + 1);
		else
			add_file(t, file);
	}
	if (d)
		closedir(d);
}

static void synthetic(struct text *t)
{
	static const char mail[] =
		"Received: from mx1.example.net (mx1.example.net [192.0.2.7])\r\n"
		"\tby in.example.org with ESMTPS id 4F1c2D3e\r\n"
		"From: \"Klantenservice\" <service@winkel.example>\r\nSubject: Uw pakket wacht\r\n\r\n"
		"Beste klant, wij konden uw pakket niet bezorgen. Betaal binnen 24 uur EUR 1,95 via\r\n"
		"https://pakket.example/betalen?utm_source=mail&id=8812 of bel 06-12345678.\r\n"
		"Uw rekening NL04 KENT 0123 4567 89\r\n"
		"wordt anders geblokkeerd. Met vriendelijke groet, de afdeling bezorging, postbus 12, 1234 AB Ergens.\r\n"
		"PGh0bWw+PGJvZHk+PHA+QmVzdGUga2xhbnQsPC9wPjwvYm9keT48L2h0bWw+QmVzdGUga2xhbnQsPC9wPg==\r\n";
	while (t->n < 4u << 20) {
		memcpy(t->p + t->n, mail, sizeof(mail) - 1);
		t->n += sizeof(mail) - 1;
	}
}

static int count(const struct id_found *f, void *arg)
{
	size_t *finds = arg;
	*finds += f->end > f->begin;
	return 0;
}

static double seconds(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	char path[2048] = "";
	const char *shared = getenv("KENTERING_SHARED");
	struct text t = {malloc(TEXT_MAX), 0};
	double speed[ROUNDS];
	size_t finds = 0;
	if (!t.p)
		return 1;
	if (argc > 1 && argv[1][0] != '-')
		snprintf(path, sizeof(path), "%s", argv[1]);
	else if (shared)
		snprintf(path, sizeof(path), "%s/mail", shared);
	if (path[0])
		add_folder(&t, path, 0);
	bool made_up = t.n == 0;
	if (made_up)
		synthetic(&t);
	for (int i = 0; i < ROUNDS; i++) {
		size_t bytes = 0;
		double begin = seconds();
		for (; bytes < ROUND_BYTES; bytes += t.n) {
			finds = 0;
			if (id_extract((struct str){t.p, t.n}, NULL, count, &finds) != 0)
				return 1;
		}
		speed[i] = (double)bytes / (seconds() - begin) / 1e6;
	}
	qsort(speed, ROUNDS, sizeof(speed[0]), by_value);
	double median = speed[ROUNDS / 2];
	printf("{\"name\":\"identify.mb_per_s\",\"value\":%.1f,\"goal\":%.0f,\"ok\":%s,"
	       "\"note\":\"%s, %zu bytes, %zu finds\"}\n",
	       median, GOAL, median >= GOAL ? "true" : "false", made_up ? "synthetic mail" : "mails", t.n, finds);
	free(t.p);
	return 0;
}
