#include "cli/cli.h"

const struct command COMMANDS[] = {
	{"init", "", "richt een lege map in voor echt gebruik",
     "Maakt de map, de database en de sleutels, en toont één keer de herstelsleutel\n"
     "van het meldpunt. Zet mode = production.",
     cmd_init},
	{"demo", "", "speel een jaar met verzonnen meldingen na",
     "Maakt ongeveer 2.000 verzonnen meldingen en laat zien wat ermee gebeurt.\n"
     "Alles is gemerkt als verzonnen en kan van niemand zijn.",
     cmd_demo},
	{"policy check", "[MAP]", "controleer het beleid",
     "Zegt per fout het bestand, de regel, wat er niet klopt en wat er verwacht werd.", cmd_policy_check},
	{"safety import", "[--allow-shrink] BESTAND", "lees een lijst met namen die nooit geraakt mogen worden",
     "Neemt een MISP-waarschuwingslijst (JSON) of gewone regels: een punt vooraan is de naam en alles eronder,\n"
     "anders precies die naam en www. ervoor.",
     cmd_safety_import},
	{"identify", "[BESTAND|-]", "vind kenmerken in een tekst",
     "Eén JSON-object per regel: soort, waarde, tekst, begin en eind (in bytes).", cmd_identify},
	{"mail", "[--authserv NAAM]… BESTAND|MAP|-", "zoek links en kenmerken in een doorgestuurde mail",
     "Eén JSON-document per mail; van een map één per regel. Er wordt nog geen melding van gemaakt.\n"
     "--authserv: de naam van onze eigen mailserver. Alleen wat die over de afzender zegt, telt.",
     cmd_mail},
	{"report add", "[BESTAND|-]", "neem een melding aan",
     "Eén JSON-melding, of JSON Lines: één antwoord per regel.\n"
     "Wie hier meldt is een meldpunt dat met de persoon sprak.",
     cmd_report_add},
	{"report show", "CODE", "toon een melding met haar ontvangstcode", NULL, cmd_report_show},
	{"signals list", "", "toon wat er geteld is",
     "Zolang een drempel niet is gehaald staat er alleen een tag, niet het kenmerk.", cmd_signals_list},
	{"barriers list", "", "toon alle maatregelen", NULL, cmd_barriers_list},
	{"barriers show", "NUMMER", "toon één maatregel met haar verloop", NULL, cmd_barriers_show},
	{"barriers approve", "NUMMER", "keur een voorgestelde maatregel goed", NULL, cmd_barriers_approve},
	{"barriers refuse", "NUMMER --why TEKST", "weiger een voorgestelde maatregel", NULL, cmd_barriers_refuse},
	{"rpz export", "[-o BESTAND]", "schrijf de zone met geblokkeerde domeinen",
     "Zonder -o gaat de zone naar de uitvoer.", cmd_rpz_export},
	{"audit verify", "", "controleer of het logboek heel is",
     "Noemt de eerste regel die is gewijzigd, verwijderd, toegevoegd of verplaatst, een hoofd dat ontbreekt\n"
     "of dat met een onbekende sleutel is getekend.",
     cmd_audit_verify},
	{"backup", "BESTAND", "maak een kopie van de database", "Kan terwijl alles draait. De sleutels zitten er niet bij.",
     cmd_backup},
	{"restore", "BESTAND", "zet een kopie terug in een lege map", NULL, cmd_restore},
	{"serve", "[--port N] [--address A]", "beantwoord vragen over het net",
     "De beschrijving van de interface staat op /v1/openapi.json.", cmd_serve},
	{"account add", "NAAM --rol ROL [--organisatie ID] [--naam TEKST]", "maak een account om mee aan te melden",
     "ROL: beheerder, behandelaar of partner. Het wachtwoord komt van het toetsenbord of van de invoer.\n"
     "Toont één keer wat in de code-app moet. --zonder-code: zonder code-app, alleen in een demonstratie.",
     cmd_account_add},
	{"account list", "", "toon wie zich kan aanmelden", NULL, cmd_account_list},
	{"account disable", "NAAM", "zet een account uit", "Wie ermee is aangemeld, is dat meteen niet meer.",
     cmd_account_disable},
	{"account reset", "NAAM", "geef een account een nieuw wachtwoord en een nieuwe code-app",
     "Zet een uitgezet account ook weer aan. --zonder-code: zonder code-app, alleen in een demonstratie.",
     cmd_account_reset},
	{"version", "", "toon de versie", NULL, cmd_version},
	{"help", "[COMMANDO]", "toon deze hulp, of die van één commando", NULL, cmd_help},
	{0},
};

static void help_all(struct buf *b)
{
	buf_z(b, "kentering [--data MAP] [--policy MAP]… [--json] COMMANDO\n\n");
	for (const struct command *cmd = COMMANDS; cmd->name; cmd++) {
		char head[64];
		struct buf line = BUF_INIT(256);
		buf_printf(&line, "%s %s", cmd->name, cmd->usage);
		(void)!str_copy(head, sizeof(head), buf_view(&line));
		buf_printf(b, "  %-42s %s\n", head, cmd->doc);
		buf_free(&line);
	}
	buf_z(b,
	      "\n  --data MAP     de gegevensmap (anders KENTERING_DATA, anders ./kentering-data)\n"
	      "  --policy MAP   het beleid; vaker mag, de laatste wint (anders MAP/policy, ./policy, het geïnstalleerde)\n"
	      "  --json         precies één JSON-document op de uitvoer\n\n"
	      "Klaar: 0. Geweigerd of ongeldig: 1. Verkeerd gebruik: 2.\n");
}

static void one_setting(const struct setting_info *s, void *ctx)
{
	buf_printf(ctx, "  %-12s %s (standaard: %s)\n", s->name, s->doc, s->fallback);
}

/* The same text as one JSON document when asked for. */
static int put_help(const struct cli *c, struct buf *text)
{
	if (!c->json)
		return cli_put(text);
	struct buf b = BUF_INIT(65536);
	struct jw w;
	jw_init(&w, &b);
	jw_obj(&w);
	jw_kstr(&w, "hulp", buf_view(text));
	jw_obj_end(&w);
	buf_free(text);
	return cli_put(&b);
}

int cmd_help(struct cli *c, int argc, char **argv)
{
	struct buf want = BUF_INIT(256), b = BUF_INIT(32768);
	for (int i = 0; i < argc; i++)
		buf_printf(&want, "%s%s", i ? " " : "", argv[i]);
	bool found = want.n == 0;
	if (!want.n)
		help_all(&b);
	if (str_is(buf_view(&want), "settings")) {
		buf_z(&b, "Instellingen: in MAP/kentering.conf (naam = waarde) of als KENTERING_NAAM.\n\n");
		settings_each(one_setting, &b);
		found = true;
	}
	for (const struct command *cmd = COMMANDS; cmd->name && want.n; cmd++) {
		struct str name = str_of(cmd->name);
		if (!str_starts(name, buf_view(&want)))
			continue;
		buf_printf(&b, "kentering %s %s\n  %s\n%s%s", cmd->name, cmd->usage, cmd->doc, cmd->more ? cmd->more : "",
		           cmd->more ? "\n" : "");
		found = true;
	}
	buf_free(&want);
	if (found)
		return put_help(c, &b);
	buf_free(&b);
	return cli_usage(c, "dat commando is er niet.");
}
