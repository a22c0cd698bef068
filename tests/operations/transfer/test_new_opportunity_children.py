"""The rows of an imported document's parts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.operations.transfer.test_import_rows import CREATED_AT, LEAD, import_all, opportunity
from tests.support.organizations import TestOrganization
from workflow.models import (
    Assessment,
    Milestone,
    Objective,
    Opportunity,
    Risk,
    Snapshot,
    Stakeholder,
    Transition,
)
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.transfer.new_opportunity_children import document_columns, money_columns
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import (
    ActorKind,
    CompetitorKind,
    CompetitorStanding,
    ForecastCategory,
    Grade,
    ImportOutcome,
    LossReason,
    MilestoneSide,
    MilestoneStatus,
    OpportunityState,
    RiskCategory,
    RiskStatus,
    TransitionSource,
    Trigger,
)
from workflow.rules.errors import InvalidInputError
from workflow.rules.transfer.document_history import ExportedClose, ExportedSnapshot, ExportedTransition
from workflow.rules.transfer.document_parts import (
    ExportedActor,
    ExportedAssessment,
    ExportedCloseDetails,
    ExportedCompetitor,
    ExportedContact,
    ExportedMilestone,
    ExportedMoney,
    ExportedNextStep,
    ExportedObjective,
    ExportedRisk,
    ExportedStakeholder,
)
from workflow.rules.transfer.opportunity_document import OpportunityDocument

S = OpportunityState
ADMIN = "admin@example.com"
ADA = ExportedActor(ActorKind.MEMBER, "Ada Admin", ADMIN)
GONE = ExportedActor(ActorKind.MEMBER, "Gone Away", "gone@example.com")
GRACE = ExportedStakeholder(ExportedContact("Acme", "Grace"), CREATED_AT)
LATER = datetime(2026, 1, 7, 9, tzinfo=UTC)
CLOSED_ON = date(2026, 1, 8)


async def import_document(
    organization: TestOrganization, document: OpportunityDocument, **columns: Any
) -> Opportunity:
    """Import a deal with a document at an account that has the contact Grace."""
    await create_contact(
        organization.ctx, await create_account(organization.ctx, {"name": "Acme"}), {"name": "Grace"}
    )
    row: ImportRow = replace(LEAD, account_name="Acme", created_at=CREATED_AT, document=document, **columns)
    [outcome] = await import_all(organization, row)
    assert outcome.outcome is ImportOutcome.CREATED, outcome.problem
    return await opportunity(organization)


async def test_a_position_becomes_the_id_of_that_part(organization: TestOrganization) -> None:
    assessment = ExportedAssessment(
        "pain", Grade.VALIDATED, ADA, LATER, "Two hours a day are lost", said_by=1
    )
    risk = ExportedRisk(
        RiskCategory.TIME, "Too late", 2, 3, RiskStatus.CONFIRMED, LATER, perceived_by=1, owner=ADMIN
    )
    document = OpportunityDocument(stakeholders=(GRACE,), assessments=(assessment,), risks=(risk,))

    deal = await import_document(organization, document)

    [stakeholder] = await Stakeholder.filter(opportunity_id=deal.id).values("id")
    assert await Assessment.filter(opportunity_id=deal.id).values("said_by_id") == [
        {"said_by_id": stakeholder["id"]}
    ]
    assert await Risk.filter(opportunity_id=deal.id).values("perceived_by_id", "owner_id") == [
        {"perceived_by_id": stakeholder["id"], "owner_id": organization.admin_id}
    ]


async def test_an_actor_is_a_member_only_if_the_organization_has_the_email(
    organization: TestOrganization,
) -> None:
    done = ExportedMilestone(
        "Visit", MilestoneSide.BUYER, 1, MilestoneStatus.DONE, CREATED_AT, completed_by=GONE
    )
    planned = ExportedMilestone(
        "Offer", MilestoneSide.BUYER, 1, MilestoneStatus.PLANNED, CREATED_AT, key="offer"
    )
    mine = replace(done, name="Call", completed_by=ADA)

    deal = await import_document(organization, OpportunityDocument(milestones=(done, planned, mine)))

    rows = Milestone.filter(opportunity_id=deal.id).order_by("position")
    assert await rows.values_list("position", "template_key", "actor_name", "actor_member_id") == [
        (1, None, "Gone Away", None),
        (2, "offer", None, None),
        (3, None, "Ada Admin", organization.admin_id),
    ]


async def test_an_objective_has_its_target(organization: TestOrganization) -> None:
    objective = ExportedObjective("Fewer stops", metric="stops a week", baseline="14", target="2")

    deal = await import_document(organization, OpportunityDocument(objectives=(objective,)))

    assert await Objective.filter(opportunity_id=deal.id).values_list("text", "goal") == [
        ("Fewer stops", "2")
    ]


async def test_a_history_is_stored_with_its_close_and_the_competitor(organization: TestOrganization) -> None:
    competitor = ExportedCompetitor(CompetitorKind.VENDOR, "Globex", CompetitorStanding.ACTIVE, CREATED_AT)
    qualified = ExportedTransition(
        Trigger.QUALIFY,
        S.LEAD,
        S.QUALIFIED,
        LATER,
        TransitionSource.API,
        ADA,
        (),
        60,
        0.25,
        ForecastCategory.PIPELINE,
    )
    close = ExportedClose(CLOSED_ON, loss_reason=LossReason.LOST_TO_COMPETITOR, competitor=1)
    lost = replace(qualified, trigger=Trigger.LOSE, from_=S.QUALIFIED, to=S.LOST, close=close)
    details = ExportedCloseDetails("They were cheaper", 1)
    document = OpportunityDocument(competitors=(competitor,), history=(qualified, lost), close=details)

    deal = await import_document(
        organization,
        document,
        state=S.LOST,
        closed_on=CLOSED_ON,
        loss_reason=LossReason.LOST_TO_COMPETITOR,
    )

    rows = Transition.filter(opportunity_id=deal.id).order_by("sequence")
    transitions = await rows.values_list(
        "from_state", "to_state", "closed_on", "loss_reason", "lost_to__name"
    )
    assert transitions == [
        ("LEAD", "QUALIFIED", None, None, None),
        ("QUALIFIED", "LOST", CLOSED_ON, "LOST_TO_COMPETITOR", "Globex"),
    ]
    assert (deal.closed_from, deal.close_note, deal.state_since) == ("QUALIFIED", "They were cheaper", LATER)
    assert await Opportunity.filter(id=deal.id).values("lost_to__name") == [{"lost_to__name": "Globex"}]


async def test_the_last_snapshot_has_the_current_values(organization: TestOrganization) -> None:
    first = ExportedSnapshot(
        CREATED_AT, S.LEAD, ADMIN, 0.3, ForecastCategory.COMMIT, ExportedMoney("12.50", "EUR")
    )
    last = replace(first, since=LATER, probability=0.9)

    deal = await import_document(organization, OpportunityDocument(snapshots=(first, last)))

    rows = Snapshot.filter(opportunity_id=deal.id).order_by("since")
    assert await rows.values_list("since", "until", "probability", "value_minor") == [
        (CREATED_AT, LATER, 0.3, 1250),
        (LATER, None, 0.1, None),
    ]


def test_a_document_gives_the_columns_that_differ_from_an_empty_one() -> None:
    step = ExportedNextStep("Call them", date(2026, 4, 1), agreed_with_buyer=True)

    assert document_columns(OpportunityDocument()) == {}
    assert document_columns(OpportunityDocument(next_step=step, probability=0.4, push_count=2)) == {
        "next_step_text": "Call them",
        "next_step_due": date(2026, 4, 1),
        "next_step_agreed": True,
        "probability": 0.4,
        "probability_is_manual": True,
        "push_count": 2,
    }


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (OpportunityDocument(close=ExportedCloseDetails("a\x00b")), ("close", "note")),
        (OpportunityDocument(next_step=ExportedNextStep("a\x00b")), ("nextStep", "text")),
        (OpportunityDocument(compelling_event="a\x00b"), ("compellingEvent",)),
    ],
)
def test_a_text_that_cannot_be_stored_is_refused_at_its_path(
    document: OpportunityDocument, path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        document_columns(document)

    assert [field.path for field in refusal.value.fields] == [path]


@pytest.mark.parametrize("amount", ["much", "NaN", "Infinity", ""])
def test_an_amount_that_is_not_a_number_is_refused(amount: str) -> None:
    with pytest.raises(InvalidInputError, match="is not an amount"):
        money_columns(ExportedMoney(amount, "EUR"), ("history", "0", "value"))
