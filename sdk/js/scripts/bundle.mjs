// Bundles the SDK; used by build, check and test.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));

const common = {
  absWorkingDir: root,
  bundle: true,
  charset: "utf8",
  define: { EMPMIX_VERSION: JSON.stringify(version) },
  legalComments: "none",
  logLevel: "warning",
  target: "es2020",
};

/** Private members that may be renamed: they are not names of the page, the storage or the wire format. This saves 0.1 KB. */
const PRIVATE =
  /^(authWarned|checkedId|enqueue|fitting|handleReply|instruct|notBefore|operate|ownKeys|releaseLease|retryAfterMs|schedule|sendOnLeave|serverPause|settings|takeLease|timerAt)$/;

/** The file for `<script>`, which the sidecar serves as /sdk/empmix.js. */
export function bundleScript(outfile) {
  const banner = { js: `/*! Emp-Mix SDK ${version} | MIT OR Apache-2.0 */` };
  return build({ ...common, banner, entryPoints: ["src/script.ts"], format: "iife", mangleProps: PRIVATE, minify: true, outfile });
}

/** The module for npm. */
export function bundleModule(outfile) {
  return build({ ...common, entryPoints: ["src/index.ts"], format: "esm", outfile });
}

/** Test files as modules that Node runs. */
export function bundleTests(entryPoints, outdir) {
  return build({ ...common, entryPoints, format: "esm", outdir, outExtension: { ".js": ".mjs" }, platform: "node", sourcemap: "inline" });
}
