"""Errors as clients receive them: GraphQL errors with a code, and without internal details."""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from api.http.json_response import OrjsonResponse
from workflow.operations.core.idempotency import RequestInProgressError
from workflow.rules.errors import PermissionDeniedError, Refusal, UnavailableError

logger = logging.getLogger("pursuit.graphql")

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
RETRY_AFTER = {"Retry-After": "1"}
CONFLICT = "IDEMPOTENCY_CONFLICT"
STATUS_OF_CODE = {"UNAVAILABLE": 503, "TIMEOUT": 503, CONFLICT: 409}
"""Status of a response with such an error in any of its fields: the client should retry the whole request."""
REQUEST_ERROR_CODES = {
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "BAD_USER_INPUT",
    "OPERATION_RESOLUTION_FAILURE",
}


class RequestProblem(Exception):
    """A request that cannot be executed: its status, code and message, and the seconds before a retry."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[dict[str, Any]] = (),
        extensions: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
        well_formed: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        self.well_formed = well_formed
        error_extensions: dict[str, Any] = {"code": code}
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)
            # An answer over a WebSocket has no headers.
            error_extensions["retryAfter"] = retry_after
        self.errors = list(errors) or [{"message": message, "extensions": error_extensions}]
        self.extensions = dict(extensions or {})

    def body(self) -> dict[str, Any]:
        """Return a GraphQL response without data."""
        return {"errors": self.errors, **({"extensions": self.extensions} if self.extensions else {})}

    def response(self, media_type: str = JSON) -> OrjsonResponse:
        """Return the HTTP response in a media type."""
        # GraphQL over HTTP: under application/json, a well-formed request gets a 200 even if it is invalid.
        status = 200 if self.well_formed and media_type == JSON else self.status
        return OrjsonResponse(self.body(), status_code=status, headers=self.headers, media_type=media_type)


def bad_request(message: str) -> RequestProblem:
    """Report a malformed request."""
    return RequestProblem(400, "BAD_USER_INPUT", message)


def document_problem(errors: Sequence[GraphQLError]) -> RequestProblem:
    """Report every fault of a document that cannot run."""
    formatted = [_with_code(error, str((error.extensions or {})["code"])) for error in errors]
    return RequestProblem(
        400, formatted[0]["extensions"]["code"], str(errors[0]), errors=formatted, well_formed=True
    )


def timeout_problem(seconds: float, *, is_mutation: bool) -> RequestProblem:
    """Report a request that reached the deadline."""
    remedy = (
        "The change may still have been saved. "
        "Check before you retry, or retry with the same Idempotency-Key."
        if is_mutation
        else "Request fewer rows with `first`, or fewer fields."
    )
    message = f"The request took longer than {seconds:g} seconds and was cancelled. {remedy}"
    return RequestProblem(503, "TIMEOUT", message, headers=RETRY_AFTER)


def unauthenticated_problem(*, tokens: bool = False) -> RequestProblem:
    """Report missing or invalid credentials; `tokens` if the server accepts those of an issuer as well."""
    needed = "API key or token" if tokens else "API key"
    header = "`Authorization: Bearer pur_…`" + (" or `Authorization: Bearer <token>`" if tokens else "")
    # The same for every cause: the difference would help somebody who guesses keys.
    message = f"The {needed} is missing or invalid. Send the header {header}."
    return RequestProblem(
        401, "UNAUTHENTICATED", message, headers={"WWW-Authenticate": 'Bearer realm="pursuit"'}
    )


def unavailable_problem() -> RequestProblem:
    """Report that the database does not answer."""
    message = "The database does not answer. Try again in a moment."
    return RequestProblem(503, "UNAVAILABLE", message, headers=RETRY_AFTER)


def internal_error(request_id: str) -> dict[str, Any]:
    """Describe an internal error by the request id only; the log has the rest."""
    return {
        "message": f"An internal error occurred. Give your administrator the request id {request_id}.",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
    }


def internal_error_response(request_id: str) -> OrjsonResponse:
    """Return the HTTP response of a request that failed with an internal error."""
    return OrjsonResponse(
        {"errors": [internal_error(request_id)]}, status_code=500, headers={"X-Request-Id": request_id}
    )


def execution_error(error: GraphQLError, *, request_id: str) -> dict[str, Any]:
    """Format an error of a variable or a field; log and mask an unexpected one."""
    original = _root_cause(error)
    if "code" in (error.extensions or {}):
        return _with_code(error, str((error.extensions or {})["code"]))
    if isinstance(original, RequestInProgressError):
        return _with_code(error, CONFLICT)
    if isinstance(original, Refusal):
        return _with_code(
            error, "FORBIDDEN" if isinstance(original, PermissionDeniedError) else "BAD_USER_INPUT"
        )
    if _is_invalid_input(error, original):
        return _with_code(error, "BAD_USER_INPUT")
    return _unexpected_error(error, request_id=request_id)


def http_status(codes: Collection[str], *, ran: bool, media_type: str) -> int:
    """Return the status of a response: 503 or 409 for a retry, 400 if nothing ran, otherwise 200."""
    for code, status in STATUS_OF_CODE.items():
        if code in codes:
            return status
    return 400 if not ran and REQUEST_ERROR_CODES & set(codes) and media_type == GRAPHQL_JSON else 200


def _is_invalid_input(error: GraphQLError, original: BaseException) -> bool:
    """True for a variable or an argument that does not fit its type."""
    # graphql-core names the place in the document for these errors, and Strawberry raises one of its own
    # without a place for two fields of a @oneOf input; an exception of our code has only a path.
    if error.path is None:
        return bool(error.nodes) or isinstance(original, GraphQLError)
    return isinstance(original, GraphQLError) and bool(original.nodes)


def _unexpected_error(error: GraphQLError, *, request_id: str) -> dict[str, Any]:
    original = _root_cause(error)
    if isinstance(original, UnavailableError):
        return {**error.formatted, **unavailable_problem().errors[0]}
    logger.error("the field %s failed", error.path, exc_info=original, extra={"request_id": request_id})
    return {**error.formatted, **internal_error(request_id)}


def _with_code(error: GraphQLError, code: str) -> dict[str, Any]:
    return {**error.formatted, "extensions": {**(error.extensions or {}), "code": code}}


def _root_cause(error: GraphQLError) -> BaseException:
    found: BaseException = error
    while isinstance(found, GraphQLError) and found.original_error is not None:
        found = found.original_error
    return found
