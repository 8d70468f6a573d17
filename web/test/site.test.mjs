// Every page of the site, as it was built, in every form.
// SPDX-License-Identifier: EUPL-1.2
import { everywhere, keyboard, once, open, same, serve, sitePaths, test, yes } from "./lib.mjs";

// The browser says itself that a page is not there, and that nobody is signed in.
const expected = (path) => (s) => (/-(404|503)$/.test(path) && /status of 404/.test(s)) ||
  (/meldpunt$/.test(path) && /status of 401 .*\/v1\/sessies/.test(s));

// Pages of one form of fraud are one template with other words: one is looked at in every form, each whether it fits, and every
// fourth (another one in each language) whether it is accessible.
const ADVICE = /\/advies\/./;
const isFew = (path, i, all) => !ADVICE.test(path) || all.findIndex((p) => ADVICE.test(p)) === i;

for (const lang of ["nl", "en"])
  test(`every page is accessible, fits and is quiet (${lang})`, 110, async () => {
    const server = await serve();
    const paths = sitePaths().filter((p) => p.startsWith("/en/") === (lang === "en"));
    yes(paths.length > 3, `pages: ${paths}`);
    const page = await open(server, paths[0], { lang });
    for (const [i, path] of paths.entries()) {
      await page.goto(server.url + path);
      same(await page.getAttribute("html", "lang"), lang, `${path}: language`);
      if (isFew(path, i, paths)) await everywhere(page, path, { but: expected(path) });
      else await once(page, path, i % 4 === (lang === "nl" ? 0 : 2));
      page.said.length = 0;
    }
  });

test("every page can be walked by keyboard", 60, async () => {
  const server = await serve();
  const paths = sitePaths().filter((p) => !p.startsWith("/en/")).filter(isFew);
  const page = await open(server, paths[0]);
  for (const path of paths) {
    await page.goto(server.url + path);
    await keyboard(page, path);
  }
});

test("every internal link and file of a page is there", 60, async () => {
  const server = await serve();
  const asked = new Map();
  for (const path of sitePaths()) {
    const html = await (await fetch(server.url + path)).text();
    for (const [, to] of html.matchAll(/(?:href|src)="(\/[^"#]*)/g))
      if (!asked.has(to)) asked.set(to, path);
  }
  const wrong = [];
  for (const [to, from] of asked) {
    const r = await fetch(server.url + to);
    await r.arrayBuffer();
    if (r.status !== 200) wrong.push(`${from} → ${to}: ${r.status}`);
  }
  same(wrong, [], "links that lead nowhere");
});
