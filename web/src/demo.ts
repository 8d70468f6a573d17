import { demo } from "kt:desk-text";
import { lang } from "kt:lang";

/* The bar over a demonstration: says that all is invented, and lets you look with somebody else's eyes. It is put there by
 * script, so that a page of a real installation holds no word of it. */

type Role = keyof typeof demo.roles;
const ROLES = Object.keys(demo.roles) as Role[];
const KEPT = "kt-bekijk-als";

type Tag = "aside" | "button" | "div" | "form" | "label" | "option" | "p" | "select";

function part<K extends Tag>(tag: K, set: Partial<HTMLElementTagNameMap[K]>, ...inside: (Node | string)[]): HTMLElementTagNameMap[K] {
  const e = Object.assign(document.createElement(tag), set) as HTMLElementTagNameMap[K];
  e.append(...inside);
  return e;
}

async function look(role: Role): Promise<void> {
  const r = await fetch("/v1/demonstratie/_bekijk-als", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ rol: role }),
  });
  if (!r.ok) throw new Error(String(r.status));
  sessionStorage.setItem(KEPT, role);
  const page = (lang === "nl" ? "/" : "/en/") + (role === "slachtoffer" ? "" : "meldpunt");
  // Only another part of the address behind '#' would not load the page again.
  if (location.pathname === page) location.reload();
  else location.assign(page);
}

function bar(): HTMLElement {
  const kept = sessionStorage.getItem(KEPT);
  const choice = part("select", { id: "kt-bekijk-als", className: "kt-demo__choice" },
    ...ROLES.map((r) => part("option", { value: r, selected: r === kept }, demo.roles[r])));
  const said = part("p", { className: "kt-demo__said" });
  said.setAttribute("role", "status");
  const form = part("form", { className: "kt-demo__form" },
    part("label", { htmlFor: choice.id }, demo.as), choice, part("button", { className: "kt-demo__go" }, demo.go));
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    look(choice.value as Role).catch(() => (said.textContent = demo.failed));
  });
  const all = part("aside", { className: "kt-demo" },
    part("div", { className: "kt-wrap kt-demo__in" }, part("p", {}, demo.text), form, said));
  all.setAttribute("aria-label", demo.label);
  return all;
}

async function start(): Promise<void> {
  const r = await fetch("/v1/omgeving", { headers: { Accept: "application/json" } });
  if (r.ok && (await r.json()).demonstratie === true) document.querySelector(".utrecht-skip-link")?.after(bar());
}

start().catch(() => {}); // without a connection there is no bar, and nothing else changes
