# SPDX-License-Identifier: Apache-2.0
"""What tests of the command `belfry` share: a broker, and running the command as a script does."""
import json
import os
import subprocess
import unittest

from processes import BIN, PATIENCE, Stage


class CommandCase(unittest.TestCase):
    def setUp(self):
        self.stage = Stage()
        self.addCleanup(self.stage.__exit__)
        self.environment = dict(os.environ)
        self.environment.pop("BELFRY_SERVER", None)

    def start_broker(self, *sets, port=0):
        self.broker, port = self.stage.start_broker(*sets, port=port)
        self.environment["BELFRY_SERVER"] = f"127.0.0.1:{port}"
        return port

    def belfry(self, *words, stdin=b"", stdout=subprocess.PIPE):
        """Runs it to its end. stdin: bytes, or an open file."""
        source = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
        return subprocess.run([BIN / "belfry", *words], **source, stdout=stdout, stderr=subprocess.PIPE,
                              env=self.environment, timeout=PATIENCE, check=False)

    def ok(self, *words, stdin=b""):
        done = self.belfry(*words, stdin=stdin)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout.decode()

    def fails(self, code, *words, **streams):
        """Exit code and form of the error; its text."""
        done = self.belfry(*words, **streams)
        self.assertEqual(done.returncode, code, done)
        lines = done.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, done)
        self.assertRegex(lines[0], r"^belfry: .+; .+")
        return lines[0]

    def start_sub(self, *words):
        """Runs until it is ended."""
        return self.stage.run("belfry", "sub", *words, env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)

    @staticmethod
    def json_lines(text):
        return [json.loads(line) for line in text.splitlines()]

    def json_of(self, *words):
        """The one object that it prints."""
        (value,) = self.json_lines(self.ok(*words, "--json"))
        return value
