"""Errors that clients receive have a code and no internal details."""

import logging

import httpx
import pytest
from graphql import GraphQLError

import api.auth.credentials
from api.app import create_app
from api.config.settings import Settings
from api.http.problems import execution_error
from workflow.rules.errors import PermissionDeniedError, UnavailableError, invalid_field

PATH: list[str | int] = ["viewer"]


def test_an_internal_error_is_masked_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = GraphQLError("inner secret", original_error=RuntimeError("inner secret"), path=PATH)

    with caplog.at_level(logging.ERROR):
        formatted = execution_error(error, request_id="r1")

    assert formatted["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "r1"}
    assert formatted["path"] == PATH
    assert "inner secret" not in str(formatted)
    assert "inner secret" in caplog.text


def test_an_internal_error_of_a_subscription_is_masked_too() -> None:
    error = GraphQLError(
        "inner secret", original_error=KeyError("inner secret")
    )  # raised by its stream: no path

    formatted = execution_error(error, request_id="r1")

    assert formatted["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "r1"}
    assert "inner secret" not in str(formatted)


@pytest.mark.parametrize("path", [PATH, None], ids=["field", "subscription"])
@pytest.mark.parametrize(
    ("original", "code"),
    [
        (UnavailableError("pool of 10.0.0.1"), "UNAVAILABLE"),
        (PermissionDeniedError("Ask an admin."), "FORBIDDEN"),
        (invalid_field("first", message="1 to 100."), "BAD_USER_INPUT"),
        (GraphQLError("coded", extensions={"code": "QUERY_TOO_COMPLEX"}), "QUERY_TOO_COMPLEX"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_expected_failure_has_its_code(
    original: Exception, code: str, path: list[str | int] | None
) -> None:
    error = GraphQLError(str(original), original_error=original, path=path)
    formatted = execution_error(error, request_id="r1")

    assert formatted["extensions"] == {"code": code}
    assert "10.0.0.1" not in str(formatted)


@pytest.mark.parametrize("operation", ["query", "subscription"])
async def test_a_variable_of_the_wrong_type_is_the_clients_error(
    operation: str, client: httpx.AsyncClient
) -> None:
    field = "opportunity(id: $id)" if operation == "query" else "opportunityChanged(id: $id)"
    body = {"query": f"{operation}($id: ID!) {{ {field} {{ name }} }}", "variables": {"id": {}}}

    answer = await client.post(
        "/graphql", json=body, headers={"Accept": "application/json, text/event-stream"}
    )

    assert "ID cannot represent value: {}" in answer.text
    assert '"code":"BAD_USER_INPUT"' in answer.text


async def test_an_unreachable_database_is_a_503_with_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise UnavailableError("gone")

    monkeypatch.setattr(api.auth.credentials, "authenticate_api_key", away)

    answer = await _post()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}


async def test_an_internal_error_of_the_authenticator_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("inner secret")

    monkeypatch.setattr(api.auth.credentials, "authenticate_api_key", broken)

    answer = await _post()

    [error] = answer.json()["errors"]
    assert answer.status_code == 500
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["requestId"] == answer.headers["X-Request-Id"]
    assert "inner secret" not in answer.text


async def _post() -> httpx.Response:
    transport = httpx.ASGITransport(app=create_app(Settings()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://pursuit") as client:
        credentials = {"Authorization": "Bearer pur_1_2"}
        return await client.post("/graphql", json={"query": "{ viewer { role } }"}, headers=credentials)
