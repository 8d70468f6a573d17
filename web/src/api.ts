import type { Probleem } from "./api-types";

/* The interface under /v1, as the pages use it. Every call ends: with the answer, or with a Failure. */

export type FailureKind =
  /* the request did not reach the server */
  | "network"
  /* no answer came; the server may have done the work */
  | "timeout"
  /* the server said no: see problem and status */
  | "refused";

export class Failure extends Error {
  constructor(readonly kind: FailureKind, readonly status = 0, readonly problem: Probleem | null = null) {
    super(problem?.detail ?? kind);
  }
}

export interface CallOptions {
  /* Doing it twice is the same as once, so it may be tried again by itself. A GET always is. */
  safe?: boolean;
  timeoutMs?: number;
  signal?: AbortSignal;
}

const TIMEOUT_MS = 15_000;
const WAITS_MS = [400, 1600];

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function problemOf(r: Response): Promise<Probleem | null> {
  if (!r.headers.get("content-type")?.startsWith("application/problem+json")) return null;
  try {
    return (await r.json()) as Probleem;
  } catch {
    return null;
  }
}

async function once<T>(method: string, path: string, body: unknown, o: CallOptions): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), o.timeoutMs ?? TIMEOUT_MS);
  const leave = () => stop.abort();
  o.signal?.addEventListener("abort", leave);
  try {
    const r = await fetch(`/v1${path}`, {
      method, signal: stop.signal, cache: "no-store", credentials: "same-origin", redirect: "error",
      // The type goes along without a body too: it tells us from a form of another site.
      headers: { Accept: "application/json", ...(method === "POST" ? { "Content-Type": "application/json" } : {}) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!r.ok) throw new Failure("refused", r.status, await problemOf(r));
    const text = await r.text();
    return (text ? JSON.parse(text) : undefined) as T;
  } catch (e) {
    if (e instanceof Failure) throw e;
    throw new Failure(stop.signal.aborted ? "timeout" : "network");
  } finally {
    clearTimeout(timer);
    o.signal?.removeEventListener("abort", leave);
  }
}

const mayHelp = (e: Failure) => e.kind !== "refused" || e.status === 503;

async function call<T>(method: string, path: string, body: unknown, o: CallOptions): Promise<T> {
  const again = o.safe ? WAITS_MS : [];
  for (let i = 0; ; i++) {
    try {
      return await once<T>(method, path, body, o);
    } catch (e) {
      const pause = again[i];
      if (pause === undefined || o.signal?.aborted || !(e instanceof Failure) || !mayHelp(e)) throw e;
      await wait(pause);
    }
  }
}

export const get = <T>(path: string, o: CallOptions = {}) => call<T>("GET", path, undefined, { ...o, safe: true });
export const post = <T>(path: string, body: unknown, o: CallOptions = {}) => call<T>("POST", path, body, o);
export const remove = <T>(path: string, o: CallOptions = {}) => call<T>("DELETE", path, undefined, o);
