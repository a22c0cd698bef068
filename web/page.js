// GraphiQL with one API key for all requests; headers set in a tab take precedence.
const STORAGE_KEY = "pursuit.key";
const HINT = "`make run` prints a key for each role; `pursuit key` creates another.";
const STORED = "Sent as the Authorization header, and stored in this browser tab only.";
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
const field = document.getElementById("key");
const hint = document.getElementById("hint");

async function fetcher(params, { headers } = {}) {
  const key = sessionStorage.getItem(STORAGE_KEY);
  if (!key && !headers?.Authorization) {
    field.focus();
    return { errors: [{ message: `Enter an API key in the field above. ${HINT}` }] };
  }
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      ...(key ? { Authorization: `Bearer ${key}` } : {}),
      ...headers,
    },
    body: JSON.stringify(params),
  });
  showHint(response.status === 401 ? `This key is not valid. ${HINT}` : null);
  const isStream = response.headers.get("Content-Type").startsWith("text/event-stream");
  return isStream ? readEvents(response) : response.json();
}

// Yields the events of a subscription. GraphiQL's stop button leaves the loop, which also ends it on the server.
async function* readEvents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
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

function showHint(error) {
  hint.className = error ? "error" : "";
  hint.textContent = error ?? (sessionStorage.getItem(STORAGE_KEY) ? STORED : HINT);
}

function render() {
  const key = sessionStorage.getItem(STORAGE_KEY) ?? "";
  root.render(
    React.createElement(GraphiQL, {
      key,
      fetcher,
      schema: key ? undefined : null, // fetched from the server when there is a key
      defaultTabs: EXAMPLES,
      defaultEditorToolsVisibility: "variables",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
    }),
  );
}

document.getElementById("credentials").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(STORAGE_KEY, field.value.trim().replace(/^Bearer\s+/i, ""));
  showHint(null);
  render();
});
field.value = sessionStorage.getItem(STORAGE_KEY) ?? "";
showHint(null);
render();
