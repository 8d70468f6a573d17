import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { admin as words, desk } from "kt:desk-text";
import { fill, moment } from "../i18n/text";
import { Button } from "../ui/button";
import { Badge, Note } from "../ui/parts";
import { Failure } from "../api";
import type { Operations } from "../api-types";
import { ask } from "./ask";
import { useLoad, type Loaded } from "./load";
import { Trouble, Waiting } from "./shell";
import { useTitle } from "./title";

type DeliveryList = Operations["bezorgingenOphalen"]["answer"];

/* A part of the page with data of its own: one that fails leaves the others alone. */
function Part<T>({ title, loaded, children }: { title: string; loaded: Loaded<T>; children: (data: T) => ComponentChildren }) {
  return (
    <section class="kt-panel kt-stack" aria-label={title}>
      <h2>{title}</h2>
      {loaded.data ? children(loaded.data)
        : loaded.failure ? <Trouble detail={loaded.failure.problem?.detail} again={loaded.again} /> : <Waiting />}
    </section>
  );
}

/* Each row becomes a block on a phone, where the cells say what they are (data-name). */
function Table({ names, label, rows }: { names: string[]; label: string; rows: { key: string; cells: ComponentChildren[] }[] }) {
  return (
    <table class="utrecht-table kt-table" aria-label={label}>
      <thead><tr>{names.map((n) => <th key={n} class="utrecht-table__header-cell" scope="col">{n}</th>)}</tr></thead>
      <tbody>
        {rows.map((r) => (
          <tr key={r.key}>{r.cells.map((c, i) => <td key={names[i]} class="utrecht-table__cell" data-name={names[i]}>{c}</td>)}</tr>
        ))}
      </tbody>
    </table>
  );
}

function Deliveries({ loaded }: { loaded: Loaded<DeliveryList> }) {
  const [said, setSaid] = useState(""), status = useRef<HTMLParagraphElement>(null);
  const retry = async (id: string) => {
    try {
      await ask<"bezorgingOpnieuw">("POST", `/bezorgingen/${id}/_opnieuw`);
      setSaid(words.retried);
      status.current?.focus(); // its button goes with the row
    } catch (e) {
      setSaid((e instanceof Failure && e.problem?.detail) || desk.failed);
    }
    loaded.again();
  };
  return (
    <Part title={words.failedTitle} loaded={loaded}>
      {({ bezorgingen }) => (
        <>
          <p role="status" tabIndex={-1} ref={status}>{said || (bezorgingen.length ? "" : words.failedNone)}</p>
          {bezorgingen.length > 0 && (
            <Table label={words.failedTitle} names={[words.subject, words.where, words.tries, words.error, words.sinceWhen, words.retry]}
              rows={bezorgingen.map((d) => ({ key: d.id, cells: [d.onderwerp, d.bestemming_soort, d.pogingen, d.laatste_fout,
                moment(new Date(d.sinds)), <Button kind="secondary" onClick={() => void retry(d.id)}>{words.retry}</Button>] }))} />
          )}
        </>
      )}
    </Part>
  );
}

export function Admin({ onEnd }: { onEnd: () => void }) {
  const health = useLoad("gezondheid", () => ask<"gezondheidOphalen">("GET", "/gezondheid"), onEnd);
  const failed = useLoad("bezorgingen",
    () => ask<"bezorgingenOphalen">("GET", "/bezorgingen?toestand=mislukt"), onEnd);
  const accounts = useLoad("accounts", () => ask<"accountsOphalen">("GET", "/accounts"), onEnd);
  useTitle(words.title);
  return (
    <main id="inhoud" class="kt-wrap kt-main kt-sheet" tabIndex={-1}>
      <h1>{words.title}</h1>
      <Part title={words.health} loaded={health}>
        {(h) => (
          <>
            <Note kind={h.toestand === "goed" ? "information" : "error"}>{h.toestand === "goed" ? words.good : words.bad}</Note>
            <p class="kt-quiet kt-nums">{fill(words.version, { v: h.versie })}</p>
          </>
        )}
      </Part>
      <Deliveries loaded={failed} />
      <Part title={words.accounts} loaded={accounts}>
        {(a) => (
          <>
            <Table label={words.accounts} names={[words.user, words.name, words.role, words.organisation, words.second, words.active]}
              rows={a.accounts.map((x) => ({ key: x.gebruikersnaam, cells: [x.gebruikersnaam, x.naam, desk.roles[x.rol], x.organisatie,
                x.tweede_factor ? words.yes : words.no,
                x.actief ? words.yes : <Badge kind="plain">{words.no}</Badge>] }))} />
            <p class="kt-quiet">{words.accountsHow}</p>
          </>
        )}
      </Part>
    </main>
  );
}
