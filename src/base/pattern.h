/* Compiled POSIX extended regular expressions, kept for the next time. Thread-safe. */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H
#include "base/err.h"
#include "base/str.h"

/* 1: `s` has a match, 0: it has not, KT_EINTERNAL: the pattern itself is wrong, KT_ENOMEM. The pattern comes from
 * our own tables, never from a request: matching may be slow for a hostile pattern. */
int pattern_match(const char *pattern, struct str s) KT_CHECK;

#endif
