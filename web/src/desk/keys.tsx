import { useEffect, useRef, useState } from "preact/hooks";
import { keys } from "kt:desk-text";
import { Button } from "../ui/button";

/* Shortcuts of one key. Somebody who speaks to the computer can turn them off (WCAG 2.1.4). */

const KEPT = "kt-sneltoetsen";

function isOn(): boolean {
  try {
    return localStorage.getItem(KEPT) !== "uit";
  } catch {
    return true; // no storage: as new
  }
}

export type Actions = Partial<Record<"j" | "k" | "/" | "?" | "Escape", () => void>>;

/* While the component is there. Typing in a field, and keys with Ctrl, Alt or Meta, stay what they are. */
export function useKeys(actions: Actions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const act = latest.current[e.key as keyof Actions];
      const at = e.target as HTMLElement;
      const typing = at.matches("input, textarea, select") || at.closest("dialog");
      if (!act || e.ctrlKey || e.altKey || e.metaKey || typing || !isOn()) return;
      e.preventDefault();
      act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

const ROWS: [string, string][] = [["j", keys.next], ["k", keys.previous], ["Enter", keys.open], ["/", keys.find],
  ["Esc", keys.back], ["?", keys.help]];

export function KeysHelp({ open, close }: { open: boolean; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [on, setOn] = useState(isOn);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const turn = (next: boolean) => {
    setOn(next);
    try {
      localStorage.setItem(KEPT, next ? "aan" : "uit");
    } catch {
      // Then it holds for this page only.
    }
  };
  return (
    <dialog ref={dialog} class="kt-dialog" aria-labelledby="kt-toetsen" onClose={close}>
      <h2 id="kt-toetsen">{keys.title}</h2>
      <dl class="kt-keys">
        {ROWS.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}
      </dl>
      <label class="kt-check">
        <input type="checkbox" checked={on} onChange={(e) => turn(e.currentTarget.checked)} />{keys.on}
      </label>
      <Button kind="secondary" onClick={close}>{keys.close}</Button>
    </dialog>
  );
}
