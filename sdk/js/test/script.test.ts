/** Tests of the built file in a page. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { Machine } from "./fakes";

const SCRIPT = readFileSync("dist/empmix.min.js", "utf8");

/** Runs the script in a new page, loaded from `https://cdn.example`. */
function load(machine: Machine, globals: Record<string, unknown> = {}) {
  const { page, document, navigator, storage, fetch, setTimeout, clearTimeout } = machine.browse();
  Object.assign(document!, { currentScript: { src: "https://cdn.example/sdk/empmix.js" } });
  const own = { document, navigator, localStorage: storage, fetch, setTimeout, clearTimeout };
  const shared = { console, crypto, Request, AbortController, URLSearchParams, TextEncoder, Blob };
  const scope = createContext({ ...shared, ...own, window: page, ...globals });
  runInContext(SCRIPT, scope);
  return scope;
}

test("the script sets EmpMix, which sends to the origin of the script", async () => {
  const machine = new Machine();
  const scope = load(machine);
  await runInContext(`EmpMix.init("pk_page"); EmpMix.track("Purchase", { price: 3 }); EmpMix.flush()`, scope);
  assert.equal(machine.sent[0]!.url, "https://cdn.example/public/track");
  assert.equal(machine.sent[0]!.body.apiKey, "pk_page");
  assert.deepEqual(machine.names, ["$session_start", "Purchase"]);
  assert.equal(machine.events[1]!.properties.price, 3);
});

test("calls that a page queued in an array are run", async () => {
  const machine = new Machine();
  const scope = load(machine, { EmpMix: [["init", "pk_page"], ["nonsense"], ["track", "Page Opened"]] });
  await runInContext("EmpMix.flush()", scope);
  assert.deepEqual(machine.names, ["$session_start", "Page Opened"]);
});
