// `npm run build`: writes dist/empmix.min.js; with --npm also lib/empmix.js.
import { bundleModule, bundleScript, root } from "./bundle.mjs";

await bundleScript(`${root}/dist/empmix.min.js`);
if (process.argv.includes("--npm")) await bundleModule(`${root}/lib/empmix.js`);
