"""Organization, viewer, members and teams."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.core import connections
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import or_none
from schema.core.nodes import Node, PageInfo, backed_by, described, node_id
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


@strawberry.type(description="A company that sells; nothing of it is ever seen by another.")
class Organization(Node):
    is_type_of = backed_by(OrganizationRow)
    id: strawberry.ID = node_id("Organization")
    name: str = described("The organization's name.")
    base_currency: str = described("ISO 4217: the currency that sums are given in.")
    time_zone: str = described("IANA name: whose midnight ends a day.")

    @strawberry.field(
        graphql_type=SalesProcess,
        description="The process that new opportunities follow: the newest version of the default key.",
    )
    async def default_process(self, info: Info) -> ProcessRow:
        return await processes.default_process(info.context.viewer)

    @strawberry.field(description="The newest event's cursor: take it before a full export.")
    async def event_cursor(self, info: Info) -> str:
        return (await events.newest_position(info.context.viewer)).cursor()


@strawberry.type(description="A person of the organization.")
class Member(Node):
    is_type_of = backed_by(MemberRow)
    id: strawberry.ID = node_id("Member")
    name: str = described("The person's name.")
    email: str = described("In lower case; unique in the organization.")
    role: Role = described("What they may do.")
    visibility: Visibility = described("Which opportunities they see.")
    active: bool = described("Whether they can sign in and own opportunities.")
    created_at: datetime = described("When they joined.")

    @strawberry.field(graphql_type="Team | None", description="The team they belong to.")
    async def team(self, root: strawberry.Parent[Any], info: Info) -> TeamRow | None:
        return None if root.team_id is None else await info.context.loaders.team.load(root.team_id)


@strawberry.type(description="A team in the tree of teams.")
class Team(Node):
    is_type_of = backed_by(TeamRow)
    id: strawberry.ID = node_id("Team")
    name: str = described("The team's name, unique in the organization.")

    @strawberry.field(graphql_type="Team | None", description="The team above; null at the top.")
    async def parent(self, root: strawberry.Parent[Any], info: Info) -> TeamRow | None:
        return None if root.parent_id is None else await info.context.loaders.team.load(root.parent_id)

    @strawberry.field(graphql_type=Member | None, description="Who leads it.")
    async def manager(self, root: strawberry.Parent[Any], info: Info) -> MemberRow | None:
        return None if root.manager_id is None else await info.context.loaders.member.load(root.manager_id)

    @strawberry.field(graphql_type=list[Member], description="Who belongs to it, by name.")
    async def members(self, root: strawberry.Parent[Any], info: Info) -> Sequence[MemberRow]:
        return await load_required(info.context.loaders.team_members, root.id)


@strawberry.type(name="Actor", description="Who did it: a member, an API key, or the system.")
class ActorType:
    is_type_of = backed_by(Actor)
    kind: ActorKind = described("Which of the three.")
    name: str = described("The name they had then.")

    @strawberry.field(graphql_type=Member | None, description="The member, where it was one.")
    async def member(self, root: strawberry.Parent[Any], info: Info) -> MemberRow | None:
        return None if root.member_id is None else await info.context.loaders.member.load(root.member_id)


@strawberry.type(name="Viewer", description="Who asks.")
class ViewerType:
    role: Role = described("What the key may do.")

    @strawberry.field(graphql_type=Member | None, description="Null for an API key that stands for no member.")
    async def member(self, info: Info) -> MemberRow | None:
        id = info.context.viewer.member_id
        return None if id is None else await info.context.loaders.member.load(id)

    @strawberry.field(graphql_type=Organization, description="The organization that everything asked belongs to.")
    async def organization(self, info: Info) -> OrganizationRow:
        return await info.context.loaders.organization()

    @strawberry.field(description="What this viewer may do, e.g. `opportunity:override`.")
    def permissions(self, info: Info) -> list[str]:
        return sorted(PERMISSIONS[info.context.viewer.role])


@strawberry.type(description="A member in a list.")
class MemberEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described("Go on from here with `after`.")
    node: Member = described("The member.")


@strawberry.type(description="A page of members.")
class MemberConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[MemberEdge] = described("The rows with their cursors.")
    nodes: list[Member] = described("The rows.")
    page_info: PageInfo = described("Where the page stands.")

    @strawberry.field(description="How many match the filter, not only this page.")
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        return await people.count_members(info.context.viewer, root.scope)


async def members(
    info: Info,
    first: int | None = 50,
    after: str | None = strawberry.UNSET,
    last: int | None = strawberry.UNSET,
    before: str | None = strawberry.UNSET,
    role: list[Role] | None = strawberry.UNSET,
    active: bool | None = strawberry.UNSET,
) -> connections.Connection[MemberRow]:
    """A page of members."""
    scope = MemberFilter(role=tuple(role) if isinstance(role, list) else None, active=or_none(active))
    window = connections.window(ORDER, first=first, after=after, last=last, before=before, default=50)
    page = await people.members(info.context.viewer, scope, window)
    return connections.to_connection(page, ORDER, scope)


@strawberry.type
class PeopleQuery:
    @strawberry.field(graphql_type=ViewerType, description="Who asks, and what they may do.")
    def viewer(self, info: Info) -> Any:
        return ViewerType(role=info.context.viewer.role)

    @strawberry.field(graphql_type=Organization, description="The viewer's organization.")
    async def organization(self, info: Info) -> OrganizationRow:
        return await info.context.loaders.organization()

    members = strawberry.field(
        resolver=members, graphql_type=MemberConnection, description="Members in the order they joined."
    )

    @strawberry.field(graphql_type=list[Team], description="All teams by name.")
    async def teams(self, info: Info) -> Sequence[TeamRow]:
        return await people.teams(info.context.viewer)
