#include "barrier/barrier.h"

#include "base/clock.h"

void barrier_members(struct jw *w, const struct barrier *b)
{
	char since[25], due[25];
	time_format(b->since_ms, since);
	time_format(b->due_ms, due);
	jw_kstr(w, "id", b->id);
	jw_kz(w, "soort", id_kind_name(b->kind));
	jw_kstr(w, "waarde", b->value);
	jw_kstr(w, "partner", b->partner);
	jw_kstr(w, "maatregel", b->measure);
	jw_kstr(w, "regel", b->rule);
	jw_kz(w, "toestand", barrier_state_word(b->state));
	jw_kz(w, "sinds", since);
	if (b->due_ms)
		jw_kz(w, "uiterlijk", due);
	jw_kint(w, "aantal_melders", b->reporters);
	jw_kstr(w, "toelichting", b->note);
	if (b->synthetic)
		jw_kbool(w, "verzonnen", true);
}

void barrier_step_object(struct jw *w, const struct barrier_history *h)
{
	char at[25];
	time_format(h->at_ms, at);
	jw_obj(w);
	jw_kz(w, "tijd", at);
	jw_kz(w, "toestand", barrier_state_word(h->state));
	jw_kstr(w, "door", h->actor);
	jw_kstr(w, "toelichting", h->why);
	jw_obj_end(w);
}
