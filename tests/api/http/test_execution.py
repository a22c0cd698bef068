"""Execution: preparation and its charge, the store of persisted queries, and the responses."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from api.http.documents import DocumentCache
from api.http.execution import Executor
from api.http.persisted_queries import PersistedQueries
from api.http.problems import RequestProblem
from api.http.rate_limit import RateLimit
from api.http.requests import GraphQLRequest
from schema.core.context import RequestContext
from tests.support.organizations import TestOrganization

ROLE = "{ viewer { role } }"
POINTS = 100


@pytest.fixture
def executor() -> Executor:
    """Return an executor with a limit of 100 points."""
    return Executor(DocumentCache(introspection=True), PersistedQueries(), RateLimit(POINTS), deadline=10)


def persisted(text: str, *, by_hash_only: bool = False) -> GraphQLRequest:
    """Return a request with the hash of a document, with or without its text."""
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}
    return GraphQLRequest(None if by_hash_only else text, None, None, extensions)


@pytest.mark.parametrize(
    "request_", [GraphQLRequest("{ nothing }", None, None), persisted(ROLE, by_hash_only=True)]
)
async def test_a_request_that_cannot_run_is_charged_too(
    executor: Executor, organization: TestOrganization, request_: GraphQLRequest
) -> None:
    with pytest.raises(RequestProblem) as refused:
        await executor.prepare(organization.ctx.viewer, request_)

    cost = refused.value.body()["extensions"]["cost"]
    assert (cost["requested"], cost["remaining"]) == (1, POINTS - 1)


async def test_only_a_valid_document_is_stored_under_its_hash(
    executor: Executor, organization: TestOrganization
) -> None:
    with pytest.raises(RequestProblem):
        await executor.prepare(organization.ctx.viewer, persisted("{ nothing }"))
    await executor.prepare(organization.ctx.viewer, persisted(ROLE))

    found = await executor.prepare(organization.ctx.viewer, persisted(ROLE, by_hash_only=True))
    with pytest.raises(RequestProblem) as unknown:
        await executor.prepare(organization.ctx.viewer, persisted("{ nothing }", by_hash_only=True))

    assert found.text == ROLE
    assert unknown.value.code == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_query_over_a_stream_has_one_response(
    executor: Executor, organization: TestOrganization
) -> None:
    viewer = organization.ctx.viewer
    prepared = await executor.prepare(viewer, GraphQLRequest(ROLE, None, None))
    context = RequestContext(viewer=viewer, now=datetime.now(UTC), request_id="r1")

    [response] = [one async for one in executor.stream(prepared, context)]

    assert (prepared.is_subscription, response.ran, response.codes) == (False, True, set())
    assert response.body["data"] == {"viewer": {"role": "ADMIN"}}
    assert response.body["extensions"]["cost"]["requested"] == 1


async def test_a_request_that_fails_before_execution_has_no_data(
    executor: Executor, organization: TestOrganization
) -> None:
    viewer = organization.ctx.viewer
    request = GraphQLRequest("query($id: ID!) { opportunity(id: $id) { name } }", {"id": {}}, None)
    prepared = await executor.prepare(viewer, request)
    context = RequestContext(viewer=viewer, now=datetime.now(UTC), request_id="r1")

    response = await executor.execute(prepared, context)

    assert (response.ran, response.codes) == (False, {"BAD_USER_INPUT"})
    assert "data" not in response.body
