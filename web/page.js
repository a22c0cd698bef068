// GraphiQL with one key for all its requests; the tab's own headers go before it.
const KEPT = "pursuit.key";
const HINT = "`make run` prints a key for each role; `pursuit key` makes another.";
const KEPT_HERE = "Sent as the Authorization header; kept in this tab only.";
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
const field = document.getElementById("key");
const told = document.getElementById("told");

async function ask(params, { headers } = {}) {
  const key = sessionStorage.getItem(KEPT);
  if (!key && !headers?.Authorization) {
    field.focus();
    return { errors: [{ message: `Put an API key into the field above first. ${HINT}` }] };
  }
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      ...(key ? { Authorization: `Bearer ${key}` } : {}),
      ...headers,
    },
    body: JSON.stringify(params),
  });
  tell(answer.status === 401 ? `This key was refused. ${HINT}` : null);
  return answer.headers.get("Content-Type").startsWith("text/event-stream") ? streamed(answer) : answer.json();
}

// The answers of a subscription as they come; leaving the loop, as GraphiQL's stop button does, ends it on the server too.
async function* streamed(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      const events = (text + value).split("\n\n");
      text = events.pop();
      for (const event of events) {
        const data = event.split("\n").find((line) => line.startsWith("data: {"));
        if (data) yield JSON.parse(data.slice("data: ".length));
      }
    }
  } finally {
    await reader.cancel();
  }
}

function tell(refusal) {
  told.className = refusal ? "refused" : "";
  told.textContent = refusal ?? (sessionStorage.getItem(KEPT) ? KEPT_HERE : HINT);
}

function show() {
  const key = sessionStorage.getItem(KEPT) ?? "";
  root.render(
    React.createElement(GraphiQL, {
      key,
      fetcher: ask,
      schema: key ? undefined : null, // asked of the server once there is a key
      defaultTabs: EXAMPLES,
      defaultEditorToolsVisibility: "variables",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
    }),
  );
}

document.getElementById("credentials").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEPT, field.value.trim().replace(/^Bearer\s+/i, ""));
  tell(null);
  show();
});
field.value = sessionStorage.getItem(KEPT) ?? "";
tell(null);
show();
