#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Completion, asked of bash itself, and the manual pages, asked of man: nothing that --help knows is missing."""
import os
import re
import subprocess
import unittest

from processes import BIN, PATIENCE, ROOT

PAGES = BIN.parent / "man"


def run(*words, **options):
    return subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=PATIENCE, check=False, **options)


def help_of(*words):
    return run(*words, "--help").stdout.decode()


def options_of(text):
    """The long options in a --help."""
    return set(re.findall(r"(--[a-z][a-z-]*)", text.split("\nExample")[0].split("Options for every")[0]))


def commands_below(*words):
    """Every command of the tree, by its --help."""
    text = help_of(*words)
    yield words[1:], text
    if "Subcommands:" in text:
        for name in re.findall(r"^  ([a-z]+) ", text.split("Subcommands:")[1].split("\n\n")[0], re.MULTILINE):
            yield from commands_below(*words, name)


class Pages(unittest.TestCase):
    def complete(self, *words):
        """What bash offers for the last word, with the script that the command prints."""
        script = 'source <("$1" completion bash); shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ' \
                 '_belfry; printf "%s\\n" "${COMPREPLY[@]}"'
        done = run("bash", "-u", "-c", script, "bash", BIN / "belfry", "belfry", *words)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return set(done.stdout.decode().split())

    def test_commands_are_completed(self):
        self.assertEqual(self.complete("p"), {"pub"})
        self.assertEqual(self.complete("se"), {"sessions", "session"})
        self.assertEqual(self.complete("session", ""), {"show", "kick"} | self.complete("session", "--"))
        self.assertEqual(self.complete("--json", "bench", "f"), {"fanout"})
        self.assertEqual(self.complete("completion", "b"), {"bash"})

    def test_options_are_completed(self):
        self.assertEqual(self.complete("sub", "--l"), {"--literal"})
        self.assertEqual(self.complete("sub", "a.b", "--co"), {"--count"})
        self.assertEqual(self.complete("bench", "fanout", "--ra"), {"--rate"})
        self.assertEqual(self.complete("pub", "t", "x", "--ack", "a"), {"accepted"})
        # A value is no command; bash splits it at its colon.
        self.assertEqual(self.complete("--server", "pub", ":", "1", "st"), {"status"})
        self.assertEqual(self.complete("--timeout", ""), set(), "nobody knows the value")
        with open(BIN / "belfry", "rb"):
            self.assertEqual(self.complete("--tls-ca", str(ROOT / "READ")), {str(ROOT / "README.md")})

    def test_all_of_help_is_completed(self):
        for words, text in commands_below(BIN / "belfry"):
            offered = self.complete(*words, "--")
            self.assertLessEqual(options_of(text) - {"--"}, offered, words)

    def test_the_installed_script_is_what_the_command_prints(self):
        self.assertEqual((PAGES / "belfry.bash").read_bytes(), run(BIN / "belfry", "completion", "bash").stdout)

    def show(self, page):
        """As a reader sees it, on lines without end."""
        done = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-P", "cat", page,
                   env={**os.environ, "MANWIDTH": "1000", "MAN_KEEP_FORMATTING": "", "LC_ALL": "C.UTF-8"})
        self.assertEqual((done.returncode, done.stderr), (0, b""), "without a warning")
        return re.sub(r".\x08", "", done.stdout.decode())

    def test_the_manual_of_belfry_tells_all_of_help(self):
        page = self.show(PAGES / "belfry.1")
        common = options_of(help_of(BIN / "belfry"))
        for words, text in commands_below(BIN / "belfry"):
            if "Subcommands:" not in text:
                self.assertRegex(page, rf"(?m)^ +belfry {' '.join(words)}( |$)")
            missing = {option for option in options_of(text) | common if not re.search(
                rf"(?m)^ +{option}( |$)", page)}
            self.assertEqual(missing, set(), words)
            for example in re.findall(r"(?m)^  ((?:belfry|date|tail|source) .*)$", text):
                self.assertIn(example, page)

    def test_the_manual_of_belfryd_tells_all_of_help(self):
        page = self.show(PAGES / "belfryd.8")
        options = options_of(help_of(BIN / "belfryd"))
        self.assertIn("--config", options)
        for option in options:
            self.assertIn(option, page)

    def test_the_manuals_name_this_version(self):
        version = run(BIN / "belfry", "--version").stdout.decode().split()[1]
        for page in ("belfry.1", "belfryd.8"):
            self.assertIn(f"Belfry {version}", self.show(PAGES / page))


if __name__ == "__main__":
    unittest.main(verbosity=2)
