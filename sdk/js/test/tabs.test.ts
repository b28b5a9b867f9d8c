import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStorage, Machine, OK, start } from "./fakes";

test("two tabs share one queue: nothing overwritten, everything sent once", async () => {
  const storage = new FakeStorage();
  const left = new Machine(storage);
  const right = new Machine(storage);
  const a = start(left);
  const b = start(right);
  for (let i = 0; i < 5; i++) {
    a.track(`a${i}`);
    b.track(`b${i}`);
  }
  await Promise.all([left.advance(5000), right.advance(5000)]);
  await Promise.all([left.advance(5000), right.advance(5000)]);
  const ids = [...left.events, ...right.events].map((event) => event.insert_id);
  assert.equal(ids.length, 11);
  assert.equal(new Set(ids).size, 11);
  assert.equal(storage.queued, 0);
});

test("a tab does not send while another one does, and takes over when that one is closed", async () => {
  const storage = new FakeStorage();
  const stuck = new Machine(storage);
  stuck.answer = () => "silence";
  start(stuck, { flushInterval: 0 }).track("A");
  await stuck.advance(0);
  assert.equal(stuck.sent.length, 1);
  const other = new Machine(storage, stuck.time);
  start(other);
  await other.advance(34_000);
  assert.equal(other.sent.length, 0);
  await other.advance(6_000);
  assert.deepEqual(other.names, ["$session_start", "A"]);
});

test("a visitor who signs in in one tab is signed in in the other, in the same session", async () => {
  const storage = new FakeStorage();
  const left = new Machine(storage);
  const right = new Machine(storage);
  const a = start(left);
  const b = start(right);
  a.track("A");
  b.register({ theme: "dark" });
  a.identify("u1");
  assert.equal(b.getDistinctId(), "u1");
  assert.equal(b.getSessionId(), a.getSessionId());
  a.track("B");
  await a.flush();
  assert.equal(left.events.find(({ event }) => event === "B")!.properties.theme, "dark");
});

test("leaving the page hands all of its items to the browser", async () => {
  const machine = new Machine().browse();
  const sdk = start(machine);
  machine.answer = () => "silence";
  sdk.track("A");
  sdk.identify("u1");
  sdk.track("B");
  machine.fire("pagehide");
  assert.deepEqual(machine.sent.map(({ init, url }) => [init.keepalive, new URL(url).pathname]), [
    [true, "/public/track"],
    [true, "/public/identify"],
    [true, "/public/track"],
  ]);
  // There was no answer: the items stay for the next page, which sends them again.
  assert.equal(machine.storage!.queued, 4);
  const next = new Machine(machine.storage, machine.time).browse();
  start(next);
  await next.advance(0);
  assert.deepEqual(next.events, machine.events);
});

test("hiding the page sends the queue, and a later answer empties it", async () => {
  const machine = new Machine().browse();
  const sdk = start(machine);
  sdk.track("A");
  (machine.document as { visibilityState: string }).visibilityState = "hidden";
  machine.document!.dispatchEvent(new Event("visibilitychange"));
  machine.fire("pagehide");
  await machine.advance(60_000);
  assert.equal(machine.sent.length, 1);
  assert.equal(machine.storage!.queued, 0);
});

test("requests of a closing page stay below 64 KiB; the rest waits for the next page", () => {
  const machine = new Machine().browse();
  const sdk = start(machine, { batchSize: 1000 });
  for (let i = 0; i < 100; i++) sdk.track(`e${i}`, { text: "ä".repeat(1000) });
  machine.fire("pagehide");
  const bytes = machine.sent.map(({ init }) => Buffer.byteLength(init.body as string));
  assert.ok(bytes.reduce((sum, size) => sum + size) <= 64 * 1024);
  assert.ok(machine.events.length > 10);
  assert.equal(machine.storage!.queued, 101);
});

test("a browser without keepalive gets beacons of text/plain", async () => {
  const machine = new Machine().browse();
  machine.keepalive = false;
  const sdk = start(machine);
  sdk.track("A");
  machine.fire("pagehide");
  assert.equal(machine.sent.length, 0);
  const [{ url, body }] = machine.beacons as [{ url: string; body: Blob }];
  assert.equal(url, "https://in.example/public/track");
  assert.equal(body.type, "text/plain");
  const events = (JSON.parse(await body.text()) as { events: { event: string }[] }).events;
  assert.deepEqual(events.map(({ event }) => event), ["$session_start", "A"]);
  assert.equal(machine.storage!.queued, 2);
});

test("a page that is closed during a request does not block the next one", async () => {
  const machine = new Machine().browse();
  machine.answer = () => "silence";
  const sdk = start(machine, { flushInterval: 0 });
  sdk.track("A");
  await machine.advance(0);
  machine.fire("pagehide");
  const next = new Machine(machine.storage, machine.time).browse();
  start(next);
  await next.advance(0);
  assert.deepEqual(next.names, ["$session_start", "A"]);
});

test("the queue is sent when the network is back", async () => {
  const machine = new Machine().browse();
  machine.answer = (_, index) => (index ? OK : "network error");
  const sdk = start(machine);
  sdk.track("A");
  await sdk.flush();
  machine.fire("online");
  await machine.advance(0);
  assert.equal(machine.sent.length, 2);
});

/** A tab's view of a shared storage: what other tabs write is seen `lag` ms later. */
class LaggingStorage extends FakeStorage {
  private readonly late: { at: number; order: number; key: string; value: string | null }[] = [];
  /** The order of the write that each key shows: all tabs agree on the order of writes. */
  private readonly orders = new Map<string, number>();
  private static writes = 0;
  private readonly others: LaggingStorage[] = [];
  now = () => 0;

  static tabs(count: number): LaggingStorage[] {
    const tabs = Array.from({ length: count }, () => new LaggingStorage());
    tabs.forEach((tab) => tab.others.push(...tabs.filter((other) => other !== tab)));
    return tabs;
  }
  private arrive(): void {
    for (const { key, value, order } of this.late.filter(({ at }) => at <= this.now())) {
      if (order < (this.orders.get(key) ?? 0)) continue;
      this.orders.set(key, order);
      if (value === null) super.removeItem(key);
      else super.setItem(key, value);
    }
    this.late.splice(0, this.late.length, ...this.late.filter(({ at }) => at > this.now()));
  }
  override getItem(key: string): string | null {
    this.arrive();
    return super.getItem(key);
  }
  override key(index: number): string | null {
    this.arrive();
    return super.key(index);
  }
  override setItem(key: string, value: string): void {
    super.setItem(key, value);
    this.tell(key, value);
  }
  override removeItem(key: string): void {
    super.removeItem(key);
    this.tell(key, null);
  }
  private tell(key: string, value: string | null): void {
    const order = ++LaggingStorage.writes;
    this.orders.set(key, order);
    if (!key.includes(".q.")) this.others.forEach((other) => other.late.push({ at: this.now() + 100, order, key, value }));
  }
}

test("five tabs that open at once are one visitor", async () => {
  const storages = LaggingStorage.tabs(5);
  const machines = storages.map((storage, i) => {
    const machine = new Machine(storage, Date.UTC(2026, 0, 15, 12) + i).browse();
    storage.now = machine.now;
    return machine;
  });
  const tabs = machines.map((machine) => start(machine));
  tabs.forEach((tab, i) => tab.track(`opened ${i}`));
  for (let ms = 0; ms < 8000; ms += 50) for (const machine of machines) await machine.advance(50);
  tabs.forEach((tab, i) => tab.track(`later ${i}`));
  for (let ms = 0; ms < 40_000; ms += 500) for (const machine of machines) await machine.advance(500);
  const events = machines.flatMap((machine) => machine.events);
  assert.equal(events.filter(({ event }) => /opened|later/.test(event)).length, 10);
  assert.equal(new Set(events.map(({ distinct_id }) => distinct_id)).size, 1);
  assert.equal(new Set(events.map(({ properties }) => properties.$device_id)).size, 1);
});
