#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the Admin service of a real broker shows is exact when the broker is quiet: sessions and their queues,
topics and their subscribers, settings. Several connections, so that several reactors have a part in it.

  BELFRY_BIN=build/dev/bin tests/integration/admin_service_test.py
"""
import os
import queue
import signal
import subprocess
import sys
import tempfile
import unittest

import grpc

from processes import PATIENCE, ROOT, Stage, eventually

STUBS = tempfile.TemporaryDirectory(prefix="belfry-admin-stubs-")
subprocess.run(["protoc", "-I", ROOT / "proto", f"--python_out={STUBS.name}", f"--grpc_python_out={STUBS.name}",
                "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
                "belfry/v1/broker.proto", "belfry/v1/admin.proto"], check=True)
sys.path.insert(0, STUBS.name)
# pylint: disable=wrong-import-position
from belfry.v1 import admin_pb2, admin_pb2_grpc, broker_pb2, broker_pb2_grpc  # noqa: E402


def connect(port):
    """A connection of its own."""
    return grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)])


def literal(text):
    return broker_pb2.Filter(kind=broker_pb2.FILTER_KIND_LITERAL, text=text)


def wildcard(text):
    return broker_pb2.Filter(kind=broker_pb2.FILTER_KIND_WILDCARD, text=text)


class Client:
    """A session on a connection of its own, which reads only when told to."""

    def __init__(self, port, client_id, *filters):
        self.connection = connect(port)
        self.outgoing = queue.Queue()
        self.incoming = broker_pb2_grpc.BrokerStub(self.connection).Session(iter(self.outgoing.get, None))
        self.send(hello=broker_pb2.Hello(min_version=1, max_version=1, client_id=client_id, incarnation=7))
        assert next(self.incoming).HasField("welcome")
        for number, each in enumerate(filters, 1):
            self.send(subscribe=broker_pb2.SubscribeBatch(
                subscriptions=[broker_pb2.Subscribe(id=number, filter=each)]))
            assert next(self.incoming).subscribed.results[0].verdict == broker_pb2.VERDICT_NEW

    def send(self, **frame):
        self.outgoing.put(broker_pb2.ClientFrame(**frame))

    def read_messages(self, count):
        """How many came, and how many a gap told of, until they are `count` together."""
        messages, lost = 0, 0
        while messages + lost < count:
            frame = next(self.incoming)
            messages += len(frame.deliver.messages)
            lost += frame.gap.count
        return messages, lost

    def vanish(self):
        self.connection.close()
        self.outgoing.put(None)


class AdminService(unittest.TestCase):
    def setUp(self):
        self.stage = Stage()
        self.clients = []
        config = self.stage.folder / "belfry.toml"
        config.write_text('[slow]\nqueue_age = "1h"\nqueue_messages = 1000\n'
                          '[session]\ngrace = "1h"\n[io]\nthreads = 2\n[limits]\ntopics = 3\n')
        self.config = config
        self.process, ports = self.stage.start("belfryd", "belfryd", "--config", config, "--set",
                                               "listen.grpc=127.0.0.1:0", "--set", "listen.http=127.0.0.1:0")
        self.port = ports["grpc"]
        self.connection = connect(self.port)
        self.broker = broker_pb2_grpc.BrokerStub(self.connection)
        self.admin = admin_pb2_grpc.AdminStub(self.connection)

    def tearDown(self):
        for client in self.clients:
            client.vanish()
        self.connection.close()
        self.stage.__exit__()

    # ---- what is asked

    def client(self, client_id, *filters):
        self.clients.append(Client(self.port, client_id, *filters))
        return self.clients[-1]

    def publish(self, topic, count=1, payload=b"x"):
        messages = [broker_pb2.Publish(topic=topic, payload=payload) for _ in range(count)]
        outcomes = self.broker.Publish(broker_pb2.PublishRequest(
            messages=messages, producer_id=os.urandom(16), first_sequence=1), timeout=PATIENCE).outcomes
        assert all(outcome.outcome == broker_pb2.OUTCOME_OK for outcome in outcomes)

    def sessions(self, **only):
        listed = list(self.admin.ListSessions(admin_pb2.ListSessionsRequest(**only), timeout=PATIENCE))
        by_client = {session.client_id: session for session in listed}
        self.assertEqual(len(by_client), len(listed), "no session twice")
        return by_client

    def session(self, session_id):
        return self.admin.GetSession(admin_pb2.GetSessionRequest(session_id=session_id), timeout=PATIENCE)

    def kick(self, session_id):
        self.admin.KickSession(admin_pb2.KickSessionRequest(session_id=session_id), timeout=PATIENCE)

    def topics(self, wanted=""):
        listed = list(self.admin.ListTopics(admin_pb2.ListTopicsRequest(filter=wanted), timeout=PATIENCE))
        self.assertEqual([topic.topic for topic in listed], sorted(topic.topic for topic in listed))
        return {topic.topic: topic for topic in listed}

    def topic(self, name):
        return self.admin.GetTopic(admin_pb2.GetTopicRequest(topic=name), timeout=PATIENCE)

    def node(self):
        return self.admin.GetNode(admin_pb2.GetNodeRequest(), timeout=PATIENCE)

    def assert_fails(self, code, call):
        with self.assertRaises(grpc.RpcError) as raised:
            call()
        self.assertEqual(raised.exception.code(), code, raised.exception.details())

    # ---- the tests

    def test_sessions_come_and_go(self):
        self.assertEqual(self.sessions(), {})
        clients = {name: self.client(name, literal(f"town.{name}"), wildcard("all.>"))
                   for name in ("ann", "ben", "cal", "dan")}
        plain = self.broker.Subscribe(broker_pb2.SubscribeRequest(filters=[literal("plain")]))
        next(plain)
        shown = self.sessions()
        self.assertEqual(set(shown), {"ann", "ben", "cal", "dan", "subscribe-call"})
        for name in clients:
            self.assertEqual((shown[name].subscriptions, shown[name].state, shown[name].incarnation),
                             (2, admin_pb2.SESSION_STATE_ATTENDED, 7))
            self.assertEqual(self.session(shown[name].session_id).client_id, name)
        self.assertEqual((self.node().sessions, self.node().subscriptions), (5, 9))

        # Attended, of whichever reactor: the client is told why.
        for name in ("ann", "ben"):
            self.kick(shown[name].session_id)
            self.assert_fails(grpc.StatusCode.NOT_FOUND, lambda: self.session(shown[name].session_id))
            self.assertEqual(self.topic(f"town.{name}").subscribers, 0)
            with self.assertRaises(grpc.RpcError) as ended:
                list(clients[name].incoming)
            self.assertIn("KICKED", ended.exception.details())
        # Parked.
        clients["cal"].vanish()
        eventually("cal is parked",
                   lambda: self.session(shown["cal"].session_id).state == admin_pb2.SESSION_STATE_PARKED)
        self.assertEqual((self.topic("town.cal").subscribers, self.node().sessions_parked), (0, 1))
        self.assertIn("town.cal", self.topics())
        self.kick(shown["cal"].session_id)
        self.assertEqual(set(self.sessions()), {"dan", "subscribe-call"})
        # By themselves.
        clients["dan"].send(goodbye=broker_pb2.Goodbye())
        plain.cancel()
        eventually("no session is left", lambda: not self.sessions())
        self.assertEqual(self.topics(), {})
        eventually("nor are their streams", lambda: self.node().sessions == 0)
        self.assertEqual((self.node().subscriptions, self.node().sessions_parked), (0, 0))

    def test_queues_are_exact(self):
        reader = self.client("reader", literal("load"))
        stalled = self.client("stalled", literal("load"))
        published = 0
        # More than the windows of its stream hold, and than the broker buffers beside them.
        while not self.sessions(slow_only=True).get("stalled"):
            self.publish("load", 100, payload=bytes(4000))
            published += 100
            self.assertEqual(reader.read_messages(100), (100, 0))
        for _ in range(10):
            self.publish("load", 100, payload=bytes(4000))
            published += 100
            self.assertEqual(reader.read_messages(100), (100, 0))

        def shown(name):
            return self.sessions()[name]
        eventually("all that was published is accounted for", lambda: published == sum(
            (shown("stalled").delivered, shown("stalled").queued_messages, shown("stalled").dropped)))
        status = shown("stalled")
        self.assertEqual(status.queued_messages, 1000, "slow.queue_messages")
        self.assertGreater(status.dropped, 0)
        self.assertGreater(status.queued_bytes, 4000 * 1000)
        self.assertEqual((shown("reader").delivered, shown("reader").queued_messages, shown("reader").dropped),
                         (published, 0, 0))
        self.assertEqual(set(self.sessions(slow_only=True)), {"stalled"})
        self.assertEqual(self.node().dropped, status.dropped)

        self.assertEqual(stalled.read_messages(published), (published - status.dropped, status.dropped))
        status = shown("stalled")
        self.assertEqual((status.delivered + status.dropped, status.queued_messages, status.queued_bytes),
                         (published, 0, 0))
        self.assertEqual(self.topic("load").messages_in, published)

    def test_topics(self):
        client = self.client("ann", literal("town.square"), wildcard("town.*"))
        other = self.client("ben", literal("town.square"))
        self.publish("town.square", 5)
        self.publish("town.hall", 2)
        self.publish("city")
        shown = self.topics()
        self.assertEqual({name: (topic.subscribers, topic.nodes, topic.messages_in)
                          for name, topic in shown.items()},
                         {"town.square": (3, 1, 5), "town.hall": (1, 1, 2), "city": (0, 0, 1)})
        self.assertEqual(set(self.topics("town.>")), {"town.square", "town.hall"})
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: self.topics("a.>.b"))
        self.assertGreater(self.topic("town.square").messages_in_per_s, 0)

        client.send(unsubscribe=broker_pb2.UnsubscribeBatch(ids=[1, 2]))
        eventually("ann's are gone", lambda: self.topic("town.square").subscribers == 1)
        self.assertEqual(self.topic("town.hall").subscribers, 0)
        other.vanish()
        eventually("ben's are gone", lambda: self.topic("town.square").subscribers == 0)
        self.assertEqual(self.topic("town.square").nodes, 0)
        self.assertEqual(self.topic("town.square").messages_in, 5)

        # limits.topics = 3; plain calls of this test are all on one reactor.
        self.assertFalse(self.topic("city").incomplete)
        self.publish("one.too.many", 4)
        self.assertTrue(self.topic("city").incomplete)
        self.assertEqual(self.topic("one.too.many").messages_in, 0)
        self.assertEqual((self.node().topics_tracked, self.node().messages_untracked), (3, 4))

    def test_settings(self):
        def settings():
            response = self.admin.GetSettings(admin_pb2.GetSettingsRequest(), timeout=PATIENCE)
            return {setting.key: setting for setting in response.settings}
        shown = settings()
        self.assertEqual((shown["limits.topics"].value, shown["limits.topics"].default_value,
                          shown["limits.topics"].reloadable), ("3", "100000", False))
        self.assertEqual(shown["slow.queue_messages"].value, "1000")
        self.assertTrue(shown["slow.queue_messages"].reloadable)
        self.assertTrue(all(setting.doc for setting in shown.values()))
        self.config.write_text(self.config.read_text().replace("1000", "2000").replace("topics = 3", "topics = 4"))
        self.process.send_signal(signal.SIGHUP)
        eventually("the reload shows", lambda: settings()["slow.queue_messages"].value == "2000")
        self.assertEqual(settings()["limits.topics"].value, "3", "what waits for a restart is not in force")

    def test_what_belongs_to_a_later_release(self):
        for call, request in ((self.admin.SetTopic, admin_pb2.SetTopicRequest()),
                              (self.admin.DeleteTopic, admin_pb2.DeleteTopicRequest()),
                              (self.admin.DrainNode, admin_pb2.DrainNodeRequest())):
            self.assert_fails(grpc.StatusCode.UNIMPLEMENTED, lambda: call(request, timeout=PATIENCE))
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: self.kick("ann"))
        self.assert_fails(grpc.StatusCode.NOT_FOUND, lambda: self.kick("0" * 16))


if __name__ == "__main__":
    unittest.main(verbosity=2)
