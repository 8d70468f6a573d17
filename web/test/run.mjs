// Runs every *.test.mjs here; arguments choose by part of a test's name, --pictures makes those of docs/guide.
// SPDX-License-Identifier: EUPL-1.2
import { readdirSync } from "node:fs";
import { main } from "./lib.mjs";

const files = readdirSync(new URL(".", import.meta.url)).filter((f) => f.endsWith(".test.mjs")).sort();
for (const f of files) await import(`./${f}`);
await main();
