"""The import of opportunities from another system: idempotent, with one result for each row."""

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
    description="One opportunity of another system. A new one may have a state and dates in the "
    "past: it is recorded with the source IMPORT, and no gate is evaluated. Fields that "
    "you leave out stay as they are; null clears a field.",
)
class ImportRowInput:
    external_id: str = described(
        "Its id in the other system. A known id updates the opportunity, an unknown one creates it."
    )
    name: str = described("The name.")
    account_name: str = described("The name of the account. It is found ignoring case, or created.")
    owner_email: str | None = optional(
        "The e-mail address of an active member. Default for a new opportunity: the member of your API key."
    )
    state: OpportunityState | None = optional(
        "The state of a new opportunity. Default: LEAD. A row with another state than the "
        "existing opportunity's is rejected: only a transition changes a state."
    )
    value: MoneyInput | None = optional("The amount that the deal would bring.")
    created_at: datetime | None = optional(
        "The time when it was created. Default: the earliest date of the row, or now."
    )
    state_since: datetime | None = optional("The time when it entered its state.")
    expected_close_date: date | None = optional(
        "The expected close date. Moving it to a later month counts as a push."
    )
    closed_on: date | None = optional(
        "The day on which it was closed. Required if it is closed, and not allowed if it is open."
    )
    type: OpportunityType | None = optional("The kind of business.")
    source: str | None = optional("The origin, such as a campaign.")
    win_reason: WinReason | None = optional("The reason, if it was won.")
    loss_reason: LossReason | None = optional("The reason, if it was lost.")
    disqualify_reason: DisqualifyReason | None = optional("The reason, if it was disqualified.")
    attributes: Json | None = optional(
        "Custom fields to merge, by key. A null value removes the key; keys that you leave out stay."
    )


@strawberry.input(description="Opportunities of another system.")
class ImportOpportunitiesInput:
    external_system: str = described(
        "The other system, such as `hubspot`. With the `externalId` of each row it is the key of the upsert."
    )
    dry_run: bool = strawberry.field(default=False, description="Check all rows and store nothing.")
    rows: list[ImportRowInput] = described("The rows, 1 to 500.")


@strawberry.type(description="The result of one row.")
class ImportRowResult:
    row: int = described("The number of the row, counting from 1.")
    external_id: str = described("The external id of the row.")
    outcome: ImportOutcome = described("The outcome.")
    result: strawberry.Private[ImportRowOutcome]

    @strawberry.field(
        graphql_type=Opportunity | None,
        description="The opportunity, read after the import. Null if the row was rejected or would be "
        "CREATED by a dry run.",
    )
    async def opportunity(self, info: Info) -> OpportunityRow | None:
        id = self.result.opportunity_id
        return None if id is None else await info.context.loaders.opportunity.load(id)

    @strawberry.field(
        graphql_type=list[Opportunity],
        description="On a dry run, for CREATED: open opportunities of the account with the same name, "
        "which may be the same deal.",
    )
    async def possible_duplicates(self, info: Info) -> Any:
        rows = await info.context.loaders.opportunity.load_many(list(self.result.possible_duplicates))
        return [row for row in rows if row is not None]

    @strawberry.field(
        graphql_type=Problem | None, description="The reason why the row was rejected. Null if it was not."
    )
    async def problem(self, info: Info) -> Any:
        refusal = self.result.problem
        return None if refusal is None else await to_problem(refusal, info.context.loaders)


@strawberry.type(description="The results of an import.")
class ImportSummary:
    created: int = described("The number of opportunities that were created.")
    updated: int = described("The number of opportunities that were updated.")
    unchanged: int = described(
        "The number of rows that change nothing, such as rows that equal the last import."
    )
    rejected: int = described("The number of rows that were rejected. Each gives its reason.")
    dry_run: bool = described("True if nothing was stored.")
    rows: list[ImportRowResult] = described("One result for each row, in the order of the request.")


ImportResult = Annotated[
    ImportSummary | PermissionDenied | InvalidInput,
    strawberry.union(
        "ImportResult", description="One result for each row, or the reason why none was tried."
    ),
]


@strawberry.type
class ImportMutation:
    @strawberry.mutation(
        graphql_type=ImportResult,
        description="Create and update opportunities from another system, all valid rows in one "
        "transaction. A rejected row does not affect the others, and sending the same rows "
        "again changes nothing. Only admins and integrators may do this.",
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
    """Convert a row for the operation; a field that is left out stays out."""
    fields: dict[str, Any] = provided_fields(row)
    if "value" in fields:
        fields["value"] = parse_money(fields["value"])
    return ImportRow(**fields)
