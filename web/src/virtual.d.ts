/* Modules that build.mjs makes. "kt:messages" is src/i18n/<language>.json, "kt:desk-text" src/desk/<language>.json; a
 * bundle holds one language. */
declare module "kt:lang" {
  export const lang: "nl" | "en";
}

/* What the site shows from policy/, in the language of the bundle. */
declare module "kt:policy" {
  export interface Form { id: string; parent: string | null; label: string; slug: string }
  export interface Destination {
    id: string; title: string; handles: string; why: string; clock: string | null;
    phone: string | null; url: string | null; hours: string | null; order: number;
  }
  export interface Advice { form: string; steps: string[]; never: string[]; destinations: string[] }
  export const forms: Form[];
  export const advice: Advice[];
  export const destinations: Destination[];
  export const measures: Record<string, string>;
  export const rules: Record<string, { title: string; text: string; fourEyes: boolean }>;
  export const partners: Record<string, string>;
  export const operator: { name: string; email: string };
}

/* The pages of the desk (src/desk/pages.tsx), or none when that folder is not there. */
declare module "kt:desk" {
  export const deskPages: import("./page").Page[];
}

/* "tabler:phone" is the drawing inside icons/outline/phone.svg. */
declare module "tabler:*" {
  const drawing: string;
  export default drawing;
}
