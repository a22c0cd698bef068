"""Competitors: added, updated and removed. Doing nothing is one of them, as the status quo."""

from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Competitor, Transition
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity, PartRef, find_part
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.validation import Validator
from workflow.rules.enums import CompetitorKind, CompetitorStanding
from workflow.rules.errors import invalid_field

MAX_TEXT_LENGTH = 2_000
EVENT_COLUMNS = ("name", "standing", "strengths", "weaknesses")


@dataclass(frozen=True, slots=True)
class NewCompetitor:
    """A competitor to add, and how far it has come."""

    kind: CompetitorKind
    name: str
    standing: CompetitorStanding = CompetitorStanding.SUSPECTED
    strengths: str | None = None
    weaknesses: str | None = None


class CompetitorChanges(TypedDict, total=False):
    """The fields of a competitor that a client has set; None clears a text."""

    name: str | None
    standing: CompetitorStanding | None
    strengths: str | None
    weaknesses: str | None


async def add_competitor(ctx: Ctx, opportunity_id: UUID, new: NewCompetitor) -> UUID:
    """Add a competitor. Refuse a second one with the same name, and a second status quo."""

    async def verb(deal: LockedOpportunity) -> UUID:
        texts: CompetitorChanges = {
            "name": new.name,
            "strengths": new.strengths,
            "weaknesses": new.weaknesses,
        }
        columns: dict[str, Any] = {
            "kind": new.kind,
            **_validate(texts),
            "standing": new.standing,
        }  # Any: columns
        _check_new(deal, new.kind, columns["name"])
        id = deal.insert(Competitor, created_at=deal.ctx.now, **columns)
        deal.emit("competitor.added", competitorId=id, changes=diff({}, columns))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def update_competitor(
    ctx: Ctx, id: UUID, changes: CompetitorChanges, *, expected_version: int | None
) -> UUID:
    """Change the given fields. `expected_version` is that of the opportunity."""

    async def verb(deal: LockedOpportunity) -> UUID:
        competitor = find_part(deal.facts.competitors, id, "Competitor")
        fields = _validate(changes)
        if "name" in fields:
            _refuse_duplicate_name(deal, competitor.kind, str(fields["name"]), own_id=id)
        differences = diff({name: getattr(competitor, name) for name in EVENT_COLUMNS}, fields)
        if differences:
            deal.update(Competitor, id, **fields)
            deal.emit("competitor.updated", competitorId=id, changes=differences)
        return id

    return await change(ctx, PartRef("Competitor", id), expected_version, verb)


async def remove_competitor(ctx: Ctx, id: UUID, *, expected_version: int | None) -> UUID:
    """Remove a competitor that was added by mistake, and return the deal's id.

    Refuse if a transition records that the deal was lost to this competitor.
    """

    async def verb(deal: LockedOpportunity) -> UUID:
        competitor = find_part(deal.facts.competitors, id, "Competitor")
        if await Transition.filter(opportunity_id=deal.id, lost_to_id=id).exists():
            message = (
                f'The history records that this deal was lost to "{competitor.name}", so it cannot '
                "be removed. Set its `standing` to ELIMINATED instead."
            )
            raise invalid_field("id", message=message)
        deal.delete(Competitor, id=id)
        deal.emit("competitor.removed", competitorId=id, kind=competitor.kind, name=competitor.name)
        return deal.id

    return await change(ctx, PartRef("Competitor", id), expected_version, verb)


def _check_new(deal: LockedOpportunity, kind: CompetitorKind, name: str) -> None:
    same_kind = [competitor for competitor in deal.facts.competitors if competitor.kind is kind]
    if kind is CompetitorKind.STATUS_QUO and same_kind:
        message = (
            f'The status quo of this opportunity exists already, as "{same_kind[0].name}". Update that one.'
        )
        raise invalid_field("kind", message=message)
    _refuse_duplicate_name(deal, kind, name)


def _refuse_duplicate_name(
    deal: LockedOpportunity, kind: CompetitorKind, name: str, *, own_id: UUID | None = None
) -> None:
    """Refuse a name that another competitor of this kind has: reports count competitors by name."""
    others = (one for one in deal.facts.competitors if one.kind is kind and one.id != own_id)
    if any(other.name.casefold() == name.casefold() for other in others):
        message = f'"{name}" is a competitor of this opportunity already. Update that one.'
        raise invalid_field("name", message=message)


def _validate(changes: CompetitorChanges) -> dict[str, object]:
    validator = Validator()
    fields: dict[str, object] = {}
    for name, value in changes.items():
        if name != "standing":
            text = value if isinstance(value, str) else None
            max_length = 255 if name == "name" else MAX_TEXT_LENGTH
            fields[name] = validator.text(text, name, required=name == "name", max_length=max_length)
        elif value is None:
            validator.add(name, message="`standing` cannot be null. Leave it out to keep it.")
        else:
            fields[name] = value
    validator.raise_if_any()
    return fields
