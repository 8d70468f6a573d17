/* From a source of names to a zone in a file. */
#include "feed/rpz.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define FLUSH (256u << 10)
#define RECORDS_MAX 4096 /* two records of a name in which every octet is escaped */

struct export {
	const struct rpz_opts *o;
	const struct policy *policy;
	struct rpz_zone zone;
	struct rpz_page *page;
	struct buf out;
	int fd;
	struct rpz_result done;
	struct err *e;
};

static int wait_writable(int fd, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	if (poll(&p, 1, -1) < 0 && errno != EINTR)
		return err_sys(e, "De zone kan niet worden weggeschreven");
	return 0;
}

static int write_all(int fd, struct str s, struct err *e)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		int rc = 0;
		if (n > 0)
			s = str_sub(s, (size_t)n, s.n);
		else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			rc = wait_writable(fd, e);
		else if (n == 0)
			rc = err_set(e, KT_EIO, "De zone kan niet worden weggeschreven: er wordt niets aangenomen.");
		else if (errno != EINTR)
			rc = err_sys(e, "De zone kan niet worden weggeschreven");
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int flush(struct export *x)
{
	if (buf_err(&x->out))
		return err_set(x->e, KT_ENOMEM, "Er is te weinig geheugen om de zone te maken.");
	int rc = write_all(x->fd, buf_view(&x->out), x->e);
	buf_cut(&x->out, 0);
	return rc;
}

/* Some file systems say only now that the disk is full. Pipes and terminals cannot be synced. */
static int finish(struct export *x)
{
	int rc = flush(x);
	if (rc == 0 && fsync(x->fd) < 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
		rc = err_sys(x->e, "De zone kan niet worden weggeschreven");
	return rc;
}

static void name_write(struct export *x, struct str name, bool shielded)
{
	enum rpz_fit fit = rpz_fits(&x->zone, name);
	if (fit == RPZ_ODD) {
		x->done.skipped_odd++;
	} else if (fit == RPZ_OWN || shielded) {
		x->done.skipped_protected++;
	} else if (fit == RPZ_LONG) {
		x->done.skipped_long++;
	} else {
		rpz_name(&x->out, &x->zone, name);
		x->done.names++;
	}
}

static int page_write(struct export *x)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < x->page->n; i++) {
		name_write(x, id_str(&x->page->name[i]), x->page->shielded[i]);
		if (x->out.n >= FLUSH)
			rc = flush(x);
	}
	return rc;
}

static int pages(struct export *x, struct tx *tx)
{
	struct identifier last = {.kind = ID_DOMAIN};
	for (;;) {
		x->page->n = 0;
		int rc = x->o->source(tx, x->policy, x->o->now_ms, id_str(&last), x->page, x->e);
		if (rc == 0)
			rc = page_write(x);
		if (rc < 0 || x->page->n == 0)
			return rc;
		last = x->page->name[x->page->n - 1];
	}
}

static int export_all(struct export *x, struct store *s)
{
	struct tx *tx;
	int rc = store_read(s, &tx, x->e);
	if (rc < 0)
		return rc;
	rpz_head(&x->out, &x->zone);
	rc = pages(x, tx);
	store_read_end(tx);
	return rc < 0 ? rc : finish(x);
}

int rpz_export(struct store *s, const struct policy *p, const struct rpz_opts *o, int fd, struct rpz_result *ret,
               struct err *e)
{
	struct export x = {.o = o, .policy = p, .fd = fd, .e = e};
	int rc = rpz_check(o, &x.zone, e);
	if (rc < 0)
		return rc;
	if (!o->source)
		return err_set(e, KT_EINTERNAL, "De zone heeft geen bron van namen.");
	x.page = malloc(sizeof *x.page);
	if (!x.page)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om de zone te maken.");
	buf_init(&x.out, FLUSH + RECORDS_MAX);
	x.done.serial = x.zone.serial;
	rc = export_all(&x, s);
	buf_free(&x.out);
	explicit_bzero(x.page, sizeof *x.page);
	free(x.page);
	if (rc == 0)
		*ret = x.done;
	return rc;
}
