/** The npm entry point: a ready-made instance, and the class for applications that need several. */
import { EmpMix } from "./client";

export { EmpMix };
export type { EventItem, IdentifyItem, Item, Options, Outcome, Persistence, Properties, WebStorage } from "./types";

/** The instance that most applications need. */
const empmix = new EmpMix();
export default empmix;
