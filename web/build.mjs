// Copies GraphiQL and its page to api/static, so that browsers load nothing from other hosts.
import { cp, mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "api", "static", "graphiql");
const packages = join(here, "node_modules");
const files = [
  join(packages, "react", "umd", "react.production.min.js"),
  join(packages, "react-dom", "umd", "react-dom.production.min.js"),
  join(packages, "graphiql", "graphiql.min.js"),
  join(packages, "graphiql", "graphiql.min.css"),
  ...["page.css", "page.js", "examples.js", "index.html"].map((name) => join(here, name)),
];

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
for (const file of files) await cp(file, join(target, basename(file)));
await cp(join(packages, "graphiql", "LICENSE"), join(target, "LICENSE.graphiql"));
await cp(join(packages, "react", "LICENSE"), join(target, "LICENSE.react"));
