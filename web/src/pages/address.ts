import { forms } from "kt:policy";
import { to } from "../i18n/text";

/* The advice page of a form of fraud; the root of the tree is the list of all. */
export function adviceAddress(id: string): string {
  const form = forms.find((f) => f.id === id);
  if (!form) throw new Error(`no form ${id}`);
  return to(form.parent ? `advies/${form.slug}` : "advies");
}
