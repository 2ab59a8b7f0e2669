#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The commands that look at a node and its sessions and topics, against a real broker; and what `belfry sub`
says of the node's troubles."""
import concurrent.futures
import json
import os
import pty
import signal
import subprocess
import unittest

import grpc

from command_case import CommandCase
from processes import BIN, PATIENCE, eventually


class AdminCommand(CommandCase):
    def sessions(self, *words):
        return self.json_lines(self.ok("sessions", "--json", *words))

    def start_sub_of(self, topic, *words):
        """One that prints nothing here, and is confirmed."""
        sub = self.stage.run("belfry", "sub", topic, *words, env=self.environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
        eventually("it subscribes", lambda: self.json_of("topic", "show", topic)["subscribers"] > 0)
        return sub

    def test_topics(self):
        self.start_broker()
        self.assertEqual(self.ok("topics"), "")
        self.assertEqual(self.ok("topics", "--json"), "")
        self.start_sub_of("town.square")
        self.ok("pub", "town.square", "x", "--count", "3")
        self.ok("pub", "town.hall", "x")
        hall, square = self.json_lines(self.ok("topics", "--json"))
        self.assertEqual((hall["topic"], hall["subscribers"], hall["nodes"], hall["messages_in"]),
                         ("town.hall", 0, 0, 1))
        self.assertEqual((square["topic"], square["subscribers"], square["nodes"], square["messages_in"]),
                         ("town.square", 1, 1, 3))
        self.assertGreater(square["messages_in_per_s"], 0)
        self.assertRegex(square["last_published"], r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        self.assertIs(square["incomplete"], False)
        heading, *rows = self.ok("topics").splitlines()
        self.assertEqual(heading.split(), ["SUBSCRIBERS", "NODES", "MESSAGES", "RATE/S", "LAST", "TOPIC"])
        self.assertEqual([row[heading.index("TOPIC"):] for row in rows], ["town.hall", "town.square"])
        self.assertEqual([each["topic"] for each in self.json_lines(self.ok("topics", "*.hall", "--json"))],
                         ["town.hall"])
        self.assertIn("3 messages", self.ok("topic", "show", "town.square"))
        self.assertEqual(self.json_of("topic", "show", "nobody")["last_published"], None)

    def test_an_incomplete_list_says_so(self):
        self.start_broker("limits.topics=1", "io.threads=1")
        for number in range(4):
            self.ok("pub", f"topic.{number}", "x")
        for words in (["topics"], ["topic", "show", "topic.0"]):
            done = self.belfry(*words)
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"# incomplete", done.stderr)
        self.assertTrue(all(each["incomplete"] for each in self.json_lines(self.ok("topics", "--json"))))

    def test_a_long_list(self):
        self.start_broker()
        sub = self.stage.run("belfry", "sub", "--literal", *(f"topic.{n:04}" for n in range(2500)),
                             env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.ok("wait", "--subscribers", "topic.2499=1")
        rows = self.ok("topics", "topic.*").splitlines()
        self.assertEqual([row.split()[-1] for row in rows[1:]], [f"topic.{n:04}" for n in range(2500)])
        self.assertEqual(len({row.index("topic.") for row in rows[1:]}), 1, "aligned")
        # A reader that has enough ends it, and the broker's list.
        enough = subprocess.run(["bash", "-c", f"set -o pipefail; {BIN}/belfry topics --json | head -n 1"],
                                env=self.environment, stdout=subprocess.PIPE, timeout=PATIENCE, check=False)
        self.assertEqual(json.loads(enough.stdout)["topic"], "topic.0000")
        self.assertEqual(self.stage.end(sub), 0)

    def test_sessions(self):
        self.start_broker()
        self.assertEqual(self.ok("sessions"), "")
        self.start_sub_of("town.square")
        (shown,) = self.sessions()
        session_id = shown["session_id"]
        self.assertRegex(session_id, "^[0-9a-f]{16}$")
        self.assertEqual((shown["state"], shown["slow"], shown["subscriptions"], shown["principal"]),
                         ("attended", False, 1, None))
        self.assertRegex(shown["incarnation"], r"^\d+$", "an id is a string")
        heading, row = self.ok("sessions").splitlines()
        self.assertEqual(heading.split()[0], "SESSION")
        self.assertIn(session_id, row)
        self.assertEqual(self.sessions("--slow"), [])
        self.assertIn("# no slow sessions", self.belfry("sessions", "--slow").stderr.decode())
        self.assertIn(session_id, self.ok("session", "show", session_id))
        self.assertEqual(self.json_of("session", "show", session_id)["client_id"], shown["client_id"])

    def test_kick(self):
        self.start_broker()
        sub = self.start_sub("town.square", "--json")
        self.ok("wait", "--subscribers", "town.square=1")
        (shown,) = self.sessions()
        session_id = shown["session_id"]
        self.assertEqual(self.json_of("session", "kick", session_id), {"session_id": session_id, "kicked": True})
        for words in (["show"], ["kick"]):
            self.assertIn("no session", self.fails(1, "session", *words, session_id))
        # It comes back as a new session, and says what happened.
        eventually("it is back", lambda: [each for each in self.sessions() if each["session_id"] != session_id])
        self.ok("wait", "--subscribers", "town.square=1")
        sub.send_signal(signal.SIGINT)
        events = self.json_lines(sub.communicate(timeout=PATIENCE)[0].decode())
        self.assertIn("an operator ended the session", [event.get("reason") or "" for event in events][2])

    def test_what_a_silent_server_hides_another_tells(self):
        self.start_broker()
        alive = self.environment["BELFRY_SERVER"]
        for servers in (f"127.0.0.1:1,{alive}", f"{alive},127.0.0.1:1"):
            self.environment["BELFRY_SERVER"] = servers
            self.assertEqual(self.ok("topics"), "")
            self.assertIn("no session", self.fails(1, "session", "show", "0" * 16))

    def test_a_broker_that_stands_still_is_not_waited_for(self):
        self.start_broker()
        self.broker.send_signal(signal.SIGSTOP)
        try:
            for words in (["topics"], ["sessions"], ["topic", "show", "t"], ["status"], ["top"]):
                self.assertIn("no answer", self.fails(1, *words, "--timeout", "300ms"))
        finally:
            self.broker.send_signal(signal.SIGCONT)

    def test_status_tells_of_parked_sessions_and_memory(self):
        self.start_broker("limits.memory=1GiB")
        sub = self.start_sub_of("t")
        sub.kill()
        sub.wait()
        eventually("it is parked", lambda: self.json_of("status")["sessions_parked"] == 1)
        status = self.json_of("status")
        self.assertEqual(status["memory_limit"], 1 << 30)
        eventually("it has looked at its memory", lambda: self.json_of("status")["memory_used"] > 0)
        for name in ("sessions_resumed", "conflated", "shed", "topics_tracked", "messages_untracked"):
            self.assertEqual(status[name], 0, name)
        text = self.ok("status")
        for part in ("1 parked", "of 1.0 GiB", "0 replaced", "0 messages shed"):
            self.assertIn(part, text)
        self.assertIn("parked", self.ok("sessions"))

    def test_a_node_that_refuses_is_not_said_to_be_away(self):
        # A node that is really short of memory is not so for long: this one always is.
        def refuse(_, context):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "NODE_MEMORY: near its limit; try again later")
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
            "belfry.v1.Broker", {"Session": grpc.stream_stream_rpc_method_handler(refuse)}),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(server.stop, None)
        self.environment["BELFRY_SERVER"] = f"127.0.0.1:{port}"
        for words in (["sub", "t"], ["pub", "t", "x"], ["pub", "t", "x", "--count", "3"], ["bench", "latency"]):
            text = self.fails(1, *words, "--timeout", "1s")
            self.assertIn("refuses (NODE_MEMORY): near its limit; try again later", text)
            self.assertNotIn("cannot reach", text)

    def test_notices_and_losses_are_told(self):
        # A reader that is stopped: its pipe fills, then its queues, then the broker's lane.
        self.start_broker("slow.queue_messages=200", "limits.payload_bytes=128KiB")
        for words in (["--json"], []):
            sub = self.start_sub("t", *words)
            self.ok("wait", "--subscribers", "t=1")
            session = self.sessions()[0]["session_id"]
            os.kill(sub.pid, signal.SIGSTOP)
            payload = os.urandom(40_000).hex().encode()
            while self.json_of("session", "show", session)["dropped"] == 0:
                self.ok("pub", "t", "--lines", stdin=(payload + b"\n") * 100)
            os.kill(sub.pid, signal.SIGCONT)
            self.ok("pub", "t", "last")
            out = self.read_until_last(sub)
            sub.send_signal(signal.SIGINT)
            rest, errors = sub.communicate(timeout=PATIENCE)
            self.assertEqual(sub.returncode, 0)
            self.assertRegex(errors.decode(), r"# received \d+ messages, lost \d+ \(\d+ by overflow\)")
            if words:
                events = self.json_lines((out + rest).decode())
                notices = [event for event in events if event["type"] == "notice"]
                self.assertTrue(notices, "told before it lost anything")
                self.assertEqual(notices[0]["code"], "lane_half_full")
                self.assertTrue(notices[0]["text"])
                lost = sum(event["count"] for event in events if event["type"] == "gap")
                self.assertIn(f"lost {lost} ", errors.decode())
            else:
                self.assertIn("(lane_half_full)", errors.decode())

    @staticmethod
    def read_until_last(sub):
        """Its output as far as the message "last"."""
        out = bytearray()
        while b"last" not in out[-1000:]:
            piece = sub.stdout.read1()
            assert piece, "it ended"
            out += piece
        return bytes(out)

    def on_terminal(self, *words, term="xterm"):
        """What it writes where both its outputs are a terminal."""
        ours, theirs = pty.openpty()
        program = self.stage.run("belfry", *words, env={**self.environment, "TERM": term},
                                 stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
        os.close(theirs)
        shown = bytearray()
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # Linux's way to say that nobody writes any more
            pass
        os.close(ours)
        self.assertEqual(program.wait(PATIENCE), 0, bytes(shown))
        return bytes(shown)

    def test_colours_and_progress_only_where_somebody_watches(self):
        self.start_broker()
        self.ok("pub", "t", "x")
        bench = ["bench", "latency", "--rate", "100", "--seconds", "1.5", "--warmup", "0"]
        for words in (["status"], ["topics"], ["topic", "show", "t"]):
            self.assertIn(b"\x1b[1m", self.on_terminal(*words))
            self.assertNotIn(b"\x1b", self.on_terminal(*words, "--json"))
            self.assertNotIn(b"\x1b", self.on_terminal(*words, term="dumb"))
            self.assertNotIn("\x1b", self.ok(*words))
        shown = self.on_terminal(*bench)
        self.assertIn(b"\r\x1b[Kmeasuring, ", shown)
        self.assertIn(b"\r\x1b[K1 publishers", shown, "it is gone before the result")
        self.assertNotIn(b"measuring", self.on_terminal(*bench, "--json"))
        done = self.belfry(*bench)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.environment["NO_COLOR"] = "1"
        self.assertNotIn(b"\x1b", self.on_terminal("status"))

    def test_overflow_policies(self):
        self.start_broker("slow.queue_messages=200", "limits.payload_bytes=128KiB")
        payload = os.urandom(40_000).hex().encode()

        def stopped_and_flooded(policy, enough):
            sub = self.start_sub("t", "--overflow", policy)
            self.ok("wait", "--subscribers", "t=1")
            session = self.sessions()[0]["session_id"]
            os.kill(sub.pid, signal.SIGSTOP)
            while not enough(session):
                self.ok("pub", "t", "--lines", stdin=(payload + b"\n") * 100)
            os.kill(sub.pid, signal.SIGCONT)
            return sub

        def stop_and_flood(policy, enough):
            sub = stopped_and_flooded(policy, enough)
            self.ok("wait", "--subscribers", "t=1")
            self.ok("pub", "t", "last")
            out = self.read_until_last(sub)
            sub.send_signal(signal.SIGINT)
            errors = sub.communicate(timeout=PATIENCE)[1].decode()
            self.assertEqual(sub.returncode, 0, errors)
            return out, errors
        out, errors = stop_and_flood("conflate", lambda _: self.json_of("status")["conflated"] > 0)
        self.assertNotIn(b"gap", out)
        self.assertNotIn("lost", errors)
        out, errors = stop_and_flood("drop-newest",
                                     lambda session: self.json_of("session", "show", session)["dropped"] > 0)
        self.assertIn(b"(overflow)", out)
        # It ends, whichever of the two queues was the one that was full.
        sub = stopped_and_flooded("disconnect", lambda session: session not in self.ok("sessions"))
        errors = sub.communicate(timeout=PATIENCE)[1].decode()
        self.assertEqual(sub.returncode, 1, errors)
        self.assertIn("belfry: t was too slow and ended", errors)

    def test_a_slow_reader_of_sub_is_told_and_held_up_alone(self):
        self.start_broker("slow.queue_messages=1000000", "slow.queue_bytes=1GiB", "slow.queue_age=1h")
        sub = self.start_sub("t", "--count", "1000001")
        self.ok("wait", "--subscribers", "t=1")
        # Nobody reads its output meanwhile; its queue has room for this.
        self.ok("pub", "t", "x", "--count", "200000")
        self.assertEqual(self.json_of("status")["dropped"], 0)
        lines = 0
        while lines < 200_000:
            lines += sub.stdout.read1().count(b"\n")
        self.assertEqual(lines, 200_000)
        sub.send_signal(signal.SIGINT)
        self.assertNotIn(b"lost", sub.communicate(timeout=PATIENCE)[1])

    def test_a_second_ctrl_c_ends_a_sub_whose_output_nobody_reads(self):
        self.start_broker()
        sub = self.start_sub("t")
        self.ok("wait", "--subscribers", "t=1")
        self.ok("pub", "t", "x" * 1000, "--count", "1000")
        sub.send_signal(signal.SIGINT)

        def ended():
            sub.send_signal(signal.SIGINT)
            return sub.poll() is not None
        eventually("it ends", ended)


if __name__ == "__main__":
    unittest.main(verbosity=2)
