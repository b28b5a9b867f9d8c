/** The `<script>` entry: sets the global `EmpMix`, and makes the calls an asynchronous page has left there. */
import { EmpMix } from "./client";

type Call = [method: string, ...args: unknown[]];

const scope = globalThis as { EmpMix?: unknown };
const waiting = scope.EmpMix;
const empmix = new EmpMix();
scope.EmpMix = empmix;
if (Array.isArray(waiting)) {
  for (const [method, ...args] of waiting as Call[]) {
    (empmix as unknown as Record<string, (...args: unknown[]) => void>)[method]?.(...args);
  }
}
