"""Figures for managers, within what the viewer sees."""

from datetime import date

import strawberry

from schema import ids
from schema.context import Info
from schema.given import bad_input, or_none
from schema.nodes import Root, is_row, told
from schema.opportunity_list import OpportunityFilter, wanted
from schema.people import Member
from workflow.queries import reports
from workflow.queries.opportunity_filter import Days
from workflow.queries.people import MemberRow
from workflow.rules.reports import OverrideFigures, override_figures, override_total, win_rate
from workflow.rules.states import OverrideGrouping


@strawberry.input(description="From a day to a day, both included.")
class Period:
    """Days."""

    from_: date = strawberry.field(name="from", description="The first day.")
    to: date = told("The last day.")


@strawberry.type(description="Overrides of one group, and what became of the deals that they let through.")
class OverrideRow:
    """A row."""

    is_type_of = is_row(OverrideFigures)
    label: str = told("The process's name or the member's.")
    overrides: int = told("How many were made.")
    owed: int = told("How many of them are not settled: a requirement that was passed does not hold yet.")
    opportunities: int = told("How many opportunities they let through, each counted once.")
    won: int = told("How many of these are WON now.")
    lost: int = told("How many are LOST now.")
    disqualified: int = told("How many are DISQUALIFIED now.")
    still_open: int = told("How many are open.")
    win_rate: float | None = told("won / (won + lost); null where nothing is decided.")

    @strawberry.field(description="The process's key, the member's id, or TOTAL.")
    def key(self, root: Root) -> str:
        """What it is grouped by."""
        return str(root.key) if root.member_id is None else ids.encode("Member", root.member_id)

    @strawberry.field(graphql_type=Member | None, description="Who made them, where grouped by member.")
    async def member(self, root: Root, info: Info) -> MemberRow | None:
        """The manager."""
        return None if root.member_id is None else await info.context.loaders.member.load(root.member_id)


@strawberry.type(description="How often gates were passed by an override, and whether that paid.")
class OverrideReport:
    """Debts and their worth."""

    rows: list[OverrideRow] = told("A row for each group with an override, the most overrides first.")
    total: OverrideRow = told("All of them together.")
    win_rate_of_others: float | None = told(
        "The win rate of the opportunities that match the filter and were never let through by an override: what to compare with."
    )


@strawberry.type(description="Figures over the opportunities that the viewer sees.")
class Reports:
    """What managers read."""

    @strawberry.field(
        description="Overrides by the process whose gate was passed or by who passed it, with the win rate of the deals."
    )
    async def overrides(
        self,
        info: Info,
        period: Period | None = strawberry.UNSET,
        group_by: OverrideGrouping = OverrideGrouping.PROCESS,
        filter: OpportunityFilter | None = strawberry.UNSET,
    ) -> OverrideReport:
        """Who let what through."""
        viewer, matching = info.context.viewer, await wanted(info, or_none(filter))
        zone = (await info.context.loaders.organization()).time_zone
        made = await reports.overrides_made(viewer, matching, reports.span_of(_days(or_none(period)), zone))
        others = await reports.decided_without_override(viewer, matching)
        return OverrideReport(
            rows=list(override_figures(made, group_by)),  # type: ignore[arg-type]  # rows stand for their type
            total=override_total(made),  # type: ignore[arg-type]
            win_rate_of_others=win_rate(others.won, others.lost),
        )


@strawberry.type
class ReportQuery:
    """What is asked of figures."""

    @strawberry.field(description="Figures over the opportunities that the viewer sees.")
    def reports(self) -> Reports:
        """All of them."""
        return Reports()


def _days(period: Period | None) -> Days:
    if period is None:
        return Days()
    if period.to < period.from_:
        raise bad_input("`period` ends before it begins. Give `to` a day on or after `from`.")
    return Days(period.from_, period.to)
