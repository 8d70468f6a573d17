#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Killed at random moments: nothing that was acknowledged is lost or doubled, nothing is half stored, the chain is
whole. 100 kills on each database; every tenth starts with an empty directory, so that its making is cut off as well."""
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import (FULL, PROGRAM, Centre, child, end_child, iban, main, postgres, report, same, scratch, strict_json,
                test, true)  # noqa: E402

ROUNDS = 300 if FULL else 100
FRESH = 10  # rounds on one directory
LINES = 1000


class Round:
    """One process that takes reports from a file until it is killed."""

    def __init__(self, c, n):
        self.c, self.n, self.folder = c, n, scratch()
        ids = [("domein", f"kt-{n}-{k}.nl") for k in range(40)]
        with open(self.folder / "in", "w", encoding="utf-8") as f:
            for i in range(LINES):
                doc = report(i % 97, ids[i % 40], ("iban", iban(n * LINES + i)), verhaal=f"verhaal {n}/{i}")
                f.write(json.dumps(doc) + "\n")

    def run(self, stop):
        """stop: kills, or waits for the end."""
        with open(self.folder / "out", "wb") as out, open(self.folder / "err", "wb") as err:
            p = child([PROGRAM, *self.c.argv("report", "add", self.folder / "in")], stdout=out, stderr=err,
                      env=self.c.env())
            stop(p, self.folder / "out")
            p.wait(60)
            end_child(p)
        true(p.returncode in (0, 1, -signal.SIGKILL), f"exit {p.returncode}: {(self.folder / 'err').read_text()[:500]}")
        return self.acknowledged()

    def acknowledged(self):
        """Whole lines only: half an answer is none."""
        lines = (self.folder / "out").read_bytes().split(b"\n")[:-1]
        return [(i, a) for i, a in enumerate(strict_json(x.decode()) for x in lines) if "meldingsnummer" in a]


def kill_after(seconds, first_answer):
    def stop(p, out):
        end = time.monotonic() + 20
        while first_answer and out.stat().st_size == 0 and p.poll() is None and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(seconds)
        p.kill()
    return stop


def check(c, acks, n):
    """Everything acknowledged on this directory stands there once; a sample opens."""
    numbers = [a["meldingsnummer"] for _, _, a in acks]
    same(len(set(numbers)), len(numbers), "acknowledged numbers, none twice")
    stored = [row[0] for row in c.sql("SELECT number FROM dossier")] if c.made() else []
    same(len(set(stored)), len(stored), "stored numbers, none twice")
    lost = set(numbers) - set(stored)
    same(lost, set(), f"acknowledged and lost after kill {n}")
    c.whole(at_least=len(numbers))
    for k, i, a in random.sample(acks, min(2, len(acks))):
        same(c.ok("report", "show", a["ontvangstcode"])["verhaal"], f"verhaal {k}/{i}", "the story behind an answer")
    return len(stored)


@test(both=True)
def kill_at_random_moments(driver):
    c, acks, total, empty, sent = None, [], 0, 0, 0
    for n in range(ROUNDS):
        if n % FRESH == 0:
            c, acks, sent = Centre(driver), [], 0
        r = Round(c, n)
        fresh_start = n % (2 * FRESH) == 0
        got = r.run(kill_after(random.uniform(0.005, 0.15), first_answer=not fresh_start and n % 3 != 0))
        sent += LINES
        acks += [(n, i, a) for i, a in got]
        total, empty = total + len(got), empty + (not got)
        stored = check(c, acks, n)
        true(stored <= sent, f"{stored} dossiers from {sent} reports")
    print(f"     {ROUNDS} kills, {total} acknowledged, {empty} before the first answer", flush=True)
    true(total > 5 * ROUNDS and empty > 0,
         f"{total} acknowledged, {empty} kills before the first: the kills prove too little")


@test(both=True)
def killed_and_gone_on(driver):
    """After a kill the same directory works on: the counting too."""
    c = Centre(driver)
    r = Round(c, 0)
    acks = [(0, i, a) for i, a in r.run(kill_after(0.05, True))]
    before = check(c, acks, 0)
    again = Round(c, 1)
    got = again.run(lambda p, out: p.wait(120))
    same(len(got), LINES, "answers after a kill")
    same(check(c, acks + [(1, i, a) for i, a in got], 1), before + LINES, "dossiers")
    rows = c.barriers()
    same(len({(b["waarde"], b["partner"]) for b in rows}), len(rows), "barriers, none twice")
    true({f"kt-1-{k}.nl" for k in range(40)} <= {b["waarde"] for b in rows}, "barriers of the second round")


@test
def database_server_dies(driver):
    """PostgreSQL itself is ended at once while reports come in: acknowledged is durable, the rest is refused."""
    c = Centre("postgres")
    r, pg = Round(c, 0), postgres()

    def crash(p, out):
        while out.stat().st_size == 0 and p.poll() is None:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.1))
        pg.halt(signal.SIGQUIT)
    got = r.run(crash)
    lines = (r.folder / "out").read_bytes().split(b"\n")[:-1]
    same(len(lines), LINES, "answers: each line gets one, taken or refused")
    c.refused("barriers", "list")
    pg.start()
    check(c, [(0, i, a) for i, a in got], 0)
    c.add(report(1, ("domein", "kt-na-de-val.nl")))


@test
def kill_during_other_work(driver):
    """Backups, imports and decisions that are cut off leave the directory as it was, or done."""
    c = Centre(driver)
    c.add_lines(report(n % 3, ("domein", f"kt-{n // 3}.nl"), verhaal="v" * 3000) for n in range(600))
    folder = scratch()
    for i in range(30 if FULL else 10):
        (folder / "lijst").write_text("".join(f"kt-lijst-{i}-{k}.nl\n" for k in range(3000)))
        work = [["backup", folder / f"kopie{i}"], ["safety", "import", "--allow-shrink", folder / "lijst"],
                ["rpz", "export", "-o", folder / "zone"]][i % 3]
        p = child([PROGRAM, *c.argv(*work)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=c.env())
        time.sleep(random.uniform(0.02, 0.12))
        p.kill()
        end_child(p)
        c.whole(dossiers=600)
        true(c.count("safety_entry") in (0, 3000), f"{c.count('safety_entry')} entries: half a list")
        same(c.count("safety_list") == 0, c.count("safety_entry") == 0, "a list and its entries")
    for f in folder.glob("kopie*"):
        if f.name[5:].isdigit():
            d = Centre(driver)
            if d.run("restore", f).code == 0:
                d.whole(dossiers=600)


if __name__ == "__main__":
    main()
