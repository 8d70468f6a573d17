#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int cli_write(struct str text)
{
	while (text.n) {
		ssize_t n = write(STDOUT_FILENO, text.p, text.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(errno);
		text.p += n;
		text.n -= (size_t)n;
	}
	return 0;
}

int cli_put(struct buf *b)
{
	if (!buf_err(b) && b->n && b->p[b->n - 1] != '\n')
		buf_c(b, '\n');
	int rc = buf_err(b) ? buf_err(b) : cli_write(buf_view(b));
	buf_free(b);
	if (!rc)
		return EXIT_DONE;
	cli_say("De uitvoer kon niet worden geschreven.");
	return EXIT_REFUSED;
}

void cli_say(const char *fmt, ...)
{
	va_list ap;
	char line[1024];
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	size_t len = (size_t)n < sizeof(line) - 1 ? (size_t)n : sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

int cli_fail(const struct cli *c, const struct err *e)
{
	return cli_fail_report(c, e, NULL);
}

static void write_findings(struct jw *w, const struct valid_report *why)
{
	jw_key(w, "fouten");
	jw_arr(w);
	for (unsigned i = 0; i < why->n; i++) {
		jw_obj(w);
		jw_kz(w, "plaats", why->e[i].at);
		if (why->e[i].line)
			jw_kint(w, "regel", why->e[i].line);
		jw_kz(w, "code", why->e[i].rule);
		jw_kz(w, "tekst", why->e[i].text);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void say_findings(const struct err *e, const struct valid_report *why)
{
	if (e->at[0] && e->line)
		cli_say("kentering: %s:%d: %s", e->at, e->line, e->text);
	else if (e->at[0])
		cli_say("kentering: %s: %s", e->at, e->text);
	else
		cli_say("kentering: %s", e->text);
	for (unsigned i = 0; why && i < why->n; i++) {
		if (why->e[i].line)
			cli_say("  regel %d, %s: %s", why->e[i].line, why->e[i].at, why->e[i].text);
		else
			cli_say("  %s: %s", why->e[i].at[0] ? why->e[i].at : "(geheel)", why->e[i].text);
	}
	if (why && why->total > why->n)
		cli_say("  … en nog %u.", why->total - why->n);
}

int cli_fail_report(const struct cli *c, const struct err *e, const struct valid_report *why)
{
	if (!c->json) {
		say_findings(e, why);
		return EXIT_REFUSED;
	}
	struct buf b = BUF_INIT(1u << 20);
	struct jw w;
	jw_init(&w, &b);
	jw_obj(&w);
	jw_kz(&w, "fout", e->text);
	jw_kz(&w, "code", err_word(e->code));
	if (e->at[0])
		jw_kz(&w, "plaats", e->at);
	if (e->line)
		jw_kint(&w, "regel", e->line);
	if (why)
		write_findings(&w, why);
	jw_obj_end(&w);
	cli_put(&b);
	return EXIT_REFUSED;
}

int cli_usage(const struct cli *c, const char *what)
{
	struct err e = {.code = KT_EUSAGE};
	if (c->json) {
		(void)err_set(&e, KT_EUSAGE, "%s", what);
		(void)cli_fail(c, &e);
	} else {
		cli_say("kentering: %s\nProbeer: kentering help", what);
	}
	return EXIT_USAGE;
}

int cli_read(const char *path, size_t max, struct buf *ret, struct err *e)
{
	bool in = !path || strcmp(path, "-") == 0;
	int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "Het bestand kan niet worden gelezen");
	struct buf b = BUF_INIT(max + 65536);
	int rc = 0;
	for (;;) {
		char *room = buf_room(&b, 65536);
		if (!room) {
			rc = err_set(e, KT_ELIMIT, "De invoer is groter dan %zu bytes.", max);
			break;
		}
		ssize_t n = read(fd, room, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = n < 0 ? err_sys(e, "Het lezen is mislukt") : 0;
			break;
		}
		buf_added(&b, (size_t)n);
	}
	if (!in)
		close(fd);
	if (!rc && b.n > max)
		rc = err_set(e, KT_ELIMIT, "De invoer is groter dan %zu bytes.", max);
	if (rc)
		buf_free(&b);
	else
		*ret = b;
	return rc;
}

#define LISTING_MAX (256u << 20)

int cli_listing(struct cli *c, struct centre *ce, listing_fn fn, const char *none)
{
	struct listing l = {.c = c, .ce = ce, .b = BUF_INIT(LISTING_MAX)};
	struct err e = {0};
	struct tx *tx;
	jw_init(&l.w, &l.b);
	if (c->json)
		jw_arr(&l.w);
	int rc = store_read(ce->store, &tx, &e);
	if (!rc) {
		rc = fn(&l, tx, &e);
		store_read_end(tx);
	}
	if (c->json)
		jw_arr_end(&l.w);
	else if (!l.n)
		buf_z(&l.b, none);
	if (rc < 0) {
		buf_free(&l.b);
		rc = cli_fail(c, &e);
	} else {
		rc = cli_put(&l.b);
	}
	centre_close(ce);
	return rc;
}
