#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The HTTP interface against its own description: every operation and every class of error, headers included
(NL GOV API Design Rules 2.2), and what may never reach a log."""
import json
import re
import socket
import sqlite3
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from api import JSON, SPEC, Server, check_answer
from kt import has, main, person, report, same, shop, test, true
from receivers import MailServer


def wait_for(post, n):
    """The code in the n-th mail."""
    for _ in range(400):
        if len(post.mails) >= n:
            return re.search(r"^(\d{6})\s*$", post.mails[n - 1][1].get_content(), re.M)[1]
        time.sleep(0.05)
    raise AssertionError(f"no mail {n}")


def desk_operations(s, good):
    """What asks for a session; who may do what is tried in test_desk.py."""
    for n in range(3):
        s.centre.add(shop(person(20 + n), "zz--balie.nl"))
    s.centre.ok("account", "add", "anna", "--rol", "behandelaar", "--zonder-code", data="drie natte paraplus\n")
    good("POST", "/sessies", 201, {"gebruikersnaam": "anna", "wachtwoord": "drie natte paraplus"})
    good("POST", "/demonstratie/_bekijk-als", 200, {"rol": "meldpunt"})
    desk, bank, admin = s.view("meldpunt"), s.view("bank"), s.view("beheerder")
    same(good("GET", "/sessies/_huidig", 200, who=desk)["rol"], "behandelaar", "role")
    true(len(good("GET", "/accounts", 200, who=admin)["accounts"]) == 4, "accounts")
    true(good("GET", "/signalen", 200, who=desk)["signalen"], "signals")
    rows = {b["partner"]: b["id"] for b in good("GET", "/barrieres", 200, who=desk)["barrieres"]}
    b = "/barrieres/{nummer}"
    same(good("GET", b, 200, real=f"/barrieres/{rows['bank']}", who=desk)["partner"], "bank", "barrier")
    good("POST", b + "/_keur-goed", 200, {}, f"/barrieres/{rows['bank']}/_keur-goed", desk)
    good("POST", b + "/_weiger", 200, {"toelichting": "onzeker"}, f"/barrieres/{rows['psp']}/_weiger", desk)
    good("POST", b + "/_handel-af", 200, {"uitkomst": "uitgevoerd"}, f"/barrieres/{rows['bank']}/_handel-af", bank)
    good("DELETE", "/sessies/_huidig", 204, who=desk)


@test
def every_operation_answers_as_described(_driver):
    s = Server()
    tried = set()

    def good(method, path, status, body=None, real=None, who=None):
        tried.add((method.lower(), path))
        return check_answer(s.ask(method, "/v1" + (real or path), body, who), path, method, status)

    same(good("GET", "/openapi.json", 200)["openapi"], "3.1.0", "openapi")
    good("GET", "/gezondheid", 200)
    true(len(good("GET", "/fraudevormen", 200)["fraudevormen"]) > 40, "forms")
    a = good("GET", "/fraudevormen/{fraudevorm}/advies", 200, real="/fraudevormen/OF-2.1/advies?taal=en")
    has(a["stappen"][0], "ang up", "English advice")
    f = good("POST", "/kenmerken/_herken", 200, {"tekst": "bel 06-12345678"})
    same([(x["soort"], x["waarde"]) for x in f["kenmerken"]], [("telefoon", "+31612345678")], "found")
    got = good("POST", "/meldingen", 201, shop(person(1), "zz--api.nl", verhaal="niets gekregen"))
    seen = good("POST", "/meldingen/_inzien", 200, {"ontvangstcode": got["ontvangstcode"].lower()})
    same(seen["meldingsnummer"], got["meldingsnummer"], "number")
    same(seen["verhaal"], "niets gekregen", "story")
    same(good("GET", "/omgeving", 200)["demonstratie"], True, "a demonstration")
    desk_operations(s, good)
    s.end()
    post = MailServer()
    s = Server(KENTERING_SMTP_URL=f"smtp://127.0.0.1:{post.port}", KENTERING_MAIL_FROM="meldpunt@kentering.example")
    got = good("POST", "/meldingen", 201, shop(person(2), "zz--api.nl"))
    same(got["code_verstuurd"], True, "a code is on its way")
    receipt = {"ontvangstcode": got["ontvangstcode"]}
    wait_for(post, 1)
    good("POST", "/meldingen/_stuur-code", 202, receipt)
    code = wait_for(post, 2)  # each code replaces the one before
    good("POST", "/meldingen/_bevestig", 200, {**receipt, "code": code})
    post.close()
    admin = s.view("beheerder")
    same(good("GET", "/bezorgingen", 200, real="/bezorgingen?toestand=mislukt", who=admin)["bezorgingen"], [], "dead letters")
    dead = "ab" * 16
    with sqlite3.connect(s.centre.dir / "kentering.db", timeout=20) as db:
        db.execute("UPDATE outbox SET id = x'" + dead + "', state = 2, body = x'00', topic = 'webhook.event', "
                   "lane = 'webhook:W' WHERE id = (SELECT id FROM outbox WHERE state = 1 LIMIT 1)")
    again = good("POST", "/bezorgingen/{id}/_opnieuw", 200, real=f"/bezorgingen/{dead}/_opnieuw", who=admin)
    same(again["id"], dead, "again")
    every = {(m, p) for p, ops in SPEC["paths"].items() for m in ops}
    same(every - tried, set(), "operations not tried")
    s.end()
    s.centre.verify()


@test
def every_class_of_error(_driver):
    s = Server()

    def bad(method, path, status, body=None, headers=None, real=None):
        return check_answer(s.ask(method, real or "/v1" + path, body, headers), path, method, status)

    for path in SPEC["paths"]:
        real = path.replace("{fraudevorm}", "OF-1").replace("{nummer}", "B0123456789").replace("{id}", "0" * 32)
        bad("GET", path, 404, real=f"/v1{real}/")  # never a redirect
        r = s.ask("PUT", "/v1" + real, b"{}")
        check_answer(r, path, "PUT", 405)
        same(set(r.getheader("Allow").replace("HEAD", "").replace(",", " ").split()),
             {m.upper() for m in SPEC["paths"][path]}, f"Allow of {path}")
    for path in ("/v1", "/v1/", "/v1/niets", "/v1/meldingen/%2e%2e", "/v1//meldingen", "/v2/meldingen", "/V1/meldingen"):
        bad("GET", path, 404, headers={"Accept": "application/json"}, real=path)
    bad("GET", "/fraudevormen", 406, headers={"Accept": "text/html"})
    bad("GET", "/fraudevormen", 400, real="/v1/fraudevormen?snake_case=1")
    bad("GET", "/fraudevormen/{fraudevorm}/advies", 400, real="/v1/fraudevormen/OF-1/advies?taal=fr")
    bad("GET", "/fraudevormen/{fraudevorm}/advies", 400, real="/v1/fraudevormen/x/advies")
    bad("GET", "/fraudevormen/{fraudevorm}/advies", 404, real="/v1/fraudevormen/OF-99/advies")
    bad("POST", "/meldingen", 415, b"{}", headers={"Content-Type": "text/plain"})
    bad("POST", "/meldingen", 415, b"{}", headers={})
    for body in (b"", b"{", b"[]", b"\xff", b'{"a":"\x00"}', b'{"fraudevorm":"OF-1","fraudevorm":"OF-1"}', b"[" * 100000):
        bad("POST", "/meldingen", 400, body, JSON)
    doc = bad("POST", "/meldingen", 400, {"fraudevorm": 7, "bedrag": "-1", "datum": "gisteren"})
    same(sorted(x["plaats"] for x in doc["fouten"]), ["/bedrag", "/datum", "/fraudevorm"], "all errors in one answer")
    bad("POST", "/meldingen/_inzien", 400, {"ontvangstcode": "x"})
    bad("POST", "/meldingen/_inzien", 404, {"ontvangstcode": "0000-0000-0000-0000-0000-0"})
    bad("POST", "/kenmerken/_herken", 400, {"tekst": "x", "anders": 1})
    bad("POST", "/meldingen/_bevestig", 404, {"ontvangstcode": "0000-0000-0000-0000-0000-0", "code": "123456"})
    bad("POST", "/meldingen/_bevestig", 400, {"ontvangstcode": "0000-0000-0000-0000-0000-0", "code": "geheim"})
    bad("POST", "/meldingen/_stuur-code", 404, {"ontvangstcode": "0000-0000-0000-0000-0000-0"})
    admin = s.view("beheerder")
    bad("GET", "/bezorgingen", 400, headers=admin, real="/v1/bezorgingen?toestand=weg")
    bad("POST", "/bezorgingen/{id}/_opnieuw", 404, headers=admin, real="/v1/bezorgingen/" + "0" * 32 + "/_opnieuw")
    bad("POST", "/bezorgingen/{id}/_opnieuw", 400, headers=admin, real="/v1/bezorgingen/x/_opnieuw")
    same(s.centre.dossiers(), 0, "dossiers after errors")
    s.end()


@test
def every_operation_refuses_what_it_describes(_driver):
    """406, 415, 413 and 400 of each operation, by somebody who may do it; 401, 403, 404, 409 and 429 are in test_desk.py."""
    s = Server()
    eyes = {"behandelaar": s.view("meldpunt"), "partner": s.view("bank"), "beheerder": s.view("beheerder")}
    for path, method, op in [(p, m, op) for p, ops in SPEC["paths"].items() for m, op in ops.items()]:
        real = "/v1" + path.replace("{fraudevorm}", "OF-1").replace("{nummer}", "B0123456789").replace("{id}", "0" * 32)
        who = eyes[op["x-rol"][0]] if "x-rol" in op else JSON

        def bad(status, body=None, where=real, **headers):
            true(str(status) in op["responses"], f"{method} {path}: {status} is not described")
            more = {k.replace("_", "-"): v for k, v in headers.items()}
            check_answer(s.ask(method.upper(), where, body, {**who, **more}), path, method.upper(), status)

        bad(406, Accept="text/html")
        if method == "get" and "parameters" in op:
            bad(400, where=real + "?anders=1")
        if "requestBody" in op:
            bad(415, b"{}", Content_Type="text/plain")
            check_answer(s.announce(real, op["x-maximum"] + 1, who), path, "POST", 413)
            for body in (b"", b"{", b"[]", b'{"niet-van-hier": 1, "rol": 7}', b"\xff"):
                bad(400, body)
    s.end()


@test
def too_large_is_refused_early(_driver):
    s = Server()
    c = socket.create_connection(("127.0.0.1", s.port), timeout=20)
    c.sendall(b"POST /v1/meldingen HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000000000\r\n\r\n{")
    head = c.recv(65536)
    has(head.decode(), " 413 ", "answer")
    has(head.decode(), "application/problem+json", "answer")
    c.close()
    check_answer(s.ask("GET", "/v1/gezondheid"), "/gezondheid", "GET", 200)
    s.end()


@test
def head_is_get_without_a_body(_driver):
    s = Server()
    a, b = s.ask("HEAD", "/v1/fraudevormen"), s.ask("GET", "/v1/fraudevormen")
    same((a.status, a.text, a.getheader("Content-Length")), (200, b"", str(len(b.text))), "HEAD")
    s.end()


@test(both=True)
def many_people_at_once(driver):
    s = Server(driver)
    codes, errors = [], []

    def one(n):
        try:
            for i in range(25):
                r = s.ask("POST", "/v1/meldingen", shop(person(1000 * n + i), f"zz--druk{n}.nl"))
                same(r.status, 201, "status")
                codes.append(json.loads(r.text)["ontvangstcode"])
        except Exception as e:  # pylint: disable=broad-except
            errors.append(repr(e))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(errors, [], "errors")
    same(len(set(codes)), 200, "receipt codes")
    # Nobody vouched for these reporters: the reports help and show, and close nothing.
    same(s.centre.barriers(), [], "barriers from claimed reports")
    s.end()
    s.centre.whole(dossiers=200)


@test
def stops_when_asked_and_keeps_what_it_answered(_driver):
    s = Server()
    r = s.ask("POST", "/v1/meldingen", shop(person(1), "zz--stop.nl"))
    code = json.loads(r.text)["ontvangstcode"]
    s.process.terminate()
    same(s.process.wait(20), 0, "exit code")
    same(s.centre.ok("report", "show", code)["fraudevorm"], "OF-1.1.2", "form")


@test
def nothing_of_a_person_in_the_log(_driver):
    s = Server()
    planted = {"iban": "NL02KENT0123456789", "telefoon": "+31691234599", "email": "geheim.adres@melder.example"}
    story = "Een uniek verhaal over een blauwe papegaai"
    s.ask("POST", "/v1/meldingen", report(person(7), ("iban", planted["iban"]), ("telefoon", planted["telefoon"]), verhaal=story))
    s.ask("GET", "/v1/meldingen/" + planted["iban"])
    s.ask("GET", "/v1/fraudevormen?telefoon=" + planted["telefoon"])
    s.ask("POST", "/v1/meldingen", {"fraudevorm": planted["email"], "bedrag": planted["iban"]})
    s.end()
    log = s.log.read_text(encoding="utf-8", errors="replace")
    has(log, "serve.start", "log at level debug")
    for word in [*planted.values(), "papegaai", "91234599"]:
        true(word not in log, f"{word} stands in the log")


if __name__ == "__main__":
    main()
