#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""The screens in a real browser: builds the site and runs web/test, whose arguments it takes."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("KENTERING_SOURCE") or Path(__file__).resolve().parents[2])


def main():
    if not shutil.which("chromium") and not os.environ.get("CHROMIUM"):
        print("no chromium\n0 passed, 0 failed, 1 skipped")
        return 0
    if any(subprocess.run([SOURCE / "dev", *step], check=False).returncode for step in (["deps", "test"], ["site"])):
        print("the site could not be built\n0 passed, 1 failed, 0 skipped")
        return 1
    return subprocess.run(["node", SOURCE / "web" / "test" / "run.mjs", *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
