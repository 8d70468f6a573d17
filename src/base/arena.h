/* One arena per request or job: everything in it goes at once, wiped. Not thread-safe. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/err.h"
#include "base/str.h"

struct arena;

/* `max` bytes in all (0: 64 MiB). NULL when there is no memory. */
struct arena *arena_new(size_t max);
/* Wipes and frees; takes NULL; returns NULL. */
struct arena *arena_free(struct arena *a);
/* Wipes everything and keeps the first block for the next request. */
void arena_reset(struct arena *a);
/* Zeroed memory, aligned for any type. NULL above the maximum; n = 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t n) KT_CHECK;
void *arena_array(struct arena *a, size_t count, size_t size) KT_CHECK; /* overflow-safe */
/* Copies; {NULL, 0} when there is no room. The copy has a NUL behind it. */
struct str arena_str(struct arena *a, struct str s);
char *arena_z(struct arena *a, struct str s);
struct str arena_fmt(struct arena *a, const char *fmt, ...) KT_PRINTF(2, 3);
size_t arena_used(const struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* Overwrites about 48 KiB of stack below the caller, so that a finished request leaves nothing there. */
void stack_burn(void);

#endif
