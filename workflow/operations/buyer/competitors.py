"""Whom or what the buyer compares us with: added, seen better, taken off."""

from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Competitor, Transition
from workflow.models.columns import new_id
from workflow.operations.change.change import LockedOpportunity, PartRef, change, find_part
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.validation import Validator
from workflow.rules.enums import CompetitorKind, CompetitorStanding
from workflow.rules.errors import invalid_field

MAX_TEXT_LENGTH = 2_000
EVENT_COLUMNS = ("name", "standing", "strengths", "weaknesses")


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


async def add_competitor(ctx: Ctx, opportunity_id: UUID, new: NewCompetitor) -> UUID:
    """Add a rival, once; there is one status quo at most."""

    async def verb(deal: LockedOpportunity) -> UUID:
        texts: CompetitorChanges = {"name": new.name, "strengths": new.strengths, "weaknesses": new.weaknesses}
        columns: dict[str, Any] = {"kind": new.kind, **_validate(texts), "standing": new.standing}  # Any: columns
        _check_new(deal, new.kind, columns["name"])
        id = new_id()
        parent_ids: dict[str, Any] = {"organization_id": deal.organization_id, "opportunity_id": deal.id}
        await Competitor.create(id=id, created_at=deal.ctx.now, **parent_ids, **columns)
        deal.emit("competitor.added", competitorId=id, changes=diff({}, columns))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def update_competitor(ctx: Ctx, id: UUID, changes: CompetitorChanges, *, expected_version: int | None) -> UUID:
    """Change the fields that are given; `expected_version` is the opportunity's."""

    async def verb(deal: LockedOpportunity) -> UUID:
        rival = find_part(deal.facts.competitors, id, "Competitor")
        fields = _validate(changes)
        if "name" in fields:
            _check_name(deal, rival.kind, str(fields["name"]), except_id=id)
        differences = diff({name: getattr(rival, name) for name in EVENT_COLUMNS}, fields)
        if differences:
            await Competitor.filter(id=id).update(**fields)
            deal.emit("competitor.updated", competitorId=id, changes=differences)
        return id

    return await change(ctx, PartRef("Competitor", id), expected_version, verb)


async def remove_competitor(ctx: Ctx, id: UUID, *, expected_version: int | None) -> UUID:
    """Take a rival off that was added by mistake; the deal's id. To whom a deal was once lost stays on record."""

    async def verb(deal: LockedOpportunity) -> UUID:
        rival = find_part(deal.facts.competitors, id, "Competitor")
        if await Transition.filter(opportunity_id=deal.id, lost_to_id=id).exists():
            message = (
                f"The history says that this deal was once lost to {rival.name}, and records stay. "
                "Mark it with updateCompetitor `standing: ELIMINATED`."
            )
            raise invalid_field("id", message=message)
        await Competitor.filter(id=id).delete()
        deal.emit("competitor.removed", competitorId=id, kind=rival.kind, name=rival.name)
        return deal.id

    return await change(ctx, PartRef("Competitor", id), expected_version, verb)


def _check_new(deal: LockedOpportunity, kind: CompetitorKind, name: str) -> None:
    status_quo = next(
        (rival for rival in deal.facts.competitors if rival.kind is kind is CompetitorKind.STATUS_QUO), None
    )
    if status_quo is not None:
        message = f"Doing nothing is on record already, as {status_quo.name}. Change it with updateCompetitor."
        raise invalid_field("kind", message=message)
    _check_name(deal, kind, name)


def _check_name(deal: LockedOpportunity, kind: CompetitorKind, name: str, *, except_id: UUID | None = None) -> None:
    """One row a rival: reports count by name."""
    others = (rival for rival in deal.facts.competitors if rival.kind is kind and rival.id != except_id)
    if any(rival.name.casefold() == name.casefold() for rival in others):
        message = f"{name} is a competitor of this opportunity already. Change it with updateCompetitor."
        raise invalid_field("name", message=message)


def _validate(changes: CompetitorChanges) -> dict[str, object]:
    validator = Validator()
    fields: dict[str, object] = {}
    for name, value in changes.items():
        if name != "standing":
            text = value if isinstance(value, str) else None
            most = 255 if name == "name" else MAX_TEXT_LENGTH
            fields[name] = validator.text(text, name, required=name == "name", max_length=most)
        elif value is None:
            validator.add(name, message="Every competitor has a `standing`. Leave it out to keep it.")
        else:
            fields[name] = value
    validator.raise_if_any()
    return fields
