/* The one door to libphonenumber (C++). */
#ifndef IDENTIFIER_PHONE_LIB_H
#define IDENTIFIER_PHONE_LIB_H

#ifdef __cplusplus
extern "C" {
#endif

/* `plus` is "+" and digits, ended by NUL. Writes E.164 with NUL behind it. Returns 2 when the number is possible,
 * 1 when it is possible within one area only, 0 when it is not possible or does not fit in `cap`. */
int phone_lib_e164(const char *plus, char *out, unsigned long cap);

#ifdef __cplusplus
}
#endif

#endif
