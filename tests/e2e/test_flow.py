#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The flow from the command line: three people report, a barrier stands."""
import json
import os
import re
import shutil
import stat
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import (POLICY, Centre, at, base_env, check_zone, has, iban, main, person, program, report, same, scratch, shop,
                test, true, zone_names)  # noqa: E402

BARRIER = {"id", "soort", "waarde", "partner", "maatregel", "regel", "toestand", "sinds", "aantal_melders",
           "toelichting"}
ANSWER = {"meldingsnummer", "ontvangstcode", "advies", "doorverwijzingen", "opmerkingen"}
SHOP = "goedkope-schoenen-kt.nl"


def partners(rows):
    return sorted((b["partner"], b["maatregel"]) for b in rows)


SHOP_BARRIERS = [("bank", "betaling_stoppen"), ("psp", "betaling_stoppen"), ("sidn", "domein_offline")]


def proposed(driver, domain=SHOP, **kw):
    c = Centre(driver, **kw)
    c.add_lines(shop(n, domain) for n in range(3))
    return c


# --- who counts ---------------------------------------------------------------------------------------------

@test(both=True)
def three_people_one_shop(driver):
    c = Centre(driver)
    for n in range(2):
        answer = c.add(shop(n, f"www.{SHOP}" if n else SHOP))
        same(ANSWER - set(answer), set(), "members that the answer lacks")
        true(re.fullmatch(r"M-\w{5}-\w{5}", answer["meldingsnummer"]), f"number {answer['meldingsnummer']}")
        true(re.fullmatch(r"(\w{4}-){5}\w", answer["ontvangstcode"]), f"code {answer['ontvangstcode']}")
        true(answer["advies"] and answer["doorverwijzingen"], f"a victim gets no advice: {answer}")
        same(c.barriers(), [], "barriers after two people at most")
    c.add(shop(2, f"bestel.{SHOP.upper()}."))
    rows = c.barriers()
    same(partners(rows), SHOP_BARRIERS, "barriers")
    for b in rows:
        same(set(b), BARRIER, "members of a barrier")
        same((b["soort"], b["waarde"], b["toestand"], b["aantal_melders"], b["regel"]),
             ("domein", SHOP, "voorgesteld", 3, "NL-3-SHOP"), "barrier")
        has(b["toelichting"], "NL-3-SHOP")
        has(b["toelichting"], "bron L22")
        has(b["toelichting"], "90 dagen")
        same(b["sinds"][:19], "2026-03-02T10:00:00", "sinds")
    same(len({b["id"] for b in rows}), 3, "different ids")
    for b in rows:
        shown = c.ok("barriers", "show", b["id"])
        same({k: v for k, v in shown.items() if k != "verloop"}, b, "barriers show")
        same([s["toestand"] for s in shown["verloop"]], ["voorgesteld"], "verloop")
    same(c.whole(), 3, "dossiers")


@test
def url_counts_as_its_shop(driver):
    c = Centre(driver)
    c.add(report(1, ("url", f"hxxps://www.{SHOP}/a?x=1#y")))
    c.add(report(2, ("url", f"http://betaal.{SHOP}/b")))
    c.add(shop(3, SHOP))
    same(partners(c.barriers()), SHOP_BARRIERS, "barriers")


@test(both=True)
def fourth_adds_evidence(driver):
    c = proposed(driver)
    before = {b["id"] for b in c.barriers()}
    c.add(shop(3, SHOP))
    rows = c.barriers()
    same({b["id"] for b in rows}, before, "ids after a fourth report")
    same({b["aantal_melders"] for b in rows}, {4}, "aantal_melders")
    for b in rows:
        has(b["toelichting"], "4 melders")
    c.add(shop(3, SHOP))
    same({b["aantal_melders"] for b in c.barriers()}, {4}, "aantal_melders after the same person again")
    c.ok("barriers", "approve", rows[0]["id"])
    c.add(shop(4, SHOP))
    same(sorted((b["toestand"], b["aantal_melders"]) for b in c.barriers()),
         [("goedgekeurd", 5), ("voorgesteld", 5), ("voorgesteld", 5)], "after approval and a fifth")


@test(both=True)
def one_person_three_times(driver):
    c = Centre(driver)
    for mail in ("kt.proef.melder@gmail.com", "KtProefMelder@Gmail.com", "k.tproefmelder+winkel@googlemail.com"):
        c.add(shop({"contact": {"email": mail}}, SHOP))
    for phone in ("+31 6 12345678", "06-12345678", "0031612345678", "(06) 1234 5678"):
        c.add(shop({"contact": {"telefoon": phone}}, SHOP))
    same(c.barriers(), [], "barriers after two persons")
    c.add(shop({"contact": {"telefoon": "06-12345679"}}, SHOP))
    same(len(c.barriers()), 3, "barriers after a third person")


@test
def without_contact_counts_nobody(driver):
    c = Centre(driver)
    whos = [None, {}, {"postcode4": "1234", "rol": "mijzelf"}, {"contact": {}}, {"contact": {"email": "geen adres"}},
            {"contact": {"telefoon": "12"}}, {"contact": None}]
    for who in whos * 2:
        answer = c.add(shop(who, SHOP))
        true(not (who and "contact" in who) or answer["opmerkingen"], f"nothing said about {who}")
    c.add(shop(1, SHOP))
    c.add(shop(2, SHOP))
    same(c.barriers(), [], "barriers")
    same({s["aantal_melders"] for s in c.signals()}, {2}, "reporters counted")


@test(both=True)
def window_of_ninety_days(driver):
    for last, want in ((89, 3), (90, 0)):
        c = Centre(driver)
        for n, days in enumerate((0, 30, last)):
            c.now = at(days)
            c.add(shop(n, SHOP))
        same(len(c.barriers()), want, f"barriers when the third comes on day {last + 1}")
    c.now = at(91)
    c.add(shop(9, SHOP))
    same(len(c.barriers()), 3, "barriers when a fourth comes near the last two")
    same({b["aantal_melders"] for b in c.barriers()}, {3}, "aantal_melders: the first is outside")


@test
def again_within_the_window_by_the_same_person(driver):
    c = Centre(driver)
    c.add(shop(1, SHOP))
    c.now = at(80)
    c.add(shop(1, SHOP))
    c.add(shop(2, SHOP))
    c.now = at(100)
    c.add(shop(3, SHOP))
    same(len(c.barriers()), 3, "barriers: the latest word of a person counts")


@test
def other_forms_do_not_count(driver):
    c = Centre(driver)
    for n in range(3):
        c.add(shop(n, SHOP, form="OF-2.1"))
    same(c.barriers(), [], "barriers of a rule for other forms")


# --- partners -----------------------------------------------------------------------------------------------

@test
def other_registries(driver):
    c = Centre(driver)
    for domain, registry in (("kt-nepwinkel.example", "register"), ("kt-nepwinkel.co.uk", "register"),
                             ("kt-nep-2.nl", "sidn")):
        c.add_lines(shop(n, domain) for n in range(3))
        rows = [b for b in c.barriers() if b["waarde"] == domain]
        same(partners(rows), sorted([("bank", "betaling_stoppen"), ("psp", "betaling_stoppen"),
                                     (registry, "domein_offline")]), domain)


@test
def internationalised_shop(driver):
    c = Centre(driver)
    for n, name in enumerate(("kt-nép-schöenen.nl", "XN--KT-NP-SCHENEN-HQB6K.nl", "www.KT-NÉP-SCHÖENEN.NL")):
        c.add(shop(n, name if n != 1 else "kt-nép-schöenen.nl".encode("idna").decode().upper()))
    same({b["waarde"] for b in c.barriers()}, {"kt-nép-schöenen.nl".encode("idna").decode()}, "values")
    same(partners(c.barriers()), SHOP_BARRIERS, "barriers")


@test(both=True)
def marketplace_account(driver):
    c = Centre(driver)
    number = iban(123456789)
    spaced = " ".join(number[i:i + 4] for i in range(0, len(number), 4)).lower()
    for n, text in enumerate((number, spaced)):
        c.add(report(n, ("iban", text), form="OF-1.1.1"))
    same(c.barriers(), [], "barriers after two")
    c.add(report(3, ("iban", number), form="OF-1.2.1"))
    rows = c.barriers()
    same(partners(rows), [("bank:KENT", "rekening_blokkeren"), ("politie", "signaal")], "barriers")
    same({(b["soort"], b["waarde"], b["regel"], b["aantal_melders"]) for b in rows}, {("iban", number, "NL-3-MP", 3)},
         "them")


@test
def foreign_account_and_others(driver):
    c = Centre(driver)
    ids = [("iban", "BE68 5390 0754 7034"), ("account", "marktplaats:ktproef"), ("telefoon", "06 1234 5670"),
           ("email", "Verkoper@Nep.Example"), ("advertentie", "marktplaats:m1234567890")]
    c.add_lines(report(n, *ids, form="OF-1.1.1") for n in range(3))
    got = sorted((b["soort"], b["waarde"], b["partner"], b["maatregel"]) for b in c.barriers())
    same(got, [("account", "marktplaats:ktproef", "platform:marktplaats", "account_blokkeren"),
               ("account", "marktplaats:ktproef", "politie", "signaal"),
               ("advertentie", "marktplaats:m1234567890", "platform:marktplaats", "advertentie_verwijderen"),
               ("email", "verkoper@nep.example", "politie", "signaal"),
               ("iban", "BE68539007547034", "bank", "rekening_blokkeren"),
               ("iban", "BE68539007547034", "politie", "signaal"),
               ("telefoon", "+31612345670", "politie", "signaal")], "barriers")


@test(both=True)
def five_crime_reports(driver):
    c = Centre(driver)
    number = iban(5)
    for n in range(5):
        c.add(report(n, ("iban", number), form="OF-2.1"))
    same(c.barriers(), [], "barriers without a crime report")
    for n in range(4):
        c.add(report(n, ("iban", number), form="OF-2.1", aangiftenummer=f"PL0900-2026{n}"))
    same(c.barriers(), [], "barriers after four")
    c.add(report(9, ("iban", number), form="OF-2.1", aangiftenummer="PL0900-20269"))
    rows = c.barriers()
    same([(b["partner"], b["maatregel"], b["regel"], b["aantal_melders"]) for b in rows],
         [("politie", "aansprakelijk_stellen", "NL-5-DA", 5)], "barriers")


@test
def a_rule_not_in_force(driver):
    c = Centre(driver, now="2022-07-07T23:00:00Z")
    for n in range(3):
        c.add(shop(n, SHOP, datum="2022-07-01"))
    same(c.barriers(), [], "barriers before valid_from")


# --- what may never be hit ----------------------------------------------------------------------------------

NEVER = ["ing.nl", "mijn.ing.nl", "https://www.rabobank.nl/inloggen", "abnamro.nl", "belastingdienst.nl",
         "https://mijn.belastingdienst.nl/x?y=1", "www.politie.nl", "digid.nl", "marktplaats.nl", "co.uk", "nl",
         "com.au",
         "github.io", "sites.google.com", "https://sites.google.com/view/nepwinkel", "google.com", "www.postnl.nl",
         "https://github.io/", "bol.com", "https://www.ing.nl@belastingdienst.nl/", "BELASTINGDIENST.NL.",
         "rijksoverheid.nl"]


@test(both=True)
def protected_names(driver):
    c = Centre(driver)
    ids = [("url" if name.startswith("http") else "domein", name) for name in NEVER]
    for n in range(5):
        c.add_lines(report(n, one) for one in ids)
    same(c.barriers(), [], "barriers on protected names")
    c.whole(dossiers=5 * len(NEVER))


@test
def customer_of_shared_hosting(driver):
    c = Centre(driver)
    for n, name in enumerate(("kt-nepwinkel.github.io", "https://kt-nepwinkel.github.io/kassa",
                              "www.kt-nepwinkel.github.io")):
        c.add(report(n, ("url" if "/" in name else "domein", name)))
    rows = c.barriers()
    same({b["waarde"] for b in rows}, {"kt-nepwinkel.github.io"}, "values")
    same(partners(rows), [("bank", "betaling_stoppen"), ("psp", "betaling_stoppen"), ("register", "domein_offline")],
         "who")


@test(both=True)
def imported_list_protects(driver):
    c = proposed(driver)
    first = c.barriers()
    site = next(b["id"] for b in first if b["partner"] == "sidn")
    c.ok("barriers", "approve", site)
    same(zone_names(c.run("rpz", "export", as_json=False).expect(0).out)[0], {SHOP}, "zone before the import")
    folder = scratch()
    (folder / "lijst.txt").write_text(f"# proef\n{SHOP}\n.andere-naam.nl\n")
    done = c.ok("safety", "import", folder / "lijst.txt")
    same((done["namen"], done["eerst"]), (2, 0), "import")
    same(zone_names(c.run("rpz", "export", as_json=False).expect(0).out), (set(), set()), "zone after the import")
    for b in first:
        if b["id"] != site:
            has(c.refused("barriers", "approve", b["id"])["fout"], "lijst.txt")
    for name in (SHOP, "www." + SHOP, "iets.andere-naam.nl"):
        c.add_lines(shop(n, name) for n in range(10, 14))
    same({b["waarde"] for b in c.barriers()}, {SHOP}, "barriers after the import")
    same(len(c.barriers()), 3, "barriers after the import")
    c.whole()


@test(both=True)
def list_that_shrank(driver):
    c = Centre(driver)
    folder = scratch()
    f = folder / "lijst.txt"

    def names(n):
        f.write_text("".join(f"kt-naam-{i}.nl\n" for i in range(n)))
    names(40)
    same(c.ok("safety", "import", f)["namen"], 40, "names")
    names(35)
    why = c.refused("safety", "import", f)["fout"]
    has(why, "40")
    has(why, "35")
    same(c.count("safety_entry"), 40, "entries after the refusal")
    names(36)
    same(c.ok("safety", "import", f)["eerst"], 40, "eerst: 10 % is allowed")
    names(5)
    c.refused("safety", "import", f)
    same(c.ok("safety", "import", "--allow-shrink", f)["namen"], 5, "names")
    (folder / "misp.json").write_text(json.dumps({"name": "proef", "type": "hostname", "version": 1,
                                                  "list": [".kt-misp.nl", "kt-misp-2.nl"]}))
    same(c.ok("safety", "import", folder / "misp.json")["namen"], 2, "names of a MISP list")
    for text in ("", "<html>404</html>\n", "{", '{"list": 5}', '{"type": "regex", "list": ["a.*"]}'):
        (folder / "stuk.txt").write_text(text)
        c.refused("safety", "import", folder / "stuk.txt")
    c.refused("safety", "import", folder / "er-is-niets.txt")
    same(c.count("safety_list"), 2, "lists")
    c.verify()


# --- decisions and the zone ---------------------------------------------------------------------------------

@test(both=True)
def approve_and_refuse(driver):
    c = proposed(driver)
    a, b, d = (x["id"] for x in c.barriers())
    done = c.ok("barriers", "approve", a)
    same((done["id"], done["toestand"]), (a, "goedgekeurd"), "approve")
    has(c.refused("barriers", "approve", a)["fout"], "goedgekeurd")
    c.refused("barriers", "refuse", a, "--why", "te laat")
    for bad in (["refuse", b], ["refuse", b, "--why"], ["refuse", b, "--why", ""], ["refuse", "--why", "x"],
                ["approve"], ["approve", a, b], ["show"], ["refuse", b, "--why", "  "]):
        c.run("barriers", *bad).expect(2)
    same(c.ok("barriers", "refuse", b, "--why", "Dit is een echte winkel: \"é\"")["toestand"], "geweigerd", "refuse")
    c.refused("barriers", "approve", b)
    for verb in (["show"], ["approve"], ["refuse", "--why", "x"]):
        for unknown in ("B0000000000", "", "x' OR '1'='1", "ü" * 50, a.lower() + "x"):
            c.refused("barriers", *verb, unknown)
    shown = c.ok("barriers", "show", b)
    same([(s["toestand"], s["toelichting"]) for s in shown["verloop"]][-1],
         ("geweigerd", "Dit is een echte winkel: \"é\""), "verloop")
    true(shown["verloop"][-1]["door"].startswith("desk"), f"door: {shown['verloop'][-1]}")
    same({x["id"]: x["toestand"] for x in c.barriers()}, {a: "goedgekeurd", b: "geweigerd", d: "voorgesteld"}, "states")
    c.add(shop(7, SHOP))
    same(len(c.barriers()), 3, "no new barrier after a refusal")
    c.whole(dossiers=4)


@test
def proposal_lapses(driver):
    c = proposed(driver)
    c.now = at(91)
    same({b["toestand"] for b in c.barriers()}, {"verlopen"}, "states after the window")
    c.refused("barriers", "approve", c.barriers()[0]["id"])
    c.verify()


@test(both=True)
def zone(driver):
    c = proposed(driver)
    folder = scratch()
    out = folder / "zone.db"
    r = c.ok("rpz", "export", "-o", out)
    same((r["namen"], zone_names(out.read_text())), (0, (set(), set())), "zone before approval")
    check_zone(out)
    c.add_lines(shop(n, "kt-tweede.example") for n in range(3))
    ids = {(b["waarde"], b["partner"]): b["id"] for b in c.barriers()}
    c.ok("barriers", "approve", ids[SHOP, "bank"])
    c.ok("barriers", "refuse", ids["kt-tweede.example", "psp"], "--why", "proef")
    r = c.ok("rpz", "export", "-o", out)
    same(zone_names(out.read_text()), ({SHOP}, {SHOP}), "names and wildcards")
    same(stat.S_IMODE(out.stat().st_mode), 0o644, "mode of the zone")
    same(os.listdir(folder), ["zone.db"], "files left beside the zone")
    check_zone(out)
    same(zone_names(c.ok("rpz", "export")["zone"])[0], {SHOP}, "zone inside JSON")
    same(c.run("rpz", "export", as_json=False).expect(0).out, out.read_text(), "zone on stdout")
    c.refused("rpz", "export", "-o", folder / "nergens" / "zone.db")
    c.now = at(31)
    c.ok("rpz", "export", "-o", out)
    same(zone_names(out.read_text()), (set(), set()), "zone after betaling_stoppen has ended")
    same({b["toestand"] for b in c.barriers() if b["id"] == ids[SHOP, "bank"]}, {"verlopen"}, "its state")
    c.whole()


# --- reports given back -------------------------------------------------------------------------------------

@test(both=True)
def report_show(driver):
    c = Centre(driver)
    given = report({"postcode4": "1234", "leeftijdsgroep": "65+", "rol": "mijzelf",
                    "contact": {"email": "a@b.example"}},
                   ("domein", SHOP), ("iban", "nl" + iban(77)[2:]),
                   verhaal="Één verhaal met \"tekens\" \\ en 🙂\nregel 2", bedrag="1234.5", delen=["politie"])
    code = c.add(given)["ontvangstcode"]
    shown = c.ok("report", "show", code)
    for key in ("fraudevorm", "verhaal", "datum", "bedrag", "melder", "delen"):
        same(shown[key], given[key], key)
    same([(k["soort"], k["waarde"]) for k in shown["kenmerken"]], [("domein", SHOP), ("iban", iban(77))], "kenmerken")
    sloppy = [code.lower(), code.replace("-", ""), code.replace("-", " "), f"  {code} ", code.replace("0", "O"),
              code.replace("0", "o").replace("1", "l"), code.replace("1", "I")]
    for text in sloppy:
        same(c.ok("report", "show", text), shown, f"report show {text!r}")
    c.add_lines(shop(n, SHOP) for n in range(10, 13))
    same(c.ok("report", "show", code)["barrieres"], [], "barriers told to the reporter before anybody approved")
    for b in c.barriers():
        if (b["waarde"], b["partner"]) == (SHOP, "sidn"):
            c.ok("barriers", "approve", b["id"])
    told = [(b["waarde"], b["partner"], b["toestand"]) for b in c.ok("report", "show", code)["barrieres"]]
    same(told, [(SHOP, "sidn", "goedgekeurd")], "barriers told to the reporter")
    text = c.run("report", "show", code, as_json=False).expect(0).out
    has(text, shown["meldingsnummer"])
    has(text, SHOP)


@test
def report_show_wrong_code(driver):
    c, other = Centre(driver), Centre(driver)
    code = c.add(shop(1, SHOP))["ontvangstcode"]
    strangers = [a["ontvangstcode"] for a in other.add_lines([shop(1, SHOP), shop(2, SHOP)])]
    answers = {c.run("report", "show", s).expect(1).out for s in strangers}
    same(len(answers), 1, "different answers to unknown codes")
    plain = code.replace("-", "")
    other_end = "0" if plain[-1] != "0" else "1"
    swap = next(i for i in range(19) if plain[i] != plain[i + 1])
    for wrong in (plain[:-1] + other_end, plain[:-1], plain + "0", "", "?" * 21, "U" * 21, "é" * 21, "x" * 100000,
                  plain[:swap] + plain[swap + 1] + plain[swap] + plain[swap + 2:]):
        r = c.run("report", "show", wrong).expect(1)
        r.json()
        for part in (code, plain, SHOP, "M-"):
            true(part not in r.out + r.err, f"{part} is told for a wrong code: {r}")
    c.run("report", "show").expect(2)
    c.run("report", "show", code, code).expect(2)


# --- the shape of the command line --------------------------------------------------------------------------

@test
def one_json_document(driver):
    c = proposed(driver)
    folder = scratch()
    some = c.barriers()[0]["id"]
    (folder / "lijst.txt").write_text("kt-beschermd.nl\n")
    (folder / "melding.json").write_text(json.dumps(shop(1, SHOP), indent=2))
    good = [["policy", "check"], ["policy", "check", POLICY], ["safety", "import", folder / "lijst.txt"],
            ["report", "add", folder / "melding.json"], ["signals", "list"], ["barriers", "list"],
            ["barriers", "show", some],
            ["barriers", "approve", some], ["rpz", "export"], ["rpz", "export", "-o", folder / "z"],
            ["audit", "verify"], ["backup", folder / "kopie"], ["version"], ["help"], ["help", "report", "add"], []]
    for args in good:
        c.run(*args).expect(0).json()
    bad = [(1, ["policy", "check", folder]), (1, ["report", "add", folder / "niets"]), (1, ["barriers", "show", "x"]),
           (1, ["backup", folder / "kopie"]), (1, ["restore", folder / "kopie"]), (1, ["report", "show", "x"]),
           (1, ["init"]), (2, ["bestaat", "niet"]), (2, ["barriers"]), (2, ["help", "iets"]), (2, ["backup"]),
           (2, ["rpz", "export", "-x"]), (2, ["audit", "verify", "x"]), (2, ["report", "add", "a", "b"]),
           (2, ["barriers", "refuse", some]), (2, ["version", "x"]), (2, ["identify", "a", "b"])]
    wrong = []
    for code, args in bad:
        r = c.run(*args).expect(code)
        try:
            true(r.json().get("fout"), f"no reason: {r}")
        except AssertionError:
            wrong.append((code, " ".join(map(str, args))))
    same(wrong, [], "commands that do not print one JSON document with a reason")
    c.verify()


@test
def exit_codes_in_plain_text(driver):
    c = Centre(driver)
    for code, args in ((0, ["version"]), (0, ["help"]), (0, ["--help"]), (0, ["--version"]), (0, []),
                       (2, ["bestaat-niet"]),
                       (2, ["report"]), (2, ["report", "add", "a", "b"]), (1, ["report", "show", "x"]),
                       (1, ["report", "add"])):
        r = c.run(*args, as_json=False).expect(code)
        true(code == 0 or r.err.strip(), f"says nothing: {r}")
    for args in (["--data"], ["version", "--policy"]):
        program(args).expect(2)


@test
def help_for_every_command(driver):
    c = Centre(driver)
    listing = c.run("help", as_json=False).expect(0).out
    commands = ["init", "demo", "policy check", "safety import", "identify", "report add", "report show",
                "signals list",
                "barriers list", "barriers show", "barriers approve", "barriers refuse", "rpz export", "audit verify",
                "backup", "restore", "account add", "account list", "account disable", "account reset", "version", "help"]
    for name in commands:
        has(listing, f"  {name} ", "help")
        has(c.run("help", *name.split(), as_json=False).expect(0).out, f"kentering {name}")
    has(c.run("help", "settings", as_json=False).expect(0).out, "log_level")
    v = c.ok("version")
    true(re.fullmatch(r"\d+\.\d+\.\d+.*", v["versie"]), f"version {v}")
    true(not c.dir.exists(), "version and help made a data directory")


@test
def policy_is_found_in_order(driver):
    top = scratch()
    for name, rules in (("een", 1), ("twee", 2), ("drie", 3)):
        shutil.copytree(POLICY, top / name / "policy")
        for f in sorted((top / name / "policy" / "rules").iterdir())[rules:]:
            f.unlink()

    def rules(*head, cwd=top / "drie"):
        return program([*head, "--json", "policy", "check"], env=base_env(), cwd=cwd).expect(0).json()["regels"]
    same(rules("--data", top / "leeg"), 3, "rules of ./policy")
    same(rules("--data", top / "twee"), 2, "rules of DIR/policy, before ./policy")
    same(rules("--data", top / "twee", "--policy", top / "een" / "policy"), 1, "rules of --policy, before all")
    same(rules("--policy", top / "een" / "policy", "--policy", top / "drie" / "policy"), 3, "rules of two directories")
    same(program(["--json", "policy", "check", top / "een" / "policy"], cwd=top / "drie").json()["regels"], 1,
         "named one")


@test(both=True)
def no_rules_no_barriers(driver):
    top = scratch()
    shutil.copytree(POLICY, top / "policy")
    shutil.rmtree(top / "policy" / "rules")
    c = Centre(driver, policy=(top / "policy",))
    c.ok("policy", "check")
    c.add_lines(report(n, ("domein", SHOP), ("iban", iban(1)), form="OF-1.1.1",
                       aangiftenummer=f"a{n}") for n in range(6))
    same(c.barriers(), [], "barriers without rules")
    c.whole(dossiers=6)


MISTAKES = [  # file, what stands there, what is put in its place, what the message must speak of
    ("rules/nl-3-shop.yaml", "threshold: 3", "threshold: drie", "threshold"),
    ("rules/nl-3-shop.yaml", "threshold: 3", "treshold: 3", "treshold"),
    ("rules/nl-3-shop.yaml", "threshold: 3", "threshold: 0", "threshold"),
    ("rules/nl-3-shop.yaml", "basis: report", "basis: rumour", "basis"),
    ("rules/nl-3-shop.yaml", "forms: [OF-1.1]", "forms: [OF-99]", "taxonomy.yaml"),
    ("rules/nl-3-shop.yaml", "kinds: [domein]", "kinds: [domain]", "kinds"),
    ("rules/nl-3-shop.yaml", "valid_from: 2022-07-08", "valid_from: 2022-02-30", "valid_from"),
    ("rules/nl-3-shop.yaml", "partner: psp", "partner: pspp", "partners.yaml"),
    ("rules/nl-3-shop.yaml", "measure: domein_offline", "measure: domein_weg", "measures.yaml"),
    ("rules/nl-3-shop.yaml", "source: L22", "source: L22999", "sources.yaml"),
    ("rules/nl-3-shop.yaml", "approval: desk", "approval: [desk", ""),
    ("rules/nl-3-shop.yaml", "id: NL-3-SHOP", "id: NL-3-MP", "id"),
    ("rules/nl-3-shop.yaml", "type: rule", "type: rul", "rul"),
    ("rules/nl-3-shop.yaml", "version: 1", "version: 1\nversion: 2", "tweemaal"),
    ("measures.yaml", "ack_hours: 4", "ack_hours: -4", "ack_hours"),
    ("taxonomy.yaml", "parent: OF-1.1\n", "parent: OF-1.9\n", "taxonomy.yaml"),
    ("partners.yaml", "{tld: nl, partner: sidn}", "{tld: nl, partner: niemand}", "partners.yaml"),
    ("safety/nl.yaml", "actions: {default: block}", "actions: {default: forbid}", "default"),
]


@test
def policy_check_names_the_mistake(driver):
    top = scratch()
    wrong = []
    for i, (name, old, new, word) in enumerate(MISTAKES):
        folder = top / str(i)
        shutil.copytree(POLICY, folder)
        text = (folder / name).read_text()
        true(old in text, f"{name} no longer holds {old!r}: adapt this test")
        line = text[:text.index(old)].count("\n") + 1
        (folder / name).write_text(text.replace(old, new, 1))
        r = program(["policy", "check", folder]).expect(1)
        near = {str(line + k) for k in ((0, 1) if word else range(0, 8))}
        if name.rsplit("/", 1)[1 if "/" in name else 0] not in r.err or not near & set(re.findall(r"\d+", r.err)):
            wrong.append((name, line, new, r.err))
        elif word and word not in r.err:
            wrong.append((f"{word} not told", new, r.err))
        elif program(["--json", "policy", "check", folder]).expect(1).json()["code"] in ("", None):
            wrong.append(("no code", new))
    same(wrong, [], "mistakes that are not named by file, line and word")
    c = Centre(driver, policy=(top / "0",))
    c.refused("report", "add", "-", data=json.dumps(shop(1, SHOP)))
    true(not c.dir.exists() or not (c.dir / "kentering.db").exists() or c.count("dossier") == 0,
         "stored under a broken policy")


@test
def policy_overlay(driver):
    top = scratch()
    (top / "mijn.yaml").write_text((POLICY / "rules" / "nl-3-shop.yaml").read_text().replace("threshold: 3",
                                                                                             "threshold: 2")
                                   .replace("version: 1", "version: 2"))
    c = Centre(driver, policy=(POLICY, top))
    c.add_lines(shop(n, SHOP) for n in range(2))
    same(partners(c.barriers()), SHOP_BARRIERS, "barriers under the overlay")


# --- keeping ------------------------------------------------------------------------------------------------

@test(both=True)
def init_for_real_use(driver):
    c = Centre(driver, now=None)
    done = c.ok("init")
    true(len(done["herstelsleutel"].replace("-", "")) >= 25, f"recovery key {done['herstelsleutel']}")
    same(done["mode"], "production", "mode")
    same(stat.S_IMODE((c.dir / "keys").stat().st_mode), 0o700, "mode of keys/")
    c.refused("init")
    c.refused("demo")
    c.refused("report", "add", "-", data=json.dumps(shop(1, SHOP)), env={"KENTERING_NOW": "2026-03-02T10:00:00Z"})
    c.add_lines(shop(n, SHOP, datum=None) for n in range(3))
    same(partners(c.barriers()), SHOP_BARRIERS, "barriers")
    c.whole(dossiers=3)
    for f in c.dir.rglob("*"):
        if f.is_file():
            true(done["herstelsleutel"].encode() not in f.read_bytes(), f"the recovery key stands in {f.name}")


@test(both=True)
def audit_after_everything(driver):
    c = proposed(driver)
    ids = [b["id"] for b in c.barriers()]
    c.ok("barriers", "approve", ids[0])
    c.ok("barriers", "refuse", ids[1], "--why", "proef")
    c.refused("barriers", "approve", ids[1])
    r = c.verify()
    actions = [a for a, in c.sql("SELECT action FROM audit_row")]
    same(actions.count("report.add"), 3, "report.add rows")
    same(actions.count("barrier.move"), 2, "barrier.move rows")
    same(r["regels"], len(actions), "rows verified")
    true(r["hoofden"] >= 3, f"heads {r}")


@test(both=True)
def backup_and_restore(driver):
    c = proposed(driver)
    code = c.add(shop(8, "kt-tweede.nl", verhaal="bewaar mij"))["ontvangstcode"]
    c.add(shop(9, "kt-tweede.nl"))
    c.ok("barriers", "approve", c.barriers()[0]["id"])
    folder = scratch()
    copy = folder / "kopie.db"
    c.ok("backup", copy)
    same(stat.S_IMODE(copy.stat().st_mode) & 0o077, 0, "others may read the backup")
    c.refused("backup", copy)
    for keys in (False, True):
        for target in dict.fromkeys(("sqlite", driver)):
            d = Centre(target)
            if keys:
                d.dir.mkdir()
                shutil.copytree(c.dir / "keys", d.dir / "keys")
            d.ok("restore", copy)
            same(d.barriers(), c.barriers(), "barriers after restore")
            same(d.ok("report", "show", code), c.ok("report", "show", code), "report after restore")
            d.whole(dossiers=5)
            same(d.count("audit_row", "action = 'store.restore'"), 1, "rows that tell of the restore")
            same(stat.S_IMODE((d.dir / "keys/audit.known").stat().st_mode), 0o600, "mode of the known keys")
            r = d.verify()
            same((r["andere_sleutel"], "tekst" in r), (not keys, True), "verify after restore")
            head = (d.dir / "audit.head").read_bytes()
            (d.dir / "audit.head").unlink()
            same(d.run("audit", "verify").expect(1).json()["wat"], "hoofd ontbreekt", "verify without audit.head")
            (d.dir / "audit.head").write_bytes(head)
            d.refused("restore", copy)
            d.add(shop(10, "kt-tweede.nl"))
            new = [b for b in d.barriers() if b["waarde"] == "kt-tweede.nl"]
            same(len(new), 3 if keys else 0, f"barriers after a third report, keys restored: {keys}")
            d.whole(dossiers=6)
    c.refused("restore", copy)
    c.refused("restore", folder / "niets.db")
    for text in (b"", b"geen database", copy.read_bytes()[:5000], copy.read_bytes()[:-4096]):
        (folder / "stuk.db").write_bytes(text)
        d = Centre("sqlite")
        d.refused("restore", folder / "stuk.db")
    c.whole(dossiers=5)


@test
def demo_twice(driver):
    c = Centre(driver, now=None)
    c.run("demo", timeout=300).expect(0).json()
    n = c.whole()
    true(1500 <= n <= 2600, f"{n} reports, expected about 2,000")
    same(c.count("dossier", "synthetic = 0"), 0, "reports not marked synthetic")
    rows = c.barriers()
    true(len(rows) >= 10, f"{len(rows)} barriers")
    same({b.get("verzonnen") for b in rows}, {True}, "verzonnen")
    r = c.run("demo", timeout=300)
    true(r.code in (0, 1), str(r))
    r.json()
    true(c.whole() >= n, "reports lost by a second demo")


@test
def identify_examples(driver):
    one = iban(123456789)
    text = (f"Café 👩‍💻: ik betaalde € 1.234,56 op 12-03-2025 naar {one[:4]} {one[4:8]} {one[8:12]} {one[12:16]} "
            f"{one[16:]}.\n"
            "Bel +31 6 1234 5678 of mail Jan.Jansen@Voorbeeld.EXAMPLE; zie hxxps://nep[.]example/pad?utm_source=a#top "
            "en www.café-kt.nl! BSN 123456782, klantnummer 9876543210987654.\n"
            "BTC 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa, ETH 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed, "
            "fout 0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed.")
    found = program(["--policy", POLICY, "identify", "-"], text).expect(0).lines()
    raw = text.encode()
    for f in found:
        same(set(f), {"soort", "waarde", "tekst", "begin", "eind"}, "members")
        same(raw[f["begin"]:f["eind"]].decode(), f["tekst"], "the bytes at its position")
    same([(f["soort"], f["waarde"]) for f in found],
         [("iban", one), ("telefoon", "+31612345678"), ("email", "jan.jansen@voorbeeld.example"),
          ("url", "https://nep.example/pad"), ("domein", "nep.example"), ("domein", "www.xn--caf-kt-dva.nl"),
          ("wallet", "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), ("wallet",
                                                                 "eth:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")],
         "found")
    same([f["begin"] for f in found], sorted(f["begin"] for f in found), "order")
    same(program(["--policy", POLICY, "identify", "-"], "").expect(0).out, "", "nothing in an empty text")
    folder = scratch()
    (folder / "t").write_text("niets te zien")
    same(program(["--policy", POLICY, "--json", "identify", folder / "t"]).expect(0).out, "", "nothing found")
    same(program(["--policy", POLICY, "identify", folder / "u"]).code, 1, "exit for an absent file")
    noise = bytes(range(256)) * 40 + f" {one} ".encode()
    same([f["waarde"] for f in program(["--policy", POLICY, "identify"], noise).expect(0).lines()][-1:], [one],
         "in noise")


@test
def suggestions_from_the_story(driver):
    c = Centre(driver)
    story = f"Ik heb het geld naar {iban(42)} gestuurd, via 👉 {SHOP} 👈."
    answer = c.add(shop(1, SHOP, verhaal=story))
    same([(s["soort"], s["waarde"]) for s in answer["suggesties"]], [("iban", iban(42))], "suggestions")
    s = answer["suggesties"][0]
    same(story.encode()[s["begin"]:s["eind"]].decode(), iban(42), "position")
    c.add_lines(shop(n, "kt-iets.nl", verhaal=f"zie {SHOP}") for n in range(2, 5))
    same({b["waarde"] for b in c.barriers()}, {"kt-iets.nl"}, "a name in a story alone counts for nobody")


if __name__ == "__main__":
    main()
