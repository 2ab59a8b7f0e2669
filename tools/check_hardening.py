#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that programs were linked and compiled with the hardening flags of the release preset.

usage: check_hardening.py PROGRAM...

Looks at what the flags leave in an ELF file: PIE, full RELRO, a stack that is not executable, stack
protector, fortified calls, and on x86 the CET notes. Exit status 1 if one is missing, with its name.
"""
import platform
import subprocess
import sys


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], check=True, capture_output=True, text=True).stdout


def missing(program):
    header = readelf("-h", program)
    segments = readelf("-l", program)
    dynamic = readelf("-d", program)
    symbols = readelf("--dyn-syms", program)
    notes = readelf("-n", program)
    checks = {
        "position independent (-fPIE -pie)": "DYN" in header,
        "read-only relocations (-z relro)": "GNU_RELRO" in segments,
        "immediate binding (-z now)": "BIND_NOW" in dynamic or "NOW" in dynamic,
        "stack not executable": any(
            "GNU_STACK" in line and "RWE" not in line for line in segments.splitlines()),
        "stack protector (-fstack-protector-strong)": "__stack_chk_fail" in symbols,
        "fortified calls (-D_FORTIFY_SOURCE=3)": "_chk@" in symbols.replace("__stack_chk_fail", ""),
    }
    if platform.machine() == "x86_64":
        # The linker keeps the note only if every object has it, ours and the start files'.
        checks["control-flow protection (-fcf-protection)"] = "IBT" in notes or "SHSTK" in notes
    return [name for name, ok in checks.items() if not ok]


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    failed = False
    for program in sys.argv[1:]:
        for name in missing(program):
            print(f"{program}: not {name}")
            failed = True
    if not failed:
        print(f"{len(sys.argv) - 1} programs are hardened")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
