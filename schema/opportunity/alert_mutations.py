"""What people do about alerts: say that they know, or that they will look later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import maybe, or_none
from schema.core.nodes import told
from schema.opportunity.alerts import Alert
from schema.results.problems import InvalidInput, PermissionDenied, Problem, problem_of
from workflow.operations.opportunity import alert_responses
from workflow.operations.opportunity.alert_responses import AlertDone
from workflow.rules.errors import NotFound


@strawberry.input(description="Alerts that are known.")
class AcknowledgeAlertsInput:
    """Which."""

    ids: list[strawberry.ID] = told("1 to 500.")
    note: str | None = maybe("In your words; kept with each.")


@strawberry.input(description="Alerts that are put aside.")
class SnoozeAlertsInput:
    """Which, and until when."""

    ids: list[strawberry.ID] = told("1 to 500.")
    until: datetime = told("At most 30 days ahead; one whose cause still stands opens again then, or when it rises.")
    note: str | None = maybe("In your words; kept with each.")


@strawberry.type(name="AlertRow", description="What became of one of many.")
class AlertAnswer:
    """One answer."""

    id: strawberry.ID = told("The id that was given.")
    done: strawberry.Private[AlertDone]

    @strawberry.field(graphql_type=Alert | None, description="As stored.")
    async def alert(self, info: Info) -> Any:
        """Read after the write."""
        return await info.context.loaders.row("Alert", self.done.id)

    @strawberry.field(graphql_type=Problem | None, description="Why nothing was done with it; null where it was.")
    async def problem(self, info: Info) -> Any:
        """The refusal."""
        refusal = self.done.problem
        if isinstance(refusal, NotFound):
            refusal = NotFound(None, self.id)
        return None if refusal is None else await problem_of(refusal, info.context.loaders)


@strawberry.type(description="What became of many, one row each, in the order given.")
class AlertSummary:
    """All answers."""

    succeeded: int = told("How many were done.")
    failed: int = told("How many were not; each row says why.")
    rows: list[AlertAnswer] = told("One for each id.")


AlertsResult = Annotated[
    AlertSummary | PermissionDenied | InvalidInput,
    strawberry.union("AlertsResult", description="One answer for each, or why nothing was tried."),
]


@strawberry.type
class AlertMutation:
    """What is done about alerts."""

    @strawberry.mutation(graphql_type=AlertsResult, description="Say that you know; quiet until it grows worse.")
    async def acknowledge_alerts(self, info: Info, input: AcknowledgeAlertsInput) -> AlertSummary:
        """Known."""
        named = [ids.or_nothing("Alert", id) for id in input.ids]
        done = await alert_responses.acknowledge_alerts(info.context.acting(), named, or_none(input.note))
        return _summary(info, input.ids, done)

    @strawberry.mutation(graphql_type=AlertsResult, description="Put aside for at most 30 days.")
    async def snooze_alerts(self, info: Info, input: SnoozeAlertsInput) -> AlertSummary:
        """Later."""
        named = [ids.or_nothing("Alert", id) for id in input.ids]
        note = or_none(input.note)
        return _summary(
            info, input.ids, await alert_responses.snooze_alerts(info.context.acting(), named, input.until, note)
        )


def _summary(info: Info, given: Sequence[strawberry.ID], done: Sequence[AlertDone]) -> AlertSummary:
    info.context.fresh()
    failed = sum(one.problem is not None for one in done)
    rows = [AlertAnswer(id=id, done=one) for id, one in zip(given, done, strict=True)]
    return AlertSummary(succeeded=len(rows) - failed, failed=failed, rows=rows)
