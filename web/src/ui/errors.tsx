import { useEffect, useRef } from "preact/hooks";
import { ui } from "kt:messages";
import { fill } from "../i18n/text";

export interface FormError { field: string; text: string }

/* The list above a form that was not accepted. Its heading gets the focus, each line leads to its field. `round` counts the
 * attempts, so that the focus comes back after every one. */
export function ErrorSummary({ errors, round }: { errors: FormError[]; round: number }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (errors.length) heading.current?.focus();
  }, [round]);
  if (!errors.length) return null;
  return (
    <div class="kt-errors">
      <h2 ref={heading} tabIndex={-1}>{ui.errorsTitle}</h2>
      <ul>
        {errors.map((e) => (
          <li key={e.field}>
            <a href={`#${e.field}`} onClick={(ev) => {
              ev.preventDefault();
              document.getElementById(e.field)?.focus();
            }}>{e.text}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}

/* The outcome comes first in the title: it is what a screen reader says first. */
export function errorTitle(n: number, title: string): string {
  return n ? `${n === 1 ? ui.titleError : fill(ui.titleErrors, { n })} - ${title}` : title;
}
