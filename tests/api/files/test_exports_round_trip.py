"""An exported organization is imported again with every part and every figure."""

import json
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from api.files.cells import RecordKind
from tests.support.counts import count
from tests.support.organizations import TestOrganization
from tests.support.scenarios.histories import PERIODS, START, create_histories
from tests.support.team import new_sales_team
from tests.support.transfer import (
    LATER,
    assert_integrity,
    export_lines,
    import_text,
    organization_with_everything,
    transfer,
)
from workflow.models import Opportunity
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.alerts.sweep import SweepResult, sweep_organization
from workflow.operations.buyer.activities import NewActivity, correct_activity, log_activity
from workflow.operations.buyer.competitors import NewCompetitor, add_competitor
from workflow.operations.buyer.milestones import NewMilestone, add_milestone, waive_milestone
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder, update_stakeholder
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, lose
from workflow.queries.conditions import Days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.people.people import find_organization
from workflow.queries.reports.funnel import cohorts
from workflow.queries.reports.outcomes import outcomes, velocity
from workflow.queries.reports.pipeline import as_of, open_deals, won_value
from workflow.queries.reports.slippage import snapshot_changes
from workflow.rules.codec import camel
from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
    BuyingRole,
    CompetitorKind,
    ImportOutcome,
    LossReason,
    OpportunityState,
    OutcomeGrouping,
    PipelineGrouping,
)
from workflow.rules.transfer.opportunity_document import DOCUMENT_FIELDS, OpportunityDocument

HISTORIES = count(200)


@pytest.fixture
async def source() -> TestOrganization:
    """An organization in which every mutation was run once; no test changes it."""
    return await organization_with_everything()


@pytest.fixture
async def other_deals() -> TestOrganization:
    """Deals with what the other organization lacks: a manual probability, a waiver, a lost competitor."""
    team = await new_sales_team()
    admin = team.ctx["admin"]
    owner = team.ctx["owner"]
    lead, deal = (team.deals[state] for state in (OpportunityState.LEAD, OpportunityState.PROGRESSING))
    await update_opportunity(owner, lead, {"probability": 0.35}, expected_version=None)
    account = (await Opportunity.filter(id=deal).values("account_id"))[0]["account_id"]
    contact = await create_contact(admin, account, {"name": "Grace"})
    person = await add_stakeholder(owner, deal, NewStakeholder(contact, [BuyingRole.CHAMPION]))
    await update_stakeholder(owner, person, {"left": True}, expected_version=None)
    call = NewActivity(
        ActivityKind.CALL, ActivityDirection.OUTBOUND, "It was somebody else", contact_ids=[contact]
    )
    await correct_activity(owner, await log_activity(owner, deal, call), {"void": True})
    step = await add_milestone(owner, deal, NewMilestone("A second visit"))
    await waive_milestone(
        team.ctx["manager"], step, reason="They came to us instead, all four of them", expected_version=None
    )
    rival = await add_competitor(owner, deal, NewCompetitor(CompetitorKind.VENDOR, "Globex"))
    await lose(owner, deal, LossDetails(LossReason.LOST_TO_COMPETITOR, rival), TransitionOptions())
    return team.organization


async def test_an_exported_organization_is_imported_byte_for_byte(
    source: TestOrganization, other_deals: TestOrganization, tmp_path: Path
) -> None:
    all_ = []
    for organization in (source, other_deals):
        other, lines = await transfer(organization, tmp_path)
        all_ += [json.loads(line) for line in lines]
        assert await export_lines(other, RecordKind.OPPORTUNITIES) == lines
        for home in (organization, other):
            await sweep_organization(replace(home.ctx, now=LATER), SweepResult())
        assert await _health(other) == await _health(organization)
        await assert_integrity(other)
    assert _missing_fields(all_) == set()


def _missing_fields(lines: list[dict[str, Any]]) -> set[str]:
    """Return the fields of a document that none of the lines has."""
    hints = get_type_hints(OpportunityDocument)
    written_names = {name for line in lines for name in line}
    missing = {camel(name) for name in DOCUMENT_FIELDS} - written_names
    for name in DOCUMENT_FIELDS:
        shape = get_args(hints[name])[0] if get_args(hints[name]) else None
        if is_dataclass(shape):
            listed = [line.get(camel(name), ()) for line in lines]
            parts = [part for one in listed for part in ([one] if isinstance(one, dict) else one)]
            given = {key for part in parts for key in part}
            missing |= {f"{name}.{field.name}" for field in fields(shape) if camel(field.name) not in given}
    return missing


async def _health(organization: TestOrganization) -> list[Any]:
    """Return the evaluation of each deal, except disqualified ones, on which activities were logged later."""
    mine = Opportunity.filter(organization_id=organization.id, deleted_at=None).order_by("number")
    columns = await mine.values("state", "health", "health_factors", "risk_level", "closed_insight")
    return [row for row in columns if row["state"] != "DISQUALIFIED"]


async def test_reports_of_past_days_are_the_same_after_an_import(tmp_path: Path) -> None:
    team = await new_sales_team()
    account = await create_account(team.organization.ctx, {"name": "Globex"})
    await create_histories(team, account, HISTORIES, 5)
    other, _ = await transfer(team.organization, tmp_path)

    assert await _figures(other) == await _figures(team.organization)
    await assert_integrity(other)


async def _figures(organization: TestOrganization) -> list[object]:
    viewer = organization.ctx.viewer
    own = await find_organization(str(organization.id))
    all_ = OpportunityFilter()
    figures: list[object] = []
    for period in PERIODS:
        entered = await cohorts(viewer, all_, own, period)
        ended = await outcomes(viewer, all_, OutcomeGrouping.OVERRIDDEN, own, period)
        figures += [
            sorted(entered.groups, key=str),
            entered.medians,
            sorted(ended.groups, key=str),
            ended.medians,
        ]
        figures.append(await velocity(viewer, all_, own, period))
        figures.append(sorted(await snapshot_changes(viewer, all_, own, period), key=str))
    for place in range(40):
        day = START.date() + timedelta(days=9 * place)
        then = as_of(day, own, LATER, LATER.date())
        figures.append(sorted(await open_deals(viewer, all_, PipelineGrouping.STATE, own, then), key=str))
        figures.append(await won_value(viewer, all_, Days(None, day), then))
    return figures


async def test_reimporting_an_export_matches_existing_deals(source: TestOrganization, tmp_path: Path) -> None:
    lines = await export_lines(source, RecordKind.OPPORTUNITIES)
    before = await Opportunity.filter(organization_id=source.id).count()

    tally, why = await import_text(source, RecordKind.OPPORTUNITIES, lines, tmp_path)

    assert (tally.counts[ImportOutcome.UNCHANGED], tally.documents_skipped, why) == (
        len(lines),
        len(lines),
        [],
    )
    assert await Opportunity.filter(organization_id=source.id).count() == before
    assert await export_lines(source, RecordKind.OPPORTUNITIES) == lines
