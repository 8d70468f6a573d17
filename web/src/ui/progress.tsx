/* "Vraag 2 van 6: uw verhaal" and a thin bar that says the same. */
export function Progress({ text, value, max }: { text: string; value: number; max: number }) {
  return (
    <div class="kt-progress">
      {text}
      <progress class="kt-progress__bar" value={value} max={max} aria-hidden="true" />
    </div>
  );
}
