// Every page of the site, as it was built, in every form.
// SPDX-License-Identifier: EUPL-1.2
import { everywhere, keyboard, open, same, serve, sitePaths, test, yes } from "./lib.mjs";

const expected = (path) => (s) => /-(404|503)$/.test(path) && /status of 404/.test(s);

for (const lang of ["nl", "en"])
  test(`every page is accessible, fits and is quiet (${lang})`, 150, async () => {
    const server = await serve();
    const paths = sitePaths().filter((p) => p.startsWith("/en/") === (lang === "en"));
    yes(paths.length > 3, `pages: ${paths}`);
    for (const path of paths) {
      const page = await open(server, path, { lang });
      same(await page.getAttribute("html", "lang"), lang, `${path}: language`);
      await everywhere(page, path, { but: expected(path) });
      await page.context().close();
    }
  });

test("every page can be walked by keyboard", 90, async () => {
  const server = await serve();
  for (const path of sitePaths().filter((p) => !p.startsWith("/en/"))) {
    const page = await open(server, path);
    await keyboard(page, path);
    await page.context().close();
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
