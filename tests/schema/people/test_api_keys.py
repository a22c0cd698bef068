"""Members, teams, settings and API keys over HTTP: for admins only, effective from the next request."""

import asyncio
from typing import Any

import httpx
import pytest

from api.config.settings import Settings
from schema import schema
from schema.core.context import RequestContext
from schema.core.ids import encode
from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.serving import Server
from tests.support.team import ROLES, SalesTeam, new_sales_team
from workflow.models import ApiKey
from workflow.operations.opportunity.bulk import BulkItem, assign_opportunities
from workflow.operations.opportunity.edit import delete_opportunity, update_opportunity
from workflow.operations.people.api_keys import NewApiKey, create_api_key
from workflow.operations.people.members import update_member
from workflow.rules.enums import OpportunityState, Role
from workflow.rules.errors import PermissionDeniedError, RecordClosedError
from workflow.rules.permissions import PERMISSIONS

KEYS = """{ apiKeys { id name role prefix createdAt expiresAt revokedAt member { id }
  createdBy { kind member { id } } } }"""
CREATE_KEY = """mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  ... on ApiKeyChanged { secret apiKey { id prefix } } } }"""
REVOKE_KEY = """mutation($id: ID!) { revokeApiKey(input: { id: $id }) {
  ... on ApiKeyChanged { secret apiKey { id revokedAt } } } }"""
VIEWER = "{ viewer { role permissions } }"
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
@pytest.mark.parametrize("email", [None, "somebody@example.com"])
async def test_only_admins_read_keys(
    server: Server, organization: TestOrganization, role: Role, email: str | None
) -> None:
    key = await organization.key(role, email)
    theirs = (await server.ask(organization.api_key, KEYS))["data"]["apiKeys"][0]["id"]

    answer = await server.ask(key, KEYS)
    node = await server.ask(key, NODE, id=theirs)

    assert answer["data"] is None
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "FORBIDDEN"}]
    assert answer["errors"][0]["message"].endswith(f" {role.lower()} you cannot see API keys. Ask an admin.")
    assert node == {"data": {"node": None}}


async def test_a_key_is_shown_once_acts_and_is_revoked(
    server: Server, organization: TestOrganization
) -> None:
    made = (await server.ask(organization.api_key, CREATE_KEY, input={"name": "Sync", "role": "OBSERVER"}))[
        "data"
    ]
    secret = made["createApiKey"]["secret"]
    key = made["createApiKey"]["apiKey"]
    acts = await server.ask(secret, VIEWER)
    listed = await server.client(organization.api_key).post("/graphql", json={"query": KEYS})

    revoked = (await server.ask(organization.api_key, REVOKE_KEY, id=key["id"]))["data"]["revokeApiKey"]
    gone = await server.client(secret).post("/graphql", json={"query": VIEWER})

    assert secret.startswith(f"{key['prefix']}_")
    assert acts == {"data": {"viewer": {"role": "OBSERVER", "permissions": ["opportunity:read"]}}}
    assert secret.rpartition("_")[2] not in listed.text
    [first, second] = listed.json()["data"]["apiKeys"]
    admin = {"id": encode("Member", organization.admin_id)}
    assert (first["member"], first["createdBy"]) == (admin, {"kind": "SYSTEM", "member": None})
    assert (second["id"], second["member"]) == (key["id"], None)
    assert second["createdBy"] == {"kind": "MEMBER", "member": admin}
    assert (revoked["secret"], revoked["apiKey"]["revokedAt"] is None, gone.status_code) == (None, False, 401)


async def test_a_key_is_created_with_a_budget_and_limited_by_it(
    server: Server, organization: TestOrganization
) -> None:
    create = CREATE_KEY.replace("prefix", "pointsPerMinute").replace(
        "... on", "... on InvalidInput { fields { path } } ... on"
    )
    new = {"name": "Sync", "role": "OBSERVER"}
    answers = [
        (await server.ask(organization.api_key, create, input=new | budget))["data"]["createApiKey"]
        for budget in ({"pointsPerMinute": 2}, {"pointsPerMinute": None}, {"pointsPerMinute": 0})
    ]
    body = await server.ask(organization.api_key, "{ apiKeys { pointsPerMinute } }")
    async with server.client(answers[0]["secret"]) as client:
        statuses = [(await client.post("/graphql", json={"query": VIEWER})).status_code for _ in range(3)]
        dear = (await client.post("/graphql", json={"query": "{ opportunities { nodes { id } } }"})).json()
    async with server.client(answers[1]["secret"]) as client:
        default = (await client.post("/graphql", json={"query": VIEWER})).json()["extensions"]["cost"]

    assert [answer.get("apiKey", {}).get("pointsPerMinute", "refused") for answer in answers] == [
        2,
        None,
        "refused",
    ]
    assert answers[2]["fields"] == [{"path": ["pointsPerMinute"]}]
    assert [key["pointsPerMinute"] for key in body["data"]["apiKeys"]] == [None, 2, None]
    assert statuses == [200, 200, 429]
    assert (dear["extensions"]["cost"]["limit"], default["limit"]) == (2, Settings.rate_limit)
    assert dear["errors"][0]["message"] == (
        "This request costs 21 points. The key has 2 points per minute. "
        "Request less, or use a key with a larger budget."
    )


async def test_the_last_use_is_stored_after_the_answer(
    server: Server, organization: TestOrganization
) -> None:
    made = await create_api_key(organization.ctx, NewApiKey("Sync", Role.REP))
    used: Any = None

    await server.ask(made.api_key, VIEWER)
    async with asyncio.timeout(30):
        while used is None:
            await asyncio.sleep(0.02)
            used = (await ApiKey.filter(id=made.id).values("last_used_at"))[0]["last_used_at"]

    assert (used.second, used.microsecond) == (0, 0)
    body = await server.ask(organization.api_key, "{ apiKeys { lastUsedAt } }")
    assert body["data"]["apiKeys"][1]["lastUsedAt"] == used.isoformat()


@pytest.mark.parametrize("role", Role)
async def test_permissions_follow_the_table_and_the_members_role(
    server: Server, organization: TestOrganization, role: Role
) -> None:
    key = await organization.key(Role.ADMIN, "second@example.com")
    member = (await organization.ctx_of(Role.ADMIN, "second@example.com")).viewer.member_id
    assert member

    await update_member(organization.ctx, member, {"role": role})

    assert await server.ask(key, VIEWER) == {
        "data": {"viewer": {"role": role, "permissions": sorted(PERMISSIONS[role])}}
    }


async def test_a_deactivated_members_key_is_refused_from_the_next_request_on(
    server: Server, organization: TestOrganization
) -> None:
    key = await organization.key(Role.REP, "sam@example.com")
    query = """query { members(role: [REP]) { nodes { id } } }"""
    id = (await server.ask(organization.api_key, query))["data"]["members"]["nodes"][0]["id"]
    change = "mutation($id: ID!) { updateMember(input: { id: $id, active: false }) { __typename } }"

    async with server.client(key) as client:
        before = await client.post("/graphql", json={"query": VIEWER})
        await server.ask(organization.api_key, change, id=id)
        after = await client.post("/graphql", json={"query": VIEWER})

    assert (before.status_code, after.status_code) == (200, 401)


async def test_an_organization_is_found_by_its_own_members_only(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    others = await new_organization()
    ids = [encode("Organization", id) for id in (organization.id, others.id)]

    asked = [{"query": NODE, "variables": {"id": id}} for id in ids]
    ours, theirs = [(await client.post("/graphql", json=body)).json()["data"] for body in asked]

    assert ours == {"node": {"__typename": "Organization", "id": ids[0]}}
    assert theirs == {"node": None}


VIEWER_CAN = "query($id: ID!) { opportunity(id: $id) { viewerCanUpdate viewerCanAssign viewerCanDelete } }"


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """A sales team; each attempt has a deal of its own."""
    return await new_sales_team()


@pytest.mark.parametrize("state", [OpportunityState.QUALIFIED, OpportunityState.LOST])
@pytest.mark.parametrize("who", ROLES)
async def test_viewer_permissions_match_what_the_viewer_may_do(
    team: SalesTeam, who: str, state: OpportunityState
) -> None:
    id = await team.add_deal(state)
    ctx = team.ctx[who]
    if state is OpportunityState.QUALIFIED:
        helpers = [team.member("helper")]
        await update_opportunity(team.ctx["admin"], id, {"collaborator_ids": helpers}, expected_version=None)
    context = RequestContext(viewer=ctx.viewer, now=NOW, request_id="1")
    answer = await schema.execute(
        VIEWER_CAN, variable_values={"id": encode("Opportunity", id)}, context_value=context
    )
    [row] = (await outcome(assign_opportunities(ctx, [BulkItem(id)], team.member("owner")))) or [None]

    can = {
        "viewerCanAssign": row is not None and row.problem is None,
        "viewerCanUpdate": await outcome(update_opportunity(ctx, id, {"name": "Ours"}, expected_version=None))
        is not None,
        "viewerCanDelete": await outcome(delete_opportunity(ctx, id, reason="A test", expected_version=None))
        is not None,
    }

    assert (answer.errors, answer.data) == (None, {"opportunity": can})


async def outcome(attempt: Any) -> Any:
    """Try an action; return None if it is refused by permission or because the deal is closed."""
    try:
        return await attempt
    except (PermissionDeniedError, RecordClosedError):
        return None
