// Makes the site: tokens, styles, one bundle per route and language, and every page as static HTML.
//   node build.mjs [--out=dist] [--pseudo]     --pseudo stretches every text by 40 % to find what does not fit
import { build } from "esbuild";
import { parse } from "yaml";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { tokensCss } from "./tokens.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const SRC = join(HERE, "src");
const LANGS = ["nl", "en"];
// LOOK: no older than five years. safari14 itself would refuse destructuring.
const TARGET = ["chrome87", "firefox78", "safari14.1"];
const FONT = "src/fonts/atkinson-hyperlegible-next-nl.woff2";
const COMPRESSED = /\.(html|css|js|svg|txt|json)$/;

const args = process.argv.slice(2);
const pseudo = args.includes("--pseudo");
const out = join(HERE, args.find((a) => a.startsWith("--out="))?.slice(6) ?? "dist");

const json = async (path) => JSON.parse(await readFile(path, "utf8"));
const yaml = async (path) => parse(await readFile(join(HERE, "..", path), "utf8"));

/** Where two translations differ in shape: a missing key, another type, another number of paragraphs. */
function differences(a, b, at = "") {
  if (typeof a !== typeof b || Array.isArray(a) !== Array.isArray(b)) return [at || "/"];
  if (typeof a !== "object") return [];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((k) => (k in a && k in b ? differences(a[k], b[k], `${at}/${k}`) : [`${at}/${k}`]));
}

/** The same text 40 % longer; {names} and link targets stay as they are. */
function stretch(m) {
  if (typeof m === "string")
    return m.replace(/\{[^}]*\}|\]\([^)]*\)|[aeiou]/g, (x) => (x.length === 1 ? x + x : x)) + " ~";
  if (Array.isArray(m)) return m.map(stretch);
  return Object.fromEntries(Object.entries(m).map(([k, v]) => [k, stretch(v)]));
}

/** The texts of a folder, per language. */
async function loadMessages(folder) {
  const all = Object.fromEntries(
    await Promise.all(LANGS.map(async (l) => [l, await json(join(SRC, folder, `${l}.json`))])),
  );
  const wrong = differences(all.nl, all.en);
  if (wrong.length) throw new Error(`nl.json and en.json of ${folder} differ at: ${wrong.join(", ")}`);
  return pseudo ? { nl: stretch(all.nl), en: stretch(all.en) } : all;
}

/** "Vriend-in-noodfraude (hulpvraagfraude)" becomes "vriend-in-noodfraude". */
const slug = (label) =>
  label.toLowerCase().replace(/\(.*?\)/g, "").normalize("NFD").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

async function loadPolicy() {
  const [taxonomy, advice, destinations, partners, measures, api] = await Promise.all(
    ["policy/taxonomy.yaml", "policy/advice.yaml", "policy/destinations.yaml", "policy/partners.yaml",
      "policy/measures.yaml", "api/openapi.yaml"].map(yaml),
  );
  const ruleFiles = (await readdir(join(HERE, "../policy/rules"))).filter((f) => f.endsWith(".yaml")).sort();
  const rules = await Promise.all(ruleFiles.map((f) => yaml(`policy/rules/${f}`)));
  return (lang) => ({
    forms: taxonomy.forms.map((f) => ({
      id: f.id, parent: f.parent, label: f[`label_${lang}`], slug: slug(f.label_nl),
    })),
    advice: advice.advice.map((a) => ({
      form: a.form, steps: a[`steps_${lang}`], never: a[`dont_${lang}`], destinations: a.destinations,
    })),
    destinations: destinations.destinations.map((d) => ({
      id: d.id, title: d[`title_${lang}`], handles: d[`handles_${lang}`], why: d[`why_${lang}`],
      clock: d[`clock_${lang}`], order: d.order,
      phone: d.contact.phone, url: d.contact.url, hours: d.contact[`hours_${lang}`],
    })),
    partners: Object.fromEntries(partners.partners.map((p) => [p.id, p[`title_${lang}`]])),
    measures: Object.fromEntries(measures.measures.map((m) => [m.id, m[`title_${lang}`]])),
    rules: Object.fromEntries(rules.map((r) => [r.id, {
      title: r[`title_${lang}`], text: r[`text_${lang}`].trim(), fourEyes: r.approval === "four_eyes",
    }])),
    operator: { name: api.info.contact.name, email: api.info.contact.email },
  });
}

/** The modules that exist only during a build: see src/virtual.d.ts. */
function virtual(lang, messages, deskText, policy, tokens) {
  const desk = join(SRC, "desk", "pages.tsx");
  const made = {
    messages: () => ({ contents: JSON.stringify(messages[lang]), loader: "json" }),
    "desk-text": () => ({ contents: JSON.stringify(deskText[lang]), loader: "json" }),
    lang: () => ({ contents: `export const lang = ${JSON.stringify(lang)};`, loader: "js" }),
    policy: () => ({ contents: JSON.stringify(policy(lang)), loader: "json" }),
    "tokens.css": () => ({ contents: tokens, loader: "css" }),
    desk: () => ({
      contents: existsSync(desk) ? `export { deskPages } from ${JSON.stringify(desk)};` : "export const deskPages = [];",
      loader: "js", resolveDir: SRC,
    }),
  };
  return {
    name: "virtual",
    setup(b) {
      b.onResolve({ filter: /^kt:/ }, (a) => ({ path: a.path.slice(3), namespace: "kt" }));
      b.onLoad({ filter: /.*/, namespace: "kt" }, (a) => made[a.path]());
      b.onResolve({ filter: /^tabler:/ }, (a) => ({ path: a.path.slice(7), namespace: "tabler" }));
      b.onLoad({ filter: /.*/, namespace: "tabler" }, async (a) => {
        const svg = await readFile(join(HERE, "node_modules/@tabler/icons/icons/outline", `${a.path}.svg`), "utf8");
        const drawing = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/^\s*<svg[\s\S]*?>|<\/svg>\s*$/g, "");
        return { contents: `export default ${JSON.stringify(drawing.replace(/\s*\n\s*/g, "").trim())};`, loader: "js" };
      });
    },
  };
}

const COMMON = { bundle: true, absWorkingDir: HERE, logLevel: "warning", legalComments: "none", jsx: "automatic",
  jsxImportSource: "preact" };

/** The pages as data. Built like the client, but run here. */
async function loadSite(lang, plugin) {
  const file = join(HERE, "node_modules", ".cache", `kentering-${pseudo ? "pseudo-" : ""}${lang}.mjs`);
  await build({ ...COMMON, entryPoints: [join(SRC, "site.tsx")], outfile: file, platform: "node", format: "esm",
    target: "node18", plugins: [plugin] });
  return import(`${pathToFileURL(file)}?${Date.now()}`);
}

/** Where everything went: the address of each source, the chunks a script needs, and all files. */
const built = () => ({ address: {}, chunks: {}, files: [] });

function note(meta, into) {
  const address = (file) => `/${relative(out, join(HERE, file))}`;
  for (const [file, o] of Object.entries(meta.outputs)) {
    const inputs = Object.keys(o.inputs);
    const source = o.entryPoint ?? (inputs.length === 1 ? inputs[0] : null);
    into.files.push(relative(out, join(HERE, file)));
    if (!source) continue;
    into.address[source] = address(file);
    into.chunks[source] = o.imports.filter((i) => i.kind === "import-statement").map((i) => address(i.path));
  }
}

async function bundle(entries, entryNames, plugin, into) {
  const { metafile } = await build({ ...COMMON, entryPoints: entries, outdir: join(out, "assets"), entryNames,
    chunkNames: "deel-[hash]", assetNames: "[name]-[hash]", minify: true, splitting: true, format: "esm",
    target: TARGET, metafile: true, loader: { ".woff2": "file", ".svg": "copy" }, plugins: [plugin] });
  note(metafile, into);
}

async function put(file, text) {
  const path = join(out, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function compressAll(files) {
  await Promise.all(files.filter((f) => COMPRESSED.test(f)).map(async (f) => {
    // No name and no time inside: the same text is the same bytes.
    await writeFile(join(out, `${f}.gz`), gzipSync(await readFile(join(out, f)), { level: 9 }));
  }));
}

const started = Date.now();
const [messages, deskText, policy, tokens] = await Promise.all(
  [loadMessages("i18n"), loadMessages("desk"), loadPolicy(), json(join(HERE, "tokens.json"))]);
const css = tokensCss(tokens);
await rm(out, { recursive: true, force: true });
const plugins = Object.fromEntries(LANGS.map((l) => [l, virtual(l, messages, deskText, policy, css)]));
const sites = Object.fromEntries(await Promise.all(LANGS.map(async (l) => [l, await loadSite(l, plugins[l])])));

const styles = [...new Set(sites.nl.pages.map((p) => p.style))]
  .map((s) => (s === "desk" ? "src/desk/desk.css" : `src/styles/${s}.css`));
const scripts = [...new Set([sites.nl.COMMON_SCRIPT, ...sites.nl.pages.flatMap((p) => p.script ?? [])].map((s) => `src/${s}.tsx`))];
const shared = built(), scripted = { nl: built(), en: built() };
await Promise.all([
  bundle([...styles, "src/styles/noscript.css", "src/icon.svg"], "[name]-[hash]", plugins.nl, shared),
  ...LANGS.map((l) => bundle(scripts, `[name]-${l}-[hash]`, plugins[l], scripted[l])),
]);

/** sw.js, with the pages it keeps and what those need. Its version is the hash of all that. */
async function worker() {
  const pages = ["/", "/en/", "/advies", "/en/advies", "/offline"];
  const file = (page) => `${page.endsWith("/") ? `${page}index` : page}.html`;
  const assets = ["src/styles/site.css", "src/icon.svg", FONT].map((s) => shared.address[s]);
  const hash = createHash("sha256");
  for (const p of pages) hash.update(await readFile(join(out, file(p))));
  await build({ ...COMMON, entryPoints: [join(SRC, "sw.ts")], outfile: join(out, "sw.js"), minify: true, target: TARGET,
    define: { VERSION: JSON.stringify(`kentering-${hash.digest("hex").slice(0, 12)}`),
      KEPT: JSON.stringify([...pages, ...assets]), OFFLINE: '"/offline"' } });
  return "sw.js";
}

/** The notices of what is inside: fonts, drawings, styles and code of others. */
async function notices() {
  const inside = [["Preact", "preact/LICENSE"], ["Tabler Icons", "@tabler/icons/LICENSE"],
    ["Atkinson Hyperlegible Next", "@fontsource-variable/atkinson-hyperlegible-next/LICENSE"],
    ["Utrecht Design System, component CSS (EUPL-1.2)", "@utrecht/button-css/LICENSE.md"]];
  const texts = await Promise.all(inside.map(async ([name, file]) =>
    `${name}\n\n${(await readFile(join(HERE, "node_modules", file), "utf8")).trim()}\n`));
  await put("licenties.txt", texts.join(`\n${"-".repeat(80)}\n\n`));
  return "licenties.txt";
}

const files = [shared, scripted.nl, scripted.en].flatMap((b) => b.files);
for (const l of LANGS)
  for (const page of sites[l].pages) {
    if (page.once && l !== "nl") continue;
    const file = `${l === "nl" ? "" : `${l}/`}${page.path || "index"}.html`;
    await put(file, sites[l].render(page, {
      address: { ...shared.address, ...scripted[l].address }, chunks: scripted[l].chunks,
    }));
    files.push(file);
  }
files.push(await worker(), await notices());
await compressAll([...new Set(files)]);
console.log(`${relative(process.cwd(), out) || "."}: ${files.length} files in ${Date.now() - started} ms`);
