// Apollo Client: queries, mutations, errors, persisted queries by POST and GET, and subscriptions.
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { CHANGED, NOTHING, RENAME, ROLE, codes, deal, afterChange, key, printResults, url } from "./script.mjs";

const seen = [];
const http = new HttpLink({
  uri: url,
  headers: { authorization: `Bearer ${key}` },
  fetch: async (address, init) => {
    seen.push([init.method, (String(address) + (init.body ?? "")).includes("viewer")]);
    return fetch(address, init);
  },
});
const socket = new GraphQLWsLink(
  createClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${key}` } }),
);
const client = (link) => new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: { query: { fetchPolicy: "network-only" } } });
const persisted = (useGETForHashedQueries) =>
  client(
    ApolloLink.from([
      new PersistedQueryLink({ useGETForHashedQueries, sha256: (text) => createHash("sha256").update(text).digest("hex") }),
      http,
    ]),
  );

const plain = client(http);
const query = (await plain.query({ query: gql(ROLE) })).data;
const mutation = (await plain.mutate({ mutation: gql(RENAME), variables: { id: deal, name: "By Apollo" } })).data;
const failed = await plain.query({ query: gql(NOTHING) }).catch((error) => error);
seen.length = 0;
const asked = [];
for (const useGet of [false, true]) {
  const one = persisted(useGet);
  const document = gql(`query Apollo${useGet} { viewer { __typename role } }`);
  asked.push((await one.query({ query: document })).data, (await one.query({ query: document })).data);
}
const fetched = [...seen];
const first = new Promise((resolve, reject) =>
  client(socket).subscribe({ query: gql(CHANGED), variables: { id: deal } }).subscribe({ next: resolve, error: reject }),
);
printResults({
  query,
  mutation,
  errors: codes(CombinedGraphQLErrors.is(failed) ? failed.errors : [{ extensions: { code: String(failed) } }]),
  asked,
  fetched,
  subscription: Object.keys((await afterChange(first)).data.opportunityChanged),
});
