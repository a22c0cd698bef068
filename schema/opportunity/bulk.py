"""Many opportunities at once: one answer for each."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import maybe, or_none
from schema.core.nodes import told
from schema.opportunity.overrides import OverrideInput, override_given
from schema.opportunity.transitions import Transition
from schema.opportunity.type import Opportunity
from schema.results.problems import InvalidInput, PermissionDenied, Problem, problem_of
from workflow.operations.opportunity import bulk
from workflow.operations.opportunity.bulk import BulkMove, Ref, RowDone
from workflow.operations.opportunity.transitions import Terms
from workflow.queries.opportunity.history import TransitionRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, Trigger, WinReason
from workflow.rules.errors import NotFound


@strawberry.input(description="An opportunity that is meant.")
class OpportunityRef:
    """One of many."""

    id: strawberry.ID = told("The opportunity.")
    expected_version: int | None = maybe("The version that was read.")


@strawberry.input(description="One arrow for many opportunities, each with its own guards and its own transaction.")
class BulkTransitionInput:
    """What is tried."""

    opportunities: list[OpportunityRef] = told("1 to 100.")
    trigger: Trigger = told("The arrow.")
    to: OpportunityState | None = maybe("Where to, with REOPEN.")
    closed_on: date | None = maybe("The day, with WIN and LOSE; left out: today.")
    note: str | None = maybe("In your words; kept with each transition. REGRESS and REOPEN need one.")
    override: OverrideInput | None = maybe("Passes unmet requirements of each with a reason.")
    dry_run: bool = strawberry.field(default=False, description="Do everything and roll it back.")
    win_reason: WinReason | None = maybe("With WIN.")
    loss_reason: LossReason | None = maybe("With LOSE; LOST_TO_COMPETITOR is refused here.")
    disqualify_reason: DisqualifyReason | None = maybe("With DISQUALIFY.")


@strawberry.input(description="A new owner for many opportunities.")
class AssignOpportunitiesInput:
    """Who takes over."""

    opportunities: list[OpportunityRef] = told("1 to 100.")
    owner_id: strawberry.ID = told("The member who is to own them.")


@strawberry.input(description="Another process, or its newest version, for many opportunities.")
class MigrateOpportunitiesInput:
    """Which rules hold from now on."""

    opportunities: list[OpportunityRef] = told("1 to 100.")
    process_key: str = told("The process; its newest version is taken.")


@strawberry.type(description="What became of one of many.")
class BulkRow:
    """One answer."""

    id: strawberry.ID = told("The id that was given.")
    done: strawberry.Private[RowDone]

    @strawberry.field(graphql_type=Opportunity | None, description="As stored.")
    async def opportunity(self, info: Info) -> OpportunityRow | None:
        """Read after the write."""
        return await info.context.loaders.opportunity.load(self.done.id)

    @strawberry.field(graphql_type=Transition | None, description="The arrow that was taken; null on a dry run.")
    async def transition(self, info: Info) -> TransitionRow | None:
        """The history row."""
        id = self.done.transition_id
        return None if id is None else await info.context.loaders.transition.load(id)

    @strawberry.field(graphql_type=Problem | None, description="Why nothing was done with it; null where it was.")
    async def problem(self, info: Info) -> Any:
        """The refusal."""
        refusal = self.done.problem
        if isinstance(refusal, NotFound):
            refusal = NotFound(None, self.id)
        return None if refusal is None else await problem_of(refusal, info.context.loaders)


@strawberry.type(description="What became of many, one row each, in the order given.")
class BulkSummary:
    """All answers."""

    succeeded: int = told("How many were done.")
    failed: int = told("How many were not; each row says why.")
    rows: list[BulkRow] = told("One for each id, in the order given.")
    dry_run: bool = told("Whether it was only tried.")


BulkResult = Annotated[
    BulkSummary | PermissionDenied | InvalidInput,
    strawberry.union("BulkResult", description="One answer for each, or why nothing was tried."),
]


@strawberry.type
class BulkMutation:
    """What is done with many opportunities."""

    @strawberry.mutation(
        graphql_type=BulkResult, description="The same guards, one database transaction and one result for each row."
    )
    async def transition_opportunities(self, info: Info, input: BulkTransitionInput) -> BulkSummary:
        """One arrow for many."""
        terms = Terms(note=or_none(input.note), override=override_given(input.override), dry_run=input.dry_run)
        names = ("to", "closed_on", "win_reason", "loss_reason", "disqualify_reason")
        move = BulkMove(input.trigger, terms, **{name: or_none(getattr(input, name)) for name in names})
        done = await bulk.transition_opportunities(info.context.acting(), _refs(input.opportunities), move)
        return _summary(info, input.opportunities, done, dry_run=input.dry_run)

    @strawberry.mutation(graphql_type=BulkResult, description="Give opportunities to another owner.")
    async def assign_opportunities(self, info: Info, input: AssignOpportunitiesInput) -> BulkSummary:
        """Somebody takes over."""
        owner, refs = ids.or_nothing("Member", input.owner_id), _refs(input.opportunities)
        done = await bulk.assign_opportunities(info.context.acting(), refs, owner)
        return _summary(info, input.opportunities, done, dry_run=False)

    @strawberry.mutation(
        graphql_type=BulkResult,
        description="Move opportunities to the newest version of a process: their states stay, no gate is run, what was done stays done.",
    )
    async def migrate_opportunities(self, info: Info, input: MigrateOpportunitiesInput) -> BulkSummary:
        """Other rules from now on."""
        refs = _refs(input.opportunities)
        done = await bulk.migrate_opportunities(info.context.acting(), refs, input.process_key)
        return _summary(info, input.opportunities, done, dry_run=False)


def _refs(given: list[OpportunityRef]) -> list[Ref]:
    return [Ref(ids.or_nothing("Opportunity", ref.id), or_none(ref.expected_version)) for ref in given]


def _summary(info: Info, given: list[OpportunityRef], done: Sequence[RowDone], *, dry_run: bool) -> BulkSummary:
    info.context.fresh()
    failed = sum(row.problem is not None for row in done)
    rows = [BulkRow(id=ref.id, done=row) for ref, row in zip(given, done, strict=True)]
    return BulkSummary(succeeded=len(rows) - failed, failed=failed, rows=rows, dry_run=dry_run)
