import type { ComponentChildren } from "preact";
import { desk } from "kt:desk-text";
import type { Sessie } from "../api-types";
import { to } from "../i18n/text";
import { Button } from "../ui/button";
import { Note } from "../ui/parts";
import { Brand } from "../ui/shell";
import { hashOf, type Section } from "./route";

export function sectionsOf(session: Sessie): Section[] {
  if (session.rol === "partner") return ["maatregelen"];
  return session.rol === "beheerder" ? ["beheer", "maatregelen", "signalen"] : ["maatregelen", "signalen"];
}

/* The header of the desk: sections, who is signed in, and the way out. */
export function Top({ session, section, signOut }: { session?: Sessie; section?: Section; signOut?: () => void }) {
  return (
    <header class="kt-header kt-top">
      <div class="kt-top__in">
        <Brand line={desk.line} href={to("meldpunt")} />
        {session && (
          <nav class="kt-top__nav" aria-label={desk.nav}>
            {sectionsOf(session).map((s) => (
              <a key={s} class="kt-top__link" href={hashOf({ section: s })} aria-current={s === section ? "page" : undefined}>
                {desk.sections[s]}
              </a>
            ))}
          </nav>
        )}
        {session && (
          <div class="kt-top__who">
            <span>{session.naam}<span class="kt-top__role"> ({desk.roles[session.rol]})</span></span>
            <button type="button" class="kt-top__out" onClick={signOut}>{desk.signOut}</button>
          </div>
        )}
      </div>
    </header>
  );
}

/* What stands where data should: still coming (as high as they will be), or not to be had. */
export function Waiting() {
  return (
    <div class="kt-waiting" role="status">
      <p class="kt-quiet">{desk.loading}</p>
      {[1, 2, 3, 4, 5, 6].map((i) => <div key={i} class="kt-waiting__row" />)}
    </div>
  );
}

export function Trouble({ detail, again }: { detail?: string; again: () => void }) {
  return (
    <div class="kt-stack" role="alert">
      <Note kind="error"><p><strong>{desk.failedTitle}</strong></p><p>{detail || desk.failed}</p></Note>
      <Button kind="secondary" onClick={again}>{desk.again}</Button>
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="kt-empty" role="status">{children}</p>;
}
