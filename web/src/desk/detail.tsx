import { useEffect, useRef, useState } from "preact/hooks";
import { detail as words } from "kt:desk-text";
import { rules } from "kt:policy";
import type { Barriere, Sessie } from "../api-types";
import { moment } from "../i18n/text";
import { Badge, Clock, DataList, Note, Timeline, type TimelineItem } from "../ui/parts";
import { ask } from "./ask";
import { Decide } from "./decide";
import { useLoad } from "./load";
import { Trouble, Waiting } from "./shell";
import { atPartner, clockOf, kindName, measureName, partnerName, reporters, stateBadge, stateName } from "./words";

/* Who approved while it stayed a proposal: the first of four eyes. */
const approvers = (b: Barriere) =>
  (b.verloop ?? []).slice(1).filter((v) => v.toestand === "voorgesteld" && v.door.startsWith("desk:")).map((v) => v.door.slice(5));

function toDo(b: Barriere, session: Sessie): string[] {
  const fourEyes = rules[b.regel]?.fourEyes ?? true; // as the server: a rule that is gone cannot say that one was enough
  const yes = approvers(b);
  if (session.rol === "partner") {
    if (atPartner(b.toestand)) return [words.act];
    return [b.toestand === "voorgesteld" ? words.notYet : words.finished];
  }
  if (b.toestand === "voorgesteld") {
    if (session.rol !== "behandelaar") return [words.readOnly];
    if (!fourEyes) return [words.decide];
    if (yes.includes(session.gebruikersnaam)) return [words.fourEyes, words.ownYes];
    return yes.length ? [words.fourEyes, words.oneYes] : [words.decide, words.fourEyes];
  }
  return [atPartner(b.toestand) ? words.waiting : words.finished];
}

const mayDecide = (b: Barriere, session: Sessie) =>
  session.rol === "behandelaar" ? b.toestand === "voorgesteld" && !approvers(b).includes(session.gebruikersnaam)
    : session.rol === "partner" && atPartner(b.toestand);

function by(who: string): string {
  if (who === "system") return words.bySystem;
  const [kind, ...rest] = who.split(":");
  return words.by.replace("{who}", kind === "partner" ? partnerName(rest.join(":")) : rest.join(":") || who);
}

const FAILED = ["geweigerd", "afgewezen", "mislukt"];

function history(b: Barriere): TimelineItem[] {
  return (b.verloop ?? []).map((v) => ({
    state: FAILED.includes(v.toestand) ? "failed" : "done",
    title: stateName(v.toestand), when: `${moment(new Date(v.tijd))}, ${by(v.door)}`, text: v.toelichting || undefined,
  }));
}

/* One barrier: what to do first, then the facts and what happened. */
export function Detail({ id, session, now, onEnd, changed }: {
  id: string; session: Sessie; now: number; onEnd: () => void; changed: () => void;
}) {
  const loaded = useLoad(id, () => ask<"barriereOphalen">("GET", `/barrieres/${id}`), onEnd);
  const [saved, setSaved] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  const b = loaded.data;
  useEffect(() => heading.current?.focus(), [b !== undefined]);
  if (!b)
    return loaded.failure
      ? <Trouble detail={loaded.failure.status === 404 ? words.gone : loaded.failure.problem?.detail} again={loaded.again} />
      : <Waiting />;
  const clock = clockOf(b, now);
  const done = (next: Barriere) => {
    setSaved(next.toestand === "voorgesteld" ? words.savedWaits : words.saved);
    loaded.again();
    changed();
    heading.current?.focus();
  };
  return (
    <article class="kt-case">
      <div class="kt-case__head">
        <div>
          <h1 ref={heading} tabIndex={-1}>{measureName(b.maatregel)}</h1>
          <p class="kt-quiet">{partnerName(b.partner)}, <span class="kt-nums">{b.id}</span></p>
        </div>
        <p class="kt-case__state">
          <Badge kind={stateBadge[b.toestand]}>{stateName(b.toestand)}</Badge>
          {b.verzonnen && <Badge>{words.invented}</Badge>}
          <Clock state={clock.state}>{clock.text}</Clock>
        </p>
      </div>
      <div role="status">{saved && <Note><p><strong>{saved}</strong></p></Note>}</div>
      <div class="kt-case__columns">
        <div class="kt-stack">
          <Note kind={mayDecide(b, session) ? "attention" : "information"}>
            <h2 class="kt-case__now">{words.now}</h2>
            {toDo(b, session).map((t) => <p key={t}>{t}</p>)}
          </Note>
          {mayDecide(b, session) && <Decide barrier={b} session={session} done={done} reload={loaded.again} />}
        </div>
        <div class="kt-stack">
          <h2>{words.facts}</h2>
          <DataList rows={[
            { key: words.kind, value: <>{kindName(b.soort)} <strong>{b.waarde}</strong></> },
            { key: words.count, value: reporters(b.aantal_melders) },
            { key: words.rule, value: rules[b.regel] ? <>{rules[b.regel]!.title} <span class="kt-quiet">({b.regel})</span></> : b.regel },
            { key: words.why, value: b.toelichting },
            ...(b.uiterlijk ? [{ key: words.due, value: moment(new Date(b.uiterlijk)) }] : []),
          ]} />
        </div>
        <div class="kt-stack kt-case__history">
          <h2>{words.history}</h2>
          <Timeline items={history(b)} />
        </div>
      </div>
    </article>
  );
}
