import type { ComponentChild } from "preact";
import { FieldError, Hint, Optional, type FieldProps, describe } from "./field";

export interface Choice {
  value: string;
  label: ComponentChild;
  hint?: string;
  /* Shown under the tile while it is chosen: a field that only then makes sense. */
  more?: ComponentChild;
}

type Props = FieldProps & { choices: Choice[] } & (
  | { many?: false; value: string; onChange: (value: string) => void }
  | { many: true; value: string[]; onChange: (value: string[]) => void }
);

/* Radio buttons or checkboxes as tiles. The first input carries the id of the field, so that an error can link to it. */
export function Tiles(p: Props) {
  const chosen = (value: string) => (p.many ? p.value.includes(value) : p.value === value);
  const toggle = (value: string) => {
    if (!p.many) p.onChange(value);
    else p.onChange(chosen(value) ? p.value.filter((v) => v !== value) : [...p.value, value]);
  };
  const name = <>{p.label}{p.optional && <Optional />}</>;
  return (
    <fieldset class={p.error ? "kt-field kt-field--error" : "kt-field"} {...describe(p)} aria-invalid={undefined}>
      <legend class={p.question ? undefined : "utrecht-form-label"}>
        {p.question ? <h1 class="kt-question" tabIndex={-1}>{name}</h1> : name}
      </legend>
      {p.hint && <Hint id={p.id}>{p.hint}</Hint>}
      {p.error && <FieldError id={p.id}>{p.error}</FieldError>}
      <div class="kt-field__control kt-tiles">
        {p.choices.map((c, i) => (
          <>
            <label key={c.value} class={chosen(c.value) ? "kt-tile kt-tile--chosen" : "kt-tile"}>
              <input class="kt-tile__input" id={i ? `${p.id}-${i + 1}` : p.id} name={p.id} value={c.value}
                type={p.many ? "checkbox" : "radio"} checked={chosen(c.value)} onChange={() => toggle(c.value)} />
              <span class="kt-tile__text">
                {c.label}
                {c.hint && <span class="kt-tile__hint">{c.hint}</span>}
              </span>
            </label>
            {c.more && chosen(c.value) && <div class="kt-tiles__more">{c.more}</div>}
          </>
        ))}
      </div>
    </fieldset>
  );
}
