"""An organization moved by its export: every deal comes back with all that hangs on it, to the byte, and so does every figure."""

import json
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from api.files.cells import RecordKind
from tests.support.counts import count
from tests.support.histories import BEGINNING, PERIODS, histories
from tests.support.organizations import TestOrganization
from tests.support.team import new_crew
from tests.support.transfer import LATER, everything, exported, imported, moved, sound
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
from workflow.queries.opportunity.filter import Days, OpportunityFilter
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
async def told() -> TestOrganization:
    """An organization in which everything was done once; no test changes it."""
    return await everything()


@pytest.fixture
async def rest() -> TestOrganization:
    """What the story does not do: deals of which more is said by hand, undone, waived, and lost to somebody."""
    crew = await new_crew()
    admin, owner = crew.ctx["admin"], crew.ctx["owner"]
    lead, deal = (crew.deals[state] for state in (OpportunityState.LEAD, OpportunityState.PROGRESSING))
    await update_opportunity(owner, lead, {"probability": 0.35}, expected_version=None)
    account = (await Opportunity.filter(id=deal).values("account_id"))[0]["account_id"]
    contact = await create_contact(admin, account, {"name": "Grace"})
    person = await add_stakeholder(owner, deal, NewStakeholder(contact, [BuyingRole.CHAMPION]))
    await update_stakeholder(owner, person, {"left": True}, expected_version=None)
    call = NewActivity(ActivityKind.CALL, ActivityDirection.OUTBOUND, "It was somebody else", contact_ids=[contact])
    await correct_activity(owner, await log_activity(owner, deal, call), {"void": True})
    step = await add_milestone(owner, deal, NewMilestone("A second visit"))
    await waive_milestone(
        crew.ctx["manager"], step, reason="They came to us instead, all four of them", expected_version=None
    )
    rival = await add_competitor(owner, deal, NewCompetitor(CompetitorKind.VENDOR, "Globex"))
    await lose(owner, deal, LossDetails(LossReason.LOST_TO_COMPETITOR, rival), TransitionOptions())
    return crew.organization


async def test_everything_that_can_be_done_comes_back_to_the_byte(
    told: TestOrganization, rest: TestOrganization, tmp_path: Path
) -> None:
    all_ = []
    for organization in (told, rest):
        other, lines = await moved(organization, tmp_path)
        all_ += [json.loads(line) for line in lines]
        assert await exported(other, RecordKind.OPPORTUNITIES) == lines
        for home in (organization, other):
            await sweep_organization(replace(home.ctx, now=LATER), SweepResult())
        assert await _judged(other) == await _judged(organization)
        await sound(other)
    assert _never_told(all_) == set()


def _never_told(lines: list[dict[str, Any]]) -> set[str]:
    """What a whole deal may have that none of the lines has."""
    hints = get_type_hints(OpportunityDocument)
    told = {name for line in lines for name in line}
    missing = {camel(name) for name in DOCUMENT_FIELDS} - told
    for name in DOCUMENT_FIELDS:
        shape = get_args(hints[name])[0] if get_args(hints[name]) else None
        if is_dataclass(shape):
            listed = [line.get(camel(name), ()) for line in lines]
            parts = [part for one in listed for part in ([one] if isinstance(one, dict) else one)]
            given = {key for part in parts for key in part}
            missing |= {f"{name}.{field.name}" for field in fields(shape) if camel(field.name) not in given}
    return missing


async def _judged(organization: TestOrganization) -> list[Any]:
    """What the rules made of each deal; the story's `talk` came to closed ones unseen by them."""
    mine = Opportunity.filter(organization_id=organization.id, deleted_at=None).order_by("number")
    told = await mine.values("state", "health", "health_factors", "risk_level", "closed_insight")
    return [row for row in told if row["state"] != "DISQUALIFIED"]


async def test_the_figures_of_the_past_come_back(tmp_path: Path) -> None:
    crew = await new_crew()
    account = await create_account(crew.organization.ctx, {"name": "Globex"})
    await histories(crew, account, HISTORIES, 5)
    other, _ = await moved(crew.organization, tmp_path)

    assert await _figures(other) == await _figures(crew.organization)
    await sound(other)


async def _figures(organization: TestOrganization) -> list[object]:
    viewer, own, all_ = organization.ctx.viewer, await find_organization(str(organization.id)), OpportunityFilter()
    told: list[object] = []
    for period in PERIODS:
        entered = await cohorts(viewer, all_, own, period)
        ended = await outcomes(viewer, all_, OutcomeGrouping.OVERRIDDEN, own, period)
        told += [sorted(entered.groups, key=str), entered.medians, sorted(ended.groups, key=str), ended.medians]
        told.append(await velocity(viewer, all_, own, period))
        told.append(sorted(await snapshot_changes(viewer, all_, own, period), key=str))
    for place in range(40):
        day = BEGINNING.date() + timedelta(days=9 * place)
        then = as_of(day, own, LATER, LATER.date())
        told.append(sorted(await open_deals(viewer, all_, PipelineGrouping.STATE, own, then), key=str))
        told.append(await won_value(viewer, all_, Days(None, day), then))
    return told


async def test_an_export_brought_into_its_own_organization_finds_its_own_deals(
    told: TestOrganization, tmp_path: Path
) -> None:
    lines = await exported(told, RecordKind.OPPORTUNITIES)
    before = await Opportunity.filter(organization_id=told.id).count()

    tally, why = await imported(told, RecordKind.OPPORTUNITIES, lines, tmp_path)

    assert (tally.counts[ImportOutcome.UNCHANGED], tally.children_skipped, why) == (len(lines), len(lines), [])
    assert await Opportunity.filter(organization_id=told.id).count() == before
    assert await exported(told, RecordKind.OPPORTUNITIES) == lines
