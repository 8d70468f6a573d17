#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Data of an earlier release (tests/fixtures/release-*) opened by this program: nothing is lost, a copy is made first,
a killed start is followed by a good one, and data of a later release are refused in plain words."""
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import (PG_BIN, PROGRAM, SOURCE, Centre, base_env, child, end_child, has, main, postgres, same, scratch, shop, strict_json,
                test, true)  # noqa: E402

RELEASES = sorted((SOURCE / "tests" / "fixtures").glob("release-*"))
MIGRATIONS = len(list((SOURCE / "src" / "store" / "migrations").glob("[0-9]*.sql")))


class Old(Centre):
    """A data directory as the release left it."""

    def __init__(self, driver, release):
        super().__init__(driver)
        self.known = strict_json((release / f"{driver}.json").read_text(encoding="utf-8"))
        for name, data in self.known["bestanden"].items():
            path = self.dir / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.parent.chmod(0o700)
            path.write_bytes(bytes.fromhex(data))
            path.chmod(0o600)
        sql = (release / f"{driver}.sql").read_text(encoding="utf-8")
        if driver == "sqlite":
            db = sqlite3.connect(self.dir / "kentering.db")
            db.executescript(sql)
            db.close()
            (self.dir / "kentering.db").chmod(0o600)
        else:
            name = dict(part.split("=", 1) for part in self.database.split())["dbname"]
            subprocess.run([PG_BIN / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", postgres().socket, "-U", "postgres",
                            "-d", name], input=sql.encode(), check=True, stdout=subprocess.DEVNULL, env=base_env())
        self.had = self.version()

    def version(self):
        return int(self.sql("SELECT max(version) FROM schema_version")[0][0])

    def change(self, text):
        if self.driver == "postgres":
            self.sql(text)
            return
        db = sqlite3.connect(self.dir / "kentering.db", timeout=20)
        with db:
            db.execute(text)
        db.close()

    def copies(self):
        return sorted(p.name for p in self.dir.glob("kentering.db.voor-*"))

    def everything_is_there(self):
        for m in self.known["meldingen"]:
            doc = self.ok("report", "show", m["ontvangstcode"])
            same((doc["meldingsnummer"], doc["verhaal"]), (m["meldingsnummer"], m["verhaal"]), "an old report")
        rows = {b["id"]: (b["waarde"], b["partner"], b["maatregel"], b["toestand"]) for b in self.barriers()}
        for b in self.known["barrieres"]:
            same(rows.get(b["id"]), (b["waarde"], b["partner"], b["maatregel"], b["toestand"]), f"barrier {b['id']}")
        self.whole(dossiers=len(self.known["meldingen"]))
        same(self.version(), MIGRATIONS, "schema version")


def each(driver):
    true(RELEASES, "no data of an earlier release in tests/fixtures")
    return [Old(driver, r) for r in RELEASES]


@test(both=True)
def old_data_open_and_go_on(driver):
    for c in each(driver):
        c.everything_is_there()
        if driver == "sqlite" and c.had < MIGRATIONS:
            same(c.copies(), [f"kentering.db.voor-{c.had + 1:04d}"], "copies of the old database")
            db = sqlite3.connect(f"file:{c.dir / c.copies()[0]}?mode=ro", uri=True)
            same(db.execute("SELECT max(version) FROM schema_version").fetchone()[0], c.had, "version of the copy")
            same(db.execute("SELECT count(*) FROM dossier").fetchone()[0], len(c.known["meldingen"]), "dossiers in the copy")
            db.close()
        else:
            same(c.copies(), [], "copies where nothing is migrated, or the operator's base backup is the copy")
        # What was counted still counts: a fourth person on the shop joins the barriers that stand.
        before = len(c.barriers())
        c.add(shop(50, c.known["barrieres"][0]["waarde"]))
        same(len(c.barriers()), before, "barriers after one more report on the same shop")
        c.whole(dossiers=len(c.known["meldingen"]) + 1)


@test(both=True)
def second_start_changes_nothing(driver):
    for c in each(driver):
        c.barriers()
        copies, rows = c.copies(), c.sql("SELECT version, checksum, applied_ms FROM schema_version ORDER BY version")
        stamp = [(c.dir / n).stat().st_mtime_ns for n in copies]
        c.barriers()
        same(c.sql("SELECT version, checksum, applied_ms FROM schema_version ORDER BY version"), rows, "schema_version")
        same((c.copies(), [(c.dir / n).stat().st_mtime_ns for n in copies]), (copies, stamp), "copies")


@test(both=True)
def killed_while_migrating(driver):
    for c in each(driver):
        for _ in range(8):
            p = child([PROGRAM, *c.argv("barriers", "list")], env=c.env(), stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL)
            time.sleep(random.uniform(0, 0.04))
            end_child(p)
        true(c.had <= c.version() <= MIGRATIONS, f"version {c.version()} after the kills")
        c.everything_is_there()


@test(both=True)
def later_release_is_refused(driver):
    for c in each(driver):
        c.barriers()
        copies = c.copies()
        c.change(f"INSERT INTO schema_version (version, name, checksum, applied_ms) "
                 f"VALUES ({MIGRATIONS + 1}, '{MIGRATIONS + 1:04d}_later.sql', '{'0' * 64}', 0)")
        for command in (["barriers", "list"], ["report", "show", c.known["meldingen"][0]["ontvangstcode"]],
                        ["backup", scratch() / "kopie"]):
            doc = c.refused(*command)
            has(doc["fout"], "nieuwere versie")
            same(doc["code"], "refused", "code")
        same((c.version(), c.copies()), (MIGRATIONS + 1, copies), "what was refused is untouched")


if __name__ == "__main__":
    main()
