#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Who holds connections, or fills them: slow senders, slow readers, ten thousand who say nothing or almost nothing,
floods. While it lasts a new client gets its page within 20 ms, 99 times in a hundred, and memory stays bounded."""
import json
import select
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import FULL, main, report, test, true  # noqa: E402
from door import Nginx, Server, clear_error, connect, raise_files, rest, statuses, under  # noqa: E402

LAST = 600.0 if FULL else 0.0  # seconds that an attack goes on at least
MANY = 10000
GET = b"GET /v1/fraudevormen HTTP/1.1\r\nHost: localhost\r\n\r\n"


def sources(n):
    """From several addresses of the loopback, as from several machines."""
    return [f"127.0.0.{2 + i % 20}" for i in range(n)]


def hold(n, first=b"", more=b"", pause=1.0):
    """n connections that send `first`, and then `more` after every pause."""
    def attack(port, ready, stop):
        raise_files()
        socks = []
        for address in sources(n):
            s = connect(port, address)
            s.setblocking(False)
            if first:
                s.send(first)
            socks.append(s)
        ready.set()
        while not stop.wait(pause):
            for s in socks if more else ():
                try:
                    s.send(more)
                except OSError:
                    pass
        return f"{n} connections"
    return attack


SLOW = [(b"GET /v1/fraudevormen HTTP/1.1\r\nHost: localhost\r\nX-A: ", b"a"),
        (b"POST /v1/meldingen HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         b"Content-Length: 60000\r\n\r\n{", b" ")]


@test
def slow_senders(_driver):
    """Heads and bodies a byte at a time: after thirty seconds each is told that it took too long."""
    s = Server()

    def attack(port, ready, stop):
        began, left, got = time.monotonic(), {}, []
        for i, address in enumerate(sources(400)):
            c = connect(port, address)
            c.sendall(SLOW[i % 2][0])
            left[c] = (b"", SLOW[i % 2][1])
        ready.set()
        while left and time.monotonic() < began + 45:
            for c in select.select(list(left), [], [], 0.5)[0]:
                try:
                    part = c.recv(65536)
                except OSError:
                    part = b""
                left[c] = (left[c][0] + part, left[c][1])
                if not part:
                    got.append((time.monotonic() - began, left.pop(c)[0]))
                    c.close()
            for c, (_, more) in list(left.items()):
                try:
                    c.send(more)
                except OSError:
                    pass
        stop.wait(60)
        return got, len(left)

    got, left = under(s, "slow senders", attack)
    true(left == 0, f"{left} of 400 still hold a connection")
    true(max(t for t, _ in got) < 35, "cut off late")
    for _, answer in got:
        true(clear_error(answer, "slow sender") == 408, f"{answer[:200]!r}")
    s.end()


def readers(n, requests):
    """Ask for the largest answer, many times, and take a byte a second."""
    def attack(port, ready, stop):
        raise_files()
        ask = b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * requests
        socks = []
        for address in sources(n):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            s.bind((address, 0))
            s.connect(("127.0.0.1", port))
            s.setblocking(False)
            s.send(ask)
            socks.append(s)
        ready.set()
        while not stop.wait(1.0):
            for s in socks:
                try:
                    s.recv(1)
                except OSError:
                    pass
        return f"{n} connections"
    return attack


@test
def slow_readers(_driver):
    s = Server()
    under(s, "slow readers", readers(2000, 20), seconds=max(LAST, 3))
    s.end()


@test(slow=True)
def slow_readers_are_cut_off(_driver):
    """Some bytes a second are progress, but not for ever."""
    s = Server()

    def attack(port, ready, stop):
        c = socket.socket()
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        c.connect(("127.0.0.1", port))
        c.sendall(b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 400)
        ready.set()
        began = time.monotonic()
        c.settimeout(5)
        while time.monotonic() < began + 200:
            try:
                part = c.recv(2048)
            except ConnectionError:
                part = b""
            if not part:
                stop.wait(60)
                return f"cut off after {time.monotonic() - began:.0f} s"
            time.sleep(4.0)
        raise AssertionError("not cut off")
    under(s, "one slow reader", attack, seconds=200)
    s.end()


@test
def ten_thousand_idle(_driver):
    raise_files()
    s = Server()
    under(s, "idle", hold(MANY), seconds=LAST)
    rest(s)
    s.end()


@test
def ten_thousand_with_half_a_head(_driver):
    """What each sends is kept until the rest comes: as much as a head may be."""
    raise_files()
    s = Server()
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%02d: %s\r\n" % (i, b"a" * 900) for i in range(16))
    under(s, "half heads", hold(MANY, head, b"a"), seconds=LAST)
    s.end()


@test
def ten_thousand_with_half_a_body(_driver):
    raise_files()
    s = Server()
    head = (b"POST /v1/meldingen HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 60000\r\n\r\n{" + b" " * 8000)
    under(s, "half bodies", hold(MANY, head, b" "), seconds=LAST)
    s.end()


@test
def ten_thousand_with_half_a_line(_driver):
    """Without the end of the first line nothing is known of a request but that bytes came."""
    raise_files()
    s = Server()
    under(s, "half lines", hold(MANY, b"GET /" + b"a" * 16000, b"a"), seconds=LAST)
    s.end()


def whole_reports(n, story):
    """All at once, and nobody takes the answer before the end."""
    def attack(port, ready, stop):
        raise_files()
        body = json.dumps(report(1, ("domein", "zz--druk.nl"), verhaal="x" * story)).encode()
        head = (b"POST /v1/meldingen HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body))
        socks = [connect(port, a) for a in sources(n)]
        ready.set()
        for s in socks:
            s.setblocking(False)
            left = head + body
            while left:
                try:
                    left = left[s.send(left):]
                except BlockingIOError:
                    select.select([], [s], [], 5)
                except OSError:
                    break
        count = {}
        for s in socks:
            s.settimeout(20)
            try:
                answer = s.recv(65536)
            except OSError:
                answer = b""
            for x in statuses(answer) or [0]:
                count[x] = count.get(x, 0) + 1
        stop.wait(60)
        true(set(count) <= {201, 503, 0}, f"answers {count}")
        return f"answers {dict(sorted(count.items()))}"
    return attack


@test
def many_reports_at_once(_driver):
    raise_files()
    s = Server()
    under(s, "reports at once", whole_reports(6000, 500), seconds=2)
    s.end()


@test
def many_long_reports_at_once(_driver):
    raise_files()
    s = Server()
    under(s, "long reports at once", whole_reports(1000, 19000), seconds=2)
    s.end()


@test
def idle_behind_nginx(_driver):
    raise_files()
    s = Server()
    n = Nginx(s.port)
    under(s, "idle at nginx", hold(5000, b"GET / HTTP/1.1\r\nHost: localhost\r\n"), n.port, LAST, page_port=n.port)
    n.end()
    s.end()


# ---- floods --------------------------------------------------------------------------------------------------

def flood(connections, batch):
    """Keep-alive connections of one address, each `batch` requests ahead, as fast as they are answered."""
    def attack(port, ready, stop):
        poll, socks, done = select.epoll(), {}, 0
        for _ in range(connections):
            s = connect(port)
            s.setblocking(False)
            socks[s.fileno()] = s
            poll.register(s, select.EPOLLIN)
            s.send(GET * batch)
        ready.set()
        began = time.monotonic()
        while not stop.is_set():
            for fd, _ in poll.poll(0.2):
                s = socks[fd]
                try:
                    part = s.recv(1 << 20)
                    n = part.count(b"HTTP/1.1 200 ")
                    if n:
                        s.send(GET * n)
                    elif not part:
                        raise OSError
                    done += n
                except BlockingIOError:
                    pass
                except OSError:
                    poll.unregister(fd)
                    s.close()
                    socks[fd] = s = connect(port)
                    del socks[fd]
                    s.setblocking(False)
                    socks[s.fileno()] = s
                    poll.register(s, select.EPOLLIN)
                    s.send(GET * batch)
        return f"{done / (time.monotonic() - began):.0f} answers a second"
    return attack


@test
def flood_from_one_address(_driver):
    s = Server()
    under(s, "flood", flood(200, 1), seconds=max(LAST, 3))
    s.end()


@test
def pipelining_flood(_driver):
    s = Server()
    under(s, "pipelining", flood(50, 40), seconds=max(LAST, 3))
    s.end()


@test
def churn(_driver):
    """Come, ask or not, and go, as fast as it can be done."""
    s = Server()

    def attack(port, ready, stop):
        n, began = 0, time.monotonic()
        ready.set()
        while not stop.is_set():
            c = connect(port, f"127.0.0.{2 + n % 20}")
            if n % 3:
                c.sendall(GET if n % 3 == 1 else b"GE")
            if n % 2:  # a reset in place of an end
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            c.close()
            n += 1
        return f"{n / (time.monotonic() - began):.0f} connections a second"
    under(s, "churn", attack, seconds=max(LAST, 3))
    s.end()


@test
def flood_through_nginx(_driver):
    s = Server()
    n = Nginx(s.port)
    under(s, "flood through nginx", flood(100, 1), n.port, max(LAST, 3), page_port=n.port)
    n.end()
    s.end()


@test
def more_than_there_is_room_for(_driver):
    """Beyond the most connections there is an answer, at once, and afterwards everything works."""
    raise_files()
    s = Server()
    socks, answer = [connect(s.port, a) for a in sources(12000)], b""
    while not answer and len(socks) < 16000:  # the first may have been idle too long already
        c = connect(s.port)
        c.settimeout(0.5)
        try:
            answer = c.recv(65536)
        except TimeoutError:
            socks += [c] + [connect(s.port, a) for a in sources(500)]
    true(statuses(answer) == [503], f"{answer[:200]!r}")
    clear_error(answer, "too many")
    for x in [c, *socks]:
        x.close()
    time.sleep(1)
    rest(s)
    s.end()


if __name__ == "__main__":
    main()
