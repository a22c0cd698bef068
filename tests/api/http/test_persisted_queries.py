"""Automatic persisted queries: a document is sent once, then only its hash; organizations share none."""

import hashlib
from typing import Any

import httpx
import pytest

from api.http.persisted_queries import PersistedQueries
from api.http.problems import RequestProblem
from tests.support.answers import error_code
from tests.support.organizations import new_organization
from tests.support.serving import Server

ROLE = "{ viewer { role } }"


def digest(query: str) -> dict[str, Any]:
    """Return the extensions of a request with the hash of a document."""
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


async def test_a_document_is_sent_once_and_then_its_hash(client: httpx.AsyncClient) -> None:
    query = f"query Once {ROLE}"

    unknown = await client.post("/graphql", json={"extensions": digest(query)})
    sent = await client.post("/graphql", json={"query": query, "extensions": digest(query)})
    known = await client.post("/graphql", json={"extensions": digest(query)})

    assert (unknown.status_code, error_code(unknown)) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert [answer.json()["data"] for answer in (sent, known)] == [{"viewer": {"role": "ADMIN"}}] * 2


async def test_by_get_the_hash_is_enough_too(client: httpx.AsyncClient) -> None:
    query = f"query ByGet {ROLE}"
    await client.post("/graphql", json={"query": query, "extensions": digest(query)})
    hashed = (
        f'{{"persistedQuery":{{"version":1,"sha256Hash":"{digest(query)["persistedQuery"]["sha256Hash"]}"}}}}'
    )

    answer = await client.get(
        "/graphql", params={"extensions": hashed}, headers={"Accept": "application/json"}
    )

    assert answer.json()["data"] == {"viewer": {"role": "ADMIN"}}


async def test_a_mutation_by_hash_is_sent_by_post_alone(client: httpx.AsyncClient) -> None:
    query = 'mutation { createAccount(input: { name: "Acme" }) { __typename } }'
    await client.post("/graphql", json={"query": query, "extensions": digest(query)})
    hashed = (
        f'{{"persistedQuery":{{"version":1,"sha256Hash":"{digest(query)["persistedQuery"]["sha256Hash"]}"}}}}'
    )

    answer = await client.get(
        "/graphql", params={"extensions": hashed}, headers={"Accept": "application/json"}
    )

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


async def test_another_organizations_document_is_not_known(client: httpx.AsyncClient, server: Server) -> None:
    query = f"query Theirs {ROLE}"
    await client.post("/graphql", json={"query": query, "extensions": digest(query)})

    other = await new_organization()
    async with server.client(other.api_key) as stranger:
        assert (
            error_code(await stranger.post("/graphql", json={"extensions": digest(query)}))
            == "PERSISTED_QUERY_NOT_FOUND"
        )


async def test_a_document_that_cannot_run_is_not_kept(client: httpx.AsyncClient) -> None:
    query = "{ nothing }"
    await client.post("/graphql", json={"query": query, "extensions": digest(query)})

    assert (
        error_code(await client.post("/graphql", json={"extensions": digest(query)}))
        == "PERSISTED_QUERY_NOT_FOUND"
    )


@pytest.mark.parametrize(
    "persisted",
    [
        {"version": 1, "sha256Hash": "0" * 64},
        {"version": 2, "sha256Hash": digest(ROLE)["persistedQuery"]["sha256Hash"]},
        {"version": 1},
        {"version": 1, "sha256Hash": 5},
        "hash",
        [],
    ],
)
async def test_a_hash_that_is_none_is_the_clients_fault(client: httpx.AsyncClient, persisted: object) -> None:
    answer = await client.post("/graphql", json={"query": ROLE, "extensions": {"persistedQuery": persisted}})

    assert (answer.status_code, error_code(answer)) == (400, "BAD_USER_INPUT")


async def test_what_is_kept_is_bounded_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.persisted_queries.MAX_CACHED_CHARACTERS", 100)
    cache = PersistedQueries()
    organization_id = (await new_organization()).id
    queries = [f"{{ a{number}: viewer {{ role }} }}" for number in range(10)]
    for query in queries:
        cache.store(organization_id, query, digest(query))

    assert [cache.resolve(organization_id, None, digest(query)) for query in queries[-3:]] == queries[-3:]
    with pytest.raises(RequestProblem, match="PersistedQueryNotFound"):
        cache.resolve(organization_id, None, digest(queries[0]))
