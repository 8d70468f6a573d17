/* The server's own keys: one file each in DIR/keys (0700), readable by nobody else (0600). Made on first use;
 * processes that start together agree on one. The bytes never go anywhere but into the caller's buffer,
 * which belongs in crypto_guard memory. */
#ifndef SEAM_KEYFILE_H
#define SEAM_KEYFILE_H
#include "base/err.h"
#include <stddef.h>

#define KEYFILE_MAX 256 /* bytes of one key */

/* Reads DIR/keys/NAME, or creates it with n random bytes (durable before it is used). name: literal, without '/'.
 * KT_EREFUSED when others can read it or it is no plain file, KT_ECORRUPT when it has another size. */
int keyfile_get(const char *dir, const char *name, void *buf, size_t n, struct err *e) KT_CHECK;
/* The same, for keys that are more than random bytes: `make` fills the new one. */
int keyfile_get_made(const char *dir, const char *name, void *buf, size_t n, void (*make)(void *buf, size_t n),
                     struct err *e) KT_CHECK;
/* Reads only. KT_ENOTFOUND when there is none. */
int keyfile_load(const char *dir, const char *name, void *buf, size_t n, struct err *e) KT_CHECK;

#endif
