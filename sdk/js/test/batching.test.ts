import assert from "node:assert/strict";
import { test } from "node:test";
import { KEY, Machine, start } from "./fakes";

test("events wait for the flush interval and go in one request", async () => {
  const machine = new Machine();
  const sdk = start(machine, { flushInterval: 5000 });
  sdk.track("A", { price: 1 });
  sdk.track("B");
  await machine.advance(4999);
  assert.equal(machine.sent.length, 0);
  await machine.advance(1);
  assert.equal(machine.sent.length, 1);
  const { url, init, body } = machine.sent[0]!;
  assert.equal(url, "https://in.example/public/track");
  assert.equal(init.method, "POST");
  assert.equal(init.credentials, "omit");
  assert.equal(body.apiKey, KEY);
  assert.equal(body.sent_at, machine.time);
  assert.deepEqual(machine.names, ["$session_start", "A", "B"]);
  assert.equal(machine.storage!.queued, 0);
});

test("every event carries distinct_id, timestamp and a unique insert_id", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  const before = machine.time;
  for (let i = 0; i < 10; i++) sdk.track("Same millisecond", { i });
  await sdk.flush();
  const { events } = machine;
  assert.equal(events.length, 11);
  assert.equal(new Set(events.map((event) => event.insert_id)).size, 11);
  assert.deepEqual(events.map((event) => event.timestamp), Array.from({ length: 11 }, (_, i) => before + i));
  for (const event of events) {
    assert.equal(event.distinct_id, sdk.getDistinctId());
    assert.equal(event.properties.$insert_id, event.insert_id);
  }
});

test("a full batch is sent immediately, the rest after the interval", async () => {
  const machine = new Machine();
  const sdk = start(machine, { batchSize: 20 });
  sdk.track("first");
  await sdk.flush();
  machine.sent.length = 0;
  for (let i = 0; i < 45; i++) sdk.track(`e${i}`);
  await machine.advance(0);
  assert.deepEqual(machine.sent.map(({ body }) => body.events!.length), [20, 20, 5]);
  assert.deepEqual(machine.names, Array.from({ length: 45 }, (_, i) => `e${i}`));
});

test("identify keeps its position among the events", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  const device = sdk.getDistinctId();
  sdk.track("before");
  sdk.identify("u1", { plan: "pro" });
  sdk.track("after");
  await sdk.flush();
  assert.deepEqual(machine.sent.map(({ url }) => new URL(url).pathname), ["/public/track", "/public/identify", "/public/identify", "/public/track"]);
  const [first, link, profile, last] = machine.sent.map(({ body }) => body);
  assert.deepEqual(first!.events!.map((event) => event.distinct_id), [device, device]);
  assert.equal(link!.distinct_id, "u1");
  assert.equal(link!.anonymous_id, device);
  assert.equal(link!.properties, undefined, "the profile travels alone");
  assert.deepEqual([profile!.distinct_id, profile!.properties], ["u1", { plan: "pro" }]);
  assert.equal(typeof link!.insert_id, "string");
  assert.equal(typeof link!.timestamp, "number");
  assert.equal(last!.events![0]!.distinct_id, "u1");
  assert.equal(last!.events![0]!.properties.$device_id, device);
});

test("items refused in a 200 are dropped and reported, the others delivered", async () => {
  const machine = new Machine();
  const results: [string, unknown[]][] = [];
  const sdk = start(machine, {
    onResult: (items, outcome) => results.push([outcome, items.map((item) => "event" in item && item.event)]),
  });
  machine.answer = () => ({ status: 200, body: { status: 1, accepted: 2, rejected: [{ index: 1, type: "invalid_request_error" }] } });
  sdk.track("A");
  sdk.track("B");
  await sdk.flush();
  assert.deepEqual(results, [["rejected", ["A"]], ["delivered", ["$session_start", "B"]]]);
  await machine.advance(3_600_000);
  assert.equal(machine.sent.length, 1);
});

test("flush during a request also sends later events", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  sdk.track("A");
  const first = sdk.flush();
  sdk.track("B");
  await Promise.all([first, sdk.flush()]);
  assert.deepEqual(machine.names, ["$session_start", "A", "B"]);
});

test("the queue is bounded and drops the oldest items", async () => {
  const machine = new Machine();
  machine.answer = () => "network error";
  const sdk = start(machine);
  for (let i = 0; i < 1100; i++) sdk.track(`e${i}`);
  assert.equal(machine.storage!.queued, 1000);
  machine.answer = () => ({ status: 200, body: { status: 1 } });
  await sdk.flush();
  assert.equal(machine.names[0], "e100");
  assert.equal(machine.names.length, 1000);
});

test("exceptions in onResult, beforeSend and properties do not reach the app", async (t) => {
  t.mock.method(console, "warn", () => undefined);
  const machine = new Machine();
  const sdk = start(machine, {
    beforeSend: (event) => {
      if (event.event === "throw") throw Error("in beforeSend");
      return event.event === "secret" ? null : { ...event, properties: { seen: true } };
    },
    onResult: () => {
      throw Error("in onResult");
    },
  });
  const loop: Record<string, unknown> = {};
  loop.loop = loop;
  sdk.track("throw");
  sdk.track("secret");
  sdk.track(undefined as unknown as string);
  sdk.setUserProperties(loop);
  sdk.track("fine");
  await sdk.flush();
  assert.deepEqual(machine.names, ["$session_start", "fine"]);
  assert.deepEqual(machine.events[1]!.properties, { seen: true });
  assert.equal(machine.storage!.queued, 0);
});
