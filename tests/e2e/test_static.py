#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The web site: exact paths, compressed forms, caching, headers, error pages, security.txt; and a server without one."""
import gzip
import http.client
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import PROGRAM, Centre, child, end_child, has, main, same, scratch, test, true

PAGES = {"index.html": "<!doctype html><title>Begin</title>", "melden.html": "<!doctype html><title>Melden</title>",
         "en/index.html": "<!doctype html><title>Start</title>", "404.html": "<!doctype html><title>Niet gevonden</title>",
         "en/404.html": "<!doctype html><title>Not found</title>", "503.html": "<!doctype html><title>Te druk</title>",
         "assets/app-1A2B.js": "'use strict';" * 200, "manifest.webmanifest": "{}", "sw.js": "'use strict';"}
CSP = {"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
       "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "manifest-src 'self'"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def folder(pages=None):
    top = scratch()
    for name, text in (PAGES if pages is None else pages).items():
        path = top / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        if not name.startswith("sw"):
            (top / (name + ".gz")).write_bytes(gzip.compress(text.encode()))
    return top


class Server:
    def __init__(self, web, **settings):
        self.centre = Centre()
        # Run in an empty folder: the site of a checkout is not to be found from there.
        env = self.centre.env(**{"KENTERING_" + k.upper(): v for k, v in settings.items()})
        if web:
            env["KENTERING_WEB_DIR"] = str(web)
        self.log = scratch() / "stderr"
        self.process = child([PROGRAM, *self.centre.argv("serve", "--port", "0")], env=env, cwd=scratch(),
                             stdout=subprocess.PIPE, stderr=self.log.open("wb"))
        line = self.process.stdout.readline()
        self.port = int(re.search(r":(\d+)/v1", json.loads(line)["adres"])[1])

    def ask(self, path, method="GET", headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        c.request(method, path, headers=headers or {})
        r = c.getresponse()
        r.text = r.read()
        r.fields = {k.lower(): v for k, v in r.getheaders()}
        c.close()
        return r

    def raw(self, line):
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as s:
            s.sendall(line + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            data = b""
            while part := s.recv(65536):
                data += part
        return int(data.split()[1])


@test
def paths(_driver):
    s = Server(folder())
    for path, name in (("/", "index.html"), ("/melden", "melden.html"), ("/en/", "en/index.html"), ("/?x=1", "index.html"),
                       ("/assets/app-1A2B.js", "assets/app-1A2B.js"), ("/manifest.webmanifest", "manifest.webmanifest")):
        r = s.ask(path)
        same((r.status, r.text.decode()), (200, PAGES[name]), path)
    for path in ("/melden/", "/en", "/index.html", "/melden.html", "/assets/", "/assets", "/niets", "//", "//melden", "/./", "/404",
                 "/../en/", "/../../etc/passwd", "/%2e%2e/", "/assets%2fapp-1A2B.js", "/melden%00", "/assets/app-1A2B.js.gz",
                 "/melden;x", "/%6delden", "/..%5c", "/v1x", "/" + "a" * 3000):
        r = s.ask(path, headers=BROWSER)
        same((r.status, r.text.decode()), (404, PAGES["404.html"]), path)
    for line in (b"GET /\\..\\etc", b"GET /a\0b", b"GET melden"):
        same(s.raw(line), 400, repr(line))
    same(s.ask("/en/nothing").text.decode(), PAGES["en/404.html"], "the English page")
    end_child(s.process)


@test
def headers(_driver):
    s = Server(folder())
    r = s.ask("/")
    same(set(x.strip() for x in r.fields["content-security-policy"].split(";")), CSP, "content security policy")
    for name, value in {"content-type": "text/html; charset=utf-8", "cache-control": "no-cache", "vary": "Accept-Encoding",
                        "referrer-policy": "no-referrer", "x-content-type-options": "nosniff", "x-frame-options": "DENY",
                        "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
                        "strict-transport-security": "max-age=31536000; includeSubDomains"}.items():
        same(r.fields.get(name), value, name)
    has(r.fields["permissions-policy"], "camera=()")
    true("server" not in r.fields and "api-version" not in r.fields and "set-cookie" not in r.fields, r.fields)
    same(s.ask("/assets/app-1A2B.js").fields["cache-control"], "public, max-age=31536000, immutable", "hashed")
    same(s.ask("/sw.js").fields["cache-control"], "no-cache", "the service worker")
    true("vary" not in s.ask("/sw.js").fields, "Vary without a second form")
    head = s.ask("/", "HEAD")
    same((head.status, head.text, head.fields["content-length"]), (200, b"", str(len(PAGES["index.html"]))), "HEAD")
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        r = s.ask("/", method)
        same((r.status, r.fields["allow"]), (405, "GET, HEAD"), method)
    same(s.ask("/niets", "POST").status, 404, "POST to nothing")
    end_child(s.process)


@test
def forms_and_tags(_driver):
    s = Server(folder())
    plain, zipped = s.ask("/assets/app-1A2B.js"), s.ask("/assets/app-1A2B.js", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    same(zipped.fields["content-encoding"], "gzip", "encoding")
    same(gzip.decompress(zipped.text), plain.text, "unpacked")
    true(len(zipped.text) < len(plain.text) and "content-encoding" not in plain.fields, "forms")
    true(plain.fields["etag"] != zipped.fields["etag"], "one tag for two forms")
    for how in ("gzip;q=0", "identity", "br"):
        true("content-encoding" not in s.ask("/", headers={"Accept-Encoding": how}).fields, how)
    for tag in (plain.fields["etag"], "W/" + plain.fields["etag"], f'"x", {plain.fields["etag"]}', "*"):
        r = s.ask("/assets/app-1A2B.js", headers={"If-None-Match": tag})
        same((r.status, r.text, r.fields["etag"]), (304, b"", plain.fields["etag"]), tag)
        has(r.fields["cache-control"], "immutable")
    same(s.ask("/assets/app-1A2B.js", headers={"If-None-Match": zipped.fields["etag"]}).status, 200, "the other form's tag")
    end_child(s.process)


@test
def not_found_for_programs(_driver):
    s = Server(folder())
    for accept in ("application/json", "application/problem+json, */*;q=0.1"):
        r = s.ask("/niets", headers={"Accept": accept})
        same((r.status, r.fields["content-type"]), (404, "application/problem+json"), accept)
        same(json.loads(r.text)["status"], 404, "problem")
    for path in ("/v1", "/v1/niets"):
        same(s.ask(path, headers=BROWSER).fields["content-type"], "application/problem+json", path)
    end_child(s.process)


@test
def security_txt(_driver):
    s = Server(folder(), security_contact="mailto:lek@meld.example", public_url="https://meld.example",
               security_policy="https://meld.example/beveiliging")
    r = s.ask("/.well-known/security.txt")
    same((r.status, r.fields["content-type"]), (200, "text/plain; charset=utf-8"), "type")
    same(r.text.decode(), "Contact: mailto:lek@meld.example\nExpires: 2026-08-29T00:00:00.000Z\nPreferred-Languages: nl, en\n"
         "Canonical: https://meld.example/.well-known/security.txt\nPolicy: https://meld.example/beveiliging\n", "text")
    end_child(s.process)
    s = Server(folder())
    same(s.ask("/.well-known/security.txt").status, 404, "without a contact")
    end_child(s.process)
    c = Centre()
    r = c.run("serve", "--port", "0", env={"KENTERING_SECURITY_CONTACT": "lek@meld.example"})
    same(r.code, 1, "a contact that is no address")
    has(r.out, "security_contact")


@test
def without_a_site(_driver):
    for web in (None, scratch()):
        s = Server(web)
        r = s.ask("/", headers=BROWSER)
        same(r.status, 200, "start page")
        has(r.text.decode(), "npm run build")
    same(s.ask("/v1/gezondheid").status, 200, "the interface")
    same(s.ask("/melden", headers=BROWSER).status, 404, "another page")
    end_child(s.process)


@test
def folders_refused(_driver):
    web = folder()
    (web / "uit.html").symlink_to("/etc/passwd")
    for where, words in ((web, "symbolische"), (Path("/nergens/web"), "niet te openen")):
        c = Centre()
        r = c.run("serve", "--port", "0", env={"KENTERING_WEB_DIR": str(where)})
        same(r.code, 1, str(where))
        has(r.out, words)
        true("root:" not in r.out, "the file's contents")


if __name__ == "__main__":
    main()
