// graphql-ws: queries, mutations, errors and subscriptions over one socket.
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { CHANGED, NOTHING, RENAME, ROLE, codes, deal, afterChange, key, printResults, url } from "./script.mjs";

const connect = (authorization) =>
  createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
  });
const client = connect(`Bearer ${key}`);
const first = async (request) => (await client.iterate(request).next()).value;

const subscription = client.iterate({ query: CHANGED, variables: { id: deal } });
printResults({
  query: (await first({ query: ROLE })).data,
  mutation: (await first({ query: RENAME, variables: { id: deal, name: "By socket" } })).data,
  errors: codes(await first({ query: NOTHING }).catch((errors) => errors)),
  subscription: Object.keys((await afterChange(subscription.next())).value.data.opportunityChanged),
  refused: await connect("Bearer pur_a_b").iterate({ query: ROLE }).next().catch((close) => close.code),
});
