"""Errors as clients read them: GraphQL-shaped, coded, and without an inner message."""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError

from api.http.json_response import OrjsonResponse
from workflow.operations.core.idempotency import RequestInProgressError
from workflow.rules.errors import PermissionDeniedError, Refusal, UnavailableError

logger = logging.getLogger("pursuit.graphql")

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
RETRY_AFTER = {"Retry-After": "1"}
CONFLICT = "IDEMPOTENCY_CONFLICT"
STATUS_OF_CODE = {"UNAVAILABLE": 503, "TIMEOUT": 503, CONFLICT: 409}
"""Of an answer of which a part came to this, the whole is to be tried again."""
REQUEST_ERROR_CODES = {
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "BAD_USER_INPUT",
    "OPERATION_RESOLUTION_FAILURE",
}


class RequestProblem(Exception):
    """The request cannot be executed: its status, code and sentence; one that is well-formed GraphQL is a 200 under application/json."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[dict[str, Any]] = (),
        extensions: Mapping[str, Any] | None = None,
        well_formed: bool = False,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.headers, self.well_formed = status, code, dict(headers or {}), well_formed
        self.errors = list(errors) or [_error(message, code)]
        self.extensions = dict(extensions or {})

    def body(self) -> dict[str, Any]:
        """The problem as a GraphQL answer without data."""
        return {"errors": self.errors, **({"extensions": self.extensions} if self.extensions else {})}

    def response(self, media_type: str = JSON) -> OrjsonResponse:
        """The problem over HTTP."""
        status = 200 if self.well_formed and media_type == JSON else self.status
        return OrjsonResponse(self.body(), status_code=status, headers=self.headers, media_type=media_type)


def document_problem(errors: Sequence[GraphQLError]) -> RequestProblem:
    """The document does not parse, does not fit the schema, or asks for too much: every fault that was found."""
    formatted = [_with_code(error, str((error.extensions or {})["code"])) for error in errors]
    return RequestProblem(400, formatted[0]["extensions"]["code"], str(errors[0]), errors=formatted, well_formed=True)


def timeout_problem(seconds: float, *, is_mutation: bool) -> RequestProblem:
    """The request took longer than any may; what a mutation had begun to write is written whole or not at all."""
    remedy = (
        "It may have been done all the same: look before you send it again, or send it again with the same Idempotency-Key."
        if is_mutation
        else "Ask for less at once: fewer rows with `first`, or fewer fields."
    )
    return RequestProblem(
        503, "TIMEOUT", f"The request took longer than {seconds:g} s and was ended. {remedy}", headers=RETRY_AFTER
    )


def unauthenticated_problem(*, tokens: bool = False) -> RequestProblem:
    """No credentials, or bad ones; which, and why, is not told. With `tokens` the server takes those of an issuer too."""
    needed, alternative = (
        ("an API key or a token of your sign-in", " or `Bearer <token>`") if tokens else ("an API key", "")
    )
    return RequestProblem(
        401,
        "UNAUTHENTICATED",
        f"This needs {needed}, and none or a wrong one was sent. Send the header `Authorization: Bearer pur_…`{alternative}.",
        headers={"WWW-Authenticate": 'Bearer realm="pursuit"'},
    )


def unavailable_problem() -> RequestProblem:
    """The database does not answer now."""
    return RequestProblem(
        503, "UNAVAILABLE", "The database does not answer. Try again in a moment.", headers=RETRY_AFTER
    )


def internal_error(request_id: str) -> dict[str, Any]:
    """Our own fault: told by the request's id alone."""
    return {
        "message": f"Something went wrong on our side. Tell your administrator the request id {request_id}.",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
    }


def internal_error_response(request_id: str) -> OrjsonResponse:
    """The answer of a request that failed by our fault."""
    return OrjsonResponse(
        {"errors": [internal_error(request_id)]}, status_code=500, headers={"X-Request-Id": request_id}
    )


def request_error(error: GraphQLError, *, request_id: str) -> dict[str, Any]:
    """An error found before anything ran: the client's document does not parse or does not fit the schema."""
    if isinstance(error.original_error, RecursionError):
        return _error("The document is nested too deeply.", "GRAPHQL_VALIDATION_FAILED")
    if error.original_error is not None and not error.nodes:
        return _unexpected_error(error, request_id=request_id)
    code = "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "GRAPHQL_VALIDATION_FAILED"
    return _with_code(error, str((error.extensions or {}).get("code", code)))


def execution_error(error: GraphQLError, *, request_id: str) -> dict[str, Any]:
    """An error of a variable or a field: coded by us, the client's input, the database away, or our fault."""
    original = _root_cause(error)
    if "code" in (error.extensions or {}):
        return _with_code(error, str((error.extensions or {})["code"]))
    if isinstance(original, RequestInProgressError):
        return _with_code(error, CONFLICT)
    if isinstance(original, Refusal):
        return _with_code(error, "FORBIDDEN" if isinstance(original, PermissionDeniedError) else "BAD_USER_INPUT")
    if error.path is None or (isinstance(original, GraphQLError) and original.nodes):
        return _with_code(error, "BAD_USER_INPUT")
    return _unexpected_error(error, request_id=request_id)


def http_status(codes: Collection[str], *, ran: bool, media_type: str) -> int:
    """503 where the database was away or the time over, 409 where another one does it; 400 for a refused request under GraphQL's own media type; else 200."""
    for code, status in STATUS_OF_CODE.items():
        if code in codes:
            return status
    return 400 if not ran and REQUEST_ERROR_CODES & set(codes) and media_type == GRAPHQL_JSON else 200


def _unexpected_error(error: GraphQLError, *, request_id: str) -> dict[str, Any]:
    original = _root_cause(error)
    if isinstance(original, UnavailableError):
        return {**error.formatted, **unavailable_problem().errors[0]}
    logger.error("the field %s failed", error.path, exc_info=original, extra={"request_id": request_id})
    return {**error.formatted, **internal_error(request_id)}


def _error(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}}


def _with_code(error: GraphQLError, code: str) -> dict[str, Any]:
    return {**error.formatted, "extensions": {**(error.extensions or {}), "code": code}}


def _root_cause(error: GraphQLError) -> BaseException:
    found: BaseException = error
    while isinstance(found, GraphQLError) and found.original_error is not None:
        found = found.original_error
    return found
