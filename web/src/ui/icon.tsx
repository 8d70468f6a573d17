/* A drawing from Tabler, 24 units, always beside a word; so hidden from those who listen. */
export function Icon({ of, size = 24 }: { of: string; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" dangerouslySetInnerHTML={{ __html: of }} />
  );
}
