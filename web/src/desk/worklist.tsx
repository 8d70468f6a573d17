import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

const SPARE = 8; // rows drawn above and below what is seen

/* A list of any length, of which only the rows that are seen are drawn. All rows have one height (CSS), so that the list is
 * as high as it would be; whatever scrolls, the page or a pane, it looks where it is now. */
export function Worklist<T>({ label, rows, children }: {
  label: string; rows: T[]; children: (row: T, index: number) => ComponentChildren;
}) {
  const list = useRef<HTMLUListElement>(null);
  const [seen, setSeen] = useState({ from: 0, to: 30, height: 0 });
  useLayoutEffect(() => {
    const look = () => {
      const top = list.current?.getBoundingClientRect().top ?? 0;
      const height = list.current?.firstElementChild?.getBoundingClientRect().height ?? 0;
      if (!height) return;
      const from = Math.max(0, Math.floor(-top / height) - SPARE), to = Math.ceil((innerHeight - top) / height) + SPARE;
      setSeen((s) => (s.from === from && s.to === to && s.height === height ? s : { from, to, height }));
    };
    look();
    addEventListener("scroll", look, { capture: true, passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look, { capture: true });
      removeEventListener("resize", look);
    };
  }, [rows.length]);
  const from = Math.min(seen.from, Math.max(0, rows.length - 1)), { height } = seen;
  return (
    <ul ref={list} class="kt-worklist" aria-label={label}
      style={height ? { height: `${rows.length * height}px`, paddingTop: `${from * height}px` } : undefined}>
      {rows.slice(from, seen.to).map((row, i) => (
        <li key={from + i} class="kt-worklist__row" aria-setsize={rows.length} aria-posinset={from + i + 1}>
          {children(row, from + i)}
        </li>
      ))}
    </ul>
  );
}
