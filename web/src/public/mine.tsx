import { useEffect, useState } from "preact/hooks";
import { mine as m, report, site, ui } from "kt:messages";
import { forms as taxonomy, partners } from "kt:policy";
import { Failure, post } from "../api";
import type { Dossier } from "../api-types";
import { day, euro, fill, moment, to } from "../i18n/text";
import { Button } from "../ui/button";
import { ErrorSummary, errorTitle } from "../ui/errors";
import { TextField } from "../ui/field";
import { Badge, DataList, Note, Timeline, type TimelineItem } from "../ui/parts";
import { Confirm } from "./confirm";
import { shown, type Item } from "./draft";
import { kindName } from "./questions";

/* What the interface gives as a plain object: see src/intake/answer.c. */
interface Barrier { soort: string; waarde: string; omschrijving: string; partner: string; sinds: string }

const overview = report.overview;

const formName = (id?: string) => taxonomy.find((f) => f.id === id)?.label ?? "";

/* "bank:ABNA" is a partner chosen at run time: its kind has the name. */
const partnerName = (id: string) => partners[id] ?? partners[id.split(":")[0]!] ?? id;

function CodeForm({ given, onOpen }: { given: string; onOpen: (code: string, d: Dossier) => void }) {
  const [code, setCode] = useState(given);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const [round, setRound] = useState(0);
  const [waiting, setWaiting] = useState(given !== "");

  function wrong(text: string) {
    setError(text);
    setRound((n) => n + 1);
    document.title = `${errorTitle(1, m.title)} - ${site.name}`;
  }

  async function open(value: string) {
    if (busy) return;
    const letters = value.replace(/[^0-9A-Za-z]/g, "");
    if (!letters) return wrong(m.empty);
    if (letters.length !== 21) return wrong(m.wrong);
    setBusy(true);
    setError("");
    try {
      onOpen(value, await post<Dossier>("/meldingen/_inzien", { ontvangstcode: value.trim() }, { safe: true }));
    } catch (e) {
      const status = e instanceof Failure ? e.status : 0;
      wrong(status === 400 ? m.wrong : status === 404 ? m.unknown : m.network);
    } finally {
      setBusy(false);
      setWaiting(false);
    }
  }

  useEffect(() => {
    if (given) void open(given);
  }, []);

  /* The page stays as high as the screen, so that nothing jumps when the report is there. */
  if (waiting)
    return <div class="kt-hold"><h1 tabIndex={-1}>{m.yours}</h1><p class="kt-lead" role="status">{ui.busy}</p></div>;
  return (
    <form class="kt-measure kt-form" noValidate onSubmit={(e) => { e.preventDefault(); void open(code); }}>
      <div>
        <h1 tabIndex={-1}>{m.title}</h1>
        <p class="kt-lead">{m.lead}</p>
      </div>
      <ErrorSummary errors={error ? [{ field: "code", text: error }] : []} round={round} />
      <TextField id="code" label={m.field} hint={m.fieldHint} error={error} literal value={code} onInput={setCode} />
      <div class="kt-actions"><Button type="submit" busy={busy}>{m.show}</Button></div>
      <p class="kt-small kt-quiet">{m.lost} <a class="utrecht-link" href={to("melden")}>{report.title}</a></p>
    </form>
  );
}

function timeline(d: Dossier, barriers: Barrier[]): TimelineItem[] {
  const told: TimelineItem = { state: "done", title: m.told, when: moment(new Date(d.ontvangen)) };
  const acted = barriers.map((b): TimelineItem => ({
    state: "done", title: b.omschrijving, when: moment(new Date(b.sinds)), text: `${partnerName(b.partner)}: ${shown(b)}`,
  }));
  if (d.toestand !== "open") return [told, ...acted];
  const counting: TimelineItem = { state: "now", title: m.counted };
  return barriers.length ? [told, ...acted, counting] : [told, counting, { state: "later", title: m.later }];
}

function Status({ d, acted }: { d: Dossier; acted: boolean }) {
  const closed = d.toestand !== "open";
  const [title, text] = acted ? [m.doneTitle, m.doneText] : closed ? [m.closedTitle, m.closedText] : [m.openTitle, m.openText];
  return (
    <section class={acted ? "kt-panel kt-panel--done" : "kt-panel"}>
      <p><Badge kind={closed ? "plain" : "new"}>{closed ? m.closed : m.open}</Badge></p>
      <h2>{title}</h2>
      <p>{text}</p>
    </section>
  );
}

function Story({ d }: { d: Dossier }) {
  const items = (d.kenmerken ?? []) as unknown as Item[];
  const rows: [string, string | undefined][] = [
    [overview.form, formName(d.fraudevorm)], [overview.story, d.verhaal],
    [overview.ids, items.map((i) => `${kindName(i.soort)}: ${shown(i)}`).join("\n")],
    [overview.amount, d.bedrag && euro(d.bedrag)], [overview.date, d.datum && day(new Date(`${d.datum}T12:00:00`))],
  ];
  return <DataList stacked rows={rows.filter(([, v]) => v).map(([key, value]) => ({ key, value }))} />;
}

function Opened({ code, d, onClose }: { code: string; d: Dossier; onClose: () => void }) {
  const barriers = (d.barrieres ?? []) as unknown as Barrier[];
  useEffect(() => {
    document.title = `${m.yours} - ${site.name}`;
    document.querySelector<HTMLElement>("h1")?.focus();
  }, []);
  return (
    <div class="kt-stack kt-stack--wide">
      <div>
        <h1 tabIndex={-1}>{m.yours}</h1>
        <p class="kt-lead">
          {fill(m.summary, { form: formName(d.fraudevorm), day: day(new Date(d.ontvangen)) })}{" "}
          {fill(m.ends, { end: code.replace(/[^0-9A-Za-z]/g, "").slice(-4).toUpperCase() })}
        </p>
      </div>
      {d.verzonnen && <Note><p>{m.fake}</p></Note>}
      <div class="kt-columns">
        <div class="kt-stack kt-stack--wide">
          <Status d={d} acted={barriers.length > 0} />
          <section class="kt-stack">
            <h2>{m.happened}</h2>
            <Timeline items={timeline(d, barriers)} />
          </section>
        </div>
        <div class="kt-stack kt-stack--wide">
          {d.bevestigd === false && <Confirm code={code} />}
          <section class="kt-card">
            <h2>{m.your}</h2>
            <Story d={d} />
          </section>
          <p class="kt-noprint"><Button kind="secondary" onClick={onClose}>{m.close}</Button></p>
        </div>
      </div>
    </div>
  );
}

export function Mine({ given = "" }: { given?: string }) {
  const [opened, setOpened] = useState<{ code: string; d: Dossier } | null>(null);
  if (!opened) return <CodeForm given={given} onOpen={(code, d) => setOpened({ code, d })} />;
  return <Opened {...opened} onClose={() => location.replace(location.pathname)} />;
}
