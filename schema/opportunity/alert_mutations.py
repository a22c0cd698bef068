"""What people do about alerts: say that they know, or that they will look later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import optional, or_none
from schema.core.nodes import described
from schema.opportunity.alerts import Alert
from schema.results.problems import InvalidInput, PermissionDenied, Problem, to_problem
from workflow.operations.opportunity import alert_responses
from workflow.operations.opportunity.alert_responses import AlertResult
from workflow.rules.errors import NotFoundError


@strawberry.input(description="Alerts that are known.")
class AcknowledgeAlertsInput:
    ids: list[strawberry.ID] = described("1 to 500.")
    note: str | None = optional("In your words; kept with each.")


@strawberry.input(description="Alerts that are put aside.")
class SnoozeAlertsInput:
    ids: list[strawberry.ID] = described("1 to 500.")
    until: datetime = described(
        "At most 30 days ahead; one whose cause still stands opens again then, or when it rises."
    )
    note: str | None = optional("In your words; kept with each.")


@strawberry.type(name="AlertRow", description="What became of one of many.")
class AlertRowType:
    id: strawberry.ID = described("The id that was given.")
    result: strawberry.Private[AlertResult]

    @strawberry.field(graphql_type=Alert | None, description="As stored.")
    async def alert(self, info: Info) -> Any:
        return await info.context.loaders.row("Alert", self.result.id)

    @strawberry.field(graphql_type=Problem | None, description="Why nothing was done with it; null where it was.")
    async def problem(self, info: Info) -> Any:
        refusal = self.result.problem
        if isinstance(refusal, NotFoundError):
            refusal = NotFoundError(None, self.id)
        return None if refusal is None else await to_problem(refusal, info.context.loaders)


@strawberry.type(description="What became of many, one row each, in the order given.")
class AlertSummary:
    succeeded: int = described("How many were done.")
    failed: int = described("How many were not; each row says why.")
    rows: list[AlertRowType] = described("One for each id.")


AlertsResult = Annotated[
    AlertSummary | PermissionDenied | InvalidInput,
    strawberry.union("AlertsResult", description="One answer for each, or why nothing was tried."),
]


@strawberry.type
class AlertMutation:
    @strawberry.mutation(graphql_type=AlertsResult, description="Say that you know; quiet until it grows worse.")
    async def acknowledge_alerts(self, info: Info, input: AcknowledgeAlertsInput) -> AlertSummary:
        alert_ids = [ids.parse_or_nil("Alert", id) for id in input.ids]
        results = await alert_responses.acknowledge_alerts(
            info.context.operation_context(), alert_ids, or_none(input.note)
        )
        return _summarize(info, input.ids, results)

    @strawberry.mutation(graphql_type=AlertsResult, description="Put aside for at most 30 days.")
    async def snooze_alerts(self, info: Info, input: SnoozeAlertsInput) -> AlertSummary:
        alert_ids = [ids.parse_or_nil("Alert", id) for id in input.ids]
        note = or_none(input.note)
        return _summarize(
            info,
            input.ids,
            await alert_responses.snooze_alerts(info.context.operation_context(), alert_ids, input.until, note),
        )


def _summarize(info: Info, ids_given: Sequence[strawberry.ID], results: Sequence[AlertResult]) -> AlertSummary:
    info.context.reset_loaders()
    failed = sum(one.problem is not None for one in results)
    rows = [AlertRowType(id=id, result=one) for id, one in zip(ids_given, results, strict=True)]
    return AlertSummary(succeeded=len(rows) - failed, failed=failed, rows=rows)
