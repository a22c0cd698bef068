"""Errors as clients read them: GraphQL-shaped, coded, and without an inner message."""

import logging
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError
from starlette.responses import JSONResponse

from workflow.rules.errors import PermissionDenied, Refusal

logger = logging.getLogger("pursuit.graphql")

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
RETRY_AFTER = {"Retry-After": "1"}
REQUEST_ERRORS = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "OPERATION_RESOLUTION_FAILURE"}


class RequestProblem(Exception):
    """The request cannot be executed: its status, code and sentence."""

    def __init__(self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}

    def response(self, media_type: str = JSON) -> JSONResponse:
        """The problem as a GraphQL answer without data."""
        return JSONResponse(
            {"errors": [_plain(self.message, self.code)]},
            status_code=self.status,
            headers=self.headers,
            media_type=media_type,
        )


def unauthenticated(*, tokens: bool = False) -> RequestProblem:
    """No credentials, or bad ones; which, and why, is not told. With `tokens` the server takes those of an issuer too."""
    needed, second = ("an API key or a token of your sign-in", " or `Bearer <token>`") if tokens else ("an API key", "")
    return RequestProblem(
        401,
        "UNAUTHENTICATED",
        f"This needs {needed}, and none or a wrong one was sent. Send the header `Authorization: Bearer pur_…`{second}.",
        headers={"WWW-Authenticate": 'Bearer realm="pursuit"'},
    )


def unavailable() -> RequestProblem:
    """The database does not answer now."""
    return RequestProblem(
        503, "UNAVAILABLE", "The database does not answer. Try again in a moment.", headers=RETRY_AFTER
    )


def masked(request_id: str) -> dict[str, Any]:
    """Our own fault: told by the request's id alone."""
    return {
        "message": f"Something went wrong on our side. Tell your administrator the request id {request_id}.",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
    }


def masked_response(request_id: str) -> JSONResponse:
    """The answer of a request that failed by our fault."""
    return JSONResponse({"errors": [masked(request_id)]}, status_code=500, headers={"X-Request-Id": request_id})


def request_error(error: GraphQLError, *, request_id: str, unavailable_as: type[Exception]) -> dict[str, Any]:
    """An error found before anything ran: the client's document does not parse or does not fit the schema."""
    if isinstance(error.original_error, RecursionError):
        return _plain("The document is nested too deeply.", "GRAPHQL_VALIDATION_FAILED")
    if error.original_error is not None and not error.nodes:
        return _failed(error, request_id=request_id, unavailable_as=unavailable_as)
    code = "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "GRAPHQL_VALIDATION_FAILED"
    return _coded(error, str((error.extensions or {}).get("code", code)))


def execution_error(error: GraphQLError, *, request_id: str, unavailable_as: type[Exception]) -> dict[str, Any]:
    """An error of a variable or a field: coded by us, the client's input, the database away, or our fault."""
    original = _innermost(error)
    if "code" in (error.extensions or {}):
        return _coded(error, str((error.extensions or {})["code"]))
    if isinstance(original, Refusal):
        return _coded(error, "FORBIDDEN" if isinstance(original, PermissionDenied) else "BAD_USER_INPUT")
    if error.path is None or (isinstance(original, GraphQLError) and original.nodes):
        return _coded(error, "BAD_USER_INPUT")
    return _failed(error, request_id=request_id, unavailable_as=unavailable_as)


def status_of(errors: Sequence[dict[str, Any]], *, ran: bool, media_type: str) -> int:
    """503 where the database was away; 400 for a refused request under GraphQL's own media type; else 200."""
    codes = {error["extensions"]["code"] for error in errors}
    if "UNAVAILABLE" in codes:
        return 503
    return 400 if not ran and codes & REQUEST_ERRORS and media_type == GRAPHQL_JSON else 200


def _failed(error: GraphQLError, *, request_id: str, unavailable_as: type[Exception]) -> dict[str, Any]:
    original = _innermost(error)
    if isinstance(original, unavailable_as):
        return {**error.formatted, **_plain(unavailable().message, "UNAVAILABLE")}
    logger.error("the field %s failed", error.path, exc_info=original, extra={"request_id": request_id})
    return {**error.formatted, **masked(request_id)}


def _plain(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}


def _coded(error: GraphQLError, code: str) -> dict[str, Any]:
    return {**error.formatted, "extensions": {**(error.extensions or {}), "code": code}}


def _innermost(error: GraphQLError) -> BaseException:
    found: BaseException = error
    while isinstance(found, GraphQLError) and found.original_error is not None:
        found = found.original_error
    return found
