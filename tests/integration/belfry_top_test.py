#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`belfry top` as people see it: on a terminal of tmux, which this test reads, resizes and types into; and as a
script sees it, line by line."""
import concurrent.futures
import fcntl
import json
import os
import pty
import shlex
import signal
import struct
import subprocess
import termios
import threading
import unittest

import grpc

from command_case import CommandCase
from processes import BIN, PATIENCE, eventually


class Terminal:
    """A terminal with a shell in it, on a tmux server of its own."""

    def __init__(self, stage, environment, columns=80, rows=24):
        self.socket = f"belfry-test-{os.getpid()}-{id(self):x}"
        self.environment = {**environment, "PS1": "", "TMUX_TMPDIR": str(stage.folder), "LC_ALL": "C.UTF-8"}
        self.environment.pop("TMUX", None)
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  "env PS1='$ ' bash --norc --noprofile")
        eventually("the shell is there", lambda: "$" in self.screen())

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-L", self.socket, *words], env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
        assert done.returncode == 0, (words, done.stdout)
        return done.stdout.decode()

    def end(self):
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], env=self.environment, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)

    def run(self, *words):
        self.tmux("send-keys", "-l", shlex.join(map(str, words)))
        self.press("Enter")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self, *words):
        return self.tmux("capture-pane", "-p", *words)

    def asks(self, question):
        return self.tmux("display-message", "-p", question).strip()

    def shows(self, text):
        eventually(f"{text!r} on the screen", lambda: text in self.screen())


class Top(CommandCase):
    def setUp(self):
        super().setUp()
        self.port = self.start_broker("node.id=bell-1")

    def open(self, *words, columns=80, rows=24):
        """Runs it on a terminal, behind a line that must still be there afterwards."""
        self.terminal = Terminal(self.stage, self.environment, columns, rows)
        self.addCleanup(self.terminal.end)
        self.terminal.run("echo", "before")
        self.terminal.shows("\nbefore")
        self.terminal.run(BIN / "belfry", "top", "--interval", "100ms", *words)
        self.terminal.shows("node bell-1")
        self.pid = int(subprocess.run(["pgrep", "-P", self.terminal.asks("#{pane_pid}"), "belfry"],
                                      stdout=subprocess.PIPE, check=True).stdout)

    def assert_restored(self):
        """The terminal is as it was: its first page, its cursor, its echo."""
        eventually("the first page is back", lambda: self.terminal.asks("#{alternate_on}") == "0")
        self.terminal.shows("before")
        eventually("the cursor is back", lambda: self.terminal.asks("#{cursor_flag}") == "1")
        eventually("lines wrap again", lambda: self.terminal.asks("#{wrap_flag}") == "1")
        self.terminal.press("C-u")
        self.terminal.run("stty", "-a")
        eventually("it echoes and waits for lines", lambda: {"icanon", "echo", "ixon"} <= set(
            self.terminal.screen().replace(";", " ").split()))

    def state(self):
        """The letter by which the system tells it; None: it is gone."""
        try:
            with open(f"/proc/{self.pid}/stat", encoding="utf-8") as stat:
                return stat.read().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return None

    def exit_code_told(self):
        """The shell tells, on a line of its own."""
        self.terminal.tmux("send-keys", "-l", "echo code=$?")
        self.terminal.press("Enter")

    def test_what_it_shows(self):
        self.start_sub("town.*")
        self.ok("wait", "--subscribers", "town.square=1")
        self.open()
        self.ok("pub", "town.square", "x", "--count", "500")
        self.ok("pub", "town.hall", "x")
        self.terminal.shows("town.hall")
        lines = self.terminal.screen().splitlines()
        self.assertEqual(len(lines), 24)
        order = [line.split()[-1] for line in lines if "town." in line]
        self.assertEqual(order, ["town.square", "town.hall"], "the hottest first")
        for part in ("ready", "out ", "1 session (0 parked)", "memory", "CPU", "attended"):
            self.assertIn(part, "\n".join(lines))
        self.assertIn("q quits", lines[-1])
        self.assertIn("\x1b[", self.terminal.screen("-e"), "coloured")

    def test_q_ends_it(self):
        self.open()
        self.terminal.press("q")
        self.exit_code_told()
        self.terminal.shows("code=0")
        self.assert_restored()

    def test_ctrl_c_ends_it(self):
        self.open()
        self.terminal.press("C-c")
        self.exit_code_told()
        self.terminal.shows("code=0")
        self.assert_restored()

    def test_signals_restore_the_terminal(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV,
                       signal.SIGALRM, signal.SIGPIPE, signal.SIGRTMAX):
            with self.subTest(number):
                self.open()
                os.kill(self.pid, number)
                self.assert_restored()
                self.terminal.end()

    def test_ctrl_z_stops_it_and_fg_goes_on(self):
        self.open()
        self.terminal.press("C-z")
        self.assert_restored()
        self.terminal.run("fg")
        eventually("the second page again", lambda: self.terminal.asks("#{alternate_on}") == "1")
        self.terminal.shows("node bell-1")
        self.terminal.press("q")
        self.assert_restored()

    def test_a_stopped_one_can_be_ended(self):
        self.open()
        self.terminal.press("C-z")
        self.assert_restored()
        for words in (["bg"], ["kill", "%1"]):  # in the background it stops again
            eventually("it is stopped", lambda: self.state() == "T")
            self.terminal.run(*words)
        eventually("it is gone", lambda: self.state() is None)
        self.assert_restored()

    def test_a_terminal_that_stands_still_does_not_hold_it(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        termios.tcflow(theirs, termios.TCOOFF)
        top = self.stage.run("belfry", "top", env={**self.environment, "TERM": "xterm"},
                             stdin=subprocess.DEVNULL, stdout=theirs)

        def waits_for_signals():
            with open(f"/proc/{top.pid}/status", encoding="utf-8") as status:
                (blocked,) = (int(line.split()[1], 16) for line in status if line.startswith("SigBlk:"))
            return blocked & 1 << (signal.SIGTERM - 1)
        eventually("it waits for signals", waits_for_signals)
        eventually("it asks the broker", lambda: self.json_of("status")["connections"] > 1)
        top.terminate()
        self.assertEqual(top.wait(PATIENCE), 0)

    def test_it_follows_the_window(self):
        self.start_sub(*(f"topic.{number}" for number in range(50)), "--literal")
        self.ok("wait", "--subscribers", "topic.49=1")
        self.open()
        self.terminal.shows("q quits")
        self.terminal.resize(40, 8)
        eventually("no room for the line about keys", lambda: "q quits" not in self.terminal.screen()
                   and "topic." in self.terminal.screen())
        self.assertIn("node bell-1", self.terminal.screen().splitlines()[0], "nothing was scrolled away")
        self.terminal.resize(1, 1)
        self.terminal.resize(120, 50)
        eventually("it fills the larger one", lambda: "q quits" in self.terminal.screen().splitlines()[-1]
                   and len(self.terminal.screen().splitlines()) == 50)

    def test_the_broker_goes_away_and_comes_back(self):
        self.open()
        self.assertEqual(self.stage.end(self.broker), 0)
        self.terminal.shows("trying again: no answer")
        self.start_broker("node.id=bell-2", port=self.port)
        self.terminal.shows("node bell-2")
        eventually("all is fresh", lambda: "trying again" not in self.terminal.screen())

    def test_a_broker_that_only_stands_still_does_not_hold_up_keys(self):
        self.open()
        self.broker.send_signal(signal.SIGSTOP)
        try:
            self.terminal.shows("trying again: no answer")
            self.terminal.press("q")
            self.assert_restored()
        finally:
            self.broker.send_signal(signal.SIGCONT)

    def test_without_a_broker_the_screen_is_not_taken(self):
        self.stage.end(self.broker)
        self.terminal = Terminal(self.stage, self.environment, 120)
        self.addCleanup(self.terminal.end)
        self.terminal.run(BIN / "belfry", "top")
        self.terminal.shows("belfry: no answer")
        self.exit_code_told()
        self.terminal.shows("code=1")

    def test_no_colours_if_they_are_not_wanted(self):
        self.environment["NO_COLOR"] = "1"
        self.open()
        self.assertNotIn("\x1b[", self.terminal.screen("-e"))

    # ---- without a terminal

    def test_json(self):
        self.ok("pub", "t", "x")
        looks = self.json_lines(self.ok("top", "--interval", "100ms", "--count", "3"))
        self.assertEqual(len(looks), 3)
        for look in looks:
            self.assertEqual((look["error"], look["node"]["node"], look["sessions"]), (None, "bell-1", []))
            self.assertEqual(look["topics"][0]["topic"], "t")
        self.assertIsNone(looks[0]["cpu_percent"])
        self.assertGreaterEqual(looks[1]["cpu_percent"], 0)
        self.assertEqual(looks[1]["lost_per_s"], 0)

    def test_json_that_nobody_reads(self):
        for number in range(20):
            self.ok("pub", f"topic.{number}.{'x' * 240}", "x")
        for number in (signal.SIGTERM, signal.SIGINT):
            ours, theirs = os.pipe()
            fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
            top = self.stage.run("belfry", "top", "--json", env=self.environment, stdout=theirs)
            os.close(theirs)
            # One look is longer than that.
            eventually("the pipe is full", lambda: struct.unpack("i", fcntl.ioctl(
                ours, termios.FIONREAD, bytes(4))) == (4096,))
            top.send_signal(number)
            self.assertEqual(top.wait(PATIENCE), 0)
            os.close(ours)

    def test_lists_that_fail_are_not_asked_for_at_each_look(self):
        over = threading.Event()
        asked = []

        def list_topics(*_):
            asked.append("topics")
            if len(asked) > 1:
                over.wait(PATIENCE)
            return iter(())
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("belfry.v1.Admin", {
            "GetNode": grpc.unary_unary_rpc_method_handler(lambda *_: b""),
            "ListTopics": grpc.unary_stream_rpc_method_handler(list_topics),
            "ListSessions": grpc.unary_stream_rpc_method_handler(lambda *_: iter(()))}),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(server.stop, None)
        self.addCleanup(over.set)
        top = self.stage.run("belfry", "top", "--json", "--interval", "100ms", "--server", f"127.0.0.1:{port}",
                             env=self.environment, stdout=subprocess.PIPE)
        looks = map(json.loads, top.stdout)
        next(look for look in looks if look["error"])
        for _ in range(5):
            look = next(looks)
            self.assertIsNone(look["error"])
            self.assertGreater(look["lists_age_ms"], 0)
        self.assertEqual(len(asked), 2)

    def test_json_through_a_restart(self):
        top = self.stage.run("belfry", "top", "--json", "--interval", "100ms", env=self.environment,
                             stdout=subprocess.PIPE)

        def until(condition):
            for line in top.stdout:
                if condition(json.loads(line)):
                    return
            self.fail("it ended")
        until(lambda look: look["node"])
        self.stage.end(self.broker)
        until(lambda look: look["error"] and look["node"] is None)
        self.start_broker("node.id=bell-2", port=self.port)
        until(lambda look: look["node"] and look["node"]["node"] == "bell-2")
        top.send_signal(signal.SIGINT)
        top.communicate(timeout=PATIENCE)
        self.assertEqual(top.returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
