// Tests that end, and assertions that say what was and what was expected.
// SPDX-License-Identifier: EUPL-1.2

const short = (v, n = 1200) => {
  const text = typeof v === "string" ? v : JSON.stringify(v);
  return text && text.length > n ? `${text.slice(0, n)}… (${text.length} characters)` : text;
};

export function fail(text) {
  throw new Error(text);
}

export function same(got, want, what = "value") {
  if (JSON.stringify(got) !== JSON.stringify(want)) fail(`${what}: got ${short(got)}, expected ${short(want)}`);
}

export function yes(cond, text) {
  if (!cond) fail(short(text));
}

const tests = [];

/** A test; `seconds` is the longest it may take. */
export function test(name, seconds, run) {
  tests.push({ name, seconds, run });
}

export const within = (ms, what, promise) => {
  let timer;
  const late = new Promise((_, no) => {
    timer = setTimeout(() => no(new Error(`${what}: no end within ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** Runs the registered tests in order; arguments choose by part of the name. `after`: what to clean up behind each. */
export async function main(after = async () => {}) {
  const wanted = process.argv.slice(2).filter((a) => !a.startsWith("--"));
  const count = { ok: 0, FAIL: 0 };
  for (const t of tests.filter(({ name }) => !wanted.length || wanted.some((w) => name.includes(w)))) {
    const began = Date.now();
    let word = "ok", text = "";
    try {
      await within(t.seconds * 1000, t.name, t.run());
    } catch (e) {
      word = "FAIL";
      text = e.stack.split("\n").filter((l) => !l.includes("node_modules") && !l.includes("node:internal")).slice(0, 14)
        .join("\n     ");
    }
    await after();
    count[word]++;
    console.log(`${word.padEnd(4)} ${t.name} (${((Date.now() - began) / 1000).toFixed(2)} s)${text && `\n     ${text}`}`);
  }
  console.log(`${count.ok} passed, ${count.FAIL} failed, 0 skipped`);
  return count.FAIL ? 1 : 0;
}
