import phoneOff from "tabler:phone-off";
import phone from "tabler:phone";
import bank from "tabler:building-bank";
import alert from "tabler:alert-triangle";
import report from "tabler:message-report";
import search from "tabler:search";
import file from "tabler:file-text";
import type { ComponentChildren } from "preact";
import { destinations, forms as taxonomy } from "kt:policy";
import { forms, start } from "kt:messages";
import type { Page } from "../page";
import { tel, to } from "../i18n/text";
import { Icon } from "../ui/icon";
import { Note } from "../ui/parts";
import { adviceAddress } from "./address";

function Step({ icon, title, text, strong, children }: {
  icon: string; title: string; text: string; strong?: string; children?: ComponentChildren;
}) {
  return (
    <li class="kt-step">
      <div class="kt-step__head">
        <Icon of={icon} />
        <div>
          <h2>{title}</h2>
          <p>{text}</p>
          {strong && <p><strong>{strong}</strong></p>}
        </div>
      </div>
      {children}
    </li>
  );
}

/* A bank stands here when policy/destinations.yaml has its number, with a source. A number is never guessed. */
function Banks() {
  const banks = destinations.filter((d) => d.id.startsWith("bank_") && d.phone);
  return (
    <details>
      <summary class="kt-beacon kt-beacon--filled"><Icon of={phone} />{banks.length ? start.bankChoose : start.bankWhich}</summary>
      <div class="kt-banks">
        {banks.length > 0 && (
          <ul>{banks.map((b) => <li key={b.id}><a href={tel(b.phone!)}><span>{b.title}</span><strong>{b.phone}</strong></a></li>)}</ul>
        )}
        <p><strong>{banks.length ? start.bankOther : start.bankNumber}</strong></p>
        <p>{start.bankNoNumber}</p>
        <p>{start.bankNever}</p>
      </div>
    </details>
  );
}

function Task({ icon, path, title, text, first }: { icon: string; path: string; title: string; text: string; first?: boolean }) {
  return (
    <li class={first ? "kt-task kt-task--first" : "kt-task"}>
      <Icon of={icon} />
      <div>
        <a href={to(path)}>{title}</a>
        <p>{text}</p>
      </div>
    </li>
  );
}

/* The emergency page: three steps that fit one phone screen, and work without any script. */
function Start() {
  const danger = destinations.find((d) => d.id === "noodnummer")!;
  const known = taxonomy.filter((f) => f.id in forms && f.id !== "OF-0");
  const words = Object.entries(forms).filter(([id]) => known.some((f) => f.id === id));
  return (
    <main id="inhoud" tabIndex={-1}>
      <div class="kt-band">
        <div class="kt-wrap">
          <h1>{start.title}</h1>
          <p class="kt-band__lead">{start.lead}</p>
          <ol class="kt-steps">
            <Step icon={phoneOff} title={start.hangUp} text={start.hangUpText} strong={start.hangUpStrong} />
            <Step icon={bank} title={start.bank} text={start.bankText}><Banks /></Step>
            <Step icon={alert} title={start.danger} text={start.dangerText}>
              <a class="kt-beacon kt-beacon--quiet" href={tel(danger.phone!)}><Icon of={phone} />{start.dangerCall}</a>
            </Step>
          </ol>
        </div>
      </div>
      <div class="kt-wrap kt-start">
        <section>
          <h2>{start.tasks}</h2>
          <ul class="kt-tasks">
            <Task icon={report} path="melden" title={start.report} text={start.reportText} first />
            <Task icon={search} path="controleren" title={start.check} text={start.checkText} />
            <Task icon={file} path="mijn-melding" title={start.mine} text={start.mineText} />
          </ul>
        </section>
        <section class="kt-columns">
          <div>
            <h2>{start.forms}</h2>
            <p class="kt-quiet">{start.formsText}</p>
            <ul class="kt-links kt-links--two">
              {words.map(([id, text]) => <li key={id}><a class="utrecht-link" href={adviceAddress(id)}>{text}</a></li>)}
              <li><a class="utrecht-link" href={to("advies")}><strong>{start.formsAll}</strong></a></li>
            </ul>
          </div>
          <div>
            <Note kind="attention">
              <h2>{start.warning}</h2>
              <p>{start.warningText}</p>
              <p><a class="utrecht-link" href={adviceAddress("OF-2.1.2")}>{start.warningLink}</a></p>
            </Note>
          </div>
        </section>
      </div>
    </main>
  );
}

export const startPage: Page = { path: "", title: start.title, description: start.description, style: "site", body: <Start /> };
