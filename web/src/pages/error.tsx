import type { Page } from "../page";
import nl from "../i18n/nl.json";
import en from "../i18n/en.json";
import { buttonClass } from "../ui/button";
import { Main } from "../ui/shell";

/* Nobody knows in which language a page that is not there was asked for: these say it in both. */
const BOTH = [{ code: "nl", home: "/", m: nl.pages }, { code: "en", home: "/en/", m: en.pages }] as const;

export const errorPages: Page[] = [
  {
    path: "404", title: `${nl.pages.notFound.title} / ${en.pages.notFound.title}`, style: "site", hidden: true, once: true,
    body: (
      <Main>
        {BOTH.map(({ code, home, m }, i) => (
          <section class="kt-measure kt-stack" lang={code} key={code}>
            {i ? <h2>{m.notFound.title}</h2> : <h1>{m.notFound.title}</h1>}
            <p>{m.notFound.text}</p>
            <p><a class={buttonClass(i ? "secondary" : "primary")} href={home}>{m.notFound.link}</a></p>
          </section>
        ))}
      </Main>
    ),
  },
  {
    path: "503", title: `${nl.pages.unavailable.title} / ${en.pages.unavailable.title}`, style: "site", hidden: true, once: true,
    body: (
      <Main>
        {BOTH.map(({ code, m }, i) => (
          <section class="kt-measure kt-stack" lang={code} key={code}>
            {i ? <h2>{m.unavailable.title}</h2> : <h1>{m.unavailable.title}</h1>}
            <p>{m.unavailable.text}</p>
            <p class="kt-note kt-note--attention"><strong>{m.unavailable.urgent}</strong></p>
          </section>
        ))}
      </Main>
    ),
  },
  {
    path: "offline", title: `${nl.pages.offline.title} / ${en.pages.offline.title}`, style: "site", hidden: true, once: true,
    body: (
      <Main>
        {BOTH.map(({ code, home, m }, i) => (
          <section class="kt-measure kt-stack" lang={code} key={code}>
            {i ? <h2>{m.offline.title}</h2> : <h1>{m.offline.title}</h1>}
            <p>{m.offline.text}</p>
            <p><a class={buttonClass(i ? "secondary" : "primary")} href={home}>{m.offline.link}</a></p>
          </section>
        ))}
      </Main>
    ),
  },
];
