"""The mutations of the organization, its members and its teams."""

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


@strawberry.input(description="Changes to the organization. Fields that you leave out stay as they are.")
class UpdateOrganizationInput:
    name: str | None = optional("The name. Not unique.")
    time_zone: str | None = optional(
        "The IANA name of the time zone, such as Europe/Berlin. A day ends at its midnight."
    )
    base_currency: str | None = optional(
        "The ISO 4217 code of the currency of all sums. It cannot be changed once an "
        "opportunity has a value or a rate or target is set."
    )


@strawberry.input(description="A new team.")
class CreateTeamInput:
    name: str = described("The name, unique in the organization.")
    parent_id: strawberry.ID | None = optional("The team above. Left out: a team at the top.")
    manager_id: strawberry.ID | None = optional("The manager, an active member.")


@strawberry.input(
    description="Changes to a team. Fields that you leave out stay as they are; null clears a field."
)
class UpdateTeamInput:
    id: strawberry.ID = described("The team.")
    name: str | None = optional("The name, unique in the organization.")
    parent_id: strawberry.ID | None = optional(
        "The team above, which must not be below this one. Null: a team at the top."
    )
    manager_id: strawberry.ID | None = optional("The manager, an active member.")


@strawberry.input(description="A new member.")
class CreateMemberInput:
    name: str = described("The person's name.")
    email: str = described("The e-mail address, unique in the organization. Stored in lower case.")
    role: Role = described("The role.")
    visibility: Visibility = strawberry.field(
        default=Visibility.ALL,
        description="The opportunities that the member can see. An INTEGRATOR sees all.",
    )
    team_id: strawberry.ID | None = optional("The team.")


@strawberry.input(
    description="Changes to a member. Fields that you leave out stay as they are; null clears the team."
)
class UpdateMemberInput:
    id: strawberry.ID = described("The member.")
    name: str | None = optional("The person's name.")
    role: Role | None = optional(
        "The role. It also limits the API keys that act for the member. One active admin must remain."
    )
    visibility: Visibility | None = optional(
        "The opportunities that the member can see. An INTEGRATOR sees all."
    )
    team_id: strawberry.ID | None = optional("The team.")
    active: bool | None = optional(
        "False stops the member's API keys at once; the opportunities stay with the member. "
        "One active admin must remain."
    )


@strawberry.type(description="The organization was changed.")
class OrganizationChanged:
    @strawberry.field(graphql_type=Organization, description="The organization, read after the change.")
    async def organization(self, info: Info) -> OrganizationRow:
        return await info.context.loaders.organization()


@strawberry.type(description="The team was created or changed.")
class TeamChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Team, description="The team, read after the change.")
    async def team(self, info: Info) -> TeamRow:
        return await load_required(info.context.loaders.team, self.key)


@strawberry.type(description="The member was created or changed.")
class MemberChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Member, description="The member, read after the change.")
    async def member(self, info: Info) -> MemberRow:
        return await load_required(info.context.loaders.member, self.key)


OrganizationResult = Annotated[
    OrganizationChanged | PermissionDenied | InvalidInput,
    strawberry.union(
        "OrganizationResult", description="The organization, or the reason why it was not changed."
    ),
]
TeamResult = Annotated[
    TeamChanged | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("TeamResult", description="The team, or the reason why it was not stored."),
]
MemberResult = Annotated[
    MemberChanged | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("MemberResult", description="The member, or the reason why it was not stored."),
]


@strawberry.type
class PeopleMutation:
    @strawberry.mutation(
        graphql_type=OrganizationResult,
        description="Change the organization. Only admins may do this. Refused if the base currency is in "
        "use already.",
    )
    async def update_organization(self, info: Info, input: UpdateOrganizationInput) -> OrganizationChanged:
        changes: Any = provided_fields(input)
        fields: OrganizationChanges = changes
        await organizations.update_organization(info.context.operation_context(), fields)
        return OrganizationChanged()

    @strawberry.mutation(
        graphql_type=TeamResult,
        description="Create a team. Only admins may do this. Refused if another team has the name.",
    )
    async def create_team(self, info: Info, input: CreateTeamInput) -> TeamChanged:
        return TeamChanged(key=await teams.create_team(info.context.operation_context(), _parse_team(input)))

    @strawberry.mutation(
        graphql_type=TeamResult,
        description="Change the fields that are given. Only admins may do this. Refused if another team "
        "has the name, or if the team would be below itself.",
    )
    async def update_team(self, info: Info, input: UpdateTeamInput) -> TeamChanged:
        id = ids.parse("Team", input.id)
        return TeamChanged(
            key=await teams.update_team(info.context.operation_context(), id, _parse_team(input))
        )

    @strawberry.mutation(
        graphql_type=MemberResult,
        description="Create a member, active at once. Only admins may do this. Refused if another "
        "member has the e-mail address.",
    )
    async def create_member(self, info: Info, input: CreateMemberInput) -> MemberChanged:
        team_id = ids.parse_optional("Team", or_none(input.team_id))
        new = NewMember(input.name, input.email, input.role, input.visibility, team_id)
        return MemberChanged(key=await members.create_member(info.context.operation_context(), new))

    @strawberry.mutation(
        graphql_type=MemberResult,
        description="Change the fields that are given. Only admins may do this. Refused if no active "
        "admin would remain.",
    )
    async def update_member(self, info: Info, input: UpdateMemberInput) -> MemberChanged:
        id = ids.parse("Member", input.id)
        changes = _parse_ids(provided_fields(input, "id"), team_id="Team")
        fields: MemberChanges = changes
        return MemberChanged(key=await members.update_member(info.context.operation_context(), id, fields))


def _parse_team(input: CreateTeamInput | UpdateTeamInput) -> TeamChanges:
    fields: TeamChanges = _parse_ids(provided_fields(input, "id"), parent_id="Team", manager_id="Member")
    return fields


def _parse_ids(fields: dict[str, Any], **kinds: str) -> Any:  # Any: the fields of one TypedDict
    """Return the fields with UUIDs instead of ids."""
    return fields | {
        name: ids.parse_optional(kind, fields[name]) for name, kind in kinds.items() if name in fields
    }
