import type { ComponentChild } from "preact";
import { renderToString } from "preact-render-to-string";
import { deskPages } from "kt:desk";
import { lang } from "kt:lang";
import { site } from "kt:messages";
import type { Page } from "./page";
import { startPage } from "./pages/start";
import { advicePages } from "./pages/advice";
import { textPages } from "./pages/text";
import { formPages } from "./pages/forms";
import { errorPages } from "./pages/error";
import { Footer, Header } from "./ui/shell";
import { to } from "./i18n/text";

/* Run by build.mjs, once per language: every page of the site, and how one becomes a document. */
export const pages: Page[] = [startPage, ...advicePages, ...formPages, ...textPages, ...errorPages, ...deskPages];

/* Final addresses by source file, and what each script imports. */
interface Assets { address: Record<string, string>; chunks: Record<string, string[]> }

const FONT = "src/fonts/atkinson-hyperlegible-next-nl.woff2";

/* Loaded by every public page, needed by none. */
export const COMMON_SCRIPT = "public/site";

function need(assets: Assets, source: string): string {
  const address = assets.address[source];
  if (!address) throw new Error(`no output for ${source}`);
  return address;
}

function Document({ page, assets, children }: { page: Page; assets: Assets; children: ComponentChild }) {
  const style = page.style === "desk" ? "src/desk/desk.css" : `src/styles/${page.style}.css`;
  const script = page.script && `src/${page.script}.tsx`;
  const common = page.style !== "desk" && `src/${COMMON_SCRIPT}.tsx`;
  return (
    <html lang={lang}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{page.path ? `${page.title} - ${site.name}` : `${site.name} - ${page.title}`}</title>
        {page.description && <meta name="description" content={page.description} />}
        {page.hidden && <meta name="robots" content="noindex" />}
        <meta name="color-scheme" content="light dark" />
        <link rel="preload" href={need(assets, FONT)} as="font" type="font/woff2" crossorigin="anonymous" />
        <link rel="stylesheet" href={need(assets, style)} />
        <link rel="icon" href={need(assets, "src/icon.svg")} type="image/svg+xml" />
        {!page.hidden && <link rel="alternate" hreflang={site.otherLang} href={otherAddress(page)} />}
        {script && <script type="module" src={need(assets, script)} />}
        {script && assets.chunks[script]?.map((c) => <link rel="modulepreload" href={c} />)}
        {common && <script type="module" src={need(assets, common)} />}
        {script && <noscript><link rel="stylesheet" href={need(assets, "src/styles/noscript.css")} /></noscript>}
      </head>
      <body class={page.style === "desk" ? "kt-desk" : undefined}>
        <a class="utrecht-skip-link utrecht-skip-link--visible-on-focus" href="#inhoud">{site.skip}</a>
        {page.style === "desk" ? children : (
          <>
            <Header other={page.once ? undefined : otherAddress(page)} />
            {children}
            <Footer />
          </>
        )}
      </body>
    </html>
  );
}

/* The same page in the other language. */
export function otherAddress(page: Page): string {
  return to(page.path).replace(lang === "nl" ? /^\// : /^\/en\//, lang === "nl" ? "/en/" : "/");
}

export function render(page: Page, assets: Assets): string {
  return `<!doctype html>${renderToString(<Document page={page} assets={assets}>{page.body}</Document>)}\n`;
}
