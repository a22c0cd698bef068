"""Deals move to the newest version of a process: no gate is run, what was done stays done, what nobody began goes."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.team import Crew, forced, new_crew, told
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
NEXT = replace(
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
"""The default with other milestones, no gate into WON, and other figures for PROGRESSING."""


@pytest.fixture
async def crew() -> Crew:
    """People, and a deal in each state."""
    return await new_crew()


async def moved(crew: Crew, *deals: UUID, to: ProcessDocument = NEXT, who: str = "admin") -> list[BulkItemResult]:
    """The deals after a move to the document, published for it, ten days on."""
    await publish(replace(crew.organization.ctx, now=LATER), to)
    return await migrate_opportunities(crew.at(who, LATER), [BulkItem(deal) for deal in deals], to.key)


async def row_of(deal: UUID) -> dict[str, Any]:
    """The deal as stored."""
    return (await Opportunity.filter(id=deal).values())[0]


async def steps_of(deal: UUID) -> list[tuple[str | None, str, str, int, date | None]]:
    """The deal's milestones in order: key, name, status, weight, due."""
    rows = await Milestone.filter(opportunity_id=deal).order_by("position", "id").values()
    return [(row["template_key"], row["name"], row["status"], row["weight"], row["due"]) for row in rows]


async def step(deal: UUID, key: str) -> UUID:
    """The milestone of that key."""
    id: UUID = (await Milestone.filter(opportunity_id=deal, template_key=key).values("id"))[0]["id"]
    return id


async def laid_out(crew: Crew) -> UUID:
    """A deal in PROGRESSING with the milestones of the default process."""
    deal = await crew.deal(OpportunityState.QUALIFIED)
    await progress(crew.ctx["admin"], deal, {}, forced())
    return deal


async def test_what_was_done_stays_and_what_nobody_began_goes(crew: Crew) -> None:
    deal = await laid_out(crew)
    for key in ("problem_agreed", "solution_validated"):
        await complete_milestone(crew.ctx["owner"], await step(deal, key), evidence=EVIDENCE, expected_version=None)

    [done] = await moved(crew, deal)

    assert done.problem is None
    due = LATER.date() + timedelta(days=21)
    assert await steps_of(deal) == [
        ("problem_agreed", DEFAULT.milestones[0].name, "DONE", 15, date(2026, 3, 16)),
        ("solution_validated", "Seen to work", "DONE", 30, date(2026, 4, 1)),
        ("security_passed", "Security said yes", "PLANNED", 70, due),
    ]


async def test_a_step_of_both_versions_keeps_its_day(crew: Crew) -> None:
    deal = await laid_out(crew)

    await moved(crew, deal)

    assert ("solution_validated", "Seen to work", "PLANNED", 30, date(2026, 4, 1)) in await steps_of(deal)


async def test_a_deal_before_progressing_is_given_no_steps(crew: Crew) -> None:
    deal = crew.deals[OpportunityState.QUALIFIED]

    await moved(crew, deal)

    assert await steps_of(deal) == []


async def test_the_state_stays_and_the_forecast_is_the_new_versions(crew: Crew) -> None:
    deal = crew.deals[PROGRESSING]
    before = await row_of(deal)

    await moved(crew, deal)

    after = await row_of(deal)
    assert (after["state"], after["state_since"]) == (before["state"], before["state_since"])
    assert (before["probability"], before["forecast_category"]) == (0.5, "BEST_CASE")
    assert (after["probability"], after["forecast_category"]) == (0.25, "PIPELINE")
    assert after["version"] == before["version"] + 1


async def test_what_was_set_by_hand_stays(crew: Crew) -> None:
    deal = crew.deals[PROGRESSING]
    by_hand: Any = {"probability": 0.9, "forecast_category": ForecastCategory.COMMIT}
    await update_opportunity(crew.ctx["owner"], deal, by_hand, expected_version=None)

    await moved(crew, deal)

    after = await row_of(deal)
    assert (after["probability"], after["forecast_category"]) == (0.9, "COMMIT")


async def test_a_debt_whose_keys_are_gone_settles(crew: Crew) -> None:
    lead = crew.deals[OpportunityState.LEAD]
    await qualify(crew.ctx["admin"], lead, QualifyChanges(), forced())
    asked = tuple(one for one in DEFAULT.requirements_for(Trigger.QUALIFY) if one.key.startswith("criterion."))
    gates = (replace(DEFAULT.gates[0], requirements=asked), *DEFAULT.gates[1:])
    owed = {one.key for one in asked}

    await moved(crew, lead, to=replace(DEFAULT, gates=gates))
    assert [row["settled_at"] for row in await Override.filter(opportunity_id=lead).values()] == [None]
    assert owed < set((await Override.filter(opportunity_id=lead).values())[0]["requirement_keys"])
    criteria = tuple(replace(one, key=f"new_{one.key}") for one in DEFAULT.criteria)
    renamed = tuple(
        replace(
            one,
            key=f"new_{one.key}",
            test=replace(one.test, criterion=replace(one.test.criterion, key=f"new_{one.test.criterion.key}")),
        )
        for one in asked
        if one.test.criterion
    )
    await moved(crew, lead, to=replace(DEFAULT, criteria=criteria, gates=(replace(gates[0], requirements=renamed),)))

    [debt] = await Override.filter(opportunity_id=lead).values("settled_at")
    assert debt["settled_at"] is not None
    assert len(await told(lead, "override.settled")) == 1


async def test_the_move_is_told_with_what_changed(crew: Crew) -> None:
    deal = await laid_out(crew)
    before = await row_of(deal)

    await moved(crew, deal)

    payload = (await told(deal, "opportunity.updated"))[-1]
    after = await row_of(deal)
    assert payload["changes"]["processId"] == {"old": str(before["process_id"]), "new": str(after["process_id"])}
    assert (payload["processKey"], payload["processVersion"]) == ("default", 2)
    assert payload["milestoneKeys"] == {
        "added": ["security_passed"],
        "removed": ["business_case_shared", "decision_made", "problem_agreed", "terms_agreed"],
    }


async def test_a_deal_that_is_there_already_stays_as_it_is(crew: Crew) -> None:
    deal = crew.deals[PROGRESSING]
    await moved(crew, deal)
    before = await row_of(deal)

    [again] = await moved(crew, deal)

    assert again.problem is None
    assert await row_of(deal) == before


async def test_each_row_says_why_it_was_not_moved(crew: Crew) -> None:
    await publish(crew.organization.ctx, NEXT)
    closed, lead = crew.deals[OpportunityState.WON], crew.deals[OpportunityState.LEAD]
    foreign = (await new_crew()).deals[OpportunityState.LEAD]

    done = await migrate_opportunities(
        crew.ctx["admin"], [BulkItem(closed), BulkItem(foreign), BulkItem(lead, 99), BulkItem(lead)], "default"
    )

    assert [type(row.problem) for row in done] == [RecordClosedError, NotFoundError, VersionConflictError, type(None)]


@pytest.mark.parametrize("who", ["owner", "manager", "integrator", "observer"])
async def test_only_an_admin_moves_deals_to_other_rules(crew: Crew, who: str) -> None:
    with pytest.raises(PermissionDeniedError, match="may not migrate opportunities to another process"):
        await migrate_opportunities(crew.ctx[who], [BulkItem(crew.deals[PROGRESSING])], "default")


async def test_an_unknown_process_is_a_fault_of_the_input(crew: Crew) -> None:
    with pytest.raises(InvalidInputError, match="There is no process with the key `nowhere`") as refused:
        await migrate_opportunities(crew.ctx["admin"], [BulkItem(crew.deals[PROGRESSING])], "nowhere")

    assert [fault.path for fault in refused.value.fields] == [("processKey",)]
