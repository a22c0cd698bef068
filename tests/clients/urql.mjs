// urql: its Accept header lists streams, but it must get JSON; persisted queries; streamed subscriptions.
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { CHANGED, NOTHING, RENAME, ROLE, codes, deal, afterChange, key, printResults, url } from "./script.mjs";

const seen = [];
const connect = (preferGetMethod) =>
  new Client({
    url,
    preferGetMethod,
    fetchSubscriptions: true,
    fetchOptions: { headers: { authorization: `Bearer ${key}` } },
    exchanges: [persistedExchange({ preferGetForPersistedQueries: preferGetMethod }), fetchExchange],
    fetch: async (address, init) => {
      const answer = await fetch(address, init);
      const hashed = !(String(address) + (init.body ?? "")).includes("viewer");
      seen.push([init.method, init.headers.accept.includes("text/event-stream"), answer.headers.get("content-type").split(";")[0], hashed]);
      return answer;
    },
  });
const client = connect(false);

const asked = [];
for (const preferGet of [false, true]) {
  const one = connect(preferGet);
  const query = `query Urql${preferGet} { viewer { __typename role } }`;
  asked.push((await one.query(query, {}, { requestPolicy: "network-only" })).data, (await one.query(query, {}, { requestPolicy: "network-only" })).data);
}
const fetched = [...seen];
const first = new Promise((resolve) => client.subscription(CHANGED, { id: deal }).subscribe((result) => resolve(result)));
printResults({
  asked,
  fetched,
  query: (await client.query(ROLE, {})).data,
  mutation: (await client.mutation(RENAME, { id: deal, name: "By urql" })).data,
  errors: codes((await client.query(NOTHING, {})).error.graphQLErrors),
  subscription: Object.keys((await afterChange(first)).data.opportunityChanged),
});
