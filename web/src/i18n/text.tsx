import type { ComponentChild } from "preact";
import { lang } from "kt:lang";

/* "Vraag {nr} van {totaal}" with values. A name without a value stays visible: a mistake should be seen. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/* The address of one of our pages in this language; "" is the first page. */
export function to(path: string): string {
  return (lang === "nl" ? "/" : "/en/") + path;
}

/* "088-7867372" becomes "tel:0887867372". */
export const tel = (phone: string) => `tel:${phone.replace(/[^0-9+]/g, "")}`;

/* Translated prose: "## heading", "- item", [link](address), one entry per block. An address without a
 * scheme or slash is one of our pages. */
export function Prose({ blocks }: { blocks: string[] }) {
  const out: ComponentChild[] = [];
  let items: ComponentChild[] = [];
  const flush = () => {
    if (items.length) out.push(<ul>{items}</ul>);
    items = [];
  };
  for (const b of blocks) {
    if (b.startsWith("- ")) {
      items.push(<li>{inline(b.slice(2))}</li>);
      continue;
    }
    flush();
    out.push(b.startsWith("## ") ? <h2>{b.slice(3)}</h2> : <p>{inline(b)}</p>);
  }
  flush();
  return <div class="kt-text kt-measure">{out}</div>;
}

function inline(text: string): ComponentChild[] {
  return text.split(/(\[[^\]]*\]\([^)]*\))/).map((part) => {
    const link = /^\[([^\]]*)\]\(([^)]*)\)$/.exec(part);
    return link ? <a href={/^([a-z]+:|\/)/.test(link[2]!) ? link[2] : to(link[2]!)}>{link[1]}</a> : part;
  });
}

const LOCALE = lang === "nl" ? "nl-NL" : "en-GB";

/* "zaterdag 21 november 2026", and with the time "zaterdag 21 november 2026, 23.42 uur". */
export function day(d: Date): string {
  return new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long", year: "numeric",
    timeZone: "Europe/Amsterdam" }).format(d);
}

export function moment(d: Date): string {
  const parts = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    timeZone: "Europe/Amsterdam" }).formatToParts(d);
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
  return lang === "nl" ? `${day(d)}, ${part("hour")}.${part("minute")} uur` : `${day(d)}, ${part("hour")}:${part("minute")}`;
}

/* "89.95" becomes "€ 89,95". */
export function euro(amount: string): string {
  return new Intl.NumberFormat(LOCALE, { style: "currency", currency: "EUR" }).format(Number(amount.replace(",", ".")));
}
