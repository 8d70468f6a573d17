// Every word a reporter may read: short sentences, plain words, nothing called safe, the same in both languages.
// SPDX-License-Identifier: EUPL-1.2
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { same, test, yes } from "./harness.mjs";

const file = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const LANGS = ["nl", "en"];
const site = Object.fromEntries(LANGS.map((l) => [l, JSON.parse(file(`../src/i18n/${l}.json`))]));
const desk = Object.fromEntries(LANGS.map((l) => [l, JSON.parse(file(`../src/desk/${l}.json`))]));
const MEAN = 12, MOST = 20;

/* [where, text] of every text in a tree. */
const texts = (m, at = "") => (typeof m === "string" ? [[at, m]]
  : Object.entries(m).flatMap(([k, v]) => texts(v, `${at}/${k}`)));

/* Texts in a policy file: those whose key ends in the language. */
function policyTexts(node, lang, at) {
  if (node === null || typeof node !== "object") return [];
  return Object.entries(node).flatMap(([k, v]) =>
    (k.endsWith(`_${lang}`) ? texts(v ?? {}, `${at}/${k}`) : policyTexts(v, lang, `${at}/${node[k]?.id ?? node[k]?.form ?? k}`)));
}

const policy = (lang) => ["advice", "destinations"].flatMap((f) =>
  policyTexts(parse(file(`../../policy/${f}.yaml`)), lang, f).map(([at, t]) => [at, t]));
const all = (lang) => [...texts(site[lang]), ...policy(lang)];

/* Sentences; a link counts as its words, a full stop inside an address ends nothing. */
const sentences = (text) => text.replace(/^(## |- )/, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
  .split(/(?<=[.?!:…])\s+/).filter((s) => /[\p{L}\d]/u.test(s));
const words = (s) => s.split(/\s+/).filter((w) => /[\p{L}\d{]/u.test(w)).length;

for (const lang of LANGS)
  test(`sentences are short (${lang})`, 5, () => {
    const long = [], counts = [];
    for (const [at, text] of all(lang))
      for (const s of sentences(text)) {
        const n = words(s);
        if (n > MOST) long.push(`${at}: ${n} words: ${s}`);
        if (/[.?]$/.test(s)) counts.push(n); // a label is no sentence, and would make the mean look better
      }
    same(long, [], `sentences of more than ${MOST} words`);
    const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
    yes(counts.length > 500 && mean <= MEAN, `${counts.length} sentences, mean ${mean.toFixed(2)}, expected at most ${MEAN}`);
    console.log(`     ${counts.length} sentences, mean ${mean.toFixed(1)} words, longest ${Math.max(...counts)}`);
  });

const OFFICE = {
  nl: ["aangaande", "alsmede", "alvorens", "behoudens", "betreffende", "conform", "derhalve", "desalniettemin", "desbetreffende",
    "dient te", "dienen te", "doch", "echter", "gelieve", "geschieden", "hetgeen", "hieromtrent", "indien", "inzake", "jegens",
    "krachtens", "middels", "mits", "nadien", "ofschoon", "omtrent", "reeds", "teneinde", "tevens", "thans", "voornoemd",
    "wederom", "zodoende", "zorg dragen", "zulks", "gebruik maken van", "met betrekking tot", "ten behoeve van"],
  en: ["aforementioned", "ascertain", "commence", "endeavour", "forthwith", "hereby", "herein", "in order to", "in respect of",
    "notwithstanding", "please note", "prior to", "pursuant", "thereof", "therein", "utilise", "utilize", "whilst", "with regard to"],
};
const has = (text, word) => new RegExp(`(?<![\\p{L}-])${word}(?![\\p{L}-])`, "iu").test(text);
const where = (lang, list, more = []) => [...all(lang), ...more].flatMap(([at, text]) => list.filter((w) => has(text, w)).map((w) => `${at}: ${w}`));

test("plain words", 5, () => {
  for (const lang of LANGS) same(where(lang, OFFICE[lang]), [], `${lang}: office words`);
});

test("nothing is called safe, and nobody is shouted at", 5, () => {
  const SAFE = { nl: ["veilig", "veilige", "veiliger", "onveilig", "betrouwbaar"], en: ["safe", "safer", "safely", "unsafe", "trustworthy"] };
  for (const lang of LANGS) {
    // What a swindler calls a 'safe' account stands between quotes.
    const said = [...all(lang), ...texts(desk[lang])].map(([at, t]) => [at, t.replace(/'[^']*'/g, "")]);
    same(said.flatMap(([at, t]) => SAFE[lang].filter((w) => has(t, w)).map((w) => `${at}: ${w}`)), [], `${lang}: called safe`);
    same(said.filter(([at, t]) => t.includes("!") && !/\/title_/.test(at)), [], `${lang}: exclamation marks`); // a title is a name
    same(said.filter(([, t]) => /\p{Lu}{5,}/u.test(t.replace(/[A-Z0-9]{4}-[A-Z0-9-]+/g, ""))), [], `${lang}: all capitals`);
  }
});

test("both languages have the same keys, values and links", 5, () => {
  const shape = (m) => texts(m).map(([at, t]) => [at, ...(t.match(/\{\w+\}/g) ?? []).sort(), ...(t.match(/\]\([^)]*\)/g) ?? [])].join(" "));
  for (const m of [site, desk]) {
    const [nl, en] = [shape(m.nl), shape(m.en)];
    same(nl.filter((x) => !en.includes(x)), [], "only in Dutch");
    same(en.filter((x) => !nl.includes(x)), [], "only in English");
  }
});

test("an error says what was expected, and ends as a sentence", 5, () => {
  for (const lang of LANGS) {
    const errors = all(lang).filter(([at]) => /\/(error|\w+Error|wrong|empty|long|future|old|addEmpty|addPending)$/i.test(at) && !at.startsWith("/ui/"));
    yes(errors.length >= 12, `${lang}: ${errors.length} errors`);
    same(errors.filter(([, t]) => !/[.]$/.test(t) || /verplicht|required/i.test(t)), [], `${lang}: errors`);
  }
});
