// LOOK §7: what the colours promise, computed from the tokens.
// SPDX-License-Identifier: EUPL-1.2
import { readFileSync } from "node:fs";
import { same, test, yes } from "./harness.mjs";

const tokens = JSON.parse(readFileSync(new URL("../tokens.json", import.meta.url), "utf8"));
const THEMES = ["light", "dark"];

const colour = (theme, name) => name.split(".").reduce((at, key) => at?.[key], tokens[theme])?.$value;
/* [r, g, b] from 0 to 1, with equal steps of light. */
const linear = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
  .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
const times = (m, v) => m.map((row) => row.reduce((sum, x, i) => sum + x * v[i], 0));

function contrast(a, b) {
  const [low, high] = [a, b].map((hex) => times([[0.2126, 0.7152, 0.0722]], linear(hex))[0]).sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const B = "basis.color.", K = "kentering.color.";
const PAGE = ["bg-document", "bg-default", "bg-subtle"].map((g) => `${B}default.${g}`);
const STATES = ["negative", "positive", "warning"];
const TEXT = 7, REST = 4.5, EDGE = 3;

/* [what, on what, at least]. Body and button text keep AAA, the rest AA, edges 3. */
const PAIRS = [
  ...PAGE.flatMap((g) => [
    [`${B}default.color-default`, g, TEXT], [`${B}default.color-subtle`, g, REST],
    [`${B}action-1.color-default`, g, REST], [`${B}action-1.color-hover`, g, REST],
    [`${B}default.border-default`, g, EDGE], [`${B}action-1.bg-default`, g, EDGE],
    ...STATES.map((s) => [`${B}${s}.color-default`, g, REST]),
  ]),
  ...STATES.flatMap((s) => [
    [`${B}${s}.color-default`, `${B}${s}.bg-subtle`, REST], [`${B}default.color-default`, `${B}${s}.bg-subtle`, TEXT],
    [`${B}action-1.color-default`, `${B}${s}.bg-subtle`, REST],
  ]),
  [`${B}action-1.color-default`, `${B}default.bg-default`, TEXT], // a secondary button
  [`${B}action-1.color-default`, `${B}action-1.bg-subtle`, REST], [`${B}default.color-default`, `${B}action-1.bg-subtle`, TEXT],
  [`${B}default.color-subtle`, `${B}action-1.bg-subtle`, REST], [`${B}action-1.bg-default`, `${B}action-1.bg-subtle`, EDGE],
  ...["bg-default", "bg-hover"].map((g) => [`${B}action-1.inverse-color-default`, `${B}action-1.${g}`, TEXT]),
  [`${B}default.bg-default`, `${B}negative.color-default`, REST], [`${B}default.bg-default`, `${B}default.color-default`, TEXT],
  ...["night", "night-raised"].flatMap((g) => [
    [`${K}on-night`, K + g, TEXT], [`${K}on-night-subtle`, K + g, REST], [`${K}beacon`, K + g, EDGE],
  ]),
  ...["beacon", "beacon-hover"].map((g) => [`${K}on-beacon`, K + g, TEXT]),
  ["basis.focus.outline-color", "basis.focus.inverse-outline-color", EDGE],
  ...[1, 2, 3, 4].map((n) => [`kentering.chart.series-${n}`, `${B}default.bg-default`, EDGE]),
  ...[1, 2, 3, 4, 5].map((n) => [`kentering.chart.on-class-${n}`, `kentering.chart.class-${n}`, REST]),
];

test(`contrast of ${PAIRS.length} pairs of colours, in both themes`, 5, () => {
  const poor = THEMES.flatMap((theme) => PAIRS.flatMap(([a, b, least]) => {
    const [one, other] = [colour(theme, a), colour(theme, b)];
    if (!one || !other) return [`${theme}: ${one ? b : a} is no token`];
    const got = contrast(one, other);
    return got < least ? [`${theme}: ${a} on ${b}: ${got.toFixed(2)}, expected ${least}`] : [];
  }));
  same(poor, [], "contrast");
});

test("the ring of the focus stands out on every ground", 5, () => {
  for (const theme of THEMES)
    for (const ground of [...PAGE, `${K}night`, `${K}night-raised`, `${K}beacon`, `${B}action-1.bg-default`]) {
      const best = Math.max(...["outline-color", "inverse-outline-color"]
        .map((ring) => contrast(colour(theme, `basis.focus.${ring}`), colour(theme, ground))));
      yes(best >= EDGE, `${theme}: the ring on ${ground}: ${best.toFixed(2)}`);
    }
});

test("both themes have the same tokens, and no other file has a colour", 5, () => {
  const names = (set, at = "") => Object.entries(set).flatMap(([k, v]) =>
    k.startsWith("$") ? [] : "$value" in v ? [`${at}${k}`] : names(v, `${at}${k}.`));
  same(names(tokens.dark).sort(), names(tokens.light).sort(), "tokens");
  for (const file of ["base", "form", "site", "ui"].map((f) => `styles/${f}.css`).concat("desk/desk.css")) {
    const css = readFileSync(new URL(`../src/${file}`, import.meta.url), "utf8");
    same(css.match(/#[0-9a-f]{3,8}\b(?=[^{}]*[;}])/gi) ?? [], [], `${file}: colours`);
  }
});

/* How people with one kind of cone missing see (Machado, Oliveira and Fernandes 2009), and how far apart colours then look
 * (OKLab, times 100). */
const SEEN = {
  "all cones": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const CONES = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005]];
const LAB = [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766]];

const oklab = (hex, seen) =>
  times(LAB, times(CONES, times(seen, linear(hex)).map((c) => Math.min(1, Math.max(0, c)))).map(Math.cbrt));
const distance = (a, b) => 100 * Math.hypot(...a.map((x, i) => x - b[i]));

test("the series of a chart differ for every kind of eye", 5, () => {
  for (const [theme, least] of [["light", 14], ["dark", 10.4]]) {
    const series = [1, 2, 3, 4].map((n) => colour(theme, `kentering.chart.series-${n}`));
    for (const [eye, seen] of Object.entries(SEEN)) {
      const labs = series.map((hex) => oklab(hex, seen));
      labs.forEach((a, i) => labs.slice(i + 1).forEach((b, k) => {
        const got = Math.round(distance(a, b) * 10) / 10;
        yes(got >= least, `${theme}, ${eye}: series ${i + 1} and ${i + k + 2}: ${got}, expected ${least}`);
      }));
    }
  }
});

test("the steps of the map go one way", 5, () => {
  for (const theme of THEMES) {
    const light = [1, 2, 3, 4, 5].map((n) => oklab(colour(theme, `kentering.chart.class-${n}`), SEEN["all cones"])[0]);
    const steps = light.slice(1).map((x, i) => (theme === "light" ? light[i] - x : x - light[i]));
    yes(steps.every((s) => s > 0.05), `${theme}: ${steps.map((s) => s.toFixed(2))}`);
  }
});
