"""A deal whose alerts are looked at: by a sweep at some instant, and as they are stored."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.team import Crew
from workflow.models import Alert, Event, Opportunity
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.alerts.sweep import SweepResult, sweep_organization
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
)

DAY = timedelta(days=1)
QUIET = "NO_BUYER_ACTIVITY"


async def swept(crew: Crew, now: datetime) -> SweepResult:
    """What a sweep at an instant changes."""
    done = SweepResult()
    await sweep_organization(crew.at("admin", now), done)
    return done


async def of(deal: UUID, code: str, **wanted: Any) -> list[dict[str, Any]]:
    """The alerts of a code on a deal, in the order in which they came."""
    return await Alert.filter(opportunity_id=deal, code=code, **wanted).order_by("id").values()


async def one(deal: UUID, code: str = QUIET) -> dict[str, Any]:
    """The only alert of a code."""
    [row] = await of(deal, code)
    return row


async def told(deal: UUID) -> list[tuple[str, str]]:
    """What was told of the silence of the buyer."""
    rows = (
        await Event.filter(aggregateid=deal, type__startswith="alert.").order_by("xid", "pos").values("type", "payload")
    )
    return [(row["type"], row["payload"].get("changes")) for row in rows if row["payload"].get("code") == QUIET]


async def talk(crew: Crew, deal: UUID, now: datetime) -> None:
    """The buyer is spoken with."""
    account = (await Opportunity.filter(id=deal).values("account_id"))[0]["account_id"]
    ctx = crew.at("owner", now)
    contact = await create_contact(ctx, account, {"name": "Grace"})
    about = (ActivityKind.CALL, ActivityDirection.OUTBOUND, "They called back", True, now, [contact])
    await log_activity(ctx, deal, NewActivity(*about))
