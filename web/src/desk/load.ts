import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Failure } from "../api";

/* Data from the server: on their way, here, or not to be had; what is here stays when a later look fails. */
export interface Loaded<T> {
  data?: T;
  failure?: Failure;
  again: () => void;
  put: (data: T) => void;
}

const EVERY_MS = 30000;

/* Loads now, again every half minute while the page is looked at, and whenever `key` changes. `onEnd`: the session is over. */
export function useLoad<T>(key: string, load: () => Promise<T>, onEnd: () => void): Loaded<T> {
  const [state, setState] = useState<{ key: string; data?: T; failure?: Failure }>({ key });
  const round = useRef(0);
  const go = useCallback(async () => {
    const mine = ++round.current;
    try {
      const data = await load();
      if (mine === round.current) setState({ key, data });
    } catch (e) {
      const failure = e instanceof Failure ? e : new Failure("network");
      if (mine !== round.current) return;
      if (failure.status === 401) onEnd();
      else setState((s) => ({ key, data: s.key === key ? s.data : undefined, failure }));
    }
  }, [key]);
  useEffect(() => {
    void go();
    const timer = setInterval(() => document.visibilityState === "visible" && void go(), EVERY_MS);
    return () => {
      clearInterval(timer);
      round.current++;
    };
  }, [go]);
  const here = state.key === key ? state : { key };
  return { data: here.data, failure: here.failure, again: () => void go(), put: (data) => setState({ key, data }) };
}

/* Pages of a list, until it ends or the maximum is reached. */
export async function allPages<T>(most: number, page: (after: string) => Promise<{ rows: T[]; next: string | null }>) {
  const rows: T[] = [];
  let after: string | null = "";
  do {
    const one: { rows: T[]; next: string | null } = await page(after);
    rows.push(...one.rows);
    after = one.next;
  } while (after && rows.length < most);
  return { rows, more: after !== null };
}

/* One timer for all clocks of the page. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
