// Helpers of the client scripts: `node SCRIPT URL KEY DEAL` prints a JSON object with its results.
export const [url, key, deal] = process.argv.slice(2);
export const ROLE = "query Role { viewer { __typename role } }";
export const NOTHING = "query Nothing { nothing }";
export const RENAME =
  "mutation Rename($id: ID!, $name: String!) { updateOpportunity(input: { id: $id, name: $name }) { __typename } }";
export const CHANGED = "subscription Changed($id: ID!) { opportunityChanged(id: $id) { __typename id name } }";

export async function rename(name) {
  const body = JSON.stringify({ query: RENAME, variables: { id: deal, name } });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body });
  return (await answer.json()).data;
}

// Change the deal repeatedly until the subscriber receives an event.
export async function afterChange(first) {
  let received = false;
  const result = first.then((value) => ((received = true), value));
  for (let number = 1; !received && number < 100; number += 1) {
    await rename(`Renamed ${number}`);
    await Promise.race([result, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  return result;
}

export const codes = (errors) => errors.map((error) => error.extensions.code);

export function printResults(results) {
  console.log(JSON.stringify(results));
  process.exit(0);
}
