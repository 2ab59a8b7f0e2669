#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The small examples of the client library do what they say, against a real broker; and stay small."""
import os
import pathlib
import re
import signal
import subprocess
import unittest

from processes import BIN, PATIENCE, ROOT, Stage, eventually

SOURCES = sorted((ROOT / "client-lib/examples").glob("*.cc"))


class Examples(unittest.TestCase):
    def setUp(self):
        self.stage = Stage()
        self.addCleanup(self.stage.__exit__)

    def start_broker(self, port=0):
        self.broker, self.port = self.stage.start_broker(port=port)
        self.address = f"127.0.0.1:{self.port}"

    def start(self, name, *words, out="out"):
        """An example that runs until it is asked to stop; its output goes to a file."""
        with open(self.stage.folder / out, "ab") as sink:
            return self.stage.run(f"examples/{name}", *words, self.address, stdin=subprocess.PIPE, stdout=sink,
                                  stderr=subprocess.STDOUT)

    def lines(self, out="out"):
        return (self.stage.folder / out).read_text().splitlines()

    def await_line(self, line, out="out", times=1):
        eventually(f"{line!r} in {out}", lambda: self.lines(out).count(line) >= times)

    def run_to_end(self, name):
        return subprocess.run([BIN / "examples" / name, self.address], capture_output=True, text=True,
                              timeout=2 * PATIENCE, check=False)

    def publish(self, topic, lines):
        subprocess.run([BIN / "belfry", "--server", self.address, "pub", topic, "--lines"], check=True,
                       input="\n".join(lines).encode(), stdout=subprocess.DEVNULL, timeout=PATIENCE)

    def await_orders(self, count):
        subprocess.run([BIN / "belfry", "--server", self.address, "sub", "orders.new", "--count", str(count)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)

    def unread_by_the_broker(self):
        """Bytes that lie in the receive queues of its connections."""
        rows = [row.split() for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(int(row[4].split(":")[1], 16) for row in rows
                   if row[1].endswith(f":{self.port:04X}") and row[3] == "01")

    def finish(self, program):
        """Its exit code after the end of its input."""
        program.stdin.close()
        return program.wait(PATIENCE)

    def test_hello(self):
        self.start_broker()
        done = self.run_to_end("hello")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "town.bell: hello\n", ""))

    def test_chat_room(self):
        self.start_broker()
        ann = self.start("chat_room", "Ann", out="ann")
        bob = self.start("chat_room", "Bob", out="bob")
        for out in ("ann", "bob"):
            self.await_line("(in the room)", out)
        ann.stdin.write(b"tea is ready\n")
        ann.stdin.flush()
        for out in ("ann", "bob"):
            self.await_line("Ann: tea is ready", out)
        # A break that cannot be healed is told, and the room goes on.
        self.broker.kill()
        self.broker.wait()
        self.await_line("(reconnecting)", "bob")
        self.start_broker(port=self.port)
        self.await_line("(missed some)", "bob")
        self.await_line("(missed some)", "ann")
        bob.stdin.write(b"coming\n")
        self.assertEqual(self.finish(bob), 0)
        self.await_line("Bob: coming", "ann")
        self.assertEqual(self.finish(ann), 0)

    def test_many_topics(self):
        self.start_broker()
        done = self.run_to_end("many_topics")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "1000 of 1000 sensors had all readings in order\n", ""))

    def test_live_dashboard(self):
        self.start_broker()
        dashboard = self.start("live_dashboard")
        subprocess.run([BIN / "belfry", "--server", self.address, "wait", "--subscribers", "prices.tea=1"],
                       check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)
        self.publish("prices.tea", [str(price) for price in range(1000)])
        self.publish("prices.milk", [str(price) for price in range(1000)])
        def drawn():
            return [line.strip() for line in self.lines() if line.startswith("prices.")]
        eventually("the latest prices", lambda: drawn()[-1:] == ["prices.milk=999 prices.tea=999"])
        self.assertEqual(self.finish(dashboard), 0)
        # It cannot have drawn them all, and it lost none.
        self.assertLess(len(drawn()), 1000)
        self.assertNotIn("prices are missing", self.lines())
        came, replaced = map(int, re.fullmatch(
            r"(\d+) prices came, (\d+) were replaced before they were drawn", self.lines()[-1]).groups())
        self.assertEqual(came - replaced, len(drawn()))

    def test_await_publish(self):
        self.start_broker()
        done = self.run_to_end("await_publish")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "100 of 100 orders published\n", ""))

    def test_graceful_shutdown(self):
        self.start_broker()
        service = self.start("graceful_shutdown")
        self.await_orders(20)
        service.send_signal(signal.SIGTERM)
        self.assertEqual(service.wait(PATIENCE), 0)
        orders, ok = map(int, re.fullmatch(r"(\d+) orders: (\d+) ok, 0 failed, 0 unknown",
                                           "\n".join(self.lines())).groups())
        self.assertEqual(orders, ok)
        self.assertGreaterEqual(orders, 20)

    def test_graceful_shutdown_names_the_orders_that_nobody_answered_for(self):
        self.start_broker()
        service = self.start("graceful_shutdown")
        self.await_orders(5)
        self.broker.send_signal(signal.SIGSTOP)
        self.addCleanup(self.broker.send_signal, signal.SIGCONT)

        eventually("orders that nobody reads", lambda: self.unread_by_the_broker() > 1000)
        service.send_signal(signal.SIGTERM)
        self.assertEqual(service.wait(PATIENCE), 1)
        total, *each = self.lines()
        orders, ok, failed, unknown = map(int, re.fullmatch(
            r"(\d+) orders: (\d+) ok, (\d+) failed, (\d+) unknown; gave up waiting", total).groups())
        self.assertEqual(orders, ok + failed + unknown)
        self.assertGreater(unknown, 0)
        self.assertEqual(len([line for line in each if line.endswith("may have been published")]), unknown)

    def test_each_is_short_listed_and_built(self):
        self.assertGreaterEqual(len(SOURCES), 5)
        pages = [(ROOT / page).read_text() for page in ("client-lib/examples/README.md", "docs/client.md")]
        for source in SOURCES:
            self.assertLess(len(source.read_text().splitlines()), 60, source)
            for page in pages:
                self.assertIn(f"{source.stem}.cc", page)
            self.assertTrue(os.access(BIN / "examples" / source.stem, os.X_OK), source.stem)


if __name__ == "__main__":
    unittest.main()
