import type { Barriere } from "../api-types";
import { kinds, list, states } from "kt:desk-text";
import { measures, partners } from "kt:policy";
import { fill } from "../i18n/text";
import type { BadgeKind } from "../ui/parts";

/* How the desk names things, and what belongs in which list. */

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

function span(ms: number): string {
  const size = Math.abs(ms);
  if (size < 2 * HOUR) return fill(list.minutes, { n: Math.max(1, Math.round(size / MINUTE)) });
  if (size < 2 * DAY) return fill(list.hours, { n: Math.round(size / HOUR) });
  return fill(list.days, { n: Math.round(size / DAY) });
}

export type State = Barriere["toestand"];
export type Group = "open" | "partner" | "done" | "failed" | "all";
export const GROUPS: Group[] = ["open", "partner", "done", "failed", "all"];

const AT_PARTNER: State[] = ["goedgekeurd", "verzonden", "ontvangen"];

/* The desk's first list is what it must judge; a partner's is what it must carry out. */
export function inGroup(group: Group, state: State, partner: boolean): boolean {
  if (group === "all") return true;
  if (group === "failed") return state === "mislukt";
  const proposed = state === "voorgesteld", there = AT_PARTNER.includes(state);
  if (group === "done") return !proposed && !there && state !== "mislukt";
  return (group === "open") === partner ? there : proposed;
}

export const atPartner = (state: State) => AT_PARTNER.includes(state);

export const measureName = (id: string): string => measures[id] ?? id;
export const kindName = (kind: string): string => kinds[kind as keyof typeof kinds] ?? kind;
export const stateName = (state: string): string => states[state as State] ?? state;

/* "bank:KENT" is the bank KENT, "platform:marktplaats" is marktplaats. */
export function partnerName(id: string): string {
  const [kind, name] = id.split(":") as [string, string?];
  return name ? (kind === "bank" ? `Bank ${name}` : name) : partners[kind] ?? kind;
}

export const stateBadge: Record<State, BadgeKind> = {
  voorgesteld: "new", goedgekeurd: "question", geweigerd: "plain", verzonden: "question", ontvangen: "question",
  uitgevoerd: "done", afgewezen: "plain", mislukt: "overdue", opgeheven: "plain", verlopen: "plain",
};

export interface ClockWords { state: "running" | "soon" | "overdue" | "stopped"; text: string }

/* What the clock of a barrier says now: the partner's term while one runs, else how long it has been like this. */
export function clockOf(b: Barriere, now: number): ClockWords {
  const since = now - Date.parse(b.sinds);
  if (b.uiterlijk) {
    const left = Date.parse(b.uiterlijk) - now;
    if (left < 0) return { state: "overdue", text: fill(list.late, { t: span(left) }) };
    return { state: left < 2 * HOUR ? "soon" : "running", text: fill(list.left, { t: span(left) }) };
  }
  if (b.toestand === "voorgesteld" || b.toestand === "goedgekeurd")
    return { state: since > 2 * DAY ? "soon" : "running", text: fill(list.waits, { t: span(since) }) };
  return { state: "stopped", text: fill(list.since, { t: span(since) }) };
}

/* First what runs out first, then what has waited longest; what is done: the newest first. */
export function byClock(a: Barriere, b: Barriere): number {
  const open = (x: Barriere) => (x.toestand === "voorgesteld" || AT_PARTNER.includes(x.toestand) ? 0 : 1);
  if (open(a) !== open(b)) return open(a) - open(b);
  if (open(a)) return Date.parse(b.sinds) - Date.parse(a.sinds);
  const due = (x: Barriere) => (x.uiterlijk ? Date.parse(x.uiterlijk) : Infinity);
  return due(a) - due(b) || Date.parse(a.sinds) - Date.parse(b.sinds);
}

export const reporters = (n: number): string => (n === 1 ? list.reporter : fill(list.reporters, { n }));
