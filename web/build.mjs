// Copies GraphiQL and its page to api/static, so that browsers load nothing from other hosts.
// The names of scripts and styles get a hash of their content: browsers cache them for good.
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "api", "static", "graphiql");
const packages = join(here, "node_modules");
const files = [
  join(packages, "react", "umd", "react.production.min.js"),
  join(packages, "react-dom", "umd", "react-dom.production.min.js"),
  join(packages, "graphiql", "graphiql.min.js"),
  join(packages, "graphiql", "graphiql.min.css"),
  ...["page.css", "page.js", "examples.js"].map((name) => join(here, name)),
];

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
let page = await readFile(join(here, "index.html"), "utf8");
for (const file of files) {
  const name = basename(file);
  const hashed = await hashedName(file);
  if (!page.includes(`/static/graphiql/${name}"`)) throw new Error(`index.html does not load ${name}`);
  page = page.replace(`/static/graphiql/${name}"`, `/static/graphiql/${hashed}"`);
  await cp(file, join(target, hashed));
}
await writeFile(join(target, "index.html"), page);
await cp(join(packages, "graphiql", "LICENSE"), join(target, "LICENSE.graphiql.txt"));
await cp(join(packages, "react", "LICENSE"), join(target, "LICENSE.react.txt"));

async function hashedName(file) {
  const hash = createHash("sha256").update(await readFile(file)).digest("hex").slice(0, 12);
  const end = extname(file);
  return `${basename(file, end)}.${hash}${end}`;
}
