import phone from "tabler:phone";
import external from "tabler:external-link";
import cross from "tabler:x";
import { advice as texts, destinations, forms as taxonomy, type Destination, type Form } from "kt:policy";
import { advice, forms } from "kt:messages";
import type { Page } from "../page";
import { fill, to } from "../i18n/text";
import { buttonClass } from "../ui/button";
import { Icon } from "../ui/icon";
import { Help, Main } from "../ui/shell";
import { adviceAddress, tel } from "./address";

const words: Record<string, string> = forms;
const RULE = new Map(texts.map((a) => [a.form, a]));
const PARENT = new Map(taxonomy.map((f) => [f.id, f.parent]));

/* A form without advice of its own takes that of its parent, as the server does. */
function adviceOf(id: string) {
  for (let at: string | null | undefined = id; at; at = PARENT.get(at)) {
    const a = RULE.get(at);
    if (a) return a;
  }
  throw new Error(`no advice for ${id}`);
}

export function Steps({ steps }: { steps: string[] }) {
  return <ol class="kt-do">{steps.map((s) => <li key={s}><span>{s}</span></li>)}</ol>;
}

export function Never({ never }: { never: string[] }) {
  return <ul class="kt-never">{never.map((s) => <li key={s}><Icon of={cross} /><span>{s}</span></li>)}</ul>;
}

/* One organisation: why, by when, and how to reach it. */
export interface Helper { id: string; title: string; why: string; clock?: string | null; phone?: string | null; url?: string | null; hours?: string | null }

export function Helpers({ helpers }: { helpers: Helper[] }) {
  return (
    <ul class="kt-help-list">
      {helpers.map((d) => (
        <li class="kt-card" key={d.id}>
          <h3>{d.title}</h3>
          <p>{d.why}</p>
          {d.clock && <p><strong>{d.clock}</strong></p>}
          {(d.phone || d.url) && (
            <p class="kt-contact">
              {d.phone && <a class="utrecht-link" href={tel(d.phone)}><Icon of={phone} size={20} />{fill(advice.call, { phone: d.phone })}</a>}
              {d.url && <a class="utrecht-link" href={d.url} rel="noopener noreferrer"><Icon of={external} size={20} />{advice.site}<span class="kt-hidden"> {d.title}</span></a>}
            </p>
          )}
          {d.hours && <p class="kt-small kt-quiet">{d.hours}</p>}
        </li>
      ))}
    </ul>
  );
}

export const helpersOf = (ids: string[]): Destination[] =>
  destinations.filter((d) => ids.includes(d.id)).sort((a, b) => a.order - b.order);

function Advice({ form }: { form: Form }) {
  const a = adviceOf(form.id);
  return (
    <Main>
      <div class="kt-measure">
        <h1>{words[form.id] ?? form.label}</h1>
        {words[form.id] && <p class="kt-lead">{form.label}</p>}
      </div>
      <div class="kt-columns">
        <div class="kt-stack">
          <section class="kt-stack">
            <h2>{advice.now}</h2>
            <Steps steps={a.steps} />
          </section>
          {a.never.length > 0 && (
            <section class="kt-note kt-note--attention">
              <h2>{advice.never}</h2>
              <Never never={a.never} />
            </section>
          )}
          <section class="kt-panel kt-noprint">
            <h2>{advice.tell}</h2>
            <p>{advice.tellText}</p>
            <p><a class={buttonClass("primary")} href={`${to("melden")}#vorm=${form.id}`}>{advice.tellLink}</a></p>
          </section>
        </div>
        <section class="kt-stack">
          <h2>{advice.help}</h2>
          <Helpers helpers={helpersOf(a.destinations)} />
        </section>
      </div>
      <Help />
    </Main>
  );
}

function Branch({ form }: { form: Form }) {
  const below = taxonomy.filter((f) => f.parent === form.id);
  return (
    <li>
      <a class="utrecht-link" href={adviceAddress(form.id)}>{form.label}</a>
      {below.length > 0 && <ul>{below.map((f) => <Branch key={f.id} form={f} />)}</ul>}
    </li>
  );
}

function Index() {
  const root = taxonomy.find((f) => !f.parent)!;
  const general = adviceOf(root.id);
  return (
    <Main>
      <div>
        <h1>{advice.indexTitle}</h1>
        <p class="kt-lead">{advice.indexLead}</p>
      </div>
      <div class="kt-columns">
        <div class="kt-stack">
          <ul class="kt-links">
            {Object.entries(words).map(([id, text]) => <li key={id}><a class="utrecht-link" href={adviceAddress(id)}>{text}</a></li>)}
          </ul>
          <h2>{advice.indexForms}</h2>
          <ul class="kt-tree">
            {taxonomy.filter((f) => f.parent === root.id).map((f) => <Branch key={f.id} form={f} />)}
          </ul>
        </div>
        <section class="kt-stack">
          <h2>{advice.now}</h2>
          <Steps steps={general.steps} />
        </section>
      </div>
      <Help />
    </Main>
  );
}

export const advicePages: Page[] = [
  { path: "advies", title: advice.indexTitle, description: advice.indexLead, style: "site", body: <Index /> },
  ...taxonomy.filter((f) => f.parent).map((f): Page => ({
    path: `advies/${f.slug}`, title: words[f.id] ?? f.label, description: fill(advice.description, { form: f.label }),
    style: "site", body: <Advice form={f} />,
  })),
];
