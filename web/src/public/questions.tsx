import { useState } from "preact/hooks";
import { forms, report as m, site, ui } from "kt:messages";
import { post, Failure } from "../api";
import type { Vondsten } from "../api-types";
import { fill, to } from "../i18n/text";
import { Button } from "../ui/button";
import { AmountField, DateField, TextArea, TextField } from "../ui/field";
import { Note } from "../ui/parts";
import { Tiles } from "../ui/tiles";
import type { FormError } from "../ui/errors";
import { itemKey, MAX_ITEMS, shown, unique, type Draft, type Item } from "./draft";

/* The questions, one per page. Each gets the draft, changes a part of it, and shows the errors of its own fields. */

export interface QuestionProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  errors: FormError[];
}

const errorOf = (errors: FormError[], field: string) => errors.find((e) => e.field === field)?.text;

export function FormQuestion({ draft, change, errors }: QuestionProps) {
  return (
    <Tiles id="form" question label={m.form.title} hint={m.form.hint} error={errorOf(errors, "form")}
      choices={Object.entries(forms).map(([value, label]) => ({ value, label }))}
      value={draft.form} onChange={(form) => change({ form })} />
  );
}

export function StoryQuestion({ draft, change, errors }: QuestionProps) {
  return (
    <TextArea id="story" question optional label={m.story.title} hint={m.story.hint} error={errorOf(errors, "story")}
      value={draft.story} onInput={(story) => change({ story })} />
  );
}

const kinds: Record<string, string> = m.ids.kinds;
export const kindName = (soort: string) => kinds[soort] ?? m.ids.kinds.anders;

function Found({ draft, change }: QuestionProps) {
  if (!draft.found.items.length) return null;
  return (
    <Tiles id="found" many label={m.ids.found} hint={m.ids.foundHint} value={draft.found.chosen}
      choices={draft.found.items.map((i) => ({ value: itemKey(i), label: <span class="kt-nums">{shown(i)}</span>, hint: kindName(i.soort) }))}
      onChange={(chosen) => change({ found: { ...draft.found, chosen } })} />
  );
}

function Added({ items, onRemove }: { items: Item[]; onRemove: (i: Item) => void }) {
  if (!items.length) return null;
  return (
    <section class="kt-stack">
      <h2>{m.ids.listed}</h2>
      <ul class="kt-repeat">
        {items.map((i) => (
          <li class="kt-repeat__item" key={itemKey(i)}>
            <span class="kt-repeat__text"><span class="kt-nums">{shown(i)}</span><span class="kt-repeat__kind">{kindName(i.soort)}</span></span>
            <button type="button" class="kt-textbutton" onClick={() => onRemove(i)}>
              {m.ids.remove}<span class="kt-hidden"> {i.waarde}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/* Items of the swindler. The server recognises what is typed and writes it the usual way; nobody has to choose a kind. */
export function IdsQuestion(p: QuestionProps & { searching: boolean }) {
  const { draft, change, errors, searching } = p;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const [said, setSaid] = useState("");
  const [removed, setRemoved] = useState<Item | null>(null);

  async function add() {
    if (busy) return;
    const text = draft.pending.trim();
    if (!text) return setError(m.ids.addEmpty);
    if (draft.added.length + draft.found.chosen.length >= MAX_ITEMS) return setError(m.ids.full);
    setBusy(true);
    setError("");
    try {
      const items = unique((await post<Vondsten>("/kenmerken/_herken", { tekst: text }, { safe: true })).kenmerken);
      if (!items.length) return setError(m.ids.addError);
      const known = new Set(draft.added.map(itemKey));
      change({ added: [...draft.added, ...items.filter((i) => !known.has(itemKey(i)))], pending: "" });
      setSaid(fill(m.ids.added, { what: items.map(shown).join(", ") }));
      setRemoved(null);
    } catch (e) {
      setError(e instanceof Failure && e.kind === "refused" && e.status < 500 ? m.ids.addError : m.ids.addNetwork);
    } finally {
      setBusy(false);
      document.getElementById("add")?.focus();
    }
  }

  function takeOut(i: Item) {
    change({ added: draft.added.filter((x) => x !== i) });
    setRemoved(i);
    setSaid(fill(m.ids.removed, { what: shown(i) }));
    document.getElementById("add")?.focus();
  }

  return (
    <div class="kt-form">
      <div>
        <h1 class="kt-question" tabIndex={-1}>{m.ids.title}<span class="kt-field__optional"> ({ui.optional})</span></h1>
        <p class="kt-lead">{m.ids.hint}</p>
      </div>
      {searching && <p class="kt-quiet" role="status">{m.ids.searching}</p>}
      <Found {...p} />
      <Added items={draft.added} onRemove={takeOut} />
      <div onKeyDown={(e) => {
        /* Enter in this field adds; elsewhere it goes on. */
        if (e.key !== "Enter" || (e.target as Element).id !== "add") return;
        e.preventDefault();
        void add();
      }}>
        <TextField id="add" label={m.ids.add} hint={m.ids.addHint} error={error || errorOf(errors, "add")} literal
          value={draft.pending} onInput={(pending) => change({ pending })} />
        <div class="kt-actions kt-actions--close">
          <Button kind="secondary" busy={busy} onClick={add}>{m.ids.addButton}</Button>
          <span role="status" class="kt-small">{said}</span>
          {removed && (
            <button type="button" class="kt-textbutton" onClick={() => {
              change({ added: [...draft.added, removed] });
              setRemoved(null);
              setSaid(fill(m.ids.added, { what: shown(removed) }));
            }}>{m.ids.undo}</button>
          )}
        </div>
      </div>
    </div>
  );
}

export function AmountQuestion({ draft, change, errors }: QuestionProps) {
  return (
    <div class="kt-form">
      <AmountField id="amount" question optional label={m.amount.title} hint={m.amount.hint} error={errorOf(errors, "amount")}
        value={draft.amount} onInput={(amount) => change({ amount })} />
      <Note kind="attention"><p>{m.urgent} <a class="utrecht-link" href={to("")}>{site.helpLink}</a></p></Note>
    </div>
  );
}

export function DateQuestion({ draft, change, errors }: QuestionProps) {
  const { kind, parts } = draft.date;
  const which = (
    <DateField id="day" label={m.date.which} hint={m.date.whichHint} error={errorOf(errors, "day")} value={parts}
      onInput={(p) => change({ date: { kind, parts: p } })} />
  );
  return (
    <Tiles id="date" question optional label={m.date.title} hint={m.date.hint} value={kind}
      choices={[
        { value: "today", label: m.date.today }, { value: "yesterday", label: m.date.yesterday },
        { value: "other", label: m.date.other, more: which }, { value: "unknown", label: m.date.unknown },
      ]}
      onChange={(k) => change({ date: { kind: k as Draft["date"]["kind"], parts } })} />
  );
}

export function ContactQuestion({ draft, change, errors }: QuestionProps) {
  const c = draft.contact;
  const set = (part: Partial<Draft["contact"]>) => change({ contact: { ...c, ...part } });
  return (
    <Tiles id="contact" question label={m.contact.title} hint={m.contact.hint} error={errorOf(errors, "contact")} value={c.kind}
      choices={[
        { value: "email", label: m.contact.email, hint: m.contact.emailHint, more: (
          <TextField id="email" type="email" autocomplete="email" literal label={m.contact.emailField}
            error={errorOf(errors, "email")} value={c.email} onInput={(email) => set({ email })} />
        ) },
        { value: "phone", label: m.contact.phone, more: (
          <TextField id="phone" type="tel" autocomplete="tel" label={m.contact.phoneField} short
            error={errorOf(errors, "phone")} value={c.phone} onInput={(phone) => set({ phone })} />
        ) },
        { value: "none", label: m.contact.none, hint: m.contact.noneHint },
      ]}
      onChange={(kind) => set({ kind: kind as Draft["contact"]["kind"] })} />
  );
}
