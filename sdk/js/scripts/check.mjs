// `npm run check`: checks that the committed dist/empmix.min.js matches the sources and is small enough.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundleScript, root } from "./bundle.mjs";

const MAX_GZIP_BYTES = 7000;

const folder = mkdtempSync(join(tmpdir(), "empmix-sdk-"));
try {
  const rebuilt = join(folder, "empmix.min.js");
  await bundleScript(rebuilt);
  const expected = readFileSync(rebuilt);
  const committed = readFileSync(join(root, "dist/empmix.min.js"));
  const gzipBytes = gzipSync(committed, { level: 9 }).length;
  console.log(`dist/empmix.min.js: ${committed.length} bytes, ${gzipBytes} gzipped (at most ${MAX_GZIP_BYTES})`);
  if (!committed.equals(expected)) fail("dist/empmix.min.js does not match the sources; run npm run build");
  if (gzipBytes > MAX_GZIP_BYTES) fail("dist/empmix.min.js is too large");
} finally {
  rmSync(folder, { recursive: true });
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
