#include "store/postgres/postgres.h"

/* Five characters, or a class of two. First match counts. */
static const struct sqlstate {
	const char *state;
	int code;
	bool again, broken;
} SQLSTATES[] = {
	{"23505", KT_EEXISTS, false, false},   {"23", KT_EREFUSED, false, false},
	{"P0001", KT_EREFUSED, false, false}, /* raised by our own triggers */
	{"40001", KT_EBUSY, true, false},      {"40P01", KT_EBUSY, true, false},
	{"55P03", KT_EBUSY, false, false}, /* lock_timeout */
	{"53100", KT_EFULL, false, false},     {"53200", KT_ENOMEM, false, false},
	{"53", KT_EUNAVAIL, false, false},     {"54", KT_ELIMIT, false, false},
	{"25006", KT_EREADONLY, false, true},  /* after a failover: look for the new primary */
	{"25P03", KT_EUNAVAIL, false, true},   /* idle_in_transaction_session_timeout */
	{"42501", KT_EREADONLY, false, false}, /* no privilege */
	{"57014", KT_ETIMEOUT, false, false},  {"57P", KT_EUNAVAIL, false, true}, /* shutdown, crash, starting up */
	{"08", KT_EUNAVAIL, false, true},      {"58", KT_EIO, false, false},
	{"XX001", KT_ECORRUPT, false, false},  {"XX002", KT_ECORRUPT, false, false},
	{"22", KT_EINVAL, false, false},
};

static const char *code_text(int code)
{
	switch (code) {
	case KT_EEXISTS:
		return "dit staat al in de database";
	case KT_EREFUSED:
		return "de database laat deze wijziging niet toe";
	case KT_EBUSY:
		return "een ander programma schrijft in de database: probeer het zo opnieuw";
	case KT_EFULL:
		return "de schijf van PostgreSQL is vol: maak ruimte vrij en probeer het opnieuw";
	case KT_ENOMEM:
		return "PostgreSQL heeft te weinig geheugen";
	case KT_EUNAVAIL:
		return "PostgreSQL is niet beschikbaar: controleer de server, daarna gaat het vanzelf verder";
	case KT_EREADONLY:
		return "PostgreSQL laat niet schrijven: controleer de rechten en of dit de primaire server is";
	case KT_ETIMEOUT:
		return "PostgreSQL heeft de opdracht afgebroken: probeer het opnieuw";
	case KT_EIO:
		return "PostgreSQL kan niet lezen of schrijven: controleer de schijf van de server";
	case KT_ECORRUPT:
		return "de database is beschadigd: zet een reservekopie terug";
	case KT_EINVAL:
	case KT_ELIMIT:
		return "een waarde past niet in de database";
	default:
		return "fout in een opdracht aan de database";
	}
}

int postgres_code(const PGresult *r, bool *again, bool *broken, struct err *e)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	if (!state) { /* libpq's own failure: the connection */
		*broken = true;
		return err_set(e, KT_EUNAVAIL, "%s", code_text(KT_EUNAVAIL));
	}
	int code = KT_EINTERNAL;
	for (size_t i = 0; i < sizeof(SQLSTATES) / sizeof(*SQLSTATES); i++) {
		const struct sqlstate *s = &SQLSTATES[i];
		if (!str_starts(str_of(state), str_of(s->state)))
			continue;
		code = s->code;
		*again = *again || s->again;
		*broken = *broken || s->broken;
		break;
	}
	return err_set(e, code, "%s (SQLSTATE %.5s)", code_text(code), state);
}

static int64_t big_endian(const char *p, int n)
{
	uint64_t v = (unsigned char)p[0] & 0x80 ? UINT64_MAX : 0;
	for (int i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return (int64_t)v;
}

/* sum() of 64-bit integers is a numeric: digits of base 10000, weight, sign, scale. Whole numbers only. */
static bool numeric_int(const char *p, int n, int64_t *ret)
{
	if (n < 8)
		return false;
	int64_t digits = big_endian(p, 2), weight = big_endian(p + 2, 2), sign = big_endian(p + 4, 2) & 0xffff;
	if (digits < 0 || n < 8 + 2 * digits || (sign != 0 && sign != 0x4000) || digits > weight + 1 || weight > 4)
		return false;
	int64_t v = 0;
	for (int64_t i = 0; i <= weight; i++) {
		int64_t d = i < digits ? big_endian(p + 8 + 2 * i, 2) : 0;
		if (__builtin_mul_overflow(v, 10000, &v) || __builtin_sub_overflow(v, d, &v))
			return false;
	}
	if (!sign && v == INT64_MIN)
		return false;
	*ret = sign ? v : -v; /* summed below zero, where the range is one larger */
	return true;
}

static bool value_int(Oid type, const char *p, int n, int64_t *ret)
{
	switch (type) {
	case PG_INT8:
		*ret = big_endian(p, 8);
		return n == 8;
	case PG_INT4:
		*ret = big_endian(p, 4);
		return n == 4;
	case PG_INT2:
		*ret = big_endian(p, 2);
		return n == 2;
	case PG_BOOL:
		*ret = p[0] != 0;
		return n == 1;
	case PG_NUMERIC:
		return numeric_int(p, n, ret);
	default:
		return false;
	}
}

bool postgres_value(const PGresult *r, int row, int col, char want, struct sval *ret)
{
	Oid type = PQftype(r, col);
	const char *p = PQgetvalue(r, row, col);
	int n = PQgetlength(r, row, col);
	int64_t v;
	if (PQgetisnull(r, row, col)) {
		*ret = SV_N;
		return true;
	}
	switch (want) {
	case 'i':
		if (!value_int(type, p, n, &v))
			return false;
		*ret = SV_I(v);
		return true;
	case 't':
		*ret = SV_T(((struct str){p, (size_t)n}));
		return type == PG_TEXT || type == PG_VARCHAR || type == PG_BPCHAR || type == PG_NAME;
	default:
		*ret = SV_B(p, (size_t)n);
		return type == PG_BYTEA;
	}
}
