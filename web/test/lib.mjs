// What the browser tests share: a real server on a copy of the demonstration, a real browser, and what every page must be.
// Everything started here ends here.
// SPDX-License-Identifier: EUPL-1.2
import { spawn, execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { fail, same, within, yes } from "./harness.mjs";

export { fail, same, test, yes } from "./harness.mjs";

export const ROOT = resolve(fileURLToPath(import.meta.url), "../../..");
const PROGRAM = process.env.KENTERING ?? join(ROOT, "build/release/kentering");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const DIST = process.env.KENTERING_DIST ?? join(ROOT, "web/dist");
export const PICTURES = process.argv.includes("--pictures");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars"];
const STEP_MS = 15000; // the longest wait for anything on a page

// --- servers -----------------------------------------------------------------------------------------------

const folders = [], servers = [];
let browser, demo;

export const scratch = () => {
  const dir = mkdtempSync(join(tmpdir(), "kentering-browser-"));
  folders.push(dir);
  return dir;
};

function env(more = {}) {
  const keep = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith("KENTERING")));
  return { ...keep, LC_ALL: "C.UTF-8", TZ: "UTC", ...more };
}

/** A command on a data directory; its output. */
export function kentering(dir, args, { input, settings } = {}) {
  return execFileSync(PROGRAM, ["--data", dir, "--policy", join(ROOT, "policy"), ...args],
    { env: env(settings), input, encoding: "utf8", timeout: 120000, stdio: ["pipe", "pipe", "pipe"] });
}

/** A server of its own on a copy of the demonstration (played once a run), or on an empty directory. `policy`: a folder
 * laid over the policy of the source. */
export async function serve({ played = true, settings = {}, policy } = {}) {
  if (played && !demo) {
    demo = join(scratch(), "data");
    kentering(demo, ["demo"]);
  }
  const dir = join(scratch(), "data");
  if (played) cpSync(demo, dir, { recursive: true });
  const policies = [join(ROOT, "policy"), ...(policy ? [policy] : [])].flatMap((p) => ["--policy", p]);
  const child = spawn(PROGRAM, ["--data", dir, ...policies, "--json", "serve", "--port", "0"],
    { env: env({ KENTERING_WEB_DIR: DIST, ...settings }), stdio: ["ignore", "pipe", "pipe"] });
  const server = { dir, child, log: "" };
  servers.push(server);
  child.stderr.on("data", (d) => (server.log = (server.log + d).slice(-20000)));
  server.url = await within(STEP_MS, "the server's start", new Promise((good, bad) => {
    let out = "";
    child.stdout.on("data", (d) => {
      out += d;
      if (out.includes("\n")) good(new URL(JSON.parse(out).adres).origin);
    });
    child.on("exit", (code) => bad(new Error(`the server ended with ${code}: ${out}${server.log}`)));
  }));
  return server;
}

/** Ends a server in the middle of a test, as when the power fails. */
export async function stop(server) {
  server.child.removeAllListeners("exit");
  const gone = new Promise((done) => server.child.once("exit", done));
  servers.splice(servers.indexOf(server), 1);
  server.child.kill("SIGKILL");
  await gone;
}

// --- pages -------------------------------------------------------------------------------------------------

let contexts = [];

/** A page in a profile of its own. What it says on its console, and what its policy refuses, is kept in page.said. */
export async function open(server, path, { width = 360, height = 740, dark = false, lang = "nl", script = true, ...more } = {}) {
  browser ??= await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: 30000 });
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light",
    locale: lang === "en" ? "en-GB" : "nl-NL", timezoneId: "Europe/Amsterdam", javaScriptEnabled: script,
    reducedMotion: "reduce", serviceWorkers: "block", ...more });
  contexts.push(context);
  context.setDefaultTimeout(STEP_MS);
  const page = await context.newPage();
  page.said = [];
  page.on("console", (m) => {
    if (["error", "warning"].includes(m.type()) && !/Service Worker registration blocked/.test(m.text()))
      page.said.push(`${m.type()}: ${m.text()} ${m.location().url}`);
  });
  page.on("pageerror", (e) => page.said.push(`error: ${e.message}`));
  if (script)
    await page.addInitScript(() => document.addEventListener("securitypolicyviolation",
      (e) => console.error(`policy: ${e.violatedDirective} refuses ${e.blockedURI}`)));
  await page.goto(server.url + path, { waitUntil: "load" });
  return page;
}

export async function closeAll() {
  await Promise.all(contexts.map((c) => c.close().catch(() => {})));
  contexts = [];
  for (const s of servers.splice(0)) {
    s.child.removeAllListeners("exit");
    s.child.kill("SIGKILL");
  }
}

export async function end() {
  await browser?.close();
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
}
process.on("exit", () => {
  for (const s of servers) s.child.kill("SIGKILL");
  for (const dir of folders) if (existsSync(dir)) rmSync(dir, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

/** The addresses of all built pages: "/", "/melden", "/en/". Error pages are asked for by a path that is not there. */
export function sitePaths() {
  const files = readdirSync(DIST, { recursive: true }).map(String).filter((f) => f.endsWith(".html"));
  return files.map((f) => `/${f.slice(0, -5)}`.replace(/(^|\/)index$/, "$1").replace(/\/(404|503)$/, "/-$1")).sort();
}

// --- what every page must be -------------------------------------------------------------------------------

/** No accessibility violation, in the page as it now is. */
export async function axe(page, what) {
  await page.evaluate(`window.axe || (() => {${AXE}\n})()`); // by the debugger, whom no policy stops
  const found = await page.evaluate(async () => {
    const r = await window.axe.run(document, { resultTypes: ["violations"] });
    return r.violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) =>
      `${n.target.join(" ")} ${n.html.slice(0, 120)} ${n.any.map((a) => a.message).join("; ").slice(0, 200)}`).join(" | ")}`);
  });
  same(found, [], `${what}: accessibility`);
}

/** Nothing sticks out at the side, and nothing is smaller than a finger needs (WCAG 2.5.8). */
export async function fits(page, what) {
  const r = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const wide = document.documentElement.scrollWidth > width
      ? [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1)
        .slice(-3).map((e) => e.outerHTML.slice(0, 120)) : [];
    const small = [...document.querySelectorAll("a, button, input, select, textarea, summary")].filter((e) => {
      const b = e.getBoundingClientRect(), inline = e.matches("p a, li a, dd a, td a, span a");
      const label = e.labels?.[0]?.getBoundingClientRect();
      const seen = b.width > 1 && b.height > 1 && getComputedStyle(e).visibility !== "hidden";
      return seen && !inline && Math.min(b.width, b.height) < 24 && !(label && Math.min(label.width, label.height) >= 24);
    }).map((e) => e.outerHTML.slice(0, 120));
    return { scroll: document.documentElement.scrollWidth, width, wide, small };
  });
  same([r.scroll, r.wide], [r.width, []], `${what}: width`);
  same(r.small, [], `${what}: targets under 24 pixels`);
}

export function quiet(page, what, but = () => false) {
  same(page.said.filter((s) => !but(s)), [], `${what}: console`);
}

/** Goes through the page by Tab: each stop is seen, is not covered, and looks different with the focus than without. */
export async function keyboard(page, what, most = 120) {
  await page.evaluate(() => {
    document.activeElement?.blur();
    window.getSelection()?.removeAllRanges();
    window.scrollTo(0, 0);
  });
  const seen = [];
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body || e.dataset.walked) return null;
      e.dataset.walked = "1";
      const marked = (x) => {
        const s = getComputedStyle(x);
        return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== "none";
      };
      // The ring may stand around what holds the control: a tile, a card.
      const around = [e, ...(e.labels ?? [])];
      for (let up = e.parentElement; up && around.length < 6; up = up.parentElement) around.push(up);
      const shown = around.find((x) => marked(x));
      const box = (shown ?? e).getBoundingClientRect();
      const at = document.elementFromPoint(box.x + Math.min(box.width / 2, 40), box.y + box.height / 2);
      const near = (x) => x && at && (x === at || x.contains(at) || at.contains(x));
      return { html: e.outerHTML.slice(0, 140), ring: Boolean(shown), covered: !around.some(near),
        outside: box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth };
    });
    if (!stop) break;
    seen.push(stop);
  }
  same(seen.filter((s) => !s.ring).map((s) => s.html), [], `${what}: focus that cannot be seen`);
  same(seen.filter((s) => s.covered || s.outside).map((s) => s.html), [], `${what}: focus under something or out of sight`);
  yes(seen.length > 0, `${what}: nothing to be reached by keyboard`);
  return seen.length;
}

/** Everything of `sizes` (widths), in both themes: what holds for every page in every form. */
export async function everywhere(page, what, { widths = [320, 360, 1280], but } = {}) {
  const title = await page.title();
  yes(/Kentering/.test(title) && title.length > 12, `${what}: title "${title}"`);
  same(await page.locator("h1").count(), 1, `${what}: headings of the first level`);
  for (const width of widths) {
    await page.setViewportSize({ width, height: width > 700 ? 800 : 740 });
    await fits(page, `${what} at ${width}`);
    if (width === 360) continue; // as 320, for what colours and names say
    for (const dark of [false, true]) {
      await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
      await axe(page, `${what} at ${width}${dark ? ", dark" : ""}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
  }
  quiet(page, what, but);
}

/** The narrowest form: for pages of which others were looked at in every form. */
export async function once(page, what, accessible) {
  await page.setViewportSize({ width: 320, height: 740 });
  await fits(page, what);
  if (accessible) await axe(page, what);
  quiet(page, what);
}

// --- pictures for the guide --------------------------------------------------------------------------------

/** With --pictures: docs/guide/<name>.png of what is on the screen now. */
export async function picture(page, name, options = {}) {
  if (!PICTURES) return;
  const path = join(ROOT, "docs/guide", `${name}.png`);
  await page.screenshot({ path, animations: "disabled", caret: "hide", ...options });
  try {
    execFileSync("pngquant", ["--force", "--strip", "--skip-if-larger", "--quality", "70-95", "--output", path, path]);
  } catch {
    // Larger on disk, and as good to look at.
  }
}
