#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""Bodies that are not what they say, or more than they seem: cut off, badly chunked, huge, deep, packed. And mail made
to burst its reader."""
import base64
import gzip
import io
import json
import resource
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import PROGRAM, Centre, fail, main, person, report, same, scratch, test, true  # noqa: E402
from door import ATTACK_MB, Nginx, Server, clear_error, statuses, talk, under  # noqa: E402

CHUNKED = b"Transfer-Encoding: chunked"
REPORT = json.dumps(report(1, ("domein", "zz--lijf.nl"))).encode()


def post(body, *fields, n=None, path=b"/v1/meldingen"):
    size = [] if CHUNKED in fields else [b"Content-Length: %d" % (len(body) if n is None else n)]
    return b"\r\n".join([b"POST " + path + b" HTTP/1.1", b"Host: localhost", b"Content-Type: application/json",
                         *size, *fields, b"", body])


def chunks(data, size=100):
    parts = [data[i:i + size] for i in range(0, len(data), size)]
    return b"".join(b"%x\r\n" % len(p) + p + b"\r\n" for p in parts)


BROKEN = {  # never an answer of success, and nothing stored
    "shorter than it says": post(REPORT, n=len(REPORT) + 50),
    "nothing of it": post(b"", n=500),
    "chunks without an end": post(chunks(REPORT), CHUNKED),
    "half a chunk": post(chunks(REPORT)[:-30], CHUNKED),
    "chunk size of letters": post(b"zz\r\n" + REPORT, CHUNKED),
    "huge chunk size": post(b"fffffffffffffff0\r\n" + REPORT, CHUNKED),
    "chunk size beyond 64 bits": post(b"1" + b"0" * 40 + b"\r\n" + REPORT, CHUNKED),
    "chunk longer than it says": post(b"5\r\n" + REPORT + b"\r\n0\r\n\r\n", CHUNKED),
    "negative chunk": post(b"-5\r\n" + REPORT + b"\r\n0\r\n\r\n", CHUNKED),
    "endless chunk extension": post(b"5;" + b"a" * 100000, CHUNKED),
    "endless trailers": post(chunks(REPORT) + b"0\r\n" + b"X-A: y\r\n" * 20000, CHUNKED),
    "a million chunks of a byte": post(b"1\r\n \r\n" * 1000000, CHUNKED),
}


def deep(n, a=b"[", z=b"]"):
    return a * n + z * n


JSONS = {  # the answer is an error in our own words, with this status
    "10 MB": (b'{"verhaal":"' + b"a" * 10_000_000 + b'"}', 413),
    "deep lists": (deep(100_000), 400),
    "deep objects": (deep(40_000, b'{"a":', b"}"), 400),
    "deep and not closed": (b"[" * 250_000, 400),
    "deep inside a member": (b'{"kenmerken":' + deep(120_000) + b"}", 400),
    "huge integer": (b'{"bedrag":' + b"9" * 250_000 + b"}", 400),
    "huge exponent": (b'{"bedrag":1e999999999}', 400),
    "small exponent": (b'{"bedrag":1e-999999999}', 400),
    "long fraction": (b'{"bedrag":0.' + b"1" * 250_000 + b"}", 400),
    "not a number": (b'{"bedrag":NaN}', 400),
    "duplicate members": (b'{"fraudevorm":"OF-1","fraudevorm":"OF-2"}', 400),
    "duplicate by escape": (b'{"fraudevorm":"OF-1","fraudevor\\u006d":"OF-2"}', 400),
    "very many members": (b"{" + b",".join(b'"a%d":1' % i for i in range(9_900)) + b"}", 400),
    "very many elements": (b'{"kenmerken":[' + b"0," * 9_900 + b"0]}", 400),
    "more elements than may be": (b'{"kenmerken":[' + b"0," * 100_000 + b"0]}", 400),
    "members that collide": (b"{" + b",".join(b'"%s":1' % bytes([97 + (i >> k & 1) for k in range(16)])
                                             for i in range(9_900)) + b"}", 400),
    "invalid UTF-8": (b'{"verhaal":"\xff\xfe"}', 400),
    "overlong UTF-8": (b'{"verhaal":"\xc0\xaf"}', 400),
    "surrogate in UTF-8": (b'{"verhaal":"\xed\xa0\x80"}', 400),
    "lone surrogate": (b'{"verhaal":"\\ud800"}', 400),
    "NUL escaped": (b'{"verhaal":"a\\u0000b"}', 400),
    "NUL": (b'{"verhaal":"a\0b"}', 400),
    "UTF-16": ('{"fraudevorm":"OF-1"}'.encode("utf-16"), 400),
    "byte order mark": (b"\xef\xbb\xbf" + REPORT, 400),
    "two documents": (REPORT + REPORT, 400),
    "a comment": (b"/* */" + REPORT, 400),
    "blanks only": (b" " * 250_000, 400),
    "very many findings": (json.dumps({"kenmerken": [{"soort": "x", "waarde": "y"}] * 4_900}).encode(), 400),
}


def all_refused(s, port, what):
    for name, data in BROKEN.items():
        answer = talk(port, data, timeout=1, quiet=0.1)
        true(all(400 <= x <= 505 for x in statuses(answer)), f"{what}, {name}: {answer[:200]!r}")
        if answer:
            clear_error(answer, f"{what}, {name}", plain=True)
    same(s.centre.dossiers(), 0, "stored of broken bodies")


@test
def broken_bodies(_driver):
    s = Server()
    all_refused(s, s.port, "directly")
    n = Nginx(s.port, strict=False)
    all_refused(s, n.port, "through nginx")
    n.end()
    good = talk(s.port, post(chunks(REPORT) + b"0\r\nX-Trailer: y\r\n\r\n", CHUNKED), end=False)
    same(statuses(good), [201], "a good report in chunks, with a trailer")
    s.end()


@test
def json_that_is_too_much(_driver):
    s = Server()
    for name, (body, want) in JSONS.items():
        began = time.monotonic()
        answer = talk(s.port, post(body), timeout=5, quiet=0.1, end=False)
        same(clear_error(answer, name), want, name)
        true(time.monotonic() - began < 2, f"{name}: {time.monotonic() - began:.1f} s")
        true(len(answer) < 200_000, f"{name}: an answer of {len(answer)} bytes")
    packed = gzip.compress(b'{"verhaal":"' + b"a" * 50_000_000 + b'"}', 9)
    for coding in (b"gzip", b"deflate", b"br", b"gzip, gzip"):
        answer = talk(s.port, post(packed, b"Content-Encoding: " + coding), timeout=5, end=False)
        same(clear_error(answer, f"packed with {coding!r}"), 415, "packed body")
    same(clear_error(talk(s.port, post(packed), end=False), "packed, and not said"), 400, "packed body")
    same(s.centre.dossiers(), 0, "stored")
    s.end()


@test
def heavy_json_by_many(_driver):
    """What costs most to read, from sixteen at a time, while others want a page."""
    s = Server()
    heavy = [post(JSONS[k][0]) for k in ("very many members", "very many elements", "very many findings",
                                         "deep inside a member", "huge integer", "members that collide")]

    def attack(port, ready, stop):
        seen = {}

        def one(k):
            i = k
            while not stop.is_set():
                for x in statuses(talk(port, heavy[i % len(heavy)], timeout=10, quiet=0.05, end=False)) or [0]:
                    seen[x] = seen.get(x, 0) + 1
                i += 1
        threads = [threading.Thread(target=one, args=(k,)) for k in range(16)]
        for t in threads:
            t.start()
        ready.set()
        for t in threads:
            t.join()
        true(set(seen) <= {400, 503}, f"answers {seen}")
        return f"answers {seen}"
    under(s, "heavy JSON", attack, seconds=3)
    s.end()


# ---- mail ------------------------------------------------------------------------------------------------------

HEAD = b"From: a@zz--post.nl\r\nTo: b@melder.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def nested(depth):
    out = [HEAD]
    for i in range(depth):
        out.append(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i))
    out.append(b"Content-Type: text/plain\r\n\r\nhallo https://www.zz--bom.nl/\r\n")
    out += [b"--b%d--\r\n" % i for i in reversed(range(depth))]
    return b"".join(out)


def wrapped(depth):
    return b"".join(b"From: a%d@zz--post.nl\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n" % i
                    for i in range(depth)) + b"From: z@zz--post.nl\r\n\r\nhallo\r\n"


def parts(n, part=b"Content-Type: text/plain\r\n\r\nx\r\n"):
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + (b"--b\r\n" + part) * n + b"--b--\r\n"


def attached(data, kind=b"application/octet-stream", name=b"a.bin"):
    text = base64.encodebytes(data)
    return parts(1, b"Content-Type: " + kind + b'; name="' + name + b'"\r\nContent-Transfer-Encoding: base64\r\n'
                 b'Content-Disposition: attachment; filename="' + name + b'"\r\n\r\n' + text)


def zip_bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for i in range(20):
            z.writestr(f"{i}.txt", b"\0" * 50_000_000)
    return out.getvalue()


def pdf_bomb(filters=1):
    data = b" " * 100_000_000
    for _ in range(filters):
        data = zlib.compress(data, 9)
    names = b"[" + b"/FlateDecode " * filters + b"]"
    return b"%PDF-1.7\n1 0 obj\n<</Length " + b"%d" % len(data) + b"/Filter " + names + b">>\nstream\n" + data + \
        b"\nendstream\nendobj\ntrailer<<>>\n%%EOF\n"


def mails():
    return {
        "multipart in multipart, 10,000 deep": nested(10_000),
        "message in message, 5,000 deep": wrapped(5_000),
        "100,000 parts": parts(100_000),
        "100,000 empty parts": parts(100_000, b"\r\n"),
        "20 MB of base64": attached(b"a" * 15_000_000, b"text/plain", b"a.txt"),
        "base64 of nothing but line ends": parts(1, b"Content-Transfer-Encoding: base64\r\n\r\n" + b"\r\n" * 5_000_000),
        "quoted-printable of soft ends": parts(1, b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * 3_000_000),
        "a zip bomb": attached(zip_bomb(), b"application/zip", b"a.zip"),
        "a gzip bomb": attached(gzip.compress(b"\0" * 500_000_000, 9), b"application/gzip", b"a.gz"),
        "a packed PDF": attached(pdf_bomb(), b"application/pdf", b"a.pdf"),
        "a PDF packed three times": attached(pdf_bomb(3), b"application/pdf", b"a.pdf"),
        "100,000 header lines": HEAD + b"X-A: y\r\n" * 100_000 + b"\r\nhallo\r\n",
        "a header of 10 MB": HEAD + b"X-A: " + b"y" * 10_000_000 + b"\r\n\r\nhallo\r\n",
        "a million addresses": b"To: " + b"a@b.nl, " * 1_000_000 + b"c@d.nl\r\n" + HEAD + b"\r\nhallo\r\n",
        "encoded words without end": b"Subject: " + b"=?utf-8?b?" * 200_000 + b"\r\n" + HEAD + b"\r\nhallo\r\n",
        "deep HTML": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 1_000_000,
        "HTML of open tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<a href='" * 500_000,
        "HTML comments": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--" * 1_000_000,
        "a hundred thousand links": HEAD + b"Content-Type: text/html\r\n\r\n" + b"".join(
            b"<a href='https://www.zz--%d.nl/x'>x</a>" % i for i in range(100_000)),
        "a boundary of 100 KB": HEAD + b'Content-Type: multipart/mixed; boundary="' + b"b" * 100_000 + b'"\r\n\r\n--' +
                                b"b" * 100_000 + b"\r\n\r\nx\r\n",
    }


MEASURE = """import resource, subprocess, sys
p = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stderr.write(f"{p.returncode} {u.ru_maxrss // 1024} {u.ru_utime + u.ru_stime:.2f}\\n")
sys.stdout.buffer.write(p.stdout)
sys.stderr.buffer.write(p.stderr)
"""


@test
def mail_bombs(_driver):
    c = Centre()
    folder, bad = scratch(), []
    env = {k: v for k, v in c.env().items()}
    for name, data in mails().items():
        path = folder / "mail.eml"
        path.write_bytes(data)
        began = time.monotonic()
        p = subprocess.run([sys.executable, "-c", MEASURE, PROGRAM, *map(str, c.argv("mail", path))], env=env,
                           capture_output=True, timeout=60)
        took = time.monotonic() - began
        code, mb, _cpu = p.stderr.split(b"\n", 1)[0].split()
        true(int(code) in (0, 1), f"{name}: exit {int(code)}; {p.stderr[:300]!r}")
        try:
            doc = json.loads(p.stdout)
        except ValueError:
            fail(f"{name}: no JSON but {p.stdout[:300]!r}")
        true(int(code) == 0 or doc.get("fout"), f"{name}: no reason given")
        print(f"     {name} ({len(data) / 1e6:.1f} MB): {'read' if int(code) == 0 else 'refused'} in {took:.1f} s, "
              f"at most {int(mb)} MB", flush=True)
        if int(mb) > ATTACK_MB or took > 20:
            bad.append(f"{name}: {int(mb)} MB and {took:.1f} s; expected at most {ATTACK_MB} MB and 20 s")
    same(bad, [], "mails that cost too much")


if __name__ == "__main__":
    main()
