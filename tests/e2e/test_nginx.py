#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""packaging/nginx on a real nginx, with and without kentering behind it; the service files by systemd's own judgement."""
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import (PROGRAM, SOURCE, Centre, child, end_child, fail, has, main, person, same, scratch, shop, skip, test,
                true)  # noqa: E402

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
PACKAGING = SOURCE / "packaging"
SECURITY = ["cache-control", "content-security-policy", "referrer-policy", "strict-transport-security",
            "x-content-type-options", "x-frame-options", "content-type"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Front:
    """nginx with the packaged site, on ports of our own, before a kentering that may be absent."""

    def __init__(self):
        if not NGINX:
            skip("no nginx")
        self.folder, self.port, self.plain, self.behind = scratch(), free_port(), free_port(), free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        "/CN=meld.example", "-days", "2", "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem"],
                       check=True, capture_output=True)
        for name in ("kentering-proxy.conf", "kentering-headers.conf"):
            shutil.copy(PACKAGING / "nginx" / name, self.folder / name)
        site = (PACKAGING / "nginx" / "kentering.conf").read_text(encoding="utf-8")
        for old, new in (("    listen [::]:80;\n", ""), ("    listen [::]:443 ssl http2;\n", ""),
                         ("listen 80;", f"listen 127.0.0.1:{self.plain};"),
                         ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"), ("127.0.0.1:8080", f"127.0.0.1:{self.behind}"),
                         ("/etc/ssl/kentering/fullchain.pem", f"{self.folder}/cert.pem"),
                         ("/etc/ssl/kentering/privkey.pem", f"{self.folder}/key.pem"),
                         ("/var/log/nginx/kentering.log", f"{self.folder}/site.log"),
                         ("/usr/share/kentering/emergency", str(PACKAGING / "nginx"))):
            true(old in site, f"the site has no {old!r}")
            site = site.replace(old, new)
        temp = "".join(f"{k}_temp_path {self.folder}/{k};\n" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(
            f"daemon off;\nmaster_process off;\npid {self.folder}/pid;\nerror_log {self.folder}/error.log;\nevents {{}}\n"
            f"http {{\n{temp}{site}}}\n", encoding="utf-8")
        argv = [NGINX, "-e", self.folder / "error.log", "-p", self.folder, "-c", self.folder / "nginx.conf"]
        p = subprocess.run([*argv, "-t"], capture_output=True, text=True)
        same(p.returncode, 0, f"nginx -t: {p.stderr}")
        true("[warn]" not in p.stderr.replace("the \"user\"", ""), f"nginx -t: {p.stderr}")
        self.p = child(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        fail("nginx did not start: " + (self.folder / "error.log").read_text())

    def context(self, **more):
        c = ssl.create_default_context(cafile=self.folder / "cert.pem")
        c.check_hostname = False
        for k, v in more.items():
            setattr(c, k, v)
        return c

    def ask(self, method, path, body=None, headers=None):
        c = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self.context())
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        c.request(method, path, data, {"Host": "meld.example", "Content-Type": "application/json", **(headers or {})})
        r = c.getresponse()
        r.text = r.read().decode()
        c.close()
        return r


def once(r):
    """Every security header stands there exactly once."""
    names = [k.lower() for k, _ in r.getheaders()]
    for name in SECURITY:
        want = 0 if name == "content-security-policy" and "problem" in r.getheader("Content-Type") and r.served_by_nginx else 1
        same(names.count(name), want, f"{r.status}: header {name}")
    server = r.getheader("Server")
    true(server in (None, "nginx"), f"Server: {server}")


@test
def nginx_before_and_without_us(_driver):
    f, c = Front(), Centre()
    p = child([PROGRAM, *c.argv("serve", "--port", f.behind)], env=c.env(), stdout=subprocess.PIPE)
    p.stdout.readline()
    r = f.ask("GET", "/v1/gezondheid", headers={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
    r.served_by_nginx = False
    same((r.status, json.loads(r.text)["toestand"]), (200, "goed"), "through nginx")
    has(r.getheader("traceparent"), "4bf92f3577b34da6a3ce929d0e0e4736")
    once(r)
    r = f.ask("POST", "/v1/meldingen", shop(person(1), "zz--nginx.nl"))
    r.served_by_nginx = False
    same(r.status, 201, "a report through nginx")
    once(r)
    r = f.ask("GET", "/v1/niets")
    r.served_by_nginx = False
    same((r.status, r.getheader("Content-Type")), (404, "application/problem+json"), "our own error passes unchanged")
    once(r)
    r = f.ask("POST", "/v1/meldingen", b"x" * (13 << 20))
    same((r.status, r.getheader("Content-Type"), json.loads(r.text)["status"]), (413, "application/problem+json", 413), "large")
    p.terminate()
    same(p.wait(20), 0, "exit code")
    r = f.ask("GET", "/melden")
    r.served_by_nginx = True
    same((r.status, r.getheader("Retry-After")), (503, "120"), "a page while we are down")
    has(r.getheader("Content-Type"), "text/html")
    has(r.text, "even niet bereikbaar")
    once(r)
    r = f.ask("GET", "/v1/gezondheid")
    r.served_by_nginx = True
    same((r.status, r.getheader("Content-Type")), (503, "application/problem+json"), "the interface while we are down")
    same((json.loads(r.text)["status"], json.loads(r.text)["type"]), (503, "about:blank"), "problem")
    once(r)
    log = "".join(x.read_text(errors="replace") for x in f.folder.glob("*.log"))
    true("melden" not in log, f"a path of a visitor in nginx's log: {log}")
    end_child(f.p)


@test
def nginx_speaks_tls_well(_driver):
    f = Front()
    c = http.client.HTTPConnection("127.0.0.1", f.plain, timeout=20)
    c.request("GET", "/melden?x=1", headers={"Host": "meld.example"})
    r = c.getresponse()
    same((r.status, r.getheader("Location")), (308, "https://meld.example/melden?x=1"), "without TLS")
    for version, works in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
        context = f.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = version
        try:
            with socket.create_connection(("127.0.0.1", f.port), 20) as s, context.wrap_socket(s) as t:
                true(works, f"{t.version()} was accepted")
                same(t.selected_alpn_protocol(), "h2", "HTTP/2")
        except ssl.SSLError as e:
            true(not works, f"{version}: {e}")
    end_child(f.p)


@test
def emergency_page_stands_alone(_driver):
    text = (PACKAGING / "nginx" / "503.html").read_text(encoding="utf-8")
    for word in ("<script", "src=", "href=", "url("):
        true(word not in text, f"{word} in a page that must stand alone")
    has(text, 'lang="nl"')


@test
def services_are_closed(_driver):
    if not shutil.which("systemd-analyze"):
        skip("no systemd-analyze")
    for name in ("kentering.service", "kentering-backup.service"):
        p = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", PACKAGING / "systemd" / name],
                           capture_output=True, text=True)
        m = re.search(r"exposure level for \S+: ([\d.]+)", p.stdout)
        true(m, f"systemd-analyze: {p.stdout}{p.stderr}")
        true(float(m[1]) <= 2.0, f"{name}: exposure {m[1]}, expected at most 2.0")


if __name__ == "__main__":
    main()
