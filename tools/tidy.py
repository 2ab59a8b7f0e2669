#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A mirror of the house rules that no compiler sees: files over 500 lines, headers that do not say who may
call them from which thread, folders without a README, TODOs without an issue number.

  tools/tidy.py [--strict] [ROOT]     prints what it finds; with --strict, exit 1 if there is anything
"""
import os
import re
import sys

LINES_MAX = 500
# How far into a header its opening comment may reach.
OPENING_LINES = 40

ROOTS = ["broker", "common", "client-lib", "cli", "bench", "tests", "tools", "conf", "systemd", "proto",
         "cmake", "docs"]
SKIPPED = {"node_modules", "build", ".git", "__pycache__"}
CODE = (".h", ".cc", ".py", ".sh", ".proto", ".js", ".mjs", ".cmake")
# Folders with a README in them or above them, up to these; in broker/ each part has its own.
README_ROOTS = ("common", "client-lib", "cli", "bench", "tools", "conf", "systemd", "proto")

THREADS = re.compile(r"^//.*\bThreads?:", re.MULTILINE)
TODO = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))")


def walk(root):
    for top in ROOTS:
        for folder, folders, files in os.walk(os.path.join(root, top)):
            folders[:] = sorted(f for f in folders if f not in SKIPPED)
            yield folder, sorted(files)


def lacks_readme(root, folder):
    parts = folder.split(os.sep)
    if parts[0] == "broker":
        above = [parts]
    elif parts[0] in README_ROOTS:
        above = [parts[:depth] for depth in range(1, len(parts) + 1)]
    else:
        return False
    return not any(os.path.exists(os.path.join(root, *each, "README.md")) for each in above)


def findings(root):
    for folder, files in walk(root):
        shown_folder = os.path.relpath(folder, root)
        code = [name for name in files if name.endswith(CODE)]
        if code and lacks_readme(root, shown_folder):
            yield f"{shown_folder}: has no README.md"
        for name in code:
            path = os.path.join(folder, name)
            shown = os.path.relpath(path, root)
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.read().split("\n")
            if len(lines) - 1 > LINES_MAX:
                yield f"{shown}: {len(lines) - 1} lines (at most {LINES_MAX})"
            opening = "\n".join(lines[:OPENING_LINES])
            if name.endswith(".h") and not shown.startswith("tests") and not THREADS.search(opening):
                yield f"{shown}: the opening comment has no line \"Threads:\""
            if name == os.path.basename(__file__):
                continue  # it has the words in its pattern
            for number, line in enumerate(lines, 1):
                if TODO.search(line):
                    yield f"{shown}:{number}: a TODO without an issue, write TODO(#123)"


def main(arguments):
    strict = "--strict" in arguments
    paths = [argument for argument in arguments[1:] if not argument.startswith("--")]
    root = os.path.abspath(paths[0] if paths else os.path.join(os.path.dirname(__file__), ".."))
    found = list(findings(root))
    for finding in found:
        print(finding)
    print(f"tidy: {len(found)} finding(s)", file=sys.stderr)
    return 1 if strict and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
