"""Deals with all that hangs on them, for an export: one statement a table, however many deals. The caller has scoped the deals."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Final, get_type_hints
from uuid import UUID

from tortoise.models import Model

from workflow import models
from workflow.queries.actors import ACTOR
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.process.processes import processes_by_id
from workflow.rules.enums import CLOSED_STATES
from workflow.rules.money import amount
from workflow.rules.permissions import Viewer
from workflow.rules.transfer import document_history, document_parts
from workflow.rules.transfer.document_parts import By, Named, NextStep, Worth
from workflow.rules.transfer.opportunity_document import NAMES, PLACES, Whole

Record = Mapping[str, Any]  # Any: columns of several kinds
MONEY = ("value_minor", "value_currency")
CONTACT = {"contact__name": "name", "contact__email": "email", "contact__account__name": "account"}


@dataclass(frozen=True)
class Hung:
    """A part of a deal: the shape it is told in, the table it stands in, and how the deal is reached from there."""

    part: str
    shape: type
    table: type[Model]
    order: tuple[str, ...]
    deal: str = "opportunity_id"
    apart: frozenset[str] = field(default_factory=frozenset)
    """Fields that are no columns."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The fields that are told as they are."""
        return tuple(name for name in self.kinds if name not in self.apart)

    @cached_property
    def kinds(self) -> Mapping[str, Any]:
        """The type of each field."""
        hints = get_type_hints(self.shape)
        return {one.name: hints[one.name] for one in fields(self.shape)}

    @property
    def places(self) -> Mapping[str, str]:
        """The fields that give a place in another part's list."""
        return PLACES.get(self.part, {})


HUNG: Final = (
    Hung("stakeholders", document_parts.Stakeholder, models.Stakeholder, ("created_at", "id")),
    Hung("relations", document_parts.Relation, models.StakeholderRelation, ("id",), "stakeholder__opportunity_id"),
    Hung("assessments", document_parts.Assessment, models.Assessment, ("assessed_at", "id")),
    Hung("competitors", document_parts.Competitor, models.Competitor, ("created_at", "id")),
    Hung("decision_steps", document_parts.DecisionStep, models.DecisionStep, ("position",)),
    Hung("objectives", document_parts.Objective, models.Objective, ("position",)),
    Hung("risks", document_parts.Risk, models.Risk, ("raised_at", "id")),
    Hung("mitigations", document_parts.Mitigation, models.Mitigation, ("created_at", "id"), "risk__opportunity_id"),
    Hung("risk_reviews", document_parts.RiskReview, models.RiskReview, ("reviewed_at", "id")),
    Hung("milestones", document_parts.Milestone, models.Milestone, ("position", "id")),
    Hung("activities", document_parts.Activity, models.Activity, ("created_at", "id"), apart=frozenset({"contacts"})),
    Hung("history", document_history.Step, models.Transition, ("sequence",)),
    Hung("standings", document_history.Standing, models.Standing, ("since",)),
    Hung("overrides", document_history.Override, models.Override, ("at", "id")),
)
"""Every part, those first that others point at."""
MEMBERS: Final = frozenset({("risks", "owner"), ("standings", "owner")})
"""Fields that name a member."""
OWN: Final = tuple(
    name
    for name in NAMES
    if name in OpportunityRow.__dataclass_fields__ and name not in ("probability", "forecast_category")
)
"""What a deal has in its own row and tells as it is."""


async def whole_deals(viewer: Viewer, rows: Sequence[OpportunityRow]) -> dict[UUID, Whole]:
    """What each deal has beyond the row of an import."""
    found = _Found(viewer.organization_id, [row.id for row in rows])
    for hung in HUNG:
        await found.read(hung)
    helpers = await found.collaborators()
    processes = await processes_by_id(viewer, {row.process_id for row in rows})
    told = {}
    for row in rows:
        about: dict[str, Any] = {name: getattr(row, name) for name in OWN}  # Any: columns and parts of several kinds
        about |= {name: tuple(listed) for name, listed in found.parts[row.id].items()}
        about |= {"process": processes[row.process_id].document.key, "collaborators": tuple(helpers[row.id])}
        about |= {"next_step": _next_step(row), "lost_to": found.place("competitors", row.lost_to_id)}
        told[row.id] = Whole(**about | _forecast(row))
    return told


def _forecast(row: OpportunityRow) -> dict[str, Any]:
    """What a seller said of it: of a closed deal its state says it all."""
    if row.state in CLOSED_STATES:
        return {}
    by_hand = row.probability if row.probability_is_manual else None
    return {"probability": by_hand, "forecast_category": row.forecast_category}


def _next_step(row: OpportunityRow) -> NextStep | None:
    if row.next_step_text is None:
        return None
    return NextStep(row.next_step_text, row.next_step_due, row.next_step_agreed)


class _Found:
    """The parts of some deals as they are read, and the place of each in the list of its kind."""

    def __init__(self, organization_id: UUID, ids: Sequence[UUID]) -> None:
        self.organization_id, self.ids = organization_id, list(ids)
        self.parts: defaultdict[UUID, defaultdict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        self.places: dict[str, dict[UUID, int]] = {hung.part: {} for hung in HUNG}

    def place(self, part: str, id: UUID | None) -> int | None:
        """Where a part stands in its deal's list, counted from 1."""
        return None if id is None else self.places[part].get(id)

    async def read(self, hung: Hung) -> None:
        """One part of all the deals, in its order."""
        mine = hung.table.filter(organization_id=self.organization_id, **{f"{hung.deal}__in": self.ids})
        records = await mine.order_by(*hung.order).values(hung.table._meta.pk_attr, hung.deal, *_columns(hung))
        apart = await self._talked_with(records) if hung.apart else {}
        for record in records:
            listed = self.parts[record[hung.deal]][hung.part]
            more = {name: tuple(apart.get(record["id"], ())) for name in hung.apart}
            listed.append(hung.shape(**{name: self._told(hung, name, record) for name in hung.names}, **more))
            self.places[hung.part][record[hung.table._meta.pk_attr]] = len(listed)

    async def collaborators(self) -> defaultdict[UUID, list[str]]:
        """The e-mails of the members who work each deal with its owner."""
        mine = models.Collaborator.filter(organization_id=self.organization_id, opportunity_id__in=self.ids)
        names: defaultdict[UUID, list[str]] = defaultdict(list)
        for record in await mine.order_by("id").values("opportunity_id", "member__email"):
            names[record["opportunity_id"]].append(record["member__email"])
        return names

    async def _talked_with(self, activities: Sequence[Record]) -> defaultdict[UUID, list[Named]]:
        """The contacts who took part in each activity."""
        named: defaultdict[UUID, list[Named]] = defaultdict(list)
        mine = models.ActivityContact.filter(
            organization_id=self.organization_id, activity__opportunity_id__in=self.ids if activities else []
        )
        for record in await mine.order_by("id").values("activity_id", *CONTACT):
            named[record["activity_id"]].append(_named(record))
        return named

    def _told(self, hung: Hung, name: str, record: Record) -> object:
        if name in hung.places:
            return self.place(hung.places[name], record[f"{name}_id"])
        if (hung.part, name) in MEMBERS:
            return record[f"{name}__email"]
        if name == "contact":
            return _named(record)
        if name == "by":
            return record["actor_kind"] and By(
                record["actor_kind"], record["actor_name"], record["actor_member__email"]
            )
        if name == "value":
            return worth(record)
        value = record[name]
        return tuple(value) if isinstance(value, list) else value


def _columns(hung: Hung) -> list[str]:
    """The columns that the fields of a part are read from."""
    several: Mapping[str, Sequence[str]] = {
        "contact": tuple(CONTACT),
        "by": (*ACTOR[:2], "actor_member__email"),
        "value": MONEY,
    }
    columns: list[str] = []
    for name in hung.names:
        if name in hung.places:
            columns.append(f"{name}_id")
        elif (hung.part, name) in MEMBERS:
            columns.append(f"{name}__email")
        else:
            columns.extend(several.get(name, (name,)))
    return columns


def _named(record: Record) -> Named:
    return Named(**{ours: record[column] for column, ours in CONTACT.items()})


def worth(record: Record) -> Worth | None:
    """The amount of a row, where it has one."""
    minor, currency = (record[name] for name in MONEY)
    return None if minor is None else Worth(str(amount(minor, currency)), currency)
