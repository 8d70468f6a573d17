#include "job/box.h"

#include "seam/keyfile.h"

struct box {
	uint8_t key[AEAD_KEY];
	uint8_t hash[32];
};

int box_open(const char *dir, struct box **ret, struct err *e)
{
	struct box *b = crypto_guard(sizeof(*b));
	uint8_t m[64];
	if (!b)
		return err_set(e, KT_ENOMEM, "Er is geen beschermd geheugen voor de sleutels.");
	int rc = keyfile_get(dir, "outbox", b->key, sizeof(b->key), e);
	if (rc) {
		box_close(b);
		return rc;
	}
	/* One file, two uses, two keys. */
	crypto_m_v(m, F_ARRAY(b->key), "outbox-hash", NULL, 0);
	memcpy(b->hash, m, sizeof(b->hash));
	crypto_m_v(m, F_ARRAY(b->key), "outbox-seal", NULL, 0);
	memcpy(b->key, m, sizeof(b->key));
	crypto_wipe(m, sizeof(m));
	*ret = b;
	return 0;
}

struct box *box_close(struct box *b)
{
	return crypto_guard_free(b);
}

static void bind(uint8_t ad[32], const char *what, struct str object)
{
	crypto_h(ad, "outbox-bind", str_of(what), object);
}

void box_seal(const struct box *b, const char *what, struct str object, struct str plain, struct buf *ret)
{
	uint8_t ad[32];
	bind(ad, what, object);
	char *room = buf_room(ret, plain.n + AEAD_OVER);
	if (!room)
		return;
	crypto_seal((uint8_t *)room, b->key, plain, F_ARRAY(ad));
	buf_added(ret, plain.n + AEAD_OVER);
}

int box_unseal(const struct box *b, const char *what, struct str object, struct str sealed, struct buf *ret,
               struct err *e)
{
	uint8_t ad[32];
	bind(ad, what, object);
	if (sealed.n < AEAD_OVER)
		return err_set(e, KT_ECRYPTO, "Dit bericht is niet te openen.");
	char *room = buf_room(ret, sealed.n - AEAD_OVER + 1);
	if (!room)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor dit bericht.");
	if (crypto_open((uint8_t *)room, b->key, sealed, F_ARRAY(ad)))
		return err_set(e, KT_ECRYPTO, "Dit bericht is niet te openen.");
	buf_added(ret, sealed.n - AEAD_OVER);
	return 0;
}

void box_hash(const struct box *b, const char *what, const struct str *f, size_t n, uint8_t ret[32])
{
	uint8_t m[64];
	crypto_m_v(m, F_ARRAY(b->hash), what, f, n);
	memcpy(ret, m, 32);
	crypto_wipe(m, sizeof(m));
}
