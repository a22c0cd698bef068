"""The bulk mutations of opportunities: one result for each opportunity."""

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


@strawberry.input(description="An opportunity in a bulk request.")
class OpportunityRef:
    id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional(
        "The version that you read. If the opportunity has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )


@strawberry.input(
    description="A transition for many opportunities. Each has its own gate and its own result."
)
class BulkTransitionInput:
    opportunities: list[OpportunityRef] = described("The opportunities, 1 to 100.")
    trigger: Trigger = described("The trigger.")
    to: OpportunityState | None = optional("The state to reopen to. Required for REOPEN.")
    closed_on: date | None = optional("The day on which they were closed, for WIN and LOSE. Default: today.")
    note: str | None = optional("Your note, stored with each transition. Required for REGRESS and REOPEN.")
    override: OverrideInput | None = optional(
        "Passes the same unmet requirements of each opportunity, with a reason."
    )
    dry_run: bool = strawberry.field(default=False, description="Check everything and roll it back.")
    win_reason: WinReason | None = optional("The reason, required for WIN.")
    loss_reason: LossReason | None = optional(
        "The reason, required for LOSE. LOST_TO_COMPETITOR is not allowed in bulk."
    )
    disqualify_reason: DisqualifyReason | None = optional("The reason, required for DISQUALIFY.")


@strawberry.input(description="A new owner for many opportunities.")
class AssignOpportunitiesInput:
    opportunities: list[OpportunityRef] = described("The opportunities, 1 to 100.")
    owner_id: strawberry.ID = described("The new owner, an active member.")


@strawberry.input(description="The process that many opportunities will follow.")
class MigrateOpportunitiesInput:
    opportunities: list[OpportunityRef] = described("The opportunities, 1 to 100.")
    process_key: str = described("The key of the process. Its newest version is used.")


@strawberry.type(description="The result for one opportunity of the request.")
class BulkRow:
    id: strawberry.ID = described("The id that you passed.")
    result: strawberry.Private[BulkItemResult]

    @strawberry.field(
        graphql_type=Opportunity | None,
        description="The opportunity, read after the change. Null if you cannot see it.",
    )
    async def opportunity(self, info: Info) -> OpportunityRow | None:
        return await info.context.loaders.opportunity.load(self.result.id)

    @strawberry.field(
        graphql_type=Transition | None,
        description="The recorded transition. Null if there is none, as on a dry run.",
    )
    async def transition(self, info: Info) -> TransitionRow | None:
        id = self.result.transition_id
        return None if id is None else await info.context.loaders.transition.load(id)

    @strawberry.field(
        graphql_type=Problem | None,
        description="The reason why the opportunity was not changed. Null if it was.",
    )
    async def problem(self, info: Info) -> Any:
        refusal = self.result.problem
        if isinstance(refusal, NotFoundError):
            refusal = NotFoundError(None, self.id)
        return None if refusal is None else await to_problem(refusal, info.context.loaders)


@strawberry.type(description="The results of a bulk request.")
class BulkSummary:
    succeeded: int = described("The number of opportunities that were changed.")
    failed: int = described("The number of opportunities that were not changed. Their rows give the reasons.")
    rows: list[BulkRow] = described("One result for each opportunity, in the order of the request.")
    dry_run: bool = described("True if nothing was stored.")


BulkResult = Annotated[
    BulkSummary | PermissionDenied | InvalidInput,
    strawberry.union(
        "BulkResult", description="One result for each opportunity, or the reason why none was tried."
    ),
]


@strawberry.type
class BulkMutation:
    @strawberry.mutation(
        graphql_type=BulkResult,
        description="Apply one trigger to many opportunities. Each is checked by the gate of its own "
        "process and succeeds or fails by itself, for the same reasons as a single "
        "transition.",
    )
    async def transition_opportunities(self, info: Info, input: BulkTransitionInput) -> BulkSummary:
        terms = TransitionOptions(
            note=or_none(input.note), override=parse_override(input.override), dry_run=input.dry_run
        )
        names = ("to", "closed_on", "win_reason", "loss_reason", "disqualify_reason")
        transition = BulkTransition(
            input.trigger, terms, **{name: or_none(getattr(input, name)) for name in names}
        )
        results = await bulk.transition_opportunities(
            info.context.operation_context(), _parse_refs(input.opportunities), transition
        )
        return _summarize(info, input.opportunities, results, dry_run=input.dry_run)

    @strawberry.mutation(
        graphql_type=BulkResult,
        description="Give opportunities to another owner. An opportunity is refused if it is closed or "
        "if you may not assign it to that member.",
    )
    async def assign_opportunities(self, info: Info, input: AssignOpportunitiesInput) -> BulkSummary:
        owner = ids.parse_or_nil("Member", input.owner_id)
        refs = _parse_refs(input.opportunities)
        results = await bulk.assign_opportunities(info.context.operation_context(), refs, owner)
        return _summarize(info, input.opportunities, results, dry_run=False)

    @strawberry.mutation(
        graphql_type=BulkResult,
        description="Move opportunities to the newest version of a process. They keep their state and "
        "no gate is evaluated; assessments and finished milestones are matched by key. Only "
        "admins may do this. An opportunity is refused if it is closed.",
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
