#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Bad input and bad circumstances: a clear error, or taken with what is usable; nothing half-stored."""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import (NOW, POLICY, PROGRAM, Centre, at, child, end_child, fail, has, iban, main, report, same, scratch, shop,
                short, skip, strict_json, test, true)  # noqa: E402

SHOP = "goedkope-schoenen-kt.nl"


def refuse(c, data, *words, code=1):
    """The one report in `data` is refused as one document that says why; the input is not repeated."""
    r = c.run("report", "add", "-", data=data).expect(code)
    doc = r.json()
    text = json.dumps(doc, ensure_ascii=False)
    true(doc.get("fout") and doc.get("code"), f"no reason: {r}")
    for w in words:
        has(text, w, "reason")
    true(len(text) < 20000, f"an answer of {len(text)} characters")
    return doc


def started(driver="sqlite"):
    c = Centre(driver)
    c.add(shop(0, SHOP))
    return c


# --- what is no JSON, or not what JSON allows ---------------------------------------------------------------

@test
def not_json(driver):
    c = started(driver)
    good = json.dumps(shop(1, SHOP), ensure_ascii=False)
    for data in ("", " \n\n ", "{", good[:-1], good[:40], good[:40] + "\n", good + good, good + "x", "x", "null", "5",
                 "true",
                 '"tekst"', "[]", f"[{good}]", "{}", "\ufeff", good.replace(":", "=", 1), good.replace('"', "'"),
                 "{'a': 1}", '{"fraudevorm": "OF-1.1.2",}', '{"fraudevorm": NaN}', '{"fraudevorm": 0x1}', "\x00",
                 "\x1b[2J"):
        refuse(c, data)
    for raw in (b'{"fraudevorm":"OF-1.1.2","verhaal":"\xff\xfe"}', b'{"fraudevorm":"OF-1.1.2","verhaal":"\xc0\xaf"}',
                b'{"fraudevorm":"OF-1.1.2","verhaal":"\xed\xa0\x80"}', b'\xff' * 5000, good.encode("utf-16"),
                b'{"fraudevorm":"OF-1.1.2","verhaal":"a\x00b"}', b'{"fraudevorm":"OF-1.1.2","verhaal":"a\\u0000b"}',
                b'{"fraudevorm":"OF-1.1.2","a\\u0000b":1}', b'{"fraudevorm":"OF-1.1.2","verhaal":"\\ud800"}',
                b'{"fraudevorm":"OF-1.1.2","verhaal":"a\nb"}', b'{"fraudevorm":"OF-1.1.2","verhaal":"a\tb"}'):
        refuse(c, raw)
    for raw in ('{"fraudevorm":"OF-1.1.2","fraudevorm":"OF-1.1.2"}',
                '{"fraudevorm":"OF-1.1.2","melder":{"rol":"a","rol":"b"}}',
                '{"fraudevorm":"OF-1.1.2","kenmerken":[{"soort":"iban","soort":"url","waarde":"x"}]}'):
        refuse(c, raw)
    c.whole(dossiers=1)


@test
def deep_and_huge(driver):
    c = started(driver)
    for data in ("[" * 100000, "[" * 100000 + "]" * 100000, '{"a":' * 100000,
                 '{"fraudevorm":"OF-1.1.2","x":' + "[" * 5000 +
                 "]" * 5000 + "}", '{"fraudevorm":"OF-1.1.2","x":' + "9" * 100000 + "}",
                 '{"fraudevorm":"OF-1.1.2","x":1e999999}', '{"fraudevorm":"OF-1.1.2","bedrag":' + "9" * 400 + "}",
                 '{"fraudevorm":"OF-1.1.2","bedrag":"' + "9" * 400 + '"}', '{"fraudevorm":"' + "O" * 200000 + '"}'):
        refuse(c, data)
    for n in (1, 300):
        answer = c.add(shop(1, SHOP, **{f"x{i}": i for i in range(n)}))
        has(" ".join(answer["opmerkingen"]), str(n), "remark on unknown members")
    c.whole(dossiers=3)


@test
def wrong_types(driver):
    c = started(driver)
    taken = 1
    for name in ("fraudevorm", "verhaal", "datum", "bedrag", "aangiftenummer", "kenmerken", "melder", "delen"):
        for value in (5, -1.5, True, [], {}, [[]], "tekst", None):
            doc = {**shop(1, SHOP), name: value}
            r = c.run("report", "add", "-", data=json.dumps(doc))
            true(r.code in (0, 1), str(r))
            taken += r.code == 0
            answer = r.json()
            if r.code:
                has(json.dumps(answer), name, f"the refusal of {name} = {value!r}")
                has(json.dumps(answer), "verwacht", f"the refusal of {name} = {value!r}")
            fine = {"verhaal": ("tekst",), "datum": (None,), "bedrag": (None,), "aangiftenummer": ("tekst", None),
                    "kenmerken": ([], [[]]), "melder": ({}, None), "delen": ([],)}.get(name, ())
            true((r.code == 0) == (value in fine and not isinstance(value, bool)), f"{name} = {value!r}: {r}")
    c.whole(dossiers=taken)


@test
def wrong_inside(driver):
    c = started(driver)
    odd = [5, None, True, "tekst", [], {}, {"soort": "iban"}, {"waarde": "x"}, {"soort": 5, "waarde": []},
           {"soort": "iban", "waarde": None}, {"soort": "kvk", "waarde": "12345678"},
           {"soort": "ruimteschip", "waarde": "x"},
           {"soort": "", "waarde": ""}, {"soort": "iban", "waarde": "NL00KENT0123456789"},
           {"soort": "url", "waarde": "x" * 5000},
           {"soort": "IBAN", "waarde": iban(1)}, {"soort": "telefoon", "waarde": "+31"},
           {"soort": "email", "waarde": "@"},
           {"soort": "wallet", "waarde": "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"},
           {"soort": "domein", "waarde": ".."}]
    answer = c.add({**shop(1, SHOP), "kenmerken": odd + [{"soort": "domein", "waarde": SHOP}]})
    text = " ".join(answer["opmerkingen"])
    for i in range(len(odd)):
        if odd[i] != {"soort": "IBAN", "waarde": iban(1)}:
            has(text, f"kenmerken[{i}]", "remarks")
    for secret in ("NL00KENT0123456789", "x" * 50, "0x5AAeb"):
        true(secret not in text, f"a remark repeats the value {secret}")
    shown = c.ok("report", "show", answer["ontvangstcode"])
    has(json.dumps(shown["kenmerken"]), SHOP)
    whos = [{"postcode4": "12"}, {"postcode4": "abcd"}, {"postcode4": "0123"}, {"leeftijdsgroep": "oud"},
            {"rol": "dader"},
            {"contact": 5}, {"contact": []}, {"contact": "a@b.example"}, {"contact": {"email": 5, "telefoon": []}},
            {"contact": {"email": "x" * 10000 + "@b.example"}}, {"contact": {"telefoon": "0" * 1000}},
            {"postcode4": 1234}, {"postcode4": {"a": [1]}}, {"rol": None, "leeftijdsgroep": 5}]
    for who in whos:
        r = c.run("report", "add", "-", data=json.dumps(shop({**who}, SHOP)))
        true(r.code in (0, 1), str(r))
        true(r.code == 1 or r.json()["opmerkingen"], f"nothing said about {who}: {r}")
    answer = c.add(shop(2, SHOP, delen=["politie", "de buurman"]))
    has(" ".join(answer["opmerkingen"]), "delen[1]", "remarks")
    same({s["aantal_melders"] for s in c.signals()}, {3}, "reporters counted")
    same(len(c.barriers()), 3, "barriers: good reports beside bad ones count")
    c.whole()


@test
def meaning(driver):
    c = started(driver)
    base = shop(1, SHOP)
    for key, bad in (("fraudevorm", ["OF-99", "", "of-1.1.2", "OF-1.1.2 ", "x" * 21, "OF-1.1.2\n"]),
                     ("datum", [at(2, NOW)[:10], "2999-01-01", "2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10",
                                "20-02-2026",
                                "2026-2-2", "", "gisteren", "2026-02-20T10:00:00Z", "0000-00-00", "1900-01-01",
                                "-2026-01-01"]),
                     ("bedrag", ["-5.00", "-0", "5.001", "1e3", "€ 5", "", " 5", "5 ", "1.000,00", "abc", "9999999999",
                                 "٣", "0x10", "NaN", "+5"]), ("aangiftenummer", ["x" * 65])):
        for value in bad:
            doc = refuse(c, json.dumps({**base, key: value}), key)
            true(not value or len(value) < 3 or value not in json.dumps(doc["fouten"], ensure_ascii=False),
                 f"the refusal repeats {value!r}: {doc}")
    for key, good in (("datum", [NOW[:10], "2024-02-29"]), ("bedrag", ["0", "0.01", "999999999.99", "12,5"])):
        for value in good:
            c.add({**base, key: value})
    missing = {k: v for k, v in base.items() if k != "fraudevorm"}
    refuse(c, json.dumps(missing), "fraudevorm")
    doc = refuse(c, json.dumps({**base, "datum": "x", "bedrag": "x", "fraudevorm": 5}))
    same({f["plaats"] for f in doc["fouten"]}, {"/datum", "/bedrag", "/fraudevorm"}, "all findings at once")
    c.whole(dossiers=7)


@test(both=True)
def large(driver):
    c = started(driver)
    story = "a" * (10 << 20)
    refuse(c, json.dumps(shop(1, SHOP, verhaal=story)))
    refuse(c, json.dumps(shop(1, SHOP, verhaal="b" * 200_000)), "verhaal")
    refuse(c, json.dumps(shop(1, SHOP, verhaal=story), indent=1))
    answer = c.add(shop(1, SHOP, verhaal="é" * 51_000))
    same(len(c.ok("report", "show", answer["ontvangstcode"])["verhaal"]), 51_000, "a long story")
    lines = [shop(2, SHOP), shop(3, SHOP, verhaal=story), shop(4, SHOP)]
    check_lines(c, [json.dumps(x) for x in lines], [True, False, True])
    same(len(c.barriers()), 3, "barriers")
    c.whole(dossiers=4)


@test
def two_hundred_identifiers(driver):
    c = started(driver)
    ids = [("domein", f"kt-winkel-{i}.nl") for i in range(200)]
    r = c.run("report", "add", "-", data=json.dumps(report(1, *ids)))
    true(r.code in (0, 1), str(r))
    if r.code == 0:
        has(" ".join(r.json()["opmerkingen"]), "50", "remark on too many")
        same(len(c.ok("report", "show", r.json()["ontvangstcode"])["kenmerken"]), 50, "identifiers kept")
    else:
        has(json.dumps(r.json()), "kenmerken")
    c.add(report(2, *[("domein", SHOP)] * 200))
    c.whole()


# --- many lines ---------------------------------------------------------------------------------------------

def check_lines(c, lines, good, end="\n"):
    """Each line gets its answer, in order; the good ones are stored."""
    before = c.dossiers()
    raw = b"".join((x.encode() if isinstance(x, str) else x) + end.encode() for x in lines)
    r = c.run("report", "add", "-", data=raw).expect(0 if all(good) else 1)
    answers = r.lines()
    same(["meldingsnummer" in a for a in answers], good, f"answers to {len(lines)} lines (True: taken)")
    same(c.dossiers(), before + sum(good), "dossiers")
    return answers


def numbered(c, answers, stories):
    for a, story in zip(answers, stories):
        if story is not None:
            same(c.ok("report", "show", a["ontvangstcode"])["verhaal"], story, "the story behind an answer")


@test(both=True)
def good_and_bad_lines(driver):
    c = Centre(driver)
    lines, good, stories = [], [], []
    bad = ["{}", '{"fraudevorm":"OF-1.1.2"', "kapot", "[]", "null", b'{"fraudevorm":"\xff"}', '{"fraudevorm":"OF-99"}',
           '{"fraudevorm":"OF-1.1.2","datum":"2999-01-01"}', b"\x00", '{"fraudevorm":"OF-1.1.2"}}', "[" * 2000]
    for i in range(40):
        story = f"verhaal nummer {i}"
        lines.append(json.dumps(shop(i, SHOP, verhaal=story)))
        good.append(True)
        stories.append(story)
        if i % 3 == 0:
            lines.append(bad[(i // 3) % len(bad)])
            good.append(False)
            stories.append(None)
    numbered(c, check_lines(c, lines, good), stories[:12])
    check_lines(c, [json.dumps(shop(1, SHOP)), "", "   ", json.dumps(shop(2, SHOP))][::3], [True, True], end="\r\n")
    r = c.run("report", "add", "-", data="\n\n" + json.dumps(shop(1, SHOP)) + "\n\n\n" + json.dumps(shop(2,
                                                                                                       SHOP))).expect(0)
    same(len(r.lines()), 2, "answers; empty lines get none")
    c.whole(dossiers=44)


@test
def the_first_line_is_bad(driver):
    good = json.dumps(shop(1, SHOP))
    wrong = []
    for bad in ('{"fraudevorm": 5}', "kapot", '{"fraudevorm":"OF-1.1.2","verhaal":"afgek', "[]", "null", "\x00"):
        c = Centre(driver)
        r = c.run("report", "add", "-", data="\n".join([bad, good, good, ""]))
        answers = r.lines()
        if ["meldingsnummer" in a for a in answers] != [False, True, True] or r.code != 1:
            wrong.append((bad, r.code, len(answers)))
        c.whole(dossiers=sum("meldingsnummer" in a for a in answers))
    same(wrong, [], "first lines that take the others with them (line, exit, answers)")


@test
def one_report_over_several_lines(driver):
    c = Centre(driver)
    for indent in (1, 4, "\t"):
        c.ok("report", "add", "-", data=json.dumps(shop(1, SHOP), indent=indent))
    c.ok("report", "add", "-", data=json.dumps(shop(1, SHOP)))
    c.ok("report", "add", data=json.dumps(shop(1, SHOP)) + "\n")
    c.whole(dossiers=5)


@test
def a_line_of_twenty_megabytes(driver):
    c = Centre(driver)
    lines = [json.dumps(shop(i, SHOP, verhaal=f"nummer {i}")) for i in range(6)]
    for middle in ("x" * (20 << 20), json.dumps(shop(9, SHOP, verhaal="y" * (20 << 20)))):
        check_lines(c, [*lines[:3], middle, *lines[3:]], [True] * 3 + [False] + [True] * 3)
    c.whole(dossiers=12)


@test
def a_live_line_is_answered_at_once(driver):
    c = Centre(driver)
    p = child([PROGRAM, *c.argv("report", "add", "-")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=c.env())
    for i in range(3):
        p.stdin.write((json.dumps(shop(i, SHOP)) + "\n").encode())
        p.stdin.flush()
        has(strict_json(p.stdout.readline().decode()), "meldingsnummer", "answer while the input stays open")
    p.stdin.write(b'{"fraudevorm":"OF-1.1.2"')
    p.stdin.flush()
    time.sleep(0.05)
    p.stdin.close()
    has(strict_json(p.stdout.readline().decode()), "fout", "answer to a line cut off")
    same(p.wait(20), 1, "exit")
    end_child(p)
    c.whole(dossiers=3)


@test
def nobody_reads_the_answers(driver):
    c = Centre(driver)
    data = "".join(json.dumps(shop(i, SHOP)) + "\n" for i in range(300)).encode()
    p = child([PROGRAM, *c.argv("report", "add", "-")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
              stderr=subprocess.PIPE, env=c.env())
    p.stdout.close()
    try:
        p.communicate(data, timeout=60)
    except (BrokenPipeError, ValueError):
        p.wait(60)
    true(p.returncode in (0, 1), f"exit {p.returncode}")
    c.whole()


# --- files and settings -------------------------------------------------------------------------------------

@test
def unreadable_files(driver):
    c = started(driver)
    folder = scratch()
    for args in (["report", "add"], ["safety", "import"], ["restore"]):
        c.refused(*args, folder / "er-is-niets")
        c.refused(*args, folder)
    for args in (["identify", folder / "niets"], ["identify", folder], ["policy", "check", folder / "niets"]):
        true(c.run(*args).expect(1).json()["fout"], "reason")
    c.whole(dossiers=1)


@test
def bad_settings(driver):
    c = started(driver)
    conf = c.dir / "kentering.conf"
    for line, text in ((1, "rommel"), (3, "# goed\nlog_level = info\nlog_level = luid\n"), (2, "\nmod = demo\n"),
                       (1, "= x\n"),
                       (2, "node = a\nmax_group = veel\n"), (2, "# a\nmax_group = 0\n"), (1, "\x00\x01\xff\n")):
        conf.write_bytes(text.encode("latin-1"))
        r = c.run("barriers", "list", as_json=False).expect(1)
        has(r.err, "kentering.conf", "complaint")
        has(r.err, f":{line}:", "complaint about the line")
        same(c.refused("barriers", "list").get("regel"), line, "line in JSON")
    conf.write_bytes(b"x" * 1_000_000)
    c.refused("barriers", "list")
    conf.write_text("# niets\n\n  log_level =  error  \n")
    c.ok("barriers", "list")
    for name, value in (("KENTERING_LOG_LEVEL", "luid"), ("KENTERING_MODE", "echt"), ("KENTERING_MAX_GROUP", "-1"),
                        ("KENTERING_BUSY_MS", "lang"), ("KENTERING_NODE", "x" * 1000)):
        r = c.run("barriers", "list", env={name: value}, as_json=False).expect(1)
        has(r.err, name, "complaint")
    for now in ("gisteren", "2026-02-30T10:00:00Z", "2026-02-20", "2026-02-20T25:00:00Z", "x" * 5000, "1",
                "٢٠٢٦-02-20T10:00:00Z"):
        has(c.refused("barriers", "list", env={"KENTERING_NOW": now})["fout"], "KENTERING_NOW", "complaint")
    c.ok("barriers", "list", env={"KENTERING_NOW": "2026-03-03T10:00:00+01:00"})
    c.whole(dossiers=1)


@test
def bad_databases(driver):
    c = started(driver)
    for text in ("host=/nergens dbname=x", "host=", "geen verbinding", "postgresql://x:y@/", "sqlite3"):
        r = c.run("barriers", "list", env={"KENTERING_DATABASE": text + " password=geheim123" if "=" in text else text})
        true(r.expect(1).json()["fout"], str(r))
        true("geheim123" not in r.out + r.err, f"the password is told: {r}")
    c.whole(dossiers=1)


@test
def data_directory_is_no_directory(driver):
    folder = scratch()
    (folder / "bestand").write_text("x")
    for where in (folder / "bestand", folder / "a" / "b", folder / ("n" * 300), folder / ("d/" * 3000)):
        c = Centre(driver, folder=where)
        c.refused("report", "add", "-", data=json.dumps(shop(1, SHOP)))
    true(not (folder / "a").exists(), "made folders above the data directory")


# --- damaged data -------------------------------------------------------------------------------------------

def damage(c, how):
    db = c.dir / "kentering.db"
    raw = bytearray(db.read_bytes())
    how(raw)
    db.write_bytes(raw)
    for f in ("kentering.db-wal", "kentering.db-shm"):
        (c.dir / f).unlink(missing_ok=True)


@test
def damaged_database(driver):
    def header(raw):
        raw[:100] = b"\xa5" * 100

    def half(raw):
        del raw[len(raw) // 2:]

    def stump(raw):
        del raw[10:]

    def other(raw):
        raw[:] = b"dit is geen database " * 1000

    def middle(raw):
        for at_byte in range(4096, len(raw), 4096):
            raw[at_byte:at_byte + 200] = os.urandom(200)
    for how in (header, half, stump, other, middle):
        c = Centre(driver)
        c.add_lines(shop(i, f"kt-{i}.nl", verhaal="x" * 2000) for i in range(30))
        damage(c, how)
        kept = (c.dir / "kentering.db").read_bytes()
        for args in (["audit", "verify"], ["report", "add", "-"], ["barriers", "list"], ["signals", "list"]):
            r = c.run(*args, data=json.dumps(shop(1, SHOP)))
            true(r.code == 1, f"{how.__name__}: {r}")
            doc = r.json()
            true(doc.get("fout") or doc.get("goed") is False, f"{how.__name__}: no reason: {r}")
        if how is not middle:
            same((c.dir / "kentering.db").read_bytes() == kept, True,
                 f"{how.__name__}: the damaged file is left as it was")


@test
def tampered_log(driver):
    free = "DROP TRIGGER audit_row_no_update; DROP TRIGGER audit_row_no_delete;"
    cases = [("UPDATE audit_row SET detail = 'x' WHERE seq = 5", 5),
             ("UPDATE audit_row SET at_ms = at_ms + 1 WHERE seq = 3", 3),
             ("DELETE FROM audit_row WHERE seq = 4", 4), ("UPDATE audit_row SET object = 'M-00000-00000' WHERE seq = 1",
                                                          1),
             ("INSERT INTO audit_row SELECT chain, seq + 100, at_ms, actor, action, object, detail, prev, hash "
              "FROM audit_row WHERE seq = 2", 102), ("DELETE FROM audit_row WHERE seq > 4", 5),
             ("UPDATE audit_row SET seq = 1000 WHERE seq = 2; UPDATE audit_row SET seq = 2 WHERE seq = 3; "
              "UPDATE audit_row SET seq = 3 WHERE seq = 1000", 2)]
    first = Centre(driver)
    first.add_lines(shop(i, f"kt-{i}.nl") for i in range(6))
    for sql, row in cases:
        c = Centre(driver)
        shutil.copytree(first.dir, c.dir)
        db = sqlite3.connect(c.dir / "kentering.db")
        db.executescript(free + sql + ";")
        db.close()
        r = c.run("audit", "verify").expect(1)
        doc = r.json()
        same(doc["goed"], False, f"verify after {sql}")
        same(doc["regel"], row, f"first bad row after {sql} ({doc['wat']})")
        has(c.run("audit", "verify", as_json=False).expect(1).out, "NIET", "plain answer")
    first.whole(dossiers=6)


@test
def emptied_database(driver):
    c = Centre(driver)
    c.add_lines(shop(i, SHOP) for i in range(3))
    for f in c.dir.glob("kentering.db*"):
        f.unlink()
    r = c.run("audit", "verify").expect(1).json()
    true(r.get("goed") is False or r.get("fout"), f"a database that was thrown away: {r}")


# --- machines that fail -------------------------------------------------------------------------------------

class SmallDisk(Centre):
    """A data directory on a disk of its own, in a mount namespace of its own that nobody else sees."""

    def __init__(self, size):
        if os.geteuid():
            skip("a small disk needs root")
        top = scratch()
        super().__init__("sqlite", folder=top / "schijf" / "data")
        script = f"mount -t tmpfs -o size={size} none '{top}/schijf' && echo ready && exec sleep 600"
        (top / "schijf").mkdir()
        self.holder = child(["unshare", "-m", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if self.holder.stdout.readline() != b"ready\n":
            skip("no private mount here (unshare -m)")
        self.prefix = ("nsenter", "-m", "-t", str(self.holder.pid), "--")

    def seen(self):
        return Path(f"/proc/{self.holder.pid}/root{self.dir}")

    def look(self):
        copy = scratch()
        for f in self.seen().glob("kentering.db*"):
            if not f.name.endswith("-shm"):
                shutil.copy(f, copy)
        sqlite3.connect(copy / "kentering.db").execute("SELECT count(*) FROM dossier").fetchall()
        return copy


@test
def full_disk(driver):
    c = SmallDisk("2m")
    c.add(shop(0, SHOP))
    reports = [shop(i, SHOP, verhaal="v" * 3000) for i in range(1500)]
    answers = c.add_lines(reports, code=1)
    same(len(answers), len(reports), "answers")
    taken = 1 + sum("meldingsnummer" in a for a in answers)
    true(10 < taken < 1500, f"{taken} reports on 2 MB")
    for a in answers:
        true("meldingsnummer" in a or "vol" in a["fout"], f"the reason does not speak of a full disk: {a}")
    c.refused("backup", c.dir.parent / "kopie")
    same([f.name for f in c.seen().parent.iterdir() if f.name != "data"], [],
         "left behind by a backup that did not fit")
    code = next(a["ontvangstcode"] for a in reversed(answers) if "ontvangstcode" in a)
    same(len(c.ok("report", "show", code)["verhaal"]), 3000, "the last report that fitted")
    same(c.whole(), taken, "dossiers")


@test
def full_from_the_start(driver):
    c = SmallDisk("64k")
    for _ in range(2):
        doc = c.refused("report", "add", "-", data=json.dumps(shop(0, SHOP)))
        has(doc["fout"], "vol", "reason")
        has(c.refused("init", env={"KENTERING_NOW": None})["fout"], "vol", "reason")


@test
def read_only_directory(driver):
    c = started(driver)
    prefix = ()
    top = scratch()
    exe, policy = top / "kentering", top / "policy"
    shutil.copy(PROGRAM, exe)
    exe.chmod(0o755)
    shutil.copytree(POLICY, policy)
    subprocess.run(["chmod", "-R", "a+rX", policy], check=True)
    if os.geteuid() == 0:
        if subprocess.run(["runuser", "-u", "nobody", "--", exe, "version"], capture_output=True).returncode:
            skip("cannot run as nobody")
        prefix = ("runuser", "-u", "nobody", "--")
        subprocess.run(["chown", "-R", "nobody", c.dir], check=True)
    c.policy = [policy]

    def run(*args):
        return c.run(*args, data=json.dumps(shop(1, SHOP)), prefix=prefix, exe=str(exe), cwd="/")
    for mode_dir, mode_file in ((0o500, 0o400), (0o700, 0o400), (0o500, 0o600), (0o000, 0o600), (0o700, 0o000)):
        for f in c.dir.iterdir():
            if f.is_file():
                f.chmod(mode_file)
        c.dir.chmod(mode_dir)
        r = run("report", "add", "-")
        c.dir.chmod(0o700)
        if r.code == 0:
            fail(f"taken with modes {mode_dir:o}/{mode_file:o}: {r}")
        true(r.expect(1).json()["fout"], str(r))
    for f in c.dir.iterdir():
        if f.is_file():
            f.chmod(0o600)
    top.chmod(0o755)
    new = Centre(driver, folder=top / "nieuw")
    new.policy = [policy]
    if prefix:
        new.run("report", "add", "-", data=json.dumps(shop(1, SHOP)), prefix=prefix, exe=str(exe),
                cwd="/").expect(1).json()
    c.whole(dossiers=1)


@test(both=True)
def two_processes(driver):
    c = Centre(driver)
    files, n = [], 150
    folder = scratch()
    for k in range(4):
        f = folder / f"{k}.jsonl"
        f.write_text("".join(json.dumps(shop(k * n + i, f"kt-{i % 10}.nl",
                                             verhaal=f"{k}/{i}")) + "\n" for i in range(n)))
        files.append(f)
    outs = [open(folder / f"out{k}", "wb+") for k in range(4)]
    running = [child([PROGRAM, *c.argv("report", "add", f)], stdout=o, stderr=subprocess.PIPE, env=c.env())
               for f, o in zip(files, outs)]
    taken, sample = 0, []
    for p, o in zip(running, outs):
        p.wait(120)
        o.seek(0)
        answers = [strict_json(x) for x in o.read().decode().splitlines()]
        o.close()
        true(p.returncode in (0, 1), f"exit {p.returncode}: {short(p.stderr.read().decode())}")
        for a in answers:
            true("meldingsnummer" in a or a.get("fout"), f"neither taken nor refused with a reason: {a}")
        mine = [a for a in answers if "meldingsnummer" in a]
        true(p.returncode == 1 or len(mine) == n, f"exit 0 with {len(mine)} of {n}")
        taken += len(mine)
        sample += mine[:2]
    true(taken >= n, f"{taken} reports taken by four processes")
    for a in sample:
        c.ok("report", "show", a["ontvangstcode"])
    c.whole(dossiers=taken)
    rows = c.barriers()
    same(len(rows), len({(b["waarde"], b["partner"]) for b in rows}), "barriers, none twice")
    if taken == 4 * n:
        same(len(rows), 30, "barriers")
        same({b["aantal_melders"] for b in rows}, {60}, "aantal_melders")


@test
def commands_beside_each_other(driver):
    """Reading, deciding and backing up while reports come in."""
    c = Centre(driver)
    c.add_lines(shop(n, SHOP) for n in range(3))
    data = "".join(json.dumps(shop(i, "kt-b.nl", verhaal="w" * 500)) + "\n" for i in range(3000)).encode()
    f = scratch() / "in.jsonl"
    f.write_bytes(data)
    p = child([PROGRAM, *c.argv("report", "add", f)], stdout=subprocess.DEVNULL, env=c.env())
    for i, b in enumerate(c.barriers()):
        if b["waarde"] == SHOP:
            c.ok("barriers", "approve", b["id"])
        c.ok("backup", f.parent / f"kopie{i}")
        c.verify()
    same(p.wait(120), 0, "exit of the one that adds")
    end_child(p)
    c.whole(dossiers=3003)
    d = Centre(driver)
    d.ok("restore", f.parent / "kopie0")
    d.whole(at_least=3)


if __name__ == "__main__":
    main()
