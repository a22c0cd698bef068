"""A refusal writes nothing: every table before it and after is the same, for each mutation and each problem it can answer."""

from collections.abc import AsyncIterator

import pytest
from graphql import GraphQLObjectType, GraphQLUnionType, build_schema, get_named_type

from schema import schema
from tests.support.counts import some
from tests.support.database_dump import differences, dump
from tests.support.databases import Databases
from tests.support.fixtures import Stage, new_stage, staged
from tests.support.mutation_cases.all_cases import ATTEMPTS

GRAPH = build_schema(schema.as_str())
assert GRAPH.mutation_type
MUTATIONS = GRAPH.mutation_type.fields
WHO = {"NotFound": "stranger", "PermissionDenied": "observer"}
"""Whose key the attempt brings; else the admin's."""


def problems(mutation: str) -> list[str]:
    """What the mutation may answer instead of doing it."""
    union = get_named_type(MUTATIONS[mutation].type)
    assert isinstance(union, GraphQLUnionType)
    return [kind.name for kind in union.types if _is_problem(kind)]


def _is_problem(kind: GraphQLObjectType) -> bool:
    return any(interface.name == "Problem" for interface in kind.interfaces)


def query(mutation: str) -> str:
    """The mutation, asked for what it answers."""
    kind = get_named_type(MUTATIONS[mutation].args["input"].type).name
    return (
        f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ __typename ... on Problem {{ code message }} }} }}"
    )


REFUSALS = [
    (mutation, problem)
    for mutation in MUTATIONS
    for problem in problems(mutation)
    if mutation in ATTEMPTS and problem not in ATTEMPTS[mutation].never
]
DRY_RUNS = [
    mutation for mutation in MUTATIONS if "dryRun" in get_named_type(MUTATIONS[mutation].args["input"].type).fields
]


@pytest.fixture(scope="module")
async def stage(run_databases: Databases) -> AsyncIterator[Stage]:
    """A stage that refusals share, for they leave it as it is."""
    url = await run_databases.copy()
    async with staged(url) as made:
        yield made
    await run_databases.drop(url)


def test_every_mutation_is_tried_and_every_problem_of_it_placed() -> None:
    assert set(ATTEMPTS) == set(MUTATIONS)
    for mutation, row in ATTEMPTS.items():
        assert row.never <= set(problems(mutation)), mutation


@pytest.mark.parametrize(("mutation", "problem"), some(REFUSALS, every=6))
async def test_a_refusal_writes_nothing(stage: Stage, mutation: str, problem: str) -> None:
    before = await dump(stage.url)

    answer = await stage.ask(WHO.get(problem, "admin"), query(mutation), ATTEMPTS[mutation].input(problem))

    assert answer["__typename"] == problem, answer
    assert answer["message"]
    assert differences(before, await dump(stage.url)) == {}


@pytest.mark.parametrize("mutation", DRY_RUNS)
async def test_a_dry_run_writes_nothing(stage: Stage, mutation: str) -> None:
    before = await dump(stage.url)

    answer = await stage.ask("admin", query(mutation), {**ATTEMPTS[mutation].done, "dryRun": True})

    assert answer["__typename"] in ("TransitionSucceeded", "BulkSummary", "ImportSummary"), answer
    assert differences(before, await dump(stage.url)) == {}


@pytest.mark.parametrize("mutation", some(MUTATIONS, every=6))
async def test_the_same_attempt_unrefused_writes_and_tells_each_fact_in_one_event(stage: Stage, mutation: str) -> None:
    fresh = await new_stage(stage.url, stage.server)
    before = await dump(stage.url)

    answer = await fresh.ask("admin", query(mutation), ATTEMPTS[mutation].done)

    assert answer["__typename"] not in problems(mutation), answer
    gone, new = differences(before, await dump(stage.url)).get("event", ([], []))
    follows = ("alert.", "milestone.missed")
    new = [row for row in new if not any(str(value).startswith(follows) for value in row)]
    assert (gone, len(new)) == ([], ATTEMPTS[mutation].facts)
