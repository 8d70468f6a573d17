#include <stdio.h>

#include "demo/scenario.h"

/* {k}: the first identifier; {w}: something for sale; {e}: the amount (only where everybody lost money). */
static const struct tale TALES[] = {
	{"OF-1.1.1", 100, 25, 900, "Ik kocht {w} via een advertentie. Ik betaalde {e} vooruit. Er kwam niets."},
	{"OF-1.1.1", 100, 40, 650, "De verkoper stuurde een foto van {w}. Ik betaalde {e}. Daarna hoorde ik niets meer."},
	{"OF-1.1.1", 100, 30, 450, "We spraken af dat hij {w} zou opsturen. Het pakje kwam nooit. Ik ben {e} kwijt."},
	{"OF-1.1.2", 100, 20, 480, "Ik bestelde {w} bij {k}. Ik betaalde {e}. Er is niets bezorgd."},
	{"OF-1.1.2", 100, 35, 700, "De prijs van {w} was heel laag. Ik betaalde {e}. De winkel antwoordt niet op mails."},
	{"OF-1.1.2", 100, 25, 390, "Ik zag een reclame voor {w}. Na het betalen van {e} kreeg ik geen bevestiging."},
	{"OF-1.1.3", 100, 90, 2400, "Ik huurde een huisje voor de vakantie. Ik betaalde {e}. Het huisje bestaat niet."},
	{"OF-1.1.3", 100, 60, 320, "Ik kocht kaartjes voor een concert. Ze waren nep. Ik ben {e} kwijt."},
	{"OF-1.2.1", 100, 40, 800, "De koper liet zien dat hij had betaald. Ik gaf {w} mee. Er kwam geen geld: {e} kwijt."},
	{"OF-1.2.2", 100, 50, 2500, "De koper vroeg mij om één cent te betalen. Daarna was {e} van mijn rekening af."},
	{"OF-2.1", 80, 400, 18000, "Iemand belde namens mijn bank. Ik moest snel handelen. Ik heb mijn codes gegeven."},
	{"OF-2.1.1", 100, 1500, 45000, "Een medewerker van de bank belde mij. Ik zette {e} op een kluisrekening."},
	{"OF-2.1.1", 100, 900, 30000, "Het nummer leek van mijn bank te zijn. Ik schreef {e} over naar een kluisrekening."},
	{"OF-2.1.2", 70, 300, 5000, "Een man haalde mijn bankpas op aan de deur. Hij had mijn pincode al."},
	{"OF-2.1.3", 85, 500, 22000, "De beller keek mee op mijn computer. Hij opende mijn bank en schreef geld over."},
	{"OF-2.2", 45, 80, 1800, "Ik zag een waarschuwing op mijn scherm. Een man wilde mijn computer overnemen."},
	{"OF-2.3", 100, 500, 4800, "Mijn dochter had een nieuw nummer, dacht ik. Ik betaalde {e} voor haar."},
	{"OF-2.3", 100, 750, 3900, "Ik kreeg een bericht van mijn zoon. Zijn telefoon was stuk. Ik maakte {e} over."},
	{"OF-2.3", 20, 600, 2500, "Iemand deed zich voor als mijn moeder. Ik vertrouwde het niet en belde haar zelf."},
	{"OF-2.4", 40, 200, 9000, "Een man zei dat hij van de politie was. Mijn geld was in gevaar, zei hij."},
	{"OF-2.5", 35, 30, 600, "Ik kreeg een bericht over een pakket. Ik moest eerst betalen op {k}."},
	{"OF-2.6", 60, 250, 6000, "Een kantoor zou mijn verloren geld terughalen. Eerst moest ik zelf betalen."},
	{"OF-3.1", 15, 60, 2600, "In een mail stond een link naar {k}. Ik heb mijn gegevens ingevuld."},
	{"OF-3.2", 20, 60, 3400, "Ik kreeg een sms over een boete. De link ging naar {k}."},
	{"OF-3.2", 5, 60, 900, "In de sms stond dat mijn pas verloopt. Ik heb niets ingevuld."},
	{"OF-3.4", 25, 90, 1900, "Ik scande een code bij een parkeerplaats. Ik kwam uit op een nagemaakte pagina."},
	{"OF-3.5", 25, 120, 4100, "De pagina leek op die van mijn bank. Ik logde in en zag daarna vreemde betalingen."},
	{"OF-4.1", 100, 250, 42000, "Ik legde geld in op {k}. Het leek goed te gaan. Nu krijg ik mijn {e} niet terug."},
	{"OF-4.2", 100, 250, 26000, "Een adviseur hielp mij om munten te kopen. Ik legde {e} in en kan niets opnemen."},
	{"OF-4.3", 100, 250, 9500, "Ik zag een bekende man in een filmpje. Daarna belde een adviseur. Ik ben {e} kwijt."},
	{"OF-5.1", 75, 400, 31000, "Ik leerde iemand kennen via een app. Zij had steeds geld nodig."},
	{"OF-5.2", 25, 100, 900, "Iemand dreigt foto's van mij te verspreiden. Ik moet betalen."},
	{"OF-6.1", 40, 40, 700, "Ik zou een prijs hebben gewonnen. Eerst moest ik kosten betalen."},
	{"OF-6.3", 55, 60, 4200, "Ik deed taken voor geld op mijn telefoon. Eerst moest ik zelf inleggen."},
	{"OF-7.1", 30, 70, 1600, "Iemand sloot een abonnement af op mijn naam."},
	{"OF-7.2", 20, 50, 800, "Ik kan niet meer in mijn account. Vrienden krijgen vreemde berichten van mij."},
	{"OF-8.2", 65, 800, 38000, "Op een factuur van een vaste leverancier stond een ander rekeningnummer."},
	{"OF-8.3", 50, 150, 1900, "Wij kregen een rekening voor een vermelding die wij niet hadden besteld."},
	{"OF-9.1", 10, 100, 900, "Ik gaf mijn bankpas aan een kennis. Nu is mijn rekening gebruikt voor oplichting."},
	{"OF-0", 30, 20, 900, "Ik weet niet wat dit was. Ik vertrouw het niet en wil het melden."},
};
#define TALES_N (sizeof(TALES) / sizeof(TALES[0]))

static const char *const WARES[] = {
	"een fiets", "een telefoon", "een spelcomputer", "een winterjas", "een tuinset", "een koffiemachine", "schoenen",
	"een bankstel", "een kinderwagen", "een laptop", "een boormachine", "een horloge", "bouwstenen", "een droger",
};

const struct tale *stories_pick(const char *form, uint64_t salt)
{
	size_t n = 0;
	for (size_t i = 0; i < TALES_N; i++)
		n += strcmp(TALES[i].form, form) == 0;
	size_t want = n ? salt % n : 0;
	for (size_t i = 0; i < TALES_N; i++)
		if (strcmp(TALES[i].form, form) == 0 && want-- == 0)
			return &TALES[i];
	return &TALES[TALES_N - 1];
}

int64_t stories_cents(const struct tale *t, struct dice *d)
{
	if (!people_chance(d, t->loss))
		return 0;
	int64_t top = t->high;
	/* Halving the range again and again leaves the large amounts to a few. */
	while (top / 2 > t->low && people_chance(d, 60))
		top /= 2;
	int64_t cents = people_between(d, t->low, top) * 100;
	return cents < 30000 && people_chance(d, 50) ? cents - 5 : cents;
}

static void write_amount(int64_t cents, struct buf *b)
{
	if (cents % 100)
		buf_printf(b, "%lld,%02lld euro", (long long)(cents / 100), (long long)(cents % 100));
	else
		buf_printf(b, "%lld euro", (long long)(cents / 100));
}

void stories_write(const struct event *ev, struct buf *b)
{
	char typed[DEMO_VALUE];
	buf_z(b, "[verzonnen] ");
	for (const char *p = ev->tale->text; *p; p++) {
		if (*p != '{') {
			buf_c(b, *p);
			continue;
		}
		if (p[1] == 'e') {
			write_amount(ev->cents, b);
		} else if (p[1] == 'w') {
			buf_z(b, WARES[ev->salt % (sizeof(WARES) / sizeof(WARES[0]))]);
		} else if (ev->ids_n) {
			people_typed(&ev->ids[0], 0, typed);
			buf_z(b, typed);
		} else {
			buf_z(b, "een site");
		}
		p += 2;
	}
}
