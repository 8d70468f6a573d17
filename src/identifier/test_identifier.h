/* What the two files of test_identifier share. */
#ifndef IDENTIFIER_TEST_IDENTIFIER_H
#define IDENTIFIER_TEST_IDENTIFIER_H
#include "identifier/identifier.h"

extern const struct id_options test_options;
void test_row(enum id_kind kind, const char *in, size_t n, const char *want);
void test_iban_registry(void **state);
void test_iban_edits(void **state);
void test_wallet_lists(void **state);
void test_phone_library(void **state);
void test_threads(void **state);

#endif
