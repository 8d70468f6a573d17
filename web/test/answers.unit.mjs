// What is made of what people type: amounts, days, account numbers; and how it is written back.
// SPDX-License-Identifier: EUPL-1.2
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { same, test } from "./harness.mjs";

const SRC = fileURLToPath(new URL("../src", import.meta.url));

/* What the build makes: see virtual() in build.mjs. Drawings are left out. */
const made = (lang) => ({
  name: "made",
  setup(b) {
    const kt = { messages: [readFileSync(`${SRC}/i18n/${lang}.json`, "utf8"), "json"], lang: [`export const lang = "${lang}";`, "js"] };
    b.onResolve({ filter: /^(kt|tabler):/ }, (a) => ({ path: a.path, namespace: "made" }));
    b.onLoad({ filter: /.*/, namespace: "made" }, ({ path }) => {
      const [contents, loader] = kt[path.replace("kt:", "")] ?? ['export default "";', "js"];
      return { contents, loader };
    });
  },
});

/* The browser's own code, in a language. */
async function load(lang) {
  const contents = 'export * from "./public/draft"; export * from "./i18n/text"; export { stepOf } from "./public/report";';
  const { outputFiles } = await build({ stdin: { contents, resolveDir: SRC }, bundle: true, write: false, format: "esm",
    platform: "node", jsx: "automatic", jsxImportSource: "preact", logLevel: "silent", plugins: [made(lang)] });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
}

test("amounts as people write them", 20, async () => {
  const { amountOf, euro } = await load("nl");
  const good = { "89,95": "89.95", "89.95": "89.95", "€ 1.250,50": "1250.50", "1,250.50": "1250.50", "1.250": "1250", "1,250": "1250",
    "12,5": "12.5", "0": "0", "007": "7", "100,-": "100", "€100": "100", "1 000 000": "1000000", "1.000.000,00": "1000000.00", "50,": "50", "1.250.50": "1250.50" };
  for (const [typed, want] of Object.entries(good)) same(amountOf(typed), want, typed);
  for (const typed of ["", "veel", "-5", "1,2,3", "1.25.0", "1e5", "12.3456", "99999999999", "€", "5 euro", "0x10"])
    same(amountOf(typed), null, typed);
  same(euro("1250.50").replace(/\s/g, " "), "€ 1.250,50", "in Dutch");
  same((await load("en")).euro("1250.50"), "€1,250.50", "in English");
});

test("days that exist, and how they are written", 20, async () => {
  const { dateOf, day, emptyDraft, errorsOf, moment, toReport } = await load("nl"), en = await load("en");
  const now = new Date(2026, 2, 1, 0, 30);
  const on = (d, month, year) => ({ ...emptyDraft(), form: "OF-1", date: { kind: "other", parts: { day: d, month, year } } });
  const kind = (k) => ({ ...on("", "", ""), date: { kind: k, parts: { day: "", month: "", year: "" } } });
  const iso = (draft) => toReport(draft, now).datum;
  same([iso(kind("today")), iso(kind("yesterday")), iso(kind("unknown")), iso(kind(""))], ["2026-03-01", "2026-02-28", undefined, undefined], "near days");
  same([iso(on("29", "2", "2024")), iso(on(" 9", "02 ", "26"))], ["2024-02-29", "2026-02-09"], "days");
  const wrong = [["29", "2", "2026"], ["31", "4", "2025"], ["0", "1", "2026"], ["1", "13", "2025"], ["", "", ""], ["een", "1", "2026"], ["1.5", "1", "2026"]];
  for (const parts of wrong) same([dateOf(on(...parts), now), errorsOf("date", on(...parts), now).length], [null, 1], parts.join("-"));
  same(errorsOf("date", on("3", "3", "2026"), now).length, 1, "a day to come");
  same(errorsOf("date", on("1", "1", "2010"), now).length, 1, "long ago");
  const at = new Date("2026-11-21T22:42:00Z");
  same([day(at), moment(at)], ["zaterdag 21 november 2026", "zaterdag 21 november 2026, 23.42 uur"], "in Dutch");
  same(en.moment(at).replace(/^Saturday,/, "Saturday"), "Saturday 21 November 2026, 23:42", "in English");
  same(moment(new Date("2026-07-01T22:05:00Z")), "donderdag 2 juli 2026, 00.05 uur", "summer, past midnight");
});

test("items: shown in groups, sent once", 20, async () => {
  const { emptyDraft, itemKey, itemsOf, shown, stepOf, tel, toReport, unique } = await load("nl");
  const iban = { soort: "iban", waarde: "NL91ABNA0417164300" }, shop = { soort: "domein", waarde: "zz--reis.nl" };
  same(shown(iban), "NL91 ABNA 0417 1643 00", "an account number");
  same(shown({ soort: "iban", waarde: "BE71096123456769" }), "BE71 0961 2345 6769", "no space at the end");
  same(shown(shop), "zz--reis.nl", "a website");
  same(unique([{ ...iban, begin: 1, eind: 2 }, { ...iban, begin: 9, eind: 10 }]), [iban], "found twice");
  const draft = { ...emptyDraft(), form: "OF-1", added: [shop, iban], found: { story: "", items: [iban, { ...shop, waarde: "eigen.nl" }], chosen: [itemKey(iban)] } };
  same(itemsOf(draft), [iban, shop], "chosen and added");
  same(toReport(draft, new Date()), { fraudevorm: "OF-1", kenmerken: [iban, shop] }, "what is sent");
  same([tel("088-7867372"), tel("+31 88 786")], ["tel:0887867372", "tel:+3188786"], "numbers to call");
  same([stepOf("#contact"), stepOf("#vorm=OF-1"), stepOf("")], ["contact", null, null], "questions in the address");
});

test("contact: what is taken, and what is told back", 20, async () => {
  const { emptyDraft, errorsOf } = await load("nl");
  const wrong = (contact) => errorsOf("contact", { ...emptyDraft(), contact: { kind: "", email: "", phone: "", ...contact } }, new Date()).map((e) => e.field);
  same(wrong({}), ["contact"], "nothing chosen");
  same(wrong({ kind: "none" }), [], "rather not");
  for (const email of ["naam@voorbeeld.nl", " naam+x@sub.voorbeeld.museum "]) same(wrong({ kind: "email", email }), [], email);
  for (const email of ["", "naam", "naam@voorbeeld", "naam @voorbeeld.nl", "@voorbeeld.nl"]) same(wrong({ kind: "email", email }), ["email"], email);
  for (const phone of ["06 12345678", "+31 6 1234 5678", "(020) 123-4567", "0031612345678"]) same(wrong({ kind: "phone", phone }), [], phone);
  for (const phone of ["", "112", "12345678", "06-abc"]) same(wrong({ kind: "phone", phone }), ["phone"], phone);
});

test("a value without a name stays visible, and a name without a value too", 20, async () => {
  const { fill, to } = await load("nl"), en = await load("en");
  same(fill("Vraag {nr} van {total}: {x}", { nr: 2, total: 6 }), "Vraag 2 van 6: {x}", "fill");
  same([to(""), to("melden"), en.to(""), en.to("melden")], ["/", "/melden", "/en/", "/en/melden"], "addresses");
});
