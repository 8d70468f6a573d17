import type { ComponentChild, ComponentChildren } from "preact";
import check from "tabler:check";
import clock from "tabler:clock";
import alert from "tabler:alert-triangle";
import cross from "tabler:x";
import { ui } from "kt:messages";
import { Icon } from "./icon";

/* Small parts without state of their own. */

export function Note({ kind = "information", children }: { kind?: "information" | "attention" | "error"; children: ComponentChildren }) {
  return <div class={`kt-note kt-note--${kind}`}>{children}</div>;
}

export type BadgeKind = "plain" | "new" | "question" | "done" | "overdue";

const BADGE_ICON: Partial<Record<BadgeKind, string>> = { question: clock, done: check, overdue: alert };

export function Badge({ kind = "plain", children }: { kind?: BadgeKind; children: ComponentChildren }) {
  const icon = BADGE_ICON[kind];
  return <span class={`kt-badge kt-badge--${kind}`}>{icon && <Icon of={icon} size={16} />}{children}</span>;
}

export function Clock({ state = "running", children }: { state?: "running" | "soon" | "overdue" | "stopped" | "paused"; children: ComponentChildren }) {
  return <span class={`kt-clock kt-clock--${state}`}><Icon of={state === "overdue" ? alert : clock} size={18} />{children}</span>;
}

export interface TimelineItem { state: "done" | "now" | "later" | "failed"; title: string; when?: string; text?: ComponentChild }

const MARK: Record<TimelineItem["state"], string | null> = { done: check, now: clock, later: null, failed: cross };

export function Timeline({ items }: { items: TimelineItem[] }) {
  return (
    <ol class="kt-timeline">
      {items.map((i) => (
        <li key={i.title + i.when} class={`kt-timeline__item kt-timeline__item--${i.state}`}>
          <span class="kt-timeline__mark">{MARK[i.state] && <Icon of={MARK[i.state]!} size={16} />}</span>
          <p class="kt-timeline__title"><span class="kt-hidden">{ui.timeline[i.state]}: </span>{i.title}</p>
          {i.when && <p class="kt-timeline__when">{i.when}</p>}
          {i.text && <p class="kt-small">{i.text}</p>}
        </li>
      ))}
    </ol>
  );
}

export interface DataRow { key: string; value: ComponentChild; action?: ComponentChild }

export function DataList({ rows, stacked }: { rows: DataRow[]; stacked?: boolean }) {
  return (
    <dl class={stacked ? "kt-data kt-data--stacked" : "kt-data"}>
      {rows.map((r) => (
        <div class="kt-data__row" key={r.key}>
          <dt class="kt-data__key">{r.key}</dt>
          <dd class="kt-data__value">{r.value}</dd>
          {r.action && <dd class="kt-data__action">{r.action}</dd>}
        </div>
      ))}
    </dl>
  );
}
