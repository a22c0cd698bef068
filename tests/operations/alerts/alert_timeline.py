"""The timeline of one deal over months of a moved clock: writes by day, and the events of its alerts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY, run_sweep
from tests.support.team import SalesTeam
from workflow.models import Alert, Event, Milestone, Opportunity
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.buyer.milestones import complete_milestone
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.core.context import Ctx
from workflow.rules.enums import ActivityDirection, ActivityKind, BuyingRole

EARLY = time(0, 30)
LATE = time(23, 30)
"""The times of the two sweeps of a day: the first sees changes at midnight, the second those by the hour."""
Act = Callable[["AlertTimeline", Ctx], Awaitable[object]]


@dataclass
class AlertTimeline:
    """A deal with its team, and the records created on the way, by name."""

    team: SalesTeam
    deal: UUID
    time_zone: ZoneInfo
    created: dict[str, UUID] = field(default_factory=dict)

    def day(self, number: int) -> date:
        """Return the organization's day with a number; the deal was created on day 0, a Monday."""
        return (NOW + number * DAY).astimezone(self.time_zone).date()

    async def add_stakeholder(self, ctx: Ctx, name: str, role: BuyingRole) -> None:
        """Add a stakeholder."""
        [row] = await Opportunity.filter(id=self.deal).values("account_id")
        self.created[f"contact {name}"] = contact = await create_contact(
            ctx, row["account_id"], {"name": name}
        )
        self.created[name] = await add_stakeholder(ctx, self.deal, NewStakeholder(contact, [role]))

    async def log_call(self, ctx: Ctx, name: str = "Grace") -> None:
        """Log a call with the buyer."""
        contacts = [self.created[f"contact {name}"]]
        fields = (ActivityKind.CALL, ActivityDirection.OUTBOUND, "They told us", True, None, contacts)
        await log_activity(ctx, self.deal, NewActivity(*fields))

    async def log_email(self, ctx: Ctx) -> None:
        """Log a mail to the buyer that is not answered."""
        await log_activity(
            ctx, self.deal, NewActivity(ActivityKind.EMAIL, ActivityDirection.OUTBOUND, "Wrote")
        )

    async def complete_milestone(self, ctx: Ctx, key: str) -> None:
        """Complete a milestone of the process."""
        [row] = await Milestone.filter(opportunity_id=self.deal, template_key=key).values("id")
        evidence = "Grace wrote it in her mail of today"
        await complete_milestone(ctx, row["id"], evidence=evidence, expected_version=None)

    async def open_alert(self, code: str) -> UUID:
        """Return the unresolved alert with a code."""
        [row] = (
            await Alert.filter(opportunity_id=self.deal, code=code).exclude(status="RESOLVED").values("id")
        )
        id: UUID = row["id"]
        return id

    async def run(self, days: int, story: Mapping[int, Sequence[tuple[str, Act]]]) -> None:
        """Sweep each day early and late, and run the writes of the story in between, at ten in UTC."""
        for number in range(days + 1):
            await self._sweep(number, EARLY)
            for who, does in story.get(number, ()):
                await does(self, self.team.at(who, NOW + number * DAY + DAY / 24))
            await self._sweep(number, LATE)

    async def _sweep(self, number: int, at: time) -> None:
        now = datetime.combine(self.day(number), at, self.time_zone)
        if now > NOW:
            await run_sweep(self.team, now)

    async def event_lines(self) -> list[str]:
        """Return a line per event: day, event, alert, severity, and the member it was escalated to."""
        names = {self.team.member(name): name for name in self.team.ctx if name != "integrator"}
        events = Event.filter(aggregateid=self.deal, type__startswith="alert.").order_by("xid", "pos")
        alerts = {
            row["id"]: row for row in await Alert.filter(opportunity_id=self.deal).values("id", "subject")
        }
        severity: dict[str, str] = {}
        lines = []
        for event in await events.values("type", "at", "payload"):
            payload = event["payload"]
            id = payload["alertId"]
            changes = payload["changes"]
            severity[id] = changes.get("severity", {}).get("new", severity.get(id))
            subject = await self._subject_name(alerts[UUID(id)]["subject"])
            day = (event["at"].astimezone(self.time_zone).date() - self.day(0)).days
            up = f" to {names[UUID(changes['escalatedToId']['new'])]}" if "escalatedToId" in changes else ""
            what = f"{payload['code']}{f' {subject}' if subject else ''} {severity[id]}{up}"
            lines.append(f"{day} {event['type'].removeprefix('alert.')} {what}")
        return lines

    async def _subject_name(self, subject: str) -> str:
        steps = {
            str(row["id"]): row["template_key"]
            for row in await Milestone.filter(opportunity_id=self.deal).values()
        }
        return steps.get(subject) or {str(id): name for name, id in self.created.items()}.get(
            subject, subject
        )
