"""Stakeholders: added, updated and removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Assessment, Contact, DecisionStep, Risk, Stakeholder, StakeholderRelation
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity, PartRef
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.validation import Validator
from workflow.rules.enums import Attitude, BuyingRole, BuyingStyle, Influence
from workflow.rules.errors import DuplicateError, NotFoundError, invalid_field
from workflow.rules.opportunity.parts import RelationFacts


@dataclass(frozen=True, slots=True)
class NewStakeholder:
    """A contact to add as a stakeholder."""

    contact_id: UUID
    roles: Sequence[BuyingRole]
    influence: Influence = Influence.UNKNOWN
    attitude: Attitude = Attitude.UNKNOWN
    buying_style: BuyingStyle = BuyingStyle.UNKNOWN
    motivation: str | None = None
    is_primary: bool = False


class StakeholderChanges(TypedDict, total=False):
    """The fields of a stakeholder that a client has set; None clears the motivation and the relations."""

    roles: Sequence[BuyingRole] | None
    influence: Influence | None
    attitude: Attitude | None
    buying_style: BuyingStyle | None
    motivation: str | None
    is_primary: bool | None
    left: bool | None
    relations: Sequence[RelationFacts] | None


async def add_stakeholder(ctx: Ctx, opportunity_id: UUID, new: NewStakeholder) -> UUID:
    """Add a contact of the deal's account as a stakeholder, once."""

    async def verb(deal: LockedOpportunity) -> UUID:
        await _check_contact(deal, new.contact_id)
        motivation = _validate_motivation(new.motivation)
        if new.is_primary:
            _clear_primary(deal, None)
        columns: dict[str, Any] = {  # Any: columns of several kinds
            "roles": _role_values(new.roles),
            "influence": new.influence,
            "attitude": new.attitude,
            "buying_style": new.buying_style,
            "motivation": motivation,
            "is_primary": new.is_primary,
        }
        id = deal.insert(Stakeholder, contact_id=new.contact_id, created_at=deal.ctx.now, **columns)
        deal.emit("stakeholder.added", stakeholderId=id, contactId=new.contact_id, changes=diff({}, columns))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def update_stakeholder(
    ctx: Ctx, id: UUID, changes: StakeholderChanges, *, expected_version: int | None
) -> UUID:
    """Change the given fields. `expected_version` is that of the opportunity."""

    async def verb(deal: LockedOpportunity) -> UUID:
        before = await _get_stakeholder(deal, id)
        fields = _validate(deal.ctx, changes, before)
        relations = _changed_relations(deal, id, changes)
        differences = diff(before, fields) | _relation_diff(deal, id, relations)
        if differences:
            if fields.get("is_primary"):
                _clear_primary(deal, id)
            if fields:
                deal.update(Stakeholder, id, **fields)
            if relations is not None:
                _replace_relations(deal, id, relations)
            deal.emit("stakeholder.updated", stakeholderId=id, changes=differences)
        return id

    return await change(ctx, PartRef("Stakeholder", id), expected_version, verb)


async def remove_stakeholder(ctx: Ctx, id: UUID, *, expected_version: int | None) -> UUID:
    """Remove a stakeholder who was added by mistake, and return the deal's id.

    Refuse if an assessment, a risk or a decision step refers to the person.
    """

    async def verb(deal: LockedOpportunity) -> UUID:
        before = await _get_stakeholder(deal, id)
        quoted = (
            await Assessment.filter(said_by_id=id).exists() or await Risk.filter(perceived_by_id=id).exists()
        )
        if quoted or await DecisionStep.filter(owner_id=id).exists():
            message = (
                "An assessment, a risk or a decision step refers to this person, who therefore cannot be "
                "removed. Set `left` to true instead."
            )
            raise invalid_field("id", message=message)
        deal.delete(Stakeholder, id=id)
        deal.emit("stakeholder.removed", stakeholderId=id, contactId=before["contact_id"])
        return deal.id

    return await change(ctx, PartRef("Stakeholder", id), expected_version, verb)


async def _get_stakeholder(deal: LockedOpportunity, id: UUID) -> dict[str, object]:
    found = await Stakeholder.filter(opportunity_id=deal.id, id=id).values()
    if not found:
        raise NotFoundError("Stakeholder", id)
    return dict(found[0])


async def _check_contact(deal: LockedOpportunity, contact_id: UUID) -> None:
    found = await Contact.filter(organization_id=deal.organization_id, id=contact_id).values(
        "account_id", "name"
    )
    if not found:
        raise NotFoundError("Contact", contact_id)
    if found[0]["account_id"] != deal.facts.account.id:
        message = (
            f'{found[0]["name"]} does not belong to "{deal.facts.account.name}". '
            "Add a contact of the opportunity's own account."
        )
        raise invalid_field("contactId", message=message)
    same = [person.id for person in deal.facts.stakeholders if person.contact_id == contact_id]
    if same:
        message = f"{found[0]['name']} is a stakeholder of this opportunity already. Update that stakeholder."
        raise DuplicateError(message, kind="Stakeholder", id=same[0])


def _clear_primary(deal: LockedOpportunity, new_primary: UUID | None) -> None:
    for person in deal.facts.stakeholders:
        if person.is_primary and person.id != new_primary:
            deal.update(Stakeholder, person.id, is_primary=False)


def _validate(ctx: Ctx, changes: StakeholderChanges, before: dict[str, object]) -> dict[str, object]:
    validator = Validator()
    fields: dict[str, object] = {}
    for name, value in changes.items():
        if name == "motivation":
            fields["motivation"] = _validate_motivation(changes["motivation"])
        elif name == "relations":
            continue
        elif name == "left":
            left_at = before["left_at"] or ctx.now
            fields["left_at"] = left_at if value else None
        elif value is None:
            validator.add(name, message=f"`{name}` cannot be null. Leave it out to keep it.")
        else:
            fields[name] = _role_values(changes["roles"] or ()) if name == "roles" else value
    validator.raise_if_any()
    return fields


def _current_relations(deal: LockedOpportunity, id: UUID) -> tuple[RelationFacts, ...]:
    return next(person.relations for person in deal.facts.stakeholders if person.id == id)


def _changed_relations(
    deal: LockedOpportunity, id: UUID, changes: StakeholderChanges
) -> tuple[RelationFacts, ...] | None:
    """Return the relations to other stakeholders of the deal, or None if they do not change."""
    if "relations" not in changes:
        return None
    relations = tuple(changes["relations"] or ())
    people = {person.id for person in deal.facts.stakeholders}
    validator = Validator()
    for index, relation in enumerate(relations):
        path = ("relations", str(index))
        if relation.to_id == id:
            message = "A stakeholder cannot have a relation to themselves. Choose another stakeholder."
            validator.add(*path, "toId", message=message)
        elif relation.to_id not in people:
            raise NotFoundError("Stakeholder", relation.to_id)
        if relation in relations[:index]:
            validator.add(*path, message="This relation occurs twice. Remove one.")
    validator.raise_if_any()
    return None if set(relations) == set(_current_relations(deal, id)) else relations


def _relation_diff(
    deal: LockedOpportunity, id: UUID, relations: tuple[RelationFacts, ...] | None
) -> dict[str, object]:
    if relations is None:
        return {}
    return {
        "relations": {
            "old": _event_relations(_current_relations(deal, id)),
            "new": _event_relations(relations),
        }
    }


def _event_relations(relations: Sequence[RelationFacts]) -> list[dict[str, object]]:
    return [{"kind": relation.kind, "stakeholderId": relation.to_id} for relation in relations]


def _replace_relations(deal: LockedOpportunity, id: UUID, relations: Sequence[RelationFacts]) -> None:
    deal.delete(StakeholderRelation, stakeholder_id=id)
    for relation in relations:
        deal.insert(StakeholderRelation, stakeholder_id=id, kind=relation.kind, to_id=relation.to_id)


def _role_values(roles: Sequence[BuyingRole]) -> list[str]:
    return [role.value for role in dict.fromkeys(roles)]


def _validate_motivation(text: str | None) -> str | None:
    validator = Validator()
    validated = validator.text(text, "motivation", max_length=2_000)
    validator.raise_if_any()
    return validated
