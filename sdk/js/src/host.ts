/**
 * The interface to the environment: clock, randomness, timers, network and page are passed in, so that
 * the same code runs in a browser, in Node and in React Native, and tests can replace all of them.
 */
import type { WebStorage } from "./types";

/** The part of a page that the SDK reads. */
export type Page = Pick<Window, "addEventListener" | "removeEventListener" | "location" | "history" | "screen"> & {
  innerWidth: number;
  innerHeight: number;
};

/** The environment of the SDK; the parts that belong to a page may be absent. */
export interface Host {
  /** Epoch milliseconds. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** A new random UUID. */
  uuid(): string;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Whether a request can continue after its page is closed. */
  keepalive?: boolean;
  storage?: WebStorage;
  page?: Page;
  document?: Document;
  navigator?: Navigator;
}

/** An RFC 9562 version 4 UUID; pages without a secure context lack `crypto.randomUUID`. */
function uuid(): string {
  const crypto: Crypto | undefined = globalThis.crypto;
  if (crypto?.randomUUID) return crypto.randomUUID();
  const bits = () => (crypto?.getRandomValues ? crypto.getRandomValues(new Uint8Array(1))[0]! : Math.random() * 256);
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (+c ^ (bits() & (15 >> (+c / 4)))).toString(16));
}

/** Reads a global that may be missing or may throw on access (storage in a sandboxed frame). */
function optional<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The environment that this JavaScript engine provides. */
export function globalHost(): Host {
  const scope = globalThis as typeof globalThis & { window?: Window };
  const inBrowser = !!(scope.window && scope.document);
  return {
    now: Date.now,
    random: Math.random,
    uuid,
    setTimeout: (callback, ms) => setTimeout(callback, ms),
    clearTimeout: (handle) => clearTimeout(handle as number),
    // Looked up at each call: pages and test tools replace fetch after this script has run.
    fetch: (url, init) => fetch(url, init),
    keepalive: inBrowser && typeof Request === "function" && "keepalive" in Request.prototype,
    storage: inBrowser ? optional(() => scope.localStorage) : undefined,
    page: inBrowser ? window : undefined,
    document: inBrowser ? document : undefined,
    navigator: inBrowser ? navigator : undefined,
  };
}
