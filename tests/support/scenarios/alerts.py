"""A deal with alerts: sweeps at an instant, and the stored alerts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.team import SalesTeam
from workflow.models import Alert, Event, Opportunity
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.alerts.sweep import SweepResult, sweep_organization
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
)

DAY = timedelta(days=1)
SILENCE = "NO_BUYER_ACTIVITY"


async def run_sweep(team: SalesTeam, now: datetime) -> SweepResult:
    """Sweep at an instant; return the changed alerts."""
    result = SweepResult()
    await sweep_organization(team.at("admin", now), result)
    return result


async def alerts_of(deal: UUID, code: str, **filters: Any) -> list[dict[str, Any]]:
    """Return the alerts with a code on a deal, oldest first."""
    return await Alert.filter(opportunity_id=deal, code=code, **filters).order_by("id").values()


async def only_alert(deal: UUID, code: str = SILENCE) -> dict[str, Any]:
    """Return the only alert with a code."""
    [row] = await alerts_of(deal, code)
    return row


async def silence_events(deal: UUID) -> list[tuple[str, str]]:
    """Return the events of the alert about silence."""
    rows = (
        await Event.filter(aggregateid=deal, type__startswith="alert.")
        .order_by("xid", "pos")
        .values("type", "payload")
    )
    return [
        (row["type"], row["payload"].get("changes")) for row in rows if row["payload"].get("code") == SILENCE
    ]


async def log_call(team: SalesTeam, deal: UUID, now: datetime) -> None:
    """Log a two-way call with the buyer."""
    account = (await Opportunity.filter(id=deal).values("account_id"))[0]["account_id"]
    ctx = team.at("owner", now)
    contact = await create_contact(ctx, account, {"name": "Grace"})
    fields = (ActivityKind.CALL, ActivityDirection.OUTBOUND, "They called back", True, now, [contact])
    await log_activity(ctx, deal, NewActivity(*fields))
