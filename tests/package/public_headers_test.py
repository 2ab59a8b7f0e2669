#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The public headers by themselves: each compiles alone and without a warning, with every compiler that is
here; and Doxygen makes its pages of them without a complaint.

usage: public_headers_test.py BUILD     BUILD: a build folder, as build/dev
"""
import concurrent.futures
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/dev").resolve()
FOLDERS = [ROOT / "client-lib/include", BUILD / "client-lib/include"]
HEADERS = sorted(path.relative_to(folder) for folder in FOLDERS for path in folder.rglob("*.h"))
COMPILERS = [compiler for compiler in ("g++", "clang++-16") if shutil.which(compiler)]
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "-fsyntax-only"]


def compile_text(compiler, text):
    """What the compiler has to say; empty if nothing."""
    done = subprocess.run([compiler, *FLAGS, *(f"-I{folder}" for folder in FOLDERS), "-x", "c++", "-"],
                          input=text, capture_output=True, text=True, check=False, timeout=240)
    return done.stderr if done.returncode != 0 else ""


def document(folder, *more):
    """Runs Doxygen as its file says, with the pages in `folder`, and over `more` headers; its complaints."""
    text = (ROOT / "client-lib/Doxyfile").read_text()
    text += f"\nOUTPUT_DIRECTORY = {folder}\nINPUT += {' '.join(map(str, more))}\n"
    done = subprocess.run(["doxygen", "-"], input=text, cwd=ROOT, capture_output=True, text=True, check=False,
                          timeout=240)
    return done.stderr + ("" if done.returncode == 0 else f"exit status {done.returncode}")


class PublicHeaders(unittest.TestCase):
    def test_each_compiles_alone_and_twice(self):
        self.assertGreater(len(HEADERS), 10)
        texts = {header: f"#include <{header}>\n#include <{header}>\nint main() {{}}\n" for header in HEADERS}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            said = {(compiler, header): pool.submit(compile_text, compiler, text)
                    for compiler in COMPILERS for header, text in texts.items()}
        for (compiler, header), future in said.items():
            self.assertEqual(future.result(), "", f"{compiler} of {header} alone")

    def test_a_warning_is_an_error_here(self):
        self.assertNotEqual(compile_text("g++", "int f(int unused) { return 0; }\n"), "")

    def test_doxygen_has_nothing_to_complain_of(self):
        with tempfile.TemporaryDirectory(prefix="belfry-doxygen-") as folder:
            self.assertEqual(document(folder), "")
            pages = {path.name for path in (pathlib.Path(folder) / "html").glob("*.html")}
            self.assertIn("classbelfry_1_1Client.html", pages)
            # Comments in the style of the house are seen.
            page = (pathlib.Path(folder) / "html/classbelfry_1_1Client.html").read_text()
            self.assertIn("Never waits for the network", page)

    def test_doxygen_complains_of_a_name_that_is_not_there(self):
        with tempfile.TemporaryDirectory(prefix="belfry-doxygen-") as folder:
            header = pathlib.Path(folder) / "stale.h"
            header.write_text("// SPDX-License-Identifier: Apache-2.0\n//\n// About it.\n\nnamespace belfry {\n"
                              "// See Client::NoSuchThing.\nvoid F();\n}\n")
            self.assertIn("NoSuchThing", document(folder, header))


if __name__ == "__main__":
    unittest.main()
