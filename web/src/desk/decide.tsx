import { useState } from "preact/hooks";
import { detail as words } from "kt:desk-text";
import type { Barriere, Sessie } from "../api-types";
import { fill } from "../i18n/text";
import { Button } from "../ui/button";
import { ErrorSummary, type FormError } from "../ui/errors";
import { TextArea } from "../ui/field";
import { Failure } from "../api";
import { ask } from "./ask";

const LONGEST = 500;
const FIELD = "toelichting";

/* What was typed and not sent, by person and barrier: only in this page's memory, so that a session that ends costs no work. */
const typed = new Map<string, string>();

function call(b: Barriere, partner: boolean, yes: boolean, reason: string): Promise<Barriere> {
  const why = reason ? { toelichting: reason } : {};
  if (partner)
    return ask<"barriereAfhandelen">("POST", `/barrieres/${b.id}/_handel-af`,
      { uitkomst: yes ? "uitgevoerd" : "afgewezen", ...why });
  if (yes) return ask<"barriereGoedkeuren">("POST", `/barrieres/${b.id}/_keur-goed`, why);
  return ask<"barriereWeigeren">("POST", `/barrieres/${b.id}/_weiger`, { toelichting: reason });
}

/* The desk approves or refuses, a partner carries out or rejects; a no needs its reason. */
export function Decide({ barrier, session, done, reload }: {
  barrier: Barriere; session: Sessie; done: (next: Barriere) => void; reload: () => void;
}) {
  const partner = session.rol === "partner", mine = `${session.gebruikersnaam} ${barrier.id}`;
  const [text, setText] = useState(typed.get(mine) ?? ""), [busy, setBusy] = useState<"yes" | "no">();
  const [errors, setErrors] = useState<FormError[]>([]), [round, setRound] = useState(0);
  const refuse = (why: string) => {
    setErrors([{ field: FIELD, text: why }]);
    setRound(round + 1);
  };
  const decide = async (yes: boolean) => {
    const reason = text.trim();
    if (!yes && !reason) return refuse(words.reasonMissing);
    if (reason.length > LONGEST) return refuse(fill(words.reasonLong, { n: reason.length }));
    setBusy(yes ? "yes" : "no");
    setErrors([]);
    try {
      const next = await call(barrier, partner, yes, reason);
      typed.delete(mine);
      done(next);
    } catch (e) {
      const problem = e instanceof Failure ? e : new Failure("network");
      refuse(problem.problem?.detail ?? words.notSaved);
      if (problem.status === 409 || problem.status === 401) reload(); // somebody else was first, or the session is over
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <form class="kt-form" noValidate onSubmit={(e) => e.preventDefault()}>
      <ErrorSummary errors={errors} round={round} />
      <TextArea id={FIELD} label={words.reason} hint={partner ? words.reasonHintPartner : words.reasonHint} rows={3} value={text}
        onInput={(t) => { typed.set(mine, t); setText(t); }} error={errors[0]?.text} />
      <div class="kt-actions">
        <Button busy={busy === "yes"} onClick={() => void decide(true)}>{partner ? words.executed : words.approve}</Button>
        <Button kind="secondary" busy={busy === "no"} onClick={() => void decide(false)}>{partner ? words.rejected : words.refuse}</Button>
      </div>
    </form>
  );
}
