import { useState } from "preact/hooks";
import { report } from "kt:messages";
import { Failure, post } from "../api";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";

const m = report.confirm;

/* The six digits that came by mail. */
export function Confirm({ code, onDone }: { code: string; onDone?: () => void }) {
  const [digits, setDigits] = useState("");
  const [error, setError] = useState("");
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);

  function wrong(text: string) {
    setError(text);
    document.getElementById("digits")?.focus();
  }

  async function send(e: Event) {
    e.preventDefault();
    const six = digits.replace(/\D/g, "");
    if (six.length !== 6) return wrong(m.error);
    if (busy) return;
    setBusy(true);
    setError("");
    setSaid("");
    try {
      await post("/meldingen/_bevestig", { ontvangstcode: code, code: six });
      setDone(true);
      onDone?.();
    } catch (x) {
      wrong(x instanceof Failure && x.kind === "refused" && x.status < 500 && x.status !== 429 ? m.wrong : m.failed);
    } finally {
      setBusy(false);
    }
  }

  async function again() {
    setError("");
    setSaid("");
    try {
      await post("/meldingen/_stuur-code", { ontvangstcode: code });
      setSaid(m.sentAgain);
    } catch (x) {
      const status = x instanceof Failure ? x.status : 0;
      setSaid(status === 429 ? m.tooMany : status === 409 ? m.already : m.failed);
    }
  }

  return (
    <section class="kt-panel kt-noprint">
      <h2>{m.title}</h2>
      <div role="status">{done && <p><strong>{m.done}</strong></p>}</div>
      {!done && (
        <form class="kt-stack" noValidate onSubmit={send}>
          <p>{m.text}</p>
          <TextField id="digits" label={m.field} error={error} inputMode="numeric" autocomplete="one-time-code" short
            value={digits} onInput={setDigits} />
          <div class="kt-actions">
            <Button type="submit" busy={busy}>{m.send}</Button>
            <Button kind="subtle" onClick={again}>{m.again}</Button>
          </div>
          <p role="status" class="kt-small">{said}</p>
        </form>
      )}
    </section>
  );
}
