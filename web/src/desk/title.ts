import { useEffect } from "preact/hooks";
import { site } from "kt:messages";

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} - ${site.name}`;
  }, [title]);
}
