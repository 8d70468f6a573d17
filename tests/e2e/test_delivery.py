#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""What leaves: calls to partners and mail to reporters, with real receivers on this machine."""
import json
import re
import signal
import subprocess
import sys
import time
import http.client
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import (PROGRAM, SOURCE, Centre, child, end_child, fail, has, iban, main, person, report, same, scratch, shop, test,
                true)  # noqa: E402
from receivers import MailServer, Receiver, certificate, signature_is_good  # noqa: E402

EVENTS = yaml.safe_load((SOURCE / "api" / "events.yaml").read_text(encoding="utf-8"))
PERSONAL = [re.compile(p) for p in (
    r"\b[A-Z]{2}\d{2}[A-Z]{4}\d{10}\b", r"(?<!\d)(\+31|0031|06)[ -]?\d{8}(?!\d)", r"[\w.+-]+@[\w-]+\.\w+")]


def policy(**changes):
    """A second policy folder with short waits."""
    doc = yaml.safe_load((SOURCE / "policy" / "delivery.yaml").read_text(encoding="utf-8"))
    quick = {"retry_seconds": [0, 0, 0], "jitter_percent": 0, "connect_seconds": 2, "total_seconds": 2}
    doc["call"], doc["mail"] = dict(quick), dict(quick)
    code = changes.pop("code", {})
    doc["call"].update(changes.pop("call", {}))
    doc.update(changes)
    doc["code"].update(code)
    folder = scratch()
    (folder / "delivery.yaml").write_text(json.dumps(doc, ensure_ascii=False), encoding="utf-8")
    return folder


def documented():
    """is_good of docs/webhooks.md, as a receiver would copy it."""
    text = (SOURCE / "docs" / "webhooks.md").read_text(encoding="utf-8")
    names = {}
    exec(re.search(r"```python\n(.*?)```", text, re.S)[1], names)  # pylint: disable=exec-used
    return names["is_good"]


class Sender(Centre):
    """A centre by the real clock, that may call this machine."""

    def __init__(self, driver, settings=None, **changes):
        super().__init__(driver, now="")
        self.policy.append(policy(**changes))
        self.more = {"KENTERING_WEBHOOK_LOOPBACK": "true", "KENTERING_OIN": "00000001234567890000",
                     "KENTERING_PUBLIC_URL": "https://kentering.example", **(settings or {})}

    def env(self, **more):
        return super().env(**{**self.more, **more})

    def subscribe(self, url, topics="alles", org="meldpunt"):
        return self.ok("webhook", "add", url, "--onderwerp", topics, "--organisatie", org)

    def deliver(self):
        return self.ok("outbox", "run", "--once")

    def propose(self, name):
        for n in range(3):
            self.add(shop(1000 + n, name, datum=None))
        return [b for b in self.barriers() if b["waarde"] == name]


class Serve:
    def __init__(self, centre):
        self.centre, self.log = centre, scratch() / "stderr"
        self.process = child([PROGRAM, *centre.argv("serve", "--port", "0")],
                             env={**centre.env(), "KENTERING_LOG_LEVEL": "debug"}, stdout=subprocess.PIPE,
                             stderr=self.log.open("wb"))
        line = self.process.stdout.readline()
        true(line, f"serve did not start: {self.log.read_text()}")
        self.port = int(json.loads(line)["adres"].split(":")[2].split("/")[0])
        self.cookie = ""

    def ask(self, method, path, body=None):
        """Status and document; without `instance`, which is another one in each answer."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json", "Cookie": self.cookie}
        c.request(method, "/v1" + path, json.dumps(body) if body is not None else None, headers)
        r = c.getresponse()
        doc = json.loads(r.read())
        c.close()
        self.cookie = (r.getheader("Set-Cookie") or self.cookie).split(";")[0]
        doc.pop("instance", None)
        return r.status, doc

    def end(self):
        end_child(self.process)


def until(what, seconds=20, text="it did not happen in time"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.05)
    return fail(text)


def check_event(e):
    """Its schema, and nothing of a person outside (or inside) its data."""
    kind = next((k for k in EVENTS["types"] if k["type"] == e["type"]), None)
    true(kind, f"{e['type']} is not in api/events.yaml")
    for name, rule in EVENTS["attributes"].items():
        true(name in e or not rule.get("required"), f"{name} is missing: {e}")
        if name in e and name != "data":
            true(re.fullmatch(rule["pattern"], e[name]), f"{name}: {e[name]}")
    same(set(e) - set(EVENTS["attributes"]), set(), "attributes")
    same(set(e["data"]), set(kind["data"]), f"data of {e['type']}")
    for name, pattern in kind["data"].items():
        true(re.fullmatch(pattern, e["data"][name]), f"{e['type']} {name}: {e['data'][name]}")
    for rule in PERSONAL:
        true(not rule.search(json.dumps(e)), f"personal: {rule.pattern}: {e}")


@test(both=True)
def delivered_and_signed(driver):
    c, r = Sender(driver), Receiver()
    hook = c.subscribe(r.url)
    true(re.fullmatch(r"W[0-9A-Z]{10}", hook["id"]) and hook["geheim"].startswith("whsec_"), hook)
    same([(h["id"], h["organisatie"], h["onderwerp"]) for h in c.ok("webhook", "list")], [(hook["id"], "meldpunt", "alles")],
         "list")
    barriers = c.propose("zz--bericht.nl")
    true(barriers, "no barrier")
    c.add(report(5, ("iban", iban(123456)), ("telefoon", "+31691234599"), datum=None))
    for b in barriers:
        c.ok("barriers", "refuse", b["id"], "--why", "proef")
    got = c.deliver()
    events = r.events()
    same(got["bezorgd"], len(events), "delivered")
    kinds = {e["type"] for e in events}
    same(kinds, {f"nl.kentering.{x}.v1" for x in ("melding.ontvangen", "barriere.voorgesteld", "barriere.geweigerd")}, "types")
    same(len({e["id"] for e in events}), len(events), "ids")
    for (headers, body, _), e in zip(r.got, events):
        check_event(e)
        same(headers["Content-Type"], "application/cloudevents+json; charset=utf-8", "content type")
        same(headers["Webhook-Id"], e["id"], "id in the header")
        true(signature_is_good(hook["geheim"], headers, body), "signature")
        true(documented()(hook["geheim"], headers, body), "signature by the documented receiver")
        true(not documented()(hook["geheim"], headers, body + b" "), "the documented receiver takes a changed body")
        true(not signature_is_good(hook["geheim"], headers, body + b" "), "a changed body has a good signature")
        true(not signature_is_good(hook["geheim"], headers, body, now=time.time() + 3600), "an old one is taken")
    same(c.deliver(), {"gebeurtenissen": 0, "bezorgd": 0, "niet_gelukt": 0, "mislukt": 0}, "a second run")
    same(c.count("outbox", "state = 0"), 0, "waiting")
    same(c.count("outbox", "state = 1 AND length(body) > 0"), 0, "bodies kept after delivery")
    c.ok("webhook", "remove", hook["id"])
    c.refused("webhook", "remove", hook["id"])
    c.add(shop(9, "zz--later.nl", datum=None))
    same(c.deliver()["bezorgd"], 0, "after removal")
    c.verify()
    r.close()


@test(both=True)
def approved_reaches_the_partner_and_is_sent(driver):
    c, own, other = Sender(driver), Receiver(), Receiver()
    barriers = c.propose("zz--verzonden.nl")
    b = barriers[0]
    c.subscribe(own.url, "barriere.goedgekeurd,barriere.verzonden", b["partner"])
    c.subscribe(other.url, "alles", "politie" if b["partner"] != "politie" else "sidn")
    c.deliver()
    c.ok("barriers", "approve", b["id"])
    c.deliver()
    same([e["data"] for e in own.events() if e["data"]["nummer"] == b["id"]], [{"nummer": b["id"], "toestand": "goedgekeurd"}],
         "notice")
    same([e for e in other.events() if e["data"].get("nummer") == b["id"]], [], "another's barrier")
    shown = c.ok("barriers", "show", b["id"])
    same(shown["toestand"], "verzonden", "state")
    same(c.count("audit_row", "action = 'barrier.sent' AND actor = 'system'"), 1, "audit row")
    c.deliver()
    same([e["data"]["toestand"] for e in own.events() if e["data"]["nummer"] == b["id"]], ["goedgekeurd", "verzonden"], "events")
    c.verify()
    own.close()
    other.close()


@test(both=True)
def tried_again_with_the_same_id(driver):
    c = Sender(driver)
    for what, word in ((500, "storing-ontvanger"), ("hang", "te-laat"), ("drop", "geen-verbinding"), (429, "geweigerd"),
                       ("redirect", "doorverwijzing"), ("large", "antwoord-te-groot")):
        trap = Receiver()
        r = Receiver(what, 200, redirect=trap.url)
        hook = c.subscribe(r.url, "melding.ontvangen")
        c.add(shop(1, "zz--nogeens.nl", datum=None))
        same(c.deliver()["niet_gelukt"], 1, f"{what}: failures")
        same(c.ok("outbox", "list", "wacht")[0]["laatste_fout"], word, f"{what}: class")
        time.sleep(0.05)
        same(c.deliver()["bezorgd"], 1, f"{what}: delivered")
        same(len({e["id"] for e in r.events()}), 1, f"{what}: ids")
        same(len(r.events()), 2, f"{what}: tries")
        same(trap.events(), [], f"{what}: followed a redirect")
        c.ok("webhook", "remove", hook["id"])
        r.close()
        trap.close()


@test(both=True)
def dead_letters_and_by_hand(driver):
    c, r = Sender(driver), Receiver()
    r.close()  # nobody listens there now
    c.subscribe(r.url, "melding.ontvangen")
    c.add(shop(1, "zz--dood.nl", datum=None))
    tries = [c.deliver() for _ in range(5)]
    same([t["mislukt"] for t in tries], [0, 0, 0, 1, 0], "dead after the last")
    dead = c.ok("outbox", "list")
    same([(d["onderwerp"], d["pogingen"], d["laatste_fout"]) for d in dead], [("webhook.event", 4, "geen-verbinding")], "list")
    s = Serve(c)
    same(s.ask("GET", "/bezorgingen?toestand=mislukt")[0], 401, "nobody in particular")
    same(s.ask("POST", "/demonstratie/_bekijk-als", {"rol": "beheerder"})[0], 200, "an administrator")
    status, doc = s.ask("GET", "/bezorgingen?toestand=mislukt")
    same((status, [x["id"] for x in doc["bezorgingen"]]), (200, [dead[0]["id"]]), "over the net")
    same(s.ask("POST", f"/bezorgingen/{dead[0]['id']}/_opnieuw")[0], 200, "again")
    until(lambda: s.ask("GET", "/bezorgingen")[1]["bezorgingen"], text="it did not fail again")
    same(s.ask("POST", f"/bezorgingen/{'0' * 32}/_opnieuw")[0], 404, "unknown")
    s.end()
    c.ok("outbox", "retry", dead[0]["id"])
    c.refused("outbox", "retry", dead[0]["id"])
    same(c.count("outbox", "state = 0"), 1, "waiting again")
    same(c.count("audit_row", "action = 'outbox.retry'"), 2, "audit rows")
    c.verify()


@test
def inside_addresses_are_refused(_driver):
    c = Sender("sqlite", {"KENTERING_WEBHOOK_LOOPBACK": "false"})
    r = Receiver()
    for url in ("http://ontvanger.example/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.1/",
                "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://10.0.0.1/", "https://192.168.1.1/", "https://100.64.0.1/",
                "https://169.254.169.254/", "https://[fe80::1]/", "https://[fd00::1]/", "https://[64:ff9b::a00:1]/",
                "https://[2002:7f00:1::]/", "https://u:p@ontvanger.example/", "https://ontvanger.example:25/", "ftp://x.example/"):
        has(c.refused("webhook", "add", url, "--onderwerp", "alles", "--organisatie", "meldpunt")["fout"], "verwacht", url)
    # A name that leads inside is taken, and found out when it is looked up.
    c.subscribe(f"https://localhost:{r.port}/")
    c.add(shop(1, "zz--binnen.nl", datum=None))
    same(c.deliver()["niet_gelukt"], 1, "failures")
    same(c.ok("outbox", "list", "wacht")[0]["laatste_fout"], "adres-geweigerd", "class")
    same(r.got, [], "posts to an inside address")
    for topic, org in (("niets", "meldpunt"), ("alles", "niemand"), ("", "meldpunt")):
        c.run("webhook", "add", "https://ontvanger.example/", "--onderwerp", topic, "--organisatie", org).expect(1 if topic else 2)
    r.close()


@test
def proxies_of_the_environment_do_not_count(_driver):
    c, r, proxy = Sender("sqlite"), Receiver(), Receiver()
    c.more.update(http_proxy=f"http://127.0.0.1:{proxy.port}", https_proxy=f"http://127.0.0.1:{proxy.port}",
                  ALL_PROXY=f"http://127.0.0.1:{proxy.port}")
    c.subscribe(r.url, "melding.ontvangen")
    c.add(shop(1, "zz--proxy.nl", datum=None))
    same((c.deliver()["bezorgd"], len(r.got), len(proxy.got)), (1, 1, 0), "delivered, at the receiver, at the proxy")
    r.close()
    proxy.close()


@test
def over_tls_only_with_trust(_driver):
    pem, context = certificate(scratch())
    c, r = Sender("sqlite"), Receiver(context=context)
    c.subscribe(r.url, "melding.ontvangen")
    c.add(shop(1, "zz--tls.nl", datum=None))
    c.deliver()
    same((c.ok("outbox", "list", "wacht")[0]["laatste_fout"], r.got), ("versleuteling", []), "an unknown certificate")
    c.more["KENTERING_CA_FILE"] = str(pem)
    time.sleep(0.05)
    same((c.deliver()["bezorgd"], len(r.events())), (1, 1), "a trusted one")
    r.close()


@test(both=True)
def a_slow_receiver_holds_up_nobody(driver):
    c = Sender(driver, call={"total_seconds": 8, "connect_seconds": 8})
    slow, quick = Receiver("hang"), Receiver()
    c.subscribe(slow.url, "melding.ontvangen")
    c.subscribe(quick.url, "melding.ontvangen")
    s = Serve(c)
    began = time.monotonic()
    for n in range(20):
        same(s.ask("POST", "/meldingen", shop(n, "zz--traag.nl", datum=None))[0], 201, "report")
    until(lambda: len(quick.got) == 20, 7, "the quick receiver waited for the slow one")
    true(time.monotonic() - began < 8, "too late")
    s.process.terminate()  # while the slow call is under way
    began = time.monotonic()
    same(s.process.wait(20), 0, "exit code")
    true(time.monotonic() - began < 7, "stopping waited for the slow receiver")
    same(c.count("outbox", "state = 0 AND lane <> ''"), 20, "still to be delivered")
    slow.close()
    quick.close()


@test(both=True)
def killed_while_sending_loses_nothing(driver):
    c, r = Sender(driver, lease_seconds=3), Receiver("hang", "hang", 200)
    c.subscribe(r.url, "melding.ontvangen")
    want = {c.add(shop(n, "zz--gedood.nl", datum=None))["meldingsnummer"] for n in range(30)}
    for n in (1, 2):
        s = Serve(c)
        until(lambda k=n: len(r.got) >= k, 15, "no call")
        s.process.send_signal(signal.SIGKILL)
        s.end()
    s = Serve(c)
    until(lambda: c.count("outbox", "state = 0") == 0, 30, "not all was delivered")
    s.end()
    events = r.events()
    same({e["data"]["meldingsnummer"] for e in events}, want, "reports told")
    same(len({e["id"] for e in events}), 30, "ids")
    c.whole(dossiers=30)
    r.close()


def code_of(mail):
    return re.search(r"^(\d{6})\s*$", mail.get_content(), re.M)[1]


def mailer(driver, post, **changes):
    return Sender(driver, {"KENTERING_SMTP_URL": f"smtp://127.0.0.1:{post.port}",
                           "KENTERING_MAIL_FROM": "meldpunt@kentering.example"}, **changes)


@test(both=True)
def a_code_confirms(driver):
    post = MailServer("451 later")  # the first try fails
    c = mailer(driver, post)
    s = Serve(c)
    receipts = {}
    for n in range(3):
        status, got = s.ask("POST", "/meldingen", shop(person(n), "zz--bevestigd.nl", datum=None, verhaal="een papegaai"))
        same((status, got.get("code_verstuurd")), (201, True), "report")
        receipts[f"melder{n}@mail.example"] = got
    until(lambda: len(post.mails) == 3, text="no mails")
    same(c.barriers(), [], "barriers from claimed reports")
    for to, mail, _ in post.mails:
        text = mail.as_string() + mail.get_content()
        same(mail["To"], to.join("<>") if mail["To"].startswith("<") else to, "To")
        has(mail["Subject"], "Uw code", "subject")
        has(mail.get_content(), "You reported online fraud", "English")
        for word in ("papegaai", "zz--bevestigd", "http", receipts[to]["ontvangstcode"], receipts[to]["meldingsnummer"]):
            true(word not in text, f"{word} stands in the mail")
    codes = {to: code_of(mail) for to, mail, _ in post.mails}
    for i, (to, got) in enumerate(receipts.items()):
        same(c.barriers(), [], f"barriers after {i} confirmations")
        wrong = f"{(int(codes[to]) + 1) % 1000000:06d}"
        status, doc = s.ask("POST", "/meldingen/_bevestig", {"ontvangstcode": got["ontvangstcode"], "code": wrong})
        same((status, doc["fouten"][0]["plaats"]), (400, "/code"), "a wrong code")
        for _ in range(2):  # twice is once
            same(s.ask("POST", "/meldingen/_bevestig", {"ontvangstcode": got["ontvangstcode"], "code": codes[to]}),
                 (200, {"bevestigd": True}), "the right one")
        same(s.ask("POST", "/meldingen/_stuur-code", {"ontvangstcode": got["ontvangstcode"]})[0], 409, "another code")
    true([b for b in c.barriers() if b["toestand"] == "voorgesteld"], "no barrier after three confirmations")
    same(c.count("audit_row", "action = 'contact.confirm'"), 3, "audit rows of confirmations")
    same(c.count("audit_row", "action = 'contact.wrong'"), 3, "audit rows of wrong codes")
    same(c.count("sighting", "strength < 2"), 0, "claimed sightings left")
    c.verify()
    s.end()
    nothing_in_clear(c, s, list(codes.items()), [g["ontvangstcode"] for g in receipts.values()])
    post.close()


def nothing_in_clear(c, s, codes, receipts):
    """E-mail address, code, receipt: in no file, no table, no log."""
    words = [w for pair in codes for w in pair] + receipts
    places = [s.log.read_bytes()] + [p.read_bytes() for p in c.dir.rglob("*") if p.is_file()]
    for table in ("outbox", "contact_code", "audit_row", "dossier_field", "sighting"):
        places.append(repr(c.sql(f"SELECT * FROM {table}")).encode())
    for word in words:
        # Six digits occur by chance in random bytes: as text they would stand between quotes or spaces.
        pattern = re.escape(word.encode()) if not word.isdigit() else rb"[\"' :>]" + word.encode() + rb"[\"' <,}]"
        for i, place in enumerate(places):
            true(not re.search(pattern, place), f"{word} stands in place {i}")


@test
def marks_in_an_address_fill_no_mailbox(_driver):
    """name+1@, name+2@ and n.a.m.e@ of one provider are one mailbox: it gets so many codes a day and no more."""
    post = MailServer()
    c = mailer("sqlite", post, code={"per_address_and_day": 2})
    s = Serve(c)
    for addresses in (("een.twee@gmail.com", "eentwee+1@googlemail.com", "e.entwee+2@gmail.com", "eentwee+3@gmail.com"),
                      ("jan@voorbeeld.nl", "jan+1@voorbeeld.nl", "jan+2@voorbeeld.nl", "jan+3@voorbeeld.nl")):
        answers = [s.ask("POST", "/meldingen", shop({"contact": {"email": a}}, "zz--merk.nl", datum=None))[1] for a in addresses]
        sent = [a.get("code_verstuurd", False) for a in answers]
        same(sent, [True, True, False, False], f"codes to {addresses[0]}")
    s.end()
    post.close()


@test(both=True)
def a_code_has_its_limits(driver):
    post = MailServer()
    c = mailer(driver, post, code={"tries": 3, "per_report_and_hour": 2, "per_address_and_day": 4})
    s = Serve(c)

    def add(n, **more):
        got = s.ask("POST", "/meldingen", shop(person(n), "zz--grens.nl", datum=None, **more))[1]
        return {"ontvangstcode": got["ontvangstcode"]}, got

    def codes(k):
        until(lambda: len(post.mails) >= k, text=f"no mail {k}")
        return [code_of(m) for _, m, _ in post.mails]

    who, _ = add(1)
    first = codes(1)[0]
    wrong = f"{(int(first) + 1) % 1000000:06d}"
    for _ in range(3):
        same(s.ask("POST", "/meldingen/_bevestig", {**who, "code": wrong})[0], 400, "wrong")
    worn = s.ask("POST", "/meldingen/_bevestig", {**who, "code": first})
    same(worn, s.ask("POST", "/meldingen/_bevestig", {**who, "code": wrong}), "the right one after too many")
    same(s.ask("POST", "/meldingen/_stuur-code", who), (202, {"verstuurd": True}), "a second code")
    second = codes(2)[1]
    same(s.ask("POST", "/meldingen/_bevestig", {**who, "code": first})[0], 400, "the first after the second")
    same(s.ask("POST", "/meldingen/_stuur-code", who)[0], 429, "a third code")
    same(s.ask("POST", "/meldingen/_bevestig", {**who, "code": second})[0], 200, "the second")
    # One mailbox gets so many a day, however many reports name it (one was used, and is forgotten).
    sent = [add(1)[1].get("code_verstuurd", False) for _ in range(4)]
    same(sent, [True, True, True, False], "codes to one mailbox")
    for body, status in (({"ontvangstcode": "0000-0000-0000-0000-0000-0", "code": "123456"}, 404), ({**who, "code": "12345"}, 400),
                         ({"ontvangstcode": "x", "code": "123456"}, 400), ({**who}, 400)):
        same(s.ask("POST", "/meldingen/_bevestig", body)[0], status, f"{body}")
    got = s.ask("POST", "/meldingen", report({"contact": {"telefoon": "0612345678"}}, ("domein", "zz--grens.nl"), datum=None))[1]
    true("code_verstuurd" not in got, "a code to a telephone")
    same(s.ask("POST", "/meldingen/_stuur-code", {"ontvangstcode": got["ontvangstcode"]})[0], 409, "no e-mail address")
    s.end()
    c.verify()
    post.close()


@test
def one_mailbox_is_one_person(_driver):
    """Invented telephone numbers do not make three people of one."""
    post = MailServer()
    c = mailer("sqlite", post)
    s = Serve(c)
    for n in range(3):
        who = {"contact": {"email": f"een+{n}@gmail.com", "telefoon": f"061234567{n}"}}
        got = s.ask("POST", "/meldingen", shop(who, "zz--eenling.nl", datum=None))[1]
        until(lambda k=n: len(post.mails) == k + 1, text="no mail")
        same(s.ask("POST", "/meldingen/_bevestig", {"ontvangstcode": got["ontvangstcode"], "code": code_of(post.mails[-1][1])})[0],
             200, "confirmed")
    same(c.barriers(), [], "barriers by one person")
    same(c.count("sighting", "strength = 1"), 0, "claimed ones left")
    s.end()
    post.close()


@test
def mail_over_tls_with_a_password(_driver):
    pem, context = certificate(scratch())
    secret = scratch() / "wachtwoord"
    secret.write_text("geheim woord\n")
    secret.chmod(0o600)
    post = MailServer(context=context, login=("kentering", "geheim woord"))
    c = mailer("sqlite", post)
    c.more.update(KENTERING_SMTP_USER="kentering", KENTERING_SMTP_PASSWORD_FILE=str(secret), KENTERING_CA_FILE=str(pem),
                  KENTERING_SMTP_URL=f"smtp://localhost:{post.port}")
    s = Serve(c)
    s.ask("POST", "/meldingen", shop(person(1), "zz--tls.nl", datum=None))
    until(lambda: post.mails, text=f"no mail: {post.commands}")
    same(post.mails[0][2], True, "encrypted")
    s.end()
    true(b"geheim woord" not in s.log.read_bytes(), "the password stands in the log")
    secret.chmod(0o644)
    has(c.refused("outbox", "run", "--once")["fout"], "0600", "a file that others read")
    post.close()


@test
def settings_that_production_refuses(_driver):
    c = Sender("sqlite")
    for name, value, part in (("SMTP_URL", "http://x.example", "smtp_url"), ("OIN", "123", "oin"),
                              ("PUBLIC_URL", "kentering", "public_url"), ("SMTP_URL", "smtp://mail.example:587", "mail_from")):
        has(c.refused("outbox", "run", "--once", env={"KENTERING_" + name: value})["fout"], part, name)
    # Away from this machine there is no mail without encryption, in any mode.
    post = MailServer()
    c = mailer("sqlite", post)
    c.more["KENTERING_SMTP_URL"] = f"smtp://post.localhost:{post.port}"
    s = Serve(c)
    s.ask("POST", "/meldingen", shop(person(1), "zz--open.nl", datum=None))
    until(lambda: c.ok("outbox", "list") or c.count("outbox", "reason <> ''"), text="no failure")
    same(post.mails, [], "mails without encryption")
    s.end()
    post.close()


if __name__ == "__main__":
    main()
