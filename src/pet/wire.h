/* Reading and writing the big-endian bytes of the protocol with bounds: a reader that ran out stays `bad`, a writer
 * that is full stays full; callers ask once at the end. */
#ifndef PET_WIRE_H
#define PET_WIRE_H
#include "base/buf.h"
#include "pet/group.h"

struct reader {
	const uint8_t *p;
	size_t n;
	bool bad;
};

static inline struct reader reader_of(struct str s)
{
	return (struct reader){(const uint8_t *)s.p, s.n, false};
}

/* The next n bytes; NULL and `bad` when there are not as many. */
static inline const uint8_t *read_bytes(struct reader *r, size_t n)
{
	if (r->bad || r->n < n) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *p = r->p;
	r->p += n;
	r->n -= n;
	return p;
}

static inline void read_into(struct reader *r, void *to, size_t n)
{
	const uint8_t *p = read_bytes(r, n);
	if (p)
		memcpy(to, p, n);
}

static inline uint64_t read_uint(struct reader *r, size_t n)
{
	const uint8_t *p = read_bytes(r, n);
	uint64_t v = 0;
	for (size_t i = 0; p && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static inline uint8_t read_u8(struct reader *r)
{
	return (uint8_t)read_uint(r, 1);
}

static inline uint16_t read_u16(struct reader *r)
{
	return (uint16_t)read_uint(r, 2);
}

static inline uint32_t read_u32(struct reader *r)
{
	return (uint32_t)read_uint(r, 4);
}

static inline uint64_t read_u64(struct reader *r)
{
	return read_uint(r, 8);
}

/* An element that is canonical and not the identity; a scalar below the order. `bad` otherwise. */
static inline void read_element(struct reader *r, struct element *ret)
{
	const uint8_t *p = read_bytes(r, GROUP_BYTES);
	if (p && group_decode(p, 1, ret, NULL))
		r->bad = true;
}

static inline void read_scalar(struct reader *r, struct scalar *ret)
{
	const uint8_t *p = read_bytes(r, GROUP_BYTES);
	if (p && scalar_decode(p, ret))
		r->bad = true;
}

/* Everything was there, and nothing was left over. */
static inline bool read_all(const struct reader *r)
{
	return !r->bad && r->n == 0;
}

static inline void write_uint(struct buf *b, uint64_t v, size_t n)
{
	uint8_t x[8];
	for (size_t i = 0; i < n; i++)
		x[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	buf_add(b, x, n);
}

#endif
