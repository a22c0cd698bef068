// GraphiQL with one key for all its requests; the tab's own headers go before it.
const KEPT = "pursuit.key";
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
const field = document.getElementById("key");
const told = document.getElementById("told");

async function ask(params, { headers } = {}) {
  const key = sessionStorage.getItem(KEPT);
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      ...(key ? { Authorization: `Bearer ${key}` } : {}),
      ...headers,
    },
    body: JSON.stringify(params),
  });
  const body = await answer.json();
  tell(answer.status === 401 ? body.errors[0].message : null);
  return body;
}

function tell(refusal) {
  told.className = refusal ? "refused" : "";
  told.textContent = refusal ?? "Sent as the Authorization header; kept in this tab only.";
}

function show() {
  root.render(
    React.createElement(GraphiQL, {
      key: sessionStorage.getItem(KEPT) ?? "",
      fetcher: ask,
      defaultTabs: EXAMPLES,
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
    }),
  );
}

document.getElementById("credentials").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEPT, field.value.trim().replace(/^Bearer\s+/i, ""));
  show();
});
field.value = sessionStorage.getItem(KEPT) ?? "";
show();
