// Runs every *.test.mjs here, or with --unit every *.unit.mjs (no browser, no server); arguments choose by part of a test's
// name, --pictures makes those of docs/guide.
// SPDX-License-Identifier: EUPL-1.2
import { readdirSync } from "node:fs";
import { main } from "./harness.mjs";

const unit = process.argv.includes("--unit");
const files = readdirSync(new URL(".", import.meta.url)).filter((f) => f.endsWith(unit ? ".unit.mjs" : ".test.mjs")).sort();
for (const f of files) await import(`./${f}`);
if (unit) process.exit(await main());
const { closeAll, end } = await import("./lib.mjs");
const code = await main(closeAll);
await end();
process.exit(code);
