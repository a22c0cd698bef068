// A subscriber that reconnects: node through-restarts.mjs URL KEY CLIENT COUNT. After an interruption it
// resumes at its last cursor. It prints the ids of the first COUNT events in the order of their arrival.
import { createClient as socketClient } from "graphql-ws";
import { createClient as streamClient } from "graphql-sse";
import WebSocket from "ws";
import { key, printResults, url } from "./script.mjs";

const FEED = "subscription Feed($after: String) { events(after: $after, filter: { types: [\"account.*\"] }) { id cursor } }";
const [kind, count] = process.argv.slice(4);
const authorization = `Bearer ${key}`;
const client =
  kind === "graphql-ws"
    ? socketClient({
        url: url.replace("http", "ws"),
        webSocketImpl: WebSocket,
        connectionParams: { authorization },
        retryAttempts: 0,
      })
    : streamClient({ url, headers: { authorization }, retryAttempts: 0 });
const START = "MC4wLjA"; // before the first event
const received = [];
let after = START;
let endings = 0;
while (received.length < Number(count)) {
  try {
    for await (const { data } of client.iterate({ query: FEED, variables: { after } })) {
      received.push(data.events.id);
      after = data.events.cursor;
      if (received.length === Number(count)) break;
    }
  } catch {
    endings += 1;
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}
printResults({ received, endings });
