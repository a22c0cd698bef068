// PostGraphile over Pursuit's own tables. Arguments: the port and the URL of the database.
import { createServer } from "node:http";
import { TYPES } from "postgraphile/@dataplan/pg";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { GraphQLBoolean } from "postgraphile/graphql";
import { postgraphile } from "postgraphile";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { addPgTableCondition } from "postgraphile/utils";

const [port, database] = process.argv.slice(2);

// The one condition of the board that is not an equality.
const OpenCondition = addPgTableCondition(
  { schemaName: "public", tableName: "opportunity" },
  "open",
  () => ({ type: GraphQLBoolean }),
  (value, { sqlTableAlias, sql, condition }) =>
    value
      ? sql`${sqlTableAlias}.state IN ('LEAD', 'QUALIFIED', 'PROGRESSING')`
      : sql`${sqlTableAlias}.state IN ('WON', 'LOST', 'DISQUALIFIED')`,
);

const server = createServer();
server.on("error", (problem) => {
  console.error(problem);
  process.exit(1);
});
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [OpenCondition],
  // Without this plugin, columns that no index begins with can be conditions and orders too.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [makePgService({ connectionString: database, schemas: ["public"], poolConfig: { max: 10 } })],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: { explain: false },
});
await instance.createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
