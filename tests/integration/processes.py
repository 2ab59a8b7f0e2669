# SPDX-License-Identifier: Apache-2.0
"""What the Python tests here share: programs of this build on free ports, which never outlive their test, and
waiting for a condition."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("BELFRY_BIN") or ROOT / "build/dev/bin").resolve()
PATIENCE = 30  # seconds; nothing takes this long unless it is broken


def eventually(what, look, patience=PATIENCE):
    """Until look() returns something true, which is returned."""
    deadline = time.monotonic() + patience
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.01)


class Stage:
    """A folder and the programs of one test; use it with `with`."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-test-"))
        self.programs = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in reversed(self.programs):
            self.end(program)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *words, **options):
        """Starts a program of this build, without waiting for it."""
        program = subprocess.Popen([str(BIN / words[0]), *map(str, words[1:])], cwd=self.folder, **options)
        self.programs.append(program)
        return program

    def start(self, name, *words):
        """Starts one that writes a ports file. The process, and the ports."""
        ports_file = self.folder / f"{name}.ports"
        ports_file.unlink(missing_ok=True)
        with open(self.folder / f"{name}.log", "ab") as log:
            program = self.run(*words, "--ports-file", ports_file, stdin=subprocess.DEVNULL, stdout=log,
                               stderr=log)

        def there():
            assert program.poll() is None, (self.folder / f"{name}.log").read_text()
            return ports_file.exists()
        eventually(f"{name} writes its ports file", there)
        return program, json.loads(ports_file.read_text())

    def start_broker(self, *sets, port=0):
        words = []
        for each in (f"listen.grpc=127.0.0.1:{port}", "listen.http=127.0.0.1:0", *sets):
            words += ["--set", each]
        program, ports = self.start("belfryd", "belfryd", *words)
        return program, ports["grpc"]

    @staticmethod
    def end(program):
        """Its exit code, after SIGTERM if it was still running."""
        if program.poll() is None:
            program.terminate()
        try:
            code = program.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            program.kill()
            code = program.wait()
        for pipe in (program.stdin, program.stdout, program.stderr):
            if pipe is not None:
                pipe.close()
        return code
