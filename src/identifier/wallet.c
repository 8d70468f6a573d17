/* Wallet addresses. Only what carries its own check is accepted, so a typing error is never reported. */
#include "identifier/parts.h"

#define RAW_MAX 256
#define ADDRESS_MAX 110

enum coin { COIN_ANY, COIN_BTC, COIN_ETH, COIN_TRX, COIN_LTC, COIN_XMR };

static const struct {
	struct str name;
	enum coin coin;
} prefixes[] = {
	{{"btc", 3}, COIN_BTC}, {{"bitcoin", 7}, COIN_BTC}, {{"eth", 3}, COIN_ETH}, {{"ethereum", 8}, COIN_ETH},
	{{"trx", 3}, COIN_TRX}, {{"tron", 4}, COIN_TRX}, {{"ltc", 3}, COIN_LTC}, {{"litecoin", 8}, COIN_LTC},
	{{"xmr", 3}, COIN_XMR}, {{"monero", 6}, COIN_XMR}, {{"usdt", 4}, COIN_ANY}, {{"usdc", 4}, COIN_ANY},
};

static const char *const names[] = {"", "btc:", "eth:", "trx:", "ltc:", "xmr:"};

/* Address without "bitcoin:" in front and "?amount=…" or "@1" behind it. */
static bool without_prefix(struct str s, struct str *ret, enum coin *ret_coin)
{
	ptrdiff_t colon = str_find(s, ':');
	enum coin coin = COIN_ANY;
	if (colon >= 0) {
		struct str name = str_trim(str_sub(s, 0, (size_t)colon));
		size_t i = 0;
		while (i < sizeof(prefixes) / sizeof(prefixes[0]) && !str_ieq(name, prefixes[i].name))
			i++;
		if (i == sizeof(prefixes) / sizeof(prefixes[0]))
			return false;
		coin = prefixes[i].coin;
		s = str_trim(str_sub(s, (size_t)colon + 1, s.n));
		ptrdiff_t end = str_find(s, '?');
		if (end >= 0)
			s.n = (size_t)end;
		end = str_find(s, '@');
		if (end >= 0)
			s.n = (size_t)end;
	}
	*ret = s;
	*ret_coin = coin;
	return s.n > 0 && s.n < ADDRESS_MAX;
}

/* EIP-55: a letter is upper case where the hash of the lower-case digits has a nibble of 8 or more. */
static bool ethereum(struct str s, char *out)
{
	uint8_t hash[32];
	bool upper = false, lower = false, same = true;
	if (s.n != 42 || s.p[0] != '0' || ch_tolower((unsigned char)s.p[1]) != 'x')
		return false;
	memcpy(out, "0x", 2);
	for (size_t i = 2; i < 42; i++) {
		if (hex_value((unsigned char)s.p[i]) < 0)
			return false;
		out[i] = (char)ch_tolower((unsigned char)s.p[i]);
		upper = upper || ch_upper((unsigned char)s.p[i]);
		lower = lower || ch_lower((unsigned char)s.p[i]);
	}
	keccak_256(out + 2, 40, hash);
	for (size_t i = 0; i < 40; i++) {
		unsigned nibble = hash[i / 2] >> (i % 2 ? 0 : 4) & 15;
		if (nibble >= 8)
			out[i + 2] = (char)ch_toupper((unsigned char)out[i + 2]);
		same = same && out[i + 2] == s.p[i + 2];
	}
	return same || !(upper && lower);
}

/* Network bytes: 18 standard, 19 integrated (with payment id), 42 subaddress. */
static bool monero(struct str s)
{
	uint8_t raw[77], hash[32];
	if (s.n != 95 && s.n != 106)
		return false;
	size_t n = base58_monero(s, raw, sizeof(raw));
	if (n != (s.n == 95 ? 69u : 77u))
		return false;
	if (s.n == 95 ? raw[0] != 18 && raw[0] != 42 : raw[0] != 19)
		return false;
	keccak_256(raw, n - 4, hash);
	return memcmp(hash, raw + n - 4, 4) == 0;
}

static enum coin base58_coin(struct str s)
{
	uint8_t raw[21];
	if (!base58check_21(s, raw))
		return COIN_ANY;
	switch (raw[0]) {
	case 0x00:
	case 0x05:
		return COIN_BTC;
	case 0x30:
	case 0x32:
		return COIN_LTC;
	case 0x41:
		return COIN_TRX;
	default:
		return COIN_ANY;
	}
}

/* Lower case when the text is of one case; false when the cases are mixed. */
static bool one_case(struct str s, char *out)
{
	bool upper = false, lower = false;
	for (size_t i = 0; i < s.n; i++) {
		upper = upper || ch_upper((unsigned char)s.p[i]);
		lower = lower || ch_lower((unsigned char)s.p[i]);
		out[i] = (char)ch_tolower((unsigned char)s.p[i]);
	}
	return !(upper && lower);
}

/* The coin of an address, and the address as it is written canonically. */
static enum coin recognise(struct str s, char out[ADDRESS_MAX])
{
	if (ethereum(s, out))
		return COIN_ETH;
	if (one_case(s, out)) {
		if (bech32_segwit((struct str){out, s.n}, STR("bc")))
			return COIN_BTC;
		if (bech32_segwit((struct str){out, s.n}, STR("ltc")))
			return COIN_LTC;
	}
	memcpy(out, s.p, s.n);
	return monero(s) ? COIN_XMR : base58_coin(s);
}

int wallet_canonical(struct str text, struct identifier *ret, struct err *e)
{
	char buf[RAW_MAX], address[ADDRESS_MAX], value[4 + ADDRESS_MAX];
	struct str s;
	enum coin stated, coin;
	if (fold_text(text, buf, sizeof(buf), &s) && without_prefix(s, &s, &stated)) {
		coin = recognise(s, address);
		if (coin != COIN_ANY && (stated == COIN_ANY || stated == coin)) {
			memcpy(value, names[coin], 4);
			memcpy(value + 4, address, s.n);
			if (id_make(ID_WALLET, (struct str){value, 4 + s.n}, ret))
				return 0;
		}
	}
	return err_set(e, KT_EINVAL, "Dit is geen adres van een cryptowallet, of er zit een tikfout in. "
		"Kopieer het hele adres. Het begint vaak met bc1, 1, 3, 0x, T of 4.");
}
