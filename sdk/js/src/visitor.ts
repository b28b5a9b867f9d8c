/**
 * Who is using this device, and in which session: device id, user id, super properties, session.
 *
 * Stored as one JSON value under `state`, read again before each use, because other tabs of the
 * site share it: who signs in in one tab is signed in in all.
 */
import type { Host } from "./host";
import type { KeyValue } from "./storage";
import type { Properties } from "./types";

const MAX_SESSION_MS = 86_400_000;

interface State {
  device: string;
  user?: string;
  session?: string;
  /** Epoch ms of the session's first and latest event. */
  started: number;
  active: number;
  /** Super properties: on every event. */
  super: Properties;
  /** Epoch ms at which `timeEvent` was called, by event. */
  timers: Record<string, number>;
  /** Campaign parameters that this session came with. */
  campaign: Properties;
}

export class Visitor {
  private text: string | null = null;
  private state: State;

  constructor(
    private readonly host: Host,
    private readonly storage: KeyValue,
    private readonly sessionTimeout: number,
  ) {
    this.state = this.fresh();
  }

  private fresh(): State {
    return { device: this.host.uuid(), started: 0, active: 0, super: {}, timers: {}, campaign: {} };
  }

  /** The state as the latest tab has written it. */
  current(): Readonly<State> {
    const text = this.storage.get("state");
    if (text && text !== this.text) {
      try {
        this.state = { ...this.fresh(), ...(JSON.parse(text) as State) };
        this.text = text;
      } catch {
        // Not ours: what this tab knows goes on, and is written over it.
      }
    }
    return this.state;
  }

  update(change: Partial<State>): void {
    this.text = JSON.stringify({ ...this.current(), ...change });
    // Through JSON, so that this page goes on with exactly what a reload would find.
    this.state = JSON.parse(this.text) as State;
    this.storage.set("state", this.text);
  }

  /** The user's id once identified, else the device's. */
  get distinctId(): string {
    const { user, device } = this.current();
    return user ?? device;
  }

  /** Notes activity at `now` (epoch ms); true when a new session begins with it. */
  touch(now: number, campaign: Properties): boolean {
    const { session, started, active } = this.current();
    const begins = !session || now - active > this.sessionTimeout || now - started > MAX_SESSION_MS;
    const carried = begins || Object.keys(campaign).length ? { campaign } : {};
    this.update({ active: now, ...carried, ...(begins && { session: this.host.uuid(), started: now }) });
    return begins;
  }

  /** A new visitor: new device id, no user, no super properties, no session. */
  reset(): void {
    this.update({ user: undefined, session: undefined, ...this.fresh() });
  }

  /** Forgets the visitor on this device, without a trace in the storage. */
  forget(): void {
    this.state = this.fresh();
    this.text = null;
    this.storage.remove("state");
  }
}
