#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""What a reporter tells is found nowhere: no file of the data directory, no log, no memory after the request. And the
search itself is shown to find what is there: a domain (an open kind), and an account once three people named it."""
import base64
import binascii
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import (PROGRAM, Centre, Postgres, child, end_child, iban, main, postgres, same, scratch, skip, strict_json,
                test, true)  # noqa: E402

SHOP = "winkel-die-open-staat-kt.nl"
ACCOUNT = iban(4071826359)
PLANTED = {  # what it is: the ways it could be written
    "story": ["zevenendertig blauwe olifanten", "Wijnkopersgracht", "onder het vloerkleed"],
    "name in the story": ["Quirijna Zwaardvechter"],
    "contact e-mail": ["quirijna.zwaardvechter@postvak.example", "Quirijna.Zwaardvechter", "quirijna.zwaardvechter"],
    "contact phone": ["+31 6 8412 9037", "+31684129037", "0684129037", "684129037"],
    "account": [ACCOUNT, ACCOUNT[8:], " ".join(ACCOUNT[i:i + 4] for i in range(0, 18, 4))],
    "swindler's phone": ["+31 6 8599 1204", "+31685991204", "685991204"],
    "swindler's e-mail": ["verkoper.bedrieger@nepbus.example", "verkoper.bedrieger"],
    "wallet": ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"],
    "handle": ["marktplaats:olifantenhandelaar", "olifantenhandelaar"],
    "advertisement": ["m9182736450"],
    "amount": ["84317.62"],
    "crime report": ["PL0900-2026-778123"],
    "receiver": ["deelgenoot_onbekend"],
    "unknown member": ["ongevraagde bijzonderheid"],
}
STORY = ("Ik, Quirijna Zwaardvechter, woon aan de Wijnkopersgracht en kocht zevenendertig blauwe olifanten; het geld "
         "lag onder het vloerkleed. Bel mij op +31 6 8412 9037. "
         "Ik maakte het over naar " + PLANTED["account"][2] + " en naar "
         "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa; hij belde met +31 6 8599 1204 en mailde van "
         "verkoper.bedrieger@nepbus.example.")


def planted(n=0, form="OF-1.1.1", contact=None):
    return {
        "fraudevorm": form, "verhaal": STORY, "datum": "2026-02-20", "bedrag": "84317.62",
        "aangiftenummer": "PL0900-2026-778123", "bijzonder": {"iets": "ongevraagde bijzonderheid"},
        "kenmerken": [{"soort": "iban", "waarde": PLANTED["account"][2]},
                      {"soort": "telefoon", "waarde": "06-85991204"},
                      {"soort": "email", "waarde": "Verkoper.Bedrieger@NepBus.example"},
                      {"soort": "wallet", "waarde": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
                      {"soort": "account", "waarde": "marktplaats:olifantenhandelaar"},
                      {"soort": "advertentie", "waarde": "marktplaats:m9182736450"},
                      {"soort": "domein", "waarde": SHOP}],
        "melder": {"postcode4": "1234", "leeftijdsgroep": "65+", "rol": "mijzelf",
                   "contact": contact or {"email": "Quirijna.Zwaardvechter@postvak.example",
                                          "telefoon": "+31 6 8412 9037"}},
        "delen": ["deelgenoot_onbekend"],
    }


def forms(text):
    """A text as UTF-8, UTF-16 of both kinds, hex, and the part of its base64 that no neighbour can change."""
    raw = text.encode()
    yield "utf-8", raw
    yield "utf-16-le", text.encode("utf-16-le")
    yield "utf-16-be", text.encode("utf-16-be")
    yield "hex", binascii.hexlify(raw)
    for shift in range(3):
        for name, fn in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            part = fn(b"\0" * shift + raw).rstrip(b"=")
            core = part[4 if shift else 0:len(part) - 2]
            if len(core) >= 10:
                yield f"{name}+{shift}", core


def needles(values):
    """Of what to look for: pairs of bytes and what they mean; the first list is in lower case."""
    folded, exact = {}, {}
    for what, texts in values.items():
        for text in texts:
            for form, raw in forms(text):
                if form.startswith("base64"):
                    exact[raw] = f"{what} ({form})"
                else:
                    folded[raw.lower()] = f"{what} ({form})"
    return least(folded), least(exact)


def least(found):
    """Without those that hold a shorter one: where they stand, that one stands too."""
    return {n: what for n, what in found.items() if not any(m != n and m in n for m in found)}


FOLDED, EXACT = needles(PLANTED)


def search(raw, codes=()):
    """What of the planted things stands in these bytes."""
    low = raw.lower()
    hits = {what for n, what in FOLDED.items() if n in low} | {what for n, what in EXACT.items() if n in raw}
    for code in codes:
        for text in (code, code.replace("-", "")):
            hits |= {f"receipt code ({form})" for form, n in forms(text) if n in raw}
    return hits


def search_tree(top, codes=()):
    found, files, total = {}, 0, 0
    for f in sorted(top.rglob("*")):
        if f.is_file() and not f.is_symlink():
            raw = f.read_bytes()
            files, total = files + 1, total + len(raw)
            hits = search(raw, codes)
            if hits:
                found[str(f.relative_to(top))] = sorted(hits)
    true(files >= 3 and total > 300, f"only {files} files, {total} bytes searched")
    return found


def ask(p, doc):
    p.stdin.write((json.dumps(doc) + "\n").encode())
    p.stdin.flush()
    return strict_json(p.stdout.readline().decode())


def live(c, err):
    return child([PROGRAM, *c.argv("report", "add", "-")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err,
                 env=c.env(KENTERING_LOG_LEVEL="debug"))


NOTHING = b"\0" * 4096


def memory(pid):
    """All that a process can read of itself, straight from /proc (also what a core would leave out)."""
    parts = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            span, mode, *_ = line.split()
            if "r" not in mode or "[v" in line:
                continue
            a, b = (int(x, 16) for x in span.split("-"))
            try:
                mem.seek(a)
                raw = mem.read(b - a)
                parts += [raw[i:i + 4096] for i in range(0, len(raw), 4096) if raw[i:i + 4096] != NOTHING]
            except OSError:
                pass
    return b"".join(parts)


def core(pid):
    gdb = shutil.which("gdb", path=os.environ.get("PATH", "") + ":/usr/bin")
    if not gdb:
        skip("no gdb")
    out = scratch() / "core"
    subprocess.run([gdb, "-nx", "-q", "-batch", "-ex", f"generate-core-file {out}", "-p", str(pid)],
                   capture_output=True, timeout=120, env={**os.environ, "DEBUGINFOD_URLS": ""})
    if not out.exists():
        skip("gdb may not attach here")
    raw = out.read_bytes()
    return b"".join(raw[i:i + 4096] for i in range(0, len(raw), 4096) if raw[i:i + 4096] != NOTHING)


def told(found, where):
    same(found, type(found)(), f"planted values in {where}")


# --- files and logs -----------------------------------------------------------------------------------------

@test
def the_search_finds(driver):
    for text in ("quirijna.zwaardvechter@postvak.example", ACCOUNT, "+31684129037"):
        for form, raw in forms(text):
            true(search(b"\x01\x02" + raw + b"\xff"), f"{text} as {form} is not found")
    for shift in range(4):
        blob = base64.b64encode(b"x" * shift + ACCOUNT.encode() + b"yyyy")
        true(search(blob), f"base64 at {shift} is not found")
    same(search(os.urandom(1 << 20)), set(), "found in noise")


@test(both=True)
def files_hold_nothing(driver):
    if driver == "postgres":
        Postgres.settings.update(log_statement="all", log_min_duration_statement="0", log_error_verbosity="verbose",
                                 log_parameter_max_length="-1", log_parameter_max_length_on_error="-1")
    c = Centre(driver)
    err = open(scratch() / "stderr", "wb+")
    codes = []
    p = live(c, err)
    for n in range(2):  # two people: below every threshold of sealed kinds
        contact = None if n else {"telefoon": "0684129037"}
        codes.append(ask(p, planted(n, contact=contact))["ontvangstcode"])
    for broken in (b'{"fraudevorm":"OF-99","verhaal":"zevenendertig blauwe olifanten"}\n',
                   b'{"verhaal":"zevenendertig blauwe olifanten", "melder": "quirijna.zwaardvechter@postvak.example\n'):
        p.stdin.write(broken)
        p.stdin.flush()
        answer = p.stdout.readline()
        told(search(answer), "a refusal")
    if driver == "sqlite":
        true((c.dir / "kentering.db-wal").exists(), "no write-ahead log to search")
    told(search_tree(c.dir, codes), "the data directory while the program runs")
    p.stdin.close()
    p.wait(30)
    told(search_tree(c.dir, codes), "the data directory")
    err.seek(0)
    told(search(err.read(), codes), "stderr")
    if driver == "postgres":
        postgres().psql("postgres", "CHECKPOINT")
        told(search_tree(postgres().data, codes), "PostgreSQL's own files")
        log = (postgres().top / "log").read_bytes()
        true(b"dossier_field" in log, "PostgreSQL's log shows no statements")
        told(search(log, codes), "PostgreSQL's log")
    run = c.run("report", "show", codes[0], env={"KENTERING_LOG_LEVEL": "debug"}).expect(0)
    true(search(run.raw), "report show does not give the report back")
    told(search(run.raw_err, codes), "stderr of report show")
    for args in (["signals", "list"], ["barriers", "list"], ["audit", "verify"], ["rpz", "export"]):
        r = c.run(*args, env={"KENTERING_LOG_LEVEL": "debug"}).expect(0)
        told(search(r.raw + r.raw_err, codes), " ".join(args))
    copy = scratch() / "kopie"
    c.ok("backup", copy)
    told(search(copy.read_bytes(), codes), "a backup")
    told(search_tree(c.dir, codes), "the data directory after all")
    if driver == "postgres":
        told(search_tree(postgres().data, codes), "PostgreSQL's own files after all")
    c.whole(dossiers=2)


@test(both=True)
def opened_at_the_threshold(driver):
    c = Centre(driver)
    for n in range(2):
        c.add(planted(n, contact={"email": f"m{n}@mail.example"}))
    values = {s.get("soort"): s.get("waarde") for s in c.signals()}
    same(values, {None: None, "domein": SHOP} if None in values else {"domein": SHOP},
         "signals known by value after two")
    sealed = [s for s in c.signals() if "waarde" not in s]
    true(len(sealed) >= 5, f"{len(sealed)} sealed signals")
    c.add(planted(2, contact={"email": "m2@mail.example"}))
    kinds = {b["soort"]: b["waarde"] for b in c.barriers()}
    same(kinds.get("iban"), ACCOUNT, "the account after three")
    same(set(kinds), {"iban", "telefoon", "email", "account", "advertentie", "domein"}, "barriers after three")
    signals = json.dumps(c.signals())
    true(ACCOUNT in signals and "1A1zP1eP5Q" not in signals, "a wallet, of no rule, stays sealed")
    if driver == "sqlite":
        found = search_tree(c.dir)
        true(any("account (utf-8)" in hits for hits in found.values()),
             f"the opened account is not found in the files: {found}")
        for what in ("story", "name in the story", "contact phone", "wallet", "amount", "crime report"):
            true(not any(what in h for hits in found.values() for h in hits), f"{what} is found: {found}")
        true(SHOP.encode() in b"".join(f.read_bytes() for f in c.dir.glob("kentering.db*")),
             "the open domain is not found")


@test
def one_person_opens_nothing(driver):
    c = Centre(driver)
    for form in ("OF-1.1.1", "OF-2.1", "OF-1.2.1"):
        c.add(planted(form=form))
    told(search_tree(c.dir), "the data directory")
    same([s for s in c.signals() if s.get("waarde") not in (None, SHOP)], [], "values known")


@test
def modes(driver):
    for args in (["init"], None):
        c = Centre(driver, now=None if args else "2026-03-02T10:00:00Z")
        if args:
            c.ok(*args)
        c.add_lines([planted()])
        umask = os.umask(0)
        try:
            c.add_lines([planted()])
        finally:
            os.umask(umask)
        keys = list((c.dir / "keys").iterdir())
        true(len(keys) >= 3, f"keys: {keys}")
        for f in [c.dir, *c.dir.rglob("*")]:
            mode = stat.S_IMODE(f.stat().st_mode)
            if f.is_dir():
                same(oct(mode), oct(0o700), f"mode of {f.name}/")
            else:
                true(mode & 0o077 == 0, f"others may read {f.name}: {mode:o}")
        for f in keys:
            same(oct(stat.S_IMODE(f.stat().st_mode)), oct(0o600), f"mode of keys/{f.name}")
        raw = b"".join(f.read_bytes() for f in c.dir.glob("kentering.db*"))
        for f in keys:
            key = f.read_bytes()
            true(len(key) < 16 or (key not in raw and key.strip() not in raw), f"keys/{f.name} stands in the database")


# --- memory -------------------------------------------------------------------------------------------------

def after_requests(driver):
    """A process that has answered and still lives, with what it could remember."""
    c = Centre(driver)
    p = live(c, subprocess.DEVNULL)
    codes = [ask(p, planted(0))["ontvangstcode"]]
    for bad in ({**planted(0), "fraudevorm": "OF-99"}, {**planted(0), "datum": "x"}):
        true("fout" in ask(p, bad), "taken")
    codes.append(ask(p, planted(0))["ontvangstcode"])
    time.sleep(0.2)
    return c, p, codes


@test(both=True)
def core_after_the_request(driver):
    c, p, codes = after_requests(driver)
    raw = core(p.pid)
    true(len(raw) > 1 << 20 and b"kentering" in raw, f"a core of {len(raw)} bytes is no core")
    told(search(raw, codes), "the core")
    end_child(p)


@test(both=True)
def memory_after_the_request(driver):
    c, p, codes = after_requests(driver)
    try:
        raw = memory(p.pid)
    except PermissionError:
        skip("may not read another process's memory here")
    true(len(raw) > 1 << 20 and b"vloerkleed" not in raw[:64], "nothing read")
    true(str(c.dir).encode() in raw, "the search does not even find the folder's name")
    told(search(raw, codes), "memory")
    p.stdin.write(b'{"fraudevorm":"OF-1.1.1","verhaal":"zevenendertig blauwe olifanten')  # a request that goes on
    p.stdin.flush()
    time.sleep(0.3)
    true(search(memory(p.pid)), "the search does not find a request that is still being read")
    end_child(p)


@test
def memory_after_many_requests(driver):
    c = Centre(driver)
    p = live(c, subprocess.DEVNULL)
    lines = b"".join((json.dumps(planted(n, contact={"telefoon": "0684129037"})) + "\n").encode() for n in range(300))
    threading.Thread(target=lambda: (p.stdin.write(lines), p.stdin.flush())).start()
    answers = [strict_json(p.stdout.readline().decode()) for _ in range(300)]
    time.sleep(0.2)
    try:
        raw = memory(p.pid)
    except PermissionError:
        skip("may not read another process's memory here")
    told(search(raw, [a["ontvangstcode"] for a in answers[::60]]), "memory")
    end_child(p)


if __name__ == "__main__":
    main()
