"""The demo's open deals told further, by the same operations as everybody's: `story.yaml` says what was found out of each."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any
from uuid import UUID

import yaml

from workflow.operations.accounts.accounts import create_contact, update_account
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.buyer.assessments import AssessmentGiven, assess_criteria
from workflow.operations.buyer.competitors import NewCompetitor, add_competitor
from workflow.operations.buyer.milestones import complete_milestone
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation, complete_mitigation
from workflow.operations.buyer.profile import BuyerChanges, update_buyer
from workflow.operations.buyer.risks import NewRisk, raise_risk, review_risks
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.change.overrides import OverrideGiven
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyGiven
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import Terms
from workflow.operations.opportunity.triggers import AppliedFirst, qualify
from workflow.queries.opportunity.facts import facts_of
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import opportunities
from workflow.queries.paging import Window
from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
    Attitude,
    BuyingRole,
    BuyingStyle,
    CompetitorKind,
    CompetitorStanding,
    Grade,
    Influence,
    MitigationKind,
    PurchaseProcess,
    RiskCategory,
    SlipReason,
)
from workflow.rules.opportunity.facts import NextStep, OpportunityFacts

Told = Mapping[str, Any]  # Any: YAML that ships with the package


@dataclass(slots=True)
class Deal:
    """One deal of the story: who tells it, on which day, and the people of it by name."""

    ctx: Ctx
    manager: Ctx
    id: UUID
    account_id: UUID
    told: Told
    contacts: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)

    def day(self, ahead: int) -> date:
        """A day so far ahead."""
        return self.ctx.now.date() + timedelta(days=ahead)

    def who_says(self, sentence: str) -> UUID | None:
        """The person whose first name a sentence begins with, as in `Ruth: …`."""
        first, colon, _ = sentence.partition(":")
        return next((id for name, id in self.people.items() if colon and name.startswith(first)), None)

    async def facts(self) -> OpportunityFacts:
        """The deal as it stands."""
        return (await facts_of(self.ctx.viewer.organization_id, [self.id], self.ctx.now))[self.id]


def longest() -> int:
    """The days from the first that is told of until now."""
    days: list[int] = [day["ago"] for told in _story() for day in told.get("days", ())]
    return max(days)


def older() -> frozenset[str]:
    """The deals of which something is told that was done on an earlier day."""
    return frozenset(told["id"] for told in _story() if "days" in told)


async def tell(seller: Ctx, manager: Ctx, system: str) -> int:
    """Tell every deal of the story; how many there were."""
    story = _story()
    wanted = OpportunityFilter(external_system=system, external_ids=tuple(deal["id"] for deal in story))
    page = await opportunities(seller.viewer, wanted, (), Window(size=len(story)))
    rows = {row.external_id: row for row in page.rows}
    for told in story:
        row = rows[told["id"]]
        deal = Deal(seller, manager, row.id, row.account_id, told)
        for day in told.get("days", [{"ago": 0, **told}]):
            then = seller.now - timedelta(days=day["ago"])
            deal.ctx, deal.manager, deal.told = replace(seller, now=then), replace(manager, now=then), day
            await _tell(deal)
    return len(story)


def _story() -> list[Told]:
    story: list[Told] = yaml.safe_load(files("api.demo").joinpath("story.yaml").read_text(encoding="utf-8"))
    return story


async def _tell(deal: Deal) -> None:
    for name, chapter in CHAPTERS.items():
        if name in deal.told:
            await chapter(deal, deal.told[name])


async def _people(deal: Deal, people: Sequence[Told]) -> None:
    for told in people:
        contact = await create_contact(deal.ctx, deal.account_id, {"name": told["name"], "title": told["title"]})
        person = NewStakeholder(
            contact_id=contact,
            roles=[BuyingRole(role) for role in told["roles"]],
            influence=Influence(told["influence"]),
            attitude=Attitude(told["attitude"]),
            buying_style=BuyingStyle(told.get("style", "UNKNOWN")),
        )
        deal.contacts[told["name"]] = contact
        deal.people[told["name"]] = await add_stakeholder(deal.ctx, deal.id, person)


async def _next_step(deal: Deal, told: Told) -> None:
    step = NextStep(told["text"], deal.day(told["in"]), told.get("agreed", False))
    await update_opportunity(deal.ctx, deal.id, {"next_step": step}, expected_version=None)


async def _assessments(deal: Deal, answers: Sequence[Told]) -> None:
    given = [
        AssessmentGiven(
            criterion=answer["criterion"],
            grade=Grade(answer["grade"]),
            evidence=answer["evidence"],
            said_by_id=deal.people.get(answer.get("by", "")),
        )
        for answer in answers
    ]
    since = deal.day(-deal.told.get("painAgo", 400))
    await assess_criteria(deal.ctx, deal.id, given, pain_since=since, expected_version=None)


async def _qualified(deal: Deal, _: bool) -> None:
    told = deal.told.get("override")
    override = OverrideGiven(tuple(told["keys"]), told["reason"], _expires(deal, told)) if told else None
    await qualify(deal.manager if told else deal.ctx, deal.id, AppliedFirst(), Terms(override=override))


def _expires(deal: Deal, told: Told) -> datetime | None:
    return deal.ctx.now + timedelta(days=told["lasts"]) if "lasts" in told else None


async def _account(deal: Deal, told: Told) -> None:
    await update_account(deal.ctx, deal.account_id, {"employee_count": told["employees"]}, expected_version=None)


async def _buyer(deal: Deal, told: Told) -> None:
    known: BuyerChanges = {"purchase_process": PurchaseProcess(told["purchaseProcess"])}
    if "firstTimeBuyer" in told:
        known["first_time_buyer"] = told["firstTimeBuyer"]
    if "motivationToChange" in told:
        known["motivation_to_change"] = told["motivationToChange"]
    if "compellingEvent" in told:
        known |= {"compelling_event": told["compellingEvent"], "decision_date": deal.day(told["decisionIn"])}
    await update_buyer(deal.ctx, deal.id, known, expected_version=None)


async def _competitors(deal: Deal, rivals: Sequence[Told]) -> None:
    for rival in rivals:
        kind, standing = CompetitorKind(rival["kind"]), CompetitorStanding(rival["standing"])
        await add_competitor(deal.ctx, deal.id, NewCompetitor(kind, rival["name"], standing, rival.get("strengths")))


async def _value(deal: Deal, amount: str) -> None:
    await update_opportunity(deal.ctx, deal.id, {"value": MoneyGiven(Decimal(amount), "USD")}, expected_version=None)


async def _close(deal: Deal, told: Told) -> None:
    await update_opportunity(deal.ctx, deal.id, {"expected_close_date": deal.day(told["in"])}, expected_version=None)


async def _pushes(deal: Deal, pushes: Sequence[Told]) -> None:
    for push in pushes:
        changes: Any = {"expected_close_date": deal.day(push["in"]), "slip_reason": SlipReason(push["reason"])}
        await update_opportunity(deal.ctx, deal.id, changes, expected_version=None)


async def _risks(deal: Deal, risks: Sequence[Told]) -> None:
    for told in risks:
        risk = NewRisk(RiskCategory(told["category"]), told["statement"], told["likelihood"], told["impact"])
        risk = replace(risk, perceived_by_id=deal.who_says(told["statement"]))
        id = await raise_risk(deal.ctx, deal.id, risk)
        if "mitigation" in told:
            await _mitigation(deal, id, told["mitigation"])


async def _mitigation(deal: Deal, risk_id: UUID, told: Told) -> None:
    plan = NewMitigation(MitigationKind(told["kind"]), told["action"], deal.day(14))
    await add_mitigation(deal.ctx, risk_id, plan)
    if "evidence" in told:
        risk = next(risk for risk in (await deal.facts()).risks if risk.id == risk_id)
        await complete_mitigation(deal.ctx, risk.mitigations[0].id, evidence=told["evidence"], expected_version=None)


async def _reviewed(deal: Deal, told: Told) -> None:
    await review_risks(deal.ctx, deal.id, none_found=told.get("noneFound", False), note=told.get("note"))


async def _milestones(deal: Deal, done: Mapping[str, str]) -> None:
    steps = {step.key: step.id for step in (await deal.facts()).milestones}
    for key, evidence in done.items():
        await complete_milestone(deal.ctx, steps[key], evidence=evidence, expected_version=None)


async def _activities(deal: Deal, activities: Sequence[Told]) -> None:
    for told in reversed(activities):
        done = NewActivity(
            kind=ActivityKind(told["kind"]),
            direction=ActivityDirection.OUTBOUND,
            summary=told["summary"],
            two_way=True,
            at=deal.ctx.now - timedelta(days=told["ago"]),
            contact_ids=[deal.contacts[name] for name in told["with"]],
        )
        await log_activity(deal.ctx, deal.id, done)


CHAPTERS: Mapping[str, Callable[[Deal, Any], Awaitable[None]]] = {
    "account": _account,
    "people": _people,
    "nextStep": _next_step,
    "assessments": _assessments,
    "qualified": _qualified,
    "buyer": _buyer,
    "competitors": _competitors,
    "value": _value,
    "close": _close,
    "pushes": _pushes,
    "risks": _risks,
    "reviewed": _reviewed,
    "milestones": _milestones,
    "activities": _activities,
}
"""What can be told of a deal, in the order in which it is."""
