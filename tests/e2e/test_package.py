#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The Debian package: what is in it, the bill of materials, and a life from a root of its own."""
import http.client
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import SOURCE, Centre, base_env, child, has, main, person, program, same, scratch, shop, skip, test, true  # noqa: E402

OUT = SOURCE / "build" / "package"


def built():
    if not shutil.which("dpkg-deb") or not shutil.which("dpkg-shlibdeps"):
        skip("no dpkg-dev")
    p = subprocess.run([SOURCE / "dev", "package"], capture_output=True, text=True, timeout=900)
    same(p.returncode, 0, f"./dev package: {p.stdout[-1500:]}{p.stderr[-1500:]}")
    found = list(OUT.glob("kentering_*.deb"))
    same(len(found), 1, "packages")
    return found[0]


@test(slow=True)
def package_lives_in_a_root_of_its_own(_driver):
    deb, root = built(), scratch()
    subprocess.run(["dpkg", "-x", deb, root], check=True)
    exe, policy = root / "usr/bin/kentering", root / "usr/share/kentering/policy"
    for name in ("lib/systemd/system/kentering.service", "lib/systemd/system/kentering-backup.timer",
                 "usr/lib/sysusers.d/kentering.conf", "usr/lib/tmpfiles.d/kentering.conf", "usr/share/man/man1/kentering.1.gz",
                 "usr/share/man/man5/kentering.conf.5.gz", "usr/share/kentering/emergency/503.html",
                 "usr/share/doc/kentering/operate/install.md", "usr/share/doc/kentering/copyright"):
        true((root / name).is_file(), f"{name} is not in the package")
    if (SOURCE / "web" / "dist").is_dir():
        true((root / "usr/share/kentering/web/index.html").is_file(), "the website is not in the package")
    fields = subprocess.run(["dpkg-deb", "-f", deb], check=True, capture_output=True, text=True).stdout
    for library in ("libsodium23", "libmicrohttpd12", "libpq5", "libsqlite3-0", "libc6"):
        has(fields, library, "Depends")
    same(program(["version"], exe=exe, env=base_env()).expect(0).out.split()[0], "kentering", "version")
    c = Centre(policy=[policy], now=None)
    c.run("init", exe=exe).expect(0)
    p = child([exe, *c.argv("serve", "--port", "0")], env=c.env(), stdout=subprocess.PIPE)
    port = int(re.search(r":(\d+)/v1", json.loads(p.stdout.readline())["adres"])[1])
    h = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    h.request("POST", "/v1/meldingen", json.dumps(shop(person(1), "zz--pakket.nl")), {"Content-Type": "application/json"})
    answer = h.getresponse()
    same(answer.status, 201, "a report")
    code = json.loads(answer.read())["ontvangstcode"]
    p.terminate()
    same(p.wait(20), 0, "exit code")
    same(c.run("report", "show", code, exe=exe).expect(0).json()["fraudevorm"], "OF-1.1.2", "form")


@test(slow=True)
def bill_of_materials(_driver):
    built()
    doc = json.loads((OUT / "kentering.cdx.json").read_text(encoding="utf-8"))
    same((doc["bomFormat"], doc["specVersion"], doc["metadata"]["component"]["name"]), ("CycloneDX", "1.5", "kentering"), "head")
    parts = {p["bom-ref"]: p for p in doc["components"]}
    same(len(parts), len(doc["components"]), "each component once")
    for name in ("libsodium23", "libmicrohttpd12", "libgnutls30", "libc6"):
        p = parts[f"deb:{name}"]
        true(p["version"] and p["purl"].startswith(f"pkg:deb/debian/{name}@"), f"{p}")
        true("NOASSERTION" not in json.dumps(p["licenses"]), f"no licence: {p}")
    needed = doc["dependencies"][0]["dependsOn"]
    same(set(needed) - set(parts), set(), "dependencies that are no component")
    true(all(parts[r]["scope"] == "required" for r in needed), "what only builds is no dependency")
    true(any(r.startswith("npm:") for r in parts), "the packages of web/package-lock.json")


if __name__ == "__main__":
    main()
