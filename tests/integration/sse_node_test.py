#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The example application as HTTP clients see it: two nodes, one broker."""
import http.client
import json
import socket
import subprocess
import unittest

from processes import BIN, PATIENCE, Stage, eventually


class Viewer:
    """Reads a room's events."""

    def __init__(self, port, room, headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.connection.request("GET", f"/rooms/{room}/events", headers=headers or {})
        self.answer = self.connection.getresponse()

    def next(self):
        """The next event's fields, a comment as {"": text}; None at the stream's end."""
        fields = {}
        while True:
            line = self.answer.readline().decode()
            if line == "":
                return None
            line = line.rstrip("\n")
            if line == "" and fields:
                return fields
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            fields[name] = fields[name] + "\n" + value if name in fields else value

    def await_event(self, kind):
        while True:
            event = self.next()
            assert event is not None, f"the stream ended before {kind}"
            if event.get("event") == kind:
                return event

    def close(self):
        self.connection.close()


class SseNode(unittest.TestCase):
    def setUp(self):
        self.stage = Stage()
        self.addCleanup(self.stage.__exit__)
        self.broker, self.broker_port = self.stage.start_broker()
        self.nodes, self.ports = {}, {}
        for name in ("A", "B"):
            self.nodes[name], ports = self.stage.start(
                f"node-{name}", "sse_node", "--listen", "127.0.0.1:0", "--server",
                f"127.0.0.1:{self.broker_port}", "--name", name)
            self.ports[name] = ports["http"]
        self.viewers = []

    def tearDown(self):
        for viewer in self.viewers:
            viewer.close()

    def view(self, node, room, **more):
        viewer = Viewer(self.ports[node], room, **more)
        self.viewers.append(viewer)
        self.assertEqual(viewer.answer.status, 200)
        return viewer

    def request(self, node, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[node], timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def post(self, node, room, text):
        status, answer = self.request(node, "POST", f"/rooms/{room}", text.encode())
        self.assertEqual(status, 200, answer)
        return json.loads(answer)

    def subscribers(self, topic):
        # Refused by nothing: any publish tells how many there are.
        done = subprocess.run([BIN / "belfry", "pub", topic, "", "--json", "--server",
                               f"127.0.0.1:{self.broker_port}"], stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)["subscribers"]

    def test_an_event_crosses(self):
        viewers = [self.view("A", "r"), self.view("B", "r")]
        self.assertEqual([viewer.await_event("ready")["data"] for viewer in viewers], ["A", "B"])
        outcome = self.post("A", "r", "one\r\ntwo\n\nevent: gap")
        self.assertEqual(outcome, {"outcome": "ok", "achieved": "accepted", "subscribers": 2, "nodes": 1})
        for viewer in viewers:
            event = viewer.await_event("message")
            self.assertEqual(event["data"], "one\ntwo\n\nevent: gap")
            self.assertRegex(event["id"], r"^\d{16}-1$")

    def test_many_viewers_are_one_subscription_that_ends_with_the_last(self):
        viewers = [self.view("A", "many") for _ in range(20)]
        for viewer in viewers:
            viewer.await_event("ready")
        self.assertEqual(self.post("B", "many", "x")["subscribers"], 1)
        for viewer in viewers:
            self.assertEqual(viewer.await_event("message")["data"], "x")
            viewer.close()
        # A viewer who has gone is noticed at the next heartbeat.
        eventually("the subscription is gone", lambda: self.subscribers("rooms.many") == 0)

    def test_requests_that_make_no_sense(self):
        for method, path, body, status in (
                ("POST", "/rooms/a.b", b"x", 400), ("POST", "/rooms/", b"x", 400), ("POST", "/rooms/a", b"", 400),
                ("POST", "/rooms/a", b"\xff", 400), ("POST", "/rooms/" + "x" * 65, b"x", 400),
                ("GET", "/rooms/a%2eb/events", None, 400), ("GET", "/rooms/a%20b/events", None, 400),
                ("POST", "/rooms/a", bytes(64 * 1024 + 1), 413), ("GET", "/nothing", None, 404)):
            got, text = self.request("A", method, path, body)
            self.assertEqual(got, status, path)
            self.assertGreater(len(text), 10, f"{path} is told what to do")
        self.assertEqual(self.request("A", "POST", "/rooms/a", b"x", {"Origin": "http://elsewhere"})[0], 403)
        self.assertEqual(self.request("A", "POST", "/rooms/a", b"x" * (64 * 1024))[0], 200)

    def test_bytes_from_elsewhere_come_as_base64(self):
        viewer = self.view("A", "raw")
        viewer.await_event("ready")
        subprocess.run([BIN / "belfry", "pub", "rooms.raw", "-", "--server", f"127.0.0.1:{self.broker_port}"],
                       input=b"\xff\x00", stdout=subprocess.DEVNULL, check=True)
        self.assertEqual(viewer.await_event("binary")["data"], "/wA=")

    def test_a_viewer_who_comes_back_is_told_of_the_gap(self):
        viewer = self.view("A", "back", headers={"Last-Event-ID": "1700000000000000-5"})
        self.assertEqual(json.loads(viewer.await_event("gap")["data"]),
                         {"cause": "viewer_reconnect", "count": None})

    def test_a_viewer_who_saw_no_message_is_told_of_the_gap_too(self):
        viewer = self.view("A", "quiet")
        ready = viewer.await_event("ready")
        viewer.close()
        self.post("B", "quiet", "missed")
        back = self.view("A", "quiet", headers={"Last-Event-ID": ready["id"]})
        self.assertEqual(back.next()["event"], "gap", "before ready, which promises only what follows")
        back.await_event("ready")
        self.post("B", "quiet", "seen")
        self.assertEqual(back.await_event("message")["data"], "seen")

    def test_a_viewer_who_reads_nothing_loses_the_oldest_and_nobody_else_does(self):
        stuck = socket.socket()
        self.addCleanup(stuck.close)
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        stuck.settimeout(PATIENCE)
        stuck.connect(("127.0.0.1", self.ports["A"]))
        stuck.sendall(b"GET /rooms/slow/events HTTP/1.1\r\nHost: x\r\n\r\n")
        good = self.view("A", "slow")
        good.await_event("ready")
        text = "x" * 60_000
        for _ in range(150):  # 9 MB: more than sockets and the viewer's queue hold
            self.post("B", "slow", text)
            self.assertEqual(len(good.await_event("message")["data"]), len(text))
        read = b""
        while b"viewer_overflow" not in read[-200_000:]:
            got = stuck.recv(1 << 16)
            self.assertNotEqual(got, b"", "it is told of the gap")
            read += got

    def test_it_lives_through_a_broker_restart(self):
        viewer = self.view("A", "r")
        viewer.await_event("ready")
        self.assertEqual(self.stage.end(self.broker), 0)
        self.assertEqual(viewer.await_event("state")["data"], "reconnecting")
        eventually("not healthy", lambda: self.request("A", "GET", "/healthz")[0] == 503)
        self.stage.start_broker(port=self.broker_port)
        self.assertEqual(json.loads(viewer.await_event("gap")["data"]), {"cause": "reconnect", "count": None})
        eventually("healthy", lambda: self.request("B", "GET", "/healthz")[0] == 200)
        self.post("B", "r", "after")
        self.assertEqual(viewer.await_event("message")["data"], "after")

    def test_it_ends_cleanly_with_viewers(self):
        viewer = self.view("A", "r")
        viewer.await_event("ready")
        self.assertEqual(self.stage.end(self.nodes["A"]), 0)
        self.assertIsNone(viewer.next())

    def test_the_page_asks_nobody_else(self):
        for path in ("/", "/chat.js", "/chat.css", "/icon.svg"):
            status, text = self.request("A", "GET", path)
            self.assertEqual(status, 200)
            self.assertNotRegex(text.replace("http://www.w3.org/2000/svg", ""), r"https?://")

    def test_wrong_options(self):
        for words in (["--nonsense"], ["--listen", "x"], ["--listen"], ["--server", "nonsense"]):
            done = subprocess.run([BIN / "sse_node", *words], stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertRegex(done.stderr.decode(), r"^sse_node: .+; .+\n$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
