/* The manual pages, from the tables of commands and settings: what the program does is what the page says. */
#include "cli/cli.h"

/* Text of a page: what troff would take for a command or a hyphen is made plain. */
static void text(struct buf *b, const char *z)
{
	bool start = true;
	for (; *z; z++) {
		if (start && (*z == '.' || *z == '\''))
			buf_z(b, "\\&");
		if (*z == '\\')
			buf_z(b, "\\e");
		else if (*z == '-')
			buf_z(b, "\\-");
		else
			buf_c(b, *z);
		start = *z == '\n';
	}
}

static void head(struct buf *b, const char *name, const char *section, const char *what)
{
	buf_printf(b,
	           ".\\\" Made by the program itself from its tables; do not edit.\n"
	           ".TH \"%s\" \"%s\" \"\" \"kentering " KT_VERSION "\" \"Kentering\"\n.SH NAAM\n",
	           name, section);
	text(b, name);
	buf_printf(b, " \\- %s\n", what);
}

static void para(struct buf *b, const char *macro, const char *z)
{
	buf_printf(b, "%s\n", macro);
	text(b, z);
	buf_c(b, '\n');
}

static void one_command(struct buf *b, const struct command *cmd)
{
	buf_z(b, ".TP\n\\fB");
	text(b, cmd->name);
	buf_z(b, "\\fR");
	if (*cmd->usage) {
		buf_c(b, ' ');
		text(b, cmd->usage);
	}
	buf_c(b, '\n');
	text(b, cmd->doc);
	buf_z(b, ".\n");
	if (cmd->more) {
		text(b, cmd->more);
		buf_c(b, '\n');
	}
}

static void page_commands(struct buf *b)
{
	head(b, "kentering", "1", "software van een meldpunt tegen online fraude");
	para(b, ".SH OVERZICHT\n.B kentering", "[--data MAP] [--policy MAP]... [--set NAAM=WAARDE]... [--json] OPDRACHT");
	para(b, ".SH BESCHRIJVING",
	     "Neemt meldingen aan, telt wat verschillende mensen hetzelfde melden en stelt maatregelen voor die een mens "
	     "goedkeurt of weigert. Elk besluit staat in een logboek dat niemand ongemerkt kan veranderen.");
	buf_z(b, ".SH OPDRACHTEN\n");
	for (const struct command *cmd = COMMANDS; cmd->name; cmd++)
		one_command(b, cmd);
	buf_z(b, ".SH OPTIES\n");
	for (const struct cli_option *o = CLI_OPTIONS; o->usage; o++) {
		para(b, ".TP\n.B", o->usage);
		text(b, o->doc);
		buf_c(b, '\n');
	}
	para(b, ".SH OMGEVING\n.TP\n.B", "KENTERING_DATA");
	text(b, "de gegevensmap\n");
	para(b, ".TP\n.B", "KENTERING_NAAM");
	text(b, "de instelling NAAM, in hoofdletters; zie kentering.conf(5)\n");
	para(b, ".SH AFSLUITCODE", "0: klaar. 1: geweigerd of ongeldig. 2: verkeerd gebruik.");
	buf_z(b, ".SH ZIE OOK\n.BR kentering.conf (5)\n");
}

static void one_setting(const struct setting_info *s, void *ctx)
{
	struct buf *b = ctx;
	para(b, ".TP\n.B", s->name);
	text(b, s->doc);
	buf_z(b, ".\n");
	if (s->type == SETTING_ENUM)
		buf_printf(b, "Een van: %s.\n", s->words);
	else if (s->type == SETTING_INT)
		buf_printf(b, "Een getal van %lld tot en met %lld.\n", (long long)s->min, (long long)s->max);
	else if (s->type == SETTING_BOOL)
		buf_z(b, "true of false.\n");
	if (*s->fallback) {
		buf_z(b, "Standaard: ");
		text(b, s->fallback);
		buf_z(b, ".\n");
	}
	if (s->secret)
		buf_z(b, "Geheim: wordt nergens getoond.\n");
}

static void page_settings(struct buf *b)
{
	head(b, "kentering.conf", "5", "instellingen van kentering");
	para(
		b, ".SH BESCHRIJVING",
		"Het bestand kentering.conf in de gegevensmap heeft regels van de vorm naam = waarde; een regel die met # "
	    "begint "
		"is uitleg. Wat later in deze rij komt wint: de standaard, het bestand, de omgeving (KENTERING_NAAM), en --set "
		"naam=waarde op de opdrachtregel. Een onbekende naam of een verkeerde waarde is een fout: het programma start "
		"dan niet.");
	buf_z(b, ".SH INSTELLINGEN\n");
	settings_each(one_setting, b);
	buf_z(b, ".SH ZIE OOK\n.BR kentering (1)\n");
}

bool cli_man(const char *page, struct buf *b)
{
	bool commands = strcmp(page, "kentering.1") == 0;
	if (!commands && strcmp(page, "kentering.conf.5") != 0)
		return false;
	if (commands)
		page_commands(b);
	else
		page_settings(b);
	return true;
}
