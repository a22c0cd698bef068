"""The rows of reports, each made of figures that the rules have put together; all money is in base currency."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import strawberry

from schema.core import ids
from schema.core.money import Money
from schema.core.nodes import described
from workflow.rules.enums import ForecastCategory, OpportunityState, SlipReason
from workflow.rules.money import amount
from workflow.rules.reports.funnel import FunnelFigures
from workflow.rules.reports.outcomes import OutcomeFigures, VelocityFigures
from workflow.rules.reports.pipeline import PipelineFigures
from workflow.rules.reports.slippage import SlippageFigures

GROUP_KEY_TYPES: Mapping[str, str] = {"OWNER": "Member", "TEAM": "Team", "ACCOUNT": "Account"}
"""The groupings whose keys are ids, and of what."""


@strawberry.type(description="Open opportunities of one group.")
class PipelineRow:
    key: str = described(
        "The group: an enum's name, an id, YYYY-MM, or the source's own text; empty where it has none; TOTAL of all."
    )
    label: str = described("The group as people call it.")
    count: int = described("How many are open.")
    value: Money = described("The sum of their base values.")
    weighted: Money = described(
        "The sum of base value times probability; what is omitted, or proposed to be stopped, is 0."
    )
    average_health: float | None = described("The mean of their health, 0 to 100; null for a past day.")
    average_age_days: float | None = described("The mean of the days since they were created.")


@strawberry.type(description="What stands open.")
class PipelineReport:
    rows: list[PipelineRow] = described("A row for each group with an opportunity in it, the greatest value first.")
    total: PipelineRow = described("All of them together.")


@strawberry.type(
    description="The opportunities that entered a state in the period, each once, by its first entry there: "
    "entered = progressed + lost + disqualified + stillOpen."
)
class FunnelStep:
    state: OpportunityState = described("The state they entered.")
    entered: int = described("How many.")
    progressed: int = described("How many came to the next state later; of PROGRESSING and WON: how many are WON now.")
    lost: int = described("How many of the others are LOST now.")
    disqualified: int = described("How many of the others are DISQUALIFIED now.")
    still_open: int = described("How many of the others are open.")
    overridden: int = described("Entered by an override.")
    conversion: float | None = described("progressed / entered; null where nothing entered.")
    median_days: float | None = described(
        "The true median of the days they stayed, of the stays that have ended; without states that an import passed at once."
    )


@strawberry.type(description="How far opportunities come.")
class FunnelReport:
    steps: list[FunnelStep] = described("LEAD, QUALIFIED, PROGRESSING and WON.")


@strawberry.type(description="How fast what is open turns into money; by what was won in the period.")
class VelocityReport:
    open_qualified: int = described("How many are QUALIFIED or PROGRESSING now.")
    win_rate: float | None = described("won / (won + lost) in the period; null where nothing was decided.")
    median_won_value: Money | None = described("The true median of what was won.")
    average_won_value: Money | None = described("The mean of what was won.")
    median_cycle_days: float | None = described(
        "The true median of the days from first QUALIFIED to closedOn, of what was won."
    )
    per_day: Money | None = described("open qualified × win rate × average won value / median cycle days.")


@strawberry.type(description="Open opportunities of one forecast category that are expected to close in the period.")
class ForecastRow:
    category: ForecastCategory = described("The category.")
    count: int = described("How many are open.")
    value: Money = described("The sum of their base values.")
    weighted: Money = described("The sum of base value times probability.")


@strawberry.type(description="What the period is to bring.")
class ForecastReport:
    categories: list[ForecastRow] = described("A row for each category with an opportunity in it, the surest first.")
    won: Money = described("What was won with closedOn in the period.")
    target: Money | None = described(
        "The target of exactly this period: of the one member or team that the filter names, else the organization's."
    )
    coverage: float | None = described("open / (target − won); null where that is not positive.")


@strawberry.type(description="Closed opportunities of one group.")
class OutcomeRow:
    key: str = described(
        "The group: an enum's name, an id, YYYY-MM, or the own text of a source or a competitor; empty where it has none; TOTAL of all."
    )
    label: str = described("The group as people call it.")
    won: int = described("How many were won.")
    lost: int = described("How many were lost.")
    disqualified: int = described("How many were disqualified.")
    won_value: Money = described("The sum of what was won.")
    lost_value: Money = described("The sum of what was lost.")
    win_rate: float | None = described("won / (won + lost); null where nothing was decided.")
    median_days_to_close: float | None = described(
        "The true median of the days from first QUALIFIED to closedOn, won and lost."
    )


@strawberry.type(description="What became of opportunities whose present closedOn lies in the period.")
class OutcomeReport:
    rows: list[OutcomeRow] = described("A row for each group with an opportunity in it, the most decided first.")
    total: OutcomeRow = described("All of them together, each once.")


@strawberry.type(description="Opportunities that were pushed out of the period for one reason.")
class SlipReasonRow:
    reason: SlipReason = described("Why.")
    count: int = described("How often.")
    value: Money = described("What was pushed out.")


@strawberry.type(
    description="opening + created + reopened + increased + pulledIn + revalued − decreased − pushedOut − lost − disqualified − won = closing, "
    "in base value that is open and due in the period. Every change at the rates of its first day."
)
class SlippageReport:
    opening: Money = described("Due in the period as it began.")
    created: Money = described("Made in the period, and due in it.")
    increased: Money = described("Became worth more.")
    pulled_in: Money = described("Came to be due in the period.")
    decreased: Money = described("Became worth less.")
    pushed_out: Money = described("Is not due in the period any more.")
    lost: Money = described("Was lost.")
    disqualified: Money = described("Was disqualified.")
    won: Money = described("Was won.")
    reopened: Money = described("Was closed, and is open and due again.")
    revalued: Money = described("By changed exchange rates; may be negative.")
    closing: Money = described("Due in the period at its end, or now.")
    reasons: list[SlipReasonRow] = described(
        "Why it was pushed out, where a reason was given, the greatest value first."
    )


def rounded_money(minor: float | None, base: str) -> Money | None:
    """Minor units of base currency, rounded half up, as Money."""
    if minor is None:
        return None
    return Money(amount=amount(int(Decimal(str(minor)).quantize(Decimal(1), ROUND_HALF_UP)), base), currency=base)


def exact_money(minor: int, base: str) -> Money:
    """A sum in minor units of base currency as Money."""
    return Money(amount=amount(minor, base), currency=base)


def group_key(key: str, by: str) -> str:
    """The key of a group as clients know it: an id where it is a record's."""
    return ids.encode(GROUP_KEY_TYPES[by], UUID(key)) if by in GROUP_KEY_TYPES and key not in ("", "TOTAL") else key


def pipeline_row(row: PipelineFigures, by: str, base: str) -> PipelineRow:
    """A group of open deals."""
    return PipelineRow(
        key=group_key(row.key, by),
        label=row.label,
        count=row.count,
        value=exact_money(row.value, base),
        weighted=exact_money(row.weighted, base),
        average_health=row.average_health,
        average_age_days=row.average_age_days,
    )


def outcome_row(row: OutcomeFigures, by: str, base: str) -> OutcomeRow:
    """A group of closed deals."""
    return OutcomeRow(
        key=group_key(row.key, by),
        label=row.label,
        won=row.won,
        lost=row.lost,
        disqualified=row.disqualified,
        won_value=exact_money(row.won_value, base),
        lost_value=exact_money(row.lost_value, base),
        win_rate=row.win_rate,
        median_days_to_close=row.median_days_to_close,
    )


def funnel_step(step: FunnelFigures) -> FunnelStep:
    """A state on the way."""
    names = (
        "state",
        "entered",
        "progressed",
        "lost",
        "disqualified",
        "still_open",
        "overridden",
        "conversion",
        "median_days",
    )
    return FunnelStep(**{name: getattr(step, name) for name in names})


def velocity_report(figures: VelocityFigures, base: str) -> VelocityReport:
    """The pace."""
    return VelocityReport(
        open_qualified=figures.open_qualified,
        win_rate=figures.win_rate,
        median_won_value=rounded_money(figures.median_won, base),
        average_won_value=rounded_money(figures.average_won, base),
        median_cycle_days=figures.median_cycle_days,
        per_day=rounded_money(figures.per_day, base),
    )


def slippage_report(figures: SlippageFigures, base: str) -> SlippageReport:
    """The bridge."""
    columns = (
        "opening", "created", "increased", "pulled_in", "decreased", "pushed_out", "lost", "disqualified", "won", "reopened", "revalued",
        "closing",
    )  # fmt: skip
    reasons = [
        SlipReasonRow(reason=row.reason, count=row.count, value=exact_money(row.value, base)) for row in figures.reasons
    ]
    return SlippageReport(**{name: exact_money(getattr(figures, name), base) for name in columns}, reasons=reasons)
