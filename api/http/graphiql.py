"""The GraphiQL page for browsers, served from our own files under a strict content security policy."""

from pathlib import Path

from starlette.responses import HTMLResponse

STATIC = Path(__file__).parents[1] / "static"
PAGE = STATIC / "graphiql" / "index.html"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Pursuit</title></head>
<body>
<h1>GraphiQL is not built yet</h1>
<p>The API works without it: send <code>POST /graphql</code> with the header
<code>Authorization: Bearer &lt;API key&gt;</code>.</p>
<p>To build this page, run <code>make web</code> in the project's folder, and reload.</p>
</body>
</html>
"""


def graphiql_page() -> HTMLResponse:
    """Return the page that `make web` builds, or instructions to build it."""
    html = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else NOT_BUILT
    return HTMLResponse(
        html, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Cache-Control": "no-cache"}
    )
