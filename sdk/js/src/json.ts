/** JSON of any value that an app passes in, and the checks of the server on ids and names. */

/**
 * The JSON of a value. What JSON cannot say is written as text (BigInt) or left out (a reference to an
 * object that contains it, a value whose `toJSON` or getter throws), so that no value loses its event.
 */
export function toJson(value: unknown): string {
  const around: unknown[] = [];
  const plain = (value: unknown): unknown => {
    if (typeof value === "bigint") return `${value}`;
    if (!value || typeof value !== "object") return value;
    if (around.includes(value)) return undefined;
    around.push(value);
    try {
      const own = (value as { toJSON?: () => unknown }).toJSON?.();
      if (own !== undefined) return typeof own === "object" ? plain(own) : own;
      if (Array.isArray(value)) return value.map(plain);
      return Object.fromEntries(Object.keys(value).map((key) => [key, plain((value as Record<string, unknown>)[key])]));
    } catch {
      return undefined;
    } finally {
      around.pop();
    }
  };
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(plain(value) ?? null);
  }
}

/** The bytes of a text as UTF-8. */
export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** Whether the server accepts a value as an id or a name of at most `bytes` bytes. */
export const isText = (value: unknown, bytes: number): value is string =>
  typeof value === "string" && !!value && bytesOf(value) <= bytes && !/[\0-\x1f\x7f-\x9f]/.test(value);
