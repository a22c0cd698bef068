"""The application: unknown paths, and the headers of every answer."""

import time

import httpx

from api.app import build_services
from api.config.settings import Settings
from tests.support.answers import error_code
from tests.support.serving import SECRET_KEY

ROLE = "{ viewer { role } }"


async def test_an_unknown_path_has_the_same_error_shape(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")

    assert (answer.status_code, error_code(answer)) == (404, "BAD_USER_INPUT")


async def test_an_answer_carries_its_request_id_and_safety_headers(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": ROLE}, headers={"X-Request-Id": "abc-1"})

    assert answer.headers["X-Request-Id"] == "abc-1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_another_method_has_the_same_error_shape(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/healthz")

    assert (answer.status_code, error_code(answer)) == (405, "BAD_USER_INPUT")
    assert answer.json()["errors"][0]["message"] == "DELETE is not allowed here."


def test_tokens_are_accepted_only_with_an_issuer() -> None:
    key = {"PURSUIT_SECRET_KEY": SECRET_KEY}
    issuer = {"PURSUIT_OIDC_ISSUER": "https://login.example.com", "PURSUIT_OIDC_AUDIENCE": "pursuit"}

    without = build_services(Settings.read(key), time.monotonic).authenticator
    with_issuer = build_services(Settings.read(key | issuer), time.monotonic).authenticator

    assert without is None
    assert with_issuer is not None
    assert with_issuer.verifier.issuer.address == "https://login.example.com"
