"""API keys: without a valid one, every request is refused."""

import httpx
import pytest

from tests.support.organizations import TestOrganization
from tests.support.serving import Server

QUESTION = {"query": "{ viewer { role } }"}


def assert_unauthorized(answer: httpx.Response) -> bool:
    """Check that an answer is exactly the documented 401."""
    [error] = answer.json()["errors"]
    return (
        answer.status_code == 401
        and answer.headers["WWW-Authenticate"] == 'Bearer realm="pursuit"'
        and error["extensions"] == {"code": "UNAUTHENTICATED"}
        and set(answer.json()) == {"errors"}
    )


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Bearer pur_",
        "Bearer pur_a_b",
        f"Bearer pur_{'a' * 33}_b",
        f"Bearer pur_{'a' * 5000}_b",
        "Basic YTpi",
        "Bearer pur_\N{BULLET}_x",
    ],
)
async def test_no_key_or_a_wrong_one_is_refused(server: Server, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode()}

    async with server.client() as client:
        answer = await client.post("/graphql", json=QUESTION, headers=httpx.Headers(headers))  # type: ignore[arg-type]

    assert assert_unauthorized(answer)


async def test_a_key_with_another_secret_is_refused(server: Server, organization: TestOrganization) -> None:
    prefix, public_id, _ = organization.api_key.split("_", 2)

    async with server.client(f"{prefix}_{public_id}_{'A' * 43}") as client:
        assert assert_unauthorized(await client.post("/graphql", json=QUESTION))


async def test_two_authorization_headers_are_refused(server: Server, organization: TestOrganization) -> None:
    key = ("Authorization", f"Bearer {organization.api_key}")

    async with server.client() as client:
        assert assert_unauthorized(await client.post("/graphql", json=QUESTION, headers=[key, key]))


async def test_credentials_come_before_the_request_is_read(server: Server) -> None:
    async with server.client() as client:
        assert assert_unauthorized(await client.post("/graphql", content=b"not json"))


async def test_the_scheme_is_read_in_any_case(server: Server, organization: TestOrganization) -> None:
    async with server.client(Authorization=f"bEARER {organization.api_key}") as client:
        answer = await client.post("/graphql", json=QUESTION)

    assert answer.json()["data"] == {"viewer": {"role": "ADMIN"}}
