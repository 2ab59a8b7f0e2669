#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that programs were linked and compiled with the hardening flags of the release preset.

usage: check_hardening.py PROGRAM...

Looks at what the flags leave in an ELF file: PIE, full RELRO, a stack that is not executable, stack
protector, fortified calls, and on x86 landing pads for indirect branches. Exit status 1 if one is missing, with its name.
"""
import platform
import subprocess
import sys


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], check=True, capture_output=True, text=True).stdout


def endbranches(program):
    """How many landing pads for indirect branches the code has."""
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], check=True,
                          capture_output=True, text=True).stdout
    return code.count("endbr64")


def missing(program):
    header = readelf("-h", program)
    segments = readelf("-l", program)
    dynamic = readelf("-d", program)
    symbols = readelf("--dyn-syms", program)
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
        # Debian's start files lack the CET note, so the linker drops it; the instructions are there.
        checks["control-flow protection (-fcf-protection)"] = endbranches(program) > 100
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
