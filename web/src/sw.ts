/* Keeps the emergency page and the general advice, so that they open without a connection after one visit. Only these, the
 * same on every device: what somebody read about is nobody's business. Built by build.mjs, which fills in the constants. */
declare const VERSION: string;
declare const KEPT: string[];
declare const OFFLINE: string;

interface Waiting extends Event { waitUntil(p: Promise<unknown>): void }
interface Asked extends Event { request: Request; respondWith(p: Promise<Response>): void }

const worker = self as unknown as { addEventListener(type: string, f: (e: never) => void): void; skipWaiting(): Promise<void> };

worker.addEventListener("install", (e: Waiting) => {
  e.waitUntil(caches.open(VERSION).then((c) => c.addAll(KEPT)).then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (e: Waiting) => {
  e.waitUntil(caches.keys().then((all) => Promise.all(all.filter((k) => k !== VERSION).map((k) => caches.delete(k)))));
});

/* The network first, for advice must be today's. */
async function page(r: Request): Promise<Response> {
  try {
    return await fetch(r);
  } catch {
    return (await caches.match(r, { ignoreSearch: true })) ?? (await caches.match(OFFLINE)) ?? Response.error();
  }
}

worker.addEventListener("fetch", (e: Asked) => {
  const path = new URL(e.request.url).pathname;
  if (e.request.method !== "GET" || path.startsWith("/v1/")) return;
  if (e.request.mode === "navigate") e.respondWith(page(e.request));
  else if (path.startsWith("/assets/")) e.respondWith(caches.match(e.request).then((kept) => kept ?? fetch(e.request)));
});
