#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The broker seen by gRPC for Python (Debian's python3-grpcio): the plain calls, a session, and how errors are
told. Starts a broker of its own from $BELFRY_BIN and ends it.

  BELFRY_BIN=build/dev/bin tests/integration/python_grpc_smoke.py
"""
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import time
import unittest

import grpc

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("BELFRY_BIN") or ROOT / "build/dev/bin")
PATIENCE = 30  # seconds; nothing takes this long unless it is broken

FOLDER = tempfile.TemporaryDirectory(prefix="belfry-python-")


def make_stubs(folder):
    """From the project's own .proto files, so that the test cannot drift from them."""
    subprocess.run(
        ["protoc", "-I", ROOT / "proto", f"--python_out={folder}", f"--grpc_python_out={folder}",
         "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
         "belfry/v1/broker.proto", "belfry/v1/admin.proto"], check=True)
    sys.path.insert(0, folder)


make_stubs(FOLDER.name)
# pylint: disable=wrong-import-position
from belfry.v1 import admin_pb2, admin_pb2_grpc, broker_pb2, broker_pb2_grpc  # noqa: E402


def publish(topic, payload, **more):
    return broker_pb2.Publish(topic=topic, payload=payload, ack=broker_pb2.ACK_LEVEL_ACCEPTED,
                              want_outcome=True, **more)


def publish_request(*messages):
    return broker_pb2.PublishRequest(messages=messages, producer_id=os.urandom(16), first_sequence=1)


def wildcard(text):
    return broker_pb2.Filter(kind=broker_pb2.FILTER_KIND_WILDCARD, text=text)


class Session:
    """A session stream that is written to by hand."""

    def __init__(self, stub):
        self.outgoing = queue.Queue()
        self.incoming = stub.Session(iter(self.outgoing.get, None), timeout=PATIENCE)

    def send(self, **frame):
        self.outgoing.put(broker_pb2.ClientFrame(**frame))

    def take(self, kind):
        """The next frame of that kind; others that come first are passed over."""
        for frame in self.incoming:
            if frame.WhichOneof("frame") == kind:
                return getattr(frame, kind)
        raise AssertionError(f"the session ended before a {kind}")

    def close(self):
        self.outgoing.put(None)


class PythonGrpc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ports_file = pathlib.Path(FOLDER.name) / "ports"
        cls.broker_process = subprocess.Popen(
            [BIN / "belfryd", "--set", "listen.grpc=127.0.0.1:0", "--set", "listen.http=127.0.0.1:0",
             "--ports-file", ports_file], cwd=FOLDER.name)
        deadline = time.monotonic() + PATIENCE
        while not ports_file.exists():
            assert cls.broker_process.poll() is None and time.monotonic() < deadline, "no broker"
            time.sleep(0.01)
        address = f"127.0.0.1:{json.loads(ports_file.read_text())['grpc']}"
        cls.connection = grpc.insecure_channel(address, options=[("grpc.max_send_message_length", -1)])
        cls.broker = broker_pb2_grpc.BrokerStub(cls.connection)
        cls.admin = admin_pb2_grpc.AdminStub(cls.connection)

    @classmethod
    def tearDownClass(cls):
        cls.connection.close()
        cls.broker_process.terminate()
        assert cls.broker_process.wait(PATIENCE) == 0

    def publish(self, *messages):
        return self.broker.Publish(publish_request(*messages), timeout=PATIENCE).outcomes

    def assert_fails(self, code, call):
        with self.assertRaises(grpc.RpcError) as raised:
            call()
        self.assertEqual(raised.exception.code(), code, raised.exception.details())

    def test_publish(self):
        outcomes = self.publish(publish("py.nobody", b"x"), publish("$bad", b"x"))
        self.assertEqual([outcome.outcome for outcome in outcomes],
                         [broker_pb2.OUTCOME_OK, broker_pb2.OUTCOME_FAILED])
        self.assertEqual(outcomes[0].achieved, broker_pb2.ACK_LEVEL_ACCEPTED)
        self.assertEqual(outcomes[1].error.code, 1)

    def test_subscribe(self):
        stream = self.broker.Subscribe(broker_pb2.SubscribeRequest(filters=[wildcard("py.town.>")]),
                                       timeout=PATIENCE)
        self.assertEqual(next(stream).subscribed.verdict, broker_pb2.VERDICT_NEW)
        outcomes = self.publish(publish("py.town.square", b"one"), publish("py.elsewhere", b"no"),
                                publish("py.town.gate.north", b"\xff\x00"))
        self.assertEqual([outcome.subscribers for outcome in outcomes], [1, 0, 1])
        messages = []
        while len(messages) < 2:
            messages += next(stream).batch.messages
        self.assertEqual([(message.topic, message.payload) for message in messages],
                         [("py.town.square", b"one"), ("py.town.gate.north", b"\xff\x00")])
        stream.cancel()

    def test_session(self):
        session = Session(self.broker)
        session.send(hello=broker_pb2.Hello(min_version=1, max_version=1, client_id="py-smoke", incarnation=1))
        welcome = session.take("welcome")
        self.assertEqual(welcome.version, 1)
        self.assertEqual(len(welcome.resume_token), 16)
        session.send(subscribe=broker_pb2.SubscribeBatch(
            subscriptions=[broker_pb2.Subscribe(id=3, filter=wildcard("py.s.*"))]))
        result = session.take("subscribed").results[0]
        self.assertEqual((result.id, result.verdict, result.lane), (3, broker_pb2.VERDICT_NEW, 0))
        producer = os.urandom(16)
        session.send(publish=broker_pb2.PublishBatch(producer_id=producer, first_sequence=1, messages=[
            publish("py.s.a", b"hello")]))
        frames = {}
        while len(frames) < 2:  # one may come before the other
            frame = next(session.incoming)
            frames[frame.WhichOneof("frame")] = frame
        self.assertEqual(frames["deliver"].deliver.messages[0].payload, b"hello")
        self.assertEqual(frames["published"].published.producer_id, producer)
        self.assertEqual(frames["published"].published.ok_through, 1)
        session.send(ping=broker_pb2.Ping(nonce=9))
        self.assertEqual(session.take("heartbeat").nonce, 9)
        session.send(goodbye=broker_pb2.Goodbye(reason="done"))
        self.assertEqual(list(session.incoming), [])
        self.assertEqual(session.incoming.code(), grpc.StatusCode.OK)
        session.close()

    def test_session_without_hello(self):
        session = Session(self.broker)
        session.send(ping=broker_pb2.Ping(nonce=1))
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: list(session.incoming))
        session.close()

    def test_admin(self):
        node = self.admin.GetNode(admin_pb2.GetNodeRequest(), timeout=PATIENCE)
        self.assertTrue(node.ready)
        stream = self.broker.Subscribe(broker_pb2.SubscribeRequest(filters=[wildcard("py.admin.*")]),
                                       timeout=PATIENCE)
        next(stream)
        topic = self.admin.GetTopic(admin_pb2.GetTopicRequest(topic="py.admin.x"), timeout=PATIENCE)
        self.assertEqual((topic.subscribers, topic.nodes), (1, 1))
        stream.cancel()

    def test_unimplemented(self):
        unknown = self.connection.unary_unary("/belfry.v1.Broker/Nonsense")
        self.assert_fails(grpc.StatusCode.UNIMPLEMENTED, lambda: unknown(b"", timeout=PATIENCE))
        fetch = self.broker.Fetch(broker_pb2.FetchRequest(topic="py.x"), timeout=PATIENCE)
        self.assert_fails(grpc.StatusCode.UNIMPLEMENTED, lambda: list(fetch))

    def test_too_large(self):
        self.assert_fails(grpc.StatusCode.RESOURCE_EXHAUSTED,
                          lambda: self.publish(publish("py.big", bytes(8 << 20))))
        self.assertEqual(self.publish(publish("py.after", b"x"))[0].outcome, broker_pb2.OUTCOME_OK)

    def test_deadline(self):
        stream = self.broker.Subscribe(broker_pb2.SubscribeRequest(filters=[wildcard("py.quiet")]), timeout=0.3)
        self.assert_fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(stream))


if __name__ == "__main__":
    unittest.main(verbosity=2)
