"""Many opportunities at once: one answer for each."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import optional, or_none
from schema.core.nodes import described
from schema.opportunity.overrides import OverrideInput, parse_override
from schema.opportunity.transitions import Transition
from schema.opportunity.type import Opportunity
from schema.results.problems import InvalidInput, PermissionDenied, Problem, to_problem
from workflow.operations.opportunity import bulk
from workflow.operations.opportunity.bulk import BulkItem, BulkItemResult, BulkTransition
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.queries.opportunity.history import TransitionRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, Trigger, WinReason
from workflow.rules.errors import NotFoundError


@strawberry.input(description="An opportunity that is meant.")
class OpportunityRef:
    id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional("The version that was read.")


@strawberry.input(description="One arrow for many opportunities, each with its own guards and its own transaction.")
class BulkTransitionInput:
    opportunities: list[OpportunityRef] = described("1 to 100.")
    trigger: Trigger = described("The arrow.")
    to: OpportunityState | None = optional("Where to, with REOPEN.")
    closed_on: date | None = optional("The day, with WIN and LOSE; left out: today.")
    note: str | None = optional("In your words; kept with each transition. REGRESS and REOPEN need one.")
    override: OverrideInput | None = optional("Passes unmet requirements of each with a reason.")
    dry_run: bool = strawberry.field(default=False, description="Do everything and roll it back.")
    win_reason: WinReason | None = optional("With WIN.")
    loss_reason: LossReason | None = optional("With LOSE; LOST_TO_COMPETITOR is refused here.")
    disqualify_reason: DisqualifyReason | None = optional("With DISQUALIFY.")


@strawberry.input(description="A new owner for many opportunities.")
class AssignOpportunitiesInput:
    opportunities: list[OpportunityRef] = described("1 to 100.")
    owner_id: strawberry.ID = described("The member who is to own them.")


@strawberry.input(description="Another process, or its newest version, for many opportunities.")
class MigrateOpportunitiesInput:
    opportunities: list[OpportunityRef] = described("1 to 100.")
    process_key: str = described("The process; its newest version is taken.")


@strawberry.type(description="What became of one of many.")
class BulkRow:
    id: strawberry.ID = described("The id that was given.")
    result: strawberry.Private[BulkItemResult]

    @strawberry.field(graphql_type=Opportunity | None, description="As stored.")
    async def opportunity(self, info: Info) -> OpportunityRow | None:
        return await info.context.loaders.opportunity.load(self.result.id)

    @strawberry.field(graphql_type=Transition | None, description="The arrow that was taken; null on a dry run.")
    async def transition(self, info: Info) -> TransitionRow | None:
        id = self.result.transition_id
        return None if id is None else await info.context.loaders.transition.load(id)

    @strawberry.field(graphql_type=Problem | None, description="Why nothing was done with it; null where it was.")
    async def problem(self, info: Info) -> Any:
        refusal = self.result.problem
        if isinstance(refusal, NotFoundError):
            refusal = NotFoundError(None, self.id)
        return None if refusal is None else await to_problem(refusal, info.context.loaders)


@strawberry.type(description="What became of many, one row each, in the order given.")
class BulkSummary:
    succeeded: int = described("How many were done.")
    failed: int = described("How many were not; each row says why.")
    rows: list[BulkRow] = described("One for each id, in the order given.")
    dry_run: bool = described("Whether it was only tried.")


BulkResult = Annotated[
    BulkSummary | PermissionDenied | InvalidInput,
    strawberry.union("BulkResult", description="One answer for each, or why nothing was tried."),
]


@strawberry.type
class BulkMutation:
    @strawberry.mutation(
        graphql_type=BulkResult, description="The same guards, one database transaction and one result for each row."
    )
    async def transition_opportunities(self, info: Info, input: BulkTransitionInput) -> BulkSummary:
        terms = TransitionOptions(
            note=or_none(input.note), override=parse_override(input.override), dry_run=input.dry_run
        )
        names = ("to", "closed_on", "win_reason", "loss_reason", "disqualify_reason")
        transition = BulkTransition(input.trigger, terms, **{name: or_none(getattr(input, name)) for name in names})
        results = await bulk.transition_opportunities(
            info.context.operation_context(), _parse_refs(input.opportunities), transition
        )
        return _summarize(info, input.opportunities, results, dry_run=input.dry_run)

    @strawberry.mutation(graphql_type=BulkResult, description="Give opportunities to another owner.")
    async def assign_opportunities(self, info: Info, input: AssignOpportunitiesInput) -> BulkSummary:
        owner, refs = ids.parse_or_nil("Member", input.owner_id), _parse_refs(input.opportunities)
        results = await bulk.assign_opportunities(info.context.operation_context(), refs, owner)
        return _summarize(info, input.opportunities, results, dry_run=False)

    @strawberry.mutation(
        graphql_type=BulkResult,
        description="Move opportunities to the newest version of a process: their states stay, no gate is run, what was done stays done.",
    )
    async def migrate_opportunities(self, info: Info, input: MigrateOpportunitiesInput) -> BulkSummary:
        refs = _parse_refs(input.opportunities)
        results = await bulk.migrate_opportunities(info.context.operation_context(), refs, input.process_key)
        return _summarize(info, input.opportunities, results, dry_run=False)


def _parse_refs(refs: list[OpportunityRef]) -> list[BulkItem]:
    return [BulkItem(ids.parse_or_nil("Opportunity", ref.id), or_none(ref.expected_version)) for ref in refs]


def _summarize(
    info: Info, refs: list[OpportunityRef], results: Sequence[BulkItemResult], *, dry_run: bool
) -> BulkSummary:
    info.context.reset_loaders()
    failed = sum(row.problem is not None for row in results)
    rows = [BulkRow(id=ref.id, result=row) for ref, row in zip(refs, results, strict=True)]
    return BulkSummary(succeeded=len(rows) - failed, failed=failed, rows=rows, dry_run=dry_run)
