"""Migrating deals to the newest version of a process."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.team import SalesTeam, event_payloads, new_sales_team, override_all
from workflow.models import Milestone, Opportunity, Override
from workflow.operations.buyer.milestones import complete_milestone
from workflow.operations.opportunity.bulk import BulkItem, BulkItemResult, migrate_opportunities
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.triggers import QualifyChanges, progress, qualify
from workflow.operations.process.processes import preset, publish
from workflow.rules.enums import ForecastCategory, MilestoneSide, OpportunityState, Trigger
from workflow.rules.errors import (
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    RecordClosedError,
    VersionConflictError,
)
from workflow.rules.process.document import MilestoneTemplate, ProcessDocument, StateSettings

LATER = NOW + timedelta(days=10)
EVIDENCE = "They signed the minutes of the workshop on Friday."
PROGRESSING = OpportunityState.PROGRESSING
DEFAULT = preset("default")
NEW_STEPS = (
    MilestoneTemplate("solution_validated", "Seen to work", MilestoneSide.JOINT, 30, 5),
    MilestoneTemplate("security_passed", "Security said yes", MilestoneSide.BUYER, 70, 21),
)
NEXT_VERSION = replace(
    DEFAULT,
    name="The next way",
    milestones=NEW_STEPS,
    gates=tuple(gate for gate in DEFAULT.gates if gate.trigger is not Trigger.WIN),
    states=tuple(
        StateSettings(state.state, state.probability / 2, ForecastCategory.PIPELINE, 7)
        if state.state is PROGRESSING
        else state
        for state in DEFAULT.states
    ),
)
"""The default process with other milestones, no gate for WIN and other settings of PROGRESSING."""


@pytest.fixture
async def team() -> SalesTeam:
    """A team with a deal in each state."""
    return await new_sales_team()


async def migrate(
    team: SalesTeam, *deals: UUID, to: ProcessDocument = NEXT_VERSION, who: str = "admin"
) -> list[BulkItemResult]:
    """Publish the document and migrate the deals to it ten days later."""
    await publish(replace(team.organization.ctx, now=LATER), to)
    return await migrate_opportunities(team.at(who, LATER), [BulkItem(deal) for deal in deals], to.key)


async def deal_row(deal: UUID) -> dict[str, Any]:
    """Return the stored deal."""
    return (await Opportunity.filter(id=deal).values())[0]


async def milestones_of(deal: UUID) -> list[tuple[str | None, str, str, int, date | None]]:
    """Return the deal's milestones in order: key, name, status, weight, due."""
    rows = await Milestone.filter(opportunity_id=deal).order_by("position", "id").values()
    return [(row["template_key"], row["name"], row["status"], row["weight"], row["due"]) for row in rows]


async def milestone(deal: UUID, key: str) -> UUID:
    """Return the milestone with the key."""
    id: UUID = (await Milestone.filter(opportunity_id=deal, template_key=key).values("id"))[0]["id"]
    return id


async def progressing_deal(team: SalesTeam) -> UUID:
    """A deal in PROGRESSING with the milestones of the default process."""
    deal = await team.add_deal(OpportunityState.QUALIFIED)
    await progress(team.ctx["admin"], deal, {}, override_all())
    return deal


async def test_done_milestones_are_kept_and_untouched_ones_are_removed(team: SalesTeam) -> None:
    deal = await progressing_deal(team)
    for key in ("problem_agreed", "solution_validated"):
        await complete_milestone(
            team.ctx["owner"], await milestone(deal, key), evidence=EVIDENCE, expected_version=None
        )

    [done] = await migrate(team, deal)

    assert done.problem is None
    due = LATER.date() + timedelta(days=21)
    assert await milestones_of(deal) == [
        ("problem_agreed", DEFAULT.milestones[0].name, "DONE", 15, date(2026, 3, 16)),
        ("solution_validated", "Seen to work", "DONE", 30, date(2026, 4, 1)),
        ("security_passed", "Security said yes", "PLANNED", 70, due),
    ]


async def test_a_milestone_of_both_versions_keeps_its_due_date(team: SalesTeam) -> None:
    deal = await progressing_deal(team)

    await migrate(team, deal)

    assert ("solution_validated", "Seen to work", "PLANNED", 30, date(2026, 4, 1)) in await milestones_of(
        deal
    )


async def test_a_deal_before_progressing_gets_no_milestones(team: SalesTeam) -> None:
    deal = team.deals[OpportunityState.QUALIFIED]

    await migrate(team, deal)

    assert await milestones_of(deal) == []


async def test_the_state_is_kept_and_the_forecast_follows_the_new_version(team: SalesTeam) -> None:
    deal = team.deals[PROGRESSING]
    before = await deal_row(deal)

    await migrate(team, deal)

    after = await deal_row(deal)
    assert (after["state"], after["state_since"]) == (before["state"], before["state_since"])
    assert (before["probability"], before["forecast_category"]) == (0.5, "BEST_CASE")
    assert (after["probability"], after["forecast_category"]) == (0.25, "PIPELINE")
    assert after["version"] == before["version"] + 1


async def test_manual_values_are_kept(team: SalesTeam) -> None:
    deal = team.deals[PROGRESSING]
    by_hand: Any = {"probability": 0.9, "forecast_category": ForecastCategory.COMMIT}
    await update_opportunity(team.ctx["owner"], deal, by_hand, expected_version=None)

    await migrate(team, deal)

    after = await deal_row(deal)
    assert (after["probability"], after["forecast_category"]) == (0.9, "COMMIT")


async def test_an_override_of_removed_requirements_is_settled(team: SalesTeam) -> None:
    lead = team.deals[OpportunityState.LEAD]
    await qualify(team.ctx["admin"], lead, QualifyChanges(), override_all())
    asked = tuple(
        one for one in DEFAULT.requirements_for(Trigger.QUALIFY) if one.key.startswith("criterion.")
    )
    gates = (replace(DEFAULT.gates[0], requirements=asked), *DEFAULT.gates[1:])
    owed = {one.key for one in asked}

    await migrate(team, lead, to=replace(DEFAULT, gates=gates))
    assert [row["settled_at"] for row in await Override.filter(opportunity_id=lead).values()] == [None]
    assert owed < set((await Override.filter(opportunity_id=lead).values())[0]["requirement_keys"])
    criteria = tuple(replace(one, key=f"new_{one.key}") for one in DEFAULT.criteria)
    renamed = tuple(
        replace(
            one,
            key=f"new_{one.key}",
            test=replace(
                one.test, criterion=replace(one.test.criterion, key=f"new_{one.test.criterion.key}")
            ),
        )
        for one in asked
        if one.test.criterion
    )
    await migrate(
        team, lead, to=replace(DEFAULT, criteria=criteria, gates=(replace(gates[0], requirements=renamed),))
    )

    [debt] = await Override.filter(opportunity_id=lead).values("settled_at")
    assert debt["settled_at"] is not None
    assert len(await event_payloads(lead, "override.settled")) == 1


async def test_the_migration_event_has_the_changes(team: SalesTeam) -> None:
    deal = await progressing_deal(team)
    before = await deal_row(deal)

    await migrate(team, deal)

    payload = (await event_payloads(deal, "opportunity.updated"))[-1]
    after = await deal_row(deal)
    assert payload["changes"]["processId"] == {
        "old": str(before["process_id"]),
        "new": str(after["process_id"]),
    }
    assert (payload["processKey"], payload["processVersion"]) == ("default", 2)
    assert payload["milestoneKeys"] == {
        "added": ["security_passed"],
        "removed": ["business_case_shared", "decision_made", "problem_agreed", "terms_agreed"],
    }


async def test_a_deal_on_the_newest_version_is_unchanged(team: SalesTeam) -> None:
    deal = team.deals[PROGRESSING]
    await migrate(team, deal)
    before = await deal_row(deal)

    [again] = await migrate(team, deal)

    assert again.problem is None
    assert await deal_row(deal) == before


async def test_each_row_says_why_it_was_not_migrated(team: SalesTeam) -> None:
    await publish(team.organization.ctx, NEXT_VERSION)
    closed = team.deals[OpportunityState.WON]
    lead = team.deals[OpportunityState.LEAD]
    foreign = (await new_sales_team()).deals[OpportunityState.LEAD]

    done = await migrate_opportunities(
        team.ctx["admin"],
        [BulkItem(closed), BulkItem(foreign), BulkItem(lead, 99), BulkItem(lead)],
        "default",
    )

    assert [type(row.problem) for row in done] == [
        RecordClosedError,
        NotFoundError,
        VersionConflictError,
        type(None),
    ]


@pytest.mark.parametrize("who", ["owner", "manager", "integrator", "observer"])
async def test_only_admins_migrate_deals(team: SalesTeam, who: str) -> None:
    with pytest.raises(PermissionDeniedError, match="you cannot migrate opportunities to another process"):
        await migrate_opportunities(team.ctx[who], [BulkItem(team.deals[PROGRESSING])], "default")


async def test_an_unknown_process_is_invalid_input(team: SalesTeam) -> None:
    with pytest.raises(InvalidInputError, match="There is no process with the key `nowhere`") as refused:
        await migrate_opportunities(team.ctx["admin"], [BulkItem(team.deals[PROGRESSING])], "nowhere")

    assert [fault.path for fault in refused.value.fields] == [("processKey",)]
