/**
 * The queue of items that the server has not confirmed yet.
 *
 * Layout: one storage entry per item, under `q.<time>.<insert_id>`, where `<time>` is the item's
 * timestamp in base 36, nine digits, so that the order of keys is the order of calls. Tabs of one
 * site share the storage: adding and removing write one entry each and read nothing, so that no
 * tab can overwrite the entries of another. An entry is removed only after the server has answered
 * for it. The server stores an entry that is sent twice (by two tabs, or after a closed page) once,
 * because it has the same `insert_id`.
 */
import { toJson } from "./json";
import type { KeyValue } from "./storage";
import type { EventItem, IdentifyItem, Item } from "./types";

/** The most items that are kept; the oldest are dropped first. */
export const MAX_ITEMS = 1000;
/** The most characters that they may take: a fifth of what a browser gives a site. */
export const MAX_LENGTH = 1_000_000;

const PREFIX = "q.";

/** An item and the key that it is stored under. */
export interface Entry {
  key: string;
  item: Item;
}

/** True for what goes to `/public/track`, false for what goes to `/public/identify`. */
export const isEvent = (item: Item): item is EventItem => "event" in item;

export class Queue {
  /** Estimate of `keys().length`; exact after a call of `keys`. */
  size = 0;
  /** Estimate of the characters of all items: those that this tab has seen. */
  private length = 0;

  constructor(private readonly storage: KeyValue) {
    for (const key of this.keys()) this.length += storage.get(key)?.length ?? 0;
  }

  /** Keys of all items of all tabs, oldest first. */
  keys(): string[] {
    const keys = this.storage.keys().filter((key) => key.startsWith(PREFIX)).sort();
    this.size = keys.length;
    return keys;
  }

  /** Stores an item durably; returns its key and the number of old items that were dropped for it. */
  add(item: Item): { key: string; dropped: number } {
    const key = `${PREFIX}${item.timestamp.toString(36).padStart(9, "0")}.${item.insert_id}`;
    const text = toJson(item);
    this.storage.set(key, text);
    this.size++;
    this.length += text.length;
    const excess = this.size > MAX_ITEMS || this.length > MAX_LENGTH ? this.excess() : [];
    this.remove(excess);
    return { key, dropped: excess.length };
  }

  /** The oldest keys, without which the queue is within its bounds. */
  private excess(): string[] {
    const keys = this.keys();
    let kept = keys.length;
    for (let length = 0; kept > 0 && keys.length - kept < MAX_ITEMS; kept--) {
      length += this.storage.get(keys[kept - 1]!)?.length ?? 0;
      // The newest item stays, whatever its size.
      if (length > MAX_LENGTH && kept < keys.length) break;
    }
    return keys.slice(0, kept);
  }

  /** Writes an item again under its key, if it is still there. */
  replace(key: string, item: Item): void {
    if (this.storage.get(key)) this.storage.set(key, toJson(item));
  }

  remove(keys: string[]): void {
    for (const key of keys) {
      this.length -= this.storage.get(key)?.length ?? 0;
      this.storage.remove(key);
    }
    this.size -= keys.length;
  }

  /** The items under `keys` that still exist; unreadable entries are removed. */
  read(keys: string[]): Entry[] {
    return keys.flatMap((key) => {
      try {
        const item = JSON.parse(this.storage.get(key) ?? "null") as Item | null;
        if (item?.insert_id) return [{ key, item }];
      } catch {
        // Falls through: not JSON.
      }
      this.storage.remove(key);
      return [];
    });
  }
}

/** The entries of the next request: several events, or one instruction, in the order of calls. */
export function nextRequest(entries: Entry[], limit: number): Entry[] {
  const end = entries.findIndex(({ item }) => !isEvent(item));
  if (end === 0) return entries.slice(0, 1);
  return entries.slice(0, end < 0 ? limit : Math.min(end, limit));
}

/** Path and JSON body of the request that carries `entries`. */
export function requestOf(apiKey: string, entries: Entry[], sentAt: number): { path: string; body: string } {
  const envelope = { apiKey, sent_at: sentAt };
  const first = entries[0]!.item;
  return isEvent(first)
    ? { path: "/public/track", body: JSON.stringify({ ...envelope, events: entries.map(({ item }) => item) }) }
    : { path: "/public/identify", body: JSON.stringify({ ...envelope, ...(first as IdentifyItem) }) };
}
