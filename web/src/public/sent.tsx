import { useEffect, useState } from "preact/hooks";
import copy from "tabler:copy";
import printer from "tabler:printer";
import { lang } from "kt:lang";
import { advice as a, report as m } from "kt:messages";
import { get } from "../api";
import type { Advies, Doorverwijzing } from "../api-types";
import { fill, to } from "../i18n/text";
import { Helpers, Never, Steps } from "../ui/advice";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Confirm } from "./confirm";
import { handOver, saveSent, type Sent } from "./draft";

const helper = (d: Doorverwijzing) => ({
  id: d.id, title: d.naam, why: d.waarom, clock: d.termijn, phone: d.telefoon, url: d.url, hours: d.bereikbaar,
});

/* The answer to a report is Dutch. In another language the same advice is asked for; until it is there, Dutch helps more
 * than nothing. */
function useAdvice({ answer, form }: Sent): Advies {
  const [text, setText] = useState<Advies>({ fraudevorm: form, stappen: answer.advies, nooit: answer.nooit,
    doorverwijzingen: answer.doorverwijzingen });
  useEffect(() => {
    if (lang !== "nl") get<Advies>(`/fraudevormen/${form}/advies?taal=${lang}`).then(setText, () => {});
  }, []);
  return text;
}

/* "kenmerken[0] (iban): Dit nummer …" without the path, which means nothing to a person. */
const plain = (note: string) => note.replace(/^[a-z0-9_.[\]]+( \([a-z]+\))?: /, "");

function Code({ code }: { code: string }) {
  const [said, setSaid] = useState("");
  async function toClipboard() {
    try {
      await navigator.clipboard.writeText(code);
      setSaid(m.sent.copied);
    } catch {
      /* Not allowed here: then the code is selected, ready to be copied by hand. */
      getSelection()?.selectAllChildren(document.getElementById("code")!);
      setSaid(m.sent.selected);
    }
  }
  return (
    <section class="kt-panel kt-panel--done">
      <h2>{m.sent.code}</h2>
      <p class="kt-code" id="code" translate={false}>{code}</p>
      <p>{m.sent.codeText}</p>
      <div class="kt-actions kt-noprint">
        <Button onClick={toClipboard}><Icon of={copy} size={20} />{m.sent.copy}</Button>
        <Button kind="secondary" onClick={() => print()}><Icon of={printer} size={20} />{m.sent.print}</Button>
        <span role="status">{said}</span>
      </div>
    </section>
  );
}

export function SentPage({ sent, onClear, onAnother }: { sent: Sent; onClear: () => void; onAnother: () => void }) {
  const text = useAdvice(sent);
  /* Who chose to give no contact knows that; the note about it would only worry. */
  const notes = sent.answer.opmerkingen.filter((n) => !n.startsWith("melder.contact:"));
  return (
    <div class="kt-stack kt-stack--wide">
      <div>
        <h1 tabIndex={-1}>{m.sent.title}</h1>
        <p class="kt-lead">{m.sent.lead}</p>
      </div>
      <div class="kt-columns">
        <div class="kt-stack kt-stack--wide">
          <Code code={sent.answer.ontvangstcode} />
          {sent.answer.code_verstuurd && !sent.confirmed && (
            <Confirm code={sent.answer.ontvangstcode} onDone={() => saveSent({ ...sent, confirmed: true })} />
          )}
          <section class="kt-stack">
            <h2>{a.now}</h2>
            <Steps steps={text.stappen} />
          </section>
          {text.nooit.length > 0 && (
            <section class="kt-note kt-note--attention">
              <h2>{a.never}</h2>
              <Never never={text.nooit} />
            </section>
          )}
          {notes.length > 0 && (
            <section class="kt-note">
              <h2>{m.sent.notes}</h2>
              <ul class="kt-plain" lang="nl">{notes.map((n) => <li key={n}>{plain(n)}</li>)}</ul>
            </section>
          )}
          <section class="kt-stack">
            <h2>{m.sent.next}</h2>
            <p>{m.sent.nextText}</p>
            <p class="kt-small kt-quiet">{fill(m.sent.number, { number: sent.answer.meldingsnummer })}</p>
            <p class="kt-noprint">
              <a class="utrecht-link" href={to("mijn-melding")} onClick={() => handOver(sent.answer.ontvangstcode)}>{m.sent.mine}</a>
            </p>
          </section>
          <section class="kt-noprint kt-stack">
            <p class="kt-small kt-quiet">{m.sent.clearText}</p>
            <div class="kt-actions">
              <Button kind="secondary" onClick={onClear}>{m.sent.clear}</Button>
              <Button kind="subtle" onClick={onAnother}>{m.sent.another}</Button>
            </div>
          </section>
        </div>
        <section class="kt-stack">
          <h2>{a.help}</h2>
          <Helpers helpers={text.doorverwijzingen.map(helper)} />
        </section>
      </div>
    </div>
  );
}
