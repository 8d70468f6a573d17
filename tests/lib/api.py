# SPDX-License-Identifier: EUPL-1.2
"""What the tests of the HTTP interface share: the real server, its description, and an answer held against it."""
import http.client
import json
import re
import subprocess

import yaml

from kt import PROGRAM, SOURCE, Centre, child, end_child, has, same, scratch, strict_json, true

SPEC = yaml.safe_load((SOURCE / "api" / "openapi.yaml").read_text(encoding="utf-8"))
JSON = {"Content-Type": "application/json"}
SECURITY = {"cache-control": "no-store", "x-content-type-options": "nosniff", "x-frame-options": "DENY",
            "referrer-policy": "no-referrer"}


class Server:
    def __init__(self, driver="sqlite", centre=None, **env):
        self.centre = centre or Centre(driver)
        self.log = scratch() / "stderr"
        self.process = child([PROGRAM, *self.centre.argv("serve", "--port", "0")],
                             env={**self.centre.env(), "KENTERING_LOG_LEVEL": "debug", **env}, stdout=subprocess.PIPE,
                             stderr=self.log.open("wb"))
        line = self.process.stdout.readline()
        m = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/v1", json.loads(line)["adres"])
        true(m, f"address: {line!r}")
        self.port = int(m[1])

    def ask(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        c.request(method, path, data, headers if headers is not None else (JSON if data is not None else {}))
        r = c.getresponse()
        r.text = r.read()
        c.close()
        return r

    def announce(self, path, size, headers):
        """A POST that says how large it is, and sends one byte: refused before the rest is sent."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        c.putrequest("POST", path)
        for name, value in {**headers, "Content-Length": str(size)}.items():
            c.putheader(name, value)
        c.endheaders(b"{")
        r = c.getresponse()
        r.text = r.read()
        c.close()
        return r

    def login(self, name, password, code=None, cookie="sessie"):
        """The headers of somebody who is logged in."""
        body = {"gebruikersnaam": name, "wachtwoord": password, **({"code": code} if code else {})}
        r = self.ask("POST", "/v1/sessies", body)
        same(r.status, 201, f"login of {name} ({r.text[:300]!r})")
        return {**JSON, "Cookie": cookie_of(r, cookie)}

    def view(self, role):
        """The headers of a demonstration's eyes."""
        r = self.ask("POST", "/v1/demonstratie/_bekijk-als", {"rol": role})
        same(r.status, 200, f"view as {role} ({r.text[:300]!r})")
        return {**JSON, "Cookie": cookie_of(r)}

    def end(self):
        end_child(self.process)


def cookie_of(r, name="sessie"):
    """name=value of the session's cookie, which must be one that no script and no other site can use."""
    text = r.getheader("Set-Cookie") or ""
    m = re.match(name + r"=([0-9a-f]{64}); HttpOnly; SameSite=Strict; Path=/(; Secure)?$", text)
    true(m and bool(m[2]) == name.startswith("__Host-"), f"cookie: {text!r}")
    return f"{name}={m[1]}"


def resolve(node):
    while "$ref" in node:
        at = SPEC
        for part in node["$ref"].split("/")[1:]:
            at = at[part.replace("~1", "/").replace("~0", "~")]
        node = at
    return node


TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}


def check_schema(node, value, at=""):
    """The subset of JSON Schema that the description uses, written apart from the program's own validator."""
    node = resolve(node)
    kinds = node.get("type", list(TYPES))
    kinds = kinds if isinstance(kinds, list) else [kinds]
    true(any(isinstance(value, TYPES[k]) and not (k == "integer" and isinstance(value, bool)) for k in kinds),
         f"{at or '/'}: {type(value).__name__}, expected {kinds}")
    if isinstance(value, dict):
        for name in node.get("required", []):
            true(name in value, f"{at}: {name} is missing")
        for name, sub in node.get("properties", {}).items():
            if name in value:
                check_schema(sub, value[name], f"{at}/{name}")
        unknown = set(value) - set(node.get("properties", value))
        true(not unknown, f"{at}: not in the description: {unknown}")
    if isinstance(value, list) and "items" in node:
        for i, x in enumerate(value):
            check_schema(node["items"], x, f"{at}/{i}")
    if "enum" in node:
        true(value in node["enum"], f"{at}: not one of {node['enum']}")


def check_answer(r, path, method, status):
    """Status, headers, media type and schema as described."""
    same(r.status, status, f"{method} {path}: status ({r.text[:300]!r})")
    got = {k.lower(): v for k, v in r.getheaders()}
    same(got.get("api-version"), SPEC["info"]["version"], "API-Version")
    for name, value in SECURITY.items():
        same(got.get(name), value, f"{method} {path}: {name}")
    has(got.get("content-security-policy", ""), "frame-ancestors 'none'")
    has(got.get("strict-transport-security", ""), "max-age=")
    true("server" not in got, "a Server header")
    op = SPEC["paths"].get(path, {}).get(method.lower())
    answer = resolve(op["responses"][str(status)]) if op and str(status) in op["responses"] else None
    if status >= 400:
        same(got["content-type"], "application/problem+json", "content type")
        doc = strict_json(r.text.decode())
        check_schema(SPEC["components"]["schemas"]["Probleem"], doc)
        same(doc["status"], status, "status in the problem")
        return doc
    true(answer, f"{method} {path}: {status} is not described")
    if status == 204:
        same((r.text, got.get("content-type"), got.get("content-length")), (b"", None, None), "an answer without a body")
        return None
    same(got["content-type"], "application/json", "content type")
    if op["x-activiteit"] == "geen":
        same(got.get("access-control-allow-origin"), "*", "CORS of an open resource")
    else:
        true("access-control-allow-origin" not in got, "CORS on a closed resource")
    if method == "HEAD":
        return None
    doc = strict_json(r.text.decode())
    check_schema(answer["content"]["application/json"]["schema"], doc)
    return doc
