import { useEffect, useState } from "preact/hooks";
import { GROUPS, type Group } from "./words";

/* Where in the desk: "#/maatregelen/B0…?lijst=done". Only numbers and names of lists stand here, nothing of a person. */
export type Section = "maatregelen" | "signalen" | "beheer";
export interface Route { section?: Section; id?: string; group?: Group }

const SECTIONS: Section[] = ["maatregelen", "signalen", "beheer"];

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [section, id] = path.split("/");
  const group = new URLSearchParams(query).get("lijst") as Group | null;
  return {
    section: SECTIONS.find((s) => s === section),
    id: id && /^[A-Z0-9]{1,20}$/.test(id) ? id : undefined,
    group: GROUPS.find((g) => g === group),
  };
}

export function hashOf(r: Route): string {
  return `#/${r.section ?? ""}${r.id ? `/${r.id}` : ""}${r.group ? `?lijst=${r.group}` : ""}`;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parse(location.hash));
  useEffect(() => {
    const look = () => setRoute(parse(location.hash));
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);
  return route;
}
