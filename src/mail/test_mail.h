/* For the tests of this room only. */
#ifndef MAIL_TEST_MAIL_H
#define MAIL_TEST_MAIL_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/score.h"

/* test_mail.c: the policy of the repository and its names, loaded once. */
const struct mail_names *test_names(void);
/* test_mail_set.c */
void test_public_set(void **state);
/* test_mail_score.c */
void test_features(void **state);
void test_downweights(void **state);
void test_forwarded_sender(void **state);

#endif
