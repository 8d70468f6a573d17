import { useMemo, useState } from "preact/hooks";
import { list, signals as words } from "kt:desk-text";
import { lang } from "kt:lang";
import type { Operations } from "../api-types";
import { fill } from "../i18n/text";
import { TextField } from "../ui/field";
import { Badge } from "../ui/parts";
import { ask } from "./ask";
import { allPages, useLoad } from "./load";
import { Empty, Trouble, Waiting } from "./shell";
import { useTitle } from "./title";
import { kindName, reporters } from "./words";
import { Worklist } from "./worklist";

type Signal = Operations["signalenOphalen"]["answer"]["signalen"][number];

const MOST = 5000;

const dayFormat = new Intl.DateTimeFormat(lang === "nl" ? "nl-NL" : "en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const shortDay = (date: string) => dayFormat.format(new Date(date));

const loadAll = () => allPages<Signal>(MOST, async (after) => {
  const r = await ask<"signalenOphalen">("GET", `/signalen?aantal=200${after ? `&na=${after}` : ""}`);
  return { rows: r.signalen, next: r.volgende };
});

function Row({ s }: { s: Signal }) {
  return (
    <div class="kt-row kt-row--signal">
      <span class="kt-row__what">
        {s.waarde ? <strong>{s.waarde}</strong> : <span class="kt-quiet">{words.closed}</span>}
      </span>
      <span class="kt-row__value">{s.soort ? kindName(s.soort) : words.closedWhy}, {s.eerste === s.laatste ? shortDay(s.eerste) : fill(words.between, { from: shortDay(s.eerste), to: shortDay(s.laatste) })}</span>
      <span class="kt-row__clock kt-nums">{reporters(s.aantal_melders)}</span>
      <span class="kt-row__state">{s.geopend && <Badge kind="new">{words.opened}</Badge>}</span>
    </div>
  );
}

export function Signals({ onEnd }: { onEnd: () => void }) {
  const loaded = useLoad("signalen", loadAll, onEnd);
  const [text, setText] = useState("");
  const all = loaded.data?.rows ?? [];
  const rows = useMemo(() => {
    const word = text.trim().toLowerCase();
    return word ? all.filter((s) => `${s.waarde ?? ""} ${kindName(s.soort ?? "")}`.toLowerCase().includes(word)) : all;
  }, [all, text]);
  useTitle(words.title);
  return (
    <main id="inhoud" class="kt-wrap kt-main kt-sheet" tabIndex={-1}>
      <h1>{words.title}</h1>
      <p class="kt-lead kt-measure">{words.lead}</p>
      {!loaded.data && !loaded.failure && <Waiting />}
      {!loaded.data && loaded.failure && <Trouble detail={loaded.failure.problem?.detail} again={loaded.again} />}
      {loaded.data && (
        <>
          <TextField id="zoek" type="search" label={words.search} value={text} onInput={setText} literal />
          <p class="kt-small kt-quiet" role="status">
            {rows.length === 1 ? words.countOne : fill(words.count, { n: rows.length })}
            {loaded.data.more && ` ${fill(list.more, { n: all.length })}`}
          </p>
          {rows.length === 0 && <Empty>{text ? list.noneFound : list.none}</Empty>}
          {rows.length > 0 && <Worklist label={words.rows} rows={rows}>{(s) => <Row s={s} />}</Worklist>}
        </>
      )}
    </main>
  );
}
