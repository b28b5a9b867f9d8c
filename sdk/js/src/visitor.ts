/**
 * The visitor on this device: device id, user id, super properties, session.
 *
 * Stored as one JSON value under `state` and read again before each use, because the tabs of a site
 * share it: a visitor who signs in in one tab is signed in in all.
 */
import type { Host } from "./host";
import { toJson } from "./json";
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
  /** Super properties, which every event carries. */
  super: Properties;
  /** Epoch ms at which `timeEvent` was called, by event. */
  timers: Record<string, number>;
  /** The campaign parameters of this session. */
  campaign: Properties;
}

export class Visitor {
  private text: string | null = null;
  private state: State;
  /** The device id that this page made, where it found none. Another page may have made one too. */
  readonly made?: string;

  constructor(
    private readonly host: Host,
    private readonly storage: KeyValue,
    private readonly sessionTimeout: number,
  ) {
    this.state = this.fresh();
    if (!storage.get("state")) this.made = this.state.device;
  }

  private fresh(): State {
    return { device: this.host.uuid(), started: 0, active: 0, super: {}, timers: {}, campaign: {} };
  }

  /** The state as any tab has written it last. */
  current(): Readonly<State> {
    const text = this.storage.get("state");
    if (text && text !== this.text) {
      try {
        this.state = { ...this.fresh(), ...(JSON.parse(text) as State) };
        this.text = text;
      } catch {
        // Not valid JSON: this tab's state stays in use and overwrites it.
      }
    }
    return this.state;
  }

  update(change: Partial<State>): void {
    this.text = toJson({ ...this.current(), ...change });
    // Through JSON, so that the state is the same as after a reload.
    this.state = JSON.parse(this.text) as State;
    this.storage.set("state", this.text);
  }

  /** The user's id if identified, else the device's. */
  get distinctId(): string {
    const { user, device } = this.current();
    return user ?? device;
  }

  /** Records activity at `now` (epoch ms); returns true if a new session begins. */
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

  /** Deletes the visitor's state on this device and in the storage. */
  forget(): void {
    this.state = this.fresh();
    this.text = null;
    this.storage.remove("state");
  }
}
