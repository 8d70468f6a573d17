// What the whole is for: somebody reports, a person decides, a partner acts, and the reporter sees what it did.
// SPDX-License-Identifier: EUPL-1.2
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { codeFor, receiveMail } from "./mail.mjs";
import { axe, everywhere, fits, kentering, keyboard, open, picture, quiet, same, serve, stop, test, yes } from "./lib.mjs";

const text = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const nl = text("../src/i18n/nl.json"), desk = text("../src/desk/nl.json");
const SHOP = "zz--reis.nl";
const PASSWORD = "drie natte paraplus";
// The browser's own words, before anybody is signed in.
const signedOut = (s) => /status of 401 .*\/v1\/sessies/.test(s);

const mailbox = (who) => `melder${who}@mail.example`;

/* An account; the secret of its code app. */
function account(dir, name, ...more) {
  return JSON.parse(kentering(dir, ["--json", "account", "add", name, ...more], { input: `${PASSWORD}\n` })).code_geheim;
}

/* What a code app shows now (RFC 6238). */
function appCode(secret) {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const mac = createHmac("sha1", key).update(time).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1e6).padStart(6, "0");
}

async function signIn(page, name, secret) {
  await page.getByLabel(desk.login.name).fill(name);
  await page.getByLabel(desk.login.password).fill(PASSWORD);
  if (secret) await page.getByLabel(desk.login.code).fill(appCode(secret));
  await page.getByRole("button", { name: desk.login.send }).click();
  await page.getByRole("heading", { level: 1, name: desk.list.title }).waitFor();
}

/* On to the next question; `whole`: after a look at everything this page must be. */
async function next(page, title, whole, name) {
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
  if (whole && name) await picture(page, name);
  if (whole) await axe(page, title);
  if (whole) await fits(page, title);
  await page.getByRole("button", { name: nl.report.next }).click();
}

/* Six questions, as a person would answer them, and the six digits from the mail. The receipt code comes back. */
async function tell(page, post, who, whole) {
  const q = nl.report;
  await page.getByRole("radio", { name: nl.forms["OF-1.1.2"], exact: true }).check();
  await next(page, q.form.title, whole, "melden");
  await page.getByLabel(q.story.title).fill(`Ik bestelde bij ${SHOP} en kreeg niets.`);
  await next(page, q.story.title, whole);
  await page.getByRole("checkbox", { name: SHOP }).check();
  await next(page, q.ids.title, whole, "kenmerken");
  await page.getByLabel(q.amount.title).fill("89,95");
  await next(page, q.amount.title, whole);
  await page.getByRole("radio", { name: q.date.yesterday }).check();
  await next(page, q.date.title, whole);
  await page.getByRole("radio", { name: q.contact.email }).check();
  await page.getByLabel(q.contact.emailField).fill(mailbox(who));
  await next(page, q.contact.title, whole);
  await page.getByRole("heading", { level: 1, name: q.overview.title }).waitFor();
  if (whole) await axe(page, q.overview.title);
  await page.getByRole("button", { name: q.overview.send }).click();
  await page.getByRole("heading", { level: 1, name: q.sent.title }).waitFor();
  const code = await page.locator("#code").innerText();
  same(/^([0-9A-Z]{4}-){5}[0-9A-Z]$/.test(code), true, `receipt code ${code}`);
  yes((await page.locator(".kt-do li").count()) >= 3, "advice with the receipt");
  if (whole) await axe(page, q.sent.title);
  if (whole) await picture(page, "ontvangst");
  return code;
}

/* As when the browser's "back" brings a page as it was. */
async function back(page) {
  const again = page.waitForEvent("framenavigated");
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await again;
}

/* From the receipt to the report itself: the code never stands in an address, and "back" shows the report to nobody. */
async function toMine(server, page) {
  const been = [];
  page.on("framenavigated", (f) => been.push(f.url()));
  await page.getByRole("link", { name: nl.report.sent.mine }).click();
  await page.getByText(nl.mine.counted).first().waitFor();
  same(been.every((u) => u === `${server.url}/mijn-melding`), true, `where the browser was: ${been}`);
  await back(page);
  await page.getByLabel(nl.mine.field).waitFor();
}

async function confirm(page, digits) {
  await page.getByLabel(nl.report.confirm.field).fill(digits);
  await page.getByRole("button", { name: nl.report.confirm.send, exact: true }).click();
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

test("three people report and confirm, the desk decides, a partner acts, and the outcome is back at the reporter", 110, async () => {
  const post = await receiveMail();
  const server = await serve({ played: false, settings: post.settings });
  const anna = account(server.dir, "anna", "--rol", "behandelaar");
  const sidn = account(server.dir, "sidn", "--rol", "partner", "--organisatie", "sidn");
  const barriers = () => JSON.parse(kentering(server.dir, ["--json", "barriers", "list"])).length;

  const codes = [], ask = nl.report.confirm;
  for (const who of [1, 2, 3]) {
    const reporter = await open(server, "/");
    if (who === 1) await picture(reporter, "begin");
    await reporter.goto(`${server.url}/melden`);
    codes.push(await tell(reporter, post, who, who === 1));
    const digits = await codeFor(post, mailbox(who));
    if (who === 1) {
      await confirm(reporter, "12 34");
      await reporter.getByText(ask.error).waitFor();
      await confirm(reporter, digits === "000000" ? "111111" : "000000");
      await reporter.getByText(ask.wrong).waitFor();
      reporter.said.length = 0; // the browser's own word about a refusal
      await axe(reporter, "a wrong code");
      // Later, by the receipt code, it can be done as well; here after a new mail.
      await look(server, codes[0], ask.title);
      await reporter.getByRole("button", { name: ask.again }).click();
      await reporter.getByText(ask.sentAgain).waitFor();
      await confirm(reporter, await codeFor(post, mailbox(who), 2));
    } else {
      same(barriers(), 0, `barriers before report ${who} was confirmed`);
      await confirm(reporter, ` ${digits.slice(0, 3)} ${digits.slice(3)} `);
    }
    await reporter.getByText(ask.done).waitFor();
    await reporter.reload();
    await reporter.getByRole("heading", { level: 1, name: nl.report.sent.title }).waitFor();
    same(await reporter.getByText(ask.text).count(), 0, "confirming is offered again");
    if (who === 1) await toMine(server, reporter);
    quiet(reporter, "reporting");
    await reporter.context().close();
  }
  const code = codes[0];
  const before = await look(server, code, nl.mine.counted);
  same(await before.getByText(ask.title).count(), 0, "confirming is offered at a confirmed report");

  const work = await open(server, "/meldpunt", { width: 1280, height: 800 });
  await signIn(work, "anna", anna);
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
  await signIn(registry, "sidn", sidn);
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
  post.close();
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
  account(server.dir, "anna", "--rol", "behandelaar", "--zonder-code");
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
