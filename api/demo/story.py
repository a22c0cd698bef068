"""Apply the demo's story to its open deals, through the same operations that the API calls."""

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
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.competitors import NewCompetitor, add_competitor
from workflow.operations.buyer.milestones import complete_milestone
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation, complete_mitigation
from workflow.operations.buyer.profile import BuyerChanges, update_buyer
from workflow.operations.buyer.risks import NewRisk, raise_risk, review_risks
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.change.overrides import NewOverride
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import QualifyChanges, qualify
from workflow.queries.opportunity.facts import load_facts
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

StoryData = Mapping[str, Any]  # Any: YAML that ships with the package


@dataclass(slots=True)
class StoryDeal:
    """A deal of the story: its seller and manager on the current day of the story, and its people by name."""

    ctx: Ctx
    manager: Ctx
    id: UUID
    account_id: UUID
    data: StoryData
    contacts: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)

    def day_from_now(self, days: int) -> date:
        """Return the day that many days ahead."""
        return self.ctx.now.date() + timedelta(days=days)

    def speaker_id(self, sentence: str) -> UUID | None:
        """Return the person whose first name begins a sentence, as in `Ruth: …`."""
        first, colon, _ = sentence.partition(":")
        return next((id for name, id in self.people.items() if colon and name.startswith(first)), None)

    async def facts(self) -> OpportunityFacts:
        """Return the current facts of the deal."""
        return (await load_facts(self.ctx.viewer.organization_id, [self.id], self.ctx.now))[self.id]


def days_covered() -> int:
    """Return the number of days from the first day of the story until now."""
    days: list[int] = [day["ago"] for data in _load_story() for day in data.get("days", ())]
    return max(days)


def backdated_deals() -> frozenset[str]:
    """Return the external ids of the deals whose story has earlier days."""
    return frozenset(data["id"] for data in _load_story() if "days" in data)


async def apply_story(seller: Ctx, manager: Ctx, system: str) -> int:
    """Apply the story of every deal. Return the number of deals."""
    story = _load_story()
    deal_filter = OpportunityFilter(external_system=system, external_ids=tuple(deal["id"] for deal in story))
    page = await opportunities(seller.viewer, deal_filter, (), Window(size=len(story)))
    rows = {row.external_id: row for row in page.rows}
    for data in story:
        row = rows[data["id"]]
        deal = StoryDeal(seller, manager, row.id, row.account_id, data)
        for day in data.get("days", [{"ago": 0, **data}]):
            day_start = seller.now - timedelta(days=day["ago"])
            deal.ctx = replace(seller, now=day_start)
            deal.manager = replace(manager, now=day_start)
            deal.data = day
            await _apply_day(deal)
    return len(story)


def _load_story() -> list[StoryData]:
    story: list[StoryData] = yaml.safe_load(
        files("api.demo").joinpath("story.yaml").read_text(encoding="utf-8")
    )
    return story


async def _apply_day(deal: StoryDeal) -> None:
    # The order is that of the actions, not of the file: a stakeholder comes before the assessments that
    # quote them.
    for name, apply in STORY_ACTIONS.items():
        if name in deal.data:
            await apply(deal, deal.data[name])


async def _add_people(deal: StoryDeal, people: Sequence[StoryData]) -> None:
    for data in people:
        contact = await create_contact(
            deal.ctx, deal.account_id, {"name": data["name"], "title": data["title"]}
        )
        stakeholder = NewStakeholder(
            contact_id=contact,
            roles=[BuyingRole(role) for role in data["roles"]],
            influence=Influence(data["influence"]),
            attitude=Attitude(data["attitude"]),
            buying_style=BuyingStyle(data.get("style", "UNKNOWN")),
        )
        deal.contacts[data["name"]] = contact
        deal.people[data["name"]] = await add_stakeholder(deal.ctx, deal.id, stakeholder)


async def _set_next_step(deal: StoryDeal, data: StoryData) -> None:
    step = NextStep(data["text"], deal.day_from_now(data["in"]), data.get("agreed", False))
    await update_opportunity(deal.ctx, deal.id, {"next_step": step}, expected_version=None)


async def _assess_criteria(deal: StoryDeal, assessments: Sequence[StoryData]) -> None:
    assessed = [
        NewAssessment(
            criterion=data["criterion"],
            grade=Grade(data["grade"]),
            evidence=data["evidence"],
            said_by_id=deal.people.get(data.get("by", "")),
        )
        for data in assessments
    ]
    since = deal.day_from_now(-deal.data.get("painAgo", 400))
    await assess_criteria(deal.ctx, deal.id, assessed, pain_since=since, expected_version=None)


async def _qualify(deal: StoryDeal, _: bool) -> None:
    data = deal.data.get("override")
    override = NewOverride(tuple(data["keys"]), data["reason"], _expires(deal, data)) if data else None
    await qualify(
        deal.manager if data else deal.ctx, deal.id, QualifyChanges(), TransitionOptions(override=override)
    )


def _expires(deal: StoryDeal, data: StoryData) -> datetime | None:
    return deal.ctx.now + timedelta(days=data["lasts"]) if "lasts" in data else None


async def _update_account(deal: StoryDeal, data: StoryData) -> None:
    await update_account(
        deal.ctx, deal.account_id, {"employee_count": data["employees"]}, expected_version=None
    )


async def _update_buyer(deal: StoryDeal, data: StoryData) -> None:
    changes: BuyerChanges = {"purchase_process": PurchaseProcess(data["purchaseProcess"])}
    if "firstTimeBuyer" in data:
        changes["first_time_buyer"] = data["firstTimeBuyer"]
    if "motivationToChange" in data:
        changes["motivation_to_change"] = data["motivationToChange"]
    if "compellingEvent" in data:
        changes |= {
            "compelling_event": data["compellingEvent"],
            "decision_date": deal.day_from_now(data["decisionIn"]),
        }
    await update_buyer(deal.ctx, deal.id, changes, expected_version=None)


async def _add_competitors(deal: StoryDeal, competitors: Sequence[StoryData]) -> None:
    for data in competitors:
        competitor = NewCompetitor(
            kind=CompetitorKind(data["kind"]),
            name=data["name"],
            standing=CompetitorStanding(data["standing"]),
            strengths=data.get("strengths"),
        )
        await add_competitor(deal.ctx, deal.id, competitor)


async def _set_value(deal: StoryDeal, amount: str) -> None:
    await update_opportunity(
        deal.ctx, deal.id, {"value": MoneyAmount(Decimal(amount), "USD")}, expected_version=None
    )


async def _set_close_date(deal: StoryDeal, data: StoryData) -> None:
    await update_opportunity(
        deal.ctx, deal.id, {"expected_close_date": deal.day_from_now(data["in"])}, expected_version=None
    )


async def _push_close_date(deal: StoryDeal, pushes: Sequence[StoryData]) -> None:
    for push in pushes:
        changes: Any = {
            "expected_close_date": deal.day_from_now(push["in"]),
            "slip_reason": SlipReason(push["reason"]),
        }
        await update_opportunity(deal.ctx, deal.id, changes, expected_version=None)


async def _raise_risks(deal: StoryDeal, risks: Sequence[StoryData]) -> None:
    for data in risks:
        risk = NewRisk(RiskCategory(data["category"]), data["statement"], data["likelihood"], data["impact"])
        risk = replace(risk, perceived_by_id=deal.speaker_id(data["statement"]))
        id = await raise_risk(deal.ctx, deal.id, risk)
        if "mitigation" in data:
            await _add_mitigation(deal, id, data["mitigation"])


async def _add_mitigation(deal: StoryDeal, risk_id: UUID, data: StoryData) -> None:
    plan = NewMitigation(MitigationKind(data["kind"]), data["action"], deal.day_from_now(14))
    await add_mitigation(deal.ctx, risk_id, plan)
    if "evidence" in data:
        risk = next(risk for risk in (await deal.facts()).risks if risk.id == risk_id)
        await complete_mitigation(
            deal.ctx, risk.mitigations[0].id, evidence=data["evidence"], expected_version=None
        )


async def _review_risks(deal: StoryDeal, data: StoryData) -> None:
    await review_risks(deal.ctx, deal.id, none_found=data.get("noneFound", False), note=data.get("note"))


async def _complete_milestones(deal: StoryDeal, done: Mapping[str, str]) -> None:
    steps = {step.key: step.id for step in (await deal.facts()).milestones}
    for key, evidence in done.items():
        await complete_milestone(deal.ctx, steps[key], evidence=evidence, expected_version=None)


async def _log_activities(deal: StoryDeal, activities: Sequence[StoryData]) -> None:
    for data in reversed(activities):
        done = NewActivity(
            kind=ActivityKind(data["kind"]),
            direction=ActivityDirection.OUTBOUND,
            summary=data["summary"],
            two_way=True,
            at=deal.ctx.now - timedelta(days=data["ago"]),
            contact_ids=[deal.contacts[name] for name in data["with"]],
        )
        await log_activity(deal.ctx, deal.id, done)


STORY_ACTIONS: Mapping[str, Callable[[StoryDeal, Any], Awaitable[None]]] = {
    "account": _update_account,
    "people": _add_people,
    "nextStep": _set_next_step,
    "assessments": _assess_criteria,
    "qualified": _qualify,
    "buyer": _update_buyer,
    "competitors": _add_competitors,
    "value": _set_value,
    "close": _set_close_date,
    "pushes": _push_close_date,
    "risks": _raise_risks,
    "reviewed": _review_risks,
    "milestones": _complete_milestones,
    "activities": _log_activities,
}
"""The action of each field of the story, in the order in which they are applied."""
