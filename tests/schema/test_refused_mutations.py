"""A refusal writes nothing: for each mutation and each of its problems, all tables stay the same."""

from collections.abc import AsyncIterator

import pytest
from graphql import GraphQLObjectType, GraphQLUnionType, build_schema, get_named_type

from schema import schema
from tests.support.counts import sample
from tests.support.database_dump import differences, dump
from tests.support.databases import Databases
from tests.support.fixtures import MutationFixtures, create_mutation_fixtures, mutation_fixtures
from tests.support.mutation_cases.all_cases import MUTATION_CASES

GRAPH = build_schema(schema.as_str())
assert GRAPH.mutation_type
MUTATIONS = GRAPH.mutation_type.fields
REFUSED_ASKERS = {"NotFound": "stranger", "PermissionDenied": "observer"}
"""The role whose key is used. Default: the admin's."""


def problems(mutation: str) -> list[str]:
    """Return the problems that a mutation can answer with."""
    union = get_named_type(MUTATIONS[mutation].type)
    assert isinstance(union, GraphQLUnionType)
    return [kind.name for kind in union.types if _is_problem(kind)]


def _is_problem(kind: GraphQLObjectType) -> bool:
    return any(interface.name == "Problem" for interface in kind.interfaces)


def query(mutation: str) -> str:
    """Return the mutation with the fields of its results."""
    kind = get_named_type(MUTATIONS[mutation].args["input"].type).name
    return (
        f"mutation($input: {kind}!) "
        f"{{ {mutation}(input: $input) {{ __typename ... on Problem {{ code message }} }} }}"
    )


REFUSALS = [
    (mutation, problem)
    for mutation in MUTATIONS
    for problem in problems(mutation)
    if mutation in MUTATION_CASES and problem not in MUTATION_CASES[mutation].impossible
]
DRY_RUNS = [
    mutation
    for mutation in MUTATIONS
    if "dryRun" in get_named_type(MUTATIONS[mutation].args["input"].type).fields
]


@pytest.fixture(scope="module")
async def fixtures(run_databases: Databases) -> AsyncIterator[MutationFixtures]:
    """An organization that all refusals share, because they do not change it."""
    url = await run_databases.copy()
    async with mutation_fixtures(url) as made:
        yield made
    await run_databases.drop(url)


def test_every_mutation_and_problem_has_a_case() -> None:
    assert set(MUTATION_CASES) == set(MUTATIONS)
    for mutation, row in MUTATION_CASES.items():
        assert row.impossible <= set(problems(mutation)), mutation


@pytest.mark.parametrize(("mutation", "problem"), sample(REFUSALS, every=6))
async def test_a_refusal_writes_nothing(fixtures: MutationFixtures, mutation: str, problem: str) -> None:
    before = await dump(fixtures.url)

    answer = await fixtures.ask(
        REFUSED_ASKERS.get(problem, "admin"), query(mutation), MUTATION_CASES[mutation].input(problem)
    )

    assert answer["__typename"] == problem, answer
    assert answer["message"]
    assert differences(before, await dump(fixtures.url)) == {}


@pytest.mark.parametrize("mutation", DRY_RUNS)
async def test_a_dry_run_writes_nothing(fixtures: MutationFixtures, mutation: str) -> None:
    before = await dump(fixtures.url)

    answer = await fixtures.ask("admin", query(mutation), {**MUTATION_CASES[mutation].valid, "dryRun": True})

    assert answer["__typename"] in ("TransitionSucceeded", "BulkSummary", "ImportSummary"), answer
    assert differences(before, await dump(fixtures.url)) == {}


@pytest.mark.parametrize("mutation", sample(MUTATIONS, every=6))
async def test_the_valid_case_writes_the_expected_number_of_events(
    fixtures: MutationFixtures, mutation: str
) -> None:
    fresh = await create_mutation_fixtures(fixtures.url, fixtures.server)
    before = await dump(fixtures.url)

    answer = await fresh.ask("admin", query(mutation), MUTATION_CASES[mutation].valid)

    assert answer["__typename"] not in problems(mutation), answer
    gone, new = differences(before, await dump(fixtures.url)).get("event", ([], []))
    follows = ("alert.", "milestone.missed")
    new = [row for row in new if not any(str(value).startswith(follows) for value in row)]
    assert (gone, len(new)) == ([], MUTATION_CASES[mutation].events)
