#include <stdio.h>

#include "demo/scenario.h"

/* Odd and no multiple of 5, so that serial × STRIDE modulo a power of ten meets every number once. */
#define STRIDE UINT64_C(7919)

uint64_t people_roll(struct dice *d)
{
	uint64_t z = (d->s += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int64_t people_between(struct dice *d, int64_t low, int64_t high)
{
	return low >= high ? low : low + (int64_t)(people_roll(d) % (uint64_t)(high - low + 1));
}

bool people_chance(struct dice *d, unsigned percent)
{
	return people_roll(d) % 100 < percent;
}

/* ISO 7064 mod 97-10 over the account part with the country code behind it. */
static unsigned check_digits(const char *bban)
{
	static const char COUNTRY[] = "NL00";
	unsigned sum = 0;
	for (const char *part = bban;; part = COUNTRY) {
		for (const char *p = part; *p; p++) {
			unsigned char c = (unsigned char)*p;
			sum = ch_digit(c) ? sum * 10 + (c - '0') : sum * 100 + (c - 'A' + 10u);
			sum %= 97;
		}
		if (part == COUNTRY)
			return 98 - sum;
	}
}

void people_iban(unsigned serial, struct made_id *ret)
{
	static const char *const BANKS[] = {"KENT", "TEST", "NEPB"}; /* no bank has one of these codes */
	char bban[24];
	uint64_t account = (serial * STRIDE + 104729) % 1000000;
	snprintf(bban, sizeof(bban), "%s0900%06llu", BANKS[serial % 3], (unsigned long long)account);
	ret->kind = ID_IBAN;
	snprintf(ret->text, sizeof(ret->text), "NL%02u%s", check_digits(bban), bban);
}

/* +31 6 9 is not assigned to anybody in the Dutch numbering plan. Reporters have 0, others 1 behind it. */
static void phone_of(unsigned group, unsigned serial, struct made_id *ret)
{
	uint64_t number = (serial * STRIDE + 611953) % 1000000;
	ret->kind = ID_PHONE;
	snprintf(ret->text, sizeof(ret->text), "+3169%u%06llu", group, (unsigned long long)number);
}

void people_phone(unsigned serial, struct made_id *ret)
{
	phone_of(1, serial, ret);
}

void people_mail(const char *word, unsigned serial, struct made_id *ret)
{
	ret->kind = ID_EMAIL;
	snprintf(ret->text, sizeof(ret->text), "%s%u@verzonnen.example", word, serial);
}

void people_typed(const struct made_id *id, uint64_t salt, char ret[DEMO_VALUE])
{
	const char *p = id->text;
	if (id->kind == ID_IBAN && salt % 2)
		snprintf(ret, DEMO_VALUE, "%.4s %.4s %.4s %.4s %.2s", p, p + 4, p + 8, p + 12, p + 16);
	else if (id->kind == ID_PHONE && salt % 3)
		snprintf(ret, DEMO_VALUE, "0%.1s%s%s", p + 3, salt % 3 == 1 ? "-" : " ", p + 4);
	else
		snprintf(ret, DEMO_VALUE, "%s", p);
}

/* First digits of postcodes, as often as people live there, roughly. */
static void postcode_of(struct dice *d, char ret[5])
{
	static const char FIRST[] = "1111222223333334455566667789";
	int64_t first = people_between(d, 0, (int64_t)sizeof(FIRST) - 2);
	snprintf(ret, 5, "%c%03d", FIRST[first], (int)people_between(d, 10, 989));
}

void people_person(uint64_t seed, unsigned number, struct person *ret)
{
	static const char *const AGES[] = {"18-24", "18-24", "18-24", "25-44", "25-44", "25-44", "25-44", "25-44", "45-64",
	                                   "45-64", "45-64", "45-64", "45-64", "65+",   "65+",   "65+",   "65+",   "65+",
	                                   "<18",   "onbekend"};
	struct dice d = {seed ^ (number * UINT64_C(0xd1342543de82ef95))};
	*ret = (struct person){.age = AGES[people_between(&d, 0, (int64_t)(sizeof(AGES) / sizeof(AGES[0])) - 1)]};
	postcode_of(&d, ret->postcode);
	ret->phone = people_chance(&d, 55);
	if (ret->phone) {
		phone_of(0, number, &ret->contact);
		return;
	}
	ret->contact.kind = ID_EMAIL;
	snprintf(ret->contact.text, sizeof(ret->contact.text), "m%05u@melder.example", number);
}
