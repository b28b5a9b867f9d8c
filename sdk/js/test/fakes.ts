/** A fake environment under the test's control: clock, timers, network, storage, page. */
import { EmpMix } from "../src/client";
import type { Host, Page } from "../src/host";
import type { EventItem, Options, WebStorage } from "../src/types";

/** Web storage in memory; a test can keep it over reloads, as a browser does. */
export class FakeStorage implements WebStorage {
  readonly values = new Map<string, string>();
  /** Makes every write fail, as on a full disk. */
  full = false;

  get length(): number {
    return this.values.size;
  }
  /** Newest first, because browsers guarantee no order. */
  key(index: number): string | null {
    return [...this.values.keys()].reverse()[index] ?? null;
  }
  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.values.set(key, value);
  }
  removeItem(key: string): void {
    this.values.delete(key);
  }
  /** The number of queued items. */
  get queued(): number {
    return [...this.values.keys()].filter((key) => key.includes(".q.")).length;
  }
}

/** One request that the SDK made. */
export interface Sent {
  at: number;
  url: string;
  init: RequestInit;
  body: Record<string, unknown> & { events?: EventItem[] };
}

/** The answer of the test server (status, body, headers), or a network failure. */
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | "network error" | "silence";

export const OK: Answer = { status: 200, body: { status: 1, error: null, accepted: 1, rejected: [] } };

export class Machine implements Host {
  time: number;
  keepalive = true;
  page?: Page;
  document?: Document;
  navigator?: Navigator;
  readonly sent: Sent[] = [];
  readonly beacons: { url: string; body: Blob }[] = [];
  /** The answer to a request; `OK` by default. */
  answer: (sent: Sent, index: number) => Answer = () => OK;
  private timers: { id: number; at: number; callback: () => void }[] = [];
  private ids = 0;

  constructor(
    readonly storage: FakeStorage | undefined = new FakeStorage(),
    time = Date.UTC(2026, 0, 15, 12),
  ) {
    this.time = time;
  }

  now = () => this.time;
  random = () => 1;
  uuid = () => globalThis.crypto.randomUUID();

  setTimeout = (callback: () => void, ms: number) => {
    const id = ++this.ids;
    this.timers.push({ id, at: this.time + ms, callback });
    return id;
  };
  clearTimeout = (id: unknown) => {
    this.timers = this.timers.filter((timer) => timer.id !== id);
  };

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const sent = { at: this.time, url, init, body: JSON.parse(init.body as string) as Sent["body"] };
    this.sent.push(sent);
    const answer = this.answer(sent, this.sent.length - 1);
    if (answer === "network error") throw new TypeError("Failed to fetch");
    if (answer === "silence") {
      return new Promise((_, reject) =>
        init.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError"))),
      );
    }
    const body = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? { status: 0, error: { type: "error" } });
    return new Response(body, { status: answer.status, headers: answer.headers });
  };

  /** Advances the clock and runs each timer at its time. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    await settle();
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.clearTimeout(next.id);
      this.time = Math.max(this.time, next.at);
      next.callback();
      await settle();
    }
    this.time = until;
  }

  /** Gives the machine a page at `url`. */
  browse(url = "https://shop.example/tea?utm_source=news#top", userAgent = CHROME_ON_WINDOWS): this {
    const page = Object.assign(new EventTarget(), {
      location: new URL(url),
      screen: { width: 1920, height: 1080 },
      innerWidth: 1280,
      innerHeight: 720,
      history: { pushState: () => undefined, replaceState: () => undefined },
    });
    const jar = new Map<string, string>();
    const document = Object.assign(new EventTarget(), {
      referrer: "https://search.example/?q=tea",
      title: "Tea",
      visibilityState: "visible",
    });
    Object.defineProperty(document, "cookie", {
      get: () => [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
      set: (line: string) => {
        const [, name, value, age] = /^([^=]+)=([^;]*).*Max-Age=(\d+)/.exec(line)!;
        if (age === "0") jar.delete(name!);
        else if (line.length <= 4096) jar.set(name!, value!);
      },
    });
    this.page = page as unknown as Page;
    this.document = document as unknown as Document;
    this.navigator = {
      userAgent,
      language: "en-GB",
      sendBeacon: (target: string, body: Blob) => this.beacons.push({ url: target, body }) > 0,
    } as unknown as Navigator;
    return this;
  }

  /** Dispatches an event on the page. */
  fire(name: string): void {
    (this.page as unknown as EventTarget).dispatchEvent(new Event(name));
  }

  /** Events of all requests to `/public/track` so far, in the order of sending. */
  get events(): EventItem[] {
    return this.sent.flatMap(({ body }) => body.events ?? []);
  }
  get names(): string[] {
    return this.events.map(({ event }) => event);
  }
}

export const CHROME_ON_WINDOWS =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36";

/** Runs pending promises as far as possible without a timer. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

export const KEY = "pk_test";

/** An SDK on `machine`, as after a page load. */
export function start(machine: Machine, options: Options = {}): EmpMix {
  const sdk = new EmpMix(machine);
  sdk.init(KEY, { apiHost: "https://in.example/", ...options });
  return sdk;
}
