"""A sales process over HTTP: read, changed, tried and published; each fault has a path into the document."""

from copy import deepcopy
from typing import Any

import pytest

from tests.support.counts import count
from tests.support.database_dump import differences, dump
from tests.support.organizations import TestOrganization
from tests.support.rules.processes import random_process
from tests.support.serving import Server
from tests.support.team import SalesTeam, new_sales_team
from workflow.rules.enums import OpportunityState, Role
from workflow.rules.process.document import encode_process

PUBLISH = """mutation($input: PublishSalesProcessInput!) { publishSalesProcess(input: $input) { __typename
  ... on SalesProcessPublished { process { id key version isDefault document publishedBy { name } } }
  ... on InvalidInput { fields { path message } } ... on Problem { message } } }"""
IMPACT = """query($document: SalesProcessInput!) { processImpact(document: $document) { __typename
  ... on ProcessImpact { openOpportunities gates { trigger requirement wouldPass wouldFail } }
  ... on InvalidInput { fields { path message } } ... on Problem { message } } }"""
READ = '{ salesProcess(key: "default") { document } }'


async def default_document(server: Server, key: str) -> dict[str, Any]:
    """Read the organization's default process."""
    body = await server.ask(key, READ)
    document: dict[str, Any] = body["data"]["salesProcess"]["document"]
    return document


async def publish(server: Server, key: str, document: object, **more: object) -> dict[str, Any]:
    """Publish the document, and return the answer."""
    body = await server.ask(key, PUBLISH, input={"document": document, **more})
    answer: dict[str, Any] = body["data"]["publishSalesProcess"]
    return answer


async def test_a_document_publishes_as_it_was_read(server: Server, organization: TestOrganization) -> None:
    document = await default_document(server, organization.api_key)

    answer = await publish(server, organization.api_key, document)

    assert answer["process"]["version"] == 1
    assert answer["process"]["document"] == document


async def test_random_processes_go_through_http_unchanged(
    server: Server, organization: TestOrganization
) -> None:
    for seed in range(count(1_000, part=40)):
        document = encode_process(random_process(seed))

        answer = await publish(server, organization.api_key, document)

        assert answer["__typename"] == "SalesProcessPublished", (seed, answer)
        assert answer["process"]["document"] == document, seed


async def test_a_changed_document_is_the_next_version_and_the_default(
    server: Server, organization: TestOrganization
) -> None:
    document = await default_document(server, organization.api_key)
    document["name"] = "Ours"

    answer = await publish(server, organization.api_key, document, makeDefault=True)

    assert (answer["process"]["version"], answer["process"]["isDefault"]) == (2, True)
    assert answer["process"]["document"] == document
    assert answer["process"]["publishedBy"] == {"name": "Ada Admin"}


async def test_omitted_parts_are_empty_or_defaults(server: Server, organization: TestOrganization) -> None:
    whole = await default_document(server, organization.api_key)
    gates = [gate for gate in whole["gates"] if gate["trigger"] == "QUALIFY"]
    small = {"key": "small", "name": "Small", "criteria": whole["criteria"], "gates": gates, "states": None}

    answer = await publish(server, organization.api_key, small)

    kept = answer["process"]["document"]
    assert (kept["states"], kept["alertRules"]) == (whole["states"], whole["alertRules"])
    assert (kept["fitRules"], kept["requiredRoles"], kept["milestones"]) == ([], [], [])


@pytest.mark.parametrize("query", [PUBLISH, IMPACT])
async def test_every_fault_is_reported_with_its_path(
    server: Server, organization: TestOrganization, query: str
) -> None:
    document = await default_document(server, organization.api_key)
    document["criteria"][3]["weight"] = -1
    document["gates"][0]["requirements"][0]["test"] = {"criterion": {"key": "pian"}}
    variables = {"input": {"document": document}} if query is PUBLISH else {"document": document}

    body = await server.ask(organization.api_key, query, **variables)

    [answer] = body["data"].values()
    assert answer["__typename"] == "InvalidInput"
    assert [fault["path"] for fault in answer["fields"]] == [
        ["document", "criteria", "3", "weight"],
        ["document", "gates", "0"],
        ["document", "gates", "0", "requirements", "0", "test", "criterion", "key"],
    ]
    assert answer["fields"][2]["message"] == "There is no criterion pian in this document."


async def test_a_requirement_with_two_tests_is_refused_by_the_schema(
    server: Server, organization: TestOrganization
) -> None:
    document = await default_document(server, organization.api_key)
    document["gates"][0]["requirements"][0]["test"]["fit"] = True

    body = await server.ask(organization.api_key, PUBLISH, input={"document": document})

    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.fixture
async def team() -> SalesTeam:
    """A sales team with a deal in each state."""
    return await new_sales_team()


async def test_the_impact_counts_open_deals_that_meet_each_requirement(
    server: Server, team: SalesTeam
) -> None:
    await team.add_deal(OpportunityState.LEAD)
    document = await default_document(server, team.organization.api_key)
    [asked] = [one for one in document["gates"][0]["requirements"] if one["key"] == "fit"]
    talk = {"key": "talk", "label": "Spoken with", "strength": "SOFT", "test": {"activityWithinDays": 30}}
    document["gates"] = [
        {"trigger": "QUALIFY", "requirements": [*document["gates"][0]["requirements"], talk]},
        {"trigger": "LOSE", "requirements": [asked, talk]},
    ]

    body = await server.ask(team.organization.api_key, IMPACT, document=document)

    impact = body["data"]["processImpact"]
    found = {
        (one["trigger"], one["requirement"]): (one["wouldPass"], one["wouldFail"]) for one in impact["gates"]
    }
    assert impact["openOpportunities"] == 4
    assert len(impact["gates"]) == len(document["gates"][0]["requirements"]) + 2
    assert found["QUALIFY", "fit"] == (2, 0)
    assert found["QUALIFY", "talk"] == (0, 2)
    assert found["LOSE", "fit"] == (2, 0)
    assert found["LOSE", "talk"] == (0, 2)


async def test_the_impact_matches_criteria_and_milestones_by_key(server: Server, team: SalesTeam) -> None:
    document = await default_document(server, team.organization.api_key)
    renamed = deepcopy(document)
    for criterion in renamed["criteria"]:
        criterion["label"] = "Another name"
        criterion["weight"] = 7

    answers = [
        await server.ask(team.organization.api_key, IMPACT, document=one) for one in (document, renamed)
    ]

    assert answers[0]["data"] == answers[1]["data"]


async def test_the_impact_changes_nothing(server: Server, team: SalesTeam, database: str) -> None:
    document = await default_document(server, team.organization.api_key)
    before = await dump(database)

    await server.ask(team.organization.api_key, IMPACT, document={**document, "key": "new"})

    assert differences(before, await dump(database)) == {}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_admins_read_the_impact(server: Server, team: SalesTeam, role: Role) -> None:
    document = await default_document(server, team.organization.api_key)
    key = await team.organization.key(role, f"{role.lower()}@example.com")

    body = await server.ask(key, IMPACT, document=document)

    assert body["data"]["processImpact"]["__typename"] == "PermissionDenied"
    assert "Ask an admin" in body["data"]["processImpact"]["message"]


async def test_everyone_reads_the_processes(server: Server, organization: TestOrganization) -> None:
    key = await organization.key(Role.OBSERVER, "olga@example.com")

    body = await server.ask(key, "{ salesProcesses { key version isDefault } }")

    assert body["data"]["salesProcesses"] == [{"key": "default", "version": 1, "isDefault": True}]
