/**
 * Key-value storage that never throws. Values that the backing storage refuses (full, forbidden,
 * absent) are kept in memory, so that a full disk affects persistence but loses no events.
 */
import type { WebStorage } from "./types";

/** A map from string keys to string values, separate for each API key. */
export interface KeyValue {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  /** All keys, unordered. */
  keys(): string[];
}

/** Storage under `prefix` in `backing`, or in memory without one. */
export function keyValue(prefix: string, backing?: WebStorage): KeyValue {
  const memory = new Map<string, string>();
  const attempt = <T>(action: (storage: WebStorage) => T, fallback: T): T => {
    try {
      return backing ? action(backing) : fallback;
    } catch {
      return fallback;
    }
  };
  const stored = (storage: WebStorage) => {
    const keys: string[] = [];
    for (let i = 0; i < storage.length; i++) {
      const key = storage.key(i);
      if (key?.startsWith(prefix)) keys.push(key.slice(prefix.length));
    }
    return keys;
  };
  return {
    get: (key) => memory.get(key) ?? attempt((storage) => storage.getItem(prefix + key), null),
    set(key, value) {
      const kept = attempt((storage) => (storage.setItem(prefix + key, value), true), false);
      if (kept) memory.delete(key);
      else memory.set(key, value);
    },
    remove(key) {
      memory.delete(key);
      attempt((storage) => storage.removeItem(prefix + key), undefined);
    },
    keys: () => [...new Set([...memory.keys(), ...attempt(stored, [])])],
  };
}

const YEAR_SECONDS = 31_536_000;

/**
 * A page's cookies as storage, for the small values of identity and session. `setItem` throws when
 * the browser refuses the cookie (too large, blocked), as Web Storage does when it is full.
 */
export function cookieStorage(page: Document): WebStorage {
  const getItem = (key: string) => {
    const found = page.cookie.split("; ").find((pair) => pair.startsWith(key + "="));
    return found ? decodeURIComponent(found.slice(key.length + 1)) : null;
  };
  const write = (key: string, value: string, seconds: number) => {
    const secure = page.location?.protocol === "https:" ? "; Secure" : "";
    page.cookie = `${key}=${encodeURIComponent(value)}; Path=/; Max-Age=${seconds}; SameSite=Lax${secure}`;
  };
  return {
    length: 0,
    key: () => null,
    getItem,
    setItem(key, value) {
      write(key, value, YEAR_SECONDS);
      if (getItem(key) !== value) throw Error("cookie refused");
    },
    removeItem: (key) => write(key, "", 0),
  };
}
