import { report as m } from "kt:messages";
import type { Melding, Ontvangst, Vondst } from "../api-types";
import type { FormError } from "../ui/errors";
import type { DateParts } from "../ui/field";

/* What somebody is telling us: only in memory and in this tab's storage, until it is sent. */

export interface Item { soort: string; waarde: string }

export interface Draft {
  form: string;
  story: string;
  /* What the server saw in the story, for which text, and which of it is the swindler's. */
  found: { story: string; items: Item[]; chosen: string[] };
  added: Item[];
  /* Typed but not added yet. */
  pending: string;
  amount: string;
  date: { kind: "" | "today" | "yesterday" | "other" | "unknown"; parts: DateParts };
  contact: { kind: "" | "email" | "phone" | "none"; email: string; phone: string };
}

export interface Sent { answer: Ontvangst; form: string; confirmed?: boolean }

export const STEPS = ["form", "story", "ids", "amount", "date", "contact", "overview"] as const;
export type Step = (typeof STEPS)[number];

/* policy/intake.yaml: max_story_bytes, max_identifiers, max_days_back. The server has the last word. */
const MAX_STORY_BYTES = 102_400;
export const MAX_ITEMS = 50;
const MAX_DAYS_BACK = 3650;

export const emptyDraft = (): Draft => ({
  form: "", story: "", found: { story: "", items: [], chosen: [] }, added: [], pending: "", amount: "",
  date: { kind: "", parts: { day: "", month: "", year: "" } },
  contact: { kind: "", email: "", phone: "" },
});

const DRAFT = "kentering.melding";
const SENT = "kentering.ontvangst";
const OPEN = "kentering.openen";

function read<T>(key: string): T | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}

/* A browser may refuse storage; then the answers live as long as the page does. */
function write(key: string, value: unknown): void {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    /* nothing to do about it */
  }
}

export const loadDraft = (): Draft | null => {
  const d = read<Draft>(DRAFT);
  return d && { ...emptyDraft(), ...d };
};
export const saveDraft = (d: Draft | null) => write(DRAFT, d);
export const loadSent = () => read<Sent>(SENT);
/* A receipt code on its way to the next page of this tab. Not in the address: a browser writes down where it was. */
export const handOver = (code: string) => write(OPEN, code);
export function takeOver(): string {
  const code = read<string>(OPEN);
  write(OPEN, null);
  return code ?? "";
}
export function saveSent(s: Sent | null) {
  write(SENT, s);
  write(OPEN, null);
}

/* As it stands on a card: an account number in groups of four. What is sent has no spaces. */
export const shown = (i: Item) => (i.soort === "iban" ? i.waarde.replace(/(.{4})(?=.)/g, "$1 ") : i.waarde);

export const itemKey = (i: Item) => `${i.soort}:${i.waarde}`;

/* What the server found, once each. */
export function unique(found: Vondst[]): Item[] {
  const all = new Map(found.map(({ soort, waarde }) => [itemKey({ soort, waarde }), { soort, waarde }]));
  return [...all.values()];
}

export function itemsOf(d: Draft): Item[] {
  const chosen = d.found.items.filter((i) => d.found.chosen.includes(itemKey(i)));
  return [...new Map([...chosen, ...d.added].map((i) => [itemKey(i), i])).values()];
}

/* "€ 1.250,50" becomes "1250.50"; null when it is no amount. A sign before three digits groups, before one or two it is
 * the decimal sign, Dutch or English. */
export function amountOf(text: string): string | null {
  const m = /^([1-9]\d{0,2}(?:[.,]\d{3})+|\d+)(?:[.,](\d{1,2}))?[.,]?-?$/.exec(text.replace(/[\s€]/g, ""));
  const whole = m?.[1]?.replace(/[.,]/g, "").replace(/^0+(?=\d)/, "");
  return whole && whole.length <= 9 ? whole + (m?.[2] ? `.${m[2]}` : "") : null;
}

const iso = (d: Date) =>
  `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`;

/* The day as a Date at noon, so that no clock change moves it; null when it does not exist. */
function partsToDate({ day, month, year }: DateParts): Date | null {
  const [d, mo, y] = [day, month, year].map((s) => (/^\s*\d+\s*$/.test(s) ? Number(s) : NaN)) as [number, number, number];
  const full = y < 100 ? 2000 + y : y;
  const date = new Date(full, mo - 1, d, 12);
  return date.getFullYear() === full && date.getMonth() === mo - 1 && date.getDate() === d ? date : null;
}

export function dateOf(d: Draft, now: Date): Date | null {
  const noon = new Date(now.getFullYear(), now.getMonth(), now.getDate(), 12);
  if (d.date.kind === "today") return noon;
  if (d.date.kind === "yesterday") return new Date(noon.getFullYear(), noon.getMonth(), noon.getDate() - 1, 12);
  return d.date.kind === "other" ? partsToDate(d.date.parts) : null;
}

function dateErrors(d: Draft, now: Date): FormError[] {
  if (d.date.kind !== "other") return [];
  const date = dateOf(d, now);
  const days = date && (now.getTime() - date.getTime()) / 86_400_000;
  const text = days === null ? m.date.error : days < -1 ? m.date.future : days > MAX_DAYS_BACK ? m.date.old : "";
  return text ? [{ field: "day", text }] : [];
}

function contactErrors({ contact: c }: Draft): FormError[] {
  if (!c.kind) return [{ field: "contact", text: m.contact.error }];
  if (c.kind === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(c.email.trim()))
    return [{ field: "email", text: m.contact.emailError }];
  if (c.kind === "phone" && !/^(\+|0)\d{8,14}$/.test(c.phone.replace(/[\s().-]/g, "")))
    return [{ field: "phone", text: m.contact.phoneError }];
  return [];
}

/* What is wrong with the answers of one question. The server judges again. */
export function errorsOf(step: Step, d: Draft, now: Date): FormError[] {
  switch (step) {
    case "form": return d.form ? [] : [{ field: "form", text: m.form.error }];
    case "story":
      return new TextEncoder().encode(d.story).length > MAX_STORY_BYTES ? [{ field: "story", text: m.story.long }] : [];
    case "ids": return d.pending.trim() ? [{ field: "add", text: m.ids.addPending }] : [];
    case "amount": return d.amount.trim() && !amountOf(d.amount) ? [{ field: "amount", text: m.amount.error }] : [];
    case "date": return dateErrors(d, now);
    case "contact": return contactErrors(d);
    case "overview": return [];
  }
}

export function toReport(d: Draft, now: Date): Melding {
  const date = dateOf(d, now);
  const items = itemsOf(d);
  const { kind, email, phone } = d.contact;
  return {
    fraudevorm: d.form,
    ...(d.story.trim() && { verhaal: d.story }),
    ...(date && { datum: iso(date) }),
    ...(d.amount.trim() && { bedrag: amountOf(d.amount) }),
    ...(items.length && { kenmerken: items }),
    ...(kind === "email" && { melder: { contact: { email: email.trim() } } }),
    ...(kind === "phone" && { melder: { contact: { telefoon: phone.trim() } } }),
  };
}
