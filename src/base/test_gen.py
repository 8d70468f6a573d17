"""tools/gen.py: refuses what the validator does not check, and gives the same output each time."""
import os
import subprocess
import sys
import tempfile
import unittest

GEN = sys.argv.pop(1)

REFUSED = {
    "unknown keyword": ("{type: integer, multipleOf: 2}", "multipleOf is not supported"),
    "keyword without its type": ("{pattern: x}", "pattern says nothing without type: string"),
    "integer enum": ("{type: string, enum: [1, 2]}", "texts only"),
    "allOf": ("{allOf: [{}]}", "allOf is not supported"),
    "unknown format": ("{type: string, format: email}", "format email is not supported"),
    "unknown type": ("{type: text}", "type text is unknown"),
    "required but unknown": ("{type: object, required: [a]}", "required a is not among properties"),
    "reference to nowhere": ("{$ref: '#/$defs/x'}", "points nowhere"),
    "reference to a file": ("{$ref: 'other.yaml'}", "same file"),
    "reference in a circle": ("{$ref: '#/$defs/x', $defs: {x: {$ref: '#/$defs/x'}}}", "beside $ref"),
    "circle": ("{type: object, properties: {a: {$ref: '#/$defs/x'}}, "
               "$defs: {x: {$ref: '#/$defs/y'}, y: {$ref: '#/$defs/x'}}}",
               "circle"),
    "beside reference": ("{type: object, properties: {a: {$ref: '#', minLength: 1}}}", "beside $ref"),
    "oneOf without tag": ("{type: object, oneOf: [{}]}", "go together"),
    "two branches of one tag": ("{type: object, discriminator: {propertyName: k}, oneOf: ["
                                "{type: object, properties: {k: {type: string, const: a}}},"
                                "{type: object, properties: {k: {type: string, const: a}}}]}", "two branches"),
    "Perl pattern": ("{type: string, pattern: '^\\d+$'}", "POSIX"),
    "unused definition is wrong": ("{type: object, $defs: {x: {type: string, minimum: 3}}}", "minimum says nothing"),
    "double key": ("{type: object, type: string}", "occurs twice"),
    "negative length": ("{type: string, minLength: -1}", "whole number"),
}


class Gen(unittest.TestCase):
    def run_gen(self, *args):
        return subprocess.run([sys.executable, GEN, *args], capture_output=True, text=True, check=False)

    def one(self, text, folder, out="o"):
        path = os.path.join(folder, "x.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        c, h = os.path.join(folder, out + ".c"), os.path.join(folder, out + ".h")
        return self.run_gen("schema", c, h, path), c

    def test_refused(self):
        for name, (text, says) in REFUSED.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                done, c = self.one(text, folder)
                self.assertEqual(done.returncode, 1, name)
                self.assertIn(says, done.stderr)
                self.assertFalse(os.path.exists(c))

    def test_same_output(self):
        schema = os.path.join(os.path.dirname(os.path.abspath(__file__)), "test_schema.yaml")
        texts = []
        with tempfile.TemporaryDirectory() as folder:
            for hash_seed in ("1", "2"):
                c, h = os.path.join(folder, "o.c"), os.path.join(folder, "o.h")
                subprocess.run([sys.executable, GEN, "schema", c, h, schema], check=True,
                               env={**os.environ, "PYTHONHASHSEED": hash_seed})
                with open(c, encoding="utf-8") as file:
                    texts.append(file.read())
        self.assertEqual(texts[0], texts[1])
        self.assertNotIn(os.path.dirname(schema), texts[0])

    def test_embed(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "001.sql")
            with open(path, "w", encoding="utf-8") as file:
                file.write("é\n")
            c, h = os.path.join(folder, "m.c"), os.path.join(folder, "m.h")
            self.assertEqual(self.run_gen("embed", c, h, "migrations", path).returncode, 0)
            with open(c, encoding="utf-8") as file:
                text = file.read()
            self.assertIn("'\\303', '\\251', 10, 0", text)
            self.assertIn('{"001.sql", text_0, sizeof text_0 - 1}', text)
            with open(path, "wb") as file:
                file.write(b"\xff")
            self.assertIn("no UTF-8", self.run_gen("embed", c, h, "migrations", path).stderr)

    def test_types(self):
        doc = """
components:
  parameters: {N: {name: n, in: query, schema: {type: string, enum: [a, b]}}}
  responses: {Wrong: {content: {application/problem+json: {schema: {type: object}}}}}
  schemas:
    A:
      type: object
      description: one */ thing
      required: [x]
      properties: {x: {type: [string, 'null']}, a-b: {$ref: '#/components/schemas/B'}}
    B: {type: array, items: {type: [string, integer]}}
paths:
  /a/{id}:
    post:
      operationId: doA
      summary: does it
      parameters: [{$ref: '#/components/parameters/N'}, {name: id, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}
      responses: {'204': {description: done}, '400': {$ref: '#/components/responses/Wrong'}}
"""
        with tempfile.TemporaryDirectory() as folder:
            path, out = os.path.join(folder, "o.yaml"), os.path.join(folder, "o.ts")
            with open(path, "w", encoding="utf-8") as file:
                file.write(doc)
            self.assertEqual(self.run_gen("types", out, path).returncode, 0)
            with open(out, encoding="utf-8") as file:
                text = file.read()
        for part in ("/** one * / thing */\nexport type A = {\n  x: string | null;\n  \"a-b\"?: B;\n};",
                     "export type B = (string | number)[];", "  /** does it */\n  doA: {\n    method: \"POST\";",
                     "path: `/a/${string}`;", 'n?: "a" | "b";', "body: A;", "status: 204;", "answer: undefined;"):
            self.assertIn(part, text)


if __name__ == "__main__":
    unittest.main()
