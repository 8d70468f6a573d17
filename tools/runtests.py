#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Runs the suites of ./dev test, the benches of ./dev bench and one fuzz target of ./dev fuzz.

Every test program is a task. Two tasks run at a time (one per core), a suite is printed when its tasks
and the suites before it are done, and the benches run alone at the end. What runs alone measures, and a short
measurement swings with whatever else the machine does: a test of load that fails is run once more, and only one that
fails twice running has failed; a bench's goal that is missed is shown. Builds go through ./dev build.
"""
import datetime
import json
import os
import queue
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
PYTHON = sys.executable
SUITES = ["check", "unit", "tsan", "fuzz-seeds", "e2e", "fault", "load", "bench"]
# The long ones start early; printed is in the order of SUITES.
START = ["check", "fault", "e2e", "unit", "tsan", "fuzz-seeds", "load", "bench"]
TSAN_TESTS = {"auth", "store", "exchange", "http"}
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
CMOCKA = re.compile(r"^\[  (PASSED  |FAILED  |SKIPPED )\] (\d+) test\(s\)")

running = set()
running_lock = threading.Lock()
stopping = threading.Event()


class Stopped(Exception):
    """The person ended the run."""


class Result:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def text(self, always=False):
        skipped = f", {self.skipped} skipped" if self.skipped or always else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


class Task:
    """One program to run; `count` makes a Result of its exit code and output; `alone`: with nothing beside it."""

    def __init__(self, suite, name, argv, count, env=None, timeout=600, cwd=ROOT, alone=False):
        self.suite, self.name, self.argv, self.count = suite, name, argv, count
        self.env, self.timeout, self.cwd, self.alone = env or {}, timeout, cwd, alone
        self.result, self.output, self.began, self.ended = None, "", 0.0, 0.0


def run(argv, env=None, timeout=600, cwd=ROOT, sink=None):
    """(exit code, output); 124 when it took too long. The whole process group goes with it."""
    if stopping.is_set():
        raise Stopped
    with subprocess.Popen(argv, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                          stdout=sink or subprocess.PIPE, stderr=None if sink else subprocess.STDOUT,
                          start_new_session=True) as p:
        with running_lock:
            running.add(p)
        try:
            out, _ = p.communicate(timeout=timeout)
            code = p.returncode
        except subprocess.TimeoutExpired:
            end(p)
            out, _ = p.communicate()
            out = (out or b"") + f"\n(ended after {timeout} seconds)\n".encode()
            code = 124
        finally:
            with running_lock:
                running.discard(p)
    if stopping.is_set():
        raise Stopped
    return code, (out or b"").decode("utf-8", "replace")


def end(p):
    """Asks the process group to stop, and makes it after a second."""
    for sig in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(p.pid, sig)
        except (ProcessLookupError, PermissionError):
            return
        try:
            p.wait(1)
        except subprocess.TimeoutExpired:
            pass


def end_all(*_):
    stopping.set()
    with running_lock:
        left = list(running)
    for p in left:
        end(p)


# --- counting ------------------------------------------------------------------------------------------

def count_unit(code, out):
    """cmocka's groups, or Python's unittest."""
    if code == 77:
        return Result(skipped=1)
    r = Result()
    for line in out.splitlines():
        m = CMOCKA.match(line)
        if m:
            word = m[1].strip().lower()
            setattr(r, word, getattr(r, word) + int(m[2]))
        elif m := re.match(r"Ran (\d+) tests? in", line):
            r.passed += int(m[1])
        elif m := re.match(r"(?:OK|FAILED) \((.*)\)$", line):
            n = {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", m[1])}
            bad = n.get("failures", 0) + n.get("errors", 0)
            r.add(Result(-bad - n.get("skipped", 0), bad, n.get("skipped", 0)))
    if r.failed == 0 and (code != 0 or r.passed + r.skipped == 0):
        r.failed = 1  # died, leaked, or ran nothing
    return r


def count_summary(code, out):
    for line in reversed(out.splitlines()):
        m = SUMMARY.match(line.strip())
        if m:
            r = Result(int(m[1]), int(m[2]), int(m[3] or 0))
            if code != 0 and r.failed == 0:
                r.failed = 1
            return r
    return Result(skipped=1) if code == 77 else Result(failed=1)


def count_code(code, _out):
    return Result(passed=1) if code == 0 else Result(failed=1)


def figures_of(out):
    rows = []
    for line in out.splitlines():
        if line.startswith("{"):
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict) and "name" in row:
                rows.append(row)
    return rows


def count_bench(code, out):
    rows = figures_of(out)
    r = Result(sum(x.get("ok") is True for x in rows), sum(x.get("ok") is False for x in rows),
               sum(x.get("ok") is None for x in rows))
    if r.failed == 0 and (code != 0 or not rows):
        r.failed = 1
    return r


def count_quick_bench(code, out):
    """In ./dev test: a goal that is missed is shown and counted as not reached, for a short run on a machine that does
    other things proves little; `./dev bench` measures in full and fails on it. A bench that breaks fails here too."""
    r = count_bench(code, out)
    missed = sum(x.get("ok") is False for x in figures_of(out))
    return Result(r.passed, r.failed - missed, r.skipped + missed)


# --- builds --------------------------------------------------------------------------------------------

class Builds:
    """Each kind is built once a run, one at a time (ninja takes both cores)."""

    def __init__(self):
        self.lock, self.done = threading.Lock(), {}

    def __call__(self, kind, targets=()):
        key = (kind, tuple(targets))
        with self.lock:
            if key not in self.done:
                began = time.monotonic()
                code, out = run([str(ROOT / "dev"), "build", kind, *targets], timeout=1800)
                (LOGS / f"build-{kind}.log").write_text(out)
                print(f"build {kind:<12} {'' if code == 0 else 'FAILED '}{time.monotonic() - began:6.1f} s",
                      flush=True)
                if code:
                    print(out[-6000:], flush=True)
                self.done[key] = code == 0
            if not self.done[key]:
                raise BuildFailed(kind)


class BuildFailed(Exception):
    """Told already."""


build = Builds()


def configured(kind):
    code, out = run([str(ROOT / "dev"), "configure", kind])
    if code:
        print(out[-6000:])
        raise BuildFailed(kind)
    code, out = run(["meson", "introspect", "--tests", str(BUILD / kind)])
    if code:
        print(out[-6000:])
        raise BuildFailed(kind)
    return json.loads(out)


def unrandomised():
    """The sanitizers of clang 14 need a mapping that newer kernels' randomisation may take."""
    try:
        bits = int(Path("/proc/sys/vm/mmap_rnd_bits").read_text())
    except (OSError, ValueError):
        bits = 32
    if bits <= 28:
        return []
    prefix = ["setarch", os.uname().machine, "-R"]
    try:
        works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        works = False
    return prefix if works else []


def sanitizer_env():
    supp = ROOT / "tools" / "lsan.supp"
    return {
        "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "LSAN_OPTIONS": f"suppressions={supp}:print_suppressions=0" if supp.exists() else "",
        "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
    }


# --- suites: each gives its tasks, having built what they need --------------------------------------------

def python_env(full):
    shared = os.environ.get("KENTERING_SHARED") or str(ROOT.parent / "shared" / "data")
    env = {"KENTERING": str(BUILD / "release" / "kentering"), "KENTERING_SOURCE": str(ROOT),
           "KENTERING_ASAN": str(BUILD / "asan" / "kentering"), "KENTERING_SHARED": shared, **sanitizer_env()}
    if full:
        env["KENTERING_FULL"] = "1"
    return env


def scripts(suite, folder, full, alone=False):
    found = sorted(p for p in (ROOT / "tests" / folder).glob("*.py") if os.access(p, os.X_OK))
    if found:
        build("release")
        build("asan")
    return [Task(suite, p.stem, [PYTHON, str(p)], count_summary, python_env(full), 7200 if full else 500,
                 alone=alone) for p in found]


def meson_tests(suite, kind, wanted):
    tests = [t for t in configured(kind) if wanted(t["name"])]
    if not tests:
        return []
    build(kind, sorted({os.path.relpath(t["cmd"][0], BUILD / kind) for t in tests}) if kind == "tsan" else ())
    prefix = unrandomised()
    return [Task(suite, t["name"], [*prefix, *t["cmd"]], count_unit, {**sanitizer_env(), **t["env"]},
                 t.get("timeout") or 600, t.get("workdir") or ROOT) for t in tests]


def fuzz_argv(name, seconds):
    corpus, seeds = BUILD / "fuzz-corpus" / name, ROOT / "tests" / "fuzz" / name
    corpus.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    argv = [*unrandomised(), str(BUILD / "fuzz" / f"fuzz_{name}"), f"-max_total_time={seconds}", "-timeout=20",
            "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={LOGS}/fuzz-{name}-", str(corpus)]
    return argv + ([str(seeds)] if seeds.is_dir() else [])


def suite_check(_full):
    try:
        build("release")  # whose libraries are looked at
    except BuildFailed:
        pass  # told by the build; the other checks need none
    return [Task("check", "check", [PYTHON, str(ROOT / "tools" / "check.py")], count_summary)]


def suite_unit(_full):
    return meson_tests("unit", "asan", lambda name: True)


def suite_tsan(_full):
    return meson_tests("tsan", "tsan", lambda name: name.split()[0] in TSAN_TESTS)


def suite_fuzz(full):
    if not any((ROOT / "src").glob("*/fuzz_*.c")):
        return []
    build("fuzz")
    names = sorted(p.name[5:] for p in (BUILD / "fuzz").glob("fuzz_*") if p.is_file() and os.access(p, os.X_OK))
    seconds = 60 if full else 5
    return [Task("fuzz-seeds", n, fuzz_argv(n, seconds), count_code, sanitizer_env(), seconds + 200) for n in names]


def suite_bench(full):
    build("release")
    count = count_bench if full else count_quick_bench
    return [Task("bench", p.name[6:], [str(p)] + ([] if full else ["--quick"]), count, python_env(full), 7200,
                 alone=True) for p in benches()]


MAKERS = {"check": suite_check, "unit": suite_unit, "tsan": suite_tsan, "fuzz-seeds": suite_fuzz,
          "e2e": lambda full: scripts("e2e", "e2e", full), "fault": lambda full: scripts("fault", "fault", full),
          "load": lambda full: scripts("load", "load", full, alone=True), "bench": suite_bench}


def benches():
    return sorted(p for p in (BUILD / "release").glob("bench_*") if p.is_file() and os.access(p, os.X_OK))


# --- the run -----------------------------------------------------------------------------------------------

class Run:
    def __init__(self, suites, full):
        self.suites, self.full = suites, full
        self.total, self.lock, self.todo = Result(), threading.Lock(), queue.Queue()
        self.tasks = {s: None for s in suites}  # None: not made yet
        self.printed = 0

    def work(self):
        while True:
            task = self.todo.get()
            if task is None:
                return
            self.do(task)

    def do(self, task):
        task.began = time.monotonic()
        try:
            code = self.once(task)
            if task.result.failed and task.alone:
                first = task.output
                code = self.once(task)
                task.output = f"{first}\n(missed: measured once more)\n{task.output}"
            if task.result.failed and code:
                task.output += f"\n(exit code {code})\n"
        except Stopped:
            task.result = Result(failed=1)
        except OSError as e:
            task.output, task.result = f"{e}\n", Result(failed=1)
        task.ended = time.monotonic()
        self.report()

    @staticmethod
    def once(task):
        code, task.output = run(task.argv, task.env, task.timeout, task.cwd)
        task.result = task.count(code, task.output)
        return code

    def make(self, suite):
        try:
            tasks = MAKERS[suite](self.full)
        except BuildFailed as e:
            t = Task(suite, "build", [], None)
            t.output, t.result = f"build/{e} could not be built: see build/logs/build-{e}.log\n", Result(failed=1)
            tasks = [t]
        self.tasks[suite] = tasks
        return [t for t in tasks if t.result is None]

    def report(self):
        """Prints every suite that is done and has none before it that is not."""
        with self.lock:
            while self.printed < len(self.suites) and not stopping.is_set():
                suite = self.suites[self.printed]
                tasks = self.tasks[suite]
                if tasks is None or any(t.result is None for t in tasks):
                    return
                self.show(suite, tasks)
                self.printed += 1

    def show(self, suite, tasks):
        sum_ = Result()
        log = LOGS / f"{suite}.log"
        with log.open("w") as f:
            for t in tasks:
                sum_.add(t.result)
                f.write(f"=== {suite}: {t.name}: {t.result.text()} ({t.ended - t.began:.1f} s)\n"
                        f"$ {shlex.join(map(str, t.argv))}\n{t.output}\n")
        self.total.add(sum_)
        seconds = max((t.ended for t in tasks), default=0) - min((t.began for t in tasks), default=0)
        nothing = "" if tasks else "   (nothing to run yet)"
        print(f"{suite:<12} {sum_.text(True)}   {seconds:.1f} s{nothing}", flush=True)
        for t in tasks:
            for row in figures_of(t.output):
                if row.get("ok") is False:
                    print(f"  goal missed: {row['name']} {row.get('value')}, goal {row.get('goal')}", flush=True)
            if t.result.failed:
                print(f"  --- {suite}: {t.name}: {t.result.text()} (whole log: {log.relative_to(ROOT)})")
                print("\n".join("  " + x for x in t.output.splitlines()[-80:]), flush=True)

    def go(self):
        workers = [threading.Thread(target=self.work, daemon=True) for _ in range(2)]
        for w in workers:
            w.start()
        alone = []
        try:
            for suite in [s for s in START if s in self.suites]:
                for t in self.make(suite):
                    (alone.append if t.alone else self.todo.put)(t)
                self.report()
        finally:
            for _ in workers:
                self.todo.put(None)
        for w in workers:
            w.join()
        for t in alone:
            self.do(t)
        return self.total


def test(args):
    full = "--all" in args
    names = [a for a in args if a != "--all"]
    unknown = [n for n in names if n not in SUITES]
    if unknown:
        print(f"dev test: no suite named {unknown[0]}; there are: {' '.join(SUITES)}", file=sys.stderr)
        return 2
    LOGS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    total = Run([s for s in SUITES if not names or s in names], full).go()
    if stopping.is_set():
        return 130
    if total.passed + total.failed == 0:
        total.failed = 1  # no test ran: that is not a success
    print(f"whole run    {time.monotonic() - began:.0f} s")
    print(total.text())
    return 1 if total.failed else 0


def machine():
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {"cpu": model, "cores": os.cpu_count()}


def commit():
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    dirty = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False)
    return (head.stdout.strip() + ("-dirty" if dirty.stdout.strip() else "")) if head.returncode == 0 else None


def bench(args):
    name = args[0] if args else ""
    found = [p for p in benches() if name in ("", "all", p.name[6:])]
    if not found:
        names = " ".join(p.name[6:] for p in benches())
        print(f"dev bench: no bench named {name}; there are: {names}", file=sys.stderr)
        return 2
    rows, bad = [], False
    for p in found:
        code, out = run([str(p)] + ([] if name else ["--quick"]), python_env(bool(name)), 7200)
        print(out, end="", flush=True)
        rows += figures_of(out)
        bad = bad or count_bench(code, out).failed > 0
    if name == "all":
        doc = {"commit": commit(), "date": datetime.date.today().isoformat(), "machine": machine(), "figures": rows}
        (ROOT / "docs" / "figures.json").write_text(json.dumps(doc, indent=1, ensure_ascii=False) + "\n")
        print("written: docs/figures.json", file=sys.stderr)
    return 1 if bad else 0


def fuzz(args):
    code, _ = run(fuzz_argv(args[0], int(args[1])), sanitizer_env(), None, sink=sys.stdout)
    return 0 if code == 0 else 1


def main(args):
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    try:
        if args[:1] == ["--bench"]:
            return bench(args[1:])
        if args[:1] == ["--fuzz"]:
            return fuzz(args[1:])
        return test(args)
    except BuildFailed:
        return 1
    except (KeyboardInterrupt, Stopped):
        end_all()
        print("\nended", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
