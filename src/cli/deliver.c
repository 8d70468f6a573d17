#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

#define PASSWORD_MAX 256

static const char *given(const struct cli *c, enum setting_id id)
{
	const char *s = settings_text(&c->settings, id);
	return *s ? s : NULL;
}

/* The first line; others must not be able to read it. */
static int read_password(const char *path, char *ret, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, "smtp_password_file is niet te openen");
	ssize_t n = -1;
	int rc = 0;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || (st.st_mode & 077))
		rc = err_set(e, KT_EREFUSED, "smtp_password_file: anderen kunnen het lezen; zet de rechten op 0600");
	else
		n = read(fd, ret, PASSWORD_MAX - 1);
	close(fd);
	if (!rc && n <= 0)
		rc = err_set(e, KT_EINVAL, "smtp_password_file: verwacht één regel met het wachtwoord");
	if (rc)
		return rc;
	ret[n] = 0;
	ret[strcspn(ret, "\r\n")] = 0;
	return 0;
}

static int mail_of(struct cli *c, struct centre *ce, struct smtp_server *ret, struct err *e)
{
	ret->url = given(c, SET_SMTP_URL);
	ret->from = settings_text(&c->settings, SET_MAIL_FROM);
	ret->user = given(c, SET_SMTP_USER);
	if (!ret->url)
		return 0;
	int rc = smtp_check(ret->url, e);
	if (!rc && !smtp_address(str_of(ret->from)))
		rc = err_set(e, KT_EINVAL,
		             "mail_from: verwacht een gewoon e-mailadres, bijvoorbeeld meldpunt@kentering.example");
	if (rc || !ret->user)
		return rc;
	if (!given(c, SET_SMTP_PASSWORD_FILE))
		return err_set(e, KT_EINVAL, "smtp_user: verwacht ook smtp_password_file");
	ce->smtp_password = crypto_guard(PASSWORD_MAX);
	if (!ce->smtp_password)
		return err_set(e, KT_ENOMEM, "Er is geen beschermd geheugen voor het wachtwoord.");
	ret->password = ce->smtp_password;
	return read_password(given(c, SET_SMTP_PASSWORD_FILE), ce->smtp_password, e);
}

int centre_deliver(struct cli *c, struct centre *ce, struct err *e)
{
	const char *oin = given(c, SET_OIN), *url = settings_text(&c->settings, SET_PUBLIC_URL);
	bool production = settings_is(&c->settings, SET_MODE, "production");
	struct http_url checked;
	struct deliver d = {.store = ce->store,
	                    .audit = ce->audit,
	                    .policy = ce->policy,
	                    .clock = &c->clock,
	                    .box = ce->box,
	                    .source = {oin ? oin : "00000000000000000000", url},
	                    .loopback = settings_bool(&c->settings, SET_WEBHOOK_LOOPBACK),
	                    .ca_file = given(c, SET_CA_FILE)};
	if (production && d.loopback)
		return err_set(e, KT_EREFUSED, "webhook_loopback mag niet in productie.");
	if (oin && !event_oin(str_of(oin)))
		return err_set(e, KT_EINVAL, "oin: verwacht twintig cijfers");
	if (*url && (http_url_parse(str_of(url), !production, &checked, e) || str_ends(str_of(url), STR("/"))))
		return err_set(e, KT_EINVAL,
		               "public_url: verwacht een adres als https://kentering.example, zonder / aan het eind");
	int rc = send_setup(e);
	if (!rc)
		rc = mail_of(c, ce, &d.smtp, e);
	if (!rc)
		ce->deliver = d;
	return rc;
}
