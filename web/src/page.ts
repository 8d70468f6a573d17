import type { ComponentChild } from "preact";

/* One static page. The build writes <path>.html for each language, "" being the first page. */
export interface Page {
  path: string;
  title: string;
  description?: string;
  /* A stylesheet src/styles/<style>.css, or src/desk/desk.css for "desk". A desk page brings its own header. */
  style: "site" | "form" | "desk";
  /* The module src/<script>.tsx, loaded after the page is there. A page must make sense without it. */
  script?: string;
  /* Out of search engines. */
  hidden?: boolean;
  /* Both languages on one page, so written once: the error pages. */
  once?: boolean;
  body: ComponentChild;
}
