"""Who asks what: the questions of every person in both organizations, and the servers that answer them."""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

import httpx

from api.app import create_app
from api.config.settings import Settings
from tests.security.isolation.argument_values import Values
from tests.security.isolation.detector import Answer, Doors, asked, edges
from tests.security.isolation.expected_visibility import Home, Sight
from tests.security.isolation.forbidden_mutations import MUTATIONS, trials, unrefused
from tests.security.isolation.forbidden_mutations import questions as attempts
from tests.security.isolation.questions import Question, cursor_questions, paged, questions
from tests.security.isolation.raw_tables import standing
from tests.security.isolation.two_organizations import World, without
from tests.support.counts import FULL
from tests.support.databases import Databases, chosen
from tests.support.serving import serving
from workflow.models.engine.database import open_database

Case = TypeVar("Case")
ONE_IN = {"sqlite": 80, "postgres": 85}[chosen()]
WIDE = ("ADMIN", "ALL")
DEEP = 5
"""Records of a type whose lists are looked into for cursors."""

LIMITS = {"PURSUIT_RATE_LIMIT": "999999999"}
"""They ask more in a minute than anybody may."""


@dataclass(frozen=True)
class Asking:
    """One person's request."""

    sight: Sight
    question: Question

    def __str__(self) -> str:
        return f"{self.question.what}, {self.question.kind}, {self.sight.person}"


@dataclass(frozen=True)
class Scene:
    """The world, served, and for each person the server that knows nothing but what they see."""

    world: World
    full: httpx.AsyncClient
    lone: dict[int, str]
    cursors: dict[str, list[tuple[str, Home]]]

    def people(self) -> list[Sight]:
        """Everybody, those who see the same one after another."""
        return [sight for together in self.world.classes for sight in together]

    def values(self, sight: Sight) -> Values:
        """What a person may hand in."""
        return Values(sight, wide(self.world, self.world.other(sight).id), self.cursors)

    def asked(self) -> list[Asking]:
        """Every question of everybody, some by one of each who see the same."""
        found = [Asking(sight, one) for sight in self.people() for one in questions(self.values(sight))]
        first = {id(together[0]) for together in self.world.classes}
        return [one for one in found if one.question.each or id(one.sight) in first]

    def tried(self) -> list[Asking]:
        """Every mutation with what is not theirs, by everybody."""
        return [
            Asking(sight, one)
            for sight in self.people()
            for mutation in MUTATIONS
            for trial in trials(mutation)
            for one in attempts(self.world, sight, trial)
        ]

    async def leaks(self, cases: Iterable[Asking]) -> list[str]:
        """What the answers tell more than they may."""
        return [f"{one}: {leak}" async for one, _, leaks in self._judged(cases) for leak in leaks]

    async def slips(self, cases: Iterable[Asking]) -> list[str]:
        """What writes that must be refused tell more than they may, do, or leave behind."""
        found: list[str] = []
        async with standing(self.world.url) as still:
            async for one, answer, leaks in self._judged(cases):
                told = [*leaks, *unrefused(answer.body), *await still.changes()]
                found += [f"{one}: {slip}" for slip in told]
        return found

    async def _judged(self, cases: Iterable[Asking]) -> AsyncIterator[tuple[Asking, Answer, list[str]]]:
        for url, some in groupby(cases, lambda one: self.lone[id(one.sight)]):
            async with alone(url) as lone:
                doors = Doors(self.world, self.full, lone)
                for one in some:
                    yield one, *await doors.judged(one.sight, one.question)


@asynccontextmanager
async def scene(databases: Databases, world: World) -> AsyncIterator[Scene]:
    """Serve the world, and make beside it each world in which nothing is but what some see."""
    urls = [await without(world, together[0], databases) for together in world.classes]
    async with serving(world.url, **LIMITS) as server, server.client() as full:
        doors = {id(sight): url for together, url in zip(world.classes, urls, strict=True) for sight in together}
        yield Scene(world, full, doors, await _cursors(world, full))


@asynccontextmanager
async def alone(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The application on a database, in this process: only those who ask inside the block are answered."""
    app = create_app(Settings.read({"PURSUIT_DATABASE_URL": url, **LIMITS}))
    async with (
        open_database(url, all_contexts=False),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://alone") as client,
    ):
        yield client


def wide(world: World, organization_id: str) -> Sight:
    """Who sees all that is in an organization."""
    people = (sight for together in world.classes for sight in together)
    return next(
        one
        for one in people
        if one.person.organization_id == organization_id and (one.person.role, one.person.visibility) == WIDE
    )


def picked(cases: Sequence[Case], key: Callable[[Case], Hashable]) -> list[Case]:
    """All at full counts; else one in 40, on PostgreSQL in 45, of each key at least one, and not always the first."""
    if FULL:
        return list(cases)
    groups: dict[Hashable, list[Case]] = {}
    for case in cases:
        groups.setdefault(key(case), []).append(case)
    chosen_ones = {
        id(case)
        for place, group in enumerate(groups.values())
        for case in group[(place * 3) % min(ONE_IN, len(group)) :: ONE_IN]
    }
    return [case for case in cases if id(case) in chosen_ones]


async def _cursors(world: World, full: httpx.AsyncClient) -> dict[str, list[tuple[str, Home]]]:
    """The cursors that those who see all of an organization are given, list by list."""
    found: dict[str, list[tuple[str, Home]]] = {}
    for half in world.halves:
        sight = wide(world, half.id)
        for place, _ in paged():
            for question in cursor_questions(place, Values(sight, sight), DEEP):
                answer = await asked(full, world.key(sight), question)
                found.setdefault(question.what, []).extend(_placed(world, answer.body))
    return found


def _placed(world: World, body: object) -> Iterable[tuple[str, Home]]:
    """Each cursor with the home of its row."""
    return ((cursor, world.facts.homes[id]) for cursor, id in edges(body))
