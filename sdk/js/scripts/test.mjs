// `npm test`: bundles test/*.test.ts into a temporary folder and runs them with node:test.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleTests, root } from "./bundle.mjs";

const folder = mkdtempSync(join(tmpdir(), "empmix-sdk-test-"));
try {
  const sources = readdirSync(join(root, "test")).filter((name) => name.endsWith(".test.ts"));
  await bundleTests(sources.map((name) => `test/${name}`), folder);
  const files = sources.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
  const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", "--enable-source-maps", ...files], { cwd: root, stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
