"""A GraphQL request read from HTTP: size, media type and shape are checked before anything is looked at."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request

from api.http.problems import RequestProblem

BODY_LIMIT = 1_000_000
MAX_BYTES_READ = 20 * BODY_LIMIT
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


async def read_request(request: Request) -> GraphQLRequest:
    """The GraphQL request that an HTTP request carries, by GET in the address, by POST as JSON."""
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
        message = "Send the request as JSON in UTF-8, with the header `Content-Type: application/json`."
        raise RequestProblem(415, "BAD_USER_INPUT", message, headers={"Accept": "application/json"})
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestProblem(415, "BAD_USER_INPUT", "Send the body as it is, without a Content-Encoding.")


async def _read_body(request: Request) -> bytes:
    """The body; of one that is too large some more is read and dropped, so that the client hears why."""
    body, size = bytearray(), 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_BYTES_READ:
                break
            if size <= BODY_LIMIT:
                body += chunk
    except ClientDisconnect:
        raise _bad_request("The body ended before its end.") from None
    if size > BODY_LIMIT:
        raise _too_large()
    return bytes(body)


def _too_large() -> RequestProblem:
    message = f"The body is larger than {BODY_LIMIT:,} bytes. Send less at once."
    return RequestProblem(413, "BAD_USER_INPUT", message, headers={"Connection": "close"})


def _query_parameter(request: Request, name: str) -> dict[str, object]:
    text = request.query_params.get(name)
    return {name: parse_json(text.encode("utf-8", "surrogateescape"), f"`{name}`") if text else None}


def parse_json(body: bytes, what: str) -> object:
    """The JSON value of some bytes; what neither database can keep (NUL, half a character) is refused here."""
    try:
        text = body.decode("utf-8")
        value: object = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise _bad_request(f"{what} is no JSON in UTF-8, or is nested too deeply.") from None
    if NUL in text and NUL_IN_JSON.search(text):
        raise _bad_request(f"{what} holds the character U+0000, which no text can hold.")
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def parse_request(value: object) -> GraphQLRequest:
    """The request that a JSON value is; raises a 400 that says what is wrong with it."""
    if not isinstance(value, Mapping):
        raise _bad_request(
            'The request is a JSON object such as {"query": "{ viewer { role } }"}; batches are not taken.'
        )
    query, variables, name = value.get("query"), value.get("variables"), value.get("operationName")
    extensions = value.get("extensions")
    if query is not None and not isinstance(query, str):
        raise _bad_request("`query` is missing: send the GraphQL document as a text.")
    if query is not None and NUL_IN_QUERY.search(query):
        raise _bad_request("`query` holds the character U+0000, which no text can hold.")
    if variables is not None and not isinstance(variables, dict):
        raise _bad_request("`variables` is a JSON object, or left out.")
    if name is not None and not isinstance(name, str):
        raise _bad_request("`operationName` is a text, or left out.")
    if extensions is not None and not isinstance(extensions, dict):
        raise _bad_request("`extensions` is a JSON object, or left out.")
    return GraphQLRequest(query if query and query.strip() else None, variables, name or None, extensions)


def _bad_request(message: str) -> RequestProblem:
    return RequestProblem(400, "BAD_USER_INPUT", message)
