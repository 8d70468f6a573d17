#include "pet/register.h"

const struct reg_member *reg_member(const struct reg *r, uint32_t id)
{
	size_t low = 0, high = r->members;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (r->member[mid].id == id)
			return &r->member[mid];
		if (r->member[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct reg_channel *reg_channel(const struct reg *r, uint16_t id, uint16_t version)
{
	for (size_t i = 0; i < r->channels; i++)
		if (r->channel[i].id == id && r->channel[i].version == version)
			return &r->channel[i];
	return NULL;
}
