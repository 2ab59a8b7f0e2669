# SPDX-License-Identifier: Apache-2.0
"""What the tour and the benchmark share: programs that are started, watched, and always ended, by their id."""
import ctypes
import json
import signal
import subprocess
import time

START_SECONDS = 30  # for each program, on a machine that is still busy with its build
END_SECONDS = 15

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def end_with_parent():
    """In the child: when we are killed and cannot end it, the kernel does."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Trouble(Exception):
    """What went wrong, as a text for the terminal."""


class Program:
    """A process that we started. Its output is in a log file, unless it is to be read."""

    def __init__(self, name, words, logs, read=False, cwd=None):
        self.name = name
        self.log = logs / f"{name}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if read else log, stderr=log, cwd=cwd,
                start_new_session=True,  # Ctrl-C is for us; we end the others in order
                preexec_fn=end_with_parent)

    def check(self):
        if self.process.poll() is not None:
            raise Trouble(f"{self.name} ended with code {self.process.returncode}{self.last_words()}")

    def last_words(self):
        lines = self.log.read_text(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return f" ({said[-1]})" if said else ""

    def end(self):
        """Asks it to end, and makes it. Its exit code, or None if it had to be killed."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None


def wait_for_ports(program, path):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if path.exists():
            return json.loads(path.read_text())
        program.check()
        time.sleep(0.01)
    raise Trouble(f"{program.name} wrote no ports file within {START_SECONDS} s")
