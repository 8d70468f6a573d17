import { hydrate, render } from "preact";
import { Mine } from "./mine";

/* A code after # came from our own page. It is taken out of the address, so that it is not left in the history. */
const app = document.getElementById("app")!;
const code = decodeURIComponent(location.hash.slice(1));
const given = /^[0-9A-Za-z -]{21,40}$/.test(code) ? code : "";
if (given) {
  history.replaceState(null, "", location.pathname);
  app.textContent = "";
  render(<Mine given={given} />, app);
} else {
  hydrate(<Mine />, app);
}
