import assert from "node:assert/strict";
import { test } from "node:test";
import { OK, FakeStorage, Machine, start } from "./fakes";

const MINUTE = 60_000;

/** The bodies of all requests to `/public/identify`, without envelope and ids. */
function instructions(machine: Machine) {
  return machine.sent
    .filter(({ url }) => url.endsWith("/public/identify"))
    .map(({ body: { apiKey: _key, sent_at: _at, timestamp: _time, insert_id: _id, ...rest } }) => rest);
}

test("a session ends after 30 minutes without activity", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  sdk.track("A");
  const first = sdk.getSessionId();
  await machine.advance(30 * MINUTE);
  sdk.track("B");
  assert.equal(sdk.getSessionId(), first);
  await machine.advance(30 * MINUTE + 1);
  sdk.track("C");
  const second = sdk.getSessionId();
  assert.notEqual(second, first);
  await sdk.flush();
  assert.deepEqual(machine.names, ["$session_start", "A", "B", "$session_start", "C"]);
  assert.deepEqual(machine.events.map((event) => event.properties.$session_id), [first, first, first, second, second]);
});

test("a session ends after 24 hours even with activity", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  for (let i = 0; i <= 24 * 3; i++) {
    sdk.track("tick");
    await machine.advance(20 * MINUTE);
  }
  await sdk.flush();
  assert.equal(machine.names.filter((name) => name === "$session_start").length, 1);
  sdk.track("tick");
  await sdk.flush();
  assert.equal(machine.names.filter((name) => name === "$session_start").length, 2);
});

test("device, session and super properties survive a reload; memory does not", async () => {
  const storage = new FakeStorage();
  const first = start(new Machine(storage));
  const device = first.getDistinctId();
  first.register({ plan: "pro", seen: 1 });
  first.registerOnce({ plan: "free", theme: "dark" });
  first.unregister("seen");
  first.registerOnce({ seen: 2 });
  first.track("A");
  const machine = new Machine(storage);
  const second = start(machine);
  assert.equal(second.getDistinctId(), device);
  second.track("B");
  assert.equal(second.getSessionId(), first.getSessionId());
  await second.flush();
  const { plan, theme, seen } = machine.events.at(-1)!.properties;
  assert.deepEqual({ plan, theme, seen }, { plan: "pro", theme: "dark", seen: 2 });
  assert.notEqual(start(new Machine(storage), { persistence: "memory" }).getDistinctId(), device);
});

test("cookie persistence keeps identity in a cookie and the queue in the storage", async () => {
  const machine = new Machine().browse();
  machine.answer = () => "network error";
  const first = start(machine, { persistence: "cookie" });
  first.track("A");
  first.identify("u1");
  assert.match(machine.document!.cookie, /^empmix\.pk_test\.state=/);
  assert.doesNotMatch(machine.document!.cookie, /\.q\./);
  assert.equal(machine.storage!.queued, 3);
  assert.equal(start(machine, { persistence: "cookie" }).getDistinctId(), "u1");
  first.register({ long: "x".repeat(5000) });
  assert.equal(first.getDistinctId(), "u1");
});

test("only the first identify of a device links it", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  const device = sdk.getDistinctId();
  sdk.identify("u1");
  sdk.identify("u1");
  sdk.identify("u1", { plan: "pro" });
  sdk.identify(42 as unknown as string);
  await sdk.flush();
  assert.deepEqual(instructions(machine), [
    { distinct_id: "u1", anonymous_id: device },
    { distinct_id: "u1", properties: { plan: "pro" } },
    { distinct_id: "42" },
  ]);
});

test("placeholder ids are not accepted", async (t) => {
  t.mock.method(console, "warn", () => undefined);
  const machine = new Machine();
  const sdk = start(machine);
  const device = sdk.getDistinctId();
  const placeholders = ["", " ", "null", "Undefined", "anonymous", "00000000-0000-0000-0000-000000000000", "0", 0, -1, NaN, "[object Object]", "N/A", null, undefined, {}, "a\nb", "x".repeat(513)];
  for (const id of placeholders) sdk.identify(id as string);
  await sdk.flush();
  assert.equal(machine.sent.length, 0);
  assert.equal(sdk.getDistinctId(), device);
});

test("alias links the device to the new id, or the new id to an identified user", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  const device = sdk.getDistinctId();
  sdk.alias("u1");
  assert.equal(sdk.getDistinctId(), device);
  sdk.identify("u1");
  sdk.alias("u1@example.org");
  await sdk.flush();
  assert.deepEqual(instructions(machine), [
    { distinct_id: "u1", anonymous_id: device },
    { distinct_id: "u1", anonymous_id: device },
    { distinct_id: "u1", anonymous_id: "u1@example.org" },
  ]);
});

test("reset creates a new visitor", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  const device = sdk.getDistinctId();
  sdk.register({ plan: "pro" });
  sdk.identify("u1");
  sdk.track("A");
  const session = sdk.getSessionId();
  sdk.reset();
  assert.notEqual(sdk.getDistinctId(), device);
  assert.notEqual(sdk.getDistinctId(), "u1");
  sdk.track("B");
  assert.notEqual(sdk.getSessionId(), session);
  sdk.identify("u2");
  await sdk.flush();
  const event = machine.events.at(-1)!;
  assert.equal(event.properties.plan, undefined);
  assert.equal(event.properties.$device_id, event.distinct_id);
  assert.equal(instructions(machine).at(-1)!.anonymous_id, event.distinct_id);
});

test("profile calls send operations and nothing else", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  const distinct_id = sdk.getDistinctId();
  sdk.setUserProperties({ plan: "pro" });
  sdk.setUserPropertiesOnce({ first: 1 });
  sdk.increment("visits");
  sdk.append("seen", "tea");
  sdk.union("tags", ["a", "b"]);
  await sdk.flush();
  assert.deepEqual(instructions(machine), [
    { distinct_id, operations: { $set: { plan: "pro" } } },
    { distinct_id, operations: { $set_once: { first: 1 } } },
    { distinct_id, operations: { $add: { visits: 1 } } },
    { distinct_id, operations: { $append: { seen: "tea" } } },
    { distinct_id, operations: { $union: { tags: ["a", "b"] } } },
  ]);
});

test("timeEvent adds the duration to the next event with that name", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  sdk.timeEvent("Upload");
  await machine.advance(2500);
  sdk.track("Other");
  sdk.track("Upload");
  sdk.track("Upload");
  await sdk.flush();
  assert.deepEqual(machine.events.slice(1).map((event) => event.properties.$duration), [undefined, 2.5, undefined]);
});

test("opting out stops tracking and deletes the state, also after a reload, until opting in", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  const device = sdk.getDistinctId();
  sdk.track("A");
  sdk.optOut();
  sdk.track("B");
  sdk.identify("u1");
  await sdk.flush();
  await machine.advance(60_000);
  assert.equal(machine.sent.length, 0);
  assert.deepEqual([...machine.storage!.values], [["empmix.pk_test.opt", "out"]]);
  const later = start(machine);
  later.track("C");
  later.optIn();
  later.track("D");
  await later.flush();
  assert.deepEqual(machine.names, ["$session_start", "D"]);
  assert.notEqual(machine.events[0]!.distinct_id, device);
});

test("respectDnt follows the browser, and an explicit opt-in takes precedence", async () => {
  const machine = new Machine().browse();
  Object.assign(machine.navigator!, { doNotTrack: "1" });
  const sdk = start(machine, { respectDnt: true });
  sdk.track("A");
  await sdk.flush();
  assert.equal(machine.sent.length, 0);
  assert.equal(machine.storage!.length, 0);
  sdk.optIn();
  sdk.track("B");
  await sdk.flush();
  assert.deepEqual(machine.names, ["$session_start", "B"]);
  const indifferent = new Machine().browse();
  Object.assign(indifferent.navigator!, { doNotTrack: "1" });
  const other = start(indifferent);
  other.track("A");
  await other.flush();
  assert.equal(indifferent.names.length, 2);
});

test("a profile that JSON cannot express or the server refuses loses neither the link nor the event", async () => {
  const machine = new Machine();
  const circular: Record<string, unknown> = { name: "x" };
  circular.self = circular;
  const throwing = { get price() { throw Error("no"); } };
  machine.answer = ({ body }) => ("properties" in body ? { status: 400, body: { status: 0, error: { type: "invalid_request_error" } } } : OK);
  const sdk = start(machine);
  sdk.track("Visited");
  sdk.identify("alice", { balance: 10n, circular });
  sdk.track("Bought", { balance: 10n, circular, throwing, big: [1n] });
  sdk.register({ balance: 11n });
  sdk.track("After");
  await machine.advance(60_000);
  const links = machine.sent.filter(({ body }) => body.anonymous_id);
  assert.equal(links.length, 1);
  assert.equal(links[0]!.body.distinct_id, "alice");
  assert.ok(!("properties" in links[0]!.body));
  assert.deepEqual(machine.names, ["$session_start", "Visited", "Bought", "After"]);
  const { balance, circular: sent, big } = machine.events[2]!.properties;
  assert.deepEqual([balance, sent, big], ["10", { name: "x" }, ["1"]]);
  assert.equal(machine.events[3]!.properties.balance, "11");
});

test("ids and names are checked as the server checks them, and each kind is reported once", async () => {
  const machine = new Machine();
  const sdk = start(machine);
  const warnings: unknown[][] = [];
  const { warn } = console;
  console.warn = (...message: unknown[]) => void warnings.push(message);
  try {
    for (const id of ["é".repeat(257), "a\u0085b", "x".repeat(513)]) sdk.identify(id);
    for (const name of ["é".repeat(128), "a\u009fb", ""]) sdk.track(name);
    sdk.track("kept", { ["é".repeat(128)]: 1, ["é".repeat(127)]: 2 });
    sdk.identify("é".repeat(256));
  } finally {
    console.warn = warn;
  }
  await machine.advance(60_000);
  assert.equal(warnings.length, 3, JSON.stringify(warnings));
  assert.deepEqual(machine.names, ["$session_start", "kept"]);
  assert.equal(Object.keys(machine.events[1]!.properties).filter((name) => name.startsWith("é")).length, 1);
  assert.equal(sdk.getDistinctId(), "é".repeat(256));
});
