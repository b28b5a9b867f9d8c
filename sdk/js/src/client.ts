/** The SDK's public API: turns calls into items and queues them. */
import { trackClicks, trackPageViews } from "./autocapture";
import { globalHost, type Host } from "./host";
import { bytesOf, isText } from "./json";
import { automaticProperties, campaignOf } from "./properties";
import { Queue } from "./queue";
import { Sender } from "./sender";
import { cookieStorage, keyValue, type KeyValue } from "./storage";
import type { EventItem, IdentifyItem, Options, Properties } from "./types";
import { Visitor } from "./visitor";

/** Placeholder ids. The server does not accept them, nor events that carry one. */
const PLACEHOLDER_ID = /^(|null|undefined|anonymous|0|-1|true|false|\[object object\]|nan|none|nil|n\/a|0{8}(-0{4}){3}-0{12})$/i;

/** The origin of this script, which is known only while the script runs for the first time. */
const SCRIPT_ORIGIN = /^https?:\/\/[^/]+/.exec(
  (globalThis.document?.currentScript as HTMLScriptElement | null | undefined)?.src ?? "",
)?.[0];

const asObject = (value: unknown): Properties =>
  value && typeof value === "object" && !Array.isArray(value) ? (value as Properties) : {};

const log = (level: "log" | "warn", ...message: unknown[]) => globalThis.console?.[level]("[EmpMix]", ...message);

/** Runs code of the app, or code that may fail; an exception in it does not reach the app. */
function withoutThrowing(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    log("warn", error);
  }
}

/** The most calls kept until `init`, because a server-side render may never call it. */
const MAX_EARLY_CALLS = 1000;

/** How long a page that found no visitor waits for what other pages wrote. */
const SETTLED_MS = 1000;

/** The objects that `init` creates. */
interface Parts {
  options: Options;
  storage: KeyValue;
  visitor: Visitor;
  sender: Sender;
}

export class EmpMix {
  private parts?: Parts;
  private early: (() => void)[] = [];
  private lastTime = 0;
  private readonly warned = new Set<string>();

  constructor(private readonly host: Host = globalHost()) {}

  /** Starts the SDK with a project's public key. Earlier calls were kept and run now. */
  init(apiKey: string, options: Options = {}): void {
    if (this.parts || !apiKey) return log("warn", apiKey ? "init was called twice" : "init needs an API key");
    const { host } = this;
    const { batchSize = 20, flushInterval = 5000, sessionTimeout = 1_800_000, persistence, debug, onResult } = options;
    const apiHost = (options.apiHost ?? SCRIPT_ORIGIN ?? "http://127.0.0.1:7070").replace(/\/+$/, "");
    const backing = options.storage ?? (persistence === "memory" ? undefined : host.storage);
    const prefix = `empmix.${apiKey}.`;
    const storage = keyValue(prefix, backing);
    // The browser sends cookies with every request of the site: identity is small enough, the queue is not.
    const identity = persistence === "cookie" && host.document ? keyValue(prefix, cookieStorage(host.document)) : storage;
    const sender = new Sender(host, storage, new Queue(storage), {
      apiKey,
      apiHost,
      flushInterval,
      batchSize: Math.min(1000, Math.max(1, batchSize)),
      onResult: (items, outcome) => withoutThrowing(() => onResult?.(items, outcome)),
      debug: (...message) => debug && log("log", ...message),
      warn: (...message) => log("warn", ...message),
    });
    const visitor = new Visitor(host, identity, sessionTimeout);
    this.parts = { options, storage: identity, visitor, sender };
    // Stored now, so that the ids that the app reads are the same after a reload.
    if (this.allowed(this.parts)) visitor.update({});
    else sender.clear();
    // Pages that open at once each make a device id. The last one written is the visitor's: each page
    // finds it a moment later, before anything is sent, and gives it to its items.
    const { made } = visitor;
    if (made && host.page) {
      sender.hold(SETTLED_MS);
      host.setTimeout(() => {
        const { device } = visitor.current();
        if (device !== made) sender.rename(made, device);
      }, SETTLED_MS / 2);
    }
    this.listen(sender);
    this.early.splice(0).forEach((call) => call());
    const { pageViews, clicks } = options.autocapture ?? {};
    if (host.page && pageViews) trackPageViews(host.page, (event) => this.track(event));
    if (host.page && clicks) trackClicks(host.page, (event, properties) => this.track(event, properties));
  }

  /** Queues an event. Never throws, never blocks. */
  track(event: string, properties?: Properties): void {
    this.act(({ visitor, options }) => {
      if (!isText(event, 255)) return this.warnOnce("not a valid event name:", event);
      const begins = visitor.touch(this.host.now(), campaignOf(this.host));
      if (begins) this.enqueue("$session_start");
      const { [event]: since, ...timers } = visitor.current().timers;
      if (since) visitor.update({ timers });
      const timed = since && { $duration: (this.host.now() - since) / 1000 };
      this.enqueue(event, { ...timed, ...asObject(properties) });
      if (options.debug) log("log", "track", event, properties);
    });
  }

  /** Identifies the visitor: earlier events of this device count for the user `userId`. */
  identify(userId: string, profile?: Properties): void {
    this.act(({ visitor }) => {
      const id = this.checkedId(userId);
      const { user, device } = visitor.current();
      if (!id || (id === user && !profile)) return;
      visitor.update({ user: id });
      // The link travels alone: a profile that the server refuses does not take it along.
      if (id !== user) this.instruct({ distinct_id: id, anonymous_id: user ? undefined : device });
      if (profile) this.instruct({ distinct_id: id, properties: asObject(profile) });
    });
  }

  /**
   * Gives the visitor another id. An anonymous visitor's device is linked to `newId`; for an identified
   * user, `newId` is linked to the user.
   */
  alias(newId: string): void {
    this.act(({ visitor }) => {
      const id = this.checkedId(newId);
      const { user, device } = visitor.current();
      if (!id || id === (user ?? device)) return;
      this.instruct(user ? { distinct_id: user, anonymous_id: id } : { distinct_id: id, anonymous_id: device });
    });
  }

  /** Signs the visitor out: a new device id, a new session, no super properties. */
  reset(): void {
    this.act(({ visitor }) => visitor.reset());
  }

  /** Sets properties of the user's profile. */
  setUserProperties(properties: Properties): void {
    this.operate("$set", properties);
  }

  /** Sets properties of the user's profile that have no value yet. */
  setUserPropertiesOnce(properties: Properties): void {
    this.operate("$set_once", properties);
  }

  /** Adds a number to a property of the user's profile. */
  increment(name: string, by = 1): void {
    this.operate("$add", { [name]: by });
  }

  /** Appends a value to a list in the user's profile. */
  append(name: string, value: unknown): void {
    this.operate("$append", { [name]: value });
  }

  /** Adds the values to a list in the user's profile that are not in it yet. */
  union(name: string, values: unknown[]): void {
    this.operate("$union", { [name]: values });
  }

  /** Adds properties to every event from now on, also after a reload. */
  register(properties: Properties): void {
    this.act(({ visitor }) => visitor.update({ super: { ...visitor.current().super, ...asObject(properties) } }));
  }

  /** As `register`, for names that are not registered yet. */
  registerOnce(properties: Properties): void {
    this.act(({ visitor }) => visitor.update({ super: { ...asObject(properties), ...visitor.current().super } }));
  }

  /** Removes a registered property. */
  unregister(name: string): void {
    this.act(({ visitor }) => visitor.update({ super: { ...visitor.current().super, [name]: undefined } }));
  }

  /** Starts a timer: the next event with this name carries `$duration`, in seconds. */
  timeEvent(event: string): void {
    this.act(({ visitor }) => visitor.update({ timers: { ...visitor.current().timers, [event]: this.host.now() } }));
  }

  /** Sends the queued items. Resolves after one attempt for each, with any outcome. */
  async flush(): Promise<void> {
    await this.parts?.sender.flush();
  }

  /** Sends the queued items, then stops permanently. */
  async shutdown(): Promise<void> {
    await this.flush();
    this.parts?.sender.stop();
  }

  /** Stops tracking on this device, and deletes the visitor and the unsent items. */
  optOut(): void {
    this.act(({ storage, visitor, sender }) => {
      sender.clear();
      visitor.forget();
      storage.set("opt", "out");
    }, true);
  }

  /** Allows tracking again, even if the browser says Do Not Track. */
  optIn(): void {
    this.act(({ storage }) => storage.set("opt", "in"), true);
  }

  /** The id that events carry now; empty before `init`. */
  getDistinctId(): string {
    return this.parts?.visitor.distinctId ?? "";
  }

  /** The id of the latest session; empty before the first event. */
  getSessionId(): string {
    return this.parts?.visitor.current().session ?? "";
  }

  /** Runs a call if the SDK is initialised and tracking is allowed; keeps it until `init` otherwise. */
  private act(call: (parts: Parts) => void, always = false): void {
    const { parts } = this;
    if (parts) withoutThrowing(() => (always || this.allowed(parts)) && call(parts));
    else if (this.early.length < MAX_EARLY_CALLS) this.early.push(() => this.act(call, always));
  }

  private allowed({ storage, options }: Parts): boolean {
    const choice = storage.get("opt");
    const navigator = this.host.navigator as (Navigator & { globalPrivacyControl?: boolean }) | undefined;
    const asked = options.respectDnt && (navigator?.doNotTrack === "1" || navigator?.globalPrivacyControl);
    return choice ? choice === "in" : !asked;
  }

  /** The current time, but later than that of the previous call, so that events of one millisecond keep their order. */
  private timestamp(): number {
    const now = this.host.now();
    const ahead = this.lastTime - now;
    return (this.lastTime = ahead < 0 || ahead > 60_000 ? now : this.lastTime + 1);
  }

  private enqueue(event: string, properties?: Properties): void {
    const { visitor, sender, options } = this.parts!;
    const { session, device, super: registered, campaign } = visitor.current();
    const insert_id = this.host.uuid();
    const item: EventItem = {
      event,
      distinct_id: visitor.distinctId,
      properties: {
        ...automaticProperties(this.host),
        ...campaign,
        ...registered,
        ...this.checkedNames(properties ?? {}),
        $session_id: session,
        $device_id: device,
        $insert_id: insert_id,
      },
      timestamp: this.timestamp(),
      insert_id,
    };
    const kept = options.beforeSend ? options.beforeSend(item) : item;
    if (kept) sender.add(kept);
  }

  private instruct(item: Omit<IdentifyItem, "timestamp" | "insert_id">): void {
    this.parts!.sender.add({ ...item, timestamp: this.timestamp(), insert_id: this.host.uuid() });
  }

  private operate(operator: string, properties: Properties): void {
    this.act(({ visitor }) =>
      this.instruct({ distinct_id: visitor.distinctId, operations: { [operator]: asObject(properties) } }),
    );
  }

  /** The id as a string, or undefined (with a warning) when it is not valid. */
  private checkedId(value: unknown): string | undefined {
    const id = typeof value === "number" ? `${value}` : value;
    if (isText(id, 512) && !PLACEHOLDER_ID.test(id.trim())) return id;
    this.warnOnce("not a valid user id:", value);
    return undefined;
  }

  /** The properties with names that the server accepts. */
  private checkedNames(properties: Properties): Properties {
    const entries = Object.entries(properties).filter(([name]) => {
      const fits = !!name && bytesOf(name) <= 255;
      if (!fits) this.warnOnce("left out, a property's name must have 1 to 255 bytes:", name);
      return fits;
    });
    return Object.fromEntries(entries);
  }

  /** A warning, once for each of the same kind. */
  private warnOnce(message: string, ...values: unknown[]): void {
    if (!this.warned.has(message)) log("warn", message, ...values);
    this.warned.add(message);
  }

  /** Sends the queue when the page is hidden or left, and when the network is back. */
  private listen(sender: Sender): void {
    const { page, document } = this.host;
    page?.addEventListener("pagehide", () => sender.leave());
    page?.addEventListener("online", () => void sender.flush());
    document?.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") sender.leave();
    });
  }
}
