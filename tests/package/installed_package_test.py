#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The installed client library, as an application outside this project uses it.

usage: installed_package_test.py BUILD [TEST...]     BUILD: a build folder, as build/dev

Installs the component `client` into one folder and moves it to another, so that whatever still points to the
first one, to the build or to the sources shows.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/dev").resolve()
OUTSIDE = ROOT / "tests/package/outside"
os.environ["BELFRY_BIN"] = str(BUILD / "bin")
sys.path.insert(0, str(ROOT / "tests/integration"))
from processes import PATIENCE, Stage  # noqa: E402

COMPILE = 240  # seconds; the compiler shares its machine


def run(*words, patience=COMPILE, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=patience,
                          check=False, **options)


def project_version():
    """As CMakeLists.txt says it, the one place where it is written."""
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"project\(belfry VERSION (\d+\.\d+\.\d+)", text).group(1)


class InstalledPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="belfry-package-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.first = cls.folder / "first"
        done = run("cmake", "--install", BUILD, "--component", "client", "--prefix", cls.first)
        assert done.returncode == 0, done.stdout + done.stderr
        cls.prefix = cls.folder / "moved"
        cls.first.rename(cls.prefix)
        cls.library_folder = next(cls.prefix.rglob("libbelfry_client.so")).parent
        cls.version = project_version()
        cls.major, cls.minor, cls.patch = map(int, cls.version.split("."))

    def ok(self, *words, **options):
        done = run(*words, **options)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout

    def configure(self, name, wanted=""):
        return run("cmake", "-G", "Ninja", "-S", OUTSIDE, "-B", self.folder / name, f"-DWANTED={wanted}",
                   f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_CXX_COMPILER=g++")

    def pkg_config(self, *words):
        environment = dict(os.environ, PKG_CONFIG_PATH=str(self.library_folder / "pkgconfig"))
        return self.ok("pkg-config", *words, "belfry", env=environment).split()

    def assert_works(self, program, package_version, **options):
        """It talks to a broker, and all agree on the version."""
        with Stage() as stage:
            _, port = stage.start_broker()
            said = self.ok(program, f"127.0.0.1:{port}", patience=PATIENCE, **options)
        self.assertEqual(said, f"in {package_version} {self.version} {self.version}\n")

    def test_find_package_builds_a_program_that_works(self):
        configured = self.configure("cmake")
        self.assertEqual(configured.returncode, 0, configured.stderr)
        self.ok("cmake", "--build", self.folder / "cmake")
        self.assert_works(self.folder / "cmake/outside", self.version)

    def test_versions_fit_within_a_minor_version(self):
        for fits in (f"{self.major}.{self.minor}", self.version):
            done = self.configure("fits", fits)
            self.assertEqual(done.returncode, 0, f"{fits}: {done.stderr}")
        not_these = [f"{self.major}.{self.minor + 1}", f"{self.major + 1}.{self.minor}",
                     f"{self.major}.{self.minor}.{self.patch + 1}"]
        if self.major == 0 and self.minor > 0:
            not_these.append(f"0.{self.minor - 1}")
        for not_there in not_these:
            done = self.configure("fits", not_there)
            self.assertNotEqual(done.returncode, 0, f"{not_there} was taken for {self.version}")
            self.assertIn(f"version: {self.version}", done.stderr)

    def test_pkg_config_builds_a_program_that_works(self):
        program = self.folder / "plain"
        flags = self.pkg_config("--cflags", "--libs")
        self.ok("g++", "-std=c++20", f'-DPACKAGE_VERSION="{self.pkg_config("--modversion")[0]}"',
                OUTSIDE / "main.cc", *flags, "-o", program)
        environment = dict(os.environ, LD_LIBRARY_PATH=self.pkg_config("--variable=libdir")[0])
        self.assert_works(program, self.version, env=environment)

    def test_an_older_language_is_told_what_to_do(self):
        done = run("g++", "-std=c++17", "-fsyntax-only", '-DPACKAGE_VERSION=""', OUTSIDE / "main.cc",
                   *self.pkg_config("--cflags"))
        self.assertNotEqual(done.returncode, 0)
        first = next(line for line in done.stderr.splitlines() if "error" in line)
        self.assertIn("-std=c++20", first)

    def test_nothing_points_to_where_it_came_from(self):
        texts = [path for path in self.prefix.rglob("*") if path.suffix in (".cmake", ".pc", ".h")]
        self.assertGreater(len(texts), 10)
        for path in texts:
            for elsewhere in (self.first, BUILD, ROOT):
                self.assertNotIn(str(elsewhere), path.read_text(), path)
        dynamic = self.ok("readelf", "-d", self.library_folder / "libbelfry_client.so")
        self.assertNotRegex(dynamic, r"R(UN)?PATH")
        self.assertIn(f"Library soname: [libbelfry_client.so.{self.major}.{self.minor}]", dynamic)

    def test_what_is_installed_is_the_library_and_nothing_beside(self):
        headers = {path.name for path in (ROOT / "client-lib/include/belfry").glob("*.h")} | {"version.h"}
        self.assertEqual({path.name for path in (self.prefix / "include").rglob("*.h")}, headers)
        others = {path.name for path in self.prefix.rglob("*") if path.is_file() and path.suffix != ".h"}
        self.assertEqual(others - {"belfry-config.cmake", "belfry-config-version.cmake", "belfry.pc",
                                   "libbelfry_client.so", f"libbelfry_client.so.{self.major}.{self.minor}",
                                   f"libbelfry_client.so.{self.version}", "belfry-targets.cmake"},
                         {name for name in others if re.fullmatch(r"belfry-targets-\w+\.cmake", name)})


if __name__ == "__main__":
    unittest.main()
