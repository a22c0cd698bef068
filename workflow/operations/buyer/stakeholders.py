"""The people of a purchase: added, described, gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Assessment, Contact, DecisionStep, Risk, Stakeholder, StakeholderRelation
from workflow.models.columns import new_id
from workflow.operations.change.change import Deal, Part, change
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed
from workflow.operations.core.validation import Faults
from workflow.rules.enums import Attitude, BuyingRole, BuyingStyle, Influence
from workflow.rules.errors import Duplicate, NotFound, invalid
from workflow.rules.opportunity.parts import RelationFacts


@dataclass(frozen=True, slots=True)
class NewStakeholder:
    """A contact and the part they play."""

    contact_id: UUID
    roles: Sequence[BuyingRole]
    influence: Influence = Influence.UNKNOWN
    attitude: Attitude = Attitude.UNKNOWN
    buying_style: BuyingStyle = BuyingStyle.UNKNOWN
    motivation: str | None = None
    is_primary: bool = False


class StakeholderChanges(TypedDict, total=False):
    """Fields of a stakeholder that a client gave; None clears."""

    roles: Sequence[BuyingRole] | None
    influence: Influence | None
    attitude: Attitude | None
    buying_style: BuyingStyle | None
    motivation: str | None
    is_primary: bool | None
    left: bool | None
    relations: Sequence[RelationFacts] | None


async def add_stakeholder(ctx: Ctx, opportunity_id: UUID, given: NewStakeholder) -> UUID:
    """Add a contact of the deal's account to its purchase, once."""

    async def verb(deal: Deal) -> UUID:
        await _check_contact(deal, given.contact_id)
        motivation = _motivation(given.motivation)
        if given.is_primary:
            await _only_primary(deal)
        id = new_id()
        about: dict[str, Any] = {  # Any: columns of several kinds
            "roles": _roles(given.roles),
            "influence": given.influence,
            "attitude": given.attitude,
            "buying_style": given.buying_style,
            "motivation": motivation,
            "is_primary": given.is_primary,
        }
        places: dict[str, Any] = {
            "organization_id": deal.organization_id,
            "opportunity_id": deal.id,
            "contact_id": given.contact_id,
        }
        await Stakeholder.create(id=id, created_at=deal.ctx.now, **places, **about)
        deal.tell("stakeholder.added", stakeholderId=id, contactId=given.contact_id, changes=changed({}, about))
        return id

    return await change(ctx, opportunity_id, None, verb)


async def update_stakeholder(ctx: Ctx, id: UUID, given: StakeholderChanges, *, expected_version: int | None) -> UUID:
    """Change the fields that are given; `expected_version` is the opportunity's."""

    async def verb(deal: Deal) -> UUID:
        before = await _stakeholder(deal, id)
        fields = _fields(deal.ctx, given, before)
        ties = _new_relations(deal, id, given)
        differences = changed(before, fields) | _told_relations(deal, id, ties)
        if differences:
            if fields.get("is_primary"):
                await _only_primary(deal)
            if fields:
                await Stakeholder.filter(id=id).update(**fields)
            if ties is not None:
                await _relate(deal, id, ties)
            deal.tell("stakeholder.updated", stakeholderId=id, changes=differences)
        return id

    return await change(ctx, Part("Stakeholder", id), expected_version, verb)


async def remove_stakeholder(ctx: Ctx, id: UUID, *, expected_version: int | None) -> UUID:
    """Take a person off who was added by mistake; the deal's id. Who has been quoted stays on record."""

    async def verb(deal: Deal) -> UUID:
        before = await _stakeholder(deal, id)
        quoted = await Assessment.filter(said_by_id=id).exists() or await Risk.filter(perceived_by_id=id).exists()
        if quoted or await DecisionStep.filter(owner_id=id).exists():
            message = "An assessment, a risk or a decision step names this person, and records stay. Mark them with updateStakeholder `left: true`."
            raise invalid("id", message=message)
        await Stakeholder.filter(id=id).delete()
        deal.tell("stakeholder.removed", stakeholderId=id, contactId=before["contact_id"])
        return deal.id

    return await change(ctx, Part("Stakeholder", id), expected_version, verb)


async def _stakeholder(deal: Deal, id: UUID) -> dict[str, object]:
    found = await Stakeholder.filter(opportunity_id=deal.id, id=id).values()
    if not found:
        raise NotFound("Stakeholder", id)
    return dict(found[0])


async def _check_contact(deal: Deal, contact_id: UUID) -> None:
    found = await Contact.filter(organization_id=deal.organization_id, id=contact_id).values("account_id", "name")
    if not found:
        raise NotFound("Contact", contact_id)
    if found[0]["account_id"] != deal.facts.account.id:
        message = f"{found[0]['name']} does not belong to {deal.facts.account.name}. Add a contact of the opportunity's own account."
        raise invalid("contactId", message=message)
    same = [person.id for person in deal.facts.stakeholders if person.contact_id == contact_id]
    if same:
        message = (
            f"{found[0]['name']} is a stakeholder of this opportunity already. Change them with updateStakeholder."
        )
        raise Duplicate(message, kind="Stakeholder", id=same[0])


async def _only_primary(deal: Deal) -> None:
    await Stakeholder.filter(opportunity_id=deal.id, is_primary=True).update(is_primary=False)


def _fields(ctx: Ctx, given: StakeholderChanges, before: dict[str, object]) -> dict[str, object]:
    faults = Faults()
    fields: dict[str, object] = {}
    for name, value in given.items():
        if name == "motivation":
            fields["motivation"] = _motivation(given["motivation"])
        elif name == "relations":
            continue
        elif name == "left":
            gone = before["left_at"] or ctx.now
            fields["left_at"] = gone if value else None
        elif value is None:
            faults.add(name, message=f"`{name}` cannot be null. Leave it out to keep it.")
        else:
            fields[name] = _roles(given["roles"] or ()) if name == "roles" else value
    faults.raise_if_any()
    return fields


def _relations(deal: Deal, id: UUID) -> tuple[RelationFacts, ...]:
    return next(person.relations for person in deal.facts.stakeholders if person.id == id)


def _new_relations(deal: Deal, id: UUID, given: StakeholderChanges) -> tuple[RelationFacts, ...] | None:
    """How the person stands to others of the same deal from now on; None where that is as it was."""
    if "relations" not in given:
        return None
    ties = tuple(given["relations"] or ())
    people, faults = {person.id for person in deal.facts.stakeholders}, Faults()
    for place, tie in enumerate(ties):
        path = ("relations", str(place))
        if tie.to_id == id:
            faults.add(*path, "toId", message="Nobody stands in a relation to themselves. Name another stakeholder.")
        elif tie.to_id not in people:
            raise NotFound("Stakeholder", tie.to_id)
        if tie in ties[:place]:
            faults.add(*path, message="This relation is named twice. Give it once.")
    faults.raise_if_any()
    return None if set(ties) == set(_relations(deal, id)) else ties


def _told_relations(deal: Deal, id: UUID, ties: tuple[RelationFacts, ...] | None) -> dict[str, object]:
    if ties is None:
        return {}
    old, new = (
        [{"kind": tie.kind, "stakeholderId": tie.to_id} for tie in some] for some in (_relations(deal, id), ties)
    )
    return {"relations": {"old": old, "new": new}}


async def _relate(deal: Deal, id: UUID, ties: Sequence[RelationFacts]) -> None:
    await StakeholderRelation.filter(stakeholder_id=id).delete()
    places = {"organization_id": deal.organization_id, "stakeholder_id": id}
    await StakeholderRelation.bulk_create(
        [StakeholderRelation(id=new_id(), kind=tie.kind, to_id=tie.to_id, **places) for tie in ties]
    )


def _roles(roles: Sequence[BuyingRole]) -> list[str]:
    return [role.value for role in dict.fromkeys(roles)]


def _motivation(text: str | None) -> str | None:
    faults = Faults()
    kept = faults.text(text, "motivation", most=2_000)
    faults.raise_if_any()
    return kept
