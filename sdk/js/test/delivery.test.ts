import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, FakeStorage, Machine, OK, start } from "./fakes";

/** Answers the first requests from a list, then `OK`. */
const script = (...answers: Answer[]) => (_: unknown, index: number) => answers[index] ?? OK;

test("network errors, 5xx and 200s without the server's body are retried with growing delays and the same ids", async () => {
  const machine = new Machine();
  const portal: Answer = { status: 200, body: "<html>Please log in</html>" };
  machine.answer = script("network error", { status: 503 }, { status: 500 }, portal);
  const sdk = start(machine, { flushInterval: 1000 });
  sdk.track("A");
  await machine.advance(60_000);
  const begin = machine.sent[0]!.at;
  assert.deepEqual(machine.sent.map(({ at }) => at - begin), [0, 1000, 3000, 7000, 15000]);
  const ids = machine.sent.map(({ body }) => body.events!.map((event) => [event.insert_id, event.timestamp]));
  for (const again of ids) assert.deepEqual(again, ids[0]);
  assert.equal(machine.storage!.queued, 0);
});

test("the backoff has jitter and an upper bound", async () => {
  const machine = new Machine();
  machine.random = () => 0;
  machine.answer = () => "network error";
  start(machine, { flushInterval: 1 }).track("A");
  await machine.advance(600_000);
  const gaps = machine.sent.slice(1).map(({ at }, i) => at - machine.sent[i]!.at);
  assert.deepEqual(gaps.slice(0, 8), [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
});

test("429 and 503 wait for Retry-After, even if the app flushes", async () => {
  const machine = new Machine();
  const date = new Date(machine.time + 200_000).toUTCString();
  machine.answer = script({ status: 429, headers: { "Retry-After": "90" } }, { status: 503, headers: { "Retry-After": date } });
  const sdk = start(machine);
  const begin = machine.time;
  sdk.track("A");
  await sdk.flush();
  await sdk.flush();
  assert.equal(machine.sent.length, 1);
  await machine.advance(89_999);
  await sdk.flush();
  assert.equal(machine.sent.length, 1);
  await machine.advance(300_000);
  assert.deepEqual(machine.sent.map(({ at }) => at - begin), [0, 90_000, 200_000]);
});

test("Retry-After: 0 does not make a busy loop", async () => {
  const machine = new Machine();
  machine.answer = () => ({ status: 503, headers: { "Retry-After": "0" } });
  start(machine, { flushInterval: 1 }).track("A");
  await machine.advance(2000);
  assert.equal(machine.sent.length, 2);
});

test("flush ignores a backoff that the server did not ask for", async () => {
  const machine = new Machine();
  machine.answer = script("network error");
  const sdk = start(machine);
  sdk.track("A");
  await sdk.flush();
  await sdk.flush();
  assert.equal(machine.sent.length, 2);
  assert.equal(machine.storage!.queued, 0);
});

test("413 halves the batch until it fits; an event that never fits is dropped", async () => {
  const machine = new Machine();
  machine.answer = ({ body }) =>
    body.events!.length > 3 || body.events!.some(({ event }) => event === "huge") ? { status: 413 } : OK;
  const rejected: unknown[] = [];
  const sdk = start(machine, {
    onResult: (items, outcome) => outcome === "rejected" && rejected.push(...items.map((item) => "event" in item && item.event)),
  });
  for (let i = 0; i < 15; i++) sdk.track(i === 7 ? "huge" : `e${i}`);
  await sdk.flush();
  assert.deepEqual(machine.sent.slice(0, 4).map(({ body }) => body.events!.length), [16, 8, 4, 2]);
  assert.deepEqual(rejected, ["huge"]);
  assert.equal(machine.storage!.queued, 0);
  const delivered = machine.sent.filter((sent) => machine.answer(sent, 0) === OK).flatMap(({ body }) => body.events!);
  assert.deepEqual(delivered.map(({ event }) => event), ["$session_start", ...[0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14].map((i) => `e${i}`)]);
});

test("401 and 403 keep the queue, pause ten minutes and are logged once", async (t) => {
  const warn = t.mock.method(console, "warn", () => undefined);
  const machine = new Machine();
  machine.answer = script({ status: 401 }, { status: 403 });
  const sdk = start(machine);
  sdk.track("A");
  await sdk.flush();
  const begin = machine.time;
  sdk.track("B");
  await sdk.flush();
  await machine.advance(599_999);
  assert.equal(machine.sent.length, 1);
  assert.equal(machine.storage!.queued, 3);
  await machine.advance(1_200_000);
  assert.deepEqual(machine.sent.map(({ at }) => at - begin), [0, 600_000, 1_200_000]);
  assert.equal(machine.storage!.queued, 0);
  assert.equal(warn.mock.callCount(), 1);
});

test("400 drops the batch and continues with the next", async () => {
  const machine = new Machine();
  machine.answer = script({ status: 400, body: { status: 0, error: { type: "invalid_request_error" } } });
  const sdk = start(machine, { batchSize: 2 });
  for (const name of ["A", "B", "C"]) sdk.track(name);
  await sdk.flush();
  assert.deepEqual(machine.sent.map(({ body }) => body.events!.length), [2, 2]);
  assert.equal(machine.storage!.queued, 0);
});

test("a request without an answer times out and is repeated", async () => {
  const machine = new Machine();
  machine.answer = script("silence");
  start(machine, { flushInterval: 0 }).track("A");
  await machine.advance(29_999);
  assert.equal(machine.sent.length, 1);
  await machine.advance(5_000);
  assert.equal(machine.sent.length, 2);
  assert.equal(machine.storage!.queued, 0);
});

test("after a reload the queue is sent with the same ids", async () => {
  const storage = new FakeStorage();
  const before = new Machine(storage);
  before.answer = () => "network error";
  const first = start(before);
  first.track("A");
  first.identify("u1");
  first.track("B");
  await first.flush();
  const after = new Machine(storage, before.time + 60_000);
  const second = start(after);
  await after.advance(0);
  assert.deepEqual(after.sent.map(({ url }) => new URL(url).pathname), ["/public/track", "/public/identify", "/public/track"]);
  assert.deepEqual(after.names, ["$session_start", "A", "B"]);
  assert.deepEqual(after.sent[0]!.body.events, before.sent[0]!.body.events);
  assert.equal(second.getDistinctId(), "u1");
  assert.equal(storage.queued, 0);
});

test("after a lost reply a second request has equal items", async () => {
  const storage = new FakeStorage();
  const dying = new Machine(storage);
  dying.answer = () => "silence";
  start(dying, { flushInterval: 0 }).track("A");
  await dying.advance(0);
  const next = new Machine(storage, dying.time + 40_000);
  start(next);
  await next.advance(0);
  assert.deepEqual(next.sent[0]!.body.events, dying.sent[0]!.body.events);
});

test("a storage that is full or forbidden loses no events", async () => {
  const machine = new Machine();
  machine.storage!.full = true;
  const sdk = start(machine);
  sdk.track("A");
  sdk.track("B");
  await sdk.flush();
  assert.deepEqual(machine.names, ["$session_start", "A", "B"]);
  assert.equal(new Set(machine.events.map((event) => event.distinct_id)).size, 1);
});

test("shutdown sends the queue and stops", async () => {
  const machine = new Machine(undefined);
  const sdk = start(machine, { persistence: "memory" });
  sdk.track("A");
  await sdk.shutdown();
  assert.deepEqual(machine.names, ["$session_start", "A"]);
  sdk.track("late");
  await machine.advance(60_000);
  assert.equal(machine.sent.length, 1);
});

test("an answer that is not the server's own takes nothing out of the queue", async () => {
  for (const status of [400, 413, 422]) {
    const machine = new Machine();
    machine.answer = script({ status, body: "<html>Bad gateway says no</html>" }, { status, body: { message: "no" } });
    const sdk = start(machine, { flushInterval: 1000 });
    sdk.track("A");
    await machine.advance(60_000);
    assert.ok(machine.sent.length >= 3, `${status}`);
    assert.deepEqual([...new Set(machine.names)], ["$session_start", "A"]);
    assert.equal(machine.storage!.queued, 0);
  }
});

test("the queue is bounded in characters, oldest first, and the page keeps its storage", async () => {
  const machine = new Machine();
  machine.answer = () => "network error";
  const sdk = start(machine);
  for (let i = 0; i < 1000; i++) sdk.track(`e${i}`, { fill: "x".repeat(6000) });
  const stored = () => [...machine.storage!.values].filter(([key]) => key.includes(".q.")).map(([, value]) => value);
  const length = stored().reduce((sum, value) => sum + value.length, 0);
  assert.ok(length <= 1_000_000 && length > 900_000, `${length}`);
  assert.ok(stored().some((value) => value.includes('"e999"')));
  sdk.track("huge", { fill: "x".repeat(2_000_000) });
  assert.deepEqual(stored().length, 1, "the newest stays, whatever its size");
  machine.answer = () => OK;
  await machine.advance(600_000);
  assert.equal(machine.storage!.queued, 0);
});
