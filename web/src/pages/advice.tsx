import { advice as texts, destinations, forms as taxonomy, type Destination, type Form } from "kt:policy";
import { advice, forms } from "kt:messages";
import type { Page } from "../page";
import { fill, to } from "../i18n/text";
import { buttonClass } from "../ui/button";
import { Helpers, Never, Steps } from "../ui/advice";
import { Help, Main } from "../ui/shell";
import { adviceAddress } from "./address";

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
