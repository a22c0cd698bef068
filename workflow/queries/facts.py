"""The only loader of what the rules read: one statement a table, however many deals."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise.functions import Count, Max

from workflow.models import (
    Account,
    ActivityContact,
    Assessment,
    Collaborator,
    Competitor,
    Objective,
    Opportunity,
    Organization,
    Stakeholder,
)
from workflow.queries.actors import ACTOR, actor_of
from workflow.queries.people import columns
from workflow.rules.facts import AccountFacts, AssessmentFacts, NextStep, OpportunityFacts, StakeholderFacts
from workflow.rules.states import (
    Attitude,
    BuyingRole,
    BuyingStyle,
    ForecastCategory,
    Grade,
    Influence,
    OpportunityState,
    OpportunityType,
    PurchaseProcess,
)

Records = dict[UUID, list[dict[str, Any]]]

_SAME = (
    "id", "organization_id", "number", "name", "description", "source", "state_since", "value_minor", "value_currency", "base_minor",
    "probability_is_manual", "expected_close_date", "push_count", "pain_since", "owner_id", "attributes", "version", "created_at",
    "updated_at", "decision_date", "compelling_event", "motivation_to_change", "first_time_buyer", "prior_attempt_failed",
)  # fmt: skip
_READ = (
    *_SAME, "type", "state", "probability", "forecast_category", "next_step_text", "next_step_due", "next_step_agreed",
    "purchase_process", "account_id", "process_id",
)  # fmt: skip


async def facts_of(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, OpportunityFacts]:
    """Everything the rules read of these deals of one organization; nine statements at most. The caller has scoped the ids."""
    wanted = list(ids)
    deals = await Opportunity.filter(organization_id=organization_id, id__in=wanted).values(*_READ)
    zone = (await Organization.filter(id=organization_id).values("time_zone"))[0]["time_zone"]
    accounts = await _accounts(organization_id, {deal["account_id"] for deal in deals})
    child = {
        "assessments": await _assessments(organization_id, wanted),
        "people": await _people(organization_id, wanted),
        "collaborators": _grouped(
            await Collaborator.filter(organization_id=organization_id, opportunity_id__in=wanted).values(
                "opportunity_id", "member_id"
            )
        ),
        "competitors": await _counts(Competitor, organization_id, wanted),
        "objectives": await _counts(Objective, organization_id, wanted),
    }
    return {deal["id"]: _facts(deal, account=accounts[deal["account_id"]], child=child, zone=zone) for deal in deals}


async def process_ids(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The process version of each deal; one statement."""
    found = await Opportunity.filter(organization_id=organization_id, id__in=list(ids)).values("id", "process_id")
    return {deal["id"]: deal["process_id"] for deal in found}


async def _accounts(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, AccountFacts]:
    found = await Account.filter(organization_id=organization_id, id__in=list(ids)).values(*columns(AccountFacts))
    return {record["id"]: AccountFacts(**record) for record in found}


async def _assessments(organization_id: UUID, ids: list[UUID]) -> Records:
    """The latest answer to each criterion: ids rise with time, and one answers a criterion under the deal's lock."""
    rows = Assessment.filter(organization_id=organization_id, opportunity_id__in=ids).order_by("assessed_at", "id")
    names = (
        "id",
        "opportunity_id",
        "criterion",
        "grade",
        "evidence",
        "evidence_url",
        "said_by_id",
        "assessed_at",
        *ACTOR,
    )
    latest = {(record["opportunity_id"], record["criterion"]): record for record in await rows.values(*names)}
    return _grouped(latest.values())


async def _people(organization_id: UUID, ids: list[UUID]) -> Records:
    rows = Stakeholder.filter(organization_id=organization_id, opportunity_id__in=ids).order_by("created_at", "id")
    names = (
        "id",
        "opportunity_id",
        "contact_id",
        "contact__name",
        "roles",
        "influence",
        "attitude",
        "buying_style",
        "motivation",
        "is_primary",
        "left_at",
    )
    talks = {(row["activity__opportunity_id"], row["contact_id"]): row for row in await _talks(organization_id, ids)}
    people = await rows.values(*names)
    for person in people:
        talk = talks.get((person["opportunity_id"], person["contact_id"]), {})
        person |= {"two_way_count": talk.get("count", 0), "last_two_way_at": talk.get("latest")}
    return _grouped(people)


async def _talks(organization_id: UUID, ids: list[UUID]) -> list[dict[str, Any]]:
    """Two-way activities with each contact on each deal, as counts."""
    rows = ActivityContact.filter(
        organization_id=organization_id,
        activity__opportunity_id__in=ids,
        activity__two_way=True,
        activity__voided_at=None,
    )
    counted = rows.annotate(count=Count("id"), latest=Max("activity__at")).group_by(
        "activity__opportunity_id", "contact_id"
    )
    return list(await counted.values("activity__opportunity_id", "contact_id", "count", "latest"))


async def _counts(table: type[Competitor] | type[Objective], organization_id: UUID, ids: list[UUID]) -> Records:
    rows = table.filter(organization_id=organization_id, opportunity_id__in=ids).annotate(count=Count("id"))
    return _grouped(await rows.group_by("opportunity_id").values("opportunity_id", "count"))


def _grouped(records: Iterable[dict[str, Any]]) -> Records:
    groups: Records = defaultdict(list)
    for record in records:
        groups[record["opportunity_id"]].append(record)
    return groups


def _facts(
    deal: Mapping[str, Any], *, account: AccountFacts, child: Mapping[str, Records], zone: str
) -> OpportunityFacts:
    id = deal["id"]
    text = deal["next_step_text"]
    return OpportunityFacts(
        **{name: deal[name] for name in _SAME},
        type=OpportunityType(deal["type"]),
        state=OpportunityState(deal["state"]),
        probability=Decimal(str(deal["probability"])),
        forecast_category=ForecastCategory(deal["forecast_category"]),
        next_step=None if text is None else NextStep(text, deal["next_step_due"], deal["next_step_agreed"]),
        purchase_process=PurchaseProcess(deal["purchase_process"]),
        collaborator_ids=frozenset(row["member_id"] for row in child["collaborators"].get(id, ())),
        account=account,
        assessments=tuple(_assessment(row) for row in child["assessments"].get(id, ())),
        stakeholders=tuple(_stakeholder(row) for row in child["people"].get(id, ())),
        competitor_count=_count(child["competitors"], id),
        objective_count=_count(child["objectives"], id),
        time_zone=zone,
    )


def _count(records: Records, id: UUID) -> int:
    return sum(int(row["count"]) for row in records.get(id, ()))


def _assessment(row: Mapping[str, Any]) -> AssessmentFacts:
    return AssessmentFacts(
        id=row["id"],
        criterion=row["criterion"],
        grade=Grade(row["grade"]),
        evidence=row["evidence"],
        evidence_url=row["evidence_url"],
        said_by_id=row["said_by_id"],
        assessed_at=row["assessed_at"],
        actor=actor_of(row),
    )


def _stakeholder(row: Mapping[str, Any]) -> StakeholderFacts:
    return StakeholderFacts(
        id=row["id"],
        contact_id=row["contact_id"],
        contact_name=row["contact__name"],
        roles=frozenset(BuyingRole(role) for role in row["roles"]),
        influence=Influence(row["influence"]),
        attitude=Attitude(row["attitude"]),
        buying_style=BuyingStyle(row["buying_style"]),
        motivation=row["motivation"],
        is_primary=row["is_primary"],
        left=row["left_at"] is not None,
        two_way_count=row["two_way_count"],
        last_two_way_at=row["last_two_way_at"],
    )
