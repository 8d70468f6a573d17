#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The rules of the house (CONTRIBUTING.md), checked on the tracked files and the new ones.

Prints `file:line: what is wrong; what was expected`, and as last line `N passed, N failed`, counting checks.
Standard library only.
"""
import re
import subprocess
import sys
import tempfile
from bisect import bisect_right
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# --- the tables ------------------------------------------------------------------------------------------

# A room includes rooms of a lower level, itself, and what `ALSO` names.
LEVEL = {"base": 0, "seam": 1, "store": 2, "audit": 3, "job": 3, "auth": 3,
         "identifier": 4, "pet": 4, "policy": 4, "gate": 4,
         "intake": 5, "dossier": 5, "signal": 5, "rule": 5, "barrier": 5, "feed": 5,
         "mail": 6, "exchange": 6, "insight": 6, "programme": 6, "demo": 6, "api": 6, "ops": 6, "cli": 7}
FLOW = ["intake", "dossier", "signal", "rule", "barrier", "feed"]  # each includes those to its right
ALSO = {"policy": {"identifier"}, "gate": {"policy"}, "auth": {"audit"}}
PURE = {"identifier", "pet", "rule"}
NOT_PURE = re.compile(r"^(store|audit|job|auth)/|^seam/(http|mail|jose)|^base/log\.h$")

# A library's header is included in these places only (a regex on the path); bench and tests may use any.
OWNERS = {"sqlite3.h": r"src/store/", "libpq-fe.h": r"src/store/", "jansson.h": r"src/seam/json",
          "libfyaml.h": r"src/seam/yaml", "microhttpd.h": r"src/seam/http",
          "gnutls/x509.h": r"src/seam/", "gnutls/abstract.h": r"src/seam/", "nettle/hmac.h": r"src/seam/crypto",
          "sodium.h": r"src/(seam/crypto|pet/|identifier/)",
          "curl/curl.h": r"src/seam/", "libpsl.h": r"src/identifier/", "idn2.h": r"src/identifier/"}

MAX_FILE, MAX_FUNCTION, MAX_COLUMNS, TAB, MAX_BYTES = 800, 60, 120, 4, 1 << 20

# function: what to use instead
BANNED = {"strcpy": "str_copy", "strcat": "struct buf", "strncpy": "str_copy", "strncat": "struct buf",
          "sprintf": "snprintf or buf_printf", "vsprintf": "vsnprintf", "strtok": "str_find and str_sub",
          "gets": "a read with a size", "atoi": "str_int", "atol": "str_int", "atoll": "str_int", "atof": "strtod",
          "alloca": "the arena", "system": "posix_spawn in a child of its own", "popen": "posix_spawn",
          "rand": "crypto_random", "srand": "crypto_random", "random": "crypto_random", "drand48": "crypto_random",
          "localtime": "localtime_r", "gmtime": "gmtime_r", "ctime": "time_format", "asctime": "time_format",
          "tmpnam": "mkstemp", "mktemp": "mkstemp"}
CLOCKS = ("time", "gettimeofday", "clock_gettime")  # only base/clock.c: time is a parameter
PRINTS = ("printf", "fprintf", "vprintf", "vfprintf", "dprintf", "puts", "fputs", "putchar", "perror", "syslog")
MAY_PRINT = re.compile(r"^src/cli/|^bench/|^tests/|/(test|fuzz)_[^/]*$|^src/base/log\.c$")
TESTING = re.compile(r"^bench/|^tests/|/(test|fuzz)_[^/]*$")

SQL = re.compile(r"\s*(SELECT\s|INSERT\s+(OR\s+\w+\s+)?INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b|WITH\s+\w+\s+AS\b"
                 r"|(CREATE|DROP|ALTER)\s+(TABLE|INDEX|UNIQUE|TRIGGER|VIEW)\b|VACUUM\b|PRAGMA\s"
                 r"|BEGIN(\s+\w+)?$|COMMIT$|ROLLBACK\b)")
SQL_PLACES = re.compile(r"_store\.c$|^src/store/")
HTTP = re.compile(r"^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)( /.*)?$|^HTTP/1\.")
HTTP_PLACES = re.compile(r"_api\.c$|^src/seam/http")

# What the program may be linked with (soname without version: licence as we use it).
LICENCES = {
    "linux-vdso": "kernel", "ld-linux-x86-64": "LGPL-2.1-or-later", "ld-linux-aarch64": "LGPL-2.1-or-later",
    "libc": "LGPL-2.1-or-later", "libm": "LGPL-2.1-or-later", "libpthread": "LGPL-2.1-or-later",
    "libdl": "LGPL-2.1-or-later", "librt": "LGPL-2.1-or-later", "libresolv": "LGPL-2.1-or-later",
    "libstdc++": "GPL-3.0-or-later WITH GCC-exception-3.1", "libgcc_s": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libsodium": "ISC", "libjansson": "MIT", "libfyaml": "MIT", "libsqlite3": "blessing", "libpq": "PostgreSQL",
    "libphonenumber": "Apache-2.0", "libprotobuf": "BSD-3-Clause", "libprotobuf-lite": "BSD-3-Clause",
    "libicuuc": "ICU", "libicui18n": "ICU", "libicudata": "ICU", "libboost_thread": "BSL-1.0",
    "libboost_system": "BSL-1.0", "libboost_date_time": "BSL-1.0", "libre2": "BSD-3-Clause",
    "libpsl": "MIT", "libidn2": "LGPL-3.0-or-later", "libunistring": "LGPL-3.0-or-later",
    "libssl": "Apache-2.0", "libcrypto": "Apache-2.0", "libz": "Zlib", "libzstd": "BSD-3-Clause",
    "libgssapi_krb5": "MIT", "libkrb5": "MIT", "libk5crypto": "MIT", "libkrb5support": "MIT", "libcom_err": "MIT",
    "libkeyutils": "LGPL-2.1-or-later", "libldap": "OLDAP-2.8", "liblber": "OLDAP-2.8",
    "libabsl": "Apache-2.0", "libsasl2": "BSD-4-Clause-UC", "libgnutls": "LGPL-2.1-or-later",
    "libp11-kit": "BSD-3-Clause", "libtasn1": "LGPL-2.1-or-later", "libnettle": "LGPL-3.0-or-later",
    "libhogweed": "LGPL-3.0-or-later", "libgmp": "LGPL-3.0-or-later", "libffi": "MIT",
    "libmicrohttpd": "LGPL-2.1-or-later", "libgmime": "LGPL-2.1-or-later", "libglib": "LGPL-2.1-or-later",
    "libgio": "LGPL-2.1-or-later", "libgobject": "LGPL-2.1-or-later", "libgmodule": "LGPL-2.1-or-later",
    "libgpgme": "LGPL-2.1-or-later", "libassuan": "LGPL-2.1-or-later", "libgpg-error": "LGPL-2.1-or-later",
    "libcurl": "curl", "libnghttp2": "MIT", "librtmp": "LGPL-2.1-or-later", "libssh2": "BSD-3-Clause",
    "libbrotlidec": "MIT", "libbrotlicommon": "MIT", "libseccomp": "LGPL-2.1-only",
    "libmount": "LGPL-2.1-or-later", "libblkid": "LGPL-2.1-or-later",
    "libselinux": "LicenseRef-public-domain", "libpcre2-8": "BSD-3-Clause",
}

# Who reads bytes from outside: function -> what a fuzz file of src/ must call (itself unless another is named).
PARSERS = {"json_read": "json_read", "yaml_read": "yaml_read", "yaml_read_file": "yaml_read",
           "id_extract": "id_extract", "id_canonical": "id_canonical", "fold_decode": "id_canonical",
           "iban_canonical": "id_canonical", "phone_canonical": "id_canonical", "domain_canonical": "id_canonical",
           "url_canonical": "id_canonical", "email_canonical": "id_canonical", "wallet_canonical": "id_canonical",
           "account_canonical": "id_canonical", "advert_canonical": "id_canonical", "base58_decode": "id_canonical",
           "safety_parse": "safety_parse", "time_parse": "time_parse", "date_parse": "date_parse",
           "trace_parse": "trace_parse", "cookie_parse": "cookie_parse",
           "receipt_parse": "receipt_parse", "mail_read": "mail_read",
           "http_url_parse": "http_url_parse", "lmtp_read": "lmtp_read",
           "group_decode": "eval_request_read", "scalar_decode": "seal_check", "key_record_read": "key_record_read",
           "dkg_reveal_read": "dkg_reveal_read", "dkg_complaint_read": "dkg_complaint_read",
           "dkg_answer_read": "dkg_answer_read", "filter_read": "filter_read", "seal_payload_read": "seal_payload_read",
           "seal_row_read": "seal_row_read", "eval_request_read": "eval_request_read",
           "eval_response_read": "eval_response_read", "open_request_read": "open_request_read",
           "open_response_read": "open_response_read"}
# Named like a parser, but it hands the bytes on, or they are our own.
NO_PARSER = {"store_read", "cli_read", "cmd_safety_import", "shared_read"}
PARSER_NAME = re.compile(r"\b(\w+_(?:read|read_file|parse|import|extract|canonical|decode))\s*\(")

# Split, so that this file does not find itself.
NOT_OURS = re.compile("/wo" r"rk/|/ho" r"me/\w|/ro" r"ot/\w|/tmp/ba" r"sh|https?://regis" r"try\.|pypi\.o" r"rg/simple"
                      r"|proxy\.gol" r"ang\.org|registry\.npm" r"js\.org")

# --- reading -----------------------------------------------------------------------------------------------

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


class Source:
    """A C file: its text, its code without comments and texts (same lines), its string literals."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.literals, out, last = [], [], 0
        for m in TOKEN.finditer(text):
            out.append(text[last:m.start()])
            token = m.group()
            if token[0] == '"':
                self.literals.append((self.line(m.start()), token[1:-1]))
                out.append('"' + " " * (len(token) - 2) + '"')
            elif token[0] == "'":
                out.append("'" + " " * (len(token) - 2) + "'")
            else:
                out.append(re.sub(r"[^\n]", " ", token))
            last = m.end()
        out.append(text[last:])
        self.code = "".join(out)
        self.plain = re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), self.code)
        self.includes = [(i + 1, m[2]) for i, line in enumerate(self.lines)
                         if (m := re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line))]
        self.room = path.split("/")[1] if path.startswith("src/") and path.count("/") > 1 else None

    def line(self, position):
        return bisect_right(self.starts, position)

    def functions(self):
        """(name, first line, last line) of every function body at file scope."""
        depth, open_at, since, name = 0, 0, 0, None
        for m in re.finditer(r"[{};]", self.plain):
            c = m.group()
            if c == "{":
                if depth == 0:
                    head = self.plain[since:m.start()].strip()
                    if re.fullmatch(r'extern "\s*"|namespace\s*\w*', head):
                        since = m.end()
                        continue
                    found = re.search(r"(\w+)\s*\(", re.sub(r"__attribute__\s*\(\(.*?\)\)", "", head, flags=re.S))
                    bare = re.sub(r"\(.*\)", "", head, flags=re.S)
                    name = found[1] if found and "=" not in bare else None
                    open_at = m.start()
                depth += 1
            elif c == "}":
                depth = max(0, depth - 1)
                if depth == 0:
                    if name:
                        yield name, self.line(open_at), self.line(m.start())
                    name, since = None, m.end()
            elif depth == 0:
                since = m.end()


def tracked():
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(git, capture_output=True, check=True).stdout.decode().split("\0")
    return sorted({n for n in names if n and (ROOT / n).is_file()})


class House:
    def __init__(self):
        self.files = tracked()
        self.texts, self.sources = {}, {}
        for name in self.files:
            data = (ROOT / name).read_bytes()
            if b"\0" not in data:
                self.texts[name] = data.decode("utf-8", "replace")
            if name.endswith((".c", ".h", ".cpp")):
                self.sources[name] = Source(name, self.texts.get(name, ""))
        self.rooms = sorted({s.room for s in self.sources.values() if s.room})


# --- the checks: each yields (file, line, what; expected) -----------------------------------------------------

def include_direction(h):
    for s in h.sources.values():
        for line, inc in s.includes:
            to = inc.split("/")[0]
            if s.room is None or "/" not in inc or to not in LEVEL or to == s.room:
                continue
            if s.room not in LEVEL:
                yield s.path, line, f"room {s.room} has no place in tools/check.py; expected a level for it"
            elif s.room in FLOW and to in FLOW:
                if FLOW.index(to) < FLOW.index(s.room):
                    yield s.path, line, f"{s.room} includes {inc} to its left; expected only rooms to its right"
            elif to == "seam" and TESTING.search(s.path):
                continue  # a test may read its cases as JSON or YAML
            elif LEVEL[to] >= LEVEL[s.room] and to not in ALSO.get(s.room, ()):
                yield s.path, line, f"{s.room} includes {inc}; expected only rooms below it"


def include_pure(h):
    for s in h.sources.values():
        if s.room in PURE and not TESTING.search(s.path):
            for line, inc in s.includes:
                if NOT_PURE.search(inc):
                    yield s.path, line, f"{s.room} is pure and includes {inc}; expected values in, values out"


def include_owner(h):
    for s in h.sources.values():
        for line, inc in s.includes:
            owner = OWNERS.get(inc) or (r"src/identifier/" if inc.startswith("phonenumbers/") else None)
            if owner and s.path.startswith("src/") and not TESTING.search(s.path) and not re.match(owner, s.path):
                yield s.path, line, f"includes <{inc}>; expected only in {owner}"
            if s.path.startswith("src/") and not TESTING.search(s.path) and TESTING.search(inc):
                yield s.path, line, f"includes {inc}; expected no test code in the program"


def file_length(h):
    for name, text in h.texts.items():
        n = text.count("\n")
        if n > MAX_FILE and (name == "dev" or name.endswith((".c", ".h", ".cpp", ".py", ".sh", ".ts", ".tsx"))):
            yield name, n, f"{n} lines; expected at most {MAX_FILE}"


def function_length(h):
    for s in h.sources.values():
        for name, first, last in s.functions():
            if last - first + 1 > MAX_FUNCTION:
                yield s.path, first, f"{name}() has {last - first + 1} lines; expected at most {MAX_FUNCTION}"


def line_length(h):
    for name, text in h.texts.items():
        if name == "dev" or name.endswith((".c", ".h", ".cpp", ".py", ".sh", "meson.build")):
            for i, line in enumerate(text.split("\n"), 1):
                n = len(line.expandtabs(TAB))
                most = 132 if name.startswith("tests/") and name.endswith(".py") else MAX_COLUMNS
                if n > most:
                    yield name, i, f"{n} columns; expected at most {most} (a tab is {TAB})"


def calls(s, names):
    for m in re.finditer(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(", s.code):
        yield s.line(m.start()), m[1]


def banned(h):
    for s in h.sources.values():
        for line, name in calls(s, BANNED):
            yield s.path, line, f"{name}(); expected {BANNED[name]}"


def clock_is_parameter(h):
    for s in h.sources.values():
        if s.path.startswith("src/") and s.path != "src/base/clock.c" and not TESTING.search(s.path):
            for line, name in calls(s, CLOCKS):
                yield s.path, line, f"{name}(); expected struct clock as a parameter"


def libraries_do_not_print(h):
    for s in h.sources.values():
        if s.path.startswith("src/") and not MAY_PRINT.search(s.path):
            for line, name in calls(s, PRINTS):
                yield s.path, line, f"{name}(); expected log_event, or a value for the caller to print"
    log = h.sources.get("src/base/log.c")
    for line, literal in log.literals if log else ():
        if re.search(r"%[-.*0-9]*s", literal) and '"%s"' not in literal and "\\\"" not in literal:
            yield log.path, line, "a bare %s in the logger; expected literal words between quotes, numbers and codes"


def sql_in_its_place(h):
    for s in h.sources.values():
        if not s.path.startswith("src/") or TESTING.search(s.path):
            continue
        for line, literal in s.literals:
            if SQL.match(literal) and not SQL_PLACES.search(s.path):
                yield s.path, line, "SQL; expected only in *_store.c and src/store/"


def sql_not_formatted(h):
    call = re.compile(r"\b(\w*printf|\w*_fmt)\s*\(")
    for s in h.sources.values():
        if not s.path.startswith("src/") or TESTING.search(s.path):
            continue
        sql = {line for line, literal in s.literals if SQL.match(literal)}
        for m in call.finditer(s.code):
            if s.line(m.start()) in sql:
                yield s.path, s.line(m.start()), "SQL built by formatting; expected a static struct stmt"


def http_in_its_place(h):
    for s in h.sources.values():
        if not s.path.startswith("src/") or TESTING.search(s.path) or HTTP_PLACES.search(s.path):
            continue
        for line, literal in s.literals:
            if HTTP.match(literal):
                yield s.path, line, "HTTP; expected only in *_api.c and src/seam/http*"
        for m in re.finditer(r"\bMHD_\w+", s.code):
            yield s.path, s.line(m.start()), f"{m.group()}; expected only in src/seam/http*"


def licences(_h):
    binary = ROOT / "build" / "release" / "kentering"
    if not binary.exists():
        return
    out = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=False).stdout
    for line in out.splitlines():
        m = re.match(r"\s*(?:\S*/)?([\w+.-]+?)\.so[.\d]*\s", line)
        if not m:
            continue
        licence = LICENCES.get(re.sub(r"^libabsl_\w+$", "libabsl", re.sub(r"-\d+\.\d+$", "", m[1])))
        if licence is None:
            yield "build/release/kentering", 0, f"linked with {m[1]}; expected a library of the list in tools/check.py"
        elif re.match(r"A?GPL", licence) and "WITH" not in licence:
            yield "build/release/kentering", 0, f"linked with {m[1]} ({licence}); expected no GPL"


def rooms_complete(h):
    for room in h.rooms:
        for part in ("README.md", "meson.build"):
            if f"src/{room}/{part}" not in h.texts:
                yield f"src/{room}", 0, f"no {part}; expected one in every room"


def headers_explained(h):
    prototype = re.compile(r"^\w[\w\s*]*\b\w+\s*\([^;{]*\)[^;{]*;", re.M)
    for s in h.sources.values():
        if not s.path.endswith(".h") or not s.path.startswith(("src/", "include/")) or TESTING.search(s.path):
            continue
        for block in re.finditer(r"(?:^(?![ \t]*$).+\n?)+", s.text, re.M):
            text = block.group()
            m = prototype.search(text)
            if m and "/*" not in text and "//" not in text and not text.startswith("typedef"):
                line = s.line(block.start() + m.start())
                yield s.path, line, "functions without a word; expected a comment with them"


def small_files(h):
    for name in h.files:
        size = (ROOT / name).stat().st_size
        if size > MAX_BYTES:
            yield name, 0, f"{size} bytes; expected at most {MAX_BYTES}"


def nobodys_machine(h):
    for name, text in h.texts.items():
        for m in NOT_OURS.finditer(text):
            yield name, text.count("\n", 0, m.start()) + 1, f"'{m.group()}'; expected nothing of one person's machine"


def parsers_fuzzed(h):
    fuzzed = "".join(s.code for p, s in h.sources.items() if re.search(r"/fuzz_[^/]*\.(c|cpp)$", p))
    for s in h.sources.values():
        if not s.path.endswith(".h"):
            continue
        for m in PARSER_NAME.finditer(s.plain):
            name, line = m[1], s.line(m.start())
            if name in NO_PARSER:
                continue
            if name not in PARSERS:
                yield s.path, line, f"{name}() looks like a parser; expected it in a list of tools/check.py"
            elif not re.search(rf"\b{PARSERS[name]}\s*\(", fuzzed):
                yield s.path, line, f"{name}() reads outside bytes; expected a fuzz_*.c that calls {PARSERS[name]}()"


def fuzz_seeds(h):
    for p in h.sources:
        m = re.match(r"src/\w+/fuzz_(\w+)\.(?:c|cpp)$", p)
        if not m:
            continue
        if not any(f.startswith(f"tests/fuzz/{m[1]}/") for f in h.files):
            yield p, 0, f"no seeds; expected at least one file in tests/fuzz/{m[1]}/"


def types_fresh(h):
    """The browser's types are checked in, so that building the site needs no Python."""
    name = "web/src/api-types.ts"
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", suffix=".ts") as out:
        make = [sys.executable, str(ROOT / "tools" / "gen.py"), "types", out.name, str(ROOT / "api" / "openapi.yaml")]
        done = subprocess.run(make, capture_output=True, text=True, check=False)
        if done.returncode or out.read() != h.texts.get(name):
            yield name, 0, (done.stderr.strip() or "not what api/openapi.yaml says; expected after a change: "
                            f"tools/gen.py types {name} api/openapi.yaml")


CHECKS = [include_direction, include_pure, include_owner, file_length, function_length, line_length, banned,
          clock_is_parameter, libraries_do_not_print, sql_in_its_place, sql_not_formatted, http_in_its_place, licences,
          rooms_complete, headers_explained, small_files, nobodys_machine, parsers_fuzzed, fuzz_seeds, types_fresh]


def main():
    house, failed = House(), 0
    for check in CHECKS:
        found = list(check(house))
        for name, line, text in found:
            print(f"{name}:{line}: {text} [{check.__name__}]" if line else f"{name}: {text} [{check.__name__}]")
        failed += bool(found)
    if not (ROOT / "build" / "release" / "kentering").exists():
        print("licences: build/release/kentering is not built; its libraries were not looked at", file=sys.stderr)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
