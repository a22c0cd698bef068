"""The organization, the viewer, members and teams."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.core import connections
from schema.core.context import Info
from schema.core.inputs import or_none
from schema.core.nodes import Node, Root, backed_by, described, node_id, referenced
from workflow.queries.events import events
from workflow.queries.paging import Term
from workflow.queries.people import people
from workflow.queries.people.people import MemberFilter, MemberRow, OrganizationRow, TeamRow
from workflow.queries.process import processes
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import ActorKind, Role, Visibility
from workflow.rules.opportunity.parts import Actor
from workflow.rules.permissions import PERMISSIONS

if TYPE_CHECKING:
    from schema.process.type import SalesProcess
else:
    SalesProcess = Annotated["SalesProcess", strawberry.lazy("schema.process.type")]
ORDER = (Term("created_at"),)


@strawberry.type(description="The company that sells. Organizations never see anything of one another.")
class Organization(Node):
    is_type_of = backed_by(OrganizationRow)
    id: strawberry.ID = node_id("Organization")
    name: str = described("The name.")
    base_currency: str = described("The ISO 4217 code of the currency of all sums.")
    time_zone: str = described("The IANA name of the time zone. A day ends at its midnight.")

    @strawberry.field(
        graphql_type=SalesProcess,
        description="The newest version of the process that new opportunities follow by default.",
    )
    async def default_process(self, info: Info) -> ProcessRow:
        return await processes.default_process(info.context.viewer)

    @strawberry.field(
        description="The cursor of the newest event. Read it before a full export, then continue with "
        "`events(after:)`."
    )
    async def event_cursor(self, info: Info) -> str:
        return (await events.newest_position(info.context.viewer)).cursor()


@strawberry.type(description="A person of the organization.")
class Member(Node):
    is_type_of = backed_by(MemberRow)
    id: strawberry.ID = node_id("Member")
    name: str = described("The person's name.")
    email: str = described("The e-mail address in lower case, unique in the organization.")
    role: Role = described("The role.")
    visibility: Visibility = described("The opportunities that the member can see.")
    active: bool = described("True if the member can sign in and own opportunities.")
    created_at: datetime = described("The time when the member was created.")

    team: "Team | None" = referenced("team", "team_id", "The team. Null if there is none.")


@strawberry.type(description="A team. Teams form a tree.")
class Team(Node):
    is_type_of = backed_by(TeamRow)
    id: strawberry.ID = node_id("Team")
    name: str = described("The name, unique in the organization.")

    parent: "Team | None" = referenced("team", "parent_id", "The team above. Null for a team at the top.")

    manager: Member | None = referenced("member", "manager_id", "The manager.")

    members: list[Member] = referenced("team_members", "id", "The members of the team, by name.")


@strawberry.type(name="Actor", description="The author of a change: a member, an API key or the system.")
class ActorType:
    is_type_of = backed_by(Actor)
    kind: ActorKind = described("The kind of author.")
    name: str = described("The author's name at that time.")

    member: Member | None = referenced("member", "member_id", "The member. Null if it was not a member.")


@strawberry.type(name="Viewer", description="You: the member or API key that sends this request.")
class ViewerType:
    role: Role = described("Your role.")

    @strawberry.field(
        graphql_type=Member | None, description="The member. Null for an API key that acts for none."
    )
    async def member(self, info: Info) -> MemberRow | None:
        id = info.context.viewer.member_id
        return None if id is None else await info.context.loaders.member.load(id)

    @strawberry.field(graphql_type=Organization, description="Your organization.")
    async def organization(self, info: Info) -> OrganizationRow:
        return await info.context.loaders.organization()

    @strawberry.field(description="Your permissions, such as `opportunity:override`.")
    def permissions(self, info: Info) -> list[str]:
        return sorted(PERMISSIONS[info.context.viewer.role])


@strawberry.type(description="A page of members.")
class MemberConnection(connections.Connection[Member]):
    @strawberry.field(description="The number of items that match the filter, on all pages together.")
    async def total_count(self, root: Root, info: Info) -> int:
        return await people.count_members(info.context.viewer, root.scope)


Roles = Annotated[list[Role] | None, strawberry.argument(description="Only members with one of these roles.")]
Active = Annotated[
    bool | None,
    strawberry.argument(description="Only active (true) or inactive (false) members. Default: both."),
]


async def members(
    info: Info,
    first: connections.First = 50,
    after: connections.After = strawberry.UNSET,
    last: connections.Last = strawberry.UNSET,
    before: connections.Before = strawberry.UNSET,
    role: Roles = strawberry.UNSET,
    active: Active = strawberry.UNSET,
) -> connections.Connection[MemberRow]:
    """Return a page of members."""
    scope = MemberFilter(role=tuple(role) if isinstance(role, list) else None, active=or_none(active))
    window = connections.window(ORDER, first=first, after=after, last=last, before=before, default=50)
    page = await people.members(info.context.viewer, scope, window)
    return connections.to_connection(page, ORDER, scope)


@strawberry.type
class PeopleQuery:
    @strawberry.field(graphql_type=ViewerType, description="You: your role and your permissions.")
    def viewer(self, info: Info) -> Any:
        return ViewerType(role=info.context.viewer.role)

    @strawberry.field(graphql_type=Organization, description="Your organization.")
    async def organization(self, info: Info) -> OrganizationRow:
        return await info.context.loaders.organization()

    members = strawberry.field(
        resolver=members,
        graphql_type=MemberConnection,
        description="The members of your organization, in the order in which they were created.",
    )

    @strawberry.field(graphql_type=list[Team], description="The teams of your organization, by name.")
    async def teams(self, info: Info) -> Sequence[TeamRow]:
        return await people.teams(info.context.viewer)
