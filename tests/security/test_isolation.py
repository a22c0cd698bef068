"""Nobody is told of what they may not see: every field and every mutation, by everybody, with ids of their own and of others.

An answer must be the very same where what a person does not see is not there at all, and hold no word, id or amount of it.
A new field is asked by itself; where nothing says what belongs in one of its arguments, a test names the place that must say it.
"""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from schema.core.ids import encode
from tests.security.isolation.argument_values import FOREIGN, UNSEEN
from tests.security.isolation.detector import asked, streamed
from tests.security.isolation.forbidden_mutations import MUTATIONS, never_named
from tests.security.isolation.permitted_mutations import story, writes, wrongs
from tests.security.isolation.questions import GRAPH, Asked, Question, reached
from tests.security.isolation.servers import Scene, picked, scene
from tests.security.isolation.statement_counts import nobodys, statements_of
from tests.security.isolation.two_organizations import World, new_world
from tests.support.counts import FULL, count
from tests.support.databases import Databases
from tests.support.mutation_cases.all_cases import ATTEMPTS
from tests.support.subscription_clients import CHANGED, stream
from workflow.models.engine.database import open_database
from workflow.queries.events.events import FEED_START

CASES = 2_000
"""How many the issue names."""
FEED = "{ events(first: 100) { nodes { id } } }"
LIVE = "subscription($after: String) { events(after: $after) { id } }"
LISTED = "{ opportunities { totalCount totalValue { amount } } accounts { totalCount } contacts { totalCount } members { totalCount } }"


@pytest.fixture(scope="module")
async def world(run_databases: Databases) -> World:
    """Two organizations."""
    return await new_world(run_databases)


@pytest.fixture(scope="module")
async def served(run_databases: Databases, world: World) -> AsyncIterator[Scene]:
    """The two, and beside them each world in which nothing is but what some see."""
    async with scene(run_databases, world) as made:
        yield made


async def test_of_every_table_it_is_said_who_sees_its_rows(world: World) -> None:
    assert world.facts.unplaced() == [], "Give each a place in tests/security/isolation/expected_visibility.py."


async def test_there_are_people_of_every_role_and_visibility_who_see_all_some_and_little(world: World) -> None:
    seen = [(len(together), len(together[0].deals)) for together in world.classes]

    assert [people for people, _ in seen] == [4, 4, 7] * 2
    assert [deals for _, deals in seen] == [7, 14, 33] * 2


async def test_every_field_that_a_query_reaches_is_asked(served: Scene) -> None:
    found = Asked()
    for query in {one.question.query for one in served.asked()}:
        found.read(query)

    types = [GRAPH.type_map[name] for name in reached()]
    fields = {
        (kind.name, name) for kind in types if not kind.name.startswith("__") for name in getattr(kind, "fields", ())
    }
    objects = {(kind, name) for kind, name in fields if kind not in ("Node", "Problem")}
    never = sorted(".".join(one) for one in objects - found.fields)
    assert never == [], "Say in tests/security/isolation/questions.py how each is asked."


def test_every_id_of_every_mutation_is_tried() -> None:
    assert set(ATTEMPTS) == set(MUTATIONS)
    never = [place for mutation in MUTATIONS for place in never_named(mutation)]
    assert never == [], (
        "Give each a `$name` in tests/support/mutation_cases/all_cases.py or in BESIDE of tests/security/isolation/forbidden_mutations.py."
    )


async def test_a_subscription_to_what_is_not_the_viewers_is_as_one_to_nothing(served: Scene) -> None:
    assert GRAPH.subscription_type is not None
    assert set(GRAPH.subscription_type.fields) == {"opportunityChanged", "events", "alertChanged"}, (
        "Try each here, with ids that are not theirs."
    )
    facts = served.world.facts
    cases = [
        (sight, encode("Opportunity", UUID(row["id"])))
        for sight in served.people()
        for row in (*sight.unseen("opportunity"), *facts.of(served.world.other(sight).id, "opportunity"))
    ]
    chosen = cases if FULL else cases[:: len(cases) // 200]

    told = {await streamed(served.full, served.world.key(sight), CHANGED, id=id) for sight, id in chosen}

    assert len(chosen) >= 200
    assert told == {await streamed(served.full, served.world.key(chosen[0][0]), CHANGED, id="nothing")}


async def test_the_feed_as_it_goes_on_tells_what_its_pages_tell(served: Scene) -> None:
    for sight in (together[0] for together in served.world.classes):
        pages = await asked(served.full, served.world.key(sight), Question("events", "own", FEED))
        seen = [node["id"] for node in pages.body["data"]["events"]["nodes"]]

        headers = {"Authorization": f"Bearer {served.world.key(sight)}"}
        async with stream(served.full, LIVE, headers, after=FEED_START.cursor()) as events:
            told = [(await anext(events))["data"]["events"]["id"] for _ in seen]

        assert len(seen) > 10
        assert told == seen


async def test_everybody_is_told_of_what_they_see_and_of_how_much_that_is(served: Scene) -> None:
    for sight in served.people():
        answer = await asked(served.full, served.world.key(sight), Question("lists", "own", LISTED))

        told, sums = answer.body["data"], sum(row["base_minor"] for row in sight.seen("opportunity"))
        assert {name: found["totalCount"] for name, found in told.items()} == {
            "opportunities": len(sight.deals),
            **{f"{name}s": len(sight.seen(name)) for name in ("account", "contact", "member")},
        }
        assert told["opportunities"]["totalValue"] == {"amount": f"{sums // 100}.{sums % 100:02d}"}, str(sight.person)


async def test_what_is_asked_tells_nothing_of_what_is_not_the_viewers(served: Scene) -> None:
    cases = served.asked()
    chosen = picked(cases, lambda one: (one.question.what, one.question.each and one.question.kind))

    leaks = await served.leaks(chosen)

    assert len(cases) >= CASES
    assert len(chosen) >= count(CASES, part=50)
    assert leaks == [], "\n".join(leaks)


async def test_what_is_tried_with_what_is_not_the_writers_is_refused_as_if_it_were_not_there(served: Scene) -> None:
    cases = served.tried()
    chosen = picked(cases, lambda one: (one.question.what, one.question.kind))

    slips = await served.slips(chosen)

    assert len(cases) >= CASES
    assert len(chosen) >= count(CASES, part=50)
    assert slips == [], "\n".join(slips)


async def test_what_is_not_the_viewers_takes_the_statements_that_nothing_takes(served: Scene) -> None:
    first = {id(together[0]) for together in served.world.classes}
    cases = [one for one in (*served.asked(), *served.tried()) if one.question.kind in (UNSEEN, FOREIGN)]
    chosen = picked([one for one in cases if id(one.sight) in first], lambda one: one.question.what)

    uneven = []
    async with open_database(served.world.url, all_contexts=False):
        for one in chosen:
            key, nothing = served.world.key(one.sight), nobodys(one.question, one.sight)
            taken = [await statements_of(question, key) for question in (one.question, nothing)]
            if taken[0] != taken[1]:
                uneven.append(f"{one}: {dict(taken[0])} but {dict(taken[1])} for nothing")

    assert uneven == [], "\n".join(uneven)


def test_two_organizations_that_do_the_same_are_told_the_same(world: World) -> None:
    first, second = (story(half) for half in world.halves)

    assert len(first) > 50
    for one, other in zip(first, second, strict=True):
        assert one == other


async def test_a_write_that_is_right_is_done_and_leaves_all_alone_that_the_writer_does_not_see(world: World) -> None:
    people = [one for together in world.classes for one in together if str(one.person) == "ADMIN TEAM"]

    wrong = []
    async with open_database(world.url, all_contexts=False):
        for sight in people[: 2 if FULL else 1]:
            for mutation, input in writes():
                wrong += [f"{mutation}: {told}" for told in await wrongs(world, sight, mutation, input)]

    assert wrong == [], "\n".join(wrong)
