/* The doctor looks at an installation and says of each part whether it is good, and what to do when it is not. It only
 * looks: nothing is made, opened for writing or mended. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H
#include "cli/cli.h"

enum grade { GRADE_GOOD, GRADE_ATTENTION, GRADE_WRONG };

struct finding {
	const char *what; /* name of the check */
	enum grade grade;
	char text[320];   /* what was seen */
	const char *todo; /* what to do; "" when good */
};

#define DOCTOR_FINDINGS 64

struct doctor {
	struct cli *c;
	bool readable;       /* the settings could be read */
	struct store *store; /* to read from; NULL when it cannot be opened */
	struct finding found[DOCTOR_FINDINGS];
	size_t n;
	const char *what; /* the check that runs */
};

/* Adds a finding. todo: Dutch, literal, "" when there is nothing to do. */
void doctor_say(struct doctor *d, enum grade grade, const char *todo, const char *fmt, ...) KT_PRINTF(4, 5);

/* The checks, in doctor_place.c (machine and folders) and doctor_data.c (what is in them). */
void doctor_settings(struct doctor *d);
void doctor_folder(struct doctor *d);
void doctor_space(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_keys(struct doctor *d);
void doctor_ports(struct doctor *d);
void doctor_tls(struct doctor *d);
void doctor_database(struct doctor *d);
void doctor_log(struct doctor *d);
void doctor_policy(struct doctor *d);
void doctor_web(struct doctor *d);
void doctor_mail(struct doctor *d);
void doctor_backup(struct doctor *d);

#endif
