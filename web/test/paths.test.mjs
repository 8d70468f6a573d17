// What goes wrong on the way, and what people do besides the straight way.
// SPDX-License-Identifier: EUPL-1.2
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { parse } from "yaml";
import { receiveMail } from "./mail.mjs";
import { axe, fail, fits, kentering, open, quiet, ROOT, same, scratch, serve, test, yes } from "./lib.mjs";

const text = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const nl = text("../src/i18n/nl.json"), desk = text("../src/desk/nl.json");
const q = nl.report;
const PASSWORD = "drie natte paraplus";
const SEND = "**/v1/meldingen", FIND = "**/v1/kenmerken/_herken";
const PROBLEM = (status) => ({ status, contentType: "application/problem+json", body: JSON.stringify({ title: "x", status }) });
const DRAFT = { form: "OF-1.1.2", story: "Betaald en niets gekregen.", contact: { kind: "none", email: "", phone: "" } };
// The browser's own words about what was made to fail.
const failed = (s) => /Failed to load resource/.test(s);

/* /melden with these answers, at this question. */
async function halfway(server, step, draft = {}) {
  const page = await open(server, "/melden");
  await page.evaluate((d) => sessionStorage.setItem("kentering.melding", JSON.stringify(d)), { ...DRAFT, ...draft });
  await page.goto(`${server.url}/404`);
  await page.goto(`${server.url}/melden#${step}`);
  await page.getByRole("heading", { level: 1, name: step === "overview" ? q.overview.title : q[step].title }).waitFor();
  page.said.length = 0;
  return page;
}

const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const kept = (page) => page.evaluate(() => Object.keys(sessionStorage).filter((k) => k.startsWith("kentering.")));

async function refusedThenSent(server, make, words, what) {
  const page = await halfway(server, "overview");
  await make(page);
  await press(page, q.overview.send);
  if (what === "time-out") {
    await page.getByRole("button", { name: nl.ui.busy }).waitFor();
    await page.clock.fastForward(31000);
  }
  await page.getByRole("alert").getByText(words).waitFor();
  yes((await page.title()).startsWith(q.problem.title), `${what}: title ${await page.title()}`);
  yes(await page.getByText(DRAFT.story).isVisible(), `${what}: the answers are gone`);
  await axe(page, what);
  await page.unrouteAll();
  await press(page, q.overview.send);
  await page.getByRole("heading", { level: 1, name: q.sent.title }).waitFor();
  quiet(page, what, failed);
  await page.context().close();
}

test("a report that does not arrive keeps its answers, and goes at the second try", 60, async () => {
  const server = await serve({ played: false });
  await refusedThenSent(server, (p) => p.route(SEND, (r) => r.fulfill(PROBLEM(503))), q.problem.busy, "503");
  await refusedThenSent(server, (p) => p.route(SEND, (r) => r.fulfill(PROBLEM(429))), q.problem.busy, "429");
  await refusedThenSent(server, (p) => p.route(SEND, (r) => r.fulfill(PROBLEM(400))), q.problem.refused, "400");
  await refusedThenSent(server, (p) => p.route(SEND, (r) => r.abort("connectionfailed")), q.problem.network, "no network");
  await refusedThenSent(server, async (p) => {
    await p.clock.install();
    await p.reload();
    await p.route(SEND, () => {}); // no answer ever
  }, q.problem.unsure, "time-out");
});

test("a report is sent once, however often the button is pressed", 30, async () => {
  const server = await serve({ played: false });
  const page = await halfway(server, "overview");
  let calls = 0;
  await page.route(SEND, async (r) => {
    calls++;
    await new Promise((done) => setTimeout(done, 400));
    await r.continue();
  });
  await page.evaluate((name) => {
    const button = [...document.querySelectorAll("button")].find((b) => b.textContent === name);
    for (let i = 0; i < 5; i++) button.click();
  }, q.overview.send);
  await page.getByRole("button", { name: nl.ui.busy }).click();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: q.sent.title }).waitFor();
  same(calls, 1, "calls");
  // Back and forward again: the receipt, not the form.
  await page.goto(`${server.url}/`);
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: q.sent.title }).waitFor();
  same(calls, 1, "calls after going back");
});

test("without connection the form says so and goes on; with connection it sends", 30, async () => {
  const server = await serve({ played: false });
  const page = await halfway(server, "amount");
  const bar = page.getByText(nl.ui.offline);
  await page.context().setOffline(true);
  await bar.waitFor();
  await axe(page, "without connection");
  await fits(page, "without connection");
  await page.getByLabel(q.amount.title).fill("12,50");
  await press(page, q.next);
  await page.getByRole("heading", { level: 1, name: q.date.title }).waitFor();
  await page.goto(`${server.url}/melden#overview`);
  await press(page, q.overview.send);
  await page.getByRole("alert").getByText(q.problem.network).waitFor();
  yes(await bar.isVisible(), "the bar is gone");
  await page.context().setOffline(false);
  await bar.waitFor({ state: "detached" });
  await press(page, q.overview.send);
  await page.getByRole("heading", { level: 1, name: q.sent.title }).waitFor();
});

test("stopping, wiping and reporting again leave nothing behind", 40, async () => {
  const server = await serve({ played: false });
  const page = await halfway(server, "contact");
  await press(page, q.stop);
  await page.waitForURL(`${server.url}/`);
  same(await kept(page), [], "what stopping leaves");
  await page.goBack();
  same(await page.getByText(DRAFT.story).count(), 0, "the story after going back");

  const sent = await halfway(server, "overview");
  await press(sent, q.overview.send);
  await sent.getByRole("heading", { level: 1, name: q.sent.title }).waitFor();
  const first = await sent.locator("#code").innerText();
  await press(sent, q.sent.another);
  await sent.getByRole("heading", { level: 1, name: q.form.title }).waitFor();
  same(await kept(sent), [], "what another report finds");
  same(await sent.getByRole("radio", { checked: true }).count(), 0, "answers of the report before");

  const wiped = await halfway(server, "overview");
  await press(wiped, q.overview.send);
  await wiped.getByRole("heading", { level: 1, name: q.sent.title }).waitFor();
  await press(wiped, q.sent.clear);
  await wiped.waitForURL(`${server.url}/`);
  same(await kept(wiped), [], "what wiping leaves");
  await wiped.goBack();
  same(await wiped.getByText(first.slice(0, 9)).count(), 0, "the code after going back");
});

test("items are added by Enter, once each, taken out and put back", 40, async () => {
  const server = await serve({ played: false });
  const page = await halfway(server, "ids");
  const field = page.getByLabel(q.ids.add, { exact: true });
  const listed = () => page.locator(".kt-repeat__item .kt-nums").allInnerTexts();
  const add = async (value) => {
    await field.fill(value);
    await field.press("Enter");
  };
  await add("nl91 abna 0417 1643 00");
  await page.getByText("Toegevoegd: NL91 ABNA 0417 1643 00").waitFor();
  same(await field.inputValue(), "", "the field after adding");
  same(await page.evaluate(() => document.activeElement.id), "add", "focus after adding");
  await add("zz--reis.nl");
  await page.getByText("Toegevoegd: zz--reis.nl").waitFor();
  await add("NL91ABNA0417164300");
  await page.getByText("Toegevoegd: NL91").waitFor();
  same(await listed(), ["NL91 ABNA 0417 1643 00", "zz--reis.nl"], "items");
  await axe(page, "items");
  await fits(page, "items");
  await page.getByRole("button", { name: `${q.ids.remove} NL91ABNA0417164300` }).click();
  await page.getByText("Weggehaald: NL91").waitFor();
  same(await listed(), ["zz--reis.nl"], "items after taking one out");
  await press(page, q.ids.undo);
  same((await listed()).length, 2, "items after putting it back");

  await add("");
  await page.getByText(q.ids.addEmpty).waitFor();
  await add("zomaar wat woorden");
  await page.getByText(q.ids.addError).waitFor();
  await axe(page, "not recognised");
  await page.route(FIND, (r) => r.abort("connectionfailed"));
  await add("zz--later.nl");
  await page.getByText(q.ids.addNetwork).waitFor();
  same(await field.inputValue(), "zz--later.nl", "what was typed");
  await page.unrouteAll();
  // What was typed and not added is not lost in silence.
  await press(page, q.next);
  await page.locator(".kt-errors").getByText(q.ids.addPending).waitFor();
  await press(page, q.ids.addButton);
  await page.getByText("Toegevoegd: zz--later.nl").waitFor();
  await press(page, q.next);
  await page.getByRole("heading", { level: 1, name: q.amount.title }).waitFor();
  quiet(page, "items", failed);
});

test("the code goes to the clipboard, or is selected where that is not allowed", 40, async () => {
  const server = await serve({ played: false });
  const page = await halfway(server, "overview");
  await press(page, q.overview.send);
  const code = await page.locator("#code").innerText();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  await press(page, q.sent.copy);
  await page.getByText(q.sent.copied).waitFor();
  same(await page.evaluate(() => navigator.clipboard.readText()), code, "clipboard");
  await page.reload();
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await press(page, q.sent.copy);
  same(await page.evaluate(() => getSelection().toString().trim()), code, "selected");
  await page.getByText(q.sent.selected).waitFor();
});

test("a receipt code that is wrong gets a kind answer, and no answer is no wrong code", 40, async () => {
  const server = await serve({ played: false });
  const page = await open(server, "/mijn-melding");
  const show = async (code) => {
    await page.getByLabel(nl.mine.field).fill(code);
    await press(page, nl.mine.show);
  };
  for (const [code, want] of [["", nl.mine.empty], ["PTNH-93F5", nl.mine.wrong], ["PTNH-93F5-32KK-E6S2-VY5A-A", nl.mine.wrong],
    ["0000-0000-0000-0000-0000-0", nl.mine.unknown]]) {
    await show(code);
    await page.locator(".kt-errors").getByText(want).waitFor();
    await page.waitForFunction(() => document.activeElement.closest(".kt-errors") !== null); // the focus on the summary
    yes((await page.title()).startsWith("Niet verzonden"), `${code}: title ${await page.title()}`);
    same(await page.getByLabel(nl.mine.field).inputValue(), code, "what was typed");
  }
  await axe(page, "a wrong code");
  await fits(page, "a wrong code");
  await page.route("**/_inzien", (r) => r.fulfill(PROBLEM(503)));
  await show("0000-0000-0000-0000-0000-0");
  await page.locator(".kt-errors").getByText(nl.mine.network).waitFor();
  quiet(page, "wrong codes", failed);
});

const account = (dir, name, ...more) => kentering(dir, ["account", "add", name, ...more, "--zonder-code"], { input: `${PASSWORD}\n` });

async function signIn(page, name, title) {
  await page.getByLabel(desk.login.name).fill(name);
  await page.getByLabel(desk.login.password).fill(PASSWORD);
  await press(page, desk.login.send);
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
}

test("a session that ends during work: sign in, and go on where one was", 40, async () => {
  const server = await serve();
  account(server.dir, "karin", "--rol", "behandelaar");
  const page = await open(server, "/meldpunt", { width: 1280, height: 800 });
  await signIn(page, "karin", desk.list.title);
  await page.locator("a.kt-row").first().click();
  const where = page.url(), title = await page.locator(".kt-case h1").innerText();
  await page.getByLabel(desk.detail.reason).fill("De winkel levert echt.");
  await page.context().clearCookies();
  await press(page, desk.detail.refuse);
  await page.getByText(desk.login.ended).waitFor();
  await axe(page, "a session that ended");
  await signIn(page, "karin", title);
  same(page.url(), where, "the address after signing in again");
  same(await page.getByText("Geweigerd", { exact: true }).count(), 0, "refused without a session");
  same(await page.getByLabel(desk.detail.reason).inputValue(), "De winkel levert echt.", "the reason that was typed");
});

/* A policy folder that gives a delivery up after its second try. */
function impatient() {
  const doc = parse(readFileSync(join(ROOT, "policy/delivery.yaml"), "utf8"));
  const dir = scratch(), soon = { retry_seconds: [0], jitter_percent: 0 };
  writeFileSync(join(dir, "delivery.yaml"),
    JSON.stringify({ ...doc, mail: { ...doc.mail, ...soon }, call: { ...doc.call, ...soon } }));
  return dir;
}

async function until(what, good) {
  for (const end = Date.now() + 15000; !(await good());) {
    if (Date.now() > end) fail(what);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/* Somebody who is told what happens; `status` is his answer. */
async function listener() {
  const l = { status: 500, got: [] };
  const web = createServer((asked, answer) => {
    asked.resume().on("end", () => {
      if (l.status < 300) l.got.push(asked.headers["webhook-id"]);
      answer.writeHead(l.status).end();
    });
  });
  await new Promise((ready) => web.listen(0, "127.0.0.1", ready));
  web.unref();
  l.url = `http://localhost:${web.address().port}/ontvang`;
  return l;
}

test("deliveries that failed stand on the administrator's page, and go at a second try", 60, async () => {
  const post = await receiveMail(), partner = await listener();
  post.answer = "550 no such mailbox";
  const server = await serve({ played: false, policy: impatient(), settings: { ...post.settings,
    KENTERING_WEBHOOK_LOOPBACK: "true", KENTERING_OIN: "00000001234567890000", KENTERING_PUBLIC_URL: "https://kentering.example" } });
  account(server.dir, "beheer", "--rol", "beheerder");
  kentering(server.dir, ["webhook", "add", partner.url, "--onderwerp", "melding.ontvangen", "--organisatie", "meldpunt"],
    { settings: { KENTERING_WEBHOOK_LOOPBACK: "true" } });
  const sent = await fetch(`${server.url}/v1/meldingen`, { method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ fraudevorm: "OF-1.1.2", melder: { contact: { email: "melder@mail.example" } } }) });
  same(sent.status, 201, "a report");
  await until("two dead letters", () => JSON.parse(kentering(server.dir, ["--json", "outbox", "list"])).length === 2);

  const page = await open(server, "/meldpunt");
  await signIn(page, "beheer", desk.admin.title);
  const panel = page.getByRole("region", { name: desk.admin.failedTitle });
  const retry = (what) => panel.getByRole("row").filter({ hasText: what }).getByRole("button", { name: desk.admin.retry });
  await retry("mail.code").waitFor();
  same((await panel.innerText()).includes("melder@mail.example"), false, "the address stands on the page");
  await axe(page, "failed deliveries");
  await fits(page, "failed deliveries");
  partner.status = 204;
  await retry("webhook.event").click();
  await panel.getByText(desk.admin.retried).waitFor();
  same(await page.evaluate(() => document.activeElement.getAttribute("role")), "status", "focus after the retry");
  await until("the partner hears of it", () => partner.got.length === 1);
  await retry("webhook.event").waitFor({ state: "detached" });
  // A code is wiped when its mail is given up: the reporter asks for a new one.
  await retry("mail.code").click();
  await panel.getByText("Laat de melder een nieuwe code vragen").waitFor();
  same(await page.evaluate(() => document.activeElement.textContent), desk.admin.retry, "focus after a refusal");
  quiet(page, "the administrator's page", (s) => /status of (401 .*\/v1\/sessies|409 .*_opnieuw)/.test(s));
  post.close();
});
