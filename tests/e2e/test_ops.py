#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""What an operator relies on: figures, traces, the log, the doctor, settings from everywhere, copies of a live server."""
import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import (PROGRAM, Centre, base_env, child, end_child, has, main, person, program, same, scratch, shop, skip,
                strict_json, test, true)  # noqa: E402

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, driver="sqlite", centre=None, level="info", **settings):
        self.centre = centre or Centre(driver)
        self.metrics, self.log = free_port(), scratch() / "stderr"
        flags = [x for k, v in settings.items() for x in ("--set", f"{k}={v}")]
        self.p = child([PROGRAM, *self.centre.argv(*flags, "--set", f"metrics_port={self.metrics}", "--set",
                                                   f"log_level={level}", "serve", "--port", "0")],
                       env=self.centre.env(), stdout=subprocess.PIPE, stderr=self.log.open("wb"))
        line = self.p.stdout.readline()
        true(line, f"serve did not start: {self.log.read_text()}")
        self.port = int(re.search(r":(\d+)/v1", json.loads(line)["adres"])[1])

    def ask(self, method, path, body=None, headers=(), port=None):
        c = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30)
        data = json.dumps(body).encode() if body is not None else None
        c.putrequest(method, path)
        for k, v in [*headers, *([("Content-Type", "application/json"), ("Content-Length", str(len(data)))] if data else [])]:
            c.putheader(k, v)
        c.endheaders(data)
        r = c.getresponse()
        r.text = r.read().decode()
        c.close()
        return r

    def figures(self):
        r = self.ask("GET", "/metrics", port=self.metrics)
        same((r.status, r.getheader("Content-Type")), (200, "text/plain; version=0.0.4; charset=utf-8"), "/metrics")
        return {k: float(v) for k, v in (line.rsplit(" ", 1) for line in r.text.splitlines() if line[0] != "#")}

    def stop(self):
        self.p.terminate()
        same(self.p.wait(20), 0, "exit code")
        return [strict_json(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


# --- traces -------------------------------------------------------------------------------------------------

@test
def a_trace_goes_through(_driver):
    s = Server()
    form = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]")
    r = s.ask("GET", "/v1/gezondheid", headers=[("traceparent", PARENT)])
    got = r.getheader("traceparent")
    true(form.fullmatch(got) and got[3:35] == TRACE and got[36:52] != PARENT[36:52] and got[-2:] == "01", f"answer: {got}")
    bad = ["", "00", PARENT + "-x", PARENT.upper(), "ff" + PARENT[2:], f"00-{'0' * 32}-00f067aa0ba902b7-01", "é" * 20,
           PARENT.replace("-", "_"), "0" * 4000]
    seen = {TRACE}
    for value in bad:
        r = s.ask("GET", "/v1/gezondheid", headers=[("traceparent", value.encode())])
        same(r.status, 200, "a bad trace costs nobody an answer")
        got = r.getheader("traceparent")
        true(form.fullmatch(got) and got[3:35] not in seen and got[-2:] == "00", f"new trace for {value[:60]!r}: {got}")
        seen.add(got[3:35])
    r = s.ask("GET", "/v1/gezondheid", headers=[("traceparent", PARENT), ("traceparent", PARENT)])
    true(r.getheader("traceparent")[3:35] not in seen, "two headers are none")
    r = s.ask("GET", "/v1/niets", headers=[("traceparent", PARENT)])
    same((r.status, json.loads(r.text)["instance"]), (404, "urn:uuid:4bf92f35-77b3-4da6-a3ce-929d0e0e4736"), "instance")
    r = s.ask("POST", "/v1/meldingen", shop(person(1), "zz--spoor.nl"), headers=[("traceparent", PARENT)])
    same((r.status, r.getheader("traceparent")[3:35]), (201, TRACE), "a deferred answer")
    with socket.create_connection(("127.0.0.1", s.port), timeout=20) as c:
        c.sendall(b"POST /v1/meldingen HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000000\r\n\r\n")
        head = c.recv(65536).decode()
    has(head, " 413 ", "refused head")
    same(len(re.findall(r"(?mi)^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00\r$", head)), 1, "traceparent of a refused head")
    s.stop()


@test
def one_line_for_each_answer(_driver):
    s = Server()
    s.ask("GET", "/v1/fraudevormen/OF-1/advies?taal=en", headers=[("traceparent", PARENT)])
    s.ask("GET", "/v1/geheim-pad-9271?naam=geheim")
    s.ask("POST", "/v1/meldingen", shop(person(3), "zz--logregel.nl", verhaal="papegaai"))
    s.ask("PUT", "/v1/meldingen", {})
    lines = [x for x in s.stop() if x["event"] == "http.request"]
    same([(x["method"], x["route"], x["status"]) for x in lines],
         [("GET", "/fraudevormen/{fraudevorm}/advies", 200), ("other", "other", 404), ("POST", "/meldingen", 201),
          ("other", "other", 405)], "lines")
    for x in lines:
        same(list(x), ["time", "level", "event", "method", "route", "status", "ms", "bytes", "trace"], "members")
        true(x["level"] == "info" and re.fullmatch("[0-9a-f]{32}", x["trace"]) and x["bytes"] > 0 and x["ms"] >= 0, f"{x}")
    same(lines[0]["trace"], TRACE, "trace")
    text = s.log.read_text(encoding="utf-8")
    for word in ("geheim", "papegaai", "logregel", "mail.example", "OF-1"):
        true(word not in text, f"{word} stands in the log")
    quiet = Server(level="warn")
    quiet.ask("GET", "/v1/gezondheid")
    same(quiet.stop(), [], "lines at level warn")


# --- figures ------------------------------------------------------------------------------------------------

@test(both=True)
def figures_follow_what_happens(driver):
    s = Server(driver)
    for n in range(3):
        same(s.ask("POST", "/v1/meldingen", shop(person(n), "zz--cijfers.nl")).status, 201, "report")
    s.ask("POST", "/v1/meldingen", {"fraudevorm": 7})
    s.ask("GET", "/v1/niets")
    f = s.figures()
    at = 'route="/meldingen",method="POST"'
    same(f[f'kentering_http_requests_total{{{at},class="2xx"}}'], 3, "reports")
    same(f[f'kentering_http_requests_total{{{at},class="4xx"}}'], 1, "bad reports")
    same(f[f'kentering_http_request_duration_seconds_count{{{at}}}'], 4, "times")
    same(f['kentering_http_requests_total{route="other",method="other",class="4xx"}'], 1, "what is no route")
    true(f["kentering_jobs_total"] >= 3 and f["kentering_commit_duration_seconds_count"] >= 1, "commits")
    same((f["kentering_database_up"], f["kentering_dossiers"], f["kentering_writer_queue"]), (1, 3, 0), "database")
    true(f["process_resident_memory_bytes"] > 1 << 20, "memory")
    true(f["kentering_policy_rules"] > 0 and f["kentering_policy_fingerprint"] > 0, "policy")
    # Barriers come from who vouches for the reporters: the command line, beside the server.
    for n in range(3):
        s.centre.add(shop(100 + n, "zz--cijfers-balie.nl"))
    f = s.figures()
    same((f["kentering_dossiers"], f['kentering_barriers{state="voorgesteld"}']), (6, 3), "after three vouched reports")
    true(f["kentering_signals"] > 0 and f["kentering_outbox_waiting"] >= 6, f"signals, outbox: {f}")
    s.stop()


@test
def figures_are_internal(_driver):
    s = Server()
    same(s.ask("GET", "/metrics").status, 404, "/metrics on the public listener")
    same(s.ask("GET", "/v1/gezondheid", port=s.metrics).status, 404, "the interface on the internal listener")
    same(s.ask("POST", "/metrics", {}, port=s.metrics).status, 413, "a body")
    same(s.ask("DELETE", "/metrics", port=s.metrics).status, 405, "DELETE")
    text = s.ask("GET", "/metrics", port=s.metrics).text
    for name in re.findall(r"^# TYPE (\S+)", text, re.M):
        same(text.count(f"# HELP {name} "), 1, f"HELP of {name}")
    s.stop()
    off = Centre()
    p = child([PROGRAM, *off.argv("serve", "--port", "0")], env=off.env(), stdout=subprocess.PIPE)
    p.stdout.readline()
    listening = [line.split()[1] for line in Path(f"/proc/{p.pid}/net/tcp").read_text().splitlines()[1:]
                 if line.split()[3] == "0A" and line.split()[9] in socket_inodes(p.pid)]
    same(len(listening), 1, "sockets that listen by default")
    end_child(p)


def socket_inodes(pid):
    links = []
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(os.readlink(fd))
        except OSError:
            pass
    return {x[8:-1] for x in links if x.startswith("socket:[")}


# --- the doctor ---------------------------------------------------------------------------------------------

def doctor(c, code, **kw):
    env = c.env(**kw)
    env.pop("KENTERING_NOW", None)
    d = program(c.argv("doctor"), env=env).expect(code).json()
    same(d["goed"], code == 0, "goed")
    for f in d["bevindingen"]:
        same(set(f), {"wat", "oordeel", "tekst", "doe"}, "members of a finding")
        true(f["oordeel"] == "goed" or f["doe"], f"no advice: {f}")
    return {f["wat"]: f for f in reversed(d["bevindingen"])}


def content(folder):
    return {str(p.relative_to(folder)): (p.lstat().st_mode, hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "")
            for p in sorted(folder.rglob("*"))}


@test(both=True)
def doctor_of_a_good_installation(driver):
    c = Centre(driver, now=None)
    c.ok("init")
    c.add(shop(1, "zz--dokter.nl"))
    before = content(c.dir)
    found = doctor(c, 0)
    same(content(c.dir), before, "the doctor changes nothing")
    for what in ("instellingen", "gegevensmap", "sleutels", "database", "logboek"):
        same(found[what]["oordeel"], "goed", what)
    has(found["database"]["tekst"], driver)
    has(found["kopie"]["tekst"], "geen map")
    folder = scratch()
    has(doctor(c, 1, KENTERING_BACKUP_DIR=folder)["kopie"]["tekst"], "geen kopie")
    c.ok("backup", folder / "kopie.db")
    same(doctor(c, 0, KENTERING_BACKUP_DIR=folder)["kopie"]["oordeel"], "goed", "a fresh copy")
    os.utime(folder / "kopie.db", (time.time() - 40 * 3600,) * 2)
    same(doctor(c, 0, KENTERING_BACKUP_DIR=folder)["kopie"]["oordeel"], "let op", "a copy of 40 hours")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        same(doctor(c, 0, KENTERING_PORT=port)["poorten"]["oordeel"], "let op", "a port that is taken")
    program(c.argv("doctor", as_json=False), env={**c.env()}).expect(0)


@test
def doctor_finds_what_is_wrong(_driver):
    c = Centre(now=None)
    same(doctor(c, 1)["gegevensmap"]["oordeel"], "fout", "no folder")
    true(not c.dir.exists(), "the doctor made the folder")
    c.ok("init")
    c.add(shop(1, "zz--dokter.nl"))
    (c.dir / "keys" / "tag").chmod(0o644)
    has(doctor(c, 1)["sleutels"]["tekst"], "keys/tag")
    (c.dir / "keys" / "tag").chmod(0o600)
    c.dir.chmod(0o755)
    has(doctor(c, 1)["gegevensmap"]["tekst"], "anderen")
    c.dir.chmod(0o700)
    conf = c.dir / "kentering.conf"
    good = conf.read_text()
    conf.write_text(good + "poort = 1\n")
    has(doctor(c, 1)["instellingen"]["tekst"], "onbekende instelling")
    conf.write_text(good)
    if os.geteuid() == 0:
        os.chown(c.dir / "keys", 12345, 12345)
        has(doctor(c, 1)["sleutels"]["tekst"], "andere gebruiker")
        os.chown(c.dir / "keys", 0, 0)
    (c.dir / "kentering.db").rename(c.dir / "weg")
    same(doctor(c, 1)["database"]["oordeel"], "fout", "no database")
    (c.dir / "weg").rename(c.dir / "kentering.db")
    (c.dir / "audit.head").rename(c.dir / "weg")
    same(doctor(c, 1)["logboek"]["oordeel"], "fout", "no head of the log")
    (c.dir / "weg").rename(c.dir / "audit.head")
    c.policy = [scratch()]
    same(doctor(c, 1)["beleid"]["oordeel"], "fout", "no policy")


@test
def doctor_reads_the_certificate(_driver):
    if not shutil.which("openssl"):
        skip("no openssl")
    c, f = Centre(now=None), scratch()
    c.ok("init")

    def certificate(name, days):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        "/CN=localhost", "-days", str(days), "-keyout", f / f"{name}.key", "-out", f / f"{name}.pem"],
                       check=True, capture_output=True)

    def grade(code, cert, key):
        return doctor(c, code, KENTERING_TLS_CERT=f / cert, KENTERING_TLS_KEY=f / key)["TLS"]
    certificate("lang", 300)
    certificate("kort", 5)
    has(grade(0, "lang.pem", "lang.key")["tekst"], "nog 299 dagen")
    same(grade(0, "kort.pem", "kort.key")["oordeel"], "let op", "five days")
    has(grade(1, "lang.pem", "kort.key")["tekst"], "hoort niet bij")
    has(grade(1, "lang.key", "lang.key")["tekst"], "PEM")
    same(grade(1, "weg.pem", "lang.key")["oordeel"], "fout", "absent")
    has(doctor(c, 1, KENTERING_TLS_CERT=f / "lang.pem")["TLS"]["tekst"], "niet ingesteld")


# --- settings and manual pages ------------------------------------------------------------------------------

@test
def settings_come_from_four_places(_driver):
    c = Centre()
    c.dir.mkdir(mode=0o700)
    (c.dir / "kentering.conf").write_text("port = 1\nlog_level = nonsense\n")
    has(c.refused("signals", "list")["fout"], "log_level")
    (c.dir / "kentering.conf").write_text("max_group = 7\n")
    c.ok("signals", "list")
    has(c.refused("signals", "list", env={"KENTERING_MAX_GROUP": "zeven"})["fout"], "max_group")
    c.ok("--set", "max_group=9", "signals", "list")
    c.ok("signals", "list", "--set", "max_group=9")
    for flag, word in (("max_group=zeven", "max_group"), ("max_grope=9", "max_group"), ("max_group", "NAAM=WAARDE")):
        has(c.refused("--set", flag, "signals", "list")["fout"], word)
    true("zeven" not in c.refused("--set", "database=zeven=7", "signals", "list")["fout"], "a value in a message")
    program(["--set"], env=base_env()).expect(2)


@test
def manual_pages_hold_every_command_and_setting(_driver):
    commands = program(["help", "--man", "kentering.1"], env=base_env()).expect(0).out.replace("\\-", "-")
    settings = program(["help", "--man", "kentering.conf.5"], env=base_env()).expect(0).out
    text = program(["help"], env=base_env()).expect(0).out
    names = re.findall(r"^  ([a-z]+(?: [a-z]+)?) ", text, re.M)
    true(len(names) > 15, f"commands in help: {names}")
    for name in names:
        has(commands, f"\\fB{name}\\fR", "kentering.1")
    listed = re.findall(r"^  ([a-z_]+) ", program(["help", "settings"], env=base_env()).expect(0).out, re.M)
    true(len(listed) > 10, f"settings in help: {listed}")
    for name in listed:
        has(settings, f"\n{name}\n", "kentering.conf.5")
    program(["help", "--man", "iets.7"], env=base_env()).expect(2)
    if not shutil.which("groff"):
        skip("no groff: the form of the pages is not checked")
    for page in (commands, settings):
        p = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-k", "-z"], input=page.encode(), capture_output=True)
        same((p.returncode, p.stderr.decode()), (0, ""), "groff")


# --- copies of a live server --------------------------------------------------------------------------------

class Crowd:
    """People who report over the net until they are stopped; codes of whom got an answer."""

    def __init__(self, s, n=3):
        self.s, self.codes, self.errors, self.end, self.lock = s, [], [], threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.one, args=(i,)) for i in range(n)]
        for t in self.threads:
            t.start()

    def one(self, who):
        i = 0
        while not self.end.is_set():
            i += 1
            try:
                r = self.s.ask("POST", "/v1/meldingen", shop(person(1000 * who + i), f"zz--kopie{i % 7}.nl", verhaal=f"{who}/{i}"))
                same(r.status, 201, "status")
                with self.lock:
                    self.codes.append((json.loads(r.text)["ontvangstcode"], f"{who}/{i}"))
            except Exception as e:  # pylint: disable=broad-except
                self.errors.append(repr(e))
                return

    def stop(self):
        self.end.set()
        for t in self.threads:
            t.join()
        same(self.errors, [], "errors of people who report during the copy")


@test(both=True)
def copy_of_a_live_server(driver):
    s = Server(driver)
    crowd = Crowd(s)
    end = time.monotonic() + 30
    while len(crowd.codes) < 40 and time.monotonic() < end:
        time.sleep(0.01)
    folder, acknowledged = scratch(), []
    for i in range(3):
        with crowd.lock:
            acknowledged.append(list(crowd.codes))
        s.centre.ok("backup", folder / f"kopie{i}")
        time.sleep(0.1)
    with crowd.lock:
        during = len(crowd.codes)
    crowd.stop()
    true(during > len(acknowledged[0]), "nobody reported while the copies were made")
    s.stop()
    s.centre.whole(dossiers=len(crowd.codes))
    for i, known in enumerate(acknowledged):
        other = Centre(driver)
        other.dir.mkdir(mode=0o700)
        shutil.copytree(s.centre.dir / "keys", other.dir / "keys")
        other.ok("restore", folder / f"kopie{i}")
        n = other.whole(at_least=len(known))
        true(n <= len(crowd.codes), f"{n} dossiers in the copy, {len(crowd.codes)} were reported")
        for code, story in known[:: max(1, len(known) // 15)] + known[-5:]:
            same(other.ok("report", "show", code)["verhaal"], story, "a report acknowledged before the copy began")


if __name__ == "__main__":
    main()
