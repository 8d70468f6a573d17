# SPDX-License-Identifier: EUPL-1.2
"""The real server on the loopback, alone or behind a real nginx, and what is measured of it while it is attacked.

An attack is a function that runs in a process of its own: attack(port, ready, stop). It sets `ready` when it is under
way, goes on until `stop` is set, and returns what it saw. Meanwhile new clients ask for a page and are timed, and the
memory of the server and its children is looked at ten times a second."""
import json
import multiprocessing
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import threading
import time
from pathlib import Path

from kt import PROGRAM, SOURCE, Centre, child, end_child, fail, same, scratch, skip, true

NGINX = "/usr/sbin/nginx"
IDLE_MB, ATTACK_MB, P99_MS, PROBES = 40, 200, 20, 500
PAGE = "/"  # the emergency page: what a victim opens
FORK = multiprocessing.get_context("fork")


def raise_files(n=20000):
    """Descriptors for the attack and, as a service manager would give them, for the server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < n:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))
        except (ValueError, OSError):
            skip(f"{hard} open files are allowed here, {n} are needed")
    elif soft != resource.RLIM_INFINITY and soft < n:
        resource.setrlimit(resource.RLIMIT_NOFILE, (n, hard))


def site():
    """The built web site; made here when no suite before made it."""
    if not (SOURCE / "web" / "dist" / "index.html").exists():
        for step in (["deps", "test"], ["site"]):
            subprocess.run([SOURCE / "dev", *step], check=True, stdout=subprocess.DEVNULL)
    return SOURCE / "web" / "dist"


class Server:
    def __init__(self, driver="sqlite"):
        self.centre = Centre(driver)
        self.log = scratch() / "stderr"
        self.process = child([PROGRAM, *self.centre.argv("serve", "--port", "0")],
                             env={**self.centre.env(), "KENTERING_WEB_DIR": str(site())},
                             stdout=subprocess.PIPE, stderr=self.log.open("wb"))
        line = self.process.stdout.readline()
        m = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/v1", json.loads(line)["adres"])
        true(m, f"address: {line!r}")
        self.port, self.pid = int(m[1]), self.process.pid

    def family(self):
        out, todo = [], [self.pid]
        while todo:
            pid = todo.pop()
            out.append(pid)
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                try:
                    todo += map(int, task.read_text().split())
                except OSError:
                    pass
        return out

    def memory(self):
        """MB of the server and its children: (Pss, anonymous)."""
        pss = anon = 0
        for pid in self.family():
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            pss += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1])
            anon += int(re.search(r"^Anonymous:\s+(\d+)", text, re.M)[1])
        return pss / 1024, anon / 1024

    def files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def end(self):
        """Asked to stop, it does, with all well."""
        self.process.terminate()
        try:
            same(self.process.wait(30), 0, "exit code of the server")
        finally:
            end_child(self.process)


CONFIG = """daemon off; worker_processes 1; pid {dir}/pid; error_log {dir}/error.log info;
worker_rlimit_nofile 20000;
events {{ worker_connections 15000; }}
http {{
  log_format counted '$request_length $status $upstream_status';
  access_log {dir}/access.log counted;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  client_header_timeout 10s; client_body_timeout 10s; send_timeout 10s; client_max_body_size 12m;
  large_client_header_buffers 4 16k; ignore_invalid_headers {ignore}; merge_slashes off;
  upstream kentering {{ server 127.0.0.1:{to}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096; server_name _;
    location / {{
      proxy_pass http://kentering; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_request_buffering {buffering};
    }}
  }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    """In front of `to`. strict=False: passes on what it does not understand, and bodies as they come."""

    def __init__(self, to, strict=True):
        if not os.access(NGINX, os.X_OK):
            skip(f"no {NGINX} (./dev deps test)")
        self.dir, self.port = scratch(), free_port()
        (self.dir / "conf").write_text(CONFIG.format(dir=self.dir, to=to, port=self.port,
                                                     ignore="on" if strict else "off",
                                                     buffering="on" if strict else "off"))
        self.process = child([NGINX, "-p", self.dir, "-c", self.dir / "conf", "-e", self.dir / "error.log"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        fail("nginx does not start: " + (self.dir / "error.log").read_text(errors="replace")[:800])

    def passed_on(self):
        """How many requests it brought to us."""
        lines = (self.dir / "access.log").read_text(errors="replace").splitlines()
        return sum(len(line.split(" ", 2)[2].split(",")) for line in lines if not line.endswith(" -"))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        end_child(self.process)


class Relay:
    """Carries bytes between nginx and the server unchanged, and counts the server's answers."""

    def __init__(self, to):
        self.to, self.answers = to, 0
        self.s = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.s.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                a, _ = self.s.accept()
            except OSError:
                return
            b = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.carry, args=(a, b, False), daemon=True).start()
            threading.Thread(target=self.carry, args=(b, a, True), daemon=True).start()

    def carry(self, a, b, counting):
        try:
            while data := a.recv(1 << 16):
                if counting:
                    self.answers += len(re.findall(rb"HTTP/1\.1 [1-5]\d\d ", data))
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def end(self):
        self.s.close()


def connect(port, source=None, timeout=20):
    return socket.create_connection(("127.0.0.1", port), timeout, (source, 0) if source else None)


def talk(port, data, timeout=3.0, quiet=0.3, end=True):
    """Sends bytes, then takes what comes until the other side closes, or is quiet for a while after an answer."""
    out = b""
    with connect(port, timeout=timeout) as s:
        try:
            s.sendall(data)
            if end:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            s.settimeout(quiet if out else timeout)
            try:
                part = s.recv(1 << 16)
            except OSError:
                break
            if not part:
                break
            out += part
    return out


def statuses(answer):
    return [int(x) for x in re.findall(rb"HTTP/1\.1 (\d\d\d) ", answer)]


def clear_error(answer, what, plain=False):
    """One answer, an error, as problem+json. plain: one that the library or nginx gives by itself will do."""
    got = statuses(answer)
    true(len(got) >= 1 and all(400 <= x <= 505 for x in got), f"{what}: expected an error, got {answer[:300]!r}")
    if b"application/problem+json" in answer:
        doc = json.loads(answer[answer.index(b"\r\n\r\n") + 4:].split(b"HTTP/1.1 ")[0])
        same(doc["status"], got[0], f"{what}: status in the problem")
        true(doc["title"] and doc["detail"], f"{what}: a problem without words")
    elif not plain:  # for somebody of whom nothing was read: the page with the emergency steps
        true(got[0] == 503 and b"112" in answer, f"{what}: neither problem+json nor the page for a full house: {answer[:300]!r}")
    return got[0]


def one_page(port):
    began = time.monotonic()
    with connect(port) as s:
        s.sendall(b"GET " + PAGE.encode() + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        out = []
        while part := s.recv(1 << 16):
            out.append(part)
    taken = time.monotonic() - began
    out = b"".join(out)
    true(out.startswith(b"HTTP/1.1 200 ") and out.rstrip().endswith(b"</html>"), f"a new client got {out[:200]!r}")
    return taken * 1000


def new_clients(port, n=PROBES):
    """Milliseconds of the slowest in a hundred, and of the middle one."""
    ms = sorted(one_page(port) for _ in range(n))
    return ms[int(len(ms) * 0.99)], statistics.median(ms)


def calm_clients(port):
    """The best of three: others may have taken the cores of this machine for a moment."""
    best = new_clients(port)
    for _ in range(2):
        if best[0] > P99_MS:
            best = min(best, new_clients(port))
    return best


class Watch:
    """The most memory that was seen."""

    def __init__(self, server):
        self.server, self.pss, self.anon, self.over = server, 0.0, 0.0, threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        while True:
            pss, anon = self.server.memory()
            self.pss, self.anon = max(self.pss, pss), max(self.anon, anon)
            if self.over.wait(0.1):
                return

    def end(self):
        self.over.set()
        self.thread.join()


def _run(attack, port, ready, stop, pipe):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        pipe.send((True, attack(port, ready, stop)))
    except BaseException as e:  # pylint: disable=broad-except
        pipe.send((False, f"{type(e).__name__}: {e}"))
    ready.set()
    os._exit(0)  # nothing of the parent's is cleaned up here


def under(server, name, attack, port=None, seconds=0.0, page_port=None):
    """Runs the attack; checks memory, answers to new clients during and after it, and that descriptors come back."""
    port = port or server.port
    page_port = page_port or server.port
    files = server.files()
    ready, stop = FORK.Event(), FORK.Event()
    mine, theirs = FORK.Pipe()
    p = FORK.Process(target=_run, args=(attack, port, ready, stop, theirs), daemon=True)
    watch = Watch(server)
    p.start()
    try:
        true(ready.wait(60), f"{name}: the attack does not come under way")
        began = time.monotonic()
        during, middle = calm_clients(page_port)
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        stop.set()
        true(mine.poll(90), f"{name}: the attack does not end")
        ok, seen = mine.recv()
        p.join(20)
    finally:
        if p.is_alive():
            p.kill()
        watch.end()
    true(ok, f"{name}: {seen}")
    same(server.process.poll(), None, f"{name}: the server is gone; exit code")
    after, _ = calm_clients(page_port)
    until = time.monotonic() + 20
    while server.files() > files + 2 and time.monotonic() < until:
        time.sleep(0.1)
    print(f"     {name}: most memory {watch.pss:.0f} MB (anonymous {watch.anon:.0f}), new clients p99 {during:.1f} ms "
          f"(median {middle:.1f}), after it {after:.1f} ms{'; ' + seen if isinstance(seen, str) else ''}", flush=True)
    true(server.files() <= files + 2, f"{name}: {server.files()} descriptors, there were {files}")
    true(watch.pss <= ATTACK_MB, f"{name}: {watch.pss:.0f} MB, at most {ATTACK_MB}")
    true(during <= P99_MS and after <= P99_MS, f"{name}: p99 {during:.1f} and {after:.1f} ms, at most {P99_MS}")
    return seen


def rest(server):
    """At rest: the memory of a server that was used."""
    for _ in range(50):
        one_page(server.port)
    pss, anon = server.memory()
    print(f"     at rest: {pss:.1f} MB (anonymous {anon:.1f})", flush=True)
    true(pss <= IDLE_MB, f"{pss:.1f} MB at rest, at most {IDLE_MB}")
    return pss


def need(program):
    if not shutil.which(program):
        skip(f"no {program}")
