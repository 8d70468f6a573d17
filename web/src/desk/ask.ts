import type { Operations, Probleem } from "../api-types";

/* One call to the interface. It never hangs: no answer within the time is the same as no connection. */
const PATIENCE_MS = 20000;

/* What came instead of the answer; status 0: there was no connection. */
export class Refused extends Error {
  constructor(readonly status: number, readonly problem?: Probleem) {
    super(problem?.detail ?? "");
  }
}

export async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const r = await fetch(`/v1${path}`, {
      method, signal: stop.signal, credentials: "same-origin", cache: "no-store",
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!r.ok) throw new Refused(r.status, await r.json().catch(() => undefined));
    return (r.status === 204 ? undefined : await r.json()) as T;
  } catch (e) {
    throw e instanceof Refused ? e : new Refused(0);
  } finally {
    clearTimeout(timer);
  }
}

/* The same, with everything checked against the description: ask<"barriereOphalen">("GET", `/barrieres/${id}`). */
export function ask<K extends keyof Operations>(
  method: Operations[K]["method"],
  path: Operations[K]["path"] | `${Operations[K]["path"]}?${string}`,
  ...body: Operations[K]["body"] extends undefined ? [] : [Operations[K]["body"]]
): Promise<Operations[K]["answer"]> {
  return send(method, path, body[0]);
}
