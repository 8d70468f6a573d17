// What the whole is for: somebody reports, a person decides, a partner acts, and the reporter sees what it did.
// SPDX-License-Identifier: EUPL-1.2
import { readFileSync } from "node:fs";
import { axe, everywhere, fits, kentering, keyboard, open, picture, quiet, same, serve, stop, test, yes } from "./lib.mjs";

const text = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const nl = text("../src/i18n/nl.json"), desk = text("../src/desk/nl.json");
const SHOP = "zz--reis.nl";
const PASSWORD = "drie natte paraplus";
// The browser's own words, before anybody is signed in.
const signedOut = (s) => /status of 401 .*\/v1\/sessies/.test(s);

const report = (who) => JSON.stringify({
  fraudevorm: "OF-1.1.2", verhaal: "Betaald en niets gekregen.", bedrag: "89.95",
  kenmerken: [{ soort: "domein", waarde: SHOP }], melder: { contact: { email: `melder${who}@mail.example` } },
});

async function account(dir, name, ...more) {
  kentering(dir, ["account", "add", name, ...more, "--zonder-code"], { input: `${PASSWORD}\n` });
}

async function signIn(page, name) {
  await page.getByLabel(desk.login.name).fill(name);
  await page.getByLabel(desk.login.password).fill(PASSWORD);
  await page.getByRole("button", { name: desk.login.send }).click();
  await page.getByRole("heading", { level: 1, name: desk.list.title }).waitFor();
}

async function next(page, title, name) {
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
  if (name) await picture(page, name);
  await axe(page, title);
  await fits(page, title);
  await page.getByRole("button", { name: nl.report.next }).click();
}

/* Six questions, as a person would answer them. The code comes back. */
async function tell(page) {
  const q = nl.report;
  await page.getByRole("radio", { name: nl.forms["OF-1.1.2"], exact: true }).check();
  await next(page, q.form.title, "melden");
  await page.getByLabel(q.story.title).fill(`Ik bestelde bij ${SHOP} en kreeg niets.`);
  await next(page, q.story.title);
  await page.getByRole("checkbox", { name: SHOP }).check();
  await next(page, q.ids.title, "kenmerken");
  await page.getByLabel(q.amount.title).fill("89,95");
  await next(page, q.amount.title);
  await page.getByRole("radio", { name: q.date.yesterday }).check();
  await next(page, q.date.title);
  await page.getByRole("radio", { name: q.contact.none }).check();
  await next(page, q.contact.title);
  await page.getByRole("heading", { level: 1, name: q.overview.title }).waitFor();
  await axe(page, q.overview.title);
  await page.getByRole("button", { name: q.overview.send }).click();
  await page.getByRole("heading", { level: 1, name: q.sent.title }).waitFor();
  const code = await page.locator("#code").innerText();
  same(/^([0-9A-Z]{4}-){5}[0-9A-Z]$/.test(code), true, `receipt code ${code}`);
  yes((await page.locator(".kt-do li").count()) >= 3, "advice with the receipt");
  await axe(page, q.sent.title);
  await picture(page, "ontvangst");
  return code;
}

/* As when the browser's "back" brings a page as it was. */
async function back(page) {
  const again = page.waitForEvent("framenavigated");
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await again;
}

async function look(server, code, ...want) {
  const page = await open(server, "/mijn-melding");
  await page.getByLabel(nl.mine.field).fill(code.toLowerCase());
  await page.getByRole("button", { name: nl.mine.show }).click();
  for (const t of want) await page.getByText(t).first().waitFor();
  await axe(page, "mijn melding");
  await fits(page, "mijn melding");
  quiet(page, "mijn melding");
  return page;
}

test("a report, a decision, an action, and the outcome back at the reporter", 110, async () => {
  const server = await serve({ played: false });
  await account(server.dir, "anna", "--rol", "behandelaar");
  await account(server.dir, "sidn", "--rol", "partner", "--organisatie", "sidn");
  for (const who of [1, 2, 3]) kentering(server.dir, ["report", "add", "-"], { input: report(who) });

  const reporter = await open(server, "/");
  await picture(reporter, "begin");
  await reporter.goto(`${server.url}/melden`);
  const code = await tell(reporter);
  const been = [];
  reporter.on("framenavigated", (f) => been.push(f.url()));
  await reporter.getByRole("link", { name: nl.report.sent.mine }).click();
  await reporter.getByText(nl.mine.counted).first().waitFor();
  same(been.every((u) => u === `${server.url}/mijn-melding`), true, `where the browser was: ${been}`);
  await back(reporter);
  await reporter.getByLabel(nl.mine.field).waitFor();
  quiet(reporter, "reporting");
  await look(server, code, nl.mine.counted);

  const work = await open(server, "/meldpunt", { width: 1280, height: 800 });
  await signIn(work, "anna");
  const row = work.locator("a.kt-row", { hasText: SHOP }).filter({ hasText: "SIDN" });
  await row.click();
  await work.getByRole("heading", { level: 1, name: "Website offline halen" }).waitFor();
  await axe(work, "a barrier");
  await picture(work, "maatregel");
  // A no without a reason is not taken; the field says so and the summary has the focus.
  await work.getByRole("button", { name: desk.detail.refuse }).click();
  await work.locator(".kt-errors").getByText(desk.detail.reasonMissing).waitFor();
  same(await work.evaluate(() => document.activeElement.closest(".kt-errors") !== null), true, "focus on the summary");
  await axe(work, "a refused decision");
  await work.getByRole("button", { name: desk.detail.approve }).click();
  await work.getByText(desk.detail.saved).waitFor();
  quiet(work, "the desk", signedOut);

  const registry = await open(server, "/meldpunt");
  await signIn(registry, "sidn");
  await registry.locator("a.kt-row", { hasText: SHOP }).click();
  await axe(registry, "a barrier at its partner");
  await fits(registry, "a barrier at its partner");
  await registry.getByRole("button", { name: desk.detail.executed }).click();
  await registry.getByText(desk.detail.saved).waitFor();
  quiet(registry, "the partner", signedOut);

  await registry.context().clearCookies();
  await back(registry);
  await registry.getByLabel(desk.login.name).waitFor();

  const after = await look(server, code, SHOP, nl.mine.doneTitle);
  await picture(after, "mijn-melding", { fullPage: true });
  kentering(server.dir, ["audit", "verify"]);
});

test("the desk's pages hold in every form", 110, async () => {
  const server = await serve();
  for (const role of ["meldpunt", "bank", "beheerder"]) {
    const page = await open(server, "/", { width: 1280, height: 800 });
    await page.getByLabel(desk.demo.as).selectOption(role);
    await Promise.all([page.waitForURL(/meldpunt/), page.getByRole("button", { name: desk.demo.go }).click()]);
    await page.locator(".kt-top__nav [aria-current]").waitFor();
    const sections = role === "bank" ? ["maatregelen"] : ["maatregelen", "signalen", ...(role === "beheerder" ? ["beheer"] : [])];
    for (const section of sections) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(`${server.url}/meldpunt#/${section}`);
      await page.locator(`.kt-top__nav [aria-current][href="#/${section}"]`).waitFor();
      await page.locator(".kt-worklist, .kt-table, .kt-empty").first().waitFor();
      if (role === "meldpunt" || section === "beheer") await picture(page, `werkplek-${section}`);
      await everywhere(page, `${role}: ${section}`, { widths: [320, 1280], but: signedOut });
    }
    if (role === "meldpunt") await keyboard(page, "the desk", 25);
    await page.context().close();
  }
});

test("the worklist draws what is seen, and goes by keys", 40, async () => {
  const server = await serve();
  const page = await open(server, "/meldpunt", { width: 1280, height: 800 });
  await page.getByLabel(desk.demo.as).selectOption("meldpunt");
  await page.getByRole("button", { name: desk.demo.go }).click();
  await page.goto(`${server.url}/meldpunt#/maatregelen?lijst=all`);
  await page.locator('.kt-groups [aria-current][href*="all"]').waitFor();
  await page.locator("a.kt-row").first().waitFor();
  const size = Number(await page.locator(".kt-worklist__row").first().getAttribute("aria-setsize"));
  yes(size > 100, `rows: ${size}`);
  yes((await page.locator(".kt-worklist__row").count()) < 50, "all rows are drawn");
  await page.locator(".kt-pane--list").evaluate((e) => e.scrollTo(0, e.scrollHeight));
  await page.locator(`[aria-posinset="${size}"]`).waitFor();
  await page.locator(".kt-pane--list").evaluate((e) => e.scrollTo(0, 0));
  await page.locator('[aria-posinset="1"]').waitFor();
  const at = () => page.evaluate(() => document.activeElement.closest("li")?.getAttribute("aria-posinset"));
  await page.keyboard.press("j");
  same(await at(), "1", "the first j");
  for (let i = 0; i < 20; i++) await page.keyboard.press("j");
  same(await at(), "21", "after twenty more");
  await page.keyboard.press("k");
  same(await at(), "20", "k");
  await page.keyboard.press("Enter");
  await page.locator(".kt-case h1").waitFor();
  same(await page.evaluate(() => document.activeElement.tagName), "H1", "focus on what was opened");
  await page.keyboard.press("Escape");
  await page.getByText(desk.list.choose).waitFor();
  same(await at(), "20", "back where the person was");
  await page.keyboard.press("/");
  await page.keyboard.type("zz--elektrostep");
  await page.getByText(/^\d+ maatregelen$/).waitFor();
  yes(Number(await page.locator(".kt-worklist__row").first().getAttribute("aria-setsize")) < 10, "the search finds few");
  await page.locator("h1").click();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await axe(page, "the overview of keys");
  await page.getByLabel(desk.keys.on).uncheck();
  await page.getByRole("button", { name: desk.keys.close }).click();
  await page.keyboard.press("?");
  same(await page.getByRole("dialog").count(), 0, "keys that were turned off");
});

test("signing in: refusals, paste, and a server that is gone", 50, async () => {
  const server = await serve({ played: false });
  await account(server.dir, "anna", "--rol", "behandelaar");
  const page = await open(server, "/meldpunt");
  const send = page.getByRole("button", { name: desk.login.send });
  await send.click();
  await page.locator(".kt-errors").getByText(desk.login.passwordMissing).waitFor();
  yes((await page.title()).startsWith("Niet verzonden"), `title: ${await page.title()}`);
  await axe(page, "errors at signing in");
  await page.getByLabel(desk.login.name).fill("anna");
  await page.getByLabel(desk.login.password).fill("iets anders");
  await send.click();
  await page.locator(".kt-errors").getByText(desk.login.refused).waitFor();
  same(await page.getByLabel(desk.login.password).inputValue(), "", "the password after a refusal");
  for (const [label, want] of [[desk.login.name, "username"], [desk.login.password, "current-password"], [desk.login.code, "one-time-code"]])
    same(await page.getByLabel(label).getAttribute("autocomplete"), want, label);
  await page.getByLabel(desk.login.name).fill("");
  await page.evaluate(() => {
    const field = document.getElementById("gebruikersnaam");
    const data = new DataTransfer();
    data.setData("text/plain", "anna");
    if (field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, cancelable: true, bubbles: true }))) return;
    throw new Error("pasting is stopped");
  });
  await signIn(page, "anna");
  await page.getByText(desk.list.none).waitFor();
  await stop(server);
  await page.getByRole("button", { name: desk.desk.signOut }).click();
  await page.getByRole("alert").getByText(desk.desk.failedTitle).waitFor();
});

test("without script the emergency page and the advice are whole", 30, async () => {
  const server = await serve({ played: false });
  const page = await open(server, "/", { script: false });
  same(await page.locator(".kt-step").count(), 3, "steps");
  await page.locator("details summary").first().click();
  yes(await page.locator("details[open] .kt-banks p").first().isVisible(), "which number to call opens");
  yes(await page.locator('a[href="tel:112"]').isVisible(), "the emergency number");
  await page.goto(`${server.url}/advies/nepwebwinkel`);
  yes((await page.locator(".kt-do li").count()) >= 3, "advice");
  const work = await (await fetch(`${server.url}/meldpunt`)).text();
  yes(work.includes(`<noscript><p>${desk.desk.noscript}</p></noscript>`), "the desk says what it needs");
});
