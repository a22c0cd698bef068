"""Fields that gates can require: when each counts as filled, and the sentences about it."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.rules.deal_facts import TODAY, deal, verdict_on
from workflow.rules.enums import (
    CompetitorKind,
    CompetitorStanding,
    OpportunityField,
    PurchaseProcess,
    RequirementStatus,
)
from workflow.rules.opportunity.facts import NextStep, OpportunityFacts
from workflow.rules.opportunity.fields import FIELD_REMEDIES, FIELD_RULES, check_field
from workflow.rules.opportunity.parts import CompetitorFacts, ObjectiveFacts
from workflow.rules.process.document import RequirementTest

STANDING = CompetitorStanding.ACTIVE
MET = RequirementStatus.MET
UNMET = RequirementStatus.UNMET
F = OpportunityField
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)

FILLED: dict[F, list[OpportunityFacts]] = {
    F.VALUE: [deal(value_minor=1, value_currency="EUR")],
    F.EXPECTED_CLOSE_DATE: [deal(expected_close_date=TODAY), deal(expected_close_date=TOMORROW)],
    F.NEXT_STEP: [deal(next_step=NextStep("Call", YESTERDAY)), deal(next_step=NextStep("Call", TOMORROW))],
    F.DESCRIPTION: [deal(description="Counting stock by hand")],
    F.PURCHASE_PROCESS: [
        deal(purchase_process=process)
        for process in PurchaseProcess
        if process is not PurchaseProcess.UNKNOWN
    ],
    F.DECISION_DATE: [deal(decision_date=YESTERDAY)],
    F.COMPELLING_EVENT: [deal(compelling_event="The lease ends in June")],
    F.COMPETITORS: [
        deal(
            competitors=(
                CompetitorFacts(UUID(int=1), UUID(int=7), CompetitorKind.VENDOR, "Globex", STANDING),
            )
        )
    ],
    F.OBJECTIVES: [deal(objectives=(ObjectiveFacts("Count once a day"),))],
}
UNFILLED: dict[F, list[OpportunityFacts]] = {field: [deal()] for field in F} | {
    F.VALUE: [deal(), deal(value_minor=0, value_currency="EUR")],
    F.EXPECTED_CLOSE_DATE: [deal(), deal(expected_close_date=YESTERDAY)],
    F.NEXT_STEP: [deal(), deal(next_step=NextStep("Call"))],
    F.DESCRIPTION: [deal(), deal(description="  ")],
    F.COMPELLING_EVENT: [deal(), deal(compelling_event=" ")],
}


@pytest.mark.parametrize("field", F)
def test_a_field_is_met_when_filled(field: F) -> None:
    test = RequirementTest(field=field)

    filled = [verdict_on(test, facts) for facts in FILLED[field]]
    unfilled = [verdict_on(test, facts) for facts in UNFILLED[field]]

    assert {(verdict.status, verdict.remedy) for verdict in filled} == {(MET, None)}
    assert {verdict.status for verdict in unfilled} == {UNMET}
    assert all(verdict.remedy for verdict in unfilled)


@pytest.mark.parametrize("field", F)
def test_the_sentences_for_filled_and_unfilled_differ(field: F) -> None:
    filled = {check_field(field, facts, TODAY) for facts in FILLED[field]}
    unfilled = {check_field(field, facts, TODAY) for facts in UNFILLED[field]}

    assert filled == {(True, FIELD_RULES[field].met)}
    assert unfilled == {(False, FIELD_RULES[field].unmet)}
    assert FIELD_RULES[field].met != FIELD_RULES[field].unmet


def test_every_field_has_a_rule_and_a_remedy() -> None:
    assert set(FIELD_RULES) == set(FIELD_REMEDIES) == set(F)


def test_a_close_date_counts_until_the_end_of_its_day() -> None:
    facts = deal(expected_close_date=TODAY)

    assert check_field(F.EXPECTED_CLOSE_DATE, facts, TODAY)[0]
    assert not check_field(F.EXPECTED_CLOSE_DATE, facts, TOMORROW)[0]
