#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The Debian package and its bill of materials (CycloneDX), from a build with prefix /usr: package.py BUILD OUT.

The same sources and the same Debian give the same bytes: dates are that of the last commit (SOURCE_DATE_EPOCH).
"""
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
sys.path.insert(0, str(ROOT / "tools"))
from check import LICENCES  # noqa: E402

MODES = {True: 0o755, False: 0o644}
NGINX = "usr/share/doc/kentering/examples/nginx"
PLACES = {  # of packaging/, in the package
    "systemd/kentering.service": "lib/systemd/system/kentering.service",
    "systemd/kentering-backup.service": "lib/systemd/system/kentering-backup.service",
    "systemd/kentering-backup.timer": "lib/systemd/system/kentering-backup.timer",
    "systemd/sysusers.conf": "usr/lib/sysusers.d/kentering.conf",
    "systemd/tmpfiles.conf": "usr/lib/tmpfiles.d/kentering.conf",
    "nginx/kentering.conf": f"{NGINX}/kentering.conf",
    "nginx/kentering-proxy.conf": f"{NGINX}/kentering-proxy.conf",
    "nginx/kentering-headers.conf": f"{NGINX}/kentering-headers.conf",
    "nginx/503.html": "usr/share/kentering/emergency/503.html",
}


def run(*argv, **kw):
    return subprocess.run(list(map(str, argv)), check=True, stdout=subprocess.PIPE, text=True, **kw).stdout


def epoch():
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", ROOT, "log", "-1", "--format=%ct"]
    return int(os.environ.get("SOURCE_DATE_EPOCH") or run(*git))


def version():
    return re.search(r"^  version: '([^']+)'", (ROOT / "meson.build").read_text(encoding="utf-8"), re.M)[1]


def put(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def packed(text, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out, gzip.GzipFile("", "wb", 9, out, 0) as z:
        z.write(text)


def changelog(when):
    """The one entry that Debian's form wants; what changed stands in CHANGELOG.md."""
    day = datetime.fromtimestamp(when, timezone.utc).strftime("%a, %d %b %Y %H:%M:%S +0000")
    return (f"kentering ({version()}) bookworm; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n"
            f" -- Beheer van deze installatie <beheer@kentering.example>  {day}\n")


def lay_out(build, tree, web, when):
    """Everything at its place, as it will be installed."""
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", tree)
    run("strip", "--strip-unneeded", "--remove-section=.comment", tree / "usr/bin/kentering")
    for source, place in PLACES.items():
        put(PACKAGING / source, tree / place)
    if web:
        shutil.copytree(web, tree / "usr/share/kentering/web")
        if (web / "503.html").exists():
            put(web / "503.html", tree / "usr/share/kentering/emergency/503.html")
    for page in (tree / "usr/share/man").glob("man*/*"):
        packed(page.read_bytes(), page.with_name(page.name + ".gz"))
        page.unlink()
    doc = tree / "usr/share/doc/kentering"
    packed((ROOT / "CHANGELOG.md").read_bytes(), doc / "CHANGELOG.md.gz")
    packed(changelog(when).encode(), doc / "changelog.gz")
    put(ROOT / "README.md", doc / "README.md")
    for page in (ROOT / "docs" / "operate").glob("*.md"):
        put(page, doc / "operate" / page.name)
    (doc / "copyright").write_text(COPYRIGHT, encoding="utf-8")


COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Kentering
Source: https://kentering.example

Files: *
Copyright: the contributors of Kentering
License: EUPL-1.2
 European Union Public Licence, version 1.2. The whole text stands at
 https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12 in every official
 language of the European Union, each of equal value.
"""


def depends(binary, work):
    """What dpkg-shlibdeps says; it wants to stand in a source package."""
    (work / "debian").mkdir(parents=True, exist_ok=True)
    (work / "debian" / "control").write_text(
        "Source: kentering\n\nPackage: kentering\nArchitecture: any\n", encoding="utf-8")
    out = run("dpkg-shlibdeps", "-O", "-e", binary, cwd=work)
    return out.strip().split("=", 1)[1]


def close(tree, when):
    """Modes and dates that do not depend on who builds."""
    for path in sorted(tree.rglob("*"), reverse=True):
        if not path.is_symlink():
            runs = path.is_dir() or path.parent.name in ("bin", "DEBIAN") and path.name not in ("control", "md5sums")
            path.chmod(MODES[runs])
        os.utime(path, (when, when), follow_symlinks=False)
    tree.chmod(0o755)
    os.utime(tree, (when, when))


def control(tree, arch, needs):
    files = [p for p in sorted(tree.rglob("*")) if p.is_file() and "DEBIAN" not in p.parts]
    size = sum(p.stat().st_size for p in files) // 1024 + 1
    text = (PACKAGING / "debian" / "control").read_text(encoding="utf-8")
    for key, value in {"VERSION": version(), "ARCH": arch, "SIZE": str(size), "DEPENDS": needs}.items():
        text = text.replace(f"@{key}@", value)
    folder = tree / "DEBIAN"
    folder.mkdir()
    (folder / "control").write_text(text, encoding="utf-8")
    for name in ("postinst", "prerm", "postrm"):
        put(PACKAGING / "debian" / name, folder / name)
    sums = [f"{hashlib.md5(p.read_bytes()).hexdigest()}  {p.relative_to(tree)}\n" for p in files]
    (folder / "md5sums").write_text("".join(sums), encoding="utf-8")


# --- the bill of materials ------------------------------------------------------------------------------------

def owner(path):
    """The Debian package of a library, by its real place or the one before /usr was merged."""
    for name in dict.fromkeys([path, os.path.realpath(path), re.sub(r"^/usr", "", os.path.realpath(path))]):
        p = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True, check=False)
        if p.returncode == 0:
            return p.stdout.split(": ")[0].split(",")[0]
    return None


def debian_parts(binary):
    """Every package that the program's libraries come from."""
    found = {}
    for line in run("ldd", binary).splitlines():
        m = re.match(r"\s*(\S+?)\.so\S*\s+=>\s+(/\S+)", line)
        package = owner(m[2]) if m else None
        if package:
            short = re.sub(r"^libabsl_\w+$", "libabsl", re.sub(r"-\d+\.\d+$", "", m[1]))
            found.setdefault(package, set()).add(LICENCES.get(short, "NOASSERTION"))
    for package, licences in sorted(found.items()):
        name, ver, arch, source = run(
            "dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\t${source:Package}", package).split("\t")
        escaped = ver.replace("+", "%2B").replace(":", "%3A")
        yield {"type": "library", "bom-ref": f"deb:{name}", "name": name, "version": ver, "scope": "required",
               "licenses": [{"expression": " AND ".join(f"({x})" if " " in x else x for x in sorted(licences))}],
               "purl": f"pkg:deb/debian/{name}@{escaped}?arch={arch}&distro=debian-12",
               "properties": [{"name": "debian:source", "value": source}]}


def web_parts():
    """What package-lock.json names; what only builds or tests is not shipped."""
    lock = ROOT / "web" / "package-lock.json"
    if not lock.exists():
        return
    for path, p in sorted(json.loads(lock.read_text(encoding="utf-8")).get("packages", {}).items()):
        if not path or "version" not in p:
            continue
        name = path.rpartition("node_modules/")[2]
        part = {"type": "library", "bom-ref": f"npm:{path}", "name": name, "version": p["version"],
                "scope": "excluded" if p.get("dev") or p.get("devOptional") else "required",
                "purl": f"pkg:npm/{name.replace('@', '%40')}@{p['version']}"}
        if isinstance(p.get("license"), str):
            part["licenses"] = [{"license": {"name": p["license"]}}]
        yield part


def bill(binary, when):
    parts = [*debian_parts(binary), *web_parts()]
    me = {"type": "application", "bom-ref": "kentering", "name": "kentering", "version": version(),
          "licenses": [{"license": {"id": "EUPL-1.2"}}],
          "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(binary.read_bytes()).hexdigest()}]}
    text = json.dumps([me, parts], sort_keys=True)
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, text)}",
            "metadata": {"timestamp": datetime.fromtimestamp(when, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "component": me},
            "components": parts,
            "dependencies": [{"ref": "kentering",
                              "dependsOn": [p["bom-ref"] for p in parts if p["scope"] == "required"]}]}


def main():
    build, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    when, arch = epoch(), run("dpkg", "--print-architecture").strip()
    os.environ["SOURCE_DATE_EPOCH"] = str(when)
    tree, web = out / "tree", ROOT / "web" / "dist"
    shutil.rmtree(out, ignore_errors=True)
    tree.mkdir(parents=True)
    if not web.is_dir():
        print("package: web/dist is absent: the package holds no website")
        web = None
    lay_out(build, tree, web, when)
    control(tree, arch, depends(tree / "usr/bin/kentering", out / "work"))
    close(tree, when)
    deb = out / f"kentering_{version()}_{arch}.deb"
    run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", tree, deb)
    sbom = out / "kentering.cdx.json"
    sbom.write_text(json.dumps(bill(tree / "usr/bin/kentering", when), indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(out / "work")
    for path in (deb, sbom):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size} bytes")
    if shutil.which("lintian"):
        p = subprocess.run(["lintian", "--fail-on", "error", "--allow-root", str(deb)], check=False)
        sys.exit(1 if p.returncode else 0)
    print("package: lintian is absent: not checked")


if __name__ == "__main__":
    main()
