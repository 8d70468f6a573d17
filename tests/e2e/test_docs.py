#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The documents become pages, every link inside leads somewhere, and no page needs a script or another machine."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import SOURCE, has, main, same, scratch, skip, test, true  # noqa: E402


@test
def every_document_is_a_page(_driver):
    if not shutil.which("pandoc"):
        skip("no pandoc")
    out = scratch() / "docs"
    p = subprocess.run([sys.executable, SOURCE / "tools" / "docs.py", out], capture_output=True, text=True)
    same(p.returncode, 0, f"docs.py: {p.stdout}{p.stderr}")
    pages = {str(f.relative_to(out)): f.read_text(encoding="utf-8") for f in out.rglob("*.html")}
    for name in ("index", "interface", "security", "glossary", "operate/index", "operate/install", "operate/backup",
                 "operate/upgrade", "operate/monitoring", "operate/nginx", "adr/index"):
        true(f"{name}.html" in pages, f"{name}.html is missing")
    for name, text in pages.items():
        true("<script" not in text, f"a script in {name}")
        true(re.search(r'<(?:img|link)[^>]+(?:src|href)="(?:https?:)?//', text) is None, f"{name} needs another machine")
    api = yaml.safe_load((SOURCE / "api" / "openapi.yaml").read_text(encoding="utf-8"))
    for path, methods in api["paths"].items():
        has(pages["interface.html"], f"<code>{path}</code>", "interface.html")
        for op in methods.values():
            has(pages["interface.html"], f'id="{op["operationId"]}"', "interface.html")
    for name in api["components"]["schemas"]:
        has(pages["interface.html"], f'id="schema-{name}"', "interface.html")


@test
def a_link_that_leads_nowhere_is_found(_driver):
    sys.path.insert(0, str(SOURCE / "tools"))
    import docs  # pylint: disable=import-error,import-outside-toplevel
    out = scratch()
    (out / "a.html").write_text('<h1 id="x">a</h1><a href="b.html#y">1</a><a href="#x">2</a><a href="c.html">3</a>'
                                '<a href="https://kentering.example/">4</a>', encoding="utf-8")
    (out / "b.html").write_text('<h1 id="z">b</h1>', encoding="utf-8")
    n, files, wrong = docs.check(out)
    same((n, files, len(wrong)), (3, 2, 2), f"links, pages, broken ones: {wrong}")


@test
def figures_in_the_manual_exist(_driver):
    """Alarms on figures that the program does not have would never go off."""
    table = (SOURCE / "src" / "ops" / "metrics.h").read_text(encoding="utf-8")
    names = set(re.findall(r'X\(\w+, "([a-z_]+)"', table))
    true(len(names) > 15, f"the table of figures: {names}")
    text = (SOURCE / "docs" / "operate" / "monitoring.md").read_text(encoding="utf-8")
    for name in re.findall(r"\b(?:kentering|process)_[a-z_]+", text):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        true(name in names or base in names, f"{name} is no figure of the program")


if __name__ == "__main__":
    main()
