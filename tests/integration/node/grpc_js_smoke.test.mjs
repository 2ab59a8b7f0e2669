// SPDX-License-Identifier: Apache-2.0
// The broker seen by gRPC for JavaScript: the plain calls, a session, and how errors are told.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import { PATIENCE_MS, Stage, eventually, root } from "./support.mjs";

const stage = new Stage();
let v1, address, broker;

const load = (file) =>
  grpc.loadPackageDefinition(
    protoLoader.loadSync(join("belfry/v1", file), {
      includeDirs: [join(root, "proto")],
      keepCase: true,
      longs: Number,
      enums: String,
      defaults: true,
      oneofs: true,
    })).belfry.v1;

const deadline = (ms = PATIENCE_MS) => ({ deadline: Date.now() + ms });

// A unary call as a promise; options such as a deadline come last.
const call = (client, method, request, options = deadline()) =>
  new Promise((done, fail) => client[method](request, options, (error, answer) => (error ? fail(error) : done(answer))));

// Collects what a stream says; `take(look)` waits for the first of it that `look` accepts and forgets it.
class Collected {
  constructor(stream) {
    this.items = [];
    this.status = null;
    stream.on("data", (item) => this.items.push(item));
    stream.on("error", () => {}); // told by status, too
    stream.on("status", (status) => (this.status = status));
  }
  take(what, look) {
    return eventually(what, () => {
      const at = this.items.findIndex(look);
      return at >= 0 && this.items.splice(at, 1)[0];
    });
  }
  ended() {
    return eventually("the stream ends", () => this.status);
  }
}

const publish = (topic, payload, more = {}) =>
  ({ topic, payload: Buffer.from(payload), ack: "ACK_LEVEL_ACCEPTED", want_outcome: true, ...more });

const publishRequest = (...messages) => ({ messages, producer_id: randomBytes(16), first_sequence: 1 });

before(async () => {
  v1 = { ...load("broker.proto"), ...load("admin.proto") };
  const program = await stage.startBroker();
  address = `127.0.0.1:${program.ports.grpc}`;
  broker = new v1.Broker(address, grpc.credentials.createInsecure(), { "grpc.max_send_message_length": -1 });
});

after(async () => {
  broker?.close();
  await stage.end();
});

test("Publish without a subscriber is accepted and says so", async () => {
  const answer = await call(broker, "Publish", publishRequest(publish("js.nobody", "x"), publish("js.nobody", "y")));
  assert.equal(answer.outcomes.length, 2);
  for (const outcome of answer.outcomes) {
    assert.equal(outcome.outcome, "OUTCOME_OK");
    assert.equal(outcome.achieved, "ACK_LEVEL_ACCEPTED");
    assert.equal(outcome.subscribers, 0);
  }
});

test("a refused message has an outcome of its own, and the others theirs", async () => {
  const answer = await call(broker, "Publish", publishRequest(
    publish("js.good", "x"), publish("$bad", "x"), publish("js.good", "x", { ack: "ACK_LEVEL_STORED" }),
    publish("js.big", Buffer.alloc((1 << 20) + 1))));
  assert.deepEqual(answer.outcomes.map((outcome) => outcome.outcome),
    ["OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_FAILED", "OUTCOME_FAILED"]);
  assert.deepEqual(answer.outcomes.map((outcome) => outcome.error?.code ?? 0), [0, 1, 7, 3]);
});

test("Subscribe confirms each filter, then streams what matches, once and in order", async () => {
  const stream = broker.Subscribe({ filters: [
    { kind: "FILTER_KIND_WILDCARD", text: "js.town.>" },
    { kind: "FILTER_KIND_LITERAL", text: "js.town.square" },
    { kind: "FILTER_KIND_WILDCARD", text: "js.>.bad" },
  ] }, deadline());
  const said = new Collected(stream);
  for (const id of [0, 1]) {
    const { subscribed } = await said.take(`filter ${id} is confirmed`, (item) => item.subscribed?.id === id);
    assert.equal(subscribed.verdict, "VERDICT_NEW");
  }
  const refused = await said.take("the bad filter is refused", (item) => item.subscribed?.id === 2);
  assert.equal(refused.subscribed.verdict, "VERDICT_REFUSED");
  assert.equal(refused.subscribed.error.code, 2);

  const answer = await call(broker, "Publish", publishRequest(
    publish("js.town.square", "one", { headers: [{ key: "h", value: Buffer.from("v") }], key: Buffer.from("k") }),
    publish("js.elsewhere", "not this"),
    publish("js.town.gate.north", "two")));
  assert.equal(answer.outcomes[0].subscribers, 2);
  assert.equal(answer.outcomes[2].subscribers, 1);
  const messages = await eventually("two messages", () => {
    const all = said.items.flatMap((item) => item.batch?.messages ?? []);
    return all.length >= 2 && all;
  });
  assert.deepEqual(messages.map((message) => [message.topic, message.payload.toString()]),
    [["js.town.square", "one"], ["js.town.gate.north", "two"]]);
  assert.equal(messages[0].headers[0].key, "h");
  assert.equal(messages[0].headers[0].value.toString(), "v");
  assert.equal(messages[0].key.toString(), "k");
  assert.ok(Math.abs(messages[0].time_unix_us / 1000 - Date.now()) < 60_000);
  stream.cancel();
  assert.equal((await said.ended()).code, grpc.status.CANCELLED);
});

test("a session says welcome, subscribes, publishes, delivers, answers pings", async () => {
  const stream = broker.Session(deadline());
  const said = new Collected(stream);
  stream.write({ hello: { min_version: 1, max_version: 1, client_id: "js-smoke", incarnation: 1 } });
  const { welcome } = await said.take("welcome", (item) => item.welcome);
  assert.equal(welcome.version, 1);
  assert.equal(welcome.resumed, false);
  assert.equal(welcome.resume_token.length, 16);
  assert.ok(welcome.node_id.length > 0);
  assert.equal(welcome.limits.payload_bytes, 1 << 20);

  stream.write({ subscribe: { subscriptions: [{ id: 7, filter: { kind: "FILTER_KIND_WILDCARD", text: "js.s.*" } }] } });
  const { subscribed } = await said.take("subscribed", (item) => item.subscribed);
  assert.equal(subscribed.results[0].id, 7);
  assert.equal(subscribed.results[0].verdict, "VERDICT_NEW");
  assert.equal(subscribed.results[0].lane, 0);

  const producer_id = randomBytes(16);
  stream.write({ publish: { producer_id, first_sequence: 1, messages: [publish("js.s.a", "hello"), publish("js.t", "x")] } });
  const { deliver } = await said.take("deliver", (item) => item.deliver);
  assert.equal(deliver.lane, 0);
  assert.equal(deliver.messages[0].topic, "js.s.a");
  assert.equal(deliver.messages[0].payload.toString(), "hello");
  const { published } = await said.take("outcomes", (item) => item.published);
  assert.deepEqual(published.producer_id, producer_id);
  assert.equal(published.ok_through, 2);
  assert.equal(published.outcomes.find((outcome) => outcome.sequence === 1).subscribers, 1);

  stream.write({ ping: { nonce: 42 } });
  await said.take("heartbeat", (item) => item.heartbeat?.nonce === 42);
  stream.write({ unsubscribe: { ids: [7] } });
  const removed = await said.take("removed", (item) => item.subscribed);
  assert.equal(removed.subscribed.results[0].verdict, "VERDICT_REMOVED");
  stream.write({ goodbye: { reason: "done" } });
  stream.end();
  assert.equal((await said.ended()).code, grpc.status.OK);
});

test("a session that begins with anything but Hello is told what is wrong", async () => {
  const stream = broker.Session(deadline());
  const said = new Collected(stream);
  stream.write({ ping: { nonce: 1 } });
  assert.equal((await said.ended()).code, grpc.status.INVALID_ARGUMENT);
});

test("Admin tells about the node and a topic", async () => {
  const admin = new v1.Admin(address, grpc.credentials.createInsecure());
  const node = await call(admin, "GetNode", {});
  assert.equal(node.ready, true);
  assert.ok(node.messages_in > 0);
  const stream = broker.Subscribe({ filters: [{ kind: "FILTER_KIND_GLOB", text: "js.admin.[ab]" }] }, deadline());
  const said = new Collected(stream);
  await said.take("confirmed", (item) => item.subscribed);
  assert.equal((await call(admin, "GetTopic", { topic: "js.admin.a" })).subscribers, 1);
  assert.equal((await call(admin, "GetTopic", { topic: "js.admin.c" })).subscribers, 0);
  stream.cancel();
  admin.close();
});

test("what is not there is UNIMPLEMENTED", async () => {
  const raw = new grpc.Client(address, grpc.credentials.createInsecure());
  const bytes = (value) => value;
  for (const method of ["/belfry.v1.Broker/Nonsense", "/belfry.v1.Nonsense/Publish"]) {
    const error = await new Promise((done) =>
      raw.makeUnaryRequest(method, bytes, bytes, Buffer.alloc(0), new grpc.Metadata(), deadline(), done));
    assert.equal(error?.code, grpc.status.UNIMPLEMENTED, method);
  }
  raw.close();
  const said = new Collected(broker.Fetch({ topic: "js.x" }, deadline()));
  assert.equal((await said.ended()).code, grpc.status.UNIMPLEMENTED);
});

test("a request that is too large is RESOURCE_EXHAUSTED, and the connection goes on", async () => {
  await assert.rejects(call(broker, "Publish", publishRequest(publish("js.big", Buffer.alloc(8 << 20)))),
    { code: grpc.status.RESOURCE_EXHAUSTED });
  const answer = await call(broker, "Publish", publishRequest(publish("js.after", "x")));
  assert.equal(answer.outcomes[0].outcome, "OUTCOME_OK");
});

test("a request that is no message of ours is refused, and the connection goes on", async () => {
  const raw = new grpc.Client(address, grpc.credentials.createInsecure());
  const bytes = (value) => value;
  const error = await new Promise((done) =>
    raw.makeUnaryRequest("/belfry.v1.Broker/Publish", bytes, bytes, Buffer.from([0xff, 0xff, 0xff]),
      new grpc.Metadata(), deadline(), done));
  assert.ok([grpc.status.INVALID_ARGUMENT, grpc.status.INTERNAL].includes(error?.code), String(error));
  raw.close();
});

test("a deadline ends a stream", async () => {
  const stream = broker.Subscribe({ filters: [{ text: "js.quiet" }] }, deadline(300));
  const said = new Collected(stream);
  await said.take("confirmed", (item) => item.subscribed);
  assert.equal((await said.ended()).code, grpc.status.DEADLINE_EXCEEDED);
  // The broker lets go of it, too.
  await eventually("the subscription is gone", async () =>
    (await call(broker, "Publish", publishRequest(publish("js.quiet", "x")))).outcomes[0].subscribers === 0);
});
