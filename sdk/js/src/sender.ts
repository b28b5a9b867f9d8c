/**
 * Sends the queue: decides when and how much to send, and handles each answer.
 *
 * One tab sends at a time; it holds a lease in the shared storage (`lease` = `<tab>:<expiry>`). The lease
 * only saves traffic: two tabs that take it at the same moment send the same `insert_id`s.
 */
import type { Host } from "./host";
import { isEvent, nextRequest, requestOf, type Entry, type Queue } from "./queue";
import { bytesOf, toJson } from "./json";
import type { KeyValue } from "./storage";
import type { Item, Outcome } from "./types";

const REQUEST_TIMEOUT_MS = 30_000;
const LEASE_MS = 35_000;
/** The shortest time between two tries where items are left, for instance since another tab has the lease. */
const PAUSE_MS = 500;
const BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;
const MAX_RETRY_AFTER_MS = 3_600_000;
const AUTH_PAUSE_MS = 600_000;
/** Browsers allow a page that is closed 64 KiB of request bodies in flight. */
const KEEPALIVE_BYTES = 60_000;

export interface SenderSettings {
  apiKey: string;
  apiHost: string;
  flushInterval: number;
  batchSize: number;
  onResult?: (items: Item[], outcome: Outcome) => void;
  /** Shown in debug mode only. */
  debug: (...message: unknown[]) => void;
  /** Always shown. */
  warn: (...message: unknown[]) => void;
}

interface Reply {
  status: number;
  retryAfter?: string | null;
  body?: { status?: number; rejected?: { index: number }[]; error?: unknown } | null;
}

export class Sender {
  private readonly tab: string;
  private limit: number;
  private failures = 0;
  /** No request is sent before this time. */
  private notBefore = 0;
  /** Whether the server asked for that pause. */
  private serverPause = false;
  private authWarned = false;
  private running?: Promise<void>;
  private timer: unknown;
  private timerAt = Infinity;
  /** Keys of this tab's items that were not yet handed to the browser when the page was left. */
  private readonly ownKeys = new Set<string>();
  stopped = false;

  constructor(
    private readonly host: Host,
    private readonly storage: KeyValue,
    private readonly queue: Queue,
    private readonly settings: SenderSettings,
  ) {
    this.tab = host.uuid();
    this.limit = settings.batchSize;
    if (queue.size) this.schedule(0);
  }

  /** Queues an item. It is sent after the flush interval, or now if a batch is full. */
  add(item: Item): void {
    const { key, dropped } = this.queue.add(item);
    this.ownKeys.add(key);
    if (dropped) this.settings.debug("queue is full, oldest items dropped:", dropped);
    this.schedule(this.queue.size < this.settings.batchSize ? this.settings.flushInterval : 0);
  }

  /** Sends the whole queue now, unless the server asked for a pause. Resolves after the attempt. */
  async flush(): Promise<void> {
    await this.running;
    if (!this.serverPause) this.notBefore = 0;
    await this.run();
  }

  /** Sends nothing for `ms`, unless the app flushes or the page is left. */
  hold(ms: number): void {
    this.pause(ms, false);
  }

  /** Gives this tab's queued items another device id. */
  rename(from: string, to: string): void {
    for (const { key, item } of this.queue.read([...this.ownKeys])) {
      this.queue.replace(key, JSON.parse(toJson(item).split(`"${from}"`).join(`"${to}"`)) as Item);
    }
  }

  /** Deletes all queued items. */
  clear(): void {
    this.queue.remove(this.queue.keys());
  }

  stop(): void {
    this.stopped = true;
    this.host.clearTimeout(this.timer);
  }

  /**
   * Hands this tab's items to the browser, which sends them even if the page is closed. They stay
   * stored until an answer arrives; without one the next page sends them again, with the same ids.
   */
  leave(): void {
    if (this.stopped || (this.serverPause && this.host.now() < this.notBefore)) return;
    let entries = this.queue.read(this.queue.keys().filter((key) => this.ownKeys.has(key)));
    let budget = KEEPALIVE_BYTES;
    while (entries.length) {
      const batch = this.fitting(nextRequest(entries, this.settings.batchSize), budget);
      if (!batch.length) break;
      budget -= this.sendOnLeave(batch);
      entries = entries.slice(batch.length);
    }
    this.releaseLease();
  }

  /** A prefix of `entries`, halved until its request has at most `bytes` bytes. */
  private fitting(entries: Entry[], bytes: number): Entry[] {
    while (entries.length && bytesOf(this.request(entries).body) > bytes) {
      entries = entries.slice(0, entries.length >> 1);
    }
    return entries;
  }

  /** Sends a batch in a way that survives closing the page; returns the size of its body. */
  private sendOnLeave(entries: Entry[]): number {
    const { path, body } = this.request(entries);
    const url = this.settings.apiHost + path;
    entries.forEach(({ key }) => this.ownKeys.delete(key));
    const beacon = () => this.host.navigator?.sendBeacon?.(url, new Blob([body], { type: "text/plain" }));
    if (this.host.keepalive) {
      void this.post(url, body, true).then((reply) => (reply.status ? this.handleReply(entries, reply) : beacon()));
    } else beacon();
    return bytesOf(body);
  }

  private request(entries: Entry[]) {
    return requestOf(this.settings.apiKey, entries, this.host.now());
  }

  /** Schedules sending within `ms`. */
  private schedule(ms: number): void {
    const now = this.host.now();
    const at = Math.max(now + ms, this.notBefore);
    if (this.stopped || at >= this.timerAt) return;
    this.host.clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = this.host.setTimeout(() => {
      this.timerAt = Infinity;
      void this.run();
    }, at - now);
  }

  private run(): Promise<void> {
    return (this.running ??= this.drain().finally(() => {
      this.running = undefined;
      this.releaseLease();
      if (this.queue.keys().length) this.schedule(Math.max(this.settings.flushInterval, PAUSE_MS));
    }));
  }

  /** Sends the items that are queued now, in order, until all are sent or sending must stop. */
  private async drain(): Promise<void> {
    for (let left = this.queue.keys().length; left > 0; ) {
      if (this.stopped || this.host.now() < this.notBefore || !this.takeLease()) return;
      const batch = nextRequest(this.queue.read(this.queue.keys().slice(0, this.limit)), this.limit);
      if (!batch.length) return;
      const { path, body } = this.request(batch);
      left -= this.handleReply(batch, await this.post(this.settings.apiHost + path, body));
    }
  }

  private takeLease(): boolean {
    const now = this.host.now();
    const [owner, expiry] = (this.storage.get("lease") ?? "").split(":");
    // An expiry far in the future comes from a different clock setting.
    if (owner !== this.tab && +expiry! > now && +expiry! <= now + LEASE_MS) return false;
    this.storage.set("lease", `${this.tab}:${now + LEASE_MS}`);
    return true;
  }

  private releaseLease(): void {
    if (this.storage.get("lease")?.startsWith(this.tab)) this.storage.remove("lease");
  }

  /** Posts a body. Status 0 means that there was no answer. */
  private async post(url: string, body: string, keepalive = false): Promise<Reply> {
    const abort = new AbortController();
    const timer = this.host.setTimeout(() => abort.abort(), REQUEST_TIMEOUT_MS);
    try {
      const response = await this.host.fetch(url, {
        method: "POST",
        body,
        keepalive,
        credentials: "omit",
        // A simple request needs no preflight, which would fail when the page is closed.
        headers: { "Content-Type": "text/plain" },
        signal: abort.signal,
      });
      const retryAfter = response.headers.get("Retry-After");
      return { status: response.status, retryAfter, body: await response.json().catch(() => null) };
    } catch {
      return { status: 0 };
    } finally {
      this.host.clearTimeout(timer);
    }
  }

  /** Handles an answer; returns the number of entries that left the queue. */
  private handleReply(entries: Entry[], { status, retryAfter, body }: Reply): number {
    const { debug, warn } = this.settings;
    // A 200 without the server's body comes from a captive portal or a catch-all page.
    if (status === 200 && body?.status === 1) {
      this.failures = this.notBefore = 0;
      this.serverPause = this.authWarned = false;
      this.limit = Math.min(this.settings.batchSize, this.limit + 1);
      const refused = new Set((body.rejected ?? []).map(({ index }) => index));
      if (refused.size) debug("refused by the server:", body.rejected);
      this.finish(entries.filter((_, i) => refused.has(i)), "rejected");
      return this.finish(entries.filter((_, i) => !refused.has(i)), "delivered") + refused.size;
    }
    if (status === 413 && entries.length > 1) {
      this.limit = entries.length >> 1;
      return 0;
    }
    // Only the server's own answer takes items out of the queue, not that of a proxy.
    if ((status === 400 || status === 413 || status === 422) && body?.status === 0 && body.error) {
      debug("refused by the server:", body.error);
      return this.finish(entries, "rejected");
    }
    if (status === 401 || status === 403) {
      if (!this.authWarned) warn("the server refuses this API key; events are kept and tried again in 10 minutes");
      this.authWarned = true;
      this.pause(AUTH_PAUSE_MS, true);
    } else {
      const backoff = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** this.failures++);
      const asked = this.retryAfterMs(retryAfter);
      this.pause(asked || backoff * (0.5 + this.host.random() / 2), !!asked);
      debug("not delivered, will be sent again; status", status);
    }
    this.settings.onResult?.(entries.map(({ item }) => item), "retry");
    return 0;
  }

  private finish(entries: Entry[], outcome: Outcome): number {
    if (!entries.length) return 0;
    const keys = entries.map(({ key }) => key);
    this.queue.remove(keys);
    keys.forEach((key) => this.ownKeys.delete(key));
    const items = entries.map(({ item }) => item);
    this.settings.debug(outcome, items.map((item) => (isEvent(item) ? item.event : "$identify")));
    this.settings.onResult?.(items, outcome);
    return entries.length;
  }

  private pause(ms: number, byServer: boolean): void {
    this.notBefore = this.host.now() + ms;
    this.serverPause = byServer;
    this.schedule(ms);
  }

  /** `Retry-After` in ms: seconds or an HTTP date (RFC 9110); 0 when absent, past or invalid. */
  private retryAfterMs(value?: string | null): number {
    if (!value) return 0;
    const ms = isNaN(+value) ? Date.parse(value) - this.host.now() : +value * 1000;
    return Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms || 0));
  }
}
