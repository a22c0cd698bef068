"""Parsing of a GraphQL request from HTTP: its size, media type, JSON and shape."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request

from api.http.problems import RequestProblem, bad_request

BODY_LIMIT = 1_000_000
MAX_BYTES_READ = 20 * BODY_LIMIT
"""Bytes read of a body that is too large, so that most clients finish sending and read the response."""
NUL = "\\u0000"
# With an even number of backslashes before it, `\u0000` is an escape; otherwise it is text after a backslash.
NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
NUL_IN_QUERY = re.compile(r"\x00|\\u(?:0000|\{0+\})")


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The parameters of a GraphQL request."""

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None = None


async def read_request(request: Request) -> GraphQLRequest:
    """Read a GraphQL request: from the query string of a GET, or the JSON body of a POST."""
    if request.method != "POST":
        return parse_request(
            {
                **request.query_params,
                **_query_parameter(request, "variables"),
                **_query_parameter(request, "extensions"),
            }
        )
    _check_headers(request)
    return parse_request(parse_json(await _read_body(request), "The body"))


def _check_headers(request: Request) -> None:
    media, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    charsets = {part.partition("=")[2].strip("\"' ") for part in parameters if part.startswith("charset=")}
    if media != "application/json" or charsets - {"utf-8", "utf8"}:
        message = "Send the request as JSON in UTF-8 with the header `Content-Type: application/json`."
        raise RequestProblem(415, "BAD_USER_INPUT", message, headers={"Accept": "application/json"})
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestProblem(415, "BAD_USER_INPUT", "Send the body uncompressed, without a Content-Encoding.")


async def _read_body(request: Request) -> bytes:
    """Read the body; raise RequestProblem if it is incomplete or too large."""
    body = bytearray()
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_BYTES_READ:
                break
            if size <= BODY_LIMIT:
                body += chunk
    except ClientDisconnect:
        raise bad_request("The body is incomplete: the connection closed early.") from None
    if size > BODY_LIMIT:
        raise _too_large()
    return bytes(body)


def _too_large() -> RequestProblem:
    message = f"The body is larger than {BODY_LIMIT:,} bytes. Split the request."
    return RequestProblem(413, "BAD_USER_INPUT", message, headers={"Connection": "close"})


def _query_parameter(request: Request, name: str) -> dict[str, object]:
    text = request.query_params.get(name)
    return {name: parse_json(text.encode("utf-8", "surrogateescape"), f"`{name}`") if text else None}


def parse_json(body: bytes, name: str) -> object:
    """Parse a JSON value; refuse characters that the databases cannot store: U+0000 and lone surrogates."""
    try:
        text = body.decode("utf-8")
        value: object = json.loads(text, parse_constant=_refuse_constant)
        # An escape may be half of a surrogate pair, which Python accepts and UTF-8 does not.
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise bad_request(f"{name} is not JSON in UTF-8, or is nested too deeply.") from None
    if NUL in text and NUL_IN_JSON.search(text):
        raise bad_request(f"{name} contains the character U+0000. Remove it.")
    return value


def _refuse_constant(name: str) -> object:
    # NaN and Infinity, which Python reads although JSON has no such numbers.
    raise ValueError(name)


def parse_request(value: object) -> GraphQLRequest:
    """Convert a JSON value to a GraphQL request; raise RequestProblem if a parameter has the wrong type."""
    if not isinstance(value, Mapping):
        raise bad_request(
            'The request must be a JSON object such as {"query": "{ viewer { role } }"}. '
            "Batches are not supported."
        )
    query = value.get("query")
    variables = value.get("variables")
    name = value.get("operationName")
    extensions = value.get("extensions")
    if query is not None and not isinstance(query, str):
        raise bad_request("`query` must be a string: the GraphQL document.")
    if query is not None and NUL_IN_QUERY.search(query):
        raise bad_request("`query` contains the character U+0000. Remove it.")
    if variables is not None and not isinstance(variables, dict):
        raise bad_request("`variables` must be a JSON object or absent.")
    if name is not None and not isinstance(name, str):
        raise bad_request("`operationName` must be a string or absent.")
    if extensions is not None and not isinstance(extensions, dict):
        raise bad_request("`extensions` must be a JSON object or absent.")
    return GraphQLRequest(query if query and query.strip() else None, variables, name or None, extensions)
