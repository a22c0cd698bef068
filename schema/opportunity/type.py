"""The opportunity as it is read."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from schema.accounts.types import Account
from schema.buyer.activities import DealActivities
from schema.buyer.milestones import DealProgress
from schema.buyer.profile import Buyer, BuyerRoot
from schema.buyer.qualification import Qualification, QualificationRoot
from schema.buyer.risks import DealRisks
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.money import Money, money
from schema.core.nodes import Node, Root, backed_by, described, node_id
from schema.core.scalars import Json
from schema.opportunity.alerts import DealAlerts
from schema.opportunity.close import Close, close_from_opportunity
from schema.opportunity.duplicates import DealDuplicates
from schema.opportunity.insight import DealInsight
from schema.opportunity.overrides import Override
from schema.opportunity.transitions import TimeInState, TransitionConnection, TransitionOption, history_page
from schema.people.types import Member
from schema.process.type import SalesProcess
from workflow.queries.opportunity.accounts import AccountRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.people.people import MemberRow
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import CLOSED_STATES, ForecastCategory, OpportunityState, OpportunityType
from workflow.rules.gates.machine import TransitionPreview, is_override_open, preview_transitions
from workflow.rules.money import weighted_minor
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.opportunity.time_in_state import StateDuration, state_durations
from workflow.rules.permissions import Action, Ownership, may_manage, may_write


@strawberry.type(name="NextStep", description="The next action that was agreed on.")
class NextStepType:
    text: str = described("The action.")
    due_date: date | None = described("The day by which it will be done.")
    agreed_with_buyer: bool = described("True if the buyer agreed to it.")
    overdue: bool = described("True if its day is over.")


@strawberry.type(
    description="A possible deal with one account, from lead to close. Its state changes only by "
    "transitions, each guarded by a gate of the sales process."
)
class Opportunity(DealDuplicates, DealAlerts, DealRisks, DealProgress, DealInsight, DealActivities, Node):
    is_type_of = backed_by(OpportunityRow)
    id: strawberry.ID = node_id("Opportunity")
    number: int = described("The number that people use, counting up from 1 in the organization. Never used twice.")
    name: str = described("The name, such as the project or the product.")
    type: OpportunityType = described("The kind of business.")
    description: str | None = described("A description, in a few words.")
    source: str | None = described("The origin, such as a campaign.")
    external_system: str | None = described("The system that it was imported from.")
    external_id: str | None = described("Its id in `externalSystem`.")
    state: OpportunityState = described("The current state. Only a transition changes it.")
    state_since: datetime = described("The time when it entered the state.")
    probability: float = described(
        "The probability of winning, 0 to 1: the process's value for the state, or set by hand."
    )
    probability_is_manual: bool = described("True if the probability was set by hand.")
    forecast_category: ForecastCategory = described("The forecast category.")
    expected_close_date: date | None = described("The day on which the buyer is expected to decide.")
    push_count: int = described("The number of times the expected close date moved to a later month.")
    attributes: Json = described("Your own custom fields.")
    version: int = described("The number of changes so far. Pass it as `expectedVersion` to detect concurrent edits.")
    created_at: datetime = described("The time when it was created, here or in the system that it was imported from.")
    updated_at: datetime = described("The time of the last change.")

    @strawberry.field(graphql_type=Account, description="The account: the company that may buy.")
    async def account(self, root: Root, info: Info) -> AccountRow:
        return await load_required(info.context.loaders.account, root.account_id)

    @strawberry.field(graphql_type=Member, description="The member who is responsible.")
    async def owner(self, root: Root, info: Info) -> MemberRow:
        return await load_required(info.context.loaders.member, root.owner_id)

    @strawberry.field(graphql_type=list[Member], description="The members who work on it with the owner.")
    async def collaborators(self, root: Root, info: Info) -> Sequence[MemberRow]:
        member_ids = await info.context.loaders.part("collaborator_ids", root.id)
        return [await load_required(info.context.loaders.member, id) for id in member_ids]

    @strawberry.field(
        graphql_type=list[TimeInState],
        description="The time spent in each state: in the current visit, and in all visits together.",
    )
    async def time_in_states(self, root: Root, info: Info) -> Sequence[StateDuration]:
        return state_durations(await load_required(info.context.loaders.facts, root.id), info.context.now)

    @strawberry.field(description="The amount that the deal would bring, in its own currency.")
    def value(self, root: Root) -> Money | None:
        return money(root.value_minor, root.value_currency)

    @strawberry.field(
        description="The value in the organization's base currency: at today's exchange rate while it "
        "is open, at the rate of its last day once it is closed."
    )
    async def base_value(self, root: Root, info: Info) -> Money | None:
        return money(root.base_minor, (await info.context.loaders.organization()).base_currency)

    @strawberry.field(
        description="`baseValue` multiplied by `probability`. 0 if the forecast category is OMITTED, or "
        "while a proposal to disqualify it is undecided."
    )
    async def weighted_value(self, root: Root, info: Info) -> Money | None:
        omitted = root.forecast_category is ForecastCategory.OMITTED or root.disqualify_proposed
        weighted = weighted_minor(root.base_minor, Decimal(0) if omitted else Decimal(str(root.probability)))
        return money(weighted, (await info.context.loaders.organization()).base_currency)

    @strawberry.field(description="The next action that was agreed on. Null if there is none.")
    async def next_step(self, root: Root, info: Info) -> NextStepType | None:
        if root.next_step_text is None:
            return None
        today, due = await info.context.today(), root.next_step_due
        return NextStepType(
            text=root.next_step_text,
            due_date=due,
            agreed_with_buyer=root.next_step_agreed,
            overdue=due is not None and due < today,
        )

    @strawberry.field(graphql_type=SalesProcess, description="The process version that it follows.")
    async def process(self, root: Root, info: Info) -> ProcessRow:
        return await load_required(info.context.loaders.process, root.process_id)

    @strawberry.field(
        graphql_type=Qualification, description="The qualification: the assessments, the fit and the score."
    )
    async def qualification(self, root: Root, info: Info) -> QualificationRoot:
        facts, process = await _facts_and_process(info, root)
        return QualificationRoot(facts=facts, process=process.document, now=info.context.now)

    @strawberry.field(graphql_type=Buyer, description="The buyer: the people, the decision process and the objectives.")
    async def buyer(self, root: Root, info: Info) -> BuyerRoot:
        facts, process = await _facts_and_process(info, root)
        return BuyerRoot(facts=facts, process=process.document)

    @strawberry.field(
        graphql_type=list[TransitionOption],
        description="Every transition that leaves the current state, with every requirement of its "
        "gate. Reading it is a dry run of the gates.",
    )
    async def transitions(self, root: Root, info: Info) -> Sequence[TransitionPreview]:
        facts, process = await _facts_and_process(info, root)
        ownership = await _ownership(info, root)
        return preview_transitions(
            facts, process.document, viewer=info.context.viewer, ownership=ownership, now=info.context.now
        )

    @strawberry.field(graphql_type=TransitionConnection, description="The transitions so far, newest first.")
    async def history(
        self,
        root: Root,
        info: Info,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Any:
        return await history_page(info, root.id, first=first, after=after, last=last, before=before)

    @strawberry.field(description="The close: the outcome, the reason and the day. Null while it is open.")
    def close(self, root: Root) -> Close | None:
        return close_from_opportunity(root)

    @strawberry.field(
        graphql_type=list[Override],
        description="The overrides whose requirements are still not met, oldest first.",
    )
    async def open_overrides(self, root: Root, info: Info) -> Sequence[OverrideFacts]:
        facts, process = await _facts_and_process(info, root)
        return [
            override
            for override in facts.overrides
            if is_override_open(override, facts, process.document, info.context.now)
        ]

    @strawberry.field(description="True if you may change it now.")
    async def viewer_can_update(self, root: Root, info: Info) -> bool:
        return root.state not in CLOSED_STATES and may_write(info.context.viewer, await _ownership(info, root))

    @strawberry.field(description="True if you may give it to another owner now.")
    async def viewer_can_assign(self, root: Root, info: Info) -> bool:
        ownership = await _ownership(info, root)
        return root.state not in CLOSED_STATES and may_manage(info.context.viewer, Action.ASSIGN, ownership)

    @strawberry.field(description="True if you may delete it.")
    def viewer_can_delete(self, info: Info) -> bool:
        return info.context.viewer.may(Action.DELETE)


async def _facts_and_process(info: Info, row: OpportunityRow) -> tuple[OpportunityFacts, ProcessRow]:
    return await load_required(info.context.loaders.facts, row.id), await load_required(
        info.context.loaders.process, row.process_id
    )


async def _ownership(info: Info, row: OpportunityRow) -> Ownership:
    owner = await load_required(info.context.loaders.member, row.owner_id)
    collaborator_ids = await info.context.loaders.part("collaborator_ids", row.id)
    return Ownership(owner_id=row.owner_id, owner_team_id=owner.team_id, collaborator_ids=collaborator_ids)
