"""What an admin does with the organization, its members and its teams."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.nodes import described
from schema.people.types import Member, Organization, Team
from schema.results.problems import Duplicate, InvalidInput, NotFound, PermissionDenied
from workflow.operations.people import members, organizations, teams
from workflow.operations.people.members import MemberChanges, NewMember
from workflow.operations.people.organizations import OrganizationChanges
from workflow.operations.people.teams import TeamChanges
from workflow.queries.people.people import MemberRow, OrganizationRow, TeamRow
from workflow.rules.enums import Role, Visibility


@strawberry.input(description="Changes of the organization: what is left out is kept.")
class UpdateOrganizationInput:
    name: str | None = optional("Its name; another organization may have the same.")
    time_zone: str | None = optional("IANA name: whose midnight ends a day.")
    base_currency: str | None = optional(
        "ISO 4217; only until an opportunity has a value, an exchange rate or a target is set."
    )


@strawberry.input(description="A new team.")
class CreateTeamInput:
    name: str = described("Unique in the organization.")
    parent_id: strawberry.ID | None = optional("The team above; left out: it stands at the top.")
    manager_id: strawberry.ID | None = optional("Who leads it, an active member.")


@strawberry.input(description="Changes of a team: what is left out is kept, null clears.")
class UpdateTeamInput:
    id: strawberry.ID = described("The team.")
    name: str | None = optional("Unique in the organization.")
    parent_id: strawberry.ID | None = optional("The team above, none that is below it; null: it stands at the top.")
    manager_id: strawberry.ID | None = optional("Who leads it, an active member.")


@strawberry.input(description="A new member.")
class CreateMemberInput:
    name: str = described("The person's name.")
    email: str = described("Unique in the organization; kept in lower case.")
    role: Role = described("What they may do.")
    visibility: Visibility = strawberry.field(
        default=Visibility.ALL, description="Which opportunities they see; an INTEGRATOR sees all."
    )
    team_id: strawberry.ID | None = optional("The team they belong to.")


@strawberry.input(description="Changes of a member: what is left out is kept, null clears the team.")
class UpdateMemberInput:
    id: strawberry.ID = described("The member.")
    name: str | None = optional("The person's name.")
    role: Role | None = optional(
        "What they, and the keys that stand for them, may do from now on; one active admin stays."
    )
    visibility: Visibility | None = optional("Which opportunities they see; an INTEGRATOR sees all.")
    team_id: strawberry.ID | None = optional("The team they belong to.")
    active: bool | None = optional(
        "False: their keys stop at once and their opportunities stay theirs; one active admin stays."
    )


@strawberry.type(description="The organization was changed.")
class OrganizationChanged:
    @strawberry.field(graphql_type=Organization, description="The organization as stored.")
    async def organization(self, info: Info) -> OrganizationRow:
        return await info.context.loaders.organization()


@strawberry.type(description="The team was made or changed.")
class TeamChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Team, description="The team as stored.")
    async def team(self, info: Info) -> TeamRow:
        return await load_required(info.context.loaders.team, self.key)


@strawberry.type(description="The member was made or changed.")
class MemberChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Member, description="The member as stored.")
    async def member(self, info: Info) -> MemberRow:
        return await load_required(info.context.loaders.member, self.key)


OrganizationResult = Annotated[
    OrganizationChanged | PermissionDenied | InvalidInput,
    strawberry.union("OrganizationResult", description="The organization, or why not."),
]
TeamResult = Annotated[
    TeamChanged | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("TeamResult", description="The team, or why not."),
]
MemberResult = Annotated[
    MemberChanged | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("MemberResult", description="The member, or why not."),
]


@strawberry.type
class PeopleMutation:
    @strawberry.mutation(graphql_type=OrganizationResult, description="Change the fields that are given.")
    async def update_organization(self, info: Info, input: UpdateOrganizationInput) -> OrganizationChanged:
        changes: Any = provided_fields(input)
        fields: OrganizationChanges = changes
        await organizations.update_organization(info.context.operation_context(), fields)
        return OrganizationChanged()

    @strawberry.mutation(graphql_type=TeamResult, description="Make a team; Duplicate where another has the name.")
    async def create_team(self, info: Info, input: CreateTeamInput) -> TeamChanged:
        return TeamChanged(key=await teams.create_team(info.context.operation_context(), _parse_team(input)))

    @strawberry.mutation(graphql_type=TeamResult, description="Change the fields that are given.")
    async def update_team(self, info: Info, input: UpdateTeamInput) -> TeamChanged:
        id = ids.parse("Team", input.id)
        return TeamChanged(key=await teams.update_team(info.context.operation_context(), id, _parse_team(input)))

    @strawberry.mutation(
        graphql_type=MemberResult, description="Make a member, active at once; Duplicate where somebody has the e-mail."
    )
    async def create_member(self, info: Info, input: CreateMemberInput) -> MemberChanged:
        team_id = ids.parse_optional("Team", or_none(input.team_id))
        new = NewMember(input.name, input.email, input.role, input.visibility, team_id)
        return MemberChanged(key=await members.create_member(info.context.operation_context(), new))

    @strawberry.mutation(
        graphql_type=MemberResult, description="Change the fields that are given; the last active admin stays one."
    )
    async def update_member(self, info: Info, input: UpdateMemberInput) -> MemberChanged:
        id, changes = ids.parse("Member", input.id), _parse_ids(provided_fields(input, "id"), team_id="Team")
        fields: MemberChanges = changes
        return MemberChanged(key=await members.update_member(info.context.operation_context(), id, fields))


def _parse_team(input: CreateTeamInput | UpdateTeamInput) -> TeamChanges:
    fields: TeamChanges = _parse_ids(provided_fields(input, "id"), parent_id="Team", manager_id="Member")
    return fields


def _parse_ids(fields: dict[str, Any], **kinds: str) -> Any:  # Any: the fields of one TypedDict
    """The fields with their ids read."""
    return fields | {name: ids.parse_optional(kind, fields[name]) for name, kind in kinds.items() if name in fields}
