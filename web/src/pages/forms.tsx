import { mine, report } from "kt:messages";
import { operator } from "kt:policy";
import type { ComponentChild } from "preact";
import type { Page } from "../page";
import { Mine } from "../public/mine";
import { Report } from "../public/report";
import { Helpers } from "../ui/advice";
import { Help, Main } from "../ui/shell";
import { helpersOf } from "./advice";

/* The first question stands in the page, so that it is there before the script is. Without scripts it is hidden, and the
 * page says how else to reach somebody. */
function formPage(path: string, title: string, script: string, app: ComponentChild): Page {
  const body = (
    <Main>
      <div id="app" class="kt-needs-script">{app}</div>
      <noscript>
        <div class="kt-measure kt-stack">
          <h1>{report.noScript.title}</h1>
          <p>{report.noScript.text}</p>
          <p>{report.noScript.mail} <a class="utrecht-link" href={`mailto:${operator.email}`}>{operator.email}</a></p>
          <p>{report.noScript.call}</p>
          <Helpers helpers={helpersOf(["fraudehelpdesk", "politie"])} />
        </div>
      </noscript>
      <Help />
    </Main>
  );
  return { path, title, style: "form", script, body };
}

export const formPages: Page[] = [
  formPage("melden", report.title, "public/melden", <Report />),
  formPage("mijn-melding", mine.title, "public/mijn-melding", <Mine />),
];
