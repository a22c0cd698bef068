"""Documents of deals: parts refer to each other by position, and members by e-mail."""

import pytest

from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import create_deals_with_people, deal_row, row_defaults
from tests.support.statements import statements
from workflow.models import Assessment, Competitor, Milestone, Opportunity, Risk, Stakeholder
from workflow.models.columns import new_id
from workflow.queries.opportunity.rows import opportunities_by_id
from workflow.queries.transfer.opportunity_documents import (
    DOCUMENT_PARTS,
    exported_money,
    opportunity_documents,
)
from workflow.rules.transfer.document_parts import ExportedMoney
from workflow.rules.transfer.opportunity_document import OpportunityDocument


async def document_of(organization: TestOrganization, deal: Opportunity) -> OpportunityDocument:
    """The document of a deal."""
    rows = await opportunities_by_id(organization.ctx.viewer, [deal.id])
    return (await opportunity_documents(organization.ctx.viewer, list(rows.values())))[deal.id]


async def test_a_reference_is_the_position_in_the_list_of_its_own_deal(
    organization: TestOrganization,
) -> None:
    [first, second] = await create_deals_with_people(organization, 2, people=2)
    stakeholders = (
        await Stakeholder.filter(opportunity_id=second.deal.id).order_by("created_at", "id").values("id")
    )
    common = {"organization_id": organization.id, "opportunity_id": second.deal.id}
    actor = {"actor_kind": "SYSTEM", "actor_name": "Test"}
    await Assessment.bulk_create(
        Assessment(
            id=new_id(),
            criterion="pain",
            grade="VALIDATED",
            said_by_id=said_by,
            assessed_at=NOW,
            **common,
            **actor,
        )
        for said_by in (stakeholders[1]["id"], None)
    )

    documents = [await document_of(organization, one.deal) for one in (first, second)]

    assert [len(document.stakeholders) for document in documents] == [2, 2]
    assert sorted(one.said_by or 0 for one in documents[1].assessments) == [0, 2]
    assert documents[0].assessments == ()


async def test_members_and_actors_are_exported_by_email_and_a_missing_one_as_none(
    organization: TestOrganization,
) -> None:
    [family] = await create_deals_with_people(organization, 1, people=0)
    common = {"organization_id": organization.id, "opportunity_id": family.deal.id}
    risk = {"category": "TIME", "likelihood": 1, "impact": 1, "status": "SUSPECTED", "raised_at": NOW}
    await Risk.bulk_create(
        Risk(id=new_id(), statement=statement, owner_id=owner, **common, **risk)
        for statement, owner in (("owned", family.owner.id), ("free", None))
    )
    step = {"name": "Demo", "side": "BUYER", "weight": 1, "created_at": NOW}
    await Milestone.bulk_create(
        [
            Milestone(id=new_id(), position=1, status="PLANNED", **common, **step),
            Milestone(
                id=new_id(), position=2, status="DONE", completed_at=NOW, evidence="Mail",
                actor_kind="MEMBER", actor_name="Owner 0", actor_member_id=family.owner.id, **common, **step,
            ),
        ]
    )  # fmt: skip

    document = await document_of(organization, family.deal)

    assert {one.statement: one.owner for one in document.risks} == {"owned": family.owner.email, "free": None}
    assert [one.completed_by and one.completed_by.member for one in document.milestones] == [
        None,
        family.owner.email,
    ]


async def test_many_deals_take_the_same_statements_as_one(organization: TestOrganization) -> None:
    deals = await create_deals_with_people(organization, 5, people=2)
    rows = list((await opportunities_by_id(organization.ctx.viewer, [one.deal.id for one in deals])).values())
    counts = []
    for some in (rows[:1], rows):
        async with statements() as sent:
            assert len(await opportunity_documents(organization.ctx.viewer, some)) == len(some)
        counts.append(len(sent))

    assert counts[0] == counts[1] <= len(DOCUMENT_PARTS) + 4


async def test_forecast_fields_are_exported_for_open_deals_only(organization: TestOrganization) -> None:
    defaults = await row_defaults(organization)
    closed = {
        "state": "WON",
        "closed_on": NOW.date(),
        "closed_from": "PROGRESSING",
        "forecast_category": "CLOSED",
    }
    deals = {
        "manual": deal_row(defaults, probability=0.4, probability_is_manual=True),
        "default": deal_row(defaults),
        "won": deal_row(defaults, probability=1.0, probability_is_manual=True, **closed),
    }
    await Opportunity.bulk_create(deals.values())

    found = {name: await document_of(organization, deal) for name, deal in deals.items()}

    assert {name: (one.probability, one.forecast_category) for name, one in found.items()} == {
        "manual": (0.4, "OMITTED"),
        "default": (None, "OMITTED"),
        "won": (None, None),
    }


async def test_the_competitor_of_a_lost_deal_is_its_position(organization: TestOrganization) -> None:
    defaults = await row_defaults(organization)
    deal = deal_row(
        defaults, state="LOST", closed_on=NOW.date(), closed_from="PROGRESSING", loss_reason="PRICE"
    )
    await Opportunity.bulk_create([deal])
    common = {"organization_id": organization.id, "opportunity_id": deal.id, "created_at": NOW}
    rivals = [
        Competitor(id=new_id(), kind="VENDOR", name=name, standing="ACTIVE", **common)
        for name in ("First", "Second")
    ]
    await Competitor.bulk_create(rivals)
    await Opportunity.filter(id=deal.id).update(lost_to_id=rivals[1].id)

    document = await document_of(organization, deal)

    assert document.close is not None
    assert document.close.competitor == 1 + [one.name for one in document.competitors].index("Second")


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [
        (12345, "EUR", ExportedMoney("123.45", "EUR")),
        (500, "JPY", ExportedMoney("500", "JPY")),
        (0, "EUR", ExportedMoney("0.00", "EUR")),
        (None, None, None),
    ],
)
def test_an_amount_is_exported_with_the_digits_of_its_currency(
    minor: int | None, currency: str | None, expected: ExportedMoney | None
) -> None:
    assert exported_money({"value_minor": minor, "value_currency": currency}) == expected
