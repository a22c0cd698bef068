"""Pages of other origins can read answers only if the settings allow their origin."""

import httpx
import pytest

from api.app import create_app
from api.config.settings import Settings
from tests.support.organizations import TestOrganization
from tests.support.serving import NO_TLS

APP = "https://app.example.com"
ROLE = {"query": "{ viewer { role } }"}
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
}


def client_for(database: str, origins: str) -> httpx.AsyncClient:
    """Yield a client of an application that allows these origins."""
    app = create_app(Settings.read({"PURSUIT_DATABASE_URL": database, "PURSUIT_CORS_ORIGINS": origins}))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://inside", verify=NO_TLS)


@pytest.mark.parametrize(
    ("origins", "origin"),
    [(APP, APP), (f"http://localhost:5173, {APP}", APP), ("*", "https://any.example.com")],
)
async def test_an_allowed_origin_may_read_answers(
    database: str, organization: TestOrganization, origins: str, origin: str
) -> None:
    async with client_for(database, origins) as client:
        allowed = await client.options("/graphql", headers={"Origin": origin, **PREFLIGHT})
        credentials = {"Authorization": f"Bearer {organization.api_key}"}
        answer = await client.post("/graphql", json=ROLE, headers={"Origin": origin, **credentials})

    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (
        200,
        "*" if origins == "*" else origin,
    )
    assert answer.headers["Access-Control-Allow-Origin"] == ("*" if origins == "*" else origin)
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origins", ["", APP])
async def test_another_origin_may_not_read_answers(
    database: str, organization: TestOrganization, origins: str
) -> None:
    origin = "https://elsewhere.example.com"
    async with client_for(database, origins) as client:
        asked = await client.options("/graphql", headers={"Origin": origin, **PREFLIGHT})
        credentials = {"Authorization": f"Bearer {organization.api_key}"}
        answer = await client.post("/graphql", json=ROLE, headers={"Origin": origin, **credentials})

    assert asked.status_code in (400, 405)
    assert [one.headers.get("Access-Control-Allow-Origin") for one in (asked, answer)] == [None, None]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_cross_site_form_changes_nothing(client: httpx.AsyncClient, content_type: str) -> None:
    body = b'{"query": "mutation { createAccount(input: {name: \\"Forged\\"}) { __typename } }"}'

    answer = await client.post("/graphql", content=body, headers={"Content-Type": content_type})

    assert answer.status_code == 415
    listed = await client.post("/graphql", json={"query": "{ accounts { totalCount } }"})
    assert listed.json()["data"] == {"accounts": {"totalCount": 0}}
