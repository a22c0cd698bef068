// graphql-sse in its distinct connections mode: one stream per operation.
import { createClient } from "graphql-sse";
import { CHANGED, NOTHING, RENAME, ROLE, codes, deal, afterChange, key, printResults, url } from "./script.mjs";

const client = createClient({ url, headers: { authorization: `Bearer ${key}` }, retryAttempts: 0 });
const first = async (request) => (await client.iterate(request).next()).value;
const refused = createClient({ url, headers: { authorization: "Bearer pur_a_b" }, retryAttempts: 0 });

const subscription = client.iterate({ query: CHANGED, variables: { id: deal } });
printResults({
  query: (await first({ query: ROLE })).data,
  mutation: (await first({ query: RENAME, variables: { id: deal, name: "By stream" } })).data,
  errors: codes((await first({ query: NOTHING })).errors),
  subscription: Object.keys((await afterChange(subscription.next())).value.data.opportunityChanged),
  refused: await refused.iterate({ query: ROLE }).next().catch((error) => error.response.status),
});
