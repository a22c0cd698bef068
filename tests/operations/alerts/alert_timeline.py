"""One deal that lives for months by a moved clock: what people do with it on their days, and what is told of its alerts."""

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
"""When a day is swept: what turns at midnight is told in the early one, what runs by the hour in the late one."""
Act = Callable[["AlertTimeline", Ctx], Awaitable[object]]


@dataclass
class AlertTimeline:
    """The deal, who is around it, and what was made on the way, by name."""

    team: SalesTeam
    deal: UUID
    time_zone: ZoneInfo
    created: dict[str, UUID] = field(default_factory=dict)

    def day(self, number: int) -> date:
        """The organization's day of that number; the deal was recorded on day 0, a Monday."""
        return (NOW + number * DAY).astimezone(self.time_zone).date()

    async def add_stakeholder(self, ctx: Ctx, name: str, role: BuyingRole) -> None:
        """Somebody of the buyer's comes into the deal."""
        [row] = await Opportunity.filter(id=self.deal).values("account_id")
        self.created[f"contact {name}"] = contact = await create_contact(
            ctx, row["account_id"], {"name": name}
        )
        self.created[name] = await add_stakeholder(ctx, self.deal, NewStakeholder(contact, [role]))

    async def log_call(self, ctx: Ctx, name: str = "Grace") -> None:
        """The buyer is spoken with."""
        contacts = [self.created[f"contact {name}"]]
        fields = (ActivityKind.CALL, ActivityDirection.OUTBOUND, "They told us", True, None, contacts)
        await log_activity(ctx, self.deal, NewActivity(*fields))

    async def log_email(self, ctx: Ctx) -> None:
        """The buyer is written to, and does not answer."""
        await log_activity(
            ctx, self.deal, NewActivity(ActivityKind.EMAIL, ActivityDirection.OUTBOUND, "Wrote")
        )

    async def complete_milestone(self, ctx: Ctx, key: str) -> None:
        """The buyer is brought to a milestone of the process."""
        [row] = await Milestone.filter(opportunity_id=self.deal, template_key=key).values("id")
        evidence = "Grace wrote it in her mail of today"
        await complete_milestone(ctx, row["id"], evidence=evidence, expected_version=None)

    async def open_alert(self, code: str) -> UUID:
        """The one of that code that is not over."""
        [row] = (
            await Alert.filter(opportunity_id=self.deal, code=code).exclude(status="RESOLVED").values("id")
        )
        id: UUID = row["id"]
        return id

    async def run(self, days: int, story: Mapping[int, Sequence[tuple[str, Act]]]) -> None:
        """Every day is swept early and late, and between the two people do what the story says, an hour after nine in UTC."""
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
        """A line a fact: the day, what came of which alert, how severe it is, and to whom it went up."""
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
