"""Isolation: every field and every mutation, by every viewer, with ids of their own and of others.

An answer must be the same as on a database without the rows that the viewer does not see and contain no
mark, id or amount of them. New fields are tested automatically; a test fails for an argument without a
known value. See isolation/README.md.
"""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from schema.core.ids import encode
from tests.security.isolation.argument_values import FOREIGN, UNSEEN
from tests.security.isolation.detector import ask, read_stream
from tests.security.isolation.forbidden_mutations import MUTATIONS, untested_ids
from tests.security.isolation.permitted_mutations import comparable_answers, problems_with, valid_writes
from tests.security.isolation.questions import SCHEMA, FieldVisitor, Question, reachable_types
from tests.security.isolation.servers import IsolationServers, isolation_servers, sample_cases
from tests.security.isolation.statement_counts import statements_by_table, with_unknown_ids
from tests.security.isolation.two_organizations import TwoOrganizations, create_two_organizations
from tests.support.counts import FULL, count
from tests.support.databases import Databases
from tests.support.mutation_cases.all_cases import MUTATION_CASES
from tests.support.subscription_clients import CHANGED, open_stream
from workflow.models.engine.database import open_database
from workflow.queries.events.events import FEED_START

CASES = 2_000
"""Number of cases under `make prove`."""
FEED = "{ events(first: 100) { nodes { id } } }"
LIVE = "subscription($after: String) { events(after: $after) { id } }"
LISTED = """{ opportunities { totalCount totalValue { amount } }
  accounts { totalCount } contacts { totalCount } members { totalCount } }"""


@pytest.fixture(scope="module")
async def organizations(run_databases: Databases) -> TwoOrganizations:
    """Yield a database with two organizations."""
    return await create_two_organizations(run_databases)


@pytest.fixture(scope="module")
async def servers(
    run_databases: Databases, organizations: TwoOrganizations
) -> AsyncIterator[IsolationServers]:
    """Yield the servers: one with all rows, and one per group of viewers with only the rows they may see."""
    async with isolation_servers(run_databases, organizations) as running:
        yield running


async def test_every_table_has_a_visibility(organizations: TwoOrganizations) -> None:
    assert organizations.rows.unclassified_tables() == [], (
        "Add each to a set of tests/security/isolation/expected_visibility.py."
    )


async def test_the_viewers_cover_every_role_and_visibility(organizations: TwoOrganizations) -> None:
    seen = [(len(together), len(together[0].deals)) for together in organizations.visibility_groups]

    assert [people for people, _ in seen] == [4, 4, 7] * 2
    assert [deals for _, deals in seen] == [7, 14, 33] * 2


async def test_every_reachable_field_is_queried(servers: IsolationServers) -> None:
    found = FieldVisitor()
    for query in {one.question.query for one in servers.questions()}:
        found.visit_document(query)

    types = [SCHEMA.type_map[name] for name in reachable_types()]
    fields = {
        (kind.name, name)
        for kind in types
        if not kind.name.startswith("__")
        for name in getattr(kind, "fields", ())
    }
    objects = {(kind, name) for kind, name in fields if kind not in ("Node", "Problem")}
    never = sorted(".".join(one) for one in objects - found.fields)
    assert never == [], "Add a question for each in tests/security/isolation/questions.py."


def test_every_id_of_every_mutation_is_tested() -> None:
    assert set(MUTATION_CASES) == set(MUTATIONS)
    never = [place for mutation in MUTATIONS for place in untested_ids(mutation)]
    assert never == [], (
        "Add a `$name` for each to tests/support/mutation_cases/all_cases.py, "
        "or to OPTIONAL_IDS in tests/security/isolation/forbidden_mutations.py."
    )


async def test_a_subscription_to_a_hidden_deal_looks_like_one_to_nothing(servers: IsolationServers) -> None:
    assert SCHEMA.subscription_type is not None
    assert set(SCHEMA.subscription_type.fields) == {"opportunityChanged", "events", "alertChanged"}, (
        "Test each here, with hidden and foreign ids."
    )
    facts = servers.organizations.rows
    cases = [
        (visibility, encode("Opportunity", UUID(row["id"])))
        for visibility in servers.viewers()
        for row in (
            *visibility.hidden_rows("opportunity"),
            *facts.rows_of(servers.organizations.other(visibility).id, "opportunity"),
        )
    ]
    chosen = cases if FULL else cases[:: len(cases) // 200]

    streams = {
        await read_stream(servers.full, servers.organizations.key(visibility), CHANGED, id=id)
        for visibility, id in chosen
    }

    assert len(chosen) >= 200
    assert streams == {
        await read_stream(servers.full, servers.organizations.key(chosen[0][0]), CHANGED, id="nothing")
    }


async def test_the_live_feed_has_the_same_events_as_its_pages(servers: IsolationServers) -> None:
    for visibility in (together[0] for together in servers.organizations.visibility_groups):
        pages = await ask(
            servers.full, servers.organizations.key(visibility), Question("events", "own", FEED)
        )
        seen = [node["id"] for node in pages.body["data"]["events"]["nodes"]]

        headers = {"Authorization": f"Bearer {servers.organizations.key(visibility)}"}
        async with open_stream(servers.full, LIVE, headers, after=FEED_START.cursor()) as events:
            ids = [(await anext(events))["data"]["events"]["id"] for _ in seen]

        assert len(seen) > 10
        assert ids == seen


async def test_lists_and_totals_are_exactly_what_a_viewer_sees(servers: IsolationServers) -> None:
    for visibility in servers.viewers():
        answer = await ask(
            servers.full, servers.organizations.key(visibility), Question("lists", "own", LISTED)
        )

        data = answer.body["data"]
        sums = sum(row["base_minor"] for row in visibility.visible_rows("opportunity"))
        assert {name: found["totalCount"] for name, found in data.items()} == {
            "opportunities": len(visibility.deals),
            **{f"{name}s": len(visibility.visible_rows(name)) for name in ("account", "contact", "member")},
        }
        assert data["opportunities"]["totalValue"] == {"amount": f"{sums // 100}.{sums % 100:02d}"}, str(
            visibility.viewer
        )


async def test_no_query_leaks_hidden_records(servers: IsolationServers) -> None:
    cases = servers.questions()
    chosen = sample_cases(
        cases, lambda one: (one.question.place, one.question.per_viewer and one.question.kind)
    )

    leaks = await servers.leaks(chosen)

    assert len(cases) >= CASES
    assert len(chosen) >= count(CASES, part=50)
    assert leaks == [], "\n".join(leaks)


async def test_mutations_with_hidden_ids_are_refused_as_not_found(servers: IsolationServers) -> None:
    cases = servers.forbidden_mutations()
    chosen = sample_cases(cases, lambda one: (one.question.place, one.question.kind))

    faults = await servers.failures(chosen)

    assert len(cases) >= CASES
    assert len(chosen) >= count(CASES, part=50)
    assert faults == [], "\n".join(faults)


async def test_hidden_and_unknown_ids_take_the_same_statements(servers: IsolationServers) -> None:
    first = {id(together[0]) for together in servers.organizations.visibility_groups}
    cases = [
        one
        for one in (*servers.questions(), *servers.forbidden_mutations())
        if one.question.kind in (UNSEEN, FOREIGN)
    ]
    chosen = sample_cases(
        [one for one in cases if id(one.visibility) in first], lambda one: one.question.place
    )

    uneven = []
    async with open_database(servers.organizations.url, all_contexts=False):
        for one in chosen:
            key = servers.organizations.key(one.visibility)
            nothing = with_unknown_ids(one.question, one.visibility)
            taken = [await statements_by_table(question, key) for question in (one.question, nothing)]
            if taken[0] != taken[1]:
                uneven.append(f"{one}: {dict(taken[0])} but {dict(taken[1])} for nothing")

    assert uneven == [], "\n".join(uneven)


def test_two_organizations_that_do_the_same_get_the_same_answers(organizations: TwoOrganizations) -> None:
    first, second = (comparable_answers(half) for half in organizations.both)

    assert len(first) > 50
    for one, other in zip(first, second, strict=True):
        assert one == other


async def test_a_permitted_write_changes_no_hidden_rows(organizations: TwoOrganizations) -> None:
    people = [
        one
        for together in organizations.visibility_groups
        for one in together
        if str(one.viewer) == "ADMIN TEAM"
    ]

    wrong = []
    async with open_database(organizations.url, all_contexts=False):
        for visibility in people[: 2 if FULL else 1]:
            for mutation, input in valid_writes():
                wrong += [
                    f"{mutation}: {problem}"
                    for problem in await problems_with(organizations, visibility, mutation, input)
                ]

    assert wrong == [], "\n".join(wrong)
