#include "pet/filter.h"
#include "pet/wire.h"
#include "seam/crypto.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>

#define LOG2_LEN_MAX 18 /* bits of the hash that choose a place in a segment */
#define TRIES 100
#define CELL 8

static const uint8_t MAGIC[5] = "KTKV1";

uint32_t label_pack(const struct list_label *l)
{
	return (l->reason & 0x3ffu) << 14 | (l->severity & 3u) << 12 | (l->age & 7u) << 9 | (l->count & 3u) << 7 |
		(l->rule & 0x7fu);
}

struct list_label label_unpack(uint32_t v)
{
	return (struct list_label){(uint16_t)(v >> 14 & 0x3ff), v >> 12 & 3, v >> 9 & 7, v >> 7 & 3, v & 0x7f};
}

uint32_t label_mask(const uint8_t list[LIST_ID], uint64_t sequence, const uint8_t y[OPRF_OUTPUT], uint32_t label)
{
	uint8_t m[64];
	crypto_m(m, F_BYTES(y, OPRF_OUTPUT), "label", F_BYTES(list, LIST_ID), F_U64(sequence));
	uint32_t pad = (uint32_t)m[0] << 16 | (uint32_t)m[1] << 8 | m[2];
	sodium_memzero(m, sizeof(m));
	return (label ^ pad) & LABEL_MAX;
}

/* ---- where a token lives ---- */

struct shape {
	uint8_t seed[FILTER_SEED];
	uint32_t len, segments;
};

static uint64_t hash_of(const struct shape *s, const uint8_t *token)
{
	uint8_t h[8];
	uint64_t v = 0;
	(void)crypto_shorthash_siphash24(h, token, TOKEN_BYTES, s->seed);
	for (size_t i = 8; i-- > 0;)
		v = v << 8 | h[i];
	return v;
}

static void places(const struct shape *s, uint64_t h, uint32_t ret[3])
{
	uint64_t range = (uint64_t)s->segments * s->len;
	/* the high half of h·range, which is below 2^32 */
	uint32_t p0 = (uint32_t)(((h >> 32) * range + ((h & UINT32_MAX) * range >> 32)) >> 32), mask = s->len - 1;
	ret[0] = p0;
	ret[1] = (p0 + s->len) ^ ((uint32_t)(h >> 18) & mask);
	ret[2] = (p0 + 2 * s->len) ^ ((uint32_t)h & mask);
}

static uint32_t cells_of(const struct shape *s)
{
	return (s->segments + 2) * s->len;
}

/* Sizes that peel nearly always (Graf and Lemire, binary fuse filters, arity 3). */
static struct shape shape_for(size_t n)
{
	double size = n < 2 ? 2 : (double)n;
	int log2 = (int)floor(log(size) / log(3.33) + 2.25);
	log2 = log2 > LOG2_LEN_MAX ? LOG2_LEN_MAX : log2 < 1 ? 1 : log2;
	double factor = fmax(1.125, 0.875 + 0.25 * log(1000000.0) / log(size));
	uint32_t len = 1u << log2, want = (uint32_t)ceil(size * factor), all = (want + len - 1) / len;
	return (struct shape){.len = len, .segments = all > 2 ? all - 2 : 1};
}

/* ---- building ---- */

struct peel {
	uint64_t *hash;  /* per token */
	uint32_t *with;  /* per cell: XOR of the tokens there */
	uint8_t *count;  /* per cell, at most 255: then the seed is given up */
	uint32_t *queue; /* cells with one token */
	uint32_t *order; /* tokens as they were taken out */
	uint32_t *at;    /* and the cell each was alone in */
	uint32_t cells;
};

static struct peel *peel_free(struct peel *p)
{
	free(p->hash);
	free(p->with);
	free(p->count);
	free(p->queue);
	free(p->order);
	free(p->at);
	return NULL;
}

static int peel_new(struct peel *p, size_t n, uint32_t cells)
{
	*p = (struct peel){.cells = cells};
	p->hash = malloc((n + 1) * sizeof(*p->hash));
	p->with = malloc(cells * sizeof(*p->with));
	p->count = malloc(cells);
	p->queue = malloc(cells * sizeof(*p->queue));
	p->order = malloc((n + 1) * sizeof(*p->order));
	p->at = malloc((n + 1) * sizeof(*p->at));
	if (p->hash && p->with && p->count && p->queue && p->order && p->at)
		return 0;
	peel_free(p);
	return KT_ENOMEM;
}

/* Takes out, again and again, a token that is alone in a cell; true when all could be. */
static bool peel_try(struct peel *p, const struct shape *s, const struct filter_entry *e, size_t n)
{
	uint32_t place[3], queued = 0;
	size_t taken = 0;
	memset(p->with, 0, p->cells * sizeof(*p->with));
	memset(p->count, 0, p->cells);
	for (size_t i = 0; i < n; i++) {
		p->hash[i] = hash_of(s, e[i].y);
		places(s, p->hash[i], place);
		for (int j = 0; j < 3; j++) {
			p->with[place[j]] ^= (uint32_t)i;
			if (p->count[place[j]] == UINT8_MAX)
				return false;
			p->count[place[j]]++;
		}
	}
	for (uint32_t c = 0; c < p->cells; c++)
		if (p->count[c] == 1)
			p->queue[queued++] = c;
	while (queued) {
		uint32_t c = p->queue[--queued];
		if (p->count[c] != 1)
			continue;
		uint32_t token = p->with[c];
		p->order[taken] = token;
		p->at[taken++] = c;
		places(s, p->hash[token], place);
		for (int j = 0; j < 3; j++) {
			p->with[place[j]] ^= token;
			if (--p->count[place[j]] == 1)
				p->queue[queued++] = place[j];
		}
	}
	return taken == n;
}

static uint64_t cell_get(const uint8_t *cells, uint32_t at)
{
	uint64_t v;
	memcpy(&v, cells + (size_t)at * CELL, CELL);
	return v;
}

static uint64_t value_of(const uint8_t list[LIST_ID], uint64_t sequence, const struct filter_entry *e)
{
	uint32_t label = label_mask(list, sequence, e->y, e->label);
	uint8_t b[CELL] = {e->y[0],       e->y[1], e->y[2], e->y[3], e->y[4], (uint8_t)(label >> 16), (uint8_t)(label >> 8),
	                   (uint8_t)label};
	uint64_t v;
	memcpy(&v, b, CELL);
	return v;
}

static void fill(const struct peel *p, const struct shape *s, const uint8_t list[LIST_ID], uint64_t sequence,
                 const struct filter_entry *e, size_t n, uint8_t *cells)
{
	uint32_t place[3];
	memset(cells, 0, (size_t)p->cells * CELL);
	for (size_t i = n; i-- > 0;) {
		uint32_t token = p->order[i];
		uint64_t v = value_of(list, sequence, &e[token]);
		places(s, p->hash[token], place);
		for (int j = 0; j < 3; j++)
			if (place[j] != p->at[i])
				v ^= cell_get(cells, place[j]);
		memcpy(cells + (size_t)p->at[i] * CELL, &v, CELL);
	}
}

static int by_token(const void *a, const void *b)
{
	return memcmp(*(const uint8_t *const *)a, *(const uint8_t *const *)b, TOKEN_BYTES);
}

static int distinct(const struct filter_entry *e, size_t n)
{
	const uint8_t **sorted = malloc((n + 1) * sizeof(*sorted));
	int rc = sorted ? 0 : KT_ENOMEM;
	for (size_t i = 0; sorted && i < n; i++)
		sorted[i] = e[i].y;
	if (sorted)
		qsort(sorted, n, sizeof(*sorted), by_token);
	for (size_t i = 1; sorted && i < n && !rc; i++)
		rc = memcmp(sorted[i - 1], sorted[i], TOKEN_BYTES) ? 0 : KT_EEXISTS;
	free(sorted);
	return rc;
}

static void put_header(const uint8_t list[LIST_ID], uint64_t sequence, size_t n, const struct shape *s, struct buf *out)
{
	buf_add(out, MAGIC, sizeof(MAGIC));
	buf_add(out, list, LIST_ID);
	write_uint(out, sequence, 8);
	write_uint(out, n, 4);
	buf_add(out, s->seed, FILTER_SEED);
	write_uint(out, (uint64_t)__builtin_ctz(s->len), 1);
	write_uint(out, s->segments, 4);
}

int filter_build(const uint8_t list[LIST_ID], uint64_t sequence, const struct filter_entry *e, size_t n,
                 const uint8_t *seed, struct buf *out, struct err *err)
{
	struct shape s = shape_for(n);
	struct peel p;
	bool good = false;
	if (n > FILTER_MAX_COUNT)
		return err_set(err, KT_ELIMIT, "lijst: hoogstens %u regels", FILTER_MAX_COUNT);
	int rc = distinct(e, n);
	if (rc == KT_EEXISTS)
		return err_set(err, rc, "lijst: hetzelfde kenmerk staat er twee keer in");
	if (rc || peel_new(&p, n, cells_of(&s)))
		return err_set(err, KT_ENOMEM, "lijst: te weinig geheugen");
	for (int i = 0; i < (seed ? 1 : TRIES) && !good; i++) {
		if (seed)
			memcpy(s.seed, seed, FILTER_SEED);
		else
			crypto_random(s.seed, FILTER_SEED);
		good = peel_try(&p, &s, e, n);
	}
	size_t bytes = (size_t)p.cells * CELL;
	if (!good) {
		rc = err_set(err, seed ? KT_EINVAL : KT_EINTERNAL, "lijst: met deze startwaarde past het niet");
	} else {
		put_header(list, sequence, n, &s, out);
		char *room = buf_room(out, bytes);
		if (room) {
			fill(&p, &s, list, sequence, e, n, (uint8_t *)room);
			buf_added(out, bytes);
		}
		rc = buf_err(out) ? err_set(err, KT_ELIMIT, "lijst: te groot") : 0;
	}
	peel_free(&p);
	return rc;
}

/* ---- reading ---- */

int filter_read(struct str bytes, struct filter *ret, struct err *e)
{
	struct reader in = reader_of(bytes);
	struct filter f = {0};
	const uint8_t *magic = read_bytes(&in, sizeof(MAGIC));
	if (!magic || memcmp(magic, MAGIC, sizeof(MAGIC)) != 0)
		return err_set(e, KT_EINVAL, "lijst: verwacht een bestand dat met KTKV1 begint");
	read_into(&in, f.list, LIST_ID);
	f.sequence = read_u64(&in);
	f.count = read_u32(&in);
	read_into(&in, f.seed, FILTER_SEED);
	uint8_t log2 = read_u8(&in);
	f.segments = read_u32(&in);
	f.len = 1u << (log2 <= LOG2_LEN_MAX ? log2 : 0);
	uint64_t cells = ((uint64_t)f.segments + 2) * f.len;
	if (in.bad || log2 > LOG2_LEN_MAX || !f.segments || f.count > FILTER_MAX_COUNT || cells > UINT32_MAX ||
	    in.n != cells * CELL)
		return err_set(e, KT_EINVAL, "lijst: de lengte klopt niet met de kop");
	f.cells = in.p;
	*ret = f;
	return 0;
}

bool filter_get(const struct filter *f, const uint8_t y[OPRF_OUTPUT], uint32_t *ret_label)
{
	struct shape s = {.len = f->len, .segments = f->segments};
	uint32_t place[3];
	uint8_t b[CELL];
	memcpy(s.seed, f->seed, FILTER_SEED);
	places(&s, hash_of(&s, y), place);
	uint64_t v = cell_get(f->cells, place[0]) ^ cell_get(f->cells, place[1]) ^ cell_get(f->cells, place[2]);
	memcpy(b, &v, CELL);
	if (sodium_memcmp(b, y, 5) != 0)
		return false;
	*ret_label = label_mask(f->list, f->sequence, y, (uint32_t)b[5] << 16 | (uint32_t)b[6] << 8 | b[7]);
	return true;
}
