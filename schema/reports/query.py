"""The query `reports`: figures over the opportunities that the viewer can see."""

from datetime import date
from typing import Annotated

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import bad_input, or_none
from schema.core.nodes import Root, backed_by, described
from schema.core.periods import Period, days_of
from schema.opportunity.filter import OpportunityFilterArgument, parse_opportunity_filter
from schema.people.types import Member
from schema.reports.types import (
    ForecastReport,
    ForecastRow,
    FunnelReport,
    OutcomeReport,
    PipelineReport,
    SlippageReport,
    VelocityReport,
    exact_money,
    funnel_step,
    outcome_row,
    pipeline_row,
    rounded_money,
    slippage_report,
    velocity_report,
)
from workflow.queries.conditions import span_of
from workflow.queries.people.people import MemberRow, OrganizationRow
from workflow.queries.reports import funnel, opportunity_sql, outcomes, pipeline, slippage, targets
from workflow.queries.reports import overrides as reports
from workflow.queries.reports.pipeline import AsOf, as_of
from workflow.rules.enums import ForecastCategory, OutcomeGrouping, OverrideGrouping, PipelineGrouping
from workflow.rules.reports import funnel as funnel_rules
from workflow.rules.reports import outcomes as outcome_rules
from workflow.rules.reports import pipeline as pipeline_rules
from workflow.rules.reports import slippage as slippage_rules
from workflow.rules.reports.overrides import OverrideFigures, override_figures, override_total
from workflow.rules.reports.win_rate import win_rate


@strawberry.type(
    description="The overrides of one group, and the outcome of the opportunities that they let through."
)
class OverrideRow:
    is_type_of = backed_by(OverrideFigures)
    label: str = described("The name of the process or the member.")
    overrides: int = described("The number of overrides.")
    owed: int = described("The number of overrides that are open: a requirement is still not met.")
    opportunities: int = described("The number of opportunities that they let through, each counted once.")
    won: int = described("The number of these that are WON now.")
    lost: int = described("The number of these that are LOST now.")
    disqualified: int = described("The number of these that are DISQUALIFIED now.")
    still_open: int = described("The number of these that are open now.")
    win_rate: float | None = described("won / (won + lost). Null if none is won or lost.")

    @strawberry.field(description="The key of the process, the id of the member, or TOTAL.")
    def key(self, root: Root) -> str:
        return str(root.key) if root.member_id is None else ids.encode("Member", root.member_id)

    @strawberry.field(
        graphql_type=Member | None, description="The member who gave the overrides, if grouped by member."
    )
    async def member(self, root: Root, info: Info) -> MemberRow | None:
        return None if root.member_id is None else await info.context.loaders.member.load(root.member_id)


@strawberry.type(
    description="The number of overrides, and the outcome of the opportunities that they let through."
)
class OverrideReport:
    rows: list[OverrideRow] = described("One row for each group with an override, the most overrides first.")
    total: OverrideRow = described("All overrides together.")
    win_rate_of_others: float | None = described(
        "The win rate of the opportunities that match the filter and never had an override, to compare with."
    )


AS_OF = strawberry.argument(
    description="The day to report: the figures are those at its end. Default: now. The filter and the "
    "teams of the "
    "owners are always those of now, and the health of a past day is null."
)
GROUP_BY = strawberry.argument(description="The groups that the rows stand for.")
PERIOD = strawberry.argument(description="The period to report.")
OPTIONAL_PERIOD = strawberry.argument(
    description="The period in which the overrides were given. Left out: all."
)


@strawberry.type(
    description="Figures over the opportunities that you can see, in the base currency. Win rate = "
    "won / (won + lost), without disqualified ones. Conversion follows the cohort that "
    "entered a state, with lost and disqualified ones. Cycle times and times in state "
    "are true medians. Weighted = Σ base value × probability."
)
class Reports:
    @strawberry.field(description="The open opportunities, by group.")
    async def pipeline(
        self,
        info: Info,
        filter: OpportunityFilterArgument = strawberry.UNSET,
        group_by: Annotated[PipelineGrouping, GROUP_BY] = PipelineGrouping.STATE,
        as_of: Annotated[date | None, AS_OF] = strawberry.UNSET,
    ) -> PipelineReport | None:
        matching = await parse_opportunity_filter(info, or_none(filter))
        organization = await info.context.loaders.organization()
        moment = await _parse_as_of(info, or_none(as_of), organization)
        groups = await pipeline.open_deals(info.context.viewer, matching, group_by, organization, moment)
        rows = pipeline_rules.pipeline_figures(groups)
        total = pipeline_rules.pipeline_total(groups)
        return PipelineReport(
            rows=[pipeline_row(row, group_by, organization.base_currency) for row in rows],
            total=pipeline_row(total, group_by, organization.base_currency),
        )

    @strawberry.field(
        description="The opportunities that entered each state in the period, and how far they came."
    )
    async def funnel(
        self,
        info: Info,
        period: Annotated[Period, PERIOD],
        filter: OpportunityFilterArgument = strawberry.UNSET,
    ) -> FunnelReport | None:
        matching = await parse_opportunity_filter(info, or_none(filter))
        organization = await info.context.loaders.organization()
        found = await funnel.cohorts(info.context.viewer, matching, organization, days_of(period))
        return FunnelReport(
            steps=[funnel_step(step) for step in funnel_rules.funnel_figures(found.groups, found.medians)]
        )

    @strawberry.field(
        description="The speed at which open opportunities turn into revenue, from those won in the period."
    )
    async def velocity(
        self,
        info: Info,
        period: Annotated[Period, PERIOD],
        filter: OpportunityFilterArgument = strawberry.UNSET,
    ) -> VelocityReport | None:
        matching = await parse_opportunity_filter(info, or_none(filter))
        organization = await info.context.loaders.organization()
        figures = await outcomes.velocity(info.context.viewer, matching, organization, days_of(period))
        return velocity_report(figures, organization.base_currency)

    @strawberry.field(
        description="The expected result of the period: open opportunities by expected close date, and "
        "those won."
    )
    async def forecast(
        self,
        info: Info,
        period: Annotated[Period, PERIOD],
        filter: OpportunityFilterArgument = strawberry.UNSET,
        as_of: Annotated[date | None, AS_OF] = strawberry.UNSET,
    ) -> ForecastReport | None:
        viewer = info.context.viewer
        matching = await parse_opportunity_filter(info, or_none(filter))
        days = days_of(period)
        organization = await info.context.loaders.organization()
        moment = await _parse_as_of(info, or_none(as_of), organization)
        base = organization.base_currency
        grouping = PipelineGrouping.FORECAST_CATEGORY
        groups = await pipeline.open_deals(viewer, matching, grouping, organization, moment, within=days)
        won = await pipeline.won_value(viewer, matching, days, moment)
        target = await targets.target_of(viewer, matching, days)
        target_minor = target.value_minor if target and target.value_currency == base else None
        return ForecastReport(
            categories=sorted(
                (_forecast_row(row, base) for row in pipeline_rules.pipeline_figures(groups)),
                key=lambda row: -list(ForecastCategory).index(row.category),
            ),
            won=exact_money(won, base),
            target=rounded_money(target_minor, base),
            coverage=pipeline_rules.pipeline_coverage(sum(one.value for one in groups), target_minor, won),
        )

    @strawberry.field(description="The opportunities that were closed in the period, by group.")
    async def outcomes(
        self,
        info: Info,
        period: Annotated[Period, PERIOD],
        group_by: Annotated[OutcomeGrouping, GROUP_BY] = OutcomeGrouping.REASON,
        filter: OpportunityFilterArgument = strawberry.UNSET,
    ) -> OutcomeReport | None:
        viewer = info.context.viewer
        matching = await parse_opportunity_filter(info, or_none(filter))
        days = days_of(period)
        organization = await info.context.loaders.organization()
        groups = await outcomes.outcomes(viewer, matching, group_by, organization, days)
        overall = await outcomes.outcomes(viewer, matching, None, organization, days)
        total = outcome_rules.outcome_total(overall.groups, overall.medians.get("TOTAL"))
        return OutcomeReport(
            rows=[
                outcome_row(row, group_by, organization.base_currency)
                for row in outcome_rules.outcome_figures(groups.groups, groups.medians)
            ],
            total=outcome_row(total, group_by, organization.base_currency),
        )

    @strawberry.field(
        description="The changes from the value due in the period at its start to the value due at its end."
    )
    async def slippage(
        self,
        info: Info,
        period: Annotated[Period, PERIOD],
        filter: OpportunityFilterArgument = strawberry.UNSET,
    ) -> SlippageReport | None:
        matching = await parse_opportunity_filter(info, or_none(filter))
        organization = await info.context.loaders.organization()
        days = days_of(period)
        steps = await slippage.snapshot_changes(info.context.viewer, matching, organization, days)
        first, last = await opportunity_sql.valuations(organization, days, await info.context.today())
        return slippage_report(
            slippage_rules.slippage_figures(steps, opening_rates=first, closing_rates=last),
            organization.base_currency,
        )

    @strawberry.field(
        description="The overrides of the period, by process or by member, and the outcome of their "
        "opportunities."
    )
    async def overrides(
        self,
        info: Info,
        period: Annotated[Period | None, OPTIONAL_PERIOD] = strawberry.UNSET,
        group_by: Annotated[OverrideGrouping, GROUP_BY] = OverrideGrouping.PROCESS,
        filter: OpportunityFilterArgument = strawberry.UNSET,
    ) -> OverrideReport:
        viewer = info.context.viewer
        matching = await parse_opportunity_filter(info, or_none(filter))
        zone = (await info.context.loaders.organization()).time_zone
        overrides = await reports.overrides_in_span(viewer, matching, span_of(days_of(or_none(period)), zone))
        others = await reports.decided_without_override(viewer, matching)
        return OverrideReport(
            rows=list(override_figures(overrides, group_by)),  # type: ignore[arg-type]  # rows stand for their type
            total=override_total(overrides),  # type: ignore[arg-type]
            win_rate_of_others=win_rate(others.won, others.lost),
        )


def _forecast_row(row: pipeline_rules.PipelineFigures, base: str) -> ForecastRow:
    amounts = {"value": exact_money(row.value, base), "weighted": exact_money(row.weighted, base)}
    return ForecastRow(category=ForecastCategory(row.key), count=row.count, **amounts)


async def _parse_as_of(info: Info, day: date | None, organization: OrganizationRow) -> AsOf:
    """Return the instant to report; refuse a day in the future."""
    today = await info.context.today()
    if day is not None and day > today:
        raise bad_input(
            f"`asOf` is {day}; it must be {today} or earlier. Leave it out for the figures of now."
        )
    return as_of(day, organization, info.context.now, today)


@strawberry.type
class ReportQuery:
    @strawberry.field(description="Figures over the opportunities that you can see.")
    def reports(self) -> Reports:
        return Reports()
