"""A GraphQL request read from HTTP: size, media type and shape are checked before anything is looked at."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request

from api.http.problems import RequestProblem

BODY_LIMIT = 1_000_000
DROPPED_AT_MOST = 20 * BODY_LIMIT
NUL = "\\u0000"
NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
NUL_IN_QUERY = re.compile(r"\x00|\\u(?:0000|\{0+\})")


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What to run, with which variables."""

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None = None


async def request_of(request: Request) -> GraphQLRequest:
    """The GraphQL request that an HTTP request carries, by GET in the address, by POST as JSON."""
    if request.method != "POST":
        return shaped(
            {**request.query_params, **_from_address(request, "variables"), **_from_address(request, "extensions")}
        )
    _check_headers(request)
    return shaped(json_of(await _body(request), "The body"))


def _check_headers(request: Request) -> None:
    media, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    charsets = {part.partition("=")[2].strip("\"' ") for part in parameters if part.startswith("charset=")}
    if media != "application/json" or charsets - {"utf-8", "utf8"}:
        message = "Send the request as JSON in UTF-8, with the header `Content-Type: application/json`."
        raise RequestProblem(415, "BAD_USER_INPUT", message, headers={"Accept": "application/json"})
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestProblem(415, "BAD_USER_INPUT", "Send the body as it is, without a Content-Encoding.")


async def _body(request: Request) -> bytes:
    """The body; of one that is too large some more is read and dropped, so that the client hears why."""
    body, size = bytearray(), 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > DROPPED_AT_MOST:
                break
            if size <= BODY_LIMIT:
                body += chunk
    except ClientDisconnect:
        raise _bad("The body ended before its end.") from None
    if size > BODY_LIMIT:
        raise _too_large()
    return bytes(body)


def _too_large() -> RequestProblem:
    message = f"The body is larger than {BODY_LIMIT:,} bytes. Send less at once."
    return RequestProblem(413, "BAD_USER_INPUT", message, headers={"Connection": "close"})


def _from_address(request: Request, name: str) -> dict[str, object]:
    text = request.query_params.get(name)
    return {name: json_of(text.encode("utf-8", "surrogateescape"), f"`{name}`") if text else None}


def json_of(body: bytes, what: str) -> object:
    """The JSON value of some bytes; what neither database can keep (NUL, half a character) is refused here."""
    try:
        text = body.decode("utf-8")
        value: object = json.loads(text, parse_constant=_no_number)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise _bad(f"{what} is no JSON in UTF-8, or is nested too deeply.") from None
    if NUL in text and NUL_IN_JSON.search(text):
        raise _bad(f"{what} holds the character U+0000, which no text can hold.")
    return value


def _no_number(name: str) -> object:
    raise ValueError(name)


def shaped(value: object) -> GraphQLRequest:
    """The request that a JSON value is; raises a 400 that says what is wrong with it."""
    if not isinstance(value, Mapping):
        raise _bad('The request is a JSON object such as {"query": "{ viewer { role } }"}; batches are not taken.')
    query, variables, name = value.get("query"), value.get("variables"), value.get("operationName")
    extensions = value.get("extensions")
    if query is not None and not isinstance(query, str):
        raise _bad("`query` is missing: send the GraphQL document as a text.")
    if query is not None and NUL_IN_QUERY.search(query):
        raise _bad("`query` holds the character U+0000, which no text can hold.")
    if variables is not None and not isinstance(variables, dict):
        raise _bad("`variables` is a JSON object, or left out.")
    if name is not None and not isinstance(name, str):
        raise _bad("`operationName` is a text, or left out.")
    if extensions is not None and not isinstance(extensions, dict):
        raise _bad("`extensions` is a JSON object, or left out.")
    return GraphQLRequest(query if query and query.strip() else None, variables, name or None, extensions)


def _bad(message: str) -> RequestProblem:
    return RequestProblem(400, "BAD_USER_INPUT", message)
