/** Public types of the SDK, and the types that are sent to the ingest API. */

/** Properties of an event or of a profile: any JSON values. */
export type Properties = Record<string, unknown>;

/** Where identity, session and queue are kept between page loads. */
export type Persistence = "localStorage" | "cookie" | "memory";

/** The synchronous part of the Web Storage interface that the SDK needs. */
export type WebStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** One event as it is sent in a batch to `/public/track`. */
export interface EventItem {
  event: string;
  distinct_id: string;
  properties: Properties;
  /** Time of the call in epoch milliseconds; a retry does not change it. */
  timestamp: number;
  /** The server stores events with equal ids once. */
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

/** An item of the queue. */
export type Item = EventItem | IdentifyItem;

/**
 * The outcome of an attempt to send items: `delivered` (the server has stored them durably), `rejected`
 * (the server does not accept them; they are dropped) or `retry` (they stay queued and are sent again).
 */
export type Outcome = "delivered" | "rejected" | "retry";

/** Options of `init`. */
export interface Options {
  /** Origin of the ingest API. Default: the origin of the script, else `http://127.0.0.1:7070`. */
  apiHost?: string;
  /** Longest time an event waits before it is sent, in ms. Default 5000. */
  flushInterval?: number;
  /** Events per request; when this many are queued, they are sent immediately. Default 20, at most 1000. */
  batchSize?: number;
  /** Inactivity after which a new session begins, in ms. Default 1,800,000 (30 minutes). */
  sessionTimeout?: number;
  /** Default `localStorage`; `memory` where that does not exist. */
  persistence?: Persistence;
  /** A custom synchronous storage, for instance MMKV in React Native. */
  storage?: WebStorage;
  /** Events that the SDK tracks automatically. Default: none. */
  autocapture?: { pageViews?: boolean; clicks?: boolean };
  /** Send nothing when the browser says Do Not Track or Global Privacy Control. Default false. */
  respectDnt?: boolean;
  /** Log to the console. Default false. */
  debug?: boolean;
  /** Called once for each event before it is queued; may change the event, or return null to drop it. */
  beforeSend?: (event: EventItem) => EventItem | null | undefined;
  /** Called after each attempt with its items and their outcome. */
  onResult?: (items: Item[], outcome: Outcome) => void;
}
