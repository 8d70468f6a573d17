#include "signal/signal.h"

#include "seam/crypto.h"
#include "seam/keyfile.h"

#define KEY_BYTES 32

struct signal_keys {
	uint8_t tag[KEY_BYTES];
	uint8_t person[KEY_BYTES];
};

int signal_keys_open(const char *dir, struct signal_keys **ret, struct err *e)
{
	struct signal_keys *k = crypto_guard(sizeof(*k));
	if (!k)
		return err_set(e, KT_ENOMEM, "Er is geen beschermd geheugen voor de sleutels.");
	int rc = keyfile_get(dir, "tag", k->tag, sizeof(k->tag), e);
	if (!rc)
		rc = keyfile_get(dir, "person", k->person, sizeof(k->person), e);
	if (rc) {
		signal_keys_close(k);
		return rc;
	}
	*ret = k;
	return 0;
}

struct signal_keys *signal_keys_close(struct signal_keys *k)
{
	return crypto_guard_free(k);
}

void signal_tag(const struct signal_keys *k, const struct policy_rule *r, const struct identifier *subject,
                uint8_t ret[TAG_BYTES])
{
	uint8_t input[255], out[64];
	size_t n = id_input(subject, input);
	crypto_m(out, F_ARRAY(k->tag), "tag", F_U16(r->channel), F_U16(r->version), F_BYTES(input, n));
	memcpy(ret, out, TAG_BYTES);
	crypto_wipe(input, sizeof(input));
	crypto_wipe(out, sizeof(out));
}

void signal_reporter(const struct signal_keys *k, const uint8_t tag[TAG_BYTES], const struct identifier *contact,
                     uint8_t ret[REPORTER_BYTES])
{
	uint8_t input[255], out[64];
	size_t n = id_input(contact, input);
	crypto_m(out, F_ARRAY(k->person), "reporter", F_BYTES(tag, TAG_BYTES), F_BYTES(input, n));
	memcpy(ret, out, REPORTER_BYTES);
	crypto_wipe(input, sizeof(input));
	crypto_wipe(out, sizeof(out));
}
