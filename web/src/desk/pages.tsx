import { desk } from "kt:desk-text";
import type { Page } from "../page";
import { Main } from "../ui/shell";
import { Top } from "./shell";

/* One page: desk.tsx draws everything behind it, and takes the place of what stands here. */
export const deskPages: Page[] = [{
  path: "meldpunt", title: desk.title, description: desk.description, style: "desk", script: "desk/desk", hidden: true,
  body: (
    <div id="werkplek" class="kt-app">
      <Top />
      <Main>
        <h1>{desk.title}</h1>
        <p class="kt-needs-script">{desk.loading}</p>
        <noscript><p>{desk.noscript}</p></noscript>
      </Main>
    </div>
  ),
}];
