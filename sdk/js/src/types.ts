/** Public types of the SDK, and the shapes that travel to the ingest API. */

/** Properties of an event or of a profile: anything that JSON can carry. */
export type Properties = Record<string, unknown>;

/** Where identity, session and queue live between page loads. */
export type Persistence = "localStorage" | "cookie" | "memory";

/** The synchronous part of the Web Storage interface that the SDK needs. */
export type WebStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** One event as it is sent in a batch to `/public/track`. */
export interface EventItem {
  event: string;
  distinct_id: string;
  properties: Properties;
  /** Epoch milliseconds of the call, never changed by a retry. */
  timestamp: number;
  /** Equal ids are equal events: the server stores them once. */
  insert_id: string;
}

/** One instruction as it is sent to `/public/identify`. */
export interface IdentifyItem {
  distinct_id: string;
  anonymous_id?: string;
  properties?: Properties;
  operations?: Record<string, Properties>;
  timestamp: number;
  insert_id: string;
}

/** Anything that can wait in the queue. */
export type Item = EventItem | IdentifyItem;

/**
 * What became of items that were sent: `delivered` (the server has them durably), `rejected` (the
 * server will never take them, they are gone) or `retry` (they stay queued and are sent again).
 */
export type Outcome = "delivered" | "rejected" | "retry";

/** Options of `init`. */
export interface Options {
  /** Origin of the ingest API. Default: where the script was loaded from, else `http://127.0.0.1:7070`. */
  apiHost?: string;
  /** Longest time an event waits before it is sent, in ms. Default 5000. */
  flushInterval?: number;
  /** Events in one request; so many waiting are sent at once. Default 20, at most 1000. */
  batchSize?: number;
  /** Inactivity after which a new session begins, in ms. Default 1,800,000 (30 minutes). */
  sessionTimeout?: number;
  /** Default `localStorage`; `memory` where the host has none. */
  persistence?: Persistence;
  /** A storage of the host's own (synchronous), for instance MMKV in React Native. */
  storage?: WebStorage;
  /** Events that the SDK sends by itself. Default: none. */
  autocapture?: { pageViews?: boolean; clicks?: boolean };
  /** Send nothing when the browser says Do Not Track or Global Privacy Control. Default false. */
  respectDnt?: boolean;
  /** Say on the console what happens. Default false. */
  debug?: boolean;
  /** Sees each event once, before it is queued; may change it, or return null to drop it. */
  beforeSend?: (event: EventItem) => EventItem | null | undefined;
  /** Told after each attempt what became of the items in it. */
  onResult?: (items: Item[], outcome: Outcome) => void;
}
