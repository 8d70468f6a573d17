import type { ComponentChildren } from "preact";
import { ui } from "kt:messages";

/* What a control needs to be found and explained: see describe(). */
export interface FieldProps {
  id: string;
  label: string;
  hint?: string;
  error?: string;
  optional?: boolean;
  /* The label is the question of the page: it becomes the h1, and gets the focus when the page changes. */
  question?: boolean;
}

export function describe({ id, hint, error }: { id: string; hint?: string; error?: string }) {
  return {
    "aria-describedby": [hint && `${id}-uitleg`, error && `${id}-fout`].filter(Boolean).join(" ") || undefined,
    "aria-invalid": error ? ("true" as const) : undefined,
  };
}

export const Optional = () => <span class="kt-field__optional"> ({ui.optional})</span>;

export function Hint({ id, children }: { id: string; children: ComponentChildren }) {
  return <p class="kt-field__hint" id={`${id}-uitleg`}>{children}</p>;
}

export function FieldError({ id, children }: { id: string; children: ComponentChildren }) {
  return (
    <p class="kt-field__error" id={`${id}-fout`}>
      <span class="kt-hidden">{ui.error}: </span>{children}
    </p>
  );
}

function Field({ id, label, hint, error, optional, question, children }: FieldProps & { children: ComponentChildren }) {
  const name = (
    <label class={question ? "kt-question__label" : "utrecht-form-label"} for={id}>
      {label}
      {optional && <Optional />}
    </label>
  );
  return (
    <div class={error ? "kt-field kt-field--error" : "kt-field"}>
      {question ? <h1 class="kt-question" tabIndex={-1}>{name}</h1> : name}
      {hint && <Hint id={id}>{hint}</Hint>}
      {error && <FieldError id={id}>{error}</FieldError>}
      <div class="kt-field__control">{children}</div>
    </div>
  );
}

type TextProps = FieldProps & {
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "email" | "tel" | "search" | "password";
  inputMode?: "text" | "numeric" | "decimal" | "email" | "tel";
  autocomplete?: string;
  short?: boolean;
  /* Codes and account numbers: no autocorrect, no capitals of their own. */
  literal?: boolean;
};

function Input(p: TextProps) {
  return (
    <input id={p.id} name={p.id} class={`utrecht-textbox utrecht-textbox--html-input kt-input${p.short ? " kt-input--short" : ""}`}
      type={(p.type ?? "text") as "text" /* the types want one element per kind */} inputMode={p.inputMode} autocomplete={p.autocomplete ?? "off"}
      spellcheck={p.literal ? false : undefined} autocapitalize={p.literal ? "off" : undefined}
      value={p.value} onInput={(e) => p.onInput(e.currentTarget.value)} {...describe(p)} />
  );
}

export function TextField(p: TextProps) {
  return <Field {...p}><Input {...p} /></Field>;
}

export function AmountField(p: TextProps) {
  return (
    <Field {...p}>
      <div class="kt-amount">
        <span class="kt-amount__unit" aria-hidden="true">€</span>
        <Input {...p} inputMode="decimal" literal />
      </div>
    </Field>
  );
}

export function TextArea(p: FieldProps & { value: string; onInput: (value: string) => void; rows?: number }) {
  return (
    <Field {...p}>
      <textarea id={p.id} name={p.id} rows={p.rows ?? 8} class="utrecht-textarea utrecht-textarea--html-textarea kt-input"
        value={p.value} onInput={(e) => p.onInput(e.currentTarget.value)} {...describe(p)} />
    </Field>
  );
}

export function SelectField(p: FieldProps & { value: string; onInput: (value: string) => void; options: [string, string][] }) {
  return (
    <Field {...p}>
      <select id={p.id} name={p.id} class="utrecht-select utrecht-select--html-select kt-input" value={p.value}
        onInput={(e) => p.onInput(e.currentTarget.value)} {...describe(p)}>
        {p.options.map(([value, text]) => <option key={value} value={value} selected={value === p.value}>{text}</option>)}
      </select>
    </Field>
  );
}

export interface DateParts { day: string; month: string; year: string }

/* Three short fields: quicker than a calendar for a day one knows, and the same on every phone. */
export function DateField(p: FieldProps & { value: DateParts; onInput: (value: DateParts) => void }) {
  const part = (name: keyof DateParts, label: string) => (
    <div class={name === "year" ? "kt-date__year" : undefined}>
      <label class="utrecht-form-label" for={name === "day" ? p.id : `${p.id}-${name}`}>{label}</label>
      <Input id={name === "day" ? p.id : `${p.id}-${name}`} label={label} inputMode="numeric" value={p.value[name]}
        error={p.error} onInput={(v) => p.onInput({ ...p.value, [name]: v })} />
    </div>
  );
  return (
    <fieldset class={p.error ? "kt-field kt-field--error" : "kt-field"} {...describe({ ...p, error: undefined })}>
      <legend class="utrecht-form-label">{p.label}{p.optional && <Optional />}</legend>
      {p.hint && <Hint id={p.id}>{p.hint}</Hint>}
      {p.error && <FieldError id={p.id}>{p.error}</FieldError>}
      <div class="kt-field__control kt-date">
        {part("day", ui.day)}{part("month", ui.month)}{part("year", ui.year)}
      </div>
    </fieldset>
  );
}
