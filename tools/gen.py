#!/usr/bin/python3
"""Generated C tables, and the types of the interface for the browser.

gen.py schema [--prefix NAME] OUT.c OUT.h FILE…   JSON Schema subset (docs/policy-format.md) -> base/valid.h
gen.py embed OUT.c OUT.h NAME FILE…               text files -> const struct embedded NAME[]
gen.py routes OUT.c OUT.h PREFIX OPENAPI          OpenAPI -> the route table of src/api (schemas: --prefix PREFIX)
gen.py types OUT.ts OPENAPI                       OpenAPI -> TypeScript types of its schemas and operations

A schema file makes one table <prefix>_<file name>; an OpenAPI file makes one for each of components/schemas. The
prefix is `schema` unless given. A keyword that the validator does not know is an error: a schema must never check
less than it says. The same input gives the same output, byte for byte.
"""
import json
import os
import re
import sys

import yaml

KINDS = {"boolean": "SCH_BOOL", "integer": "SCH_INT", "number": "SCH_NUM", "string": "SCH_STR",
         "array": "SCH_ARR", "object": "SCH_OBJ", "null": "SCH_NULL"}
FORMATS = {"date": "FMT_DATE", "date-time": "FMT_DATE_TIME"}
ANNOTATIONS = {"title", "description", "example", "examples", "default", "deprecated", "$comment", "$id", "$schema",
               "$defs"}
# Which type a keyword needs before it can say anything.
NEEDS = {"properties": "object", "required": "object", "additionalProperties": "object", "oneOf": "object",
         "discriminator": "object", "items": "array", "minItems": "array", "maxItems": "array", "uniqueItems": "array",
         "pattern": "string", "minLength": "string", "maxLength": "string", "format": "string", "enum": "string",
         "const": "string", "minimum": "number", "maximum": "number"}
KNOWN = ANNOTATIONS | set(NEEDS) | {"type", "$ref"}


class Wrong(Exception):
    pass


class Loader(yaml.SafeLoader):
    """Refuses double keys, and keeps dates as the texts they are in the file."""


def no_doubles(loader, node):
    seen = set()
    for key, _ in node.value:
        name = key.value
        if name in seen:
            raise Wrong(f"line {key.start_mark.line + 1}: {name} occurs twice")
        seen.add(name)
    return loader.construct_mapping(node, deep=True)


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, no_doubles)
# YAML 1.1 would read `no` and `on` as booleans and 2026-01-01 as a date; the program itself reads YAML 1.2.
Loader.yaml_implicit_resolvers = {
    first: [(tag, rx) for tag, rx in rules if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"),
                             list("tTfF"))


def c_text(text):
    """A C string literal; octal for all that is not plain ASCII, so that no compiler reads it differently."""
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\?':
            out.append("\\" + char)
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append("\\%03o" % byte)
    return '"' + "".join(out) + '"'


def c_name(text):
    return re.sub(r"[^A-Za-z0-9_]", "_", text)


def c_double(value):
    text = repr(float(value))
    if text in ("inf", "-inf", "nan"):
        raise Wrong("a bound must be finite")
    return text


class Tables:
    """The C tables of one file. Every schema node becomes one `struct schema`, named after its place."""

    def __init__(self, doc, path, prefix):
        self.doc = doc
        self.path = path
        self.prefix = prefix
        self.names = {}     # pointer -> C name
        self.taken = set()
        self.forward = []
        self.bodies = []

    def fail(self, pointer, what):
        raise Wrong(f"{self.path}: {pointer or '/'}: {what}")

    def resolve(self, ref, pointer):
        if ref == "#":
            return self.doc, ""
        if not isinstance(ref, str) or not ref.startswith("#/"):
            self.fail(pointer, "$ref must point into the same file (#/…)")
        node = self.doc
        for part in ref[2:].split("/"):
            part = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or part not in node:
                self.fail(pointer, f"$ref {ref} points nowhere")
            node = node[part]
        return node, ref[1:]

    def place(self, node, pointer):
        """Follows $ref; gives the node itself and the pointer where it stands."""
        seen = set()
        while isinstance(node, dict) and "$ref" in node:
            extra = set(node) - {"$ref", "description", "title", "$comment"}
            if extra:
                self.fail(pointer, f"beside $ref only a description may stand, not {', '.join(sorted(extra))}")
            if pointer in seen:
                self.fail(pointer, "$ref runs in a circle")
            seen.add(pointer)
            node, pointer = self.resolve(node["$ref"], pointer)
        return node, pointer

    def use(self, node, pointer, public=None):
        """The C name of the table for `node`, made when it is new."""
        node, pointer = self.place(node, pointer)
        if pointer in self.names and not public:
            return self.names[pointer]
        name = public or self.fresh(pointer)
        self.names.setdefault(pointer, name)
        if not isinstance(node, dict):
            self.fail(pointer, "a schema is a mapping")
        if not public:
            self.forward.append(f"static const struct schema {name};")
        self.table(node, pointer, name, public is not None)
        return name

    def fresh(self, pointer):
        base = "s_" + c_name(self.prefix) + "_" + c_name(pointer.strip("/")) if pointer else "s_" + c_name(self.prefix)
        name, i = base, 1
        while name in self.taken:
            i += 1
            name = f"{base}_{i}"
        self.taken.add(name)
        return name

    def kinds(self, node, pointer):
        types = node.get("type", [])
        types = types if isinstance(types, list) else [types]
        for one in types:
            if one not in KINDS:
                self.fail(pointer, f"type {one} is unknown")
        for key in node:
            if key not in KNOWN:
                self.fail(pointer, f"keyword {key} is not supported")
            need = NEEDS.get(key)
            if need and need not in types and not (need == "number" and "integer" in types):
                self.fail(pointer, f"{key} says nothing without type: {need}")
        return types

    def number(self, node, key, pointer, whole=True):
        value = node[key]
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or (whole and value < 0):
            self.fail(pointer, f"{key} must be a {'whole number from 0' if whole else 'number'}")
        return value

    def texts(self, node, pointer, types):
        if "enum" in node and "const" in node:
            self.fail(pointer, "enum and const together")
        values = node["enum"] if "enum" in node else [node["const"]] if "const" in node else None
        if values is None:
            return None
        if "null" in types:
            values = [v for v in values if v is not None]
        if not values or not all(isinstance(v, str) for v in values):
            self.fail(pointer, "enum and const hold texts only (null where the type allows it)")
        if len(set(values)) != len(values):
            self.fail(pointer, "enum holds a text twice")
        return values

    def pattern(self, node, pointer):
        text = node["pattern"]
        if not isinstance(text, str) or "\0" in text:
            self.fail(pointer, "pattern must be a text")
        if "(?" in text or re.search(r"\\[A-Za-z0-9]", re.sub(r"\\\\", "", text)):
            self.fail(pointer, "pattern is no POSIX extended expression: no (?…) and no \\d, \\w, \\1")
        return text

    def props(self, node, pointer, name):
        props = node.get("properties", {})
        required = node.get("required", [])
        if not isinstance(props, dict) or not isinstance(required, list):
            self.fail(pointer, "properties is a mapping, required a list")
        for one in required:
            if one not in props:
                self.fail(pointer, f"required {one} is not among properties")
        if not props:
            return None
        rows = []
        for key, sub in props.items():
            if not isinstance(key, str) or not key:
                self.fail(pointer, "names of properties are texts")
            table = self.use(sub, f"{pointer}/properties/{escape(key)}")
            rows.append(f"\t{{{c_text(key)}, &{table}, {'true' if key in required else 'false'}}},")
        return self.rows(name + "_p", rows)

    def rows(self, name, rows):
        self.bodies.append(f"static const struct schema_prop {name}[] = {{\n" + "\n".join(rows) +
                           "\n\t{NULL, NULL, false},\n};")
        return name

    def choices(self, node, pointer, name):
        tag = node.get("discriminator")
        if ("oneOf" in node) != (tag is not None):
            self.fail(pointer, "oneOf and discriminator go together")
        if tag is None:
            return None, None
        if not isinstance(tag, dict) or set(tag) - {"propertyName", "mapping"} or "propertyName" not in tag:
            self.fail(pointer, "discriminator holds propertyName (and mapping)")
        tag_name = tag["propertyName"]
        chosen = {}
        for i, branch in enumerate(node["oneOf"]):
            where = f"{pointer}/oneOf/{i}"
            table = self.use(branch, where)
            for value in self.tag_values(branch, where, tag_name):
                if value in chosen:
                    self.fail(where, f"{tag_name} {value} chooses two branches")
                chosen[value] = table
        for value, ref in tag.get("mapping", {}).items():
            if chosen.get(value) != self.use({"$ref": ref}, pointer):
                self.fail(pointer, f"mapping of {value} is not what the branches say")
        return tag_name, self.rows(name + "_c", [f"\t{{{c_text(v)}, &{t}, false}}," for v, t in chosen.items()])

    def tag_values(self, branch, where, tag):
        node, at = self.place(branch, where)
        sub = node.get("properties", {}).get(tag) if isinstance(node, dict) else None
        if sub is None:
            self.fail(at, f"a branch of oneOf must have the property {tag}")
        sub, at = self.place(sub, f"{at}/properties/{tag}")
        values = self.texts(sub, at, ["string"])
        if not values:
            self.fail(at, f"{tag} must be const or enum, to choose by")
        return values

    def rest(self, node, pointer, fields):
        extra = node.get("additionalProperties", True)
        if extra is False:
            if "oneOf" in node:
                self.fail(pointer, "additionalProperties: false belongs in the branches of oneOf")
            fields.append(".closed = true")
        elif extra is not True:
            fields.append(f".rest = &{self.use(extra, pointer + '/additionalProperties')}")

    def table(self, node, pointer, name, public):
        types = self.kinds(node, pointer)
        fields = [".kinds = " + (" | ".join(KINDS[t] for t in types) or "SCH_ANY")]
        if "description" in node:
            fields.append(f".doc = {c_text(' '.join(str(node['description']).split()))}")
        props = self.props(node, pointer, name)
        if props:
            fields.append(f".props = {props}")
        self.rest(node, pointer, fields)
        if "items" in node:
            fields.append(f".items = &{self.use(node['items'], pointer + '/items')}")
        for key, field in (("minItems", "min_items"), ("maxItems", "max_items"), ("minLength", "min_len"),
                           ("maxLength", "max_len")):
            fields.append(f".{field} = {self.number(node, key, pointer) if key in node else -1}")
        for key, field in (("minimum", "min"), ("maximum", "max")):
            if key in node:
                fields.append(f".has_{field} = true, .{field} = {c_double(self.number(node, key, pointer, False))}")
        if "pattern" in node:
            fields.append(f".pattern = {c_text(self.pattern(node, pointer))}")
        texts = self.texts(node, pointer, types)
        if texts:
            self.bodies.append(f"static const char *const {name}_e[] = {{" + ", ".join(map(c_text, texts)) + ", NULL};")
            fields.append(f".enums = {name}_e")
        if "format" in node:
            if node["format"] not in FORMATS:
                self.fail(pointer, f"format {node['format']} is not supported")
            fields.append(f".format = {FORMATS[node['format']]}")
        if node.get("uniqueItems") is True:
            fields.append(".unique = true")
        elif node.get("uniqueItems", False) is not False:
            self.fail(pointer, "uniqueItems is true or false")
        tag, choices = self.choices(node, pointer, name)
        if tag:
            fields.append(f".tag = {c_text(tag)}, .choices = {choices}")
        head = "" if public else "static "
        self.bodies.append(f"{head}const struct schema {name} = {{\n\t" + ",\n\t".join(fields) + ",\n};")


def escape(key):
    return key.replace("~", "~0").replace("/", "~1")


def load(path):
    with open(path, encoding="utf-8") as file:
        try:
            doc = yaml.load(file, Loader)
        except (yaml.YAMLError, Wrong) as error:
            raise Wrong(f"{path}: {error}") from error
    if not isinstance(doc, dict):
        raise Wrong(f"{path}: no mapping")
    return doc


def tops(doc, path):
    """(name, pointer, node) of what a file offers by name."""
    if "openapi" in doc:
        found = doc.get("components", {}).get("schemas", {})
        return [(name, f"/components/schemas/{escape(name)}", node) for name, node in found.items()]
    return [(os.path.splitext(os.path.basename(path))[0], "", doc)]


def schema(args):
    prefix = "schema"
    if args and args[0] == "--prefix":
        prefix, args = args[1], args[2:]
    if len(args) < 3:
        raise Wrong(__doc__)
    out_c, out_h, files = args[0], args[1], args[2:]
    forward, bodies, public = [], [], {}
    for path in files:
        doc = load(path)
        base = os.path.splitext(os.path.basename(path))[0]
        tables = Tables(doc, path, prefix + "_" + base)
        found = tops(doc, path)
        for name, pointer, _ in found:
            symbol = f"{prefix}_{c_name(name)}"
            if name in public or symbol in public.values():
                raise Wrong(f"{path}: {name} exists twice")
            public[name] = symbol
            # Named before any table is made, so that references meet the public one.
            if not (isinstance(node_at(doc, pointer), dict) and "$ref" in node_at(doc, pointer)):
                tables.names[pointer] = symbol
        for name, pointer, node in found:
            tables.use(node, pointer, public[name])
        # Definitions that nothing uses are checked all the same.
        for name, node in (doc.get("$defs") or {}).items():
            if f"/$defs/{escape(name)}" not in tables.names:
                Tables(doc, path, base).use(node, f"/$defs/{escape(name)}")
        forward += tables.forward
        bodies += tables.bodies
    guard = c_name(prefix).upper() + "_GENERATED_H"
    header = ["/* Generated by tools/gen.py; do not edit. */", f"#ifndef {guard}", f"#define {guard}",
              '#include "base/valid.h"', ""]
    header += [f"extern const struct schema {symbol};" for symbol in public.values()]
    header += ["/* The table of that name, NULL when there is none. */",
               f"const struct schema *{prefix}_find(const char *name);", "", "#endif", ""]
    code = ["/* Generated by tools/gen.py; do not edit. */", f'#include "{os.path.basename(out_h)}"', ""]
    code += forward + [""] + bodies + [""]
    code += [f"const struct schema *{prefix}_find(const char *name)", "{", "\tstatic const struct {",
             "\t\tconst char *name;", "\t\tconst struct schema *schema;", "\t} all[] = {"]
    code += [f"\t\t{{{c_text(name)}, &{symbol}}}," for name, symbol in public.items()]
    code += ["\t};", "\tfor (size_t i = 0; i < sizeof all / sizeof *all; i++)",
             "\t\tif (strcmp(all[i].name, name) == 0)",
             "\t\t\treturn all[i].schema;", "\treturn NULL;", "}", ""]
    write(out_h, "\n".join(header))
    write(out_c, "\n".join(code))


def node_at(doc, pointer):
    for part in pointer.split("/")[1:]:
        doc = doc[part.replace("~1", "/").replace("~0", "~")]
    return doc


def embed(args):
    if len(args) < 4:
        raise Wrong(__doc__)
    out_c, out_h, name, files = args[0], args[1], args[2], args[3:]
    guard = c_name(name).upper() + "_EMBEDDED_H"
    header = f"""/* Generated by tools/gen.py; do not edit. */
#ifndef {guard}
#define {guard}
#include <stddef.h>

#ifndef EMBEDDED_STRUCT
#define EMBEDDED_STRUCT
struct embedded {{
	const char *name;
	const char *text; /* NUL behind it, not counted in n */
	size_t n;
}};
#endif

/* Ended by a NULL name. */
extern const struct embedded {name}[];

#endif
"""
    code = ["/* Generated by tools/gen.py; do not edit. */", f'#include "{os.path.basename(out_h)}"', ""]
    rows = []
    for i, path in enumerate(files):
        with open(path, "rb") as file:
            data = file.read()
        if b"\0" in data:
            raise Wrong(f"{path}: holds a NUL")
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Wrong(f"{path}: no UTF-8 ({error.reason} at byte {error.start})") from error
        # Numbers and no string literal: ISO C promises only 4095 characters for those.
        cells = [str(b) if b < 128 else f"'\\{b:03o}'" for b in data] + ["0"]
        lines = [", ".join(cells[k:k + 24]) for k in range(0, len(cells), 24)]
        code.append(f"static const char text_{i}[] = {{\n\t" + ",\n\t".join(lines) + ",\n};")
        rows.append(f"\t{{{c_text(os.path.basename(path))}, text_{i}, sizeof text_{i} - 1}},")
    code += ["", f"const struct embedded {name}[] = {{"] + rows + ["\t{NULL, NULL, 0},", "};", ""]
    write(out_h, header)
    write(out_c, "\n".join(code))


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def schema_symbol(node, prefix, where):
    """The public table behind a $ref to components/schemas."""
    ref = node.get("$ref", "")
    if not ref.startswith("#/components/schemas/"):
        raise Wrong(f"{where}: expected a $ref to components/schemas")
    return f"&{prefix}_{c_name(ref.rsplit('/', 1)[1])}"


def param_rows(parameters, where):
    rows = []
    for p in parameters:
        kind = p.get("schema", {})
        unknown = set(kind) - {"type", "pattern", "enum"}
        if kind.get("type") != "string" or unknown or p.get("in") not in ("path", "query"):
            raise Wrong(f"{where}: parameter {p.get('name')}: expected a string in path or query, with pattern or enum")
        pattern = kind.get("pattern") or "^(" + "|".join(kind.get("enum", [".*"])) + ")$"
        rows.append(f"{{{c_text(p['name'])}, {'true' if p['in'] == 'path' else 'false'}, "
                    f"{'true' if p.get('required') else 'false'}, {c_text(pattern)}, "
                    f"{c_text(p.get('description', 'een tekst'))}}}")
    return rows


ROLES = {"beheerder": "ROLE_ADMIN", "behandelaar": "ROLE_DESK", "partner": "ROLE_PARTNER"}


def role_bits(op, method, where):
    """What a session must be one of; 0: everybody, without a session."""
    roles = op.get("x-rol", [])
    if "x-rol" in op and (not isinstance(roles, list) or not roles or set(roles) - set(ROLES)):
        raise Wrong(f"{where}: x-rol is a list of {', '.join(ROLES)}")
    can = {"401": bool(roles), "403": bool(roles) and (set(roles) != set(ROLES) or method != "get")}
    for status, possible in can.items():
        if possible and status not in op["responses"]:
            raise Wrong(f"{where}: the answer {status} is missing")
    return " | ".join(f"ROLE_BIT({ROLES[r]})" for r in roles) or "0"


def sets_cookie(op):
    return any("Set-Cookie" in r.get("headers", {}) for r in op["responses"].values())


def route_row(path, method, op, prefix, code, parameters):
    where = f"{method.upper()} {path}"
    for key in ("operationId", "summary", "responses", "x-activiteit"):
        if key not in op:
            raise Wrong(f"{where}: {key} is missing")
    params = param_rows([parameters[p["$ref"].rsplit("/", 1)[1]] if "$ref" in p else p
                         for p in op.get("parameters", [])], where)
    symbol = "NULL"
    if params:
        symbol = f"params_{snake(op['operationId']).lower()}"
        code.append(f"static const struct api_param {symbol}[] = {{" + ", ".join(params) + ", {0}};")
    body = op.get("requestBody")
    table = "NULL"
    if body:
        table = schema_symbol(body["content"]["application/json"]["schema"], prefix, where)
        if "x-maximum" not in op:
            raise Wrong(f"{where}: x-maximum is missing")
    return (f"\t{{API_{snake(op['operationId'])}, HTTP_{method.upper()}, {c_text(path)}, {table}, "
            f"{op.get('x-maximum', 0)}, {symbol}, {c_text(op['x-activiteit'])}, {role_bits(op, method, where)}, "
            f"{'true' if 'x-rol' in op or sets_cookie(op) else 'false'}}},")


def routes(args):
    if len(args) != 4:
        raise Wrong(__doc__)
    out_c, out_h, prefix, path = args
    doc = load(path)
    code, rows, names = [], [], []
    parameters = doc.get("components", {}).get("parameters", {})
    for url, methods in doc["paths"].items():
        for method, op in methods.items():
            rows.append(route_row(url, method, op, prefix, code, parameters))
            names.append("API_" + snake(op["operationId"]))
    if len(set(names)) != len(names):
        raise Wrong(f"{path}: an operationId occurs twice")
    text = json.dumps(doc, ensure_ascii=False, separators=(",", ":")).encode()
    cells = [str(b) if b < 128 else f"'\\{b:03o}'" for b in text] + ["0"]
    header = ["/* Generated by tools/gen.py; do not edit. */", "#ifndef API_ROUTES_H", "#define API_ROUTES_H",
              '#include "api/route.h"', "", "enum api_op {"] + [f"\t{n}," for n in names] + ["\tAPI_OPS", "};", "",
              f"#define API_VERSION {c_text(doc['info']['version'])}",
              f"#define API_BASE {c_text(doc['servers'][0]['url'])}", "",
              "extern const struct api_route API_ROUTES[]; /* API_OPS of them */",
              "extern const struct str API_DOCUMENT;       /* the description, as JSON */", "", "#endif", ""]
    body = ["/* Generated by tools/gen.py; do not edit. */", f'#include "{os.path.basename(out_h)}"',
            f'#include "{prefix}_schemas.h"', ""]
    body += code + ["", "const struct api_route API_ROUTES[] = {"] + rows + ["};", ""]
    body += ["static const char document[] = {"]
    body += ["\t" + ", ".join(cells[k:k + 24]) + "," for k in range(0, len(cells), 24)]
    body += ["};", "const struct str API_DOCUMENT = {document, sizeof document - 1};", ""]
    write(out_h, "\n".join(header))
    write(out_c, "\n".join(body))


class Types:
    """TypeScript of an OpenAPI file: an exported type for each schema, and one interface of all operations."""

    WORDS = {"boolean": "boolean", "integer": "number", "number": "number", "string": "string", "null": "null"}

    def __init__(self, doc):
        self.doc = doc

    def of(self, node, depth):
        ref = node.get("$ref")
        if ref:
            head, name = ref.rsplit("/", 1)
            return c_name(name) if head == "#/components/schemas" else self.of(node_at(self.doc, ref[1:]), depth)
        values = node["enum"] if "enum" in node else [node["const"]] if "const" in node else None
        if values:
            return " | ".join(json.dumps(v, ensure_ascii=False) for v in values)
        if "oneOf" in node:
            return " | ".join(self.of(one, depth) for one in node["oneOf"])
        kinds = node.get("type", [])
        kinds = kinds if isinstance(kinds, list) else [kinds]
        return " | ".join(self.kind(node, kind, depth) for kind in kinds) or "unknown"

    def kind(self, node, kind, depth):
        if kind == "array":
            of = self.of(node["items"], depth) if "items" in node else "unknown"
            return f"({of})[]" if " | " in of else f"{of}[]"
        return self.fields(node, depth) if kind == "object" else self.WORDS[kind]

    def fields(self, node, depth):
        rows = []
        for name, sub in node.get("properties", {}).items():
            need = "" if name in node.get("required", []) else "?"
            key = name if re.fullmatch(r"[A-Za-z_]\w*", name) else json.dumps(name)
            rows += self.doc_of(sub, depth + 1) + ["  " * (depth + 1) + f"{key}{need}: {self.of(sub, depth + 1)};"]
        rest = node.get("additionalProperties", True)
        if isinstance(rest, dict):
            rows.append("  " * (depth + 1) + f"[name: string]: {self.of(rest, depth + 1)};")
        return "{\n" + "\n".join(rows) + "\n" + "  " * depth + "}" if rows else "Record<string, unknown>"

    def doc_of(self, node, depth, key="description"):
        text = " ".join(str(node.get(key, "")).split()).replace("*/", "* /")
        return ["  " * depth + f"/** {text} */"] if text else []

    def operation(self, path, method, op):
        params = [node_at(self.doc, p["$ref"][1:]) if "$ref" in p else p for p in op.get("parameters", [])]
        query = {"properties": {p["name"]: p.get("schema", {}) for p in params if p["in"] == "query"},
                 "required": [p["name"] for p in params if p["in"] == "query" and p.get("required")]}
        good = [(int(code), answer) for code, answer in op["responses"].items() if code[0] == "2"]
        status, answer = min(good)
        url = re.sub(r"\{\w+\}", "${string}", path)
        rows = [f"method: {json.dumps(method.upper())};", f"path: `{url}`;",
                f"query: {self.fields(query, 2) if query['properties'] else 'undefined'};",
                f"body: {self.media(op.get('requestBody', {}))};",
                f"status: {status};", f"answer: {self.media(answer)};"]
        return self.doc_of(op, 1, "summary") + [f"  {op['operationId']}: {{"] + ["    " + r for r in rows] + ["  };"]

    def media(self, node):
        if "$ref" in node:
            node = node_at(self.doc, node["$ref"][1:])
        for media in node.get("content", {}).values():
            return self.of(media["schema"], 2)
        return "undefined"


def types(args):
    if len(args) != 2:
        raise Wrong(__doc__)
    out, path = args
    doc = load(path)
    t = Types(doc)
    lines = ["// Generated by tools/gen.py types from api/openapi.yaml; do not edit.",
             "// SPDX-License-Identifier: EUPL-1.2", ""]
    for name, node in doc["components"]["schemas"].items():
        lines += t.doc_of(node, 0) + [f"export type {c_name(name)} = {t.of(node, 0)};", ""]
    lines += ["export interface Operations {"]
    for url, methods in doc["paths"].items():
        for method, op in methods.items():
            lines += t.operation(url, method, op)
    write(out, "\n".join(lines + ["}", ""]))


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def main():
    jobs = {"schema": schema, "embed": embed, "routes": routes, "types": types}
    if len(sys.argv) < 2 or sys.argv[1] not in jobs:
        sys.exit(__doc__)
    try:
        jobs[sys.argv[1]](sys.argv[2:])
    except (Wrong, OSError) as error:
        sys.exit(f"gen.py: {error}")


if __name__ == "__main__":
    main()
