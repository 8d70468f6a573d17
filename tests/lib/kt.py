# SPDX-License-Identifier: EUPL-1.2
"""What the end-to-end and fault tests share: running the program, databases, a tiny registry of tests.

KENTERING         the program under test
KENTERING_SOURCE  the checkout (default: two levels up)
KENTERING_SHARED  the data samples (default: ../shared/data beside the checkout; the folder above it will do too)
KENTERING_FULL    1: the long forms
KENTERING_SEED    a number; printed, so that a run can be repeated
"""
import atexit
import calendar
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

SOURCE = Path(os.environ.get("KENTERING_SOURCE") or Path(__file__).resolve().parents[2])
PROGRAM = os.environ.get("KENTERING") or str(SOURCE / "build" / "release" / "kentering")
POLICY = SOURCE / "policy"
FULL = os.environ.get("KENTERING_FULL", "") not in ("", "0")
SEED = int(os.environ.get("KENTERING_SEED") or random.SystemRandom().randrange(10**9))
NOW = "2026-03-02T10:00:00Z"  # the tests' day, unless they say otherwise
PG_BIN = Path("/usr/lib/postgresql/15/bin")
DAY = 86400


class Skip(Exception):
    pass


def skip(why):
    raise Skip(why)


def shared(*parts):
    """A file or folder of the data samples; skips the test when they are not there."""
    base = Path(os.environ.get("KENTERING_SHARED") or SOURCE.parent / "shared" / "data")
    if (base / "data").is_dir():
        base = base / "data"
    path = base.joinpath(*parts)
    if not path.exists():
        skip(f"no data samples: {path} is absent (KENTERING_SHARED)")
    return path


# --- assertions: each says what was and what was expected ---------------------------------------------------

def short(value, n=1500):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= n else text[:n] + f"… ({len(text)} characters)"


def fail(text):
    raise AssertionError(text)


def same(got, want, what="value"):
    if got != want:
        fail(f"{what}: got {short(got)}, expected {short(want)}")


def true(cond, text):
    if not cond:
        fail(short(text))


def has(text, part, what="text"):
    if part not in text:
        fail(f"{what} lacks {part!r}: {short(text)}")


# --- running ------------------------------------------------------------------------------------------------

class Run:
    """One finished command."""

    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.raw, self.raw_err = argv, code, out, err
        self.out, self.err = out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def __str__(self):
        argv = " ".join(short(str(a), 200) for a in self.argv[1:])
        return f"{argv} → exit {self.code}\nstdout: {short(self.out)}\nstderr: {short(self.err)}"

    def expect(self, code):
        true(self.code == code, f"expected exit {code}: {self}")
        return self

    def json(self):
        """Stdout as exactly one JSON document."""
        try:
            return strict_json(self.out)
        except ValueError as e:
            fail(f"stdout is not exactly one JSON document ({e}): {self}")

    def lines(self):
        """Stdout as one JSON document a line."""
        try:
            return [strict_json(line) for line in self.out.splitlines()]
        except ValueError as e:
            fail(f"stdout is not one JSON document a line ({e}): {self}")


def strict_json(text):
    def pairs(items):
        if len({k for k, _ in items}) != len(items):
            raise ValueError("a member stands twice")
        return dict(items)

    def constant(word):
        raise ValueError(f"{word} is no JSON")
    return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)


def base_env(**more):
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("KENTERING", "PG"))}
    keep.update(LC_ALL="C.UTF-8", TZ="UTC")
    keep.update({k: str(v) for k, v in more.items() if v is not None})
    return keep


def program(argv, data=b"", env=None, timeout=120, cwd=None, prefix=(), exe=None):
    argv = [*prefix, exe or PROGRAM, *map(str, argv)]
    stdin = data.encode() if isinstance(data, str) else data
    p = subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env or base_env(),
                       timeout=timeout, cwd=cwd)
    if p.returncode < 0:
        fail(f"{' '.join(argv)} died of signal {-p.returncode}: {short(p.stderr.decode('utf-8', 'replace'))}")
    return Run(argv, p.returncode, p.stdout, p.stderr)


class Centre:
    """A data directory with its database, and the commands on it."""

    def __init__(self, driver="sqlite", now=NOW, folder=None, policy=(POLICY,)):
        self.driver, self.now, self.policy, self.prefix = driver, now, list(policy), ()
        self.dir = Path(folder) if folder else scratch() / "data"
        self.database = postgres().create() if driver == "postgres" else None

    def env(self, **more):
        more.setdefault("KENTERING_NOW", self.now)
        if self.database:
            more.setdefault("KENTERING_DATABASE", self.database)
        return base_env(**more)

    def argv(self, *args, as_json=True):
        head = ["--data", self.dir]
        for p in self.policy:
            head += ["--policy", p]
        return [*head, *(["--json"] if as_json else []), *args]

    def run(self, *args, data=b"", as_json=True, timeout=120, env=None, **more):
        more.setdefault("prefix", self.prefix)
        return program(self.argv(*args, as_json=as_json), data, self.env(**(env or {})), timeout, **more)

    def ok(self, *args, **kw):
        return self.run(*args, **kw).expect(0).json()

    def refused(self, *args, **kw):
        """Exit 1 with a reason, as one JSON document."""
        doc = self.run(*args, **kw).expect(1).json()
        true(isinstance(doc, dict) and doc.get("fout"), f"no reason given: {doc}")
        return doc

    def add(self, report, **kw):
        return self.ok("report", "add", "-", data=json.dumps(report, ensure_ascii=False), **kw)

    def add_lines(self, reports, code=0, **kw):
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in reports)
        return self.run("report", "add", "-", data=text, **kw).expect(code).lines()

    def barriers(self, **kw):
        return self.ok("barriers", "list", **kw)

    def signals(self, **kw):
        return self.ok("signals", "list", **kw)

    def verify(self, **kw):
        r = self.ok("audit", "verify", **kw)
        same(r["goed"], True, "audit verify")
        return r

    def sql(self, text):
        """Rows straight from the database, every cell as text; blobs in SQLite's and PostgreSQL's hex()."""
        if self.driver == "postgres":
            return postgres().rows(self.database, text)
        db = sqlite3.connect(f"file:{self.look()}/kentering.db?mode=rw", uri=True, timeout=20)
        try:
            return [tuple("" if c is None else str(c) for c in row) for row in db.execute(text)]
        finally:
            db.close()

    def look(self):
        """The folder in which Python's SQLite can open the database; other kinds of Centre copy it there."""
        return self.dir

    def made(self):
        """Are there tables yet? Looking on never makes them."""
        if self.driver == "postgres":
            return self.sql("SELECT to_regclass('kentering.dossier') IS NOT NULL")[0][0] == "t"
        return bool(self.prefix) or (self.dir / "kentering.db").exists() and \
            self.sql("SELECT count(*) FROM sqlite_master WHERE name = 'dossier'")[0][0] == "1"

    def dossiers(self):
        return self.count("dossier") if self.made() else 0

    def count(self, table, where="1=1"):
        return int(self.sql(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])

    def whole(self, dossiers=None, at_least=None):
        """Nothing half stored: chain whole, every dossier with its fields, wraps, audit row and outbox row."""
        self.verify()
        if not self.made():
            true(not dossiers and not at_least, f"no tables, where {dossiers or at_least} dossiers were acknowledged")
            return 0
        row = self.sql("SELECT " + ", ".join(f"({q})" for q in WHOLE.values()))[0]
        got = dict(zip(WHOLE, map(int, row)))
        n = got.pop("dossiers")
        if dossiers is not None:
            same(n, dossiers, "dossiers in the database (those acknowledged)")
        if at_least is not None:
            true(n >= at_least, f"{n} dossiers, at least {at_least} were acknowledged")
        for what in ("audit rows of reports", "outbox rows of reports"):
            same(got.pop(what), n, what)
        same({k: v for k, v in got.items() if v}, {}, "half stored")
        return n


STRANGER = "object NOT IN (SELECT number FROM dossier)"
WHOLE = {k: "SELECT count(*) FROM " + q for k, q in {
    "dossiers": "dossier",
    "audit rows of reports": "audit_row WHERE action = 'report.add'",
    "outbox rows of reports": "outbox WHERE topic = 'report.added'",
    "audit rows of no report": "audit_row WHERE action = 'report.add' AND " + STRANGER,
    "outbox rows of no report": "outbox WHERE topic = 'report.added' AND " + STRANGER,
    "dossiers that lack fields": "dossier WHERE id NOT IN "
                                 "(SELECT dossier FROM dossier_field GROUP BY dossier HAVING count(*) >= 3)",
    "dossiers that lack a wrap": "dossier WHERE id NOT IN "
                                 "(SELECT dossier FROM dossier_wrap GROUP BY dossier HAVING count(*) = 2)",
    "fields without a dossier": "dossier_field WHERE dossier NOT IN (SELECT id FROM dossier)",
    "wraps without a dossier": "dossier_wrap WHERE dossier NOT IN (SELECT id FROM dossier)",
    "barriers without a step": "barrier WHERE id NOT IN (SELECT barrier FROM barrier_step WHERE n = 1)",
    "signals without a sighting": "signal WHERE tag NOT IN (SELECT tag FROM sighting)",
}.items()}


# --- temporary folders and processes: all gone at the end ---------------------------------------------------

_folders, _children = [], []


def scratch(mode=0o755):
    path = Path(tempfile.mkdtemp(prefix="kentering-test-"))
    path.chmod(mode)
    _folders.append(path)
    return path


def drop_scratch(keep=0):
    while len(_folders) > keep:
        shutil.rmtree(_folders.pop(), ignore_errors=True)


def child(argv, **kw):
    p = subprocess.Popen(list(map(str, argv)), **kw)
    _children.append(p)
    return p


def end_child(p):
    if p.poll() is None:
        p.kill()
    p.wait()
    for f in (p.stdin, p.stdout, p.stderr):
        if f:
            try:
                f.close()
            except OSError:
                pass
    if p in _children:
        _children.remove(p)


@atexit.register
def _clean():
    for p in list(_children):
        end_child(p)
    if Postgres.one:
        Postgres.one.stop()
    drop_scratch()


# --- PostgreSQL: one cluster of our own per test program ----------------------------------------------------

class Postgres:
    one = None
    settings = {}  # extra lines of postgresql.conf, before the first use

    def __init__(self):
        if not (PG_BIN / "postgres").exists():
            skip(f"no PostgreSQL in {PG_BIN}")
        self.top = Path(tempfile.mkdtemp(prefix="kentering-pg-"))
        self.top.chmod(0o755)
        self.data, self.socket, self.n, self.p = self.top / "data", self.top / "socket", 0, None
        self.as_user = []
        for folder in (self.data, self.socket):
            folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            self.as_user = ["runuser", "-u", "postgres", "--"]
            for folder in (self.data, self.socket):
                shutil.chown(folder, "postgres", "postgres")
            self.socket.chmod(0o755)
        try:
            self.start_new()
        except BaseException:
            self.stop()
            raise

    def start_new(self):
        subprocess.run([*self.as_user, PG_BIN / "initdb", "-D", self.data, "-A", "trust", "-U", "postgres",
                        "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd="/")
        lines = {"listen_addresses": "", "unix_socket_directories": str(self.socket), "fsync": "on",
                 "shared_buffers": "64MB", "max_connections": "60", "logging_collector": "off", **self.settings}
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as f:
            f.writelines(f"{k} = '{v}'\n" for k, v in lines.items())
        self.start()

    def start(self):
        self.log = open(self.top / "log", "ab")
        argv = [*self.as_user, PG_BIN / "postgres", "-D", self.data]
        self.p = subprocess.Popen(argv, stdout=self.log, stderr=self.log, cwd="/")
        for _ in range(1200):  # recovery after a kill takes its time on a busy machine
            if subprocess.run([PG_BIN / "pg_isready", "-q", "-h", self.socket, "-U", "postgres"]).returncode == 0:
                return
            if self.p.poll() is not None:
                break
            time.sleep(0.05)
        fail("PostgreSQL did not start: " + short((self.top / "log").read_text(errors="replace")))

    def server_pid(self):
        return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])

    def halt(self, how):
        """SIGINT: fast; SIGQUIT: immediate, as after a crash."""
        try:
            os.kill(self.server_pid(), how)
        except (OSError, ValueError):
            pass
        try:
            self.p.wait(20)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
        self.log.close()

    def stop(self):
        if self.p and self.p.poll() is None:
            self.halt(signal.SIGINT)
        shutil.rmtree(self.top, ignore_errors=True)
        Postgres.one = None

    def psql(self, database, text):
        argv = [PG_BIN / "psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-R", "\x1e", "-v", "ON_ERROR_STOP=1",
                "-h", self.socket, "-U", "postgres", "-d", database, "-c", text]
        p = subprocess.run(argv, capture_output=True, text=True,
                           env=base_env(PGOPTIONS="-c search_path=kentering"))
        if p.returncode:
            fail(f"psql: {p.stderr}")
        return p.stdout

    def rows(self, database, text):
        name = dict(part.split("=", 1) for part in database.split())["dbname"]
        out = self.psql(name, text)
        out = out[:-1] if out.endswith("\n") else out
        return [tuple(line.split("\x1f")) for line in out.split("\x1e")] if out else []

    def create(self):
        self.n += 1
        name = f"kt{self.n}"
        self.psql("postgres", f"CREATE DATABASE {name}")
        return f"host={self.socket} dbname={name} user=postgres"


def postgres():
    if not Postgres.one:
        Postgres.one = Postgres()
    return Postgres.one


# --- the registry -------------------------------------------------------------------------------------------

_tests = []


def test(fn=None, *, both=False, slow=False):
    """A test is a function of a driver. both: on SQLite and on PostgreSQL. slow: with KENTERING_FULL only."""
    def register(f):
        for driver in ("sqlite", "postgres") if both else ("sqlite",):
            _tests.append((f, driver, both, slow))
        return f
    return register(fn) if fn else register


def run_one(f, driver, slow):
    if slow and not FULL:
        return "skip", "long form (KENTERING_FULL=1)"
    random.seed(f"{SEED} {f.__name__} {driver}")
    keep = len(_folders)
    try:
        f(driver)
        return "ok", ""
    except Skip as e:
        return "skip", str(e)
    except subprocess.TimeoutExpired as e:
        return "FAIL", f"no end within {e.timeout:.0f} s: {short(' '.join(map(str, e.cmd)), 400)}"
    except AssertionError as e:
        where = traceback.extract_tb(e.__traceback__)
        at = [w for w in where if not w.filename.endswith("kt.py")][-1]
        return "FAIL", f"line {at.lineno}: {e}"
    except Exception:
        return "FAIL", traceback.format_exc()
    finally:
        for p in list(_children):
            end_child(p)
        drop_scratch(keep)


def main():
    """Runs the registered tests in order; arguments choose by part of the name."""
    if not os.access(PROGRAM, os.X_OK):
        print(f"No program at {PROGRAM} (KENTERING).\n0 passed, 1 failed, 0 skipped")
        sys.exit(1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.umask(0o022)
    print(f"seed {SEED}", flush=True)
    count = {"ok": 0, "FAIL": 0, "skip": 0}
    wanted = sys.argv[1:]
    for f, driver, both, slow in _tests:
        name = f.__name__ + (f" [{driver}]" if both else "")
        if wanted and not any(w in name for w in wanted):
            continue
        start = time.monotonic()
        word, text = run_one(f, driver, slow)
        count[word] += 1
        print(f"{word:4} {name} ({time.monotonic() - start:.2f} s)" + (f"\n     {text}" if text else ""), flush=True)
    print(f"{count['ok']} passed, {count['FAIL']} failed, {count['skip']} skipped", flush=True)
    sys.exit(1 if count["FAIL"] else 0)


# --- what reports are made of -------------------------------------------------------------------------------

def iban(number, bank="KENT", country="NL"):
    """An account number with a valid check, at a bank that does not exist."""
    body = f"{bank}{number:010d}"
    digits = "".join(str(int(c, 36)) for c in body + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{body}"


def person(n):
    return {"contact": {"email": f"melder{n}@mail.example"}}


def report(who, *ids, form="OF-1.1.2", **more):
    """who: a number, a `melder` object, or None for a report without contact. ids: (soort, waarde)."""
    r = {"fraudevorm": form, "verhaal": "Ik heb betaald en niets gekregen.", "datum": "2026-02-20", "bedrag": "89.95",
         "kenmerken": [{"soort": s, "waarde": w} for s, w in ids]}
    if who is not None:
        r["melder"] = person(who) if isinstance(who, int) else who
    r.update(more)
    return r


def shop(who, domain, **more):
    return report(who, ("domein", domain), **more)


def at(days=0, base=NOW):
    """The moment `days` later, as RFC 3339."""
    t = time.strptime(base, "%Y-%m-%dT%H:%M:%SZ")
    seconds = calendar.timegm(t)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds + int(days * DAY)))


def zone_names(text):
    """The names of a policy zone and, apart, those with an asterisk in front."""
    plain, wild = set(), set()
    for line in text.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[1] == "CNAME":
            (wild if parts[0].startswith("*.") else plain).add(parts[0].removeprefix("*."))
    return plain, wild


def check_zone(path):
    """named-checkzone accepts it."""
    tool = shutil.which("named-checkzone", path=os.environ.get("PATH", "") + ":/usr/bin:/usr/sbin:/sbin")
    if not tool:
        skip("no named-checkzone (bind9-utils)")
    origin = next(line.split()[1] for line in Path(path).read_text().splitlines() if line.startswith("$ORIGIN"))
    p = subprocess.run([tool, "-i", "local", origin, str(path)], capture_output=True, text=True)
    true(p.returncode == 0, f"named-checkzone: {p.stdout}{p.stderr}")
