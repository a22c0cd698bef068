"""Recording of assessments: which are accepted, and what is stored and reported."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.refusals import faults
from tests.support.team import SalesTeam, event_payloads, new_sales_team
from workflow.models import Assessment, Opportunity
from workflow.models.columns import new_id
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.rules.enums import Grade, OpportunityState

EVIDENCE = "Rita said on the phone that the old system costs them two days a month."
PAIN = NewAssessment("pain", Grade.VALIDATED, EVIDENCE, "https://example.com/notes")
BUDGET = NewAssessment("budget", Grade.IDENTIFIED)
DAY = timedelta(days=1)


@pytest.fixture
async def team() -> SalesTeam:
    """Create a sales team with one deal in each state."""
    return await new_sales_team()


@pytest.fixture
def deal(team: SalesTeam) -> UUID:
    """Return the owner's lead."""
    return team.deals[OpportunityState.LEAD]


async def assess(team: SalesTeam, deal: UUID, *assessments: NewAssessment, **options: Any) -> UUID:
    """Record assessments as the owner of the deal."""
    given = {"pain_since": None, "expected_version": None, **options}
    return await assess_criteria(team.at("owner", NOW + DAY), deal, assessments, **given)


async def faults_of(team: SalesTeam, deal: UUID, *assessments: NewAssessment) -> dict[str, str]:
    """Return the faults of assessments; none of them must be stored."""
    found = await faults(deal, assess(team, deal, *assessments))
    assert not await Assessment.filter(opportunity_id=deal).exists()
    return found


async def test_an_assessment_is_stored_with_its_evidence_and_author(team: SalesTeam, deal: UUID) -> None:
    await assess(team, deal, replace(PAIN, evidence=f"  {EVIDENCE} "))

    [row] = await Assessment.filter(opportunity_id=deal).values()
    assert (row["criterion"], row["grade"], row["evidence"]) == ("pain", Grade.VALIDATED, EVIDENCE)
    assert (row["evidence_url"], row["assessed_at"]) == ("https://example.com/notes", NOW + DAY)
    assert row["actor_member_id"] == team.member("owner")


async def test_the_event_reports_the_old_and_the_new_grade(team: SalesTeam, deal: UUID) -> None:
    await assess(team, deal, BUDGET)
    await assess(team, deal, replace(BUDGET, grade=Grade.DISPROVED), PAIN)

    grades = [payload["grades"] for payload in await event_payloads(deal, "criterion.assessed")]
    assert grades == [
        {"budget": {"old": None, "new": "IDENTIFIED"}},
        {"budget": {"old": "IDENTIFIED", "new": "DISPROVED"}, "pain": {"old": None, "new": "VALIDATED"}},
    ]


async def test_earlier_assessments_stay(team: SalesTeam, deal: UUID) -> None:
    await assess(team, deal, BUDGET)
    await assess(team, deal, BUDGET)

    assert await Assessment.filter(opportunity_id=deal, criterion="budget").count() == 2


async def test_one_invalid_assessment_rejects_all_of_them(team: SalesTeam, deal: UUID) -> None:
    found = await faults_of(team, deal, PAIN, NewAssessment("champ", Grade.IDENTIFIED))

    known = "`champ` is not a criterion of the process. Choose one of "
    assert list(found) == ["assessments.1.criterion"]
    assert found["assessments.1.criterion"].startswith(known)


async def test_a_criterion_is_assessed_once_in_a_request(team: SalesTeam, deal: UUID) -> None:
    found = await faults_of(team, deal, BUDGET, replace(BUDGET, grade=Grade.DISPROVED))

    assert found == {"assessments": "A criterion occurs twice. Assess each criterion once."}


@pytest.mark.parametrize("grade", [Grade.VALIDATED, Grade.CONFIRMED])
@pytest.mark.parametrize("evidence", [None, "", "tbd", "xxxxxxxxxxxxxxx"])
async def test_a_high_grade_needs_evidence_that_says_something(
    team: SalesTeam, deal: UUID, grade: Grade, evidence: str | None
) -> None:
    assert list(await faults_of(team, deal, replace(PAIN, grade=grade, evidence=evidence))) == [
        "assessments.0.evidence"
    ]


@pytest.mark.parametrize("grade", sorted(set(Grade) - {Grade.VALIDATED, Grade.CONFIRMED}))
async def test_other_grades_need_no_evidence(team: SalesTeam, deal: UUID, grade: Grade) -> None:
    await assess(team, deal, replace(BUDGET, grade=grade))

    assert await Assessment.filter(opportunity_id=deal).values("grade") == [{"grade": grade}]


@pytest.mark.parametrize("url", ["example.com", "ftp://example.com/a", "javascript:alert(1)"])
async def test_the_link_to_evidence_is_a_web_address(team: SalesTeam, deal: UUID, url: str) -> None:
    found = await faults_of(team, deal, replace(PAIN, evidence_url=url))

    assert found == {"assessments.0.evidenceUrl": "`evidenceUrl` must begin with https:// or http://."}


async def test_evidence_comes_from_a_stakeholder_of_the_deal(team: SalesTeam, deal: UUID) -> None:
    found = await faults_of(team, deal, replace(PAIN, said_by_id=new_id()))

    message = "`saidById` is not a stakeholder of this opportunity. Add the person as a stakeholder first."
    assert found == {"assessments.0.saidById": message}


async def test_a_request_records_something(team: SalesTeam, deal: UUID) -> None:
    message = "There is nothing to record. Add at least one assessment, or set `painSince`."

    assert await faults_of(team, deal) == {"assessments": message}


async def test_the_beginning_of_the_pain_can_be_recorded_alone(team: SalesTeam, deal: UUID) -> None:
    await assess(team, deal, pain_since=NOW.date())

    assert await Opportunity.filter(id=deal).values_list("pain_since", flat=True) == [NOW.date()]
    [payload] = await event_payloads(deal, "criterion.assessed")
    assert payload["changes"] == {"painSince": {"old": None, "new": NOW.date().isoformat()}}
