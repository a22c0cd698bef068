"""The rows of an imported opportunity: its assumed history, snapshots and milestones."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.operations.transfer.test_import_rows import CREATED_AT, LEAD, WON, import_all, opportunity
from tests.support.organizations import NOW, TestOrganization
from workflow.models import Milestone, Snapshot, Transition
from workflow.operations.transfer.new_opportunity_rows import IMPORTED_PATH
from workflow.rules.enums import OpportunityState, TransitionSource
from workflow.rules.gates.machine import TRANSITIONS


async def test_a_won_row_is_assumed_to_have_been_qualified_and_in_progress(
    organization: TestOrganization,
) -> None:
    await import_all(organization, WON)

    made = await opportunity(organization, "2")
    transitions = await Transition.filter(opportunity_id=made.id).order_by("sequence")
    closed = datetime(2026, 2, 1, tzinfo=UTC)
    assert [(transition.trigger, transition.at) for transition in transitions] == [
        ("QUALIFY", CREATED_AT),
        ("PROGRESS", CREATED_AT),
        ("WIN", closed),
    ]
    assert {transition.source for transition in transitions} == {TransitionSource.IMPORT}
    assert [transition.win_reason for transition in transitions] == [None, None, "SPEED"]
    assert transitions[2].seconds_in_previous_state == int((closed - CREATED_AT).total_seconds())
    assert (made.state, made.state_since, made.closed_from) == ("WON", closed, "PROGRESSING")
    assert (made.closed_on, made.win_reason, made.base_minor) == (date(2026, 2, 1), "SPEED", 1050)
    assert (made.probability, made.forecast_category) == (1.0, "CLOSED")


@pytest.mark.parametrize(
    ("state", "closed_on", "triggers"),
    [
        (OpportunityState.LEAD, None, []),
        (OpportunityState.QUALIFIED, None, ["QUALIFY"]),
        (OpportunityState.PROGRESSING, None, ["QUALIFY", "PROGRESS"]),
        (OpportunityState.WON, NOW.date(), ["QUALIFY", "PROGRESS", "WIN"]),
        (OpportunityState.LOST, NOW.date(), ["QUALIFY", "PROGRESS", "LOSE"]),
        (OpportunityState.DISQUALIFIED, NOW.date(), ["DISQUALIFY"]),
    ],
)
async def test_every_state_has_the_transitions_that_are_assumed_to_lead_to_it(
    organization: TestOrganization, state: OpportunityState, closed_on: date | None, triggers: list[str]
) -> None:
    await import_all(organization, replace(LEAD, state=state, closed_on=closed_on))

    made = await opportunity(organization)
    transitions = (
        await Transition.filter(opportunity_id=made.id).order_by("sequence").values_list("trigger", flat=True)
    )
    assert (made.state, [str(transition) for transition in transitions]) == (state.value, triggers)


async def test_milestones_of_a_progressing_row_are_due_from_the_import(
    organization: TestOrganization,
) -> None:
    old = datetime(2025, 1, 1, tzinfo=UTC)
    await import_all(organization, replace(LEAD, state=OpportunityState.PROGRESSING, created_at=old))

    milestones = await Milestone.filter(organization_id=organization.id).order_by("position")

    assert [(step.due - NOW.date()).days for step in milestones if step.due] == [14, 30, 45, 60, 75]


def test_every_assumed_path_leads_from_lead_over_existing_transitions_to_its_state() -> None:
    edges = {(rule.trigger, rule.source, rule.target) for rule in TRANSITIONS}

    assert IMPORTED_PATH.keys() == set(OpportunityState)
    for state, path in IMPORTED_PATH.items():
        assert set(path) <= edges
        sources = [source for _, source, _ in path]
        targets = [target for _, _, target in path]
        assert [*sources, state] == [OpportunityState.LEAD, *targets]


async def test_a_deal_was_in_the_previous_state_until_it_entered_its_own(
    organization: TestOrganization,
) -> None:
    await import_all(organization, WON)

    made = await opportunity(organization, "2")
    closed = datetime(2026, 2, 1, tzinfo=UTC)
    snapshots = Snapshot.filter(opportunity_id=made.id).order_by("since")
    assert await snapshots.values_list("state", "since", "until", "closed_on", "probability") == [
        ("PROGRESSING", CREATED_AT, closed, None, 0.5),
        ("WON", closed, None, date(2026, 2, 1), 1.0),
    ]


async def test_a_deal_that_spent_no_time_in_another_state_has_one_snapshot(
    organization: TestOrganization,
) -> None:
    await import_all(organization, replace(LEAD, state=OpportunityState.QUALIFIED, created_at=CREATED_AT))

    made = await opportunity(organization)
    assert await Snapshot.filter(opportunity_id=made.id).values_list("state", "since") == [
        ("QUALIFIED", CREATED_AT)
    ]
