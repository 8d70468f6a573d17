import type { ComponentChildren } from "preact";
import world from "tabler:world";
import { site } from "kt:messages";
import { to } from "../i18n/text";
import { Icon } from "./icon";

export function Brand({ line = site.tagline, href = to("") }: { line?: string; href?: string }) {
  return (
    <a class="kt-brand" href={href}>
      {/* The dot is drawn over that of the letter: copied and spoken, the name stays one word. */}
      <span class="kt-brand__name">Kenter<span class="kt-brand__i">i</span>ng</span>
      <span class="kt-brand__line">{line}</span>
    </a>
  );
}

export function Header({ other }: { other?: string }) {
  return (
    <header class="kt-header">
      <div class="kt-wrap kt-header__in">
        <Brand />
        {other && (
          <a class="kt-header__link" href={other} lang={site.otherLang} hreflang={site.otherLang}>
            <Icon of={world} />{site.otherName}
          </a>
        )}
      </div>
    </header>
  );
}

/* The same place on every page: WCAG 3.2.6. */
export function Help() {
  return (
    <p class="kt-help">{site.helpQuestion} <a class="utrecht-link" href={to("")}>{site.helpLink}</a></p>
  );
}

export function Footer() {
  const links: [string, string][] = [["toegankelijkheid", site.accessibility], ["privacy", site.privacy],
    ["over", site.about], ["contact", site.contact]];
  return (
    <footer class="kt-footer">
      <div class="kt-wrap">
        <ul>{links.map(([path, name]) => <li key={path}><a class="utrecht-link" href={to(path)}>{name}</a></li>)}</ul>
      </div>
    </footer>
  );
}

/* An ordinary page: one column of text, or more inside. */
export function Main({ children }: { children: ComponentChildren }) {
  return <main id="inhoud" class="kt-wrap kt-main" tabIndex={-1}>{children}</main>;
}
