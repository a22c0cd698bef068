"""The mutations that acknowledge and snooze alerts."""

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


@strawberry.input(description="Alerts to acknowledge.")
class AcknowledgeAlertsInput:
    ids: list[strawberry.ID] = described("The alerts' ids, 1 to 500.")
    note: str | None = optional("Your note, stored with each alert.")


@strawberry.input(description="Alerts to snooze.")
class SnoozeAlertsInput:
    ids: list[strawberry.ID] = described("The alerts' ids, 1 to 500.")
    until: datetime = described(
        "The end of the snooze, at most 30 days from now. An alert whose cause still exists "
        "opens again then, or as soon as its severity rises."
    )
    note: str | None = optional("Your note, stored with each alert.")


@strawberry.type(name="AlertRow", description="The result for one alert of the request.")
class AlertRowType:
    id: strawberry.ID = described("The id that you passed.")
    result: strawberry.Private[AlertResult]

    @strawberry.field(
        graphql_type=Alert | None, description="The alert, read after the change. Null if you cannot see it."
    )
    async def alert(self, info: Info) -> Any:
        return await info.context.loaders.row("Alert", self.result.id)

    @strawberry.field(
        graphql_type=Problem | None, description="The reason why the alert was not changed. Null if it was."
    )
    async def problem(self, info: Info) -> Any:
        refusal = self.result.problem
        if isinstance(refusal, NotFoundError):
            refusal = NotFoundError(None, self.id)
        return None if refusal is None else await to_problem(refusal, info.context.loaders)


@strawberry.type(description="The results of a bulk change of alerts.")
class AlertSummary:
    succeeded: int = described("The number of alerts that were changed.")
    failed: int = described("The number of alerts that were not changed. Their rows give the reasons.")
    rows: list[AlertRowType] = described("One result for each id, in the order of the request.")


AlertsResult = Annotated[
    AlertSummary | PermissionDenied | InvalidInput,
    strawberry.union(
        "AlertsResult", description="One result for each alert, or the reason why none was tried."
    ),
]


@strawberry.type
class AlertMutation:
    @strawberry.mutation(
        graphql_type=AlertsResult,
        description="Acknowledge alerts: you know about them, and they stay quiet until their severity "
        "rises. An alert is refused if you may not change its opportunity, or if it is "
        "resolved.",
    )
    async def acknowledge_alerts(self, info: Info, input: AcknowledgeAlertsInput) -> AlertSummary:
        alert_ids = [ids.parse_or_nil("Alert", id) for id in input.ids]
        results = await alert_responses.acknowledge_alerts(
            info.context.operation_context(), alert_ids, or_none(input.note)
        )
        return _summarize(info, input.ids, results)

    @strawberry.mutation(
        graphql_type=AlertsResult,
        description="Snooze alerts until a day you choose, at most 30 days from now. An alert is "
        "refused if you may not change its opportunity, or if it is resolved.",
    )
    async def snooze_alerts(self, info: Info, input: SnoozeAlertsInput) -> AlertSummary:
        alert_ids = [ids.parse_or_nil("Alert", id) for id in input.ids]
        note = or_none(input.note)
        return _summarize(
            info,
            input.ids,
            await alert_responses.snooze_alerts(
                info.context.operation_context(), alert_ids, input.until, note
            ),
        )


def _summarize(
    info: Info, ids_given: Sequence[strawberry.ID], results: Sequence[AlertResult]
) -> AlertSummary:
    info.context.reset_loaders()
    failed = sum(one.problem is not None for one in results)
    rows = [AlertRowType(id=id, result=one) for id, one in zip(ids_given, results, strict=True)]
    return AlertSummary(succeeded=len(rows) - failed, failed=failed, rows=rows)
