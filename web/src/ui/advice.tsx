import phone from "tabler:phone";
import external from "tabler:external-link";
import cross from "tabler:x";
import { advice } from "kt:messages";
import { fill, tel } from "../i18n/text";
import { Icon } from "./icon";

/* What to do, what not to do, and who helps: the same on an advice page and after a report. */

export function Steps({ steps }: { steps: string[] }) {
  return <ol class="kt-do">{steps.map((s) => <li key={s}><span>{s}</span></li>)}</ol>;
}

export function Never({ never }: { never: string[] }) {
  return <ul class="kt-never">{never.map((s) => <li key={s}><Icon of={cross} /><span>{s}</span></li>)}</ul>;
}

/* One organisation: why, by when, and how to reach it. */
export interface Helper { id: string; title: string; why: string; clock?: string | null; phone?: string | null; url?: string | null; hours?: string | null }

export function Helpers({ helpers }: { helpers: Helper[] }) {
  return (
    <ul class="kt-help-list">
      {helpers.map((d) => (
        <li class="kt-card" key={d.id}>
          <h3>{d.title}</h3>
          <p>{d.why}</p>
          {d.clock && <p><strong>{d.clock}</strong></p>}
          {(d.phone || d.url) && (
            <p class="kt-contact">
              {d.phone && <a class="utrecht-link" href={tel(d.phone)}><Icon of={phone} size={20} />{fill(advice.call, { phone: d.phone })}</a>}
              {d.url && <a class="utrecht-link" href={d.url} rel="noopener noreferrer"><Icon of={external} size={20} />{advice.site}<span class="kt-hidden"> {d.title}</span></a>}
            </p>
          )}
          {d.hours && <p class="kt-small kt-quiet">{d.hours}</p>}
        </li>
      ))}
    </ul>
  );
}
