"""Who asks what: the questions of every person in both organizations, and the servers that answer them."""

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
"""Records of a type whose lists are looked into for cursors."""

LIMITS = {"PURSUIT_RATE_LIMIT": "999999999"}
"""They ask more in a minute than anybody may."""


@dataclass(frozen=True)
class ViewerQuestion:
    """One person's request."""

    visibility: ExpectedVisibility
    question: Question

    def __str__(self) -> str:
        return f"{self.question.place}, {self.question.kind}, {self.visibility.viewer}"


@dataclass(frozen=True)
class IsolationServers:
    """The world, served, and for each person the server that knows nothing but what they see."""

    organizations: TwoOrganizations
    full: httpx.AsyncClient
    filtered_urls: dict[int, str]
    cursors: dict[str, list[tuple[str, RowScope]]]

    def viewers(self) -> list[ExpectedVisibility]:
        """Everybody, those who see the same one after another."""
        return [visibility for together in self.organizations.visibility_groups for visibility in together]

    def values(self, visibility: ExpectedVisibility) -> ArgumentValues:
        """What a person may hand in."""
        return ArgumentValues(
            visibility, full_viewer(self.organizations, self.organizations.other(visibility).id), self.cursors
        )

    def questions(self) -> list[ViewerQuestion]:
        """Every question of everybody, some by one of each who see the same."""
        found = [
            ViewerQuestion(visibility, one)
            for visibility in self.viewers()
            for one in questions(self.values(visibility))
        ]
        first = {id(together[0]) for together in self.organizations.visibility_groups}
        return [one for one in found if one.question.per_viewer or id(one.visibility) in first]

    def forbidden_mutations(self) -> list[ViewerQuestion]:
        """Every mutation with what is not theirs, by everybody."""
        return [
            ViewerQuestion(visibility, one)
            for visibility in self.viewers()
            for mutation in MUTATIONS
            for trial in forbidden_mutations(mutation)
            for one in attempts(self.organizations, visibility, trial)
        ]

    async def leaks(self, cases: Iterable[ViewerQuestion]) -> list[str]:
        """What the answers tell more than they may."""
        return [f"{one}: {leak}" async for one, _, leaks in self._checked(cases) for leak in leaks]

    async def failures(self, cases: Iterable[ViewerQuestion]) -> list[str]:
        """What writes that must be refused tell more than they may, do, or leave behind."""
        found: list[str] = []
        async with watch_changes(self.organizations.url) as still:
            async for one, answer, leaks in self._checked(cases):
                problems = [*leaks, *missing_refusals(answer.body), *await still.changes()]
                found += [f"{one}: {slip}" for slip in problems]
        return found

    async def _checked(
        self, cases: Iterable[ViewerQuestion]
    ) -> AsyncIterator[tuple[ViewerQuestion, HttpAnswer, list[str]]]:
        for url, some in groupby(cases, lambda one: self.filtered_urls[id(one.visibility)]):
            async with client_on(url) as lone:
                doors = ServerPair(self.organizations, self.full, lone)
                for one in some:
                    yield one, *await doors.check(one.visibility, one.question)


@asynccontextmanager
async def isolation_servers(
    databases: Databases, organizations: TwoOrganizations
) -> AsyncIterator[IsolationServers]:
    """Serve the world, and make beside it each world in which nothing is but what some see."""
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
    """The application on a database, in this process: only those who ask inside the block are answered."""
    app = create_app(Settings.read({"PURSUIT_DATABASE_URL": url, **LIMITS}))
    async with (
        open_database(url, all_contexts=False),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://alone") as client,
    ):
        yield client


def full_viewer(organizations: TwoOrganizations, organization_id: str) -> ExpectedVisibility:
    """Who sees all that is in an organization."""
    people = (visibility for together in organizations.visibility_groups for visibility in together)
    return next(
        one
        for one in people
        if one.viewer.organization_id == organization_id
        and (one.viewer.role, one.viewer.visibility) == FULL_ACCESS
    )


def sample_cases(cases: Sequence[Case], key: Callable[[Case], Hashable]) -> list[Case]:
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


async def _cursors(
    organizations: TwoOrganizations, full: httpx.AsyncClient
) -> dict[str, list[tuple[str, RowScope]]]:
    """The cursors that those who see all of an organization are given, list by list."""
    found: dict[str, list[tuple[str, RowScope]]] = {}
    for half in organizations.both:
        visibility = full_viewer(organizations, half.id)
        for place, _ in paged_fields():
            for question in cursor_questions(place, ArgumentValues(visibility, visibility), LISTS_PER_TYPE):
                answer = await ask(full, organizations.key(visibility), question)
                found.setdefault(question.place, []).extend(_cursor_scopes(organizations, answer.body))
    return found


def _cursor_scopes(organizations: TwoOrganizations, body: object) -> Iterable[tuple[str, RowScope]]:
    """Each cursor with the home of its row."""
    return ((cursor, organizations.rows.scopes[id]) for cursor, id in edges(body))
