"""Taking an arrow: inputs, results, mutations."""

from datetime import date
from typing import Annotated, Any

import strawberry

from schema.buyer.assessments import AssessmentInput, answers
from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import sure
from schema.core.inputs import given, maybe, or_none
from schema.core.money import MoneyInput
from schema.core.nodes import told
from schema.opportunity.mutations import NextStepInput, changes_given, next_step
from schema.opportunity.overrides import OverrideInput, override_given
from schema.opportunity.requirements import Requirement
from schema.opportunity.transitions import Transition
from schema.opportunity.type import Opportunity
from schema.results.problems import (
    IllegalTransition,
    InvalidInput,
    NotFound,
    PermissionDenied,
    TransitionBlocked,
    VersionConflict,
)
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.transitions import Moved, Terms
from workflow.operations.opportunity.triggers import AppliedFirst, Lost, Won
from workflow.queries.opportunity.history import TransitionRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, SlipReason, WinReason


@strawberry.input
class Attempt:
    """What every arrow takes."""

    id: strawberry.ID = told("The opportunity.")
    expected_version: int | None = maybe("The version that was read; another one there is a VersionConflict.")
    override: OverrideInput | None = maybe(
        "Passes unmet requirements with a reason: a manager SOFT ones, an admin all."
    )
    dry_run: bool = strawberry.field(default=False, description="Do everything and roll it back.")


@strawberry.input
class Noted(Attempt):
    """An attempt that may say why."""

    note: str | None = maybe("In your words; kept with the transition.")


@strawberry.input(
    description="LEAD to QUALIFIED. What is given is applied first, then the gate is judged; nothing is written unless it opens."
)
class QualifyOpportunityInput(Noted):
    """The lead is an opportunity."""

    assessments: list[AssessmentInput] | None = maybe("Recorded first.")
    pain_since: date | None = maybe("Recorded first.")
    next_step: NextStepInput | None = maybe("Recorded first.")


@strawberry.input(
    description="QUALIFIED to PROGRESSING. What is given is applied first, then the gate is judged; the milestones are laid out."
)
class ProgressOpportunityInput(Noted):
    """The purchase is under way."""

    value: MoneyInput | None = maybe("Applied first.")
    expected_close_date: date | None = maybe("Applied first; a new baseline, never a push.")
    slip_reason: SlipReason | None = maybe("Not needed: a date given here is a new baseline.")
    next_step: NextStepInput | None = maybe("Applied first.")


@strawberry.input(description="PROGRESSING to WON.")
class WinOpportunityInput(Noted):
    """The buyer chose us."""

    reason: WinReason = told("Why the buyer chose us.")
    value: MoneyInput | None = maybe("What was agreed at last; applied first.")
    closed_on: date | None = maybe("The day it was won; left out: today.")


@strawberry.input(description="QUALIFIED or PROGRESSING to LOST.")
class LoseOpportunityInput(Noted):
    """The buyer did not choose us."""

    reason: LossReason = told("Why. OTHER needs a `note` of at least 20 characters.")
    competitor_id: strawberry.ID | None = maybe("One of the opportunity's competitors, with LOST_TO_COMPETITOR.")
    closed_on: date | None = maybe("The day it was lost; left out: today.")


@strawberry.input(description="Stop: an open opportunity becomes DISQUALIFIED.")
class DisqualifyOpportunityInput(Noted):
    """Not worth the time."""

    reason: DisqualifyReason = told("Why. OTHER needs a `note` of at least 20 characters.")


@strawberry.input(description="Back by one state: PROGRESSING to QUALIFIED, QUALIFIED to LEAD.")
class RegressOpportunityInput(Attempt):
    """It had come too far."""

    note: str = told("Why it goes back; kept with the transition.")


@strawberry.input(description="A closed opportunity is open again; the gate into its target is judged anew.")
class ReopenOpportunityInput(Attempt):
    """Not over yet."""

    note: str = told("Why it is opened again; kept with the transition.")
    to: OpportunityState = told(
        "Where to: LOST to LEAD, QUALIFIED or PROGRESSING; DISQUALIFIED to LEAD; WON to PROGRESSING."
    )
    expected_close_date: date | None = maybe("Applied first; a new baseline, never a push.")
    slip_reason: SlipReason | None = maybe("Not needed: a date given here is a new baseline.")


@strawberry.type(description="The arrow was taken, or would have been.")
class TransitionSucceeded:
    """Moved."""

    moved: strawberry.Private[Moved]

    @strawberry.field(graphql_type=Opportunity, description="As stored: unchanged on a dry run.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        """Read after the write."""
        return await sure(info.context.loaders.opportunity, self.moved.opportunity_id)

    @strawberry.field(graphql_type=Transition | None, description="Null on a dry run.")
    async def transition(self, info: Info) -> TransitionRow | None:
        """The history row."""
        id = self.moved.transition_id
        return None if id is None else await sure(info.context.loaders.transition, id)

    @strawberry.field(description="Where it leads.")
    def target(self) -> OpportunityState:
        """The state."""
        return self.moved.target

    @strawberry.field(graphql_type=list[Requirement], description="The gate as it was evaluated.")
    def requirements(self) -> Any:
        """The verdicts."""
        return self.moved.verdicts

    @strawberry.field(description="Whether it was only tried.")
    def dry_run(self) -> bool:
        """Tried only."""
        return self.moved.dry_run


TransitionResult = Annotated[
    TransitionSucceeded
    | TransitionBlocked
    | IllegalTransition
    | VersionConflict
    | NotFound
    | PermissionDenied
    | InvalidInput,
    strawberry.union("TransitionResult", description="The arrow taken, or why not: the first of these that applies."),
]


def _arrow(description: str) -> Any:
    return strawberry.mutation(graphql_type=TransitionResult, description=description)


@strawberry.type
class TransitionMutation:
    """How a deal is moved."""

    @_arrow("LEAD becomes QUALIFIED where pain, interest and fit hold.")
    async def qualify_opportunity(self, info: Info, input: QualifyOpportunityInput) -> TransitionSucceeded:
        """A lead becomes an opportunity."""
        first = AppliedFirst(
            assessments=answers(or_none(input.assessments) or []),
            pain_since=or_none(input.pain_since),
            next_step=next_step(or_none(input.next_step)),
        )
        id = ids.of("Opportunity", input.id)
        return TransitionSucceeded(moved=await triggers.qualify(info.context.acting(), id, first, _terms(input)))

    @_arrow("QUALIFIED becomes PROGRESSING; the process's milestones are laid out, due from today.")
    async def progress_opportunity(self, info: Info, input: ProgressOpportunityInput) -> TransitionSucceeded:
        """The purchase begins."""
        id, changes = ids.of("Opportunity", input.id), changes_given(_applied(input))
        return TransitionSucceeded(moved=await triggers.progress(info.context.acting(), id, changes, _terms(input)))

    @_arrow("PROGRESSING becomes WON, with the reason why.")
    async def win_opportunity(self, info: Info, input: WinOpportunityInput) -> TransitionSucceeded:
        """The end we wanted."""
        won = Won(input.reason, or_none(input.closed_on), changes_given(_applied(input)))
        id = ids.of("Opportunity", input.id)
        return TransitionSucceeded(moved=await triggers.win(info.context.acting(), id, won, _terms(input)))

    @_arrow("QUALIFIED or PROGRESSING becomes LOST, with the reason why.")
    async def lose_opportunity(self, info: Info, input: LoseOpportunityInput) -> TransitionSucceeded:
        """The end we did not want."""
        rival = ids.maybe_of("Competitor", or_none(input.competitor_id))
        lost, id = Lost(input.reason, rival, or_none(input.closed_on)), ids.of("Opportunity", input.id)
        return TransitionSucceeded(moved=await triggers.lose(info.context.acting(), id, lost, _terms(input)))

    @_arrow("An open opportunity becomes DISQUALIFIED, with the reason why.")
    async def disqualify_opportunity(self, info: Info, input: DisqualifyOpportunityInput) -> TransitionSucceeded:
        """We stop."""
        id, reason = ids.of("Opportunity", input.id), input.reason
        return TransitionSucceeded(moved=await triggers.disqualify(info.context.acting(), id, reason, _terms(input)))

    @_arrow("Back by one state, with a note that says why.")
    async def regress_opportunity(self, info: Info, input: RegressOpportunityInput) -> TransitionSucceeded:
        """It had come too far."""
        id = ids.of("Opportunity", input.id)
        return TransitionSucceeded(moved=await triggers.regress(info.context.acting(), id, _terms(input)))

    @_arrow(
        "A closed opportunity is open again, for a manager; a WON one for an admin. The gate into `to` is judged anew."
    )
    async def reopen_opportunity(self, info: Info, input: ReopenOpportunityInput) -> TransitionSucceeded:
        """Not over yet."""
        id, changes = ids.of("Opportunity", input.id), changes_given(_applied(input))
        moved = await triggers.reopen(info.context.acting(), id, input.to, changes, _terms(input))
        return TransitionSucceeded(moved=moved)


APPLIED = frozenset({"value", "expected_close_date", "slip_reason", "next_step"})


def _applied(input: Any) -> dict[str, Any]:  # Any: an input of one of the arrows
    return {name: value for name, value in given(input).items() if name in APPLIED}


def _terms(input: Any) -> Terms:  # Any: an input of one of the arrows
    return Terms(
        note=or_none(input.note),
        override=override_given(input.override),
        dry_run=input.dry_run,
        expected_version=or_none(input.expected_version),
    )
