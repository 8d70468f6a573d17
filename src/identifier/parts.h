/* What the files of this room share; nobody outside includes it. */
#ifndef IDENTIFIER_PARTS_H
#define IDENTIFIER_PARTS_H
#include "identifier/identifier.h"

#define FOLD_BAD 0xFFFFFFFFu
#define HOST_MAX 253
#define URL_INPUT_MAX 8192 /* longer links are refused: browsers and mail programs cut them as well */

/* --- fold.c: characters and ways of writing --- */

/* The code point at `at` and its length in bytes; FOLD_BAD and 1 when it is no UTF-8. */
uint32_t fold_decode(struct str s, size_t at, size_t *ret_n);
/* Letter or digit beyond ASCII (a coarse test: punctuation, symbols, spaces and emoji are none). */
bool fold_letter(uint32_t c);
/* Default-ignorable by Unicode (DerivedCoreProperties): soft hyphen, zero-width characters, marks of writing
 * direction, variation selectors. Nobody sees them, so names are read without. */
bool fold_invisible(uint32_t c);
/* Bytes of invisible characters that begin at `at`. */
size_t fold_skip(struct str s, size_t at);
/* Length of a dot as people write it at `at`: "." "[.]" "(.)" "{.}" "[dot]" "(punt)" "。"; 0 when there is none. */
size_t fold_dot(struct str s, size_t at);
/* The same for an at sign: "@" "[at]" "(at)" "{at}" "[apenstaartje]". */
size_t fold_at(struct str s, size_t at);
/* Full-width to ASCII, other spaces to ' ', dashes to '-', invisible characters dropped; trimmed, and without
 * quotes or <> around it. False when it is no UTF-8, holds control characters or does not fit. */
bool fold_text(struct str in, char *out, size_t cap, struct str *ret);
/* Trimmed, without quotes or <> around it; the bytes are left as they are. */
struct str fold_strip(struct str s);
/* Copies `value` as the canonical bytes; false when it is empty or too long. */
bool id_make(enum id_kind kind, struct str value, struct identifier *ret);
int hex_value(unsigned char c); /* -1 when it is no hexadecimal digit */

/* --- suffix.c: Public Suffix List --- */

/* The host (canonical) lies under or is a listed suffix, or a name of RFC 2606 or RFC 6761. */
bool suffix_known(struct str host);
/* Under a known suffix and more than the suffix alone. */
bool suffix_under_known(struct str host);
bool suffix_is_icann(struct str host);
/* Start of the registrable part within `host`, or -1. */
ptrdiff_t suffix_registrable(struct str host);

/* --- host.c --- */

/* Host as written (percent-encoded, [.] and the like allowed) to its canonical name. False when it is none. */
bool host_name(struct str raw, char out[HOST_MAX + 1], size_t *ret_n);
/* As host_name, and IPv4 and IPv6 literals for links. */
bool host_or_ip(struct str raw, char out[HOST_MAX + 1], size_t *ret_n, bool *ret_ip);

/* --- url.c --- */

struct url_parts { /* all but `https` point into the text given */
	bool https;
	bool schemed;
	struct str host, port, path, query;
};
/* Length of "http://", "hxxps[:]//" … at the start of s; 0 when there is none. */
size_t url_scheme(struct str s, bool *ret_https);
/* False when the text cannot be a link for its outer form. */
bool url_split(struct str s, struct url_parts *ret);

/* --- iban.c --- */

/* Characters of an IBAN of this country (any case); 0 when the country has none. */
size_t iban_length(char first, char second);
/* Upper case and of the right structure for its country; the check digits are not looked at. */
bool iban_shaped(struct str s);
/* The same for what an IBAN begins with: country, check digits, and the rest of s. */
bool iban_begins(struct str s);

/* --- phone.c --- */

/* As phone_canonical; `strict` refuses numbers that are possible only within one area. */
bool phone_number(struct str text, bool strict, struct identifier *ret);

/* --- wallet.c and its parts --- */

void keccak_256(const void *p, size_t n, uint8_t ret[32]);
/* Decoded bytes of a base-58 number of exactly n bytes; false when it is not. */
bool base58_decode(struct str s, uint8_t *ret, size_t n);
/* base58check of a 21-byte payload (version and hash). */
bool base58check_21(struct str s, uint8_t ret[21]);
/* Monero: blocks of 8 bytes in 11 characters; the number of bytes, 0 when wrong. */
size_t base58_monero(struct str s, uint8_t *ret, size_t cap);
/* A segwit address (lower case) with this human-readable part, witness version and checksum right. */
bool bech32_segwit(struct str s, struct str hrp);

/* --- account.c --- */

/* As the canonicalisers of identifier.h: from "platform:name" or a link. KT_EINVAL with a Dutch text. */
int account_canonical(struct str text, struct identifier *ret, struct err *e) KT_CHECK;
int advert_canonical(struct str text, struct identifier *ret, struct err *e) KT_CHECK;
/* A platform of our table, any case. */
bool account_platform_known(struct str platform);

/* --- extract_*.c: each looks at one place --- */

struct extract {
	struct str text;
	const struct id_options *o;
	id_found_fn found;
	void *arg;
	size_t floor;   /* behind the last find: nothing begins before it */
	size_t run_end; /* host runs up to here have been looked at */
	int rc;
};
/* Each returns the end of what it used, or 0 when there is nothing at `at`. */
size_t extract_url(struct extract *x, size_t word, size_t word_end);
size_t extract_host_run(struct extract *x, size_t at);
size_t extract_iban(struct extract *x, size_t at, size_t word_end);
size_t extract_wallet(struct extract *x, size_t at, size_t word_end);
size_t extract_phone(struct extract *x, size_t at);
void extract_emit(struct extract *x, const struct identifier *id, size_t begin, size_t end);
/* Where a link that began at `from` ends, punctuation of the sentence left out. `quoted`: stands between ' '. */
size_t extract_url_end(struct str text, size_t from, bool quoted);
/* Word characters: ASCII letters and digits, '_', letters beyond ASCII. Returns the length, with the invisible
 * characters before it; 0 when it is none. */
size_t extract_word_char(struct str text, size_t at);
/* Bytes of the invisible characters that end at `at`. */
size_t extract_invisible_back(struct str text, size_t at);
/* Length of a hyphen beyond ASCII (U+2010, U+2011, full-width) with a word character behind it; 0 when there is none.
 */
size_t extract_hyphen(struct str text, size_t at);
/* The character that ends at `at`, invisible ones not counted, is a word character. */
bool extract_word_before(struct str text, size_t at);

#endif
