#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Logging in and the desk's work over HTTP: who gets in, who may do what, and that a decision reaches the reporter."""
import base64
import hmac
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from api import JSON, SPEC, Server, check_answer, cookie_of
from kt import (NOW, POLICY, PROGRAM, Centre, at, child, end_child, has, iban, main, report, same, scratch, shop, test,
                true)

PASSWORD = "drie natte paraplus"
OTHER = "vier droge handdoeken"
SHOP = "zz--balie.nl"
BARRIER = "/barrieres/{nummer}"


def totp(secret, moment, steps=0):
    """RFC 6238, written apart from the program's own."""
    seconds = time.mktime(time.strptime(moment + " UTC", "%Y-%m-%dT%H:%M:%SZ %Z")) - time.timezone
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(seconds) // 30 + steps), "sha1")
    offset = mac[19] & 15
    return "%06d" % ((struct.unpack(">I", mac[offset:offset + 4])[0] & 0x7FFFFFFF) % 10**6)


def account(centre, name, *more, role="behandelaar", password=PASSWORD, code=False):
    args = ["account", "add", name, "--rol", role, *more, *([] if code else ["--zonder-code"])]
    return centre.ok(*args, data=password + "\n")


def reports(centre, *ids, n=3):
    """n people report the same; the receipt code of the first."""
    first = None
    for i in range(n):
        got = centre.add(report(100 + i, *ids))
        first = first or got["ontvangstcode"]
    return first


def try_login(s, name, password, code=None):
    body = {"gebruikersnaam": name, "wachtwoord": password, **({"code": code} if code else {})}
    r = s.ask("POST", "/v1/sessies", body)
    return check_answer(r, "/sessies", "POST", r.status), r


def refused(s, name, password, code=None):
    doc, r = try_login(s, name, password, code)
    same(r.status, 401, "status")
    true(r.getheader("WWW-Authenticate"), "no WWW-Authenticate")
    true(not r.getheader("Set-Cookie"), "a cookie with a refusal")
    return {k: v for k, v in doc.items() if k != "instance"}  # the trace: another one in each answer


def get(s, path, who, status=200, described=None):
    return check_answer(s.ask("GET", "/v1" + path, headers=who), described or path.split("?")[0], "GET", status)


def decide(s, who, number, what, body, status=200):
    path = BARRIER + "/" + what
    return check_answer(s.ask("POST", "/v1" + path.replace("{nummer}", number), body, who), path, "POST", status)


def by_partner(s, who):
    return {b["partner"]: b["id"] for b in get(s, "/barrieres", who)["barrieres"]}


# --- logging in ---------------------------------------------------------------------------------------------

@test(both=True)
def right_and_wrong(driver):
    s = Server(driver)
    account(s.centre, "anna", "--naam", "Anna van het meldpunt")
    doc, r = try_login(s, "anna", PASSWORD)
    same(doc, {"gebruikersnaam": "anna", "naam": "Anna van het meldpunt", "rol": "behandelaar", "organisatie": "meldpunt",
               "verloopt": "2026-03-02T10:30:00.000Z"}, "session")
    who = {"Cookie": cookie_of(r)}
    same(get(s, "/sessies/_huidig", who), doc, "the same session")
    # One answer for every cause.
    same(refused(s, "anna", OTHER), refused(s, "niemand", OTHER), "refusals")
    s.centre.ok("account", "disable", "anna")
    same(refused(s, "anna", PASSWORD), refused(s, "anna2", OTHER), "refusals")
    get(s, "/sessies/_huidig", who, 401)
    s.end()
    s.centre.verify()
    rows = s.centre.sql("SELECT actor, action, object, detail FROM audit_row ORDER BY seq")
    true(all("niemand" not in " ".join(r) and PASSWORD not in " ".join(r) for r in rows), f"log: {rows}")
    same([r[1] for r in rows], ["account.add", "login.ok", "login.failed", "login.failed", "account.disable",
                                "login.failed", "login.failed"], "audit rows")


@test(both=True)
def with_a_code(driver):
    s = Server(driver)
    secret = account(s.centre, "anna", code=True)["code_geheim"]
    refused(s, "anna", PASSWORD)
    refused(s, "anna", PASSWORD, totp(secret, NOW, 3))
    refused(s, "anna", OTHER, totp(secret, NOW))
    s.login("anna", PASSWORD, totp(secret, NOW))
    refused(s, "anna", PASSWORD, totp(secret, NOW))  # replayed
    s.login("anna", PASSWORD, totp(secret, NOW, 1))
    fresh = s.centre.ok("account", "reset", "anna", data=OTHER + "\n")["code_geheim"]
    true(fresh != secret, "the same secret after a reset")
    refused(s, "anna", PASSWORD, totp(secret, NOW))
    s.login("anna", OTHER, totp(fresh, NOW))
    s.end()
    stored = "".join(s.centre.sql("SELECT hex(totp) FROM account")[0]) if driver == "sqlite" else \
        s.centre.sql("SELECT encode(totp, 'hex') FROM account")[0][0]
    true(base64.b32decode(fresh).hex() not in stored.lower(), "the secret stands in the database")


@test(both=True)
def a_session_ends(driver):
    c = Centre(driver)
    account(c, "anna")
    c.now = at(0)
    s = Server(centre=c, KENTERING_SESSION_LONGEST="75")
    who, idle = s.login("anna", PASSWORD), s.login("anna", PASSWORD)
    for minutes, status in ((25, 200), (50, 200), (74, 200), (75, 401)):
        s.process.terminate()  # what was noted of its use is stored
        same(s.process.wait(20), 0, "exit")
        c.now = at(minutes / 1440)
        s = Server(centre=c, KENTERING_SESSION_LONGEST="75")
        doc = get(s, "/sessies/_huidig", who, status)
        if minutes == 50:
            same(doc["verloopt"], "2026-03-02T11:15:00.000Z", "not beyond the longest")
            get(s, "/sessies/_huidig", idle, 401)
    who = s.login("anna", PASSWORD)
    check_answer(s.ask("DELETE", "/v1/sessies/_huidig", headers=who), "/sessies/_huidig", "DELETE", 204)
    get(s, "/sessies/_huidig", who, 401)
    s.end()


@test
def a_setting_shortens_sessions(_driver):
    s = Server(KENTERING_SESSION_IDLE="5")
    account(s.centre, "anna")
    doc, _ = try_login(s, "anna", PASSWORD)
    same(doc["verloopt"], "2026-03-02T10:05:00.000Z", "end")
    s.end()


@test(both=True)
def guessing_is_slowed_down(driver):
    s = Server(driver)
    account(s.centre, "anna")
    account(s.centre, "berta")
    for name in ("anna", "niemand"):
        for _ in range(5):
            refused(s, name, OTHER)
        r = s.ask("POST", "/v1/sessies", {"gebruikersnaam": name, "wachtwoord": PASSWORD})
        check_answer(r, "/sessies", "POST", 429)
        same(r.getheader("Retry-After"), "2", "Retry-After")
    s.login("berta", PASSWORD)
    s.end()
    s = Server(centre=s.centre)  # it is stored
    same(s.ask("POST", "/v1/sessies", {"gebruikersnaam": "anna", "wachtwoord": PASSWORD}).status, 429, "after a restart")
    s.end()
    s.centre.now = at(3 / 86400)
    s = Server(centre=s.centre)
    s.login("anna", PASSWORD)
    s.end()


@test
def guessing_behind_a_web_server(_driver):
    """Behind the web server in front the visitor's own address counts; what a visitor claims does not."""
    s = Server(KENTERING_TRUSTED_PROXY="127.0.0.1")
    account(s.centre, "anna")
    at_work, guesser = {"X-Forwarded-For": "198.51.100.7"}, {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}

    def enter(password, by, status):
        r = s.ask("POST", "/v1/sessies", {"gebruikersnaam": "anna", "wachtwoord": password}, {**JSON, **by})
        check_answer(r, "/sessies", "POST", status)
    enter(PASSWORD, at_work, 201)
    for _ in range(5):
        enter(OTHER, guesser, 401)
    enter(PASSWORD, guesser, 429)
    enter(PASSWORD, at_work, 201)
    s.end()
    has(s.centre.run("serve", "--port", "0", env={"KENTERING_TRUSTED_PROXY": "nginx"}).expect(1).out, "trusted_proxy")


@test
def passwords_and_names(_driver):
    c = Centre()
    for password in ("", "te kort", "wachtwoord123", "x" * 257):
        c.refused("account", "add", "anna", "--rol", "behandelaar", data=password + "\n")
    for args in (("Anna", "--rol", "behandelaar"), ("anna", "--rol", "baas"), ("anna", "--rol", "partner"),
                 ("anna", "--rol", "partner", "--organisatie", "bestaat-niet"), ("demo-x", "--rol", "beheerder")):
        c.refused("account", "add", *args, data=PASSWORD + "\n")
    for args in ((), ("anna",), ("anna", "--rol"), ("anna", "berta", "--rol", "partner"), ("anna", "--rol", "x", "--y", "z")):
        c.run("account", "add", *args).expect(2)
    same(c.ok("account", "list"), [], "accounts")
    account(c, "anna")
    c.refused("account", "add", "anna", "--rol", "behandelaar", data=PASSWORD + "\n")
    c.refused("account", "disable", "niemand")
    c.refused("account", "reset", "niemand", data=PASSWORD + "\n")
    same([a["gebruikersnaam"] for a in c.ok("account", "list")], ["anna"], "accounts")


@test
def from_a_terminal_without_echo(_driver):
    c = Centre()
    for typed, code in (((PASSWORD, OTHER), 1), ((PASSWORD, PASSWORD), 0)):
        ours, theirs = pty.openpty()
        p = child([PROGRAM, *c.argv("account", "add", "anna", "--rol", "behandelaar")], env=c.env(), stdin=theirs,
                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for word in typed:
            true(b":" in p.stderr.readline(), "no question")
            os.write(ours, word.encode() + b"\n")
        same(p.wait(20), code, "exit")
        true(not select.select([ours], [], [], 0)[0] or PASSWORD.encode() not in os.read(ours, 4096), "an echo of the password")
        true(termios.tcgetattr(theirs)[3] & termios.ECHO, "the echo stayed off")
        os.close(ours)
        os.close(theirs)
        end_child(p)
    same([a["gebruikersnaam"] for a in c.ok("account", "list")], ["anna"], "accounts")


# --- who may do what ----------------------------------------------------------------------------------------

BODIES = {"_keur-goed": {}, "_weiger": {"toelichting": "nee"}, "_handel-af": {"uitkomst": "uitgevoerd"}}


def guarded():
    for path, ops in SPEC["paths"].items():
        for method, op in ops.items():
            if "x-rol" in op:
                yield path, method.upper(), op["x-rol"]


@test(both=True)
def every_operation_asks_for_its_role(driver):
    s = Server(driver)
    reports(s.centre, ("domein", SHOP))
    eyes = {"behandelaar": s.view("meldpunt"), "partner": s.view("bank"), "beheerder": s.view("beheerder")}
    number = by_partner(s, eyes["behandelaar"])["bank"]
    tried = 0
    for path, method, roles in guarded():
        real = path.replace("{nummer}", number).replace("{id}", "0" * 32)
        body = BODIES.get(path.rsplit("/", 1)[1]) if method == "POST" else None
        for who in (None, {}, {"Cookie": "sessie=" + "0" * 64}, {"Cookie": "sessie=x"}, {"Cookie": "andere=1"},
                    {"Cookie": eyes["beheerder"]["Cookie"] + "; " + eyes["behandelaar"]["Cookie"]}):
            r = s.ask(method, "/v1" + real, body, {**JSON, **(who or {})})
            check_answer(r, path, method, 401)
        for role in set(eyes) - set(roles):
            check_answer(s.ask(method, "/v1" + real, body, eyes[role]), path, method, 403)
            tried += 1
    true(tried >= 8, f"{tried} wrong roles tried")
    same({b["toestand"] for b in s.centre.barriers()}, {"voorgesteld"}, "states after all that")
    s.end()


@test
def another_site_changes_nothing(_driver):
    s = Server()
    reports(s.centre, ("domein", SHOP))
    desk = s.view("meldpunt")
    number = by_partner(s, desk)["bank"]
    own = f"http://127.0.0.1:{s.port}"
    for origin in ("http://elders.example", f"http://127.0.0.1:{s.port}0", "null", f"{own}/", "", "ftp://127.0.0.1"):
        decide(s, {**desk, "Origin": origin}, number, "_keur-goed", {}, 403)
        r = s.ask("DELETE", "/v1/sessies/_huidig", headers={**desk, "Origin": origin})
        check_answer(r, "/sessies/_huidig", "DELETE", 403)
        r = s.ask("POST", "/v1/demonstratie/_bekijk-als", {"rol": "beheerder"}, {**JSON, "Origin": origin})
        check_answer(r, "/demonstratie/_bekijk-als", "POST", 403)
        r = s.ask("POST", "/v1/sessies", {"gebruikersnaam": "a", "wachtwoord": "b"}, {**JSON, "Origin": origin})
        check_answer(r, "/sessies", "POST", 403)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        decide(s, {**desk, "Content-Type": kind}, number, "_keur-goed", b"{}", 415)
    get(s, "/barrieres", {**desk, "Origin": "http://elders.example"})  # reading: the browser keeps it from them
    decide(s, {**desk, "Origin": own}, number, "_keur-goed", {})
    s.end()


@test(both=True)
def a_partner_sees_its_own(driver):
    s = Server(driver)
    reports(s.centre, ("domein", SHOP), ("iban", iban(1)))
    desk, bank, police = s.view("meldpunt"), s.view("bank"), s.view("politie")
    every = by_partner(s, desk)
    same(set(every), {"bank", "psp", "sidn", "bank:KENT", "politie"}, "partners")
    same(set(by_partner(s, bank)), {"bank", "bank:KENT"}, "what a bank of the demonstration sees")
    same(set(by_partner(s, police)), {"politie"}, "what the police sees")
    get(s, f"/barrieres/{every['psp']}", bank, 404, BARRIER)
    decide(s, police, every["bank"], "_handel-af", {"uitkomst": "uitgevoerd"}, 404)
    same(get(s, f"/barrieres/{every['bank:KENT']}", bank, 200, BARRIER)["partner"], "bank:KENT", "own")
    account(s.centre, "els", "--organisatie", "bank:KENT", role="partner")
    same(set(by_partner(s, s.login("els", PASSWORD))), {"bank:KENT"}, "what one bank sees")
    s.end()


# --- deciding -----------------------------------------------------------------------------------------------

@test(both=True)
def from_approval_to_the_reporter(driver):
    s = Server(driver)
    code = reports(s.centre, ("domein", SHOP))
    account(s.centre, "anna")
    desk, bank = s.login("anna", PASSWORD), s.view("bank")
    rows = by_partner(s, desk)

    def seen():
        doc = check_answer(s.ask("POST", "/v1/meldingen/_inzien", {"ontvangstcode": code}), "/meldingen/_inzien", "POST", 200)
        return sorted(b["toestand"] for b in doc["barrieres"])

    same(seen(), [], "what the reporter sees of proposals")
    decide(s, bank, rows["bank"], "_handel-af", {"uitkomst": "uitgevoerd"}, 409)  # nobody approved it yet
    got = decide(s, desk, rows["bank"], "_keur-goed", {"toelichting": " duidelijk "})
    same([(h["toestand"], h["door"], h["toelichting"]) for h in got["verloop"]][1:],
         [("goedgekeurd", "desk:anna", "duidelijk")], "history")
    same(got["toestand"], "goedgekeurd", "state")
    same(seen(), ["goedgekeurd"], "what the reporter sees")
    decide(s, desk, rows["bank"], "_keur-goed", {}, 409)
    decide(s, desk, rows["bank"], "_weiger", {"toelichting": "toch niet"}, 409)
    got = decide(s, bank, rows["bank"], "_handel-af", {"uitkomst": "uitgevoerd", "toelichting": "betalingen tegengehouden"})
    same([(h["toestand"], h["door"]) for h in got["verloop"]][1:],
         [("goedgekeurd", "desk:anna"), ("verzonden", "system"), ("ontvangen", "partner:bank"),
          ("uitgevoerd", "partner:bank")], "history")
    decide(s, bank, rows["bank"], "_handel-af", {"uitkomst": "afgewezen"}, 409)
    decide(s, desk, rows["psp"], "_weiger", {"toelichting": "   "}, 400)
    decide(s, desk, rows["psp"], "_weiger", {"toelichting": "\n\t"}, 400)
    decide(s, desk, rows["psp"], "_weiger", {}, 400)
    decide(s, desk, rows["psp"], "_weiger", {"toelichting": "de winkel is echt"})
    same(seen(), ["uitgevoerd"], "what the reporter sees")
    decide(s, desk, "B0000000000", "_keur-goed", {}, 404)
    same(get(s, f"/barrieres/{rows['psp']}", desk, 200, BARRIER), s.centre.ok("barriers", "show", rows["psp"]),
         "the same as on the command line")
    s.end()
    s.centre.verify()


@test(both=True)
def a_partner_says_no(driver):
    s = Server(driver)
    reports(s.centre, ("domein", SHOP))
    desk, bank = s.view("meldpunt"), s.view("bank")
    number = by_partner(s, desk)["bank"]
    decide(s, desk, number, "_keur-goed", {})
    got = decide(s, bank, number, "_handel-af", {"uitkomst": "afgewezen", "toelichting": "geen klant van ons"})
    same((got["toestand"], got["verloop"][-1]["toelichting"]), ("afgewezen", "geen klant van ons"), "outcome")
    decide(s, bank, number, "_handel-af", {"uitkomst": "gelukt"}, 400)
    s.end()


@test(both=True)
def four_eyes_are_two_people(driver):
    top = scratch() / "vier"
    (top / "rules").mkdir(parents=True)
    rule = (POLICY / "rules" / "nl-3-shop.yaml").read_text(encoding="utf-8")
    true("approval: desk" in rule, "the rule's approval")
    (top / "rules" / "nl-3-shop.yaml").write_text(rule.replace("approval: desk", "approval: four_eyes"), encoding="utf-8")
    c = Centre(driver, policy=(POLICY, top))
    reports(c, ("domein", SHOP))
    account(c, "anna")
    account(c, "berta", password=OTHER)
    s = Server(centre=c)
    one, two = s.login("anna", PASSWORD), s.login("berta", OTHER)
    number = by_partner(s, one)["bank"]
    same(decide(s, one, number, "_keur-goed", {})["toestand"], "voorgesteld", "after the first")
    decide(s, one, number, "_keur-goed", {}, 409)
    decide(s, s.login("anna", PASSWORD), number, "_keur-goed", {}, 409)  # another session, the same person
    same(decide(s, two, number, "_keur-goed", {})["toestand"], "goedgekeurd", "after the second")
    s.end()


# --- lists --------------------------------------------------------------------------------------------------

def pages(s, who, path, key, size):
    rows, after, n = [], None, 0
    while True:
        sep = "&" if "?" in path else "?"
        doc = get(s, f"{path}{sep}aantal={size}" + (f"&na={after}" if after else ""), who)
        true(len(doc[key]) <= size, f"{len(doc[key])} rows on a page of {size}")
        rows += doc[key]
        after, n = doc["volgende"], n + 1
        if not after:
            return rows, n


@test(both=True)
def paging(driver):
    c = Centre(driver)
    for i in range(5):
        c.now = at(i / 24)
        for n in range(3):
            c.add(shop(10 * i + n, f"zz--winkel{i}.nl"))
    s = Server(centre=c)
    desk = s.view("meldpunt")
    for path, key, total in (("/barrieres", "barrieres", 15), ("/signalen", "signalen", 5)):
        every = get(s, path + "?aantal=200", desk)
        same((len(every[key]), every["volgende"]), (total, None), path)
        for size in (1, 2, 5, 15, 16):
            rows, n = pages(s, desk, path, key, size)
            same(rows, every[key], f"{path} in pages of {size}")
            same(n, -(-total // size), f"{path}: pages of {size}")
    order = [b["sinds"] for b in get(s, "/barrieres", desk)["barrieres"]]
    same(order, sorted(order, reverse=True), "the newest first")
    same(get(s, "/signalen?aantal=200", desk)["signalen"], c.signals(), "signals as on the command line")
    some = by_partner(s, desk)
    decide(s, desk, some["bank"], "_keur-goed", {})
    same([b["id"] for b in get(s, "/barrieres?toestand=goedgekeurd", desk)["barrieres"]], [some["bank"]], "by state")
    same(len(pages(s, desk, "/barrieres?toestand=voorgesteld", "barrieres", 4)[0]), 14, "the others")
    for query in ("aantal=0", "aantal=201", "aantal=x", "na=x", "toestand=weg", "aantal=1&aantal=2", "anders=1"):
        get(s, "/barrieres?" + query, desk, 400)
    same(get(s, "/barrieres?na=B0000000000", desk)["barrieres"], [], "behind a number that is not there")
    get(s, "/signalen?na=" + "0-" + "g" * 64, desk, 400)
    s.end()


@test
def a_proposal_lapses_while_nobody_asks(_driver):
    c = Centre()
    reports(c, ("domein", SHOP))
    c.now = at(100)
    s = Server(centre=c)
    desk = s.view("meldpunt")
    for _ in range(50):
        states = {b["toestand"] for b in get(s, "/barrieres", desk)["barrieres"]}
        if states == {"verlopen"}:
            break
        time.sleep(0.1)
    same(states, {"verlopen"}, "states after its window")
    s.end()


# --- demonstration and production ---------------------------------------------------------------------------

@test
def through_the_eyes_of(_driver):
    s = Server()
    for role in ("meldpunt", "bank", "politie", "beheerder"):
        who = s.view(role)
        s.view(role)
        true(get(s, "/sessies/_huidig", who)["gebruikersnaam"] == f"demo-{role}", "session")
    r = s.ask("POST", "/v1/demonstratie/_bekijk-als", {"rol": "slachtoffer"}, who)
    check_answer(r, "/demonstratie/_bekijk-als", "POST", 200)
    same(r.getheader("Set-Cookie"), "sessie=; Max-Age=0; HttpOnly; SameSite=Strict; Path=/", "cookie")
    get(s, "/sessies/_huidig", who, 401)
    for name in ("demo-meldpunt", "demo-beheerder"):
        refused(s, name, "demonstratie-meldpunt")
    same(s.ask("POST", "/v1/demonstratie/_bekijk-als", {"rol": "koning"}).status, 400, "an unknown role")
    s.end()


@test(both=True)
def a_lost_setting_opens_nothing(driver):
    """What was set up for real is not served as a demonstration, where nobody is asked who he is."""
    c = Centre(driver)
    c.ok("init", env={"KENTERING_NOW": ""})
    (c.dir / "kentering.conf").unlink()
    for args in (("serve", "--port", "0"), ("account", "add", "eva", "--rol", "beheerder", "--zonder-code")):
        has(c.run(*args, env={"KENTERING_NOW": ""}, data=PASSWORD + "\n").expect(1).out, "mode = production")
    demo = Centre(driver)
    demo.add(shop(1, SHOP))
    has(demo.run("serve", "--port", "0", env={"KENTERING_NOW": "", "KENTERING_MODE": "production"}).expect(1).out, "demonstratie")


@test(both=True)
def production(driver):
    c = Centre(driver)
    real = {"KENTERING_NOW": ""}
    c.ok("init", env=real)
    conf = c.dir / "kentering.conf"
    has(conf.read_text(encoding="utf-8"), "mode = production")
    c.env = lambda **more: {**Centre.env(c, **more), **real}
    text = c.run("account", "add", "anna", "--rol", "beheerder", "--zonder-code", data=PASSWORD + "\n").expect(1).out
    has(text, "productie")
    secret = account(c, "anna", role="beheerder", code=True)["code_geheim"]
    s = Server(centre=c)
    same(get(s, "/omgeving", None)["demonstratie"], False, "demonstration")
    for role in ("beheerder", "slachtoffer"):
        r = s.ask("POST", "/v1/demonstratie/_bekijk-als", {"rol": role})
        check_answer(r, "/demonstratie/_bekijk-als", "POST", 404)
    refused(s, "anna", PASSWORD)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    who = s.login("anna", PASSWORD, totp(secret, now), "__Host-sessie")
    same([a["tweede_factor"] for a in get(s, "/accounts", who)["accounts"]], [True], "second factors")
    get(s, "/sessies/_huidig", {"Cookie": who["Cookie"].removeprefix("__Host-")}, 401)
    r = s.ask("DELETE", "/v1/sessies/_huidig", headers=who)
    check_answer(r, "/sessies/_huidig", "DELETE", 204)
    same(r.getheader("Set-Cookie"), "__Host-sessie=; Max-Age=0; HttpOnly; SameSite=Strict; Path=/; Secure", "cookie")
    s.end()


@test
def nothing_secret_in_the_log(_driver):
    s = Server()
    account(s.centre, "anna")
    who = s.login("anna", PASSWORD)
    refused(s, "geheime naam", "geheim wachtwoord")
    get(s, "/sessies/_huidig", who)
    s.end()
    log = s.log.read_text(encoding="utf-8", errors="replace")
    files = b"".join(p.read_bytes() for p in s.centre.dir.rglob("*") if p.is_file())
    token = who["Cookie"].split("=")[1]
    for word in (PASSWORD, "geheime naam", "geheim wachtwoord", token):
        true(word not in log, f"{word} stands in the log")
        true(word.encode() not in files and word.encode().hex().encode() not in files, f"{word} stands in the data directory")
    true(bytes.fromhex(token) not in files, "the token stands in the data directory")


if __name__ == "__main__":
    main()
