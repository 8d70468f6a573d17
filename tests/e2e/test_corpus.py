#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Real material: mails, dead scam domains, lists of names that everybody knows.

The usual form reports 3,000 domains and approves a seeded 500 of them one by one; with KENTERING_FULL all are
approved. The whole list goes through the bench `corpus`."""
import concurrent.futures
import email
import email.policy
import json
import os
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import (FULL, POLICY, PROGRAM, Centre, base_env, check_zone, main, program, same, scratch, shared, shop,
                skip, test, true, zone_names)  # noqa: E402

KINDS = {"iban", "telefoon", "domein", "url", "email", "wallet", "account", "advertentie", "apparaat"}
LISTS = ["misp-bank-website.txt", "misp-tranco10k.txt", "misp-cisco_top10k.txt", "misp-moz-top500.txt",
         "misp-majestic_million.txt"]


# --- mails --------------------------------------------------------------------------------------------------

def mails():
    files = [f for f in sorted(shared("mail").rglob("*")) if f.is_file() and "LICENSE" not in f.name]
    same(len(files), 180, "mails")
    return files


def texts_of(raw):
    """The mail as it came, and its parts as people read them."""
    yield raw
    try:
        for part in email.message_from_bytes(raw, policy=email.policy.compat32).walk():
            if part.get_content_maintype() == "text":
                yield part.get_payload(decode=True) or b""
    except (ValueError, LookupError, AssertionError):
        return


def identify(exe, raw):
    r = program(["--policy", POLICY, "identify", "-"], raw, env=base_env(**sanitizer()), exe=exe).expect(0)
    found = r.lines()
    last = -1
    for f in found:
        same(set(f), {"soort", "waarde", "tekst", "begin", "eind"}, "members")
        true(f["soort"] in KINDS, f"kind {f['soort']}")
        true(0 <= f["begin"] < f["eind"] <= len(raw), f"position outside the text: {f}")
        same(f["tekst"], strict_utf8(raw[f["begin"]:f["eind"]], f["tekst"]), "the bytes at its position")
        true(f["begin"] >= last, f"out of order: {f}")
        last = f["begin"]
    true("ERROR:" not in r.err and "runtime error" not in r.err, f"sanitizer: {r}")
    return found


def strict_utf8(raw, told):
    """Bytes that are no UTF-8 are told as U+FFFD, however many they are."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return told if "\ufffd" in told else raw.decode("utf-8", "replace")


def sanitizer():
    return {k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}


def every_mail(exe):
    files, found = mails(), {}
    parts = [list(texts_of(f.read_bytes())) for f in files]
    true(sum(map(len, parts)) > 2 * len(files), "no decoded parts")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for hits in pool.map(lambda texts: identify(exe, b"\n\n".join(texts)), parts):
            for f in hits:
                found.setdefault(f["soort"], set()).add(f["waarde"])
    for kind, least in (("url", 100), ("domein", 100), ("email", 50)):
        true(len(found.get(kind, ())) >= least, f"only {len(found.get(kind, ()))} of kind {kind} in all mails")
    return found


@test
def mails_through_identify(driver):
    found = every_mail(PROGRAM)
    text = "\n".join(sorted(found["domein"])).encode()
    again = {f["waarde"] for f in identify(PROGRAM, text) if f["soort"] == "domein"}
    common = {d for d in found["domein"] if d.rsplit(".", 1)[1] in ("nl", "com", "net", "org", "de", "be", "eu", "uk")}
    true(len(common) > 50, f"only {len(common)} common names")
    same(common - again, set(), "domains that are not found again in their canonical form")


@test
def mails_under_asan(driver):
    exe = os.environ.get("KENTERING_ASAN")
    if not exe or not os.access(exe, os.X_OK):
        skip("no program with sanitizers (KENTERING_ASAN)")
    every_mail(exe)


@test
def mails_in_pieces(driver):
    """Cut anywhere, upside down, all at once: never a crash, never a position outside."""
    raws = [f.read_bytes() for f in mails()]
    for raw in random.sample(raws, 12):
        cut = random.randrange(len(raw))
        for piece in (raw[cut:], raw[:cut], raw[::-1], raw.replace(b" ", b""), raw.replace(b"\n", b"\0")):
            identify(PROGRAM, piece)
    identify(PROGRAM, b"".join(raws))


# --- scam domains -------------------------------------------------------------------------------------------

def three_each(names):
    return [shop(n, name, verhaal="x") for name in names for n in random.sample(range(1000), 3)]


def approve(c, ids):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for r in pool.map(lambda i: c.run("barriers", "approve", i), ids):
            r.expect(0)


def psl():
    """The public suffix list: rule → is it an exception?"""
    rules = set()
    for line in shared("psl", "public_suffix_list.dat").read_text(encoding="utf-8").splitlines():
        line = line.split(" ")[0].strip()
        if line and not line.startswith("//"):
            head = line[:1] if line[:1] == "!" else line[:2] if line[:2] == "*." else ""
            rules.add(head + line[len(head):].encode("idna").decode())
    return rules


def registrable(name, rules):
    labels = name.split(".")
    for i in range(len(labels)):
        rest = ".".join(labels[i:])
        if "!" + rest in rules:
            return rest
        if rest in rules or "*." + ".".join(labels[i + 1:]) in rules:
            return ".".join(labels[i - 1:]) if i else None
    return ".".join(labels[-2:])


@test(both=True)
def scam_domains_to_a_zone(driver):
    names = shared("phish", "jarelllama-scam-dead.txt").read_text().split()
    true(len(names) > 98000, f"{len(names)} domains")
    n = 3000 if driver == "sqlite" or FULL else 500
    names = random.sample(names, n)
    c = Centre(driver)
    answers = c.add_lines(three_each(names), timeout=300)
    same(len(answers), 3 * n, "answers")
    rows = c.barriers()
    same({b["toestand"] for b in rows}, {"voorgesteld"}, "states")
    values = {b["waarde"] for b in rows}
    rules = psl()
    expected = {registrable(name, rules) for name in names} - {None}
    lost = expected - values  # protected, shared hosting: a short list of well-known services
    true(len(lost) <= n / 50, f"{len(lost)} of {n} domains have no barrier: {sorted(lost)[:40]}")
    sld = {v for v in values if v not in expected}
    true(all(registrable(v, rules) in lost for v in sld),
         f"barriers on other names than the shop's: {sorted(sld)[:20]}")
    domain = {b["waarde"]: b["id"] for b in rows if b["maatregel"] == "domein_offline"}
    same(set(domain), values, "values with a barrier at their registry")
    chosen = sorted(domain) if FULL else random.sample(sorted(domain),
                                                       min(len(domain), 500 if driver == "sqlite" else 150))
    approve(c, [domain[v] for v in chosen])
    out = scratch() / "zone"
    told = c.ok("rpz", "export", "-o", out)
    plain, wild = zone_names(out.read_text())
    same((len(set(chosen) - plain), len(plain - set(chosen))), (0, 0), "approved names that lack, and others")
    same(wild, plain, "wildcards")
    same((told["namen"], told["beschermd"]), (len(chosen), 0), "told")
    check_zone(out)
    c.whole(dossiers=3 * n)


# --- names that everybody knows -----------------------------------------------------------------------------

def listed_names(name):
    return [x.strip().strip(".").lower() for x in shared("legit",
                                                         name).read_text(encoding="utf-8").splitlines() if x.strip()]


def ascii_name(name):
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name


@test(both=True)
def listed_names_are_never_hit(driver):
    c = Centre(driver)
    every, covers = set(), set()
    for f in LISTS:
        done = c.ok("safety", "import", shared("legit", f), timeout=300)
        names = [ascii_name(x) for x in listed_names(f)]
        true(done["namen"] >= 0.97 * len(set(names)), f"{f}: {done}, {len(set(names))} different names")
        every |= set(names)
    for name in every:  # the name itself and all above it: a zone entry there would cover it
        labels = name.split(".")
        covers |= {".".join(labels[i:]) for i in range(len(labels))}
    n = (20000 if FULL else 1500) if driver == "sqlite" else 500
    sample = random.sample(sorted(every), min(n, len(every)))
    banks = [ascii_name(x) for x in listed_names(LISTS[0])]
    sample += random.sample(banks, min(len(banks), n // 5))
    around = [".".join(x.split(".")[-2:]) for x in sample[::5]] + ["www." + x for x in sample[::7]] + [
        "kt-nep." + x for x in sample[::9]]
    r = c.run("report", "add", "-", data="".join(json.dumps(x) + "\n" for x in three_each(sample + around)),
              timeout=400)
    same((r.code, len(r.lines())), (0, 3 * len(sample + around)), "exit and answers")
    hit = sorted({b["waarde"] for b in c.barriers()} & covers)
    same(hit, [], "barriers that would cover a listed name")
    c.add_lines(three_each(["kt-gewone-nepwinkel.nl"]))
    true("kt-gewone-nepwinkel.nl" in {b["waarde"] for b in c.barriers()}, "another name can still be proposed")
    approve(c, [b["id"] for b in c.barriers() if b["maatregel"] == "domein_offline"][:60])
    text = c.run("rpz", "export", as_json=False).expect(0).out
    same(sorted(zone_names(text)[0] & covers), [], "zone entries that cover a listed name")
    true(zone_names(text)[0], "an empty zone")
    c.verify()


if __name__ == "__main__":
    main()
