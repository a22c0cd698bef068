"""Two organizations with the same marked data, and viewers of every role and visibility."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from schema import schema
from schema.core.context import RequestContext
from schema.core.ids import decode, encode
from tests.schema.test_every_field import SchemaSession
from tests.security.isolation.expected_visibility import (
    DatabaseRows,
    ExpectedVisibility,
    MemberViewer,
    group_by_visibility,
)
from tests.security.isolation.raw_tables import read_tables, rewrite
from tests.security.isolation.watermarks import Watermarks
from tests.support.databases import Databases
from tests.support.every_mutation.mutations import MUTATIONS
from tests.support.every_mutation.starting_data import add_call, create_starting_data
from tests.support.fixtures import create_fixtures
from tests.support.organizations import NOW, VAULT, TestOrganization, new_organization
from workflow.models import Collaborator, Member, Opportunity, Team
from workflow.models.columns import new_id
from workflow.models.engine.database import open_database
from workflow.operations.buyer.competitors import NewCompetitor, add_competitor
from workflow.queries.people.credentials import authenticate_api_key
from workflow.rules.enums import CompetitorKind, Role, Visibility

FIXTURE_NAMES = ("held", "mate", "far")
"""Deals of one member with all others as collaborators, of a member of the team below, of another team."""


@dataclass
class SchemaClient:
    """The schema without HTTP, by keys: each request is a second later, and every answer is recorded."""

    answers: list[tuple[str, Any]] = field(default_factory=list)
    clock: Any = field(default_factory=count)

    async def ask(self, api_key: str, query: str, **variables: Any) -> dict[str, Any]:
        """Return the answer to one request."""
        now = NOW + timedelta(seconds=next(self.clock))
        viewer = await authenticate_api_key(api_key, now)
        assert viewer is not None
        context = RequestContext(viewer=viewer, now=now, request_id="story", vault=VAULT)
        answer = await schema.execute(query, variable_values=variables, context_value=context)
        body: dict[str, Any] = {"data": answer.data}
        body |= {"errors": [error.formatted for error in answer.errors]} if answer.errors else {}
        self.answers.append((query, body))
        return body


@dataclass(frozen=True)
class FurnishedOrganization:
    """One organization: its viewers and keys, the fixtures of its mutations, and the recorded answers."""

    id: str
    name: str
    keys: Mapping[MemberViewer, str]
    fixtures: Mapping[str, Mapping[str, str]]
    answers: list[tuple[str, Any]]


@dataclass(frozen=True)
class TwoOrganizations:
    """The closed database with both organizations, and the groups of viewers who see the same."""

    url: str
    both: tuple[FurnishedOrganization, FurnishedOrganization]
    watermarks: Watermarks
    rows: DatabaseRows
    visibility_groups: list[list[ExpectedVisibility]]

    def own(self, visibility: ExpectedVisibility) -> FurnishedOrganization:
        """Return the organization of a viewer."""
        return next(half for half in self.both if half.id == visibility.viewer.organization_id)

    def other(self, visibility: ExpectedVisibility) -> FurnishedOrganization:
        """Return the organization of which a viewer must learn nothing."""
        return next(half for half in self.both if half.id != visibility.viewer.organization_id)

    def key(self, visibility: ExpectedVisibility) -> str:
        """Return the API key of a viewer."""
        return self.own(visibility).keys[visibility.viewer]


async def create_two_organizations(databases: Databases) -> TwoOrganizations:
    """Fill a database; the second organization is created while the first one already exists."""
    url = await databases.copy()
    marks = Watermarks()
    first = await _create_organization(url, marks)
    second = await _create_organization(url, marks)
    facts = DatabaseRows(await read_tables(url))
    groups = group_by_visibility(facts, [*first.keys, *second.keys])
    return TwoOrganizations(url, (first, second), marks, facts, list(groups.values()))


async def _create_organization(url: str, marks: Watermarks) -> FurnishedOrganization:
    async with open_database(url, all_contexts=False):
        organization = await new_organization()
        story = await run_every_mutation(organization)
        teams = await _create_teams(organization)
        keys = await _create_keys(organization, teams)
    stages = {}
    for stage in FIXTURE_NAMES:
        await marks.apply(url)
        stages[stage] = await _create_fixtures(url, organization, stage, keys, teams)
    await marks.apply(url)
    return FurnishedOrganization(str(organization.id), organization.name, keys, stages, story)


async def run_every_mutation(organization: TestOrganization) -> list[tuple[str, Any]]:
    """Run every mutation once, by members who share no deals with the others."""
    client = SchemaClient()
    keys = {"admin": organization.api_key, "observer": await organization.key(Role.OBSERVER)}
    session = SchemaSession(client, keys, await create_starting_data(organization))
    await session.query("members", {})
    for step in MUTATIONS:
        if not {"expectedVersion", "dryRun"} & step[1].keys():
            await session.mutate(*step)
    await add_call(session.tally.ids["Stakeholder"][-1])
    return client.answers


async def _create_teams(organization: TestOrganization) -> dict[str, UUID]:
    """Create two teams, and one below the first."""
    teams: dict[str, UUID] = {}
    for name, parent in (("Top", None), ("Below", "Top"), ("Elsewhere", None)):
        teams[name] = new_id()
        places: dict[str, Any] = {"organization_id": organization.id, "parent_id": teams.get(parent or "")}
        await Team.create(id=teams[name], name=name, created_at=NOW, manager_id=None, **places)
    return teams


async def _create_keys(organization: TestOrganization, teams: Mapping[str, UUID]) -> dict[MemberViewer, str]:
    """Create a key for each role and visibility; the manager of the upper team is a member of none."""
    keys: dict[MemberViewer, str] = {}
    for role in Role:
        for visibility in Visibility:
            email = f"{role}.{visibility}@example.com".lower()
            key = await organization.key(role, email)
            [found] = await Member.filter(organization_id=organization.id, email=email).values("id")
            leads = (role, visibility) == (Role.MANAGER, Visibility.TEAM)
            team = None if leads else teams["Top"]
            await Member.filter(id=found["id"]).update(visibility=visibility, team_id=team)
            if leads:
                await Team.filter(id=teams["Top"]).update(manager_id=found["id"])
            keys[MemberViewer(str(organization.id), str(found["id"]), role.value, visibility.value)] = key
    return keys


async def _create_fixtures(
    url: str,
    organization: TestOrganization,
    stage: str,
    keys: Mapping[MemberViewer, str],
    teams: Mapping[str, UUID],
) -> dict[str, str]:
    """Create the fixtures of mutations with an owner."""
    async with open_database(url, all_contexts=False):
        before = await Opportunity.all().values_list("id", flat=True)
        ids = await _mutation_fixtures(organization)
        owner = await _owner(organization, stage, keys, teams)
        created = await Opportunity.filter(id__not_in=before).values_list("id", flat=True)
        await Opportunity.filter(id__in=created).update(owner_id=owner)
        helpers = [UUID(person.member_id) for person in keys] if stage == "held" else []
        await Collaborator.bulk_create(
            [
                Collaborator(
                    id=new_id(), organization_id=organization.id, opportunity_id=deal, member_id=helper
                )
                for deal in created
                for helper in helpers
                if helper != owner
            ]
        )
    return {**ids, "owner": encode("Member", owner)}


async def _mutation_fixtures(organization: TestOrganization) -> dict[str, str]:
    """Return the ids that every mutation works on, and a competitor to lose to."""
    ids = await create_fixtures(organization)
    found = decode(ids["qualified"])
    assert found is not None
    rival = await add_competitor(organization.ctx, found[1], NewCompetitor(CompetitorKind.VENDOR, "Initrode"))
    return {**ids, "rival": encode("Competitor", rival)}


async def _owner(
    organization: TestOrganization, stage: str, keys: Mapping[MemberViewer, str], teams: Mapping[str, UUID]
) -> UUID:
    """Return a member who sees only their own deals, or a seller in the team below or elsewhere."""
    if stage == "held":
        return next(UUID(who.member_id) for who in keys if (who.role, who.visibility) == ("REP", "OWN"))
    ctx = await organization.ctx_of(Role.REP, f"{stage}@example.com")
    assert ctx.viewer.member_id
    team = teams["Below" if stage == "mate" else "Elsewhere"]
    await Member.filter(id=ctx.viewer.member_id).update(team_id=team)
    return ctx.viewer.member_id


async def copy_without_hidden_rows(
    organizations: TwoOrganizations, visibility: ExpectedVisibility, databases: Databases
) -> str:
    """Copy the database without the rows that the viewers do not see; return its url."""
    url = await databases.copy(organizations.url)
    statements = [
        (f'DELETE FROM "{table}" WHERE "{key}" = $1', [row[key]])
        for table, key, row in _rows(organizations.rows)
        if not visibility.sees(table, row)
    ]
    await rewrite(url, statements)
    return url


def _rows(facts: DatabaseRows) -> Any:
    for table, rows in facts.tables.items():
        for row in rows:
            if "organization_id" in row or table == "organization":
                yield table, "pos" if table == "event" else "id" if "id" in row else "organization_id", row
