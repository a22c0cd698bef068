// Prints the changes between two schemas: node diff.mjs OLD NEW. Exits with 1 if a change breaks clients.
import { readFile } from "node:fs/promises";
import { diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const [before, after] = await Promise.all(
  process.argv.slice(2).map(async (file) => buildSchema(await readFile(file, "utf8"))),
);
const changes = await diff(before, after);
const breaking = changes.filter((change) => change.criticality.level === "BREAKING");
for (const change of breaking) console.log(`breaks clients: ${change.message}`);
console.log(`${changes.length} changes since the last release, ${breaking.length} of which break clients`);
process.exit(breaking.length ? 1 : 0);
