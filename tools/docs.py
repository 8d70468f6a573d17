#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The documents as plain pages: docs.py OUT. Markdown of docs/ by pandoc, and one page of the interface made from
api/openapi.yaml. Ends with 1 when a link inside leads nowhere. No scripts, nothing from elsewhere."""
import html
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
STYLE = """:root { color-scheme: light dark }
body { font: 1.0625rem/1.55 system-ui, sans-serif; max-width: 50rem; margin: 0 auto; padding: 1rem }
nav { border-bottom: 1px solid; padding-bottom: .5rem }
h1, h2, h3 { line-height: 1.25 }
pre, code { font: .9375rem/1.45 ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; border: 1px solid }
img { max-width: 100%; height: auto }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { border: 1px solid; padding: .25rem .5rem; text-align: left; vertical-align: top }
.method { font-weight: bold }
"""
OUTSIDE = re.compile(r"^[a-z][a-z0-9+.-]*:|^//")


def page(title, body, lang, depth):
    up = "../" * depth
    return (f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'self\'; '
            f'img-src \'self\'">\n'
            f'<title>{html.escape(title)} – Kentering</title>\n'
            f'<link rel="stylesheet" href="{up}style.css">\n</head>\n<body>\n'
            f'<nav><a href="{up}index.html">Kentering</a> · <a href="{up}operate/index.html">Running it</a> · '
            f'<a href="{up}interface.html" lang="nl">Interface</a> · <a href="{up}adr/index.html">Decisions</a></nav>\n'
            f'<main>\n{body}\n</main>\n</body>\n</html>\n')


# --- Markdown -------------------------------------------------------------------------------------------------

def target_of(path):
    """docs/operate/README.md → operate/index.html; the README of the whole → index.html."""
    inside = path.relative_to(ROOT)
    if inside == Path("README.md"):
        return Path("index.html")
    inside = inside.relative_to("docs") if inside.parts[0] == "docs" else inside
    return inside.parent / ("index.html" if inside.name == "README.md" else inside.stem + ".html")


class Pages:
    def __init__(self, out):
        self.out = out
        docs = sorted((ROOT / "docs").rglob("*.md"))
        extra = [ROOT / n for n in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "policy/README.md",
                                    "packaging/README.md", "tests/fixtures/release-0.1/README.md")]
        self.sources = {p: target_of(p) for p in [*docs, *extra] if p.exists()}

    def link(self, source, url):
        """A link to a page goes to the page; to another file of the checkout: it must exist, and becomes plain text."""
        if OUTSIDE.match(url) or url.startswith("#"):
            return url
        name, _, part = url.partition("#")
        path = Path(os.path.normpath(source.parent / name))
        for known in (path, path / "README.md"):
            if known in self.sources:
                back = os.path.relpath(self.sources[known], self.sources[source].parent)
                return back + (f"#{part}" if part else "")
        if path == ROOT / "api" / "openapi.yaml":
            return os.path.relpath("interface.html", self.sources[source].parent)
        if path.exists() and path.is_relative_to(ROOT):
            return None
        raise SystemExit(f"docs: {source.relative_to(ROOT)}: {url} leads nowhere")

    def picture(self, source, url):
        """A picture of the checkout goes along, in its own place."""
        path = Path(os.path.normpath(source.parent / url))
        if OUTSIDE.match(url) or not path.is_file() or not path.is_relative_to(ROOT / "docs"):
            raise SystemExit(f"docs: {source.relative_to(ROOT)}: no picture {url}")
        place = path.relative_to(ROOT / "docs")
        (self.out / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, self.out / place)
        return html.escape(os.path.relpath(place, self.sources[source].parent))

    def write(self, source):
        body = subprocess.run(["pandoc", "-f", "gfm", "-t", "html5", "--no-highlight", str(source)], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

        def mend(m):
            url = self.link(source, html.unescape(m[1]))
            return m[2] if url is None else f'<a href="{html.escape(url)}">{m[2]}</a>'
        body = re.sub(r'<a\s+href="([^"]*)"[^>]*>(.*?)</a>', mend, body, flags=re.S)
        body = re.sub(r'(<img\s[^>]*?src=")([^"]*)(")',
                      lambda m: m[1] + self.picture(source, html.unescape(m[2])) + m[3], body)
        title = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.S)
        target = self.sources[source]
        path = self.out / target
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = re.sub(r"<[^>]+>", "", title[1]) if title else source.stem
        path.write_text(page(html.unescape(plain), body, "en", len(target.parts) - 1), encoding="utf-8")


# --- the interface --------------------------------------------------------------------------------------------

class Interface:
    """One Dutch page of the description: operations by subject, then the schemas."""

    def __init__(self, doc):
        self.doc, self.lines = doc, []

    def add(self, *lines):
        self.lines += lines

    def row(self, *cells):
        self.add("<tr>" + "".join(f"<td>{c}</td>" for c in cells) + "</tr>")

    def schema(self, node):
        """A schema in a few words, with a link for a named one."""
        if "$ref" in node:
            name = node["$ref"].rsplit("/", 1)[1]
            return f'<a href="#schema-{name}">{name}</a>'
        words = {"string": "tekst", "integer": "geheel getal", "number": "getal", "boolean": "ja of nee",
                 "object": "object", "array": "lijst", "null": "leeg"}
        kinds = node.get("type", [])
        text = " of ".join(words.get(k, k) for k in (kinds if isinstance(kinds, list) else [kinds])) or "van alles"
        if "items" in node:
            text += f" van {self.schema(node['items'])}"
        if "enum" in node:
            text += ": " + ", ".join(f"<code>{html.escape(str(v))}</code>" for v in node["enum"])
        if "const" in node:
            text += f": <code>{html.escape(str(node['const']))}</code>"
        for key, word in (("oneOf", "een van"), ("anyOf", "een van"), ("allOf", "alle van")):
            if key in node:
                text = f"{word} " + ", ".join(self.schema(x) for x in node[key])
        if "pattern" in node:
            text += f", van de vorm <code>{html.escape(node['pattern'])}</code>"
        for key, word in (("minLength", "minstens {} tekens"), ("maxLength", "hoogstens {} tekens"),
                          ("minimum", "minstens {}"), ("maximum", "hoogstens {}"),
                          ("maxItems", "hoogstens {} stuks"), ("format", "vorm {}")):
            if key in node:
                text += ", " + word.format(html.escape(str(node[key])))
        return text

    def resolve(self, node):
        while "$ref" in node:
            at = self.doc
            for part in node["$ref"].split("/")[1:]:
                at = at[part.replace("~1", "/").replace("~0", "~")]
            node = at
        return node

    def operation(self, path, method, op):
        self.add(f'<h3 id="{html.escape(op["operationId"])}"><span class="method">{method.upper()}</span> '
                 f'<code>{html.escape(path)}</code></h3>', f"<p>{html.escape(op['summary'])}</p>")
        if "description" in op:
            self.add(f"<p>{html.escape(op['description'])}</p>")
        params = [self.resolve(p) for p in op.get("parameters", [])]
        if params:
            self.add("<table><tr><th>vraag</th><th>waar</th><th>wat</th></tr>")
            for p in params:
                need = "" if p.get("required") else " (mag weg)"
                where = "pad" if p["in"] == "path" else p["in"]
                what = f"{html.escape(p.get('description', ''))} – {self.schema(p.get('schema', {}))}"
                self.row(f"<code>{html.escape(p['name'])}</code>{need}", where, what)
            self.add("</table>")
        for kind, media in self.resolve(op.get("requestBody", {})).get("content", {}).items():
            most = f", hoogstens {op['x-maximum']} bytes" if "x-maximum" in op else ""
            self.add(f"<p>Bericht: <code>{kind}</code>{most}, {self.schema(media.get('schema', {}))}</p>")
        self.add("<table><tr><th>antwoord</th><th>wat</th></tr>")
        for status, answer in op["responses"].items():
            answer = self.resolve(answer)
            what = ", ".join(self.schema(m.get("schema", {})) for m in answer.get("content", {}).values())
            self.row(status, html.escape(answer.get("description", "")) + (f" – {what}" if what else ""))
        self.add("</table>")

    def text(self):
        info = self.doc["info"]
        self.add(f"<h1>Interface van {html.escape(info['title'])}</h1>", f"<p>{html.escape(info['description'])}</p>",
                 f"<p>Versie {html.escape(str(info['version']))}. Alle paden staan achter "
                 f"<code>{html.escape(self.doc['servers'][0]['url'])}</code>; de server geeft deze beschrijving zelf "
                 "op <code>/v1/openapi.json</code>.</p>")
        ops = [(path, method, op) for path, methods in self.doc["paths"].items() for method, op in methods.items()]
        for tag in self.doc.get("tags", []):
            self.add(f"<h2>{html.escape(tag['name'].capitalize())}</h2>",
                     f"<p>{html.escape(tag.get('description', ''))}</p>")
            for path, method, op in ops:
                if op.get("tags", [None])[0] == tag["name"]:
                    self.operation(path, method, op)
        self.add("<h2>Vormen van berichten</h2>")
        for name, node in self.doc["components"]["schemas"].items():
            self.add(f'<h3 id="schema-{name}">{name}</h3>', f"<p>{html.escape(node.get('description', ''))}</p>")
            if "properties" not in node:
                self.add(f"<p>{self.schema(node)}</p>")
                continue
            self.add("<table><tr><th>veld</th><th>wat</th></tr>")
            for key, sub in node["properties"].items():
                need = "" if key in node.get("required", []) else " (mag weg)"
                what = html.escape(str(sub.get("description", "")))
                self.row(f"<code>{html.escape(key)}</code>{need}", self.schema(sub) + (f". {what}" if what else ""))
            self.add("</table>")
        return "\n".join(self.lines)


# --- links ----------------------------------------------------------------------------------------------------

class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.urls = set(), []

    def handle_starttag(self, tag, attrs):
        for key, value in attrs:
            if key == "id":
                self.ids.add(value)
            elif key in ("href", "src") and value is not None:
                self.urls.append(value)


def check(out):
    """Every link inside: its file is there, and the place in it."""
    seen, wrong, n = {}, [], 0
    for path in out.rglob("*.html"):
        seen[path] = Links()
        seen[path].feed(path.read_text(encoding="utf-8"))
    for path, found in seen.items():
        for url in found.urls:
            if OUTSIDE.match(url):
                continue
            n += 1
            name, _, part = url.partition("#")
            target = Path(os.path.normpath(path.parent / name)) if name else path
            if not target.exists() or part and target in seen and part not in seen[target].ids:
                wrong.append(f"docs: {path.relative_to(out)}: {url} leads nowhere")
    return n, len(seen), wrong


def main():
    out = Path(sys.argv[1]).resolve()
    if not shutil.which("pandoc"):
        sys.exit("docs: pandoc is absent: apt-get install --no-install-recommends pandoc")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / "style.css").write_text(STYLE, encoding="utf-8")
    pages = Pages(out)
    for source in pages.sources:
        pages.write(source)
    doc = yaml.safe_load((ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8"))
    (out / "interface.html").write_text(page("Interface", Interface(doc).text(), "nl", 0), encoding="utf-8")
    n, files, wrong = check(out)
    print("\n".join([*wrong, f"{files} pages, {n} links inside, {len(wrong)} of them broken"]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
