import assert from "node:assert/strict";
import { test } from "node:test";
import { EmpMix } from "../src/client";
import { globalHost } from "../src/host";
import { CHROME_ON_WINDOWS, Machine, OK, start } from "./fakes";

/** The automatic properties of an event on a page. */
async function propertiesOn(userAgent: string) {
  const machine = new Machine().browse(undefined, userAgent);
  const sdk = start(machine);
  sdk.track("A");
  await sdk.flush();
  return machine.events.at(-1)!.properties;
}

test("the page's properties are on every event", async () => {
  const { $session_id, $device_id, $insert_id, $timezone, ...rest } = await propertiesOn(CHROME_ON_WINDOWS);
  for (const id of [$session_id, $device_id, $insert_id, $timezone]) assert.equal(typeof id, "string");
  assert.deepEqual(rest, {
    $browser: "Chrome",
    $browser_version: "124",
    $os: "Windows",
    $os_version: "10.0",
    $device_type: "Desktop",
    $screen_width: 1920,
    $screen_height: 1080,
    $viewport_width: 1280,
    $viewport_height: 720,
    $locale: "en-GB",
    $current_url: "https://shop.example/tea?utm_source=news#top",
    $pathname: "/tea",
    $referrer: "https://search.example/?q=tea",
    $referring_domain: "search.example",
    $page_title: "Tea",
    $utm_source: "news",
    $lib: "empmix-js",
    $lib_version: "0.1.0",
  });
});

test("browsers, systems and devices are recognised", async () => {
  const cases: [string, string][] = [
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51", "Edge 124 Windows 10.0 Desktop"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36 OPR/108.0.0.0", "Opera 108 Windows 10.0 Desktop"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0", "Firefox 125 Linux undefined Desktop"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15", "Safari 17 macOS 10.15.7 Desktop"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1", "Safari 17 iOS 17.4 Mobile"],
    ["Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/124.0 Mobile/15E148 Safari/604.1", "Chrome 124 iOS 16.6 Tablet"],
    ["Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36", "Chrome 124 Android 14 Mobile"],
    ["Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/24.0 Chrome/117.0.0.0 Safari/537.36", "Samsung Internet 24 Android 13 Tablet"],
    ["Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36", "Chrome 124 ChromeOS 14541.0.0 Desktop"],
  ];
  for (const [userAgent, expected] of cases) {
    const { $browser, $browser_version, $os, $os_version, $device_type } = await propertiesOn(userAgent);
    assert.equal([$browser, $browser_version, $os, $os_version, $device_type].join(" "), expected.replace("undefined", ""));
  }
});

test("the campaign stays for the session when its parameters are no longer in the address", async () => {
  const machine = new Machine().browse();
  const sdk = start(machine);
  sdk.track("A");
  (machine.page!.location as unknown as URL).search = "";
  sdk.track("B");
  await machine.advance(1_800_001);
  sdk.track("C");
  await sdk.flush();
  const sources = machine.events.map(({ event, properties }) => [event, properties.$utm_source]);
  assert.deepEqual(sources, [["$session_start", "news"], ["A", "news"], ["B", "news"], ["$session_start", undefined], ["C", undefined]]);
});

test("pageViews tracks the first page and each change of address once", async () => {
  const machine = new Machine().browse("https://shop.example/");
  const go = (path: string) => Object.assign(machine.page!.location, { pathname: path });
  const sdk = start(machine, { autocapture: { pageViews: true } });
  go("/cart");
  machine.page!.history.pushState({}, "", "/cart");
  machine.page!.history.replaceState({}, "", "/cart");
  go("/");
  machine.fire("popstate");
  await sdk.flush();
  assert.deepEqual(machine.names, ["$session_start", "$page_view", "$page_view", "$page_view"]);
  assert.deepEqual(machine.events.slice(1).map(({ properties }) => properties.$pathname), ["/", "/cart", "/"]);
});

test("clicks tracks the control that was clicked", async () => {
  const machine = new Machine().browse();
  const sdk = start(machine, { autocapture: { clicks: true } });
  const button = element("BUTTON", text("  Buy "), element("B", text("now\n")), element("STYLE", text("b{}")));
  button.id = "buy";
  for (const closest of [() => button, () => null]) {
    const click = Object.defineProperty(new Event("click"), "target", { value: { closest } });
    (machine.page as unknown as EventTarget).dispatchEvent(click);
  }
  await sdk.flush();
  assert.deepEqual(machine.names, ["$session_start", "$click"]);
  const { $element, $element_id, $element_text } = machine.events[1]!.properties;
  assert.deepEqual([$element, $element_id, $element_text], ["button", "buy", "Buy now"]);
});

/** What the SDK reads of a text node and of an element; `TYPED` marks one into which a person types. */
const text = (nodeValue: string) => ({ nodeType: 3, nodeValue });
const element = (tagName: string, ...childNodes: unknown[]) => ({
  tagName,
  id: "",
  nodeType: 1,
  childNodes,
  within: false,
  matches: (selector: string) => selector.split(",").includes(tagName === "TYPED" ? "textarea" : tagName.toLowerCase()),
  closest(selector: string) {
    return this.within && selector.startsWith("input,textarea") ? this : null;
  },
});

test("what was typed is never read", async () => {
  const machine = new Machine().browse();
  const sdk = start(machine, { autocapture: { clicks: true } });
  const around = element("A", text("secret"));
  around.within = true;
  for (const target of [element("DIV", text("Note: "), element("TYPED", text("secret"))), around]) {
    const click = Object.defineProperty(new Event("click"), "target", { value: { closest: () => target } });
    (machine.page as unknown as EventTarget).dispatchEvent(click);
  }
  await sdk.flush();
  const texts = machine.events.slice(1).map(({ properties }) => properties.$element_text);
  assert.deepEqual(texts, ["Note:", undefined]);
});

test("init runs earlier calls in order", async () => {
  const machine = new Machine();
  const sdk = new EmpMix(machine);
  sdk.track("early");
  sdk.identify("u1");
  sdk.init("pk_test", { apiHost: "https://in.example" });
  sdk.track("late");
  await sdk.flush();
  assert.deepEqual(machine.events.map(({ event, distinct_id }) => `${event} ${distinct_id === "u1"}`), ["$session_start false", "early false", "late true"]);
});

test("in Node, with its fetch and without a page, events arrive over HTTP", async () => {
  const { createServer } = await import("node:http");
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk)).on("end", () => {
      bodies.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
      response.setHeader("Content-Type", "application/json").end(JSON.stringify((OK as { body: unknown }).body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as { port: number };
    const sdk = new EmpMix(globalHost());
    sdk.init("pk_node", { apiHost: `http://127.0.0.1:${port}` });
    sdk.track("Job Done", { ms: 12 });
    await sdk.shutdown();
  } finally {
    server.closeAllConnections();
    server.close();
  }
  assert.equal(bodies.length, 1);
  assert.match(bodies[0]!, /^POST \/public\/track text\/plain \{"apiKey":"pk_node".*"Job Done"/);
});
