"""Targets: type, query and mutations."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none
from schema.core.money import Money, MoneyInput, money
from schema.core.nodes import Node, Root, backed_by, described, node_id
from schema.core.periods import Period, days_of
from schema.people.types import Member, Team
from schema.results.deleted import Deleted, DeleteResult
from schema.results.problems import InvalidInput, NotFound, PermissionDenied
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.pricing import targets as operations
from workflow.operations.pricing.targets import NewTarget
from workflow.queries.people.people import MemberRow, TeamRow
from workflow.queries.reports import targets
from workflow.queries.reports.targets import TargetFilter, TargetRow


@strawberry.type(
    description="The amount to win in a period: of a member, of a team, or of the organization if neither "
    "is named."
)
class Target(Node):
    is_type_of = backed_by(TargetRow)
    id: strawberry.ID = node_id("Target")

    @strawberry.field(
        graphql_type=Member | None, description="The member. Null for a target of a team or the organization."
    )
    async def member(self, root: Root, info: Info) -> MemberRow | None:
        return None if root.member_id is None else await info.context.loaders.member.load(root.member_id)

    @strawberry.field(
        graphql_type=Team | None, description="The team. Null for a target of a member or the organization."
    )
    async def team(self, root: Root, info: Info) -> TeamRow | None:
        return None if root.team_id is None else await info.context.loaders.team.load(root.team_id)

    @strawberry.field(name="from", description="The first day of the period.")
    def from_(self, root: Root) -> date:
        day: date = root.from_day
        return day

    @strawberry.field(description="The last day of the period.")
    def to(self, root: Root) -> date:
        day: date = root.to_day
        return day

    @strawberry.field(graphql_type=Money, description="The amount in the base currency.")
    def value(self, root: Root) -> Money | None:
        return money(root.value_minor, root.value_currency)


@strawberry.input(
    description="The amount to win in a period: of a member, of a team, or of the organization if "
    "you name neither. The same period and owner again replaces the target."
)
class SetTargetInput:
    member_id: strawberry.ID | None = optional("The member. Not together with `teamId`.")
    team_id: strawberry.ID | None = optional("The team. Not together with `memberId`.")
    period: Period = described("The period. A forecast finds the target only for exactly the same days.")
    value: MoneyInput = described("The amount in the base currency, more than 0.")


@strawberry.input(description="A target to remove.")
class RemoveTargetInput:
    id: strawberry.ID = described("The target.")


@strawberry.type(description="The target is set.")
class TargetSet:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Target, description="The target, read after the change.")
    async def target(self, info: Info) -> TargetRow:
        return await load_required(info.context.loaders.target, self.key)


TargetResult = Annotated[
    TargetSet | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("TargetResult", description="The target, or the reason why it was not set."),
]


ExactPeriod = Annotated[
    Period | None, strawberry.argument(description="Only targets of exactly this period.")
]
MemberIds = Annotated[
    list[strawberry.ID] | None, strawberry.argument(description="Only targets of these members.")
]
TeamIds = Annotated[
    list[strawberry.ID] | None, strawberry.argument(description="Only targets of these teams.")
]


@strawberry.type
class TargetQuery:
    @strawberry.field(
        graphql_type=list[Target],
        description="The targets that you can see, by their first day: the organization's, your own, "
        "and those of the members and teams whose opportunities you see.",
    )
    async def targets(
        self,
        info: Info,
        period: ExactPeriod = strawberry.UNSET,
        member_id: MemberIds = strawberry.UNSET,
        team_id: TeamIds = strawberry.UNSET,
    ) -> Sequence[TargetRow]:
        period_or_none = or_none(period)
        members = or_none(member_id)
        teams = or_none(team_id)
        filter = TargetFilter(
            period=None if period_or_none is None else days_of(period_or_none),
            member_id=None if members is None else ids.parse_valid("Member", members),
            team_id=None if teams is None else ids.parse_valid("Team", teams),
        )
        return await targets.targets(info.context.viewer, filter)


@strawberry.type
class TargetMutation:
    @strawberry.mutation(
        graphql_type=TargetResult,
        description="Set the target of a member, a team or the organization. A manager may do this for "
        "their team and its members, an admin for all.",
    )
    async def set_target(self, info: Info, input: SetTargetInput) -> TargetSet:
        owners = (
            ids.parse_optional("Member", or_none(input.member_id)),
            ids.parse_optional("Team", or_none(input.team_id)),
        )
        value = MoneyAmount(input.value.amount, input.value.currency)
        new = NewTarget(*owners, input.period.from_, input.period.to, value)
        return TargetSet(key=await operations.set_target(info.context.operation_context(), new))

    @strawberry.mutation(
        graphql_type=DeleteResult,
        description="Remove a target. A manager may do this for their team and its members, an admin for "
        "all.",
    )
    async def remove_target(self, info: Info, input: RemoveTargetInput) -> Deleted:
        await operations.remove_target(info.context.operation_context(), ids.parse("Target", input.id))
        return Deleted(id=input.id)
