#include "base/clock.h"
#include "signal/signal.h"

void signal_object(struct jw *w, const struct signal_row *r)
{
	char first[11], last[11], opened[25] = "";
	struct buf hex = BUF_INIT(2 * TAG_BYTES + 1);
	buf_hex(&hex, r->tag.p, r->tag.n);
	date_format(r->first_day, first);
	date_format(r->last_day, last);
	if (r->opened_ms)
		time_format(r->opened_ms, opened);
	jw_obj(w);
	jw_kstr(w, "tag", buf_view(&hex));
	jw_kint(w, "kanaal", r->channel);
	jw_kint(w, "versie", r->version);
	jw_kint(w, "aantal_melders", r->reporters);
	jw_kint(w, "leden", r->members);
	jw_kz(w, "eerste", first);
	jw_kz(w, "laatste", last);
	jw_kz(w, "geopend", r->opened_ms ? opened : NULL);
	if (r->kind != ID_NONE) {
		jw_kz(w, "soort", id_kind_name(r->kind));
		jw_kstr(w, "waarde", r->value);
	}
	jw_obj_end(w);
	buf_free(&hex);
}
