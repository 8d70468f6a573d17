#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/doctor.h"

static const struct {
	const char *what;
	void (*run)(struct doctor *d);
} CHECKS[] = {
	{"instellingen", doctor_settings},
	{"gegevensmap", doctor_folder},
	{"ruimte", doctor_space},
	{"klok", doctor_clock},
	{"sleutels", doctor_keys},
	{"database", doctor_database},
	{"logboek", doctor_log},
	{"beleid", doctor_policy},
	{"website", doctor_web},
	{"poorten", doctor_ports},
	{"TLS", doctor_tls},
	{"mail", doctor_mail},
	{"kopie", doctor_backup},
};

static const char *const GRADES[] = {"goed", "let op", "fout"};

void doctor_say(struct doctor *d, enum grade grade, const char *todo, const char *fmt, ...)
{
	va_list ap;
	if (d->n == DOCTOR_FINDINGS)
		return;
	struct finding *f = &d->found[d->n++];
	f->what = d->what;
	f->grade = grade;
	f->todo = todo;
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

static int put(const struct doctor *d, bool good)
{
	struct buf b = BUF_INIT(256u << 10);
	struct jw w;
	jw_init(&w, &b);
	if (d->c->json) {
		jw_obj(&w);
		jw_kbool(&w, "goed", good);
		jw_key(&w, "bevindingen");
		jw_arr(&w);
	}
	for (size_t i = 0; i < d->n; i++) {
		const struct finding *f = &d->found[i];
		if (d->c->json) {
			jw_obj(&w);
			jw_kz(&w, "wat", f->what);
			jw_kz(&w, "oordeel", GRADES[f->grade]);
			jw_kz(&w, "tekst", f->text);
			jw_kz(&w, "doe", f->todo);
			jw_obj_end(&w);
		} else {
			buf_printf(&b, "%-7s %-13s %s\n", GRADES[f->grade], f->what, f->text);
			if (*f->todo)
				buf_printf(&b, "%21s → %s\n", "", f->todo);
		}
	}
	if (d->c->json) {
		jw_arr_end(&w);
		jw_obj_end(&w);
	} else {
		buf_z(&b, good ? "\nEr is niets dat fout is.\n" : "\nEr is iets fout: zie hierboven.\n");
	}
	return cli_put(&b);
}

int cmd_doctor(struct cli *c, int argc, char **argv)
{
	(void)argv;
	if (argc)
		return cli_usage(c, "doctor vraagt niets.");
	struct doctor *d = calloc(1, sizeof(*d));
	if (!d)
		return cli_fail(c, &(struct err){.code = KT_ENOMEM, .text = "Er is te weinig geheugen."});
	bool good = true;
	d->c = c;
	for (size_t i = 0; i < sizeof(CHECKS) / sizeof(*CHECKS); i++) {
		d->what = CHECKS[i].what;
		CHECKS[i].run(d);
	}
	for (size_t i = 0; i < d->n; i++)
		good = good && d->found[i].grade != GRADE_WRONG;
	d->store = store_close(d->store);
	int rc = put(d, good);
	free(d);
	return good ? rc : EXIT_REFUSED;
}
