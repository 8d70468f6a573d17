#include "intake/parts.h"
#include "job/outbox.h"
#include "seam/crypto.h"

/* One counted identifier: stored, evaluated, and when its rule fires made known and turned into proposals. */
int intake_record_one(struct tx *tx, struct intake_report *r, const struct counted *c, struct err *e)
{
	const struct policy *p = r->in->policy;
	struct rule_outcome out;
	int rc = signal_add(tx, &c->s, e);
	if (!rc && !policy_sealed(p, c->subject.kind))
		rc = signal_reveal(tx, c->s.rule, c->s.tag, &c->subject, 0, c->s.synthetic, e);
	if (!rc)
		rc = signal_evaluate(tx, c->s.rule, c->s.tag, time_day(r->now_ms), &out, e);
	if (rc || !out.fires)
		return rc;
	r->opened++;
	rc = signal_reveal(tx, c->s.rule, c->s.tag, &c->subject, r->now_ms, c->s.synthetic, e);
	struct barrier_case bc = {p, c->s.rule, &c->subject, c->s.tag, out.reporters, out.why, r->now_ms, c->s.synthetic};
	return rc ? rc : barrier_propose(tx, &bc, &r->tally, e);
}

static int record_audit(struct tx *tx, struct intake_report *r, struct err *e)
{
	struct str detail =
		arena_fmt(tx_arena(tx), "{\"kenmerken\":%zu,\"geteld\":%zu,\"open\":%u,\"voorgesteld\":%u,\"beschermd\":%u}",
	              r->ids_n, r->counted_n, r->opened, r->tally.proposed, r->tally.protected_);
	if (!detail.p)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor het logboek.");
	return audit_add(r->in->audit, tx, "desk", "report.add", str_of(r->sealed.number), detail, e);
}

int intake_job(struct tx *tx, void *arg, struct err *e)
{
	struct intake_report *r = arg;
	/* May run again after a rollback: what it tells starts afresh. */
	r->opened = 0;
	r->code_sent = false;
	memset(&r->tally, 0, sizeof(r->tally));
	int rc = dossier_store(tx, &r->sealed, e);
	for (size_t i = 0; !rc && i < r->counted_n; i++)
		rc = intake_record_one(tx, r, &r->counted[i], e);
	if (!rc)
		rc = record_audit(tx, r, e);
	if (!rc)
		rc = outbox_add(tx, r->now_ms, "report.added", str_of(r->sealed.number), STR(""), e);
	/* Who vouches for a reporter has spoken to him. */
	if (!rc && r->strength == STRENGTH_CLAIMED && r->mail.n && r->in->box)
		rc = intake_code_add(tx, r, r->sealed.id, str_of(r->sealed.number), &r->code_sent, e);
	return rc;
}

void intake_wipe(struct intake_report *r)
{
	crypto_wipe(&r->code, sizeof(r->code));
	crypto_wipe(&r->contact, sizeof(r->contact));
	crypto_wipe(&r->mail, sizeof(r->mail));
}
