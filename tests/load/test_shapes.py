#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Requests that two servers might read differently, directly and through a real nginx. In each a report is planted
where only a confused reader would see a request: none may be stored, and between nginx and us there are as many answers
as nginx passed requests on."""
import json
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import fail, main, report, same, test, true  # noqa: E402
from door import Nginx, Relay, Server, clear_error, one_page, statuses, talk  # noqa: E402

BODY = json.dumps(report(1, ("domein", "zz--smokkel.nl"))).encode()
PLANTED = (b"POST /v1/meldingen HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
CHUNKED_END = b"0\r\n\r\n"


def post(*fields, body=b"", path=b"/v1/kenmerken/_herken"):
    return b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + \
        b"".join(f + b"\r\n" for f in fields) + b"\r\n" + body


def length(n):
    return b"Content-Length: %d" % n


TE = b"Transfer-Encoding: chunked"
HIDDEN = CHUNKED_END + PLANTED

# Who reads only one of the two framings sees the planted request; so does who takes a mangled line for a good one.
SHAPES = {
    "CL.TE": post(length(len(HIDDEN)), TE, body=HIDDEN),
    "CL.TE, coding first": post(TE, length(len(HIDDEN)), body=HIDDEN),
    "TE.CL": post(length(4), TE, body=b"%x\r\n" % len(PLANTED) + PLANTED + b"\r\n" + CHUNKED_END),
    "two lengths": post(length(0), length(len(PLANTED)), body=PLANTED),
    "two lengths, large first": post(length(len(PLANTED)), length(0), body=PLANTED),
    "two equal lengths": post(length(2), length(2), body=b"{}" + PLANTED[:-1]),
    "a list of lengths": post(b"Content-Length: 0, %d" % len(PLANTED), body=PLANTED),
    "two codings": post(TE, b"Transfer-Encoding: identity", length(len(HIDDEN)), body=HIDDEN),
    "signed length": post(b"Content-Length: +%d" % len(PLANTED), body=PLANTED),
    "negative length": post(b"Content-Length: -1", body=PLANTED),
    "hex length": post(b"Content-Length: 0x10", body=PLANTED),
    "length with a blank inside": post(b"Content-Length: 1 0", body=PLANTED),
    "length with words": post(b"Content-Length: 0;a", body=PLANTED),
    "overflowing length": post(b"Content-Length: 18446744073709551616", body=PLANTED),
    "overflowing length of 32 bits": post(b"Content-Length: 4294967296", body=PLANTED),
    "empty length": post(b"Content-Length:", body=PLANTED),
    "bare LF": b"POST /v1/kenmerken/_herken HTTP/1.1\nHost: localhost\nContent-Type: application/json\n" + TE +
               b"\n" + length(len(HIDDEN)) + b"\n\n" + HIDDEN,
    "bare LF before the coding": post(b"X: y\n" + TE, length(len(HIDDEN)), body=HIDDEN),
    "bare CR before the coding": post(b"X: y\r" + TE, length(len(HIDDEN)), body=HIDDEN),
    "NUL before the coding": post(b"X: y\0" + TE, length(len(HIDDEN)), body=HIDDEN),
    "NUL in a name": post(b"Transfer-\0Encoding: chunked", length(len(HIDDEN)), body=HIDDEN),
    "space before the colon": post(b"Transfer-Encoding : chunked", length(len(HIDDEN)), body=HIDDEN),
    "space before the colon of the length": post(b"Content-Length : %d" % len(PLANTED), body=PLANTED),
    "tab before the colon": post(b"Transfer-Encoding\t: chunked", length(len(HIDDEN)), body=HIDDEN),
    "folded coding": post(b"Transfer-Encoding:\r\n chunked", length(len(HIDDEN)), body=HIDDEN),
    "folded length": post(b"Content-Length:\r\n %d" % len(PLANTED), body=PLANTED),
    "folded first line": b"GET /v1/fraudevormen HTTP/1.1\r\n Host: x\r\nHost: localhost\r\n" + length(len(PLANTED)) +
                         b"\r\n\r\n" + PLANTED,
    "line without a colon": post(b"Transfer-Encoding chunked", length(len(HIDDEN)), body=HIDDEN),
    "header without a name": post(b": chunked", length(len(HIDDEN)), body=HIDDEN),
    "underscore": post(b"Transfer_Encoding: chunked", b"Content_Length: 0", length(len(HIDDEN)), body=HIDDEN),
    "old version with a coding": post(TE, body=HIDDEN).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "version 0.9": b"GET /v1/fraudevormen\r\n" + PLANTED,
    "version 1.2 with both": post(TE, length(len(HIDDEN)), body=HIDDEN).replace(b"HTTP/1.1", b"HTTP/1.2", 1),
    "version 2": post(length(len(PLANTED)), body=PLANTED).replace(b"HTTP/1.1", b"HTTP/2.0", 1),
    "Connection names the length": post(b"Connection: Content-Length", length(len(PLANTED)), body=PLANTED),
    "Connection names the coding": post(b"Connection: keep-alive, Transfer-Encoding", TE, length(len(HIDDEN)),
                                        body=HIDDEN),
    "Expect": post(b"Expect: 100-continue", length(len(HIDDEN)), TE, body=HIDDEN),
    "Upgrade": b"GET /v1/fraudevormen HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
               b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n" + length(len(PLANTED)) +
               b"\r\n\r\n" + PLANTED,
    "in the target": b"GET /v1/fraudevormen?a=\r\n" + PLANTED,
    "encoded in the target": b"GET /v1/x%20HTTP/1.1%0d%0aHost:%20localhost%0d%0a%0d%0aPOST%20/v1/meldingen HTTP/1.1"
                             b"\r\nHost: localhost\r\n" + length(len(PLANTED)) + b"\r\n\r\n" + PLANTED,
    "GET with a body": b"GET /v1/fraudevormen HTTP/1.1\r\nHost: localhost\r\n" + length(len(PLANTED)) + b"\r\n\r\n" +
                       PLANTED,
    "HEAD with a body": b"HEAD /v1/fraudevormen HTTP/1.1\r\nHost: localhost\r\n" + length(len(PLANTED)) +
                        b"\r\n\r\n" + PLANTED,
    "two hosts": post(b"Host: other", length(len(PLANTED)), body=PLANTED),
}
# Transfer-Encoding in words that some take for chunked and others do not.
for i, word in enumerate((b"xchunked", b"chunked, identity", b"identity, chunked", b"chunked, chunked", b"CHUNKED\x0b",
                          b"\x0bchunked", b"\"chunked\"", b"chunked;a=b", b"chunked ,", b",chunked", b"gzip, chunked",
                          b"chu\xc5\x8bked", b"cow", b"")):
    SHAPES[f"coding {i}: {word!r}"] = post(b"Transfer-Encoding: " + word, length(len(HIDDEN)), body=HIDDEN)
    SHAPES[f"coding {i} without a length: {word!r}"] = post(b"Transfer-Encoding: " + word, body=b"5\r\n" + HIDDEN)

# Chunks whose end is read differently: the planted request stands in what is data to the strict reader, or after an
# error. (Some are good requests to a lenient one: then what follows is its next request, and has no end.)
for i, chunk in enumerate((b"0 \r\n", b"0;a\n\r\n", b"+0\r\n", b"0x0\r\n", b"-1\r\n", b"10000000000000000\r\n", b"\r\n",
                           b"0\n\n", b"g\r\n", b" 0\r\n", b"0\r\r\n", b"1\r\n{X", b"1\r\n{\n0\r\n", b"2\r\n{}0\r\n",
                           b"0;" + b"a" * 20000 + b"\r\n", b"0\r\nX: y\n Content-Length: 9\r\n", b"0;\"\r\n\"\r\n",
                           b"ffffffffffffffff\r\n", b"80000000\r\n", b"0_0\r\n")):
    SHAPES[f"chunk {i}: {chunk[:20]!r}"] = post(TE, body=chunk + b"\r\n" + PLANTED[:-1])


def attack(s, port, relay=None, front=None):
    late = []
    for name, data in SHAPES.items():
        before, passed = relay.answers if relay else 0, front.passed_on() if front else 0
        answer = talk(port, data, timeout=1.5, quiet=0.05, end=relay is None)
        true(not any(x == 201 for x in statuses(answer)), f"{name}: {answer[:300]!r}")
        if front:
            until = time.monotonic() + 2
            while front.passed_on() - passed != relay.answers - before and time.monotonic() < until:
                time.sleep(0.01)
            if front.passed_on() - passed != relay.answers - before:
                late.append((name, front.passed_on() - passed, relay.answers - before))
        else:
            true(len(statuses(answer)) <= 2, f"{name}: {statuses(answer)}")
    same(s.process.poll(), None, "the server's exit code")
    if late:
        fail(f"nginx passed on, and we answered: {late}")
    same(s.centre.dossiers(), 0, "planted reports that were stored")


def good_one(s, port):
    """The planted report is a good one when it is asked properly: otherwise nothing above would show."""
    same(statuses(talk(port, PLANTED, timeout=5, end=False)), [201], "the planted report by itself")
    same(s.centre.dossiers(), 1, "dossiers")


@test
def smuggling_directly(_driver):
    s = Server()
    attack(s, s.port)
    good_one(s, s.port)
    one_page(s.port)
    s.end()


def through(strict):
    s = Server()
    relay = Relay(s.port)
    n = Nginx(relay.port, strict)
    attack(s, n.port, relay, n)
    good_one(s, n.port)
    n_passed = n.passed_on()
    n.end()
    relay.end()
    print(f"     {len(SHAPES)} shapes: nginx passed on {n_passed} requests, and we answered {relay.answers}", flush=True)
    s.end()


@test
def smuggling_through_nginx(_driver):
    through(True)


@test
def smuggling_through_a_lenient_nginx(_driver):
    through(False)


# ---- heads and paths -----------------------------------------------------------------------------------------

def get(target, *fields, method=b"GET"):
    return method + b" " + target + b" HTTP/1.1\r\nHost: localhost\r\n" + b"".join(f + b"\r\n" for f in fields) + b"\r\n"


HEADS = {  # what comes of it directly: one of these
    "a huge line": (get(b"/" + b"a" * 9000), {414}),
    "a line that is too huge": (get(b"/" + b"a" * 200000), {400, 413, 414, 431}),
    "huge header": (get(b"/v1/fraudevormen", b"X: " + b"a" * 17000), {431}),
    "a header that is too huge": (get(b"/v1/fraudevormen", b"X: " + b"a" * 300000), {400, 413, 431}),
    "many headers": (get(b"/v1/fraudevormen", *[b"X%d: y" % i for i in range(150)]), {431}),
    "very many headers": (get(b"/v1/fraudevormen", *[b"X%d: y" % i for i in range(5000)]), {400, 413, 431}),
    "dots": (get(b"/v1/fraudevormen/../meldingen"), {404}),
    "encoded dots": (get(b"/v1/%2e%2e/%2e%2e/etc/passwd"), {404}),
    "encoded slash": (get(b"/v1%2ffraudevormen"), {404}),
    "encoded letters": (get(b"/v1/%66raudevormen"), {404}),
    "encoded NUL": (get(b"/v1/fraudevormen%00"), {404}),
    "half an escape": (get(b"/v1/fraudevormen%"), {404}),
    "double slash": (get(b"//v1/fraudevormen"), {404}),
    "double slash inside": (get(b"/v1//fraudevormen"), {404}),
    "backslash": (get(b"/v1\\fraudevormen"), {400}),
    "absolute form": (get(b"http://localhost/v1/fraudevormen"), {400}),
    "absolute form elsewhere": (get(b"http://169.254.169.254/latest"), {400}),
    "authority form": (get(b"localhost:80", method=b"CONNECT"), {400, 501}),
    "CONNECT": (get(b"/v1/fraudevormen", method=b"CONNECT"), {400, 405, 501}),
    "TRACE": (get(b"/v1/fraudevormen", b"X-Secret: a", method=b"TRACE"), {405, 501}),
    "asterisk": (get(b"*", method=b"OPTIONS"), {400}),
    "a method in small letters": (get(b"/v1/fraudevormen", method=b"get"), {400, 501}),
    "a method with a NUL": (get(b"/v1/fraudevormen", method=b"GE\0T"), {400, 501}),
    "non-ASCII": (get("/v1/fraudevormen/é".encode()), {400}),
    "no UTF-8": (get(b"/v1/\xff\xfe"), {400}),
    "a fragment": (get(b"/v1/fraudevormen#x"), {400}),
    "control bytes": (get(b"/v1/fraude\x01vormen"), {400}),
    "no host": (b"GET /v1/fraudevormen HTTP/1.1\r\n\r\n", {400}),
    "a parameter twice": (get(b"/v1/fraudevormen/OF-1/advies?taal=nl&taal=en"), {400}),
    "thousands of parameters": (get(b"/v1/fraudevormen?" + b"a=b&" * 1500), {400, 414, 0}),  # 0: closed
    "TLS to a plain door": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200 + b"\n\n", {400, 0}),
    "nothing but line ends": (b"\r\n" * 20000, {400, 414, 0}),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 501, 505}),
}


@test
def heads_and_paths(_driver):
    s = Server()
    n = Nginx(s.port)
    own = []
    for name, (data, want) in HEADS.items():
        answer = talk(s.port, data, timeout=2, quiet=0.1, end=False)
        got = clear_error(answer, name, plain=True) if answer else 0
        true(got in want, f"{name}: {got}, expected {sorted(want)}")
        if answer and b"application/problem+json" not in answer:
            own.append(name)
        true(b"X-Secret" not in answer, f"{name}: the request comes back")
        behind = talk(n.port, data, timeout=2, quiet=0.1, end=False)
        true(all(x < 500 or x in (501, 505) for x in statuses(behind)), f"{name}, behind nginx: {behind[:200]!r}")
        one_page(s.port)
    print(f"     refused by the library in its own words: {', '.join(own) or 'none'}", flush=True)
    n.end()
    s.end()


@test
def garbage(_driver):
    """Bytes without any meaning, from many at a time: an error or a closed door."""
    import random
    s = Server()
    for i in range(400):
        data = random.randbytes(random.randrange(1, 4000))
        if i % 2:
            good = bytearray(PLANTED)
            for _ in range(random.randrange(1, 6)):
                good[random.randrange(len(good) - len(BODY))] = random.randrange(256)
            data = bytes(good)
        talk(s.port, data, timeout=0.5, quiet=0.02)
    one_page(s.port)
    with socket.create_connection(("127.0.0.1", s.port)) as c:
        c.sendall(get(b"/v1/gezondheid"))
        true(c.recv(4096).startswith(b"HTTP/1.1 200"), "health")
    s.end()
    s.centre.verify()


if __name__ == "__main__":
    main()
