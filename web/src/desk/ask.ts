import { get, post, remove } from "../api";
import type { Operations } from "../api-types";

/* One call, checked against the description: ask<"barriereOphalen">("GET", `/barrieres/${id}`). */
export function ask<K extends keyof Operations>(
  method: Operations[K]["method"],
  path: Operations[K]["path"] | `${Operations[K]["path"]}?${string}`,
  ...body: Operations[K]["body"] extends undefined ? [] : [Operations[K]["body"]]
): Promise<Operations[K]["answer"]> {
  if (method === "GET") return get(path);
  return method === "DELETE" ? remove(path) : post(path, body[0]);
}
