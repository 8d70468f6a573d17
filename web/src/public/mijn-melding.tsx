import { hydrate, render } from "preact";
import { takeOver } from "./draft";
import { Mine } from "./mine";

/* With a code, this tab's page before this one handed it over. */
const app = document.getElementById("app")!;
const given = takeOver();
if (given) {
  app.textContent = "";
  render(<Mine given={given} />, app);
} else {
  hydrate(<Mine />, app);
}
/* A browser's "back" may bring an opened report as it was, to whoever sits there by then. */
addEventListener("pageshow", (e) => {
  if (e.persisted) location.reload();
});
