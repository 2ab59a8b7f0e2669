#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command `belfry` as scripts see it: output, exit codes, signals; against a real broker."""
import json
import os
import signal
import socket
import subprocess
import time
import unittest

from command_case import CommandCase
from processes import PATIENCE, eventually


class Command(CommandCase):
    def test_the_session_of_the_readme(self):
        self.start_broker()
        self.assertIn("ready", self.ok("wait", "--timeout", "10s"))
        sub = self.start_sub("town.>", "--count", "1")
        self.ok("wait", "--subscribers", "town.square=1")
        self.assertEqual(self.ok("pub", "town.square", "hello"), "ok: accepted, 1 subscriber on 1 node\n")
        self.assertEqual(sub.communicate(timeout=PATIENCE)[0], b"town.square hello\n")
        self.assertEqual(sub.returncode, 0)

    def test_wrong_usage_is_exit_2(self):
        for words in [[], ["nonsense"], ["pub"], ["pub", "t"], ["pub", "$t", "x"], ["sub"], ["sub", "a.>.b"],
                      ["sub", "a", "--from", "earliest"], ["pub", "t", "x", "--ack", "stored"], ["cluster"],
                      ["topic", "set", "t"], ["topic", "show", "a.*"], ["wait", "--subscribers", "a.*=1"],
                      ["session", "kick", "1"], ["status", "--token-file", "f"], ["wait", "--timeout", "5"],
                      ["bench", "replay"], ["status", "--server", "nowhere"]]:
            self.fails(2, *words)

    def test_help_and_version_are_exit_0(self):
        for words in (["--help"], ["pub", "--help"], ["session", "kick", "--help"],
                      ["bench", "fanout", "--help"]):
            self.assertIn("Example", self.ok(*words))
        self.assertRegex(self.ok("--version"), r"^belfry \d+\.\d+\.\d+\n$")

    def test_no_broker_is_exit_1(self):
        self.environment["BELFRY_SERVER"] = "127.0.0.1:1"
        for words in (["status"], ["wait"], ["pub", "t", "x"], ["sub", "t"], ["pub", "t", "x", "--count", "5"],
                      ["topics"], ["topic", "show", "t"], ["sessions"], ["session", "kick", "0" * 16], ["top"],
                      ["bench", "latency", "--seconds", "1"]):
            self.assertIn("127.0.0.1:1", self.fails(1, *words, "--timeout", "300ms"))

    def test_outcomes_as_json(self):
        self.start_broker()
        (outcome,) = self.json_lines(self.ok("pub", "town.square", "hello", "--json"))
        self.assertEqual(outcome, {"outcome": "ok", "achieved": "accepted", "epoch": None, "offset": None,
                                   "subscribers": 0, "nodes": 0, "error": None})
        (outcome,) = self.json_lines(self.ok("pub", "town.square", "hello", "--json", "--ack", "none"))
        self.assertEqual((outcome["outcome"], outcome["achieved"], outcome["subscribers"]), ("ok", None, None))
        (summary,) = self.json_lines(self.ok("pub", "town.square", "hello", "--json", "--count", "1000"))
        self.assertGreaterEqual(summary.pop("seconds"), 0)
        self.assertEqual(summary, {"outcome": "ok", "achieved": "accepted", "epoch": None, "offset": None,
                                   "subscribers": None, "nodes": None, "error": None, "messages": 1000,
                                   "ok": 1000, "failed": 0, "unknown": 0})
        lines = self.json_lines(self.ok("pub", "town.square", "--lines", "--json", stdin=b"one\n\ntwo"))
        self.assertEqual([(each["outcome"], each["line"]) for each in lines], [("ok", 1), ("ok", 2), ("ok", 3)])

    def test_a_refused_message_is_exit_1(self):
        self.start_broker("limits.payload_bytes=100")
        self.assertIn("not published", self.fails(1, "pub", "t", "-", stdin=bytes(101)))
        done = self.belfry("pub", "t", "-", "--json", stdin=bytes(101))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(done.stdout)["outcome"], "failed")

    def test_standard_input_that_breaks_off_is_exit_1(self):
        self.start_broker()
        for words in (["-"], ["--lines"], ["--lines", "--json"]):
            folder = os.open(self.stage.folder, os.O_RDONLY)
            try:
                self.assertIn("cannot read standard input", self.fails(1, "pub", "t", *words, stdin=folder))
            finally:
                os.close(folder)
        self.assertEqual(json.loads(self.ok("status", "--json"))["messages_in"], 0, "nothing was published")

    def test_output_that_fails_is_exit_1(self):
        self.start_broker()
        for words in (["pub", "t", "x"], ["pub", "t", "x", "--json"], ["pub", "t", "x", "--count", "3", "--json"],
                      ["pub", "t", "--lines"], ["pub", "t", "--lines", "--json"], ["status"], ["wait"],
                      ["topics"], ["topics", "--json"], ["topic", "show", "t"], ["top", "--count", "1"],
                      ["completion", "bash"], ["--help"]):
            with open("/dev/full", "wb") as full:
                self.assertIn("cannot write", self.fails(1, *words, stdin=b"one\n", stdout=full), words)

    def test_a_proxy_for_the_web_is_not_asked(self):
        self.start_broker()
        for name in ("http_proxy", "https_proxy", "grpc_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            self.environment[name] = "http://127.0.0.1:1"
        for name in ("no_proxy", "no_grpc_proxy", "NO_PROXY"):
            self.environment.pop(name, None)
        self.ok("wait", "--timeout", "5s")
        self.ok("status")
        self.ok("pub", "t", "x")

    def test_messages_as_json(self):
        self.start_broker()
        sub = self.start_sub("town.>", "town.*", "--json", "--count", "4")
        self.ok("wait", "--subscribers", "town.square=2")
        self.ok("pub", "town.square", "Grüße", "--header", "a=1", "--key", "k")
        self.ok("pub", "town.square", "-", stdin=b"\xff\x00")
        self.ok("pub", "town.square", "--lines", stdin=b"one\ntwo\n")
        events = self.json_lines(sub.communicate(timeout=PATIENCE)[0].decode())
        self.assertEqual(sub.returncode, 0)
        self.assertEqual((events[0]["type"], events[0]["state"]), ("state", "connected"))
        subscribed = {"type": "subscribed", "filter": "town.>", "verdict": "new", "epoch": None, "head": None,
                      "floor": None}
        self.assertIn(subscribed, events)
        messages = [event for event in events if event["type"] == "message"]
        self.assertRegex(messages[0].pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual(messages[0], {"type": "message", "topic": "town.square", "payload": "Grüße",
                                       "headers": {"a": "1"}, "key": "k", "epoch": None, "offset": None})
        self.assertEqual(messages[1]["payload_base64"], "/wA=")
        self.assertEqual([message["payload"] for message in messages[2:]], ["one", "two"],
                         "each once, though both filters match")

    def test_lines_are_written_whole(self):
        self.start_broker("slow.queue_messages=1000000")
        # A reader who gets what one write wrote, as such.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(ours.close)
        self.stage.run("belfry", "sub", "t", "--json", "--count", "20000", env=self.environment, stdout=theirs)
        theirs.close()
        self.ok("wait", "--subscribers", "t=1")
        self.ok("pub", "t", "x", "--count", "20000")
        lines = 0
        while piece := ours.recv(1 << 20):
            self.assertEqual(piece[-1:], b"\n")
            lines += len(self.json_lines(piece.decode()))
        self.assertGreaterEqual(lines, 20000)

    def test_kinds_of_filters(self):
        self.start_broker()
        literal = self.start_sub("--literal", "town.*", "--count", "1")
        glob = self.start_sub("--glob", "to[wn]*.s?uare", "--count", "1")
        eventually("the literal one is there", lambda: any(
            topic["topic"] == "town.*" for topic in self.json_lines(self.ok("topics", "--json"))))
        self.ok("wait", "--subscribers", "town.square=1")
        self.ok("pub", "town.square", "one")
        self.ok("pub", "town.*", "two")
        self.assertEqual(literal.communicate(timeout=PATIENCE)[0], b"town.* two\n")
        self.assertEqual(glob.communicate(timeout=PATIENCE)[0], b"town.square one\n")

    def test_payloads_cannot_touch_the_terminal(self):
        self.start_broker()
        sub = self.start_sub("t", "--count", "1")
        self.ok("wait", "--subscribers", "t=1")
        self.ok("pub", "t", "-", stdin=b"\x1b[2J\nx\xff")
        self.assertEqual(sub.communicate(timeout=PATIENCE)[0], b"t \\x1b[2J\\nx\\xff\n")

    def test_ctrl_c_ends_sub_with_exit_0(self):
        self.start_broker()
        for number in (signal.SIGINT, signal.SIGTERM):
            sub = self.start_sub("t", "--json")
            self.ok("wait", "--subscribers", "t=1")
            sub.send_signal(number)
            sub.communicate(timeout=PATIENCE)
            self.assertEqual(sub.returncode, 0)

    def test_sub_lives_through_a_restart_and_tells_the_gap(self):
        port = self.start_broker()
        sub = self.start_sub("t", "--json", "--count", "2")
        self.ok("wait", "--subscribers", "t=1")
        self.ok("pub", "t", "before")
        self.assertEqual(self.stage.end(self.broker), 0)
        self.start_broker(port=port)
        self.ok("wait", "--subscribers", "t=1")
        self.ok("pub", "t", "after")
        events = self.json_lines(sub.communicate(timeout=PATIENCE)[0].decode())
        story = [event.get("payload") or event.get("state") or event.get("cause") for event in events
                 if event["type"] != "subscribed"]
        self.assertEqual(story[:3], ["connected", "before", "reconnecting"])
        self.assertEqual(story[-2:], ["reconnect", "after"], "the gap stands before what comes after it")

    def test_wait_for_a_broker_that_is_not_up_yet(self):
        broker, port = self.stage.start_broker()
        self.stage.end(broker)
        self.environment["BELFRY_SERVER"] = f"127.0.0.1:{port}"
        wait = self.stage.run("belfry", "wait", "--timeout", f"{PATIENCE}s", "--json", env=self.environment,
                              stdout=subprocess.PIPE)
        self.start_broker(port=port)
        self.assertEqual(json.loads(wait.communicate(timeout=PATIENCE)[0])["ready"], True)
        self.assertEqual(wait.returncode, 0)

    def test_wait_gives_up(self):
        self.start_broker()
        began = time.monotonic()
        self.assertIn("0 of 1", self.fails(1, "wait", "--subscribers", "t=1", "--timeout", "500ms"))
        self.assertLess(time.monotonic() - began, PATIENCE / 2)

    def test_the_second_server_is_asked_when_the_first_is_down(self):
        self.start_broker()
        self.environment["BELFRY_SERVER"] = "127.0.0.1:1," + self.environment["BELFRY_SERVER"]
        self.ok("wait")
        self.assertIn("ready", self.ok("status"))
        self.assertIn("ok", self.ok("pub", "t", "x"))

    def test_status(self):
        self.start_broker("node.id=bell-1")
        self.assertIn("node          bell-1", self.ok("status"))
        (status,) = self.json_lines(self.ok("status", "--json"))
        self.assertEqual((status["node"], status["ready"], status["reasons"]), ("bell-1", True, []))
        self.ok("pub", "t", "x", "--count", "10")
        eventually("the node counts them", lambda: json.loads(
            self.ok("status", "--json"))["messages_in"] == status["messages_in"] + 10)

    def test_bench(self):
        self.start_broker()
        for kind, words in (("latency", []), ("latency", ["--rate", "500", "--subscribers", "3"]),
                            ("fanout", ["--rate", "1000", "--publishers", "2", "--topics", "3"]),
                            ("fanout", ["--subscribers", "4"])):
            (result,) = self.json_lines(self.ok("bench", kind, *words, "--seconds", "0.5", "--warmup", "0.1",
                                                "--json"))
            for name in ("deliveries_per_s", "publishes_per_s", "p50_us", "p99_us", "p999_us", "max_us",
                         "client_cpu_s", "broker_cpu_s", "seconds"):
                self.assertGreaterEqual(result[name], 0, name)
            self.assertEqual(result["delivered"], result["expected"], result)
            self.assertGreater(result["delivered"], 0)
            self.assertEqual(result["gaps"], 0)

    def test_a_rate_that_nobody_can_keep_ends_and_is_told(self):
        self.start_broker()
        done = self.belfry("bench", "fanout", "--rate", "100000000", "--seconds", "0.1", "--warmup", "0.1",
                           "--timeout", "100ms", "--json")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(b"could be published; lower --rate, or look", done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual((result["published"], result["failed"]), (0, 10_000_000), result)
        self.assertGreater(result["late_max_us"], 100_000, result)

    def make_certificates(self):
        def openssl(*words):
            subprocess.run(["openssl", *words], cwd=self.stage.folder, check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test CA",
                "-days", "2")
        (self.stage.folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
        for name in ("server", "client"):
            openssl("req", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                    "-out", f"{name}.pem", "-days", "2", "-extfile", "san")
        return self.stage.folder

    def test_tls_with_client_certificates(self):
        folder = self.make_certificates()
        self.start_broker(f"security.tls.cert={folder}/server.pem", f"security.tls.key={folder}/server.key",
                          f"security.tls.client_ca={folder}/ca.pem")
        trust = ["--tls-ca", f"{folder}/ca.pem"]
        prove = [*trust, "--tls-cert", f"{folder}/client.pem", "--tls-key", f"{folder}/client.key"]
        self.ok("wait", *prove)
        self.assertIn("ok", self.ok("pub", "t", "x", *prove))
        for words in ([], trust):
            self.fails(1, "pub", "t", "x", "--timeout", "500ms", *words)
            text = self.fails(1, "status", "--timeout", "2s", *words)
            self.assertNotIn("last error", text)
            self.assertIn("--tls-cert" if words else "--tls-ca", text)

    def test_no_certificates_where_some_are_named(self):
        self.start_broker()
        empty = self.stage.folder / "empty.pem"
        empty.touch()
        for path in ("/nowhere/ca.pem", self.stage.folder, empty):
            for words in (["status"], ["wait"], ["pub", "t", "x"], ["sub", "t"], ["bench", "latency"]):
                self.assertIn(str(path), self.fails(1, *words, "--tls-ca", str(path), "--timeout", "2s"))
        for words in (["status"], ["pub", "t", "x"]):
            self.fails(2, *words, "--tls-ca", "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
