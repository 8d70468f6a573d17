import { hydrate, render } from "preact";
import { forms } from "kt:messages";
import { emptyDraft, errorsOf, loadDraft, loadSent, saveDraft } from "./draft";
import { Report, stepOf } from "./report";

/* Where somebody was: sent already, half-way, or come from an advice page with #vorm=OF-2.1. */
function start() {
  const app = document.getElementById("app")!;
  const sent = loadSent();
  const form = new URLSearchParams(location.hash.slice(1)).get("vorm");
  const stored = loadDraft();
  const draft = stored ?? emptyDraft();
  if (form && form in forms) draft.form = form;
  if (form) {
    history.replaceState(null, "", location.pathname);
    saveDraft(draft);
  }
  if (!sent && !stored && !draft.form) return hydrate(<Report />, app);
  app.textContent = "";
  const step = (!errorsOf("form", draft, new Date()).length && stepOf(location.hash)) || "form";
  render(<Report initial={draft} initialStep={step} initialSent={sent} />, app);
}

start();
