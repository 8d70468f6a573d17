# SPDX-License-Identifier: EUPL-1.2
"""Receivers on loopback for the tests of delivery: a web server that can misbehave, and a mail server."""
import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import socket
import ssl
import subprocess
import threading
import time


class Receiver:
    """Keeps what was posted to it. `plan`: what to answer, one by one, the last for ever: a status, or a word:
    hang (no answer), redirect, large, drop."""

    def __init__(self, *plan, context=None, redirect="http://127.0.0.1:1/"):
        self.plan, self.got, self.lock = list(plan) or [204], [], threading.Lock()
        self.redirect, self.released = redirect, threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.post(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # callers that give up are what is tested
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if context else 'http'}://localhost:{self.port}/ontvang"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def post(self, h):
        body = h.rfile.read(int(h.headers["Content-Length"]))
        with self.lock:
            self.got.append((dict(h.headers.items()), body, time.monotonic()))
            what = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
        if what == "hang":
            self.released.wait(60)
            h.close_connection = True
            return
        if what == "drop":
            h.connection.shutdown(socket.SHUT_RDWR)
            h.close_connection = True
            return
        status = {"redirect": 302, "large": 200}.get(what, what)
        answer = b"x" * 100000 if what == "large" else b""
        h.send_response(status)
        if what == "redirect":
            h.send_header("Location", self.redirect)
        h.send_header("Content-Length", str(len(answer)))
        h.end_headers()
        try:
            h.wfile.write(answer)
        except OSError:
            pass

    def events(self):
        with self.lock:
            return [json.loads(body) for _, body, _ in self.got]

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def signature_is_good(secret, headers, body, now=None, tolerance=300):
    """What a receiver does (docs/webhooks.md)."""
    h = {k.lower(): v for k, v in headers.items()}
    if abs((now or time.time()) - int(h["webhook-timestamp"])) > tolerance:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{h['webhook-id']}.{h['webhook-timestamp']}.".encode() + body
    want = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(want, s.removeprefix("v1,")) for s in h["webhook-signature"].split(" "))


def certificate(folder):
    """A certificate of its own for localhost: file of both, and a context for a server."""
    pem, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
                    "-out", pem], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return pem, context


class MailServer:
    """SMTP by hand. `refuse`: answers to RCPT, one by one ("451 later", "550 no"), then it takes all. `context`: STARTTLS;
    `login`: (user, password) that must be given."""

    def __init__(self, *refuse, context=None, login=None):
        self.refuse, self.context, self.login = list(refuse), context, login
        self.mails, self.commands = [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                c, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(c,), daemon=True).start()

    def talk(self, c):
        try:
            self.session(c)
        except (OSError, ValueError):
            pass
        finally:
            c.close()

    def session(self, c):
        f, secure, known, to = c.makefile("rwb"), False, not self.login, []

        def say(text):
            f.write(text.encode() + b"\r\n")
            f.flush()
        say("220 post")
        while line := f.readline():
            word = line.split()[0].upper() if line.split() else b""
            self.commands.append(line.decode("utf-8", "replace").strip())
            if word == b"EHLO":
                more = (["STARTTLS"] if self.context and not secure else []) + (["AUTH PLAIN"] if self.login else [])
                lines = ["post", *more]
                for i, text in enumerate(lines):
                    say(f"250{'-' if i + 1 < len(lines) else ' '}{text}")
            elif word == b"STARTTLS":
                say("220 go")
                c = self.context.wrap_socket(c, server_side=True)
                f, secure = c.makefile("rwb"), True
            elif word == b"AUTH":
                token = line.split()[2] if len(line.split()) > 2 else None
                if token is None:
                    say("334 ")
                    token = f.readline().strip()
                known = base64.b64decode(token).split(b"\0")[1:] == [x.encode() for x in self.login]
                say("235 good" if known else "535 no")
            elif word == b"MAIL":
                say("250 good" if known else "530 who?")
            elif word == b"RCPT":
                answer = self.refuse.pop(0) if self.refuse else "250 good"
                to = [line.decode().split("<")[1].split(">")[0]]
                say(answer)
            elif word == b"DATA":
                say("354 speak")
                text = b""
                while (part := f.readline()) not in (b".\r\n", b""):
                    text += part
                m = email.message_from_bytes(text, policy=email.policy.default)
                self.mails.append((to[0], m, secure))
                say("250 taken")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 good")

    def close(self):
        self.listener.close()
