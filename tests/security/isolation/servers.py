"""Questions of all viewers in both organizations, and the servers that answer them."""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

import httpx

from api.app import create_app
from api.config.settings import Settings
from tests.security.isolation.argument_values import ArgumentValues
from tests.security.isolation.detector import HttpAnswer, ServerPair, ask, edges
from tests.security.isolation.expected_visibility import ExpectedVisibility, RowScope
from tests.security.isolation.forbidden_mutations import MUTATIONS, forbidden_mutations, missing_refusals
from tests.security.isolation.forbidden_mutations import forbidden_questions as attempts
from tests.security.isolation.questions import Question, cursor_questions, paged_fields, questions
from tests.security.isolation.raw_tables import watch_changes
from tests.security.isolation.two_organizations import TwoOrganizations, copy_without_hidden_rows
from tests.support.counts import FULL
from tests.support.databases import Databases, database_kind
from tests.support.serving import serving
from workflow.models.engine.database import open_database

Case = TypeVar("Case")
ONE_IN = {"sqlite": 80, "postgres": 85}[database_kind()]
FULL_ACCESS = ("ADMIN", "ALL")
LISTS_PER_TYPE = 5
"""Records per type whose lists are read for cursors."""

LIMITS = {"PURSUIT_RATE_LIMIT": "999999999"}
"""The tests send more requests per minute than any key may."""


@dataclass(frozen=True)
class ViewerQuestion:
    """A question of one viewer."""

    visibility: ExpectedVisibility
    question: Question

    def __str__(self) -> str:
        return f"{self.question.place}, {self.question.kind}, {self.visibility.viewer}"


@dataclass(frozen=True)
class IsolationServers:
    """A server with all rows, and for each viewer a database with only the rows that they may see."""

    organizations: TwoOrganizations
    full: httpx.AsyncClient
    filtered_urls: dict[int, str]
    cursors: dict[str, list[tuple[str, RowScope]]]

    def viewers(self) -> list[ExpectedVisibility]:
        """Return all viewers, with those who see the same in succession."""
        return [visibility for together in self.organizations.visibility_groups for visibility in together]

    def values(self, visibility: ExpectedVisibility) -> ArgumentValues:
        """Return the values that a viewer may send."""
        return ArgumentValues(
            visibility, full_viewer(self.organizations, self.organizations.other(visibility).id), self.cursors
        )

    def questions(self) -> list[ViewerQuestion]:
        """Return every question of every viewer; some are asked by one viewer of each group only."""
        found = [
            ViewerQuestion(visibility, one)
            for visibility in self.viewers()
            for one in questions(self.values(visibility))
        ]
        first = {id(together[0]) for together in self.organizations.visibility_groups}
        return [one for one in found if one.question.per_viewer or id(one.visibility) in first]

    def forbidden_mutations(self) -> list[ViewerQuestion]:
        """Return every forbidden mutation of every viewer."""
        return [
            ViewerQuestion(visibility, one)
            for visibility in self.viewers()
            for mutation in MUTATIONS
            for trial in forbidden_mutations(mutation)
            for one in attempts(self.organizations, visibility, trial)
        ]

    async def leaks(self, cases: Iterable[ViewerQuestion]) -> list[str]:
        """Return the leaks in the answers to the cases."""
        return [f"{one}: {leak}" async for one, _, leaks in self._checked(cases) for leak in leaks]

    async def failures(self, cases: Iterable[ViewerQuestion]) -> list[str]:
        """Return the faults of forbidden mutations: leaks, missing refusals, and changed rows."""
        found: list[str] = []
        async with watch_changes(self.organizations.url) as still:
            async for one, answer, leaks in self._checked(cases):
                problems = [*leaks, *missing_refusals(answer.body), *await still.changes()]
                found += [f"{one}: {problem}" for problem in problems]
        return found

    async def _checked(
        self, cases: Iterable[ViewerQuestion]
    ) -> AsyncIterator[tuple[ViewerQuestion, HttpAnswer, list[str]]]:
        for url, some in groupby(cases, lambda one: self.filtered_urls[id(one.visibility)]):
            async with client_on(url) as filtered:
                pair = ServerPair(self.organizations, self.full, filtered)
                for one in some:
                    yield one, *await pair.check(one.visibility, one.question)


@asynccontextmanager
async def isolation_servers(
    databases: Databases, organizations: TwoOrganizations
) -> AsyncIterator[IsolationServers]:
    """Serve the full database, and create the filtered ones."""
    urls = [
        await copy_without_hidden_rows(organizations, together[0], databases)
        for together in organizations.visibility_groups
    ]
    async with serving(organizations.url, **LIMITS) as server, server.client() as full:
        filtered_urls = {
            id(visibility): url
            for together, url in zip(organizations.visibility_groups, urls, strict=True)
            for visibility in together
        }
        yield IsolationServers(organizations, full, filtered_urls, await _cursors(organizations, full))


@asynccontextmanager
async def client_on(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the application on a database, in this process."""
    app = create_app(Settings.read({"PURSUIT_DATABASE_URL": url, **LIMITS}))
    async with (
        open_database(url, all_contexts=False),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://alone") as client,
    ):
        yield client


def full_viewer(organizations: TwoOrganizations, organization_id: str) -> ExpectedVisibility:
    """Return a viewer who sees everything in an organization."""
    people = (visibility for together in organizations.visibility_groups for visibility in together)
    return next(
        one
        for one in people
        if one.viewer.organization_id == organization_id
        and (one.viewer.role, one.viewer.visibility) == FULL_ACCESS
    )


def sample_cases(cases: Sequence[Case], key: Callable[[Case], Hashable]) -> list[Case]:
    """Return all cases under `make prove`, otherwise about one in 40 of each key, and at least one."""
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


async def _cursors(
    organizations: TwoOrganizations, full: httpx.AsyncClient
) -> dict[str, list[tuple[str, RowScope]]]:
    """Return the cursors that viewers of everything get, by list."""
    found: dict[str, list[tuple[str, RowScope]]] = {}
    for half in organizations.both:
        visibility = full_viewer(organizations, half.id)
        for place, _ in paged_fields():
            for question in cursor_questions(place, ArgumentValues(visibility, visibility), LISTS_PER_TYPE):
                answer = await ask(full, organizations.key(visibility), question)
                found.setdefault(question.place, []).extend(_cursor_scopes(organizations, answer.body))
    return found


def _cursor_scopes(organizations: TwoOrganizations, body: object) -> Iterable[tuple[str, RowScope]]:
    """Yield each cursor with the scope of its row."""
    return ((cursor, organizations.rows.scopes[id]) for cursor, id in edges(body))
