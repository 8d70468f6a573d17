#!/usr/bin/python3
# SPDX-License-Identifier: EUPL-1.2
"""What needs no browser: colours, words, and what is made of answers (web/test/*.unit.mjs, whose arguments it takes)."""
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("KENTERING_SOURCE") or Path(__file__).resolve().parents[2])


def main():
    if subprocess.run([SOURCE / "dev", "site"], check=False).returncode:  # brings what the tests need as well
        print("the site could not be built\n0 passed, 1 failed, 0 skipped")
        return 1
    return subprocess.run(["node", SOURCE / "web" / "test" / "run.mjs", "--unit", *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
