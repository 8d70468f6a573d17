#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""api/openapi.yaml against the NL GOV API Design Rules (api/lint.yaml), and the linter against a broken description."""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from kt import SOURCE, has, main, same, scratch, skip, test, true

SPECTRAL = SOURCE / "web" / "node_modules" / ".bin" / "spectral"


def lint(path):
    if not SPECTRAL.exists():
        skip("spectral is not installed (./dev deps test)")
    r = subprocess.run([SPECTRAL, "lint", "--fail-severity=error", "-r", SOURCE / "api" / "lint.yaml", path],
                       capture_output=True, text=True, timeout=120, check=False)
    return r.returncode, r.stdout + r.stderr


@test
def no_errors_in_the_description(_driver):
    code, text = lint(SOURCE / "api" / "openapi.yaml")
    true(code == 0, text)


@test
def the_linter_sees_what_is_wrong(_driver):
    text = (SOURCE / "api" / "openapi.yaml").read_text(encoding="utf-8")
    for was, becomes, rule in [("  /meldingen:\n", "  /Meldingen_nieuw/:\n", "adr-path-segments"),
                               ("name: taal", "name: snake_taal", "adr-query-keys"),
                               ("version: 0.3.0", "version: twee", "adr-semver"),
                               ("url: /v1,", "url: /,", "adr-version-in-server"),
                               ("application/problem+json", "application/json", "adr-problem-type")]:
        true(was in text, f"{was!r} is not in the description")
        path = scratch() / "openapi.yaml"
        path.write_text(text.replace(was, becomes, 1), encoding="utf-8")
        code, out = lint(path)
        same(code != 0, True, f"{rule}: linter's exit")
        has(out, rule, "linter")


if __name__ == "__main__":
    main()
