"""The types of reports, converted from the figures of the rules. All money is in the base currency."""

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
"""The groupings whose keys are ids, and the types of these ids."""


@strawberry.type(description="The open opportunities of one group.")
class PipelineRow:
    key: str = described(
        "The key of the group: the name of an enum value, an id, a month as YYYY-MM, or the "
        "text of a source. Empty if there is none; TOTAL for all."
    )
    label: str = described("The name of the group that people see.")
    count: int = described("The number of opportunities.")
    value: Money = described("The sum of their base values.")
    weighted: Money = described(
        "The sum of their base values multiplied by their probabilities. OMITTED ones, and "
        "those with an undecided proposal to disqualify, count 0."
    )
    average_health: float | None = described(
        "The mean of their health scores, 0 to 100. Null for a past day."
    )
    average_age_days: float | None = described("The mean of the days since they were created.")


@strawberry.type(description="The open opportunities, by group.")
class PipelineReport:
    rows: list[PipelineRow] = described(
        "One row for each group with an opportunity, the highest value first."
    )
    total: PipelineRow = described("All opportunities together.")


@strawberry.type(
    description="The opportunities that entered one state in the period, each counted once by its "
    "first entry: entered = progressed + lost + disqualified + stillOpen."
)
class FunnelStep:
    state: OpportunityState = described("The state.")
    entered: int = described("The number of opportunities that entered the state.")
    progressed: int = described(
        "The number that later entered the next state. For PROGRESSING and WON: the number that are WON now."
    )
    lost: int = described("The number of the others that are LOST now.")
    disqualified: int = described("The number of the others that are DISQUALIFIED now.")
    still_open: int = described("The number of the others that are open now.")
    overridden: int = described("The number that entered the state with an override.")
    conversion: float | None = described("progressed / entered. Null if none entered.")
    median_days: float | None = described(
        "The true median of the days in the state, over the stays that have ended. Without "
        "states that an import passed at once."
    )


@strawberry.type(description="The opportunities that entered each state, and how far they came.")
class FunnelReport:
    steps: list[FunnelStep] = described("The steps LEAD, QUALIFIED, PROGRESSING and WON.")


@strawberry.type(description="The speed at which open opportunities turn into revenue.")
class VelocityReport:
    open_qualified: int = described("The number of opportunities that are QUALIFIED or PROGRESSING now.")
    win_rate: float | None = described("won / (won + lost) in the period. Null if none was won or lost.")
    median_won_value: Money | None = described(
        "The true median of the base values that were won in the period."
    )
    average_won_value: Money | None = described("The mean of the base values that were won in the period.")
    median_cycle_days: float | None = described(
        "The true median of the days from first QUALIFIED to the close, over those won in the period."
    )
    per_day: Money | None = described(
        "The expected revenue a day: open qualified × win rate × average won value / median cycle days."
    )


@strawberry.type(
    description="The open opportunities of one forecast category that are expected to close in the period."
)
class ForecastRow:
    category: ForecastCategory = described("The forecast category.")
    count: int = described("The number of opportunities.")
    value: Money = described("The sum of their base values.")
    weighted: Money = described("The sum of their base values multiplied by their probabilities.")


@strawberry.type(description="The expected result of a period.")
class ForecastReport:
    categories: list[ForecastRow] = described(
        "One row for each forecast category with an opportunity, the most certain first."
    )
    won: Money = described("The base value of the opportunities that were won in the period.")
    target: Money | None = described(
        "The target of exactly this period: of the one member or team that the filter "
        "names, else of the organization. Null if there is none."
    )
    coverage: float | None = described(
        "open / (target − won). Null if the target is reached or there is none."
    )


@strawberry.type(description="The closed opportunities of one group.")
class OutcomeRow:
    key: str = described(
        "The key of the group: the name of an enum value, an id, a month as YYYY-MM, or the "
        "text of a source or competitor. Empty if there is none; TOTAL for all."
    )
    label: str = described("The name of the group that people see.")
    won: int = described("The number of opportunities that were won.")
    lost: int = described("The number of opportunities that were lost.")
    disqualified: int = described("The number of opportunities that were disqualified.")
    won_value: Money = described("The sum of the base values that were won.")
    lost_value: Money = described("The sum of the base values that were lost.")
    win_rate: float | None = described("won / (won + lost). Null if none was won or lost.")
    median_days_to_close: float | None = described(
        "The true median of the days from first QUALIFIED to the close, over those won and lost."
    )


@strawberry.type(description="The opportunities that were closed in the period, by group.")
class OutcomeReport:
    rows: list[OutcomeRow] = described(
        "One row for each group with an opportunity, the most wins and losses first."
    )
    total: OutcomeRow = described("All opportunities together, each counted once.")


@strawberry.type(description="The pushes out of the period that were given one reason.")
class SlipReasonRow:
    reason: SlipReason = described("The reason.")
    count: int = described("The number of pushes.")
    value: Money = described("The base value that was pushed out.")


@strawberry.type(
    description="The open base value that is due in the period, from its start to its end: opening "
    "+ created + reopened + increased + pulledIn + revalued − decreased − pushedOut − "
    "lost − disqualified − won = closing. Each change is converted at the rate of the "
    "first day of the period."
)
class SlippageReport:
    opening: Money = described("Due in the period at its start.")
    created: Money = described("Created in the period and due in it.")
    increased: Money = described("Increases in value.")
    pulled_in: Money = described("Moved into the period.")
    decreased: Money = described("Decreases in value.")
    pushed_out: Money = described("Moved out of the period.")
    lost: Money = described("Lost.")
    disqualified: Money = described("Disqualified.")
    won: Money = described("Won.")
    reopened: Money = described("Reopened and due in the period.")
    revalued: Money = described("Changes of exchange rates. May be negative.")
    closing: Money = described("Due in the period at its end, or now if it has not ended.")
    reasons: list[SlipReasonRow] = described(
        "The reasons for the pushes out of the period, the highest value first. Only pushes with a reason."
    )


def rounded_money(minor: float | None, base: str) -> Money | None:
    """Convert minor units of the base currency, rounded half up."""
    if minor is None:
        return None
    return Money(
        amount=amount(int(Decimal(str(minor)).quantize(Decimal(1), ROUND_HALF_UP)), base), currency=base
    )


def exact_money(minor: int, base: str) -> Money:
    """Convert a sum in minor units of the base currency."""
    return Money(amount=amount(minor, base), currency=base)


def group_key(key: str, by: str) -> str:
    """Return the key of a group for clients: an id, if the group is a record."""
    return (
        ids.encode(GROUP_KEY_TYPES[by], UUID(key))
        if by in GROUP_KEY_TYPES and key not in ("", "TOTAL")
        else key
    )


def pipeline_row(row: PipelineFigures, by: str, base: str) -> PipelineRow:
    """Convert the figures of a group of open deals."""
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
    """Convert the figures of a group of closed deals."""
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
    """Convert the figures of one state."""
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
    """Convert the figures of the velocity."""
    return VelocityReport(
        open_qualified=figures.open_qualified,
        win_rate=figures.win_rate,
        median_won_value=rounded_money(figures.median_won, base),
        average_won_value=rounded_money(figures.average_won, base),
        median_cycle_days=figures.median_cycle_days,
        per_day=rounded_money(figures.per_day, base),
    )


def slippage_report(figures: SlippageFigures, base: str) -> SlippageReport:
    """Convert the figures of the slippage."""
    columns = (
        "opening", "created", "increased", "pulled_in", "decreased", "pushed_out", "lost", "disqualified",
        "won", "reopened", "revalued", "closing",
    )  # fmt: skip
    reasons = [
        SlipReasonRow(reason=row.reason, count=row.count, value=exact_money(row.value, base))
        for row in figures.reasons
    ]
    return SlippageReport(
        **{name: exact_money(getattr(figures, name), base) for name in columns}, reasons=reasons
    )
