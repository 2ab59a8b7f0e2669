#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`belfry sub` with several filters and a reader that is too slow: each message is printed or told to be lost,
once. What is printed and what is told make up what was published."""
import json
import os
import signal
import unittest

from command_case import CommandCase
from processes import PATIENCE, eventually


class SubLosses(CommandCase):
    def setUp(self):
        super().setUp()
        self.published = 0

    def publish(self, topic, *payloads):
        self.ok("pub", topic, "--lines", stdin=b"".join(payload + b"\n" for payload in payloads))
        self.published += len(payloads)

    def session(self):
        (shown,) = self.json_lines(self.ok("sessions", "--json"))
        return shown

    def all_has_arrived(self):
        """The process has all that the broker did not drop."""
        def arrived():
            shown = self.session()
            return shown["queued_messages"] == 0 and shown["unacknowledged_bytes"] == 0
        eventually("the broker has nothing left for it", arrived)

    def end_of(self, sub):
        """Lets it print all, as far as a last message, and ends it: how many were printed, and its gaps."""
        last = b"the last one"
        self.publish("a.x", last)
        printed, gaps = 0, []

        def take(line):
            nonlocal printed
            event = json.loads(line)
            printed += event["type"] == "message"
            if event["type"] == "gap":
                gaps.append(event)
            return event.get("payload") == last.decode()
        for line in sub.stdout:
            if take(line):
                break
        sub.send_signal(signal.SIGINT)
        rest, errors = sub.communicate(timeout=PATIENCE)
        for line in rest.splitlines():
            take(line)
        self.assertEqual(sub.returncode, 0, errors)
        lost = sum(gap["count"] for gap in gaps)
        self.assertIn(f"# received {printed:,} messages, lost {lost}".replace(",", ""),
                      errors.decode().replace(",", ""))
        return printed, gaps, lost

    def test_a_total_of_one_filter_is_not_taken_for_all_filters_total(self):
        self.start_broker("slow.queue_messages=2000", "slow.queue_bytes=64MiB", "slow.queue_age=1s")
        sub = self.start_sub("--json", "a.>", "b.>")
        for topic in ("a.x", "b.x"):
            self.ok("wait", "--subscribers", f"{topic}=1")
        large = os.urandom(30_000).hex().encode()
        self.publish("a.x", *[large] * 20)  # nobody reads: the handler stands still from now on
        # Twice the broker drops messages of 40 topics that only the second filter wants. Side by side in that
        # filter's queue these are more topics than one gap names.
        for first in (0, 40):
            self.all_has_arrived()
            os.kill(sub.pid, signal.SIGSTOP)
            before = self.session()["dropped"]
            while self.session()["dropped"] == before:
                self.publish("a.x", *[large] * 20)
            for number in range(first, first + 40):
                self.publish(f"b.{number}", b"x")
            eventually("all is too old", lambda: self.session()["queued_messages"] == 0)
            self.publish("a.x", b"a gap goes before what follows")
            os.kill(sub.pid, signal.SIGCONT)
        self.all_has_arrived()
        printed, gaps, lost = self.end_of(sub)
        self.assertEqual(printed + lost, self.published, gaps)
        self.assertIn(None, [gap["topic"] for gap in gaps], "as this test wants it")

    def test_what_two_filters_lost_is_told_once(self):
        self.start_broker("slow.queue_messages=1000000", "slow.queue_bytes=2GiB", "slow.queue_age=1h")
        sub = self.start_sub("--json", "a.*", "a.>")
        self.ok("wait", "--subscribers", "a.x=2")
        # More than its queues hold, while nobody reads.
        large = os.urandom(60_000).hex().encode()
        for _ in range(10):
            self.publish("a.x", *[large] * 300)
        self.all_has_arrived()
        printed, gaps, lost = self.end_of(sub)
        self.assertEqual({gap["cause"] for gap in gaps}, {"local_overflow"})
        self.assertEqual(printed + lost, self.published, gaps)


if __name__ == "__main__":
    unittest.main(verbosity=2)
