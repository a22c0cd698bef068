"""One deal that lives for months by a moved clock: what people do with it on their days, and what is told of its alerts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY, swept
from tests.support.team import Crew
from workflow.models import Alert, Event, Milestone, Opportunity
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.buyer.milestones import complete_milestone
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.core.context import Ctx
from workflow.rules.enums import ActivityDirection, ActivityKind, BuyingRole

EARLY, LATE = time(0, 30), time(23, 30)
"""When a day is swept: what turns at midnight is told in the early one, what runs by the hour in the late one."""
Does = Callable[["Life", Ctx], Awaitable[object]]


@dataclass
class Life:
    """The deal, who is around it, and what was made on the way, by name."""

    crew: Crew
    deal: UUID
    time_zone: ZoneInfo
    made: dict[str, UUID] = field(default_factory=dict)

    def day(self, number: int) -> date:
        """The organization's day of that number; the deal was recorded on day 0, a Monday."""
        return (NOW + number * DAY).astimezone(self.time_zone).date()

    async def meet(self, ctx: Ctx, name: str, role: BuyingRole) -> None:
        """Somebody of the buyer's comes into the deal."""
        [row] = await Opportunity.filter(id=self.deal).values("account_id")
        self.made[f"contact {name}"] = contact = await create_contact(ctx, row["account_id"], {"name": name})
        self.made[name] = await add_stakeholder(ctx, self.deal, NewStakeholder(contact, [role]))

    async def talk(self, ctx: Ctx, name: str = "Grace") -> None:
        """The buyer is spoken with."""
        contacts = [self.made[f"contact {name}"]]
        said = (ActivityKind.CALL, ActivityDirection.OUTBOUND, "They told us", True, None, contacts)
        await log_activity(ctx, self.deal, NewActivity(*said))

    async def write(self, ctx: Ctx) -> None:
        """The buyer is written to, and does not answer."""
        await log_activity(ctx, self.deal, NewActivity(ActivityKind.EMAIL, ActivityDirection.OUTBOUND, "Wrote"))

    async def reach(self, ctx: Ctx, key: str) -> None:
        """The buyer is brought to a milestone of the process."""
        [row] = await Milestone.filter(opportunity_id=self.deal, template_key=key).values("id")
        said = "Grace wrote it in her mail of today"
        await complete_milestone(ctx, row["id"], evidence=said, expected_version=None)

    async def alert(self, code: str) -> UUID:
        """The one of that code that is not over."""
        [row] = await Alert.filter(opportunity_id=self.deal, code=code).exclude(status="RESOLVED").values("id")
        id: UUID = row["id"]
        return id

    async def live(self, days: int, story: Mapping[int, Sequence[tuple[str, Does]]]) -> None:
        """Every day is swept early and late, and between the two people do what the story says, an hour after nine in UTC."""
        for number in range(days + 1):
            await self._sweep(number, EARLY)
            for who, does in story.get(number, ()):
                await does(self, self.crew.at(who, NOW + number * DAY + DAY / 24))
            await self._sweep(number, LATE)

    async def _sweep(self, number: int, at: time) -> None:
        now = datetime.combine(self.day(number), at, self.time_zone)
        if now > NOW:
            await swept(self.crew, now)

    async def told(self) -> list[str]:
        """A line a fact: the day, what came of which alert, how severe it is, and to whom it went up."""
        names = {self.crew.member(name): name for name in self.crew.ctx if name != "integrator"}
        facts = Event.filter(aggregateid=self.deal, type__startswith="alert.").order_by("xid", "pos")
        alerts = {row["id"]: row for row in await Alert.filter(opportunity_id=self.deal).values("id", "subject")}
        severity: dict[str, str] = {}
        lines = []
        for fact in await facts.values("type", "at", "payload"):
            about = fact["payload"]
            id, changes = about["alertId"], about["changes"]
            severity[id] = changes.get("severity", {}).get("new", severity.get(id))
            subject = await self._named(alerts[UUID(id)]["subject"])
            day = (fact["at"].astimezone(self.time_zone).date() - self.day(0)).days
            up = f" to {names[UUID(changes['escalatedToId']['new'])]}" if "escalatedToId" in changes else ""
            what = f"{about['code']}{f' {subject}' if subject else ''} {severity[id]}{up}"
            lines.append(f"{day} {fact['type'].removeprefix('alert.')} {what}")
        return lines

    async def _named(self, subject: str) -> str:
        steps = {
            str(row["id"]): row["template_key"] for row in await Milestone.filter(opportunity_id=self.deal).values()
        }
        return steps.get(subject) or {str(id): name for name, id in self.made.items()}.get(subject, subject)
