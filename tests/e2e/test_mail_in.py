#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Forwarded mail becomes help: over LMTP with a client that is not ours (smtplib), and through the pipe. Every outcome
that a mail server can meet, what is counted, what is answered, and what may never be found."""
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
import zlib
from email.message import EmailMessage
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import (POLICY, PROGRAM, Centre, child, end_child, fail, has, main, same, scratch, test, true)  # noqa: E402

DESK = "meld@desk.example"
OURS = "mx.desk.example"
EVIL = "http://ing.nl.verifieer-nu-kt.top/login?klant=a8Xk2Zq"
socket.setdefaulttimeout(60)


def layer():
    """A layer of policy of this test's own: three confirmed persons close a phishing domain."""
    folder = scratch() / "layer"
    (folder / "rules").mkdir(parents=True)
    text = (POLICY / "rules" / "nl-3-shop.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^id: .*$", "id: T-3-PHISH", text)
    text = re.sub(r"(?m)^(\s+)forms: .*$", r"\1forms: [OF-3.1]", text)
    text = re.sub(r"(?m)^channel: .*$", "channel: 77", text)
    (folder / "rules" / "t-3-phish.yaml").write_text(text, encoding="utf-8")
    return folder


def centre(driver):
    return Centre(driver, policy=(POLICY, layer()))


def phish(who="jan@mail.example", results=None, number=None, url=EVIL, extra=(), text=None):
    """What a person forwards; `results`: headers of mail servers, topmost first."""
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = who, DESK, "Fwd: Uw pas is geblokkeerd"
    m["Message-ID"] = f"<{number or os.urandom(8).hex()}@mail.example>"
    for k, v in extra:
        m[k] = v
    m.set_content(text or "Dit kreeg ik. Klopt dit?\n\n---------- Forwarded message ---------\n"
                  "Van: Mijn Bank <info@bank-kt.example>\nOnderwerp: Uw pas is geblokkeerd\n\n"
                  f"Bevestig direct: {url}\n")
    head = "".join(f"Authentication-Results: {r}\n" for r in results or ())
    return (head + m.as_string()).replace("\r\n", "\n").replace("\n", "\r\n").encode()


def passed(server=OURS, domain="mail.example"):
    return f"{server}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"


class Door:
    """A server that takes mail in, on TCP and on a Unix socket."""

    def __init__(self, c, command="serve", timeout=20, **more):
        self.c, self.log = c, scratch() / "stderr"
        self.path = scratch() / "lmtp"
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        env = c.env(KENTERING_LMTP_PORT=self.port, KENTERING_LMTP_SOCKET=self.path, KENTERING_LMTP_TIMEOUT=timeout,
                    KENTERING_MAIL_ADDRESS=DESK, KENTERING_MAIL_AUTHSERV=OURS, KENTERING_LOG_LEVEL="debug", **more)
        argv = c.argv(command, *(["--port", "0"] if command == "serve" else []))
        self.process = child([PROGRAM, *argv], env=env, stdout=subprocess.PIPE, stderr=self.log.open("ab"))
        line = self.process.stdout.readline()
        true(line and b"fout" not in line, f"no server: {line!r} {self.log.read_text()}")

    def client(self, over_tcp=True):
        return smtplib.LMTP("127.0.0.1", self.port) if over_tcp else smtplib.LMTP(str(self.path))

    def send(self, message, sender="jan@mail.example", to=(DESK,), over_tcp=True, refused=None):
        with self.client(over_tcp) as s:
            s.ehlo_or_helo_if_needed()
            return s.sendmail(sender, list(to), message)

    def raw(self):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        has(s.recv(1000).decode(), "220 ")
        return s

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        same(self.process.wait(30), 0, "exit of the server")
        end_child(self.process)


def talk(s, data, until=None, wait=30):
    """Sends, then reads until a line begins with `until` (or the end)."""
    s.settimeout(wait)
    s.sendall(data)
    got = b""
    while True:
        lines = got.split(b"\r\n")
        if until and any(x.startswith(until) for x in lines[:-1]):
            return got.decode()
        part = s.recv(65536)
        if not part:
            return got.decode()
        got += part


OPEN = b"LHLO mta\r\nMAIL FROM:<jan@mail.example>\r\nRCPT TO:<" + DESK.encode() + b">\r\nDATA\r\n"


def answers(c):
    return c.count("outbox", "topic = 'mail.send'")


def strengths(c):
    return sorted(int(r[0]) for r in c.sql("SELECT strength FROM sighting"))


@test(both=True)
def forwarded_mail_becomes_help(driver):
    c = centre(driver)
    d = Door(c)
    same(d.send(phish()), {}, "recipients that were refused")
    d.end()
    same((c.whole(), answers(c)), (1, 1), "dossiers and answers")
    body = c.sql("SELECT hex(body) FROM outbox WHERE topic = 'mail.send'")[0][0] if driver == "sqlite" else \
        c.sql("SELECT encode(body, 'hex') FROM outbox WHERE topic = 'mail.send'")[0][0]
    raw = bytes.fromhex(body)
    for planted in (b"jan@", b"hxxp", b"verifieer", b"Wat kunt"):
        true(planted not in raw, f"{planted} stands in the outbox in clear")


@test(both=True)
def three_confirmed_persons(driver):
    c = centre(driver)
    d = Door(c)
    for n in range(3):
        who = f"melder{n}@mail.example"
        same(c.barriers(), [], f"barriers after {n}")
        d.send(phish(who, [passed()]), sender=who, over_tcp=n != 1)
    d.end()
    same(strengths(c), [2, 2, 2], "strengths")
    rows = c.barriers()
    true(rows and all(b["toestand"] == "voorgesteld" and b["waarde"] == "verifieer-nu-kt.top" for b in rows),
         f"barriers: {rows}")
    same({b["aantal_melders"] for b in rows}, {3}, "reporters")
    same(c.whole(), 3, "dossiers")


@test
def forged_results_are_claims(_driver):
    c = centre("sqlite")
    d = Door(c)
    forged = [
        [],
        [passed("mx.elsewhere.example")],
        [f"{OURS}; dmarc=fail header.from=mail.example", passed()],          # ours on top says no
        [passed(domain="elsewhere.example")],                                # not the domain of From
        [f"{OURS}; spf=pass smtp.mailfrom=mail.example; dkim=pass header.d=mail.example"],
        [f"{OURS}; dmarc=none header.from=mail.example", passed()],
        [f"mx.elsewhere.example ({OURS}); dmarc=pass header.from=mail.example"],
    ]
    for n, results in enumerate(forged):
        who = f"boef{n}@mail.example"
        d.send(phish(who, results), sender=who)
    d.end()
    same(strengths(c), [1] * len(forged), "strengths of forged results")
    same(c.barriers(), [], "barriers")
    d = Door(c)
    d.send(phish("eerlijk@mail.example", [passed(), passed("mx.elsewhere.example")]), sender="eerlijk@mail.example")
    d.end()
    same(strengths(c), [1] * len(forged) + [2], "strengths")


@test
def nobody_is_answered_twice_or_in_a_loop(_driver):
    c = centre("sqlite")
    d = Door(c)
    m = phish(number="zelfde")
    d.send(m)
    d.send(m)
    d.send(b"Received: from x by y\r\n" + m, to=["meld+2@desk.example"])
    same((c.dossiers(), answers(c)), (1, 1), "after the same message three times")
    d.send(phish(), sender="")
    d.send(phish(extra=[("X-Kentering-Loop", "1")]))
    d.send(phish(DESK), sender=DESK)
    d.send(phish("MAILER-DAEMON@mail.example"), sender="MAILER-DAEMON@mail.example")
    d.send(b"Received: from x by y\r\n" * 26 + phish())
    same((c.dossiers(), answers(c)), (1, 1), "after bounces and loops")
    for k, v in (("Auto-Submitted", "auto-replied"), ("Precedence", "bulk"), ("List-Id", "<lijst.example>")):
        d.send(phish(extra=[(k, v)]))
    d.send(phish("noreply@mail.example"), sender="noreply@mail.example")
    d.send(phish("ander@mail.example"), sender="jan@mail.example")
    d.end()
    same((c.whole(), answers(c)), (6, 1), "robots: reports, no answers")
    same(c.count("audit_row", "action = 'mail.drop'"), 5, "bounces in the audit log")


@test
def what_a_mail_server_hears(_driver):
    c = centre("sqlite")
    d = Door(c, "lmtp")
    with d.client() as s:
        s.ehlo()
        same({"pipelining", "8bitmime", "smtputf8", "enhancedstatuscodes", "size"} - set(s.esmtp_features), set(),
             "extensions")
        same(s.esmtp_features["size"], str(25 << 20), "SIZE")
        same(s.docmd("MAIL", f"FROM:<a@mail.example> SIZE={26 << 20}")[0], 552, "a declared size")
        same(s.docmd("MAIL", "FROM:<a@mail.example>")[0], 250, "MAIL")
        same(s.docmd("RCPT", "TO:<iemand@desk.example>")[0], 550, "another mailbox")
        same(s.docmd("RCPT", "TO:<meld@elders.example>")[0], 550, "another domain")
        same(s.docmd("RSET")[0], 250, "RSET")
    large = b"Subject: x\r\n\r\n" + (b"x" * 998 + b"\r\n") * 27000
    try:
        d.send(large)
        fail("27 MB was taken in")
    except smtplib.SMTPSenderRefused as e:
        same(e.smtp_code, 552, "27 MB, declared")
    s = d.raw()
    has(talk(s, OPEN + large + b".\r\nQUIT\r\n", b"221"), "\r\n552 5.3.4")
    s = d.raw()
    got = talk(s, OPEN.replace(b"DATA", b"RCPT TO:<meld+2@desk.example>\r\nDATA") + phish() + b"\r\n.\r\nQUIT\r\n", b"221")
    same(got.count("250 2.6.0"), 2, "a reply for each recipient")
    same(c.dossiers(), 1, "dossiers of one message to two recipients")
    s = d.raw()
    got = talk(s, OPEN + b"a\n.\nMAIL FROM:<boef@mail.example>\r\n.\r\nQUIT\r\n", b"221")
    has(got, "554 5.6.0")
    true("sender ok\r\n250 2.1.0" not in got, f"smuggled: {got}")
    s = d.raw()
    got = talk(s, OPEN + b"geen mail\r\n.\r\nQUIT\r\n", b"221")
    has(got, "554 5.6.0")
    s = d.raw()
    has(talk(s, b"HELO x\r\n" * 20), "421 4.7.0")
    d.end()
    same(c.whole(), 1, "dossiers")
    true(not d.path.exists(), "the socket was left behind")


@test
def slow_and_many_clients(_driver):
    c = centre("sqlite")
    d = Door(c, timeout=1)
    start = time.monotonic()
    silent, drip = d.raw(), d.raw()
    drip.sendall(OPEN + b"From: jan@mail.example\r\n\r\n")
    ended = []

    def dripping():
        try:
            while not ended:
                drip.sendall(b"x")
                time.sleep(0.2)
        except OSError:
            ended.append(time.monotonic() - start)
    dripper = threading.Thread(target=dripping)
    dripper.start()
    half = d.raw()
    half.sendall(b"LHL")
    has(talk(silent, b""), "421 4.4.2")
    has(talk(half, b""), "421 4.4.2")
    true(0.8 < time.monotonic() - start < 8, f"{time.monotonic() - start:.1f} s for the silent ones")
    dripper.join(60)
    true(ended and 8 < ended[0] < 25, f"a client that drips a message is sent away after ten times the time-out: {ended}")
    crowd = [socket.create_connection(("127.0.0.1", d.port), timeout=10) for _ in range(40)]
    heads = [s.recv(200)[:3] for s in crowd]
    same((heads.count(b"220"), heads.count(b"421")), (16, 24), "of forty at a time")
    for s in crowd:
        s.close()
    time.sleep(0.3)
    same(d.send(phish()), {}, "refused after the crowd")
    d.end()
    same(c.whole(), 1, "dossiers")


@test
def many_big_messages_at_once(_driver):
    """16 × 25 MB at a time: some have to come back later, memory stays bounded, none is lost without a word."""
    c = centre("sqlite")
    d = Door(c)
    body = phish() + (b"y" * 998 + b"\r\n") * 20000
    codes = []

    def one():
        s = d.raw()
        got = talk(s, OPEN + body + b"\r\n.\r\nQUIT\r\n", b"221", 120)
        codes.append(re.search(r"\r\n(250 2\.6\.0|452 4\.3\.1|451 4\.3\.0)", got))
    threads = [threading.Thread(target=one) for _ in range(12)]
    peak = 0
    for t in threads:
        t.start()
    while any(t.is_alive() for t in threads):
        status = Path(f"/proc/{d.process.pid}/status").read_text()
        peak = max(peak, int(re.search(r"VmRSS:\s+(\d+)", status)[1]))
        time.sleep(0.02)
    same(len([x for x in codes if x]), 12, "answers")
    print(f"     peak {peak // 1024} MiB, {sum(x[1].startswith('452') for x in codes)} of 12 told to come back")
    true(peak < 300 * 1024, f"peak of {peak // 1024} MiB")
    d.end()


@test(both=True)
def killed_after_250_nothing_is_lost(driver):
    c = centre(driver)
    taken = 0
    for round_ in range(4):
        d = Door(c)
        done = []

        def feed(n):
            try:
                with d.client() as s:
                    s.ehlo()
                    for k in range(50):
                        s.sendmail("jan@mail.example", [DESK], phish(number=f"{round_}-{n}-{k}"))
                        done.append(1)
            except (OSError, smtplib.SMTPException):
                pass
        threads = [threading.Thread(target=feed, args=(n,)) for n in range(3)]
        for t in threads:
            t.start()
        while len(done) < 5 + 3 * round_:
            time.sleep(0.005)
        d.process.kill()
        for t in threads:
            t.join()
        end_child(d.process)
        taken += len(done)
    c.whole(at_least=taken)
    same(answers(c) <= c.dossiers(), True, "answers without a dossier")


@test(both=True)
def through_the_pipe(driver):
    c = centre(driver)
    env = {"KENTERING_MAIL_ADDRESS": DESK, "KENTERING_MAIL_AUTHSERV": OURS}

    def pipe(message, *args, code=0, **more):
        return c.run("mail", "--deliver", *args, data=message, env={**env, **more}).expect(code)
    same(pipe(phish(results=[passed()]), "--sender", "jan@mail.example").json(), {"uitkomst": "gemeld"}, "outcome")
    same((strengths(c), answers(c)), ([2], 1), "strength and answer")
    m = phish(number="pijp")
    same(pipe(m, SENDER="jan@mail.example", RECIPIENT="meld+x@desk.example").json()["uitkomst"], "gemeld", "by environment")
    same(pipe(m, "--sender", "jan@mail.example").json()["uitkomst"], "bekend", "again")
    same(pipe(b"Return-Path: <jan@mail.example>\r\n" + phish()).json()["uitkomst"], "gemeld", "Return-Path")
    same((c.dossiers(), answers(c)), (3, 3), "dossiers and answers")
    same(pipe(phish(), "--sender", "").json()["uitkomst"], "genegeerd", "the null sender")
    pipe(phish(), "--recipient", "elders@desk.example", code=67)
    pipe(b"geen mail", "--sender", "jan@mail.example", code=65)
    pipe(b"", "--sender", "jan@mail.example", code=65)
    pipe(b"From: jan@mail.example\n\n" + b"x" * (26 << 20), code=65)
    pipe(phish(), "--envelope", "x", code=64)
    pipe(phish(), KENTERING_LMTP_TIMEOUT="nooit", code=75)
    pipe(phish(), KENTERING_DATABASE="host=/nonexistent dbname=x", code=75)
    pipe(phish(), KENTERING_MAIL_ADDRESS="geen adres", code=75)
    same(c.whole(), 3, "dossiers")


@test
def bombs_are_bounded(_driver):
    c = centre("sqlite")
    d = Door(c)
    head = b"From: jan@mail.example\r\nMessage-ID: <%s@mail.example>\r\n"
    many = head % b"deel" + b"Content-Type: multipart/mixed; boundary=q\r\n\r\n" + b"--q\r\n\r\nhttp://a.example/\r\n" * 100000
    deep = head % b"diep" + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
                                     for i in range(10000))
    lines = head % b"regel" + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUFB" * (6 << 20)
    big = head % b"kop" + b"X-Lang: " + b"a" * (10 << 20) + b"\r\n\r\nhttp://a.example/\r\n"
    for name, message in (("parts", many), ("levels", deep), ("one line", lines), ("header", big)):
        start = time.monotonic()
        same(d.send(message), {}, name)
        took = time.monotonic() - start
        true(took < 25, f"{name}: {took:.1f} s")
    same(d.send(phish()), {}, "a plain one after the bombs")
    rss = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{d.process.pid}/status").read_text())[1])
    true(rss < 200 * 1024, f"{rss // 1024} MiB after the bombs")
    d.end()
    true(c.whole() >= 1, "dossiers")


def pdf(*uris):
    """A PDF with its annotations in a compressed object stream, addresses in hexadecimal."""
    inner = b" ".join(b"<</Type/Annot/Subtype/Link/A<</S/URI/URI <" + u.encode().hex().encode() + b">>>>>" for u in uris)
    z = zlib.compress(inner)
    return (b"%PDF-1.5\n1 0 obj<</Type/ObjStm/Filter/FlateDecode/Length " + str(len(z)).encode() + b">>stream\r\n" + z +
            b"\r\nendstream endobj\n%%EOF\n")


@test
def links_of_every_kind(_driver):
    c = centre("sqlite")
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "Bank <zz@bank-kt.example>", "let op"
    inner.set_content("Kijk op http://platte-kt.example/a")
    inner.add_alternative('<p><a href="http://html-kt.example/b">www.ing.nl</a></p>', subtype="html")
    inner.add_attachment("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:Meld u http://agenda-kt\r\n .example/c\r\n"
                         "END:VEVENT\r\nEND:VCALENDAR\r\n", subtype="calendar", filename="afspraak.ics")
    inner.add_attachment(pdf("http://pdf-kt.example/d"), maintype="application", subtype="pdf", filename="f.pdf")
    middle = EmailMessage()
    middle["From"], middle["Subject"] = "Piet <piet@mail.example>", "Fwd: let op"
    middle.set_content("zie bijlage http://midden-kt.example/e")
    middle.add_attachment(inner)
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "Jan <jan@mail.example>", "Fwd: Fwd: let op"
    outer.set_content("zie bijlage")
    outer.add_attachment(middle.as_bytes(), maintype="application", subtype="octet-stream", filename="mail.eml")
    found = c.run("mail", "-", data=outer.as_bytes()).expect(0).json()
    hosts = {(x["url"].split("/")[2].split("-")[0], x["plaats"]) for x in found["links"]}
    same(hosts, {("platte", "tekst"), ("html", "html"), ("agenda", "agenda"), ("pdf", "pdf"), ("midden", "tekst")}, "links")
    same(found["doorgestuurd"], 2, "forwards")
    same([x.get("tekst_domein") for x in found["links"] if "html-kt" in x["url"]], ["ing.nl"], "visible text")
    bomb = EmailMessage()
    bomb["From"] = "jan@mail.example"
    z = zlib.compress(b"/URI (http://x" * (8 << 20))
    bomb.add_attachment(pdf("http://pdf-kt.example/d") + (b"9 0 obj<<>>stream\n" + z + b"\nendstream\n") * 4,
                        maintype="application", subtype="pdf", filename="bom.pdf")
    start = time.monotonic()
    found = c.run("mail", "-", data=bomb.as_bytes()).expect(0).json()
    true(time.monotonic() - start < 10, f"{time.monotonic() - start:.1f} s for a PDF that inflates to 450 MB")
    true(any("pdf-kt.example" in x["url"] for x in found["links"]), "the link before the bomb")


PLANTED = ["Quirijna.Zwaardvechter", "quirijna.zwaardvechter@mail.example", "zevenendertig blauwe olifanten",
           "zz-geheim-kt@bank-kt.example", "olifantenpad"]


@test
def nothing_is_told_to_the_disk_or_the_log(_driver):
    c = centre("sqlite")
    d = Door(c)
    who = "Quirijna.Zwaardvechter@mail.example"
    text = ("Dit ging over zevenendertig blauwe olifanten.\n\n---------- Forwarded message ---------\n"
            "Van: Bank <zz-geheim-kt@bank-kt.example>\nOnderwerp: let op\n\nBevestig direct: "
            "http://ing.nl.verifieer-nu-kt.top/olifantenpad\n")
    d.send(phish(who, [passed()], text=text), sender=who)
    c.run("mail", "--deliver", "--sender", who, data=phish(who, text=text), env={"KENTERING_MAIL_AUTHSERV": OURS}).expect(0)
    d.end()
    same(c.whole(), 2, "dossiers")
    for folder in (c.dir, d.log.parent):
        for path in Path(folder).rglob("*"):
            data = path.read_bytes().lower() if path.is_file() else b""
            for word in PLANTED:
                true(word.lower().encode() not in data and word.lower() not in path.name.lower(), f"{word} in {path.name}")
    has(d.log.read_text(), '"mail.in"')
    true(b"verifieer-nu-kt.top" in b"".join(p.read_bytes() for p in Path(c.dir).glob("kentering.db*")),
         "the search finds nothing at all: an open kind stands in the database")


if __name__ == "__main__":
    main()
