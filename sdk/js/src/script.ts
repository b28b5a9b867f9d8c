/** The `<script>` entry point: sets the global `EmpMix` and runs the calls that a page with an `async` script queued there. */
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
