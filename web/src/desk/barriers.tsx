import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import arrow from "tabler:arrow-left";
import { desk, detail as words, list } from "kt:desk-text";
import type { Barriere, Sessie } from "../api-types";
import { fill } from "../i18n/text";
import { TextField } from "../ui/field";
import { Icon } from "../ui/icon";
import { Badge, Clock, Note } from "../ui/parts";
import { ask } from "./ask";
import { Detail } from "./detail";
import { KeysHelp, useKeys } from "./keys";
import { allPages, useLoad, useNow } from "./load";
import { hashOf } from "./route";
import { Empty, Trouble, Waiting } from "./shell";
import { useTitle } from "./title";
import { byClock, clockOf, GROUPS, inGroup, kindName, measureName, partnerName, stateBadge, stateName,
  type Group } from "./words";
import { Worklist } from "./worklist";

const MOST = 5000;

const loadAll = () => allPages<Barriere>(MOST, async (after) => {
  const r = await ask<"barrieresOphalen">("GET", `/barrieres?aantal=200${after ? `&na=${after}` : ""}`);
  return { rows: r.barrieres, next: r.volgende };
});

function matches(b: Barriere, text: string): boolean {
  const all = [b.id, b.waarde, kindName(b.soort), partnerName(b.partner), measureName(b.maatregel), b.regel].join(" ");
  return text.trim().toLowerCase().split(/\s+/).every((word) => all.toLowerCase().includes(word));
}

function Row({ b, group, now, chosen }: { b: Barriere; group: Group; now: number; chosen: boolean }) {
  const clock = clockOf(b, now);
  return (
    <a class="kt-row" id={`rij-${b.id}`} href={hashOf({ section: "maatregelen", id: b.id, group })}
      aria-current={chosen ? "true" : undefined}>
      <span class="kt-row__what"><strong>{measureName(b.maatregel)}</strong> <span class="kt-row__who">{partnerName(b.partner).split(",")[0]}</span></span>
      <span class="kt-row__value">{kindName(b.soort)} {b.waarde}</span>
      <span class="kt-row__clock"><Clock state={clock.state}>{clock.text}</Clock></span>
      <span class="kt-row__state"><Badge kind={stateBadge[b.toestand]}>{stateName(b.toestand)}</Badge></span>
    </a>
  );
}

function Groups({ rows, chosen, partner }: { rows?: Barriere[]; chosen: Group; partner: boolean }) {
  const names = partner ? list.partnerGroups : list.groups;
  return (
    <nav class="kt-groups" aria-label={list.lists}>
      {GROUPS.map((g) => (
        <a key={g} class="kt-groups__one" href={hashOf({ section: "maatregelen", group: g })}
          aria-current={g === chosen ? "true" : undefined}>
          {names[g]}{rows && <span class="kt-nums"> {rows.filter((b) => inGroup(g, b.toestand, partner)).length}</span>}
        </a>
      ))}
    </nav>
  );
}

/* The list at the left, one barrier at the right; on a phone one of the two. */
export function Barriers({ session, id, group = "open", onEnd }: {
  session: Sessie; id?: string; group?: Group; onEnd: () => void;
}) {
  const partner = session.rol === "partner";
  const loaded = useLoad("barrieres", loadAll, onEnd);
  const [text, setText] = useState(""), [help, setHelp] = useState(false), [cursor, setCursor] = useState<string>();
  const now = useNow();
  const title = useRef<HTMLHeadingElement>(null);
  const all = loaded.data?.rows ?? [];
  const rows = useMemo(
    () => all.filter((b) => inGroup(group, b.toestand, partner) && matches(b, text)).sort(byClock), [all, group, partner, text]);
  useTitle(id ? `${words.measure} ${id}` : list.title);

  const step = (by: number) => {
    const at = rows.findIndex((b) => b.id === (cursor ?? id));
    const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (!next) return;
    setCursor(next.id);
    document.getElementById(`rij-${next.id}`)?.focus();
  };
  useKeys({
    j: () => step(1), k: () => step(-1), "?": () => setHelp(true),
    "/": () => document.getElementById("zoek")?.focus(),
    Escape: () => {
      if (id) location.hash = hashOf({ section: "maatregelen", group });
    },
  });
  // Back from a barrier: where the person was.
  const was = useRef(id);
  useEffect(() => {
    if (was.current && !id) (document.getElementById(`rij-${was.current}`) ?? title.current)?.focus();
    was.current = id;
    setCursor(id);
  }, [id]);
  const Heading = id ? "h2" : "h1";
  return (
    <main id="inhoud" class={id ? "kt-panes kt-panes--one" : "kt-panes"} tabIndex={-1}>
      <section class="kt-pane kt-pane--list" aria-label={list.title}>
        <div class="kt-pane__head">
          <Heading ref={title} tabIndex={-1}>{list.title}</Heading>
          <button type="button" class="kt-textbutton" onClick={() => setHelp(true)}>{list.keysHint} <kbd aria-hidden="true">?</kbd></button>
        </div>
        {loaded.failure && loaded.data && <Note kind="attention">{desk.offline}</Note>}
        <TextField id="zoek" type="search" label={list.search} value={text} onInput={setText} literal />
        <Groups rows={loaded.data?.rows} chosen={group} partner={partner} />
        {!loaded.data && !loaded.failure && <Waiting />}
        {!loaded.data && loaded.failure && <Trouble detail={loaded.failure.problem?.detail} again={loaded.again} />}
        {loaded.data && (
          <>
            <p class="kt-small kt-quiet" role="status">
              {rows.length === 1 ? list.countOne : fill(list.count, { n: rows.length })}
              {loaded.data.more && ` ${fill(list.more, { n: all.length })}`}
            </p>
            {rows.length === 0 && <Empty>{text ? list.noneFound : list.none}</Empty>}
            {rows.length > 0 && (
              <Worklist label={list.rows} rows={rows}>
                {(b) => <Row b={b} group={group} now={now} chosen={b.id === id} />}
              </Worklist>
            )}
          </>
        )}
      </section>
      <section class="kt-pane kt-pane--case" aria-label={words.measure}>
        {id ? (
          <>
            <a class="utrecht-link kt-back kt-pane__back" href={hashOf({ section: "maatregelen", group })}><Icon of={arrow} size={20} />{words.back}</a>
            <Detail key={id} id={id} session={session} now={now} onEnd={onEnd} changed={loaded.again} />
          </>
        ) : <Empty>{list.choose}</Empty>}
      </section>
      <KeysHelp open={help} close={() => setHelp(false)} />
    </main>
  );
}
