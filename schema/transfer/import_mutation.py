"""Opportunities of another system, many at once: the same row again changes nothing, and a bad one spoils no other."""

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from schema.core.context import Info
from schema.core.inputs import optional, provided_fields
from schema.core.money import MoneyInput, parse_money
from schema.core.nodes import described
from schema.core.scalars import Json
from schema.opportunity.type import Opportunity
from schema.results.problems import InvalidInput, PermissionDenied, Problem, to_problem
from workflow.operations.transfer import import_rows as importing
from workflow.operations.transfer.row import ImportRow, ImportRowOutcome
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import (
    DisqualifyReason,
    ImportOutcome,
    LossReason,
    OpportunityState,
    OpportunityType,
    WinReason,
)


@strawberry.input(
    name="ImportRow",
    description="A new row may carry a state and dates of the past: recorded with source IMPORT, no gate evaluated. Left out keeps, null clears.",
)
class ImportRowInput:
    external_id: str = described("With the system its key: the row makes what is unknown and changes what is known.")
    name: str = described("What it is called.")
    account_name: str = described("Its account, found by name whatever the case, or made.")
    owner_email: str | None = optional("An active member; a new row without one is whose key it is.")
    state: OpportunityState | None = optional(
        "For a row that makes a new opportunity (left out: LEAD). On an existing one another state rejects the row: only a transition changes state."
    )
    value: MoneyInput | None = optional("What it would bring.")
    created_at: datetime | None = optional("When it began; left out: the earliest date of the row, else now.")
    state_since: datetime | None = optional("Since when it is in its state.")
    expected_close_date: date | None = optional("When it is expected to close; a later month than before is a push.")
    closed_on: date | None = optional("The day it was closed: exactly where it is.")
    type: OpportunityType | None = optional("What kind of business it is.")
    source: str | None = optional("Where it came from.")
    win_reason: WinReason | None = optional("Why it was won.")
    loss_reason: LossReason | None = optional("Why it was lost.")
    disqualify_reason: DisqualifyReason | None = optional("Why it was disqualified.")
    attributes: Json | None = optional("Your own fields, merged by key; a key that is null is removed.")


@strawberry.input(description="Opportunities of another system.")
class ImportOpportunitiesInput:
    external_system: str = described("With each row's `externalId` the key of the upsert.")
    dry_run: bool = strawberry.field(default=False, description="Say what would become of the rows, and write nothing.")
    rows: list[ImportRowInput] = described("1 to 500.")


@strawberry.type(description="What became of one row.")
class ImportRowResult:
    row: int = described("Which row, counted from 1.")
    external_id: str = described("Its key.")
    outcome: ImportOutcome = described("What became of it.")
    result: strawberry.Private[ImportRowOutcome]

    @strawberry.field(graphql_type=Opportunity | None, description="Null for CREATED on a dry run.")
    async def opportunity(self, info: Info) -> OpportunityRow | None:
        id = self.result.opportunity_id
        return None if id is None else await info.context.loaders.opportunity.load(id)

    @strawberry.field(
        graphql_type=list[Opportunity],
        description="Of CREATED on a dry run: open opportunities of its account by the same name, which it may be twice.",
    )
    async def possible_duplicates(self, info: Info) -> Any:
        rows = await info.context.loaders.opportunity.load_many(list(self.result.possible_duplicates))
        return [row for row in rows if row is not None]

    @strawberry.field(graphql_type=Problem | None, description="Why it was rejected; null where it was not.")
    async def problem(self, info: Info) -> Any:
        refusal = self.result.problem
        return None if refusal is None else await to_problem(refusal, info.context.loaders)


@strawberry.type(description="What became of the rows, one answer each, in the order given.")
class ImportSummary:
    created: int = described("How many opportunities were made.")
    updated: int = described("How many were changed.")
    unchanged: int = described("How many say what they said the last time, or what stands here already.")
    rejected: int = described("How many were not taken; each says why.")
    dry_run: bool = described("Whether it was only tried.")
    rows: list[ImportRowResult] = described("One for each row, in the order given.")


ImportResult = Annotated[
    ImportSummary | PermissionDenied | InvalidInput,
    strawberry.union("ImportResult", description="One answer for each row, or why nothing was tried."),
]


@strawberry.type
class ImportMutation:
    @strawberry.mutation(
        graphql_type=ImportResult,
        description="Make and change opportunities of another system; all good rows in one transaction, a bad one spoils no other.",
    )
    async def import_opportunities(self, info: Info, input: ImportOpportunitiesInput) -> ImportSummary:
        rows = [_parse_row(row) for row in input.rows]
        results = await importing.import_rows(
            info.context.operation_context(), input.external_system, rows, input.dry_run
        )
        info.context.reset_loaders()
        counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in ImportOutcome}
        return ImportSummary(
            **{outcome.lower(): count for outcome, count in counts.items()},
            dry_run=input.dry_run,
            rows=[
                ImportRowResult(row=one.row, external_id=one.external_id, outcome=one.outcome, result=one)
                for one in results
            ],
        )


def _parse_row(row: ImportRowInput) -> ImportRow:
    """The row as the operation takes it: what is left out keeps."""
    fields: dict[str, Any] = provided_fields(row)
    if "value" in fields:
        fields["value"] = parse_money(fields["value"])
    return ImportRow(**fields)
