"""Whom or what the buyer compares us with: added, seen better, taken off."""

from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Competitor, Transition
from workflow.models.columns import new_id
from workflow.operations.change.change import Deal, Part, change
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed
from workflow.operations.core.validation import Faults
from workflow.rules.enums import CompetitorKind, CompetitorStanding
from workflow.rules.errors import NotFound, invalid
from workflow.rules.opportunity.parts import CompetitorFacts

LONGEST_TEXT = 2_000
COLUMNS = ("name", "standing", "strengths", "weaknesses")


@dataclass(frozen=True, slots=True)
class NewCompetitor:
    """A rival, and how far it has come."""

    kind: CompetitorKind
    name: str
    standing: CompetitorStanding = CompetitorStanding.SUSPECTED
    strengths: str | None = None
    weaknesses: str | None = None


class CompetitorChanges(TypedDict, total=False):
    """Fields of a competitor that a client gave; None clears."""

    name: str | None
    standing: CompetitorStanding | None
    strengths: str | None
    weaknesses: str | None


async def add_competitor(ctx: Ctx, opportunity_id: UUID, given: NewCompetitor) -> UUID:
    """Add a rival, once; there is one status quo at most."""

    async def verb(deal: Deal) -> UUID:
        texts: CompetitorChanges = {"name": given.name, "strengths": given.strengths, "weaknesses": given.weaknesses}
        about: dict[str, Any] = {"kind": given.kind, **_fields(texts), "standing": given.standing}  # Any: columns
        _check_new(deal, given.kind, about["name"])
        id = new_id()
        places: dict[str, Any] = {"organization_id": deal.organization_id, "opportunity_id": deal.id}
        await Competitor.create(id=id, created_at=deal.ctx.now, **places, **about)
        deal.tell("competitor.added", competitorId=id, changes=changed({}, about))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def update_competitor(ctx: Ctx, id: UUID, given: CompetitorChanges, *, expected_version: int | None) -> UUID:
    """Change the fields that are given; `expected_version` is the opportunity's."""

    async def verb(deal: Deal) -> UUID:
        rival, fields = _competitor(deal, id), _fields(given)
        if "name" in fields:
            _check_name(deal, rival.kind, str(fields["name"]), but=id)
        differences = changed({name: getattr(rival, name) for name in COLUMNS}, fields)
        if differences:
            await Competitor.filter(id=id).update(**fields)
            deal.tell("competitor.updated", competitorId=id, changes=differences)
        return id

    return await change(ctx, Part("Competitor", id), expected_version, verb)


async def remove_competitor(ctx: Ctx, id: UUID, *, expected_version: int | None) -> UUID:
    """Take a rival off that was added by mistake; the deal's id. To whom a deal was once lost stays on record."""

    async def verb(deal: Deal) -> UUID:
        rival = _competitor(deal, id)
        if await Transition.filter(opportunity_id=deal.id, lost_to_id=id).exists():
            message = (
                f"The history says that this deal was once lost to {rival.name}, and records stay. "
                "Mark it with updateCompetitor `standing: ELIMINATED`."
            )
            raise invalid("id", message=message)
        await Competitor.filter(id=id).delete()
        deal.tell("competitor.removed", competitorId=id, kind=rival.kind, name=rival.name)
        return deal.id

    return await change(ctx, Part("Competitor", id), expected_version, verb)


def _competitor(deal: Deal, id: UUID) -> CompetitorFacts:
    found = next((rival for rival in deal.facts.competitors if rival.id == id), None)
    if found is None:
        raise NotFound("Competitor", id)
    return found


def _check_new(deal: Deal, kind: CompetitorKind, name: str) -> None:
    quo = next((rival for rival in deal.facts.competitors if rival.kind is kind is CompetitorKind.STATUS_QUO), None)
    if quo is not None:
        message = f"Doing nothing is on record already, as {quo.name}. Change it with updateCompetitor."
        raise invalid("kind", message=message)
    _check_name(deal, kind, name)


def _check_name(deal: Deal, kind: CompetitorKind, name: str, *, but: UUID | None = None) -> None:
    """One row a rival: reports count by name."""
    others = (rival for rival in deal.facts.competitors if rival.kind is kind and rival.id != but)
    if any(rival.name.casefold() == name.casefold() for rival in others):
        message = f"{name} is a competitor of this opportunity already. Change it with updateCompetitor."
        raise invalid("name", message=message)


def _fields(given: CompetitorChanges) -> dict[str, object]:
    faults = Faults()
    fields: dict[str, object] = {}
    for name, value in given.items():
        if name != "standing":
            text = value if isinstance(value, str) else None
            most = 255 if name == "name" else LONGEST_TEXT
            fields[name] = faults.text(text, name, required=name == "name", most=most)
        elif value is None:
            faults.add(name, message="Every competitor has a `standing`. Leave it out to keep it.")
        else:
            fields[name] = value
    faults.raise_if_any()
    return fields
