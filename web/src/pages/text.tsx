import { check, pages as m, start } from "kt:messages";
import { operator } from "kt:policy";
import accessibility from "../../accessibility.json";
import type { ComponentChild } from "preact";
import type { Page } from "../page";
import { Prose, day, fill, to } from "../i18n/text";
import { Note } from "../ui/parts";
import { Help, Main } from "../ui/shell";
import { Helpers } from "../ui/advice";
import { helpersOf } from "./advice";

function textPage(path: string, title: string, children: ComponentChild, lead?: ComponentChild): Page {
  const body = (
    <Main>
      <div class="kt-measure">
        <h1>{title}</h1>
        {lead}
      </div>
      {children}
      <Help />
    </Main>
  );
  return { path, title, style: "site", body };
}

/* What the status of the accessibility statement may say: a site nobody examined fully claims C or D, never more. */
const statusText: Record<string, string> = m.accessibility.statusText;

function accessibilityPage(): Page {
  const { status, date } = accessibility;
  if (!statusText[status]) throw new Error(`accessibility.json: no text for status ${status}`);
  return textPage("toegankelijkheid", m.accessibility.title, <Prose blocks={m.accessibility.text} />,
    <div class="kt-panel">
      <h2>{fill(m.accessibility.status, { status })}</h2>
      <p>{statusText[status]}</p>
      <p class="kt-small kt-quiet">{fill(m.accessibility.date, { day: day(new Date(date)) })}</p>
    </div>);
}

const people = () => helpersOf(["fraudehelpdesk", "politie", "slachtofferhulp"]);

export const textPages: Page[] = [
  textPage("controleren", check.title,
    <div class="kt-measure kt-stack">
      <h2>{check.who}</h2>
      <Helpers helpers={helpersOf(["lmio", "checkjelinkje", "fraudehelpdesk"]).map((d) => ({ ...d, why: d.handles }))} />
      <Note kind="attention"><p><strong>{check.noProof}</strong></p><p>{check.doubt}</p></Note>
      <p>{check.happened} <a class="utrecht-link" href={to("melden")}>{start.report}</a></p>
    </div>,
    <p class="kt-lead">{check.lead}</p>),
  textPage("over", m.about.title, <Prose blocks={m.about.text} />),
  textPage("privacy", m.privacy.title, <Prose blocks={m.privacy.text} />),
  accessibilityPage(),
  textPage("contact", m.contact.title,
    <div class="kt-measure kt-stack">
      <h2>{m.contact.mail}</h2>
      <p>{operator.name}: <a class="utrecht-link" href={`mailto:${operator.email}`}>{operator.email}</a></p>
      <p class="kt-quiet">{m.contact.mailText}</p>
      <h2>{m.contact.people}</h2>
      <Helpers helpers={people()} />
    </div>,
    <p>{m.contact.lead} <a class="utrecht-link" href={to("")}>{start.title}</a></p>),
];
