import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { desk } from "kt:desk-text";
import "../demo";
import type { Sessie } from "../api-types";
import { OfflineBar } from "../ui/offline";
import { Main } from "../ui/shell";
import { Admin } from "./admin";
import { Failure } from "../api";
import { ask } from "./ask";
import { Barriers } from "./barriers";
import { Login } from "./login";
import { useRoute } from "./route";
import { sectionsOf, Top, Trouble, Waiting } from "./shell";
import { Signals } from "./signals";

type Who = Sessie | "unknown" | "nobody" | "ended" | Failure;

function App() {
  const [who, setWho] = useState<Who>("unknown");
  const route = useRoute();
  const look = () => {
    setWho("unknown");
    ask<"sessieOphalen">("GET", "/sessies/_huidig").then(setWho,
      (e: Failure) => setWho(e.status === 401 ? "nobody" : e));
  };
  useEffect(look, []);
  if (who === "unknown") return <><Top /><Main><h1>{desk.title}</h1><Waiting /></Main></>;
  if (who instanceof Failure)
    return <><Top /><Main><h1>{desk.title}</h1><Trouble detail={who.problem?.detail} again={look} /></Main></>;
  if (who === "nobody" || who === "ended") return <><Top /><Login ended={who === "ended"} done={setWho} /></>;
  const section = sectionsOf(who).find((s) => s === route.section) ?? sectionsOf(who)[0]!;
  const end = () => setWho("ended");
  const signOut = () => ask<"sessieBeeindigen">("DELETE", "/sessies/_huidig").then(() => setWho("nobody"), look);
  return (
    <>
      <Top session={who} section={section} signOut={() => void signOut()} />
      <OfflineBar />
      {section === "maatregelen" && <Barriers session={who} id={route.id} group={route.group} onEnd={end} />}
      {section === "signalen" && <Signals onEnd={end} />}
      {section === "beheer" && <Admin onEnd={end} />}
    </>
  );
}

/* A browser's "back" may bring the desk as it was, long after its session: ask again who is there. */
addEventListener("pageshow", (e) => {
  if (e.persisted) location.reload();
});

const place = document.getElementById("werkplek")!;
place.replaceChildren();
render(<App />, place);
