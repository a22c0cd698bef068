"""Deals with all that hangs on them, for an export: one statement a table, however many deals. The caller has scoped the deals."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Final, get_type_hints
from uuid import UUID

from tortoise.models import Model

from workflow import models
from workflow.queries.actors import ACTOR_COLUMNS
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.process.processes import processes_by_id
from workflow.rules.enums import CLOSED_STATES
from workflow.rules.money import amount
from workflow.rules.permissions import Viewer
from workflow.rules.transfer import document_history, document_parts
from workflow.rules.transfer.document_parts import ExportedActor, ExportedContact, ExportedMoney, ExportedNextStep
from workflow.rules.transfer.opportunity_document import DOCUMENT_FIELDS, REFERENCES, OpportunityDocument

Record = Mapping[str, Any]  # Any: columns of several kinds
MONEY_COLUMNS = ("value_minor", "value_currency")
CONTACT_COLUMNS = {"contact__name": "name", "contact__email": "email", "contact__account__name": "account"}


@dataclass(frozen=True)
class DocumentPart:
    """A part of a deal: the shape it is told in, the table it stands in, and how the deal is reached from there."""

    name: str
    shape: type
    table: type[Model]
    order: tuple[str, ...]
    deal_path: str = "opportunity_id"
    non_columns: frozenset[str] = field(default_factory=frozenset)
    """Fields that are no columns."""

    @cached_property
    def column_fields(self) -> tuple[str, ...]:
        """The fields that are told as they are."""
        return tuple(name for name in self.field_types if name not in self.non_columns)

    @cached_property
    def field_types(self) -> Mapping[str, Any]:
        """The type of each field."""
        hints = get_type_hints(self.shape)
        return {one.name: hints[one.name] for one in fields(self.shape)}

    @property
    def references(self) -> Mapping[str, str]:
        """The fields that give a place in another part's list."""
        return REFERENCES.get(self.name, {})


DOCUMENT_PARTS: Final = (
    DocumentPart("stakeholders", document_parts.ExportedStakeholder, models.Stakeholder, ("created_at", "id")),
    DocumentPart(
        "relations", document_parts.ExportedRelation, models.StakeholderRelation, ("id",), "stakeholder__opportunity_id"
    ),
    DocumentPart("assessments", document_parts.ExportedAssessment, models.Assessment, ("assessed_at", "id")),
    DocumentPart("competitors", document_parts.ExportedCompetitor, models.Competitor, ("created_at", "id")),
    DocumentPart("decision_steps", document_parts.ExportedDecisionStep, models.DecisionStep, ("position",)),
    DocumentPart("objectives", document_parts.ExportedObjective, models.Objective, ("position",)),
    DocumentPart("risks", document_parts.ExportedRisk, models.Risk, ("raised_at", "id")),
    DocumentPart(
        "mitigations",
        document_parts.ExportedMitigation,
        models.Mitigation,
        ("created_at", "id"),
        "risk__opportunity_id",
    ),
    DocumentPart("risk_reviews", document_parts.ExportedRiskReview, models.RiskReview, ("reviewed_at", "id")),
    DocumentPart("milestones", document_parts.ExportedMilestone, models.Milestone, ("position", "id")),
    DocumentPart(
        "activities",
        document_parts.ExportedActivity,
        models.Activity,
        ("created_at", "id"),
        non_columns=frozenset({"contacts"}),
    ),
    DocumentPart("history", document_history.ExportedTransition, models.Transition, ("sequence",)),
    DocumentPart("standings", document_history.ExportedSnapshot, models.Snapshot, ("since",)),
    DocumentPart("overrides", document_history.ExportedOverride, models.Override, ("at", "id")),
)
"""Every part, those first that others point at."""
MEMBER_FIELDS: Final = frozenset({("risks", "owner"), ("standings", "owner")})
"""Fields that name a member."""
DEAL_FIELDS: Final = tuple(
    name
    for name in DOCUMENT_FIELDS
    if name in OpportunityRow.__dataclass_fields__ and name not in ("probability", "forecast_category")
)
"""What a deal has in its own row and tells as it is."""


async def opportunity_documents(viewer: Viewer, rows: Sequence[OpportunityRow]) -> dict[UUID, OpportunityDocument]:
    """What each deal has beyond the row of an import."""
    reader = _PartReader(viewer.organization_id, [row.id for row in rows])
    for part in DOCUMENT_PARTS:
        await reader.read(part)
    collaborators = await reader.collaborators()
    processes = await processes_by_id(viewer, {row.process_id for row in rows})
    documents = {}
    for row in rows:
        values: dict[str, Any] = {
            name: getattr(row, name) for name in DEAL_FIELDS
        }  # Any: columns and parts of several kinds
        values |= {name: tuple(listed) for name, listed in reader.parts[row.id].items()}
        values |= {"process": processes[row.process_id].document.key, "collaborators": tuple(collaborators[row.id])}
        values |= {"next_step": _next_step(row), "lost_to": reader.position("competitors", row.lost_to_id)}
        documents[row.id] = OpportunityDocument(**values | _forecast(row))
    return documents


def _forecast(row: OpportunityRow) -> dict[str, Any]:
    """What a seller said of it: of a closed deal its state says it all."""
    if row.state in CLOSED_STATES:
        return {}
    by_hand = row.probability if row.probability_is_manual else None
    return {"probability": by_hand, "forecast_category": row.forecast_category}


def _next_step(row: OpportunityRow) -> ExportedNextStep | None:
    if row.next_step_text is None:
        return None
    return ExportedNextStep(row.next_step_text, row.next_step_due, row.next_step_agreed)


class _PartReader:
    """The parts of some deals as they are read, and the place of each in the list of its kind."""

    def __init__(self, organization_id: UUID, ids: Sequence[UUID]) -> None:
        self.organization_id, self.ids = organization_id, list(ids)
        self.parts: defaultdict[UUID, defaultdict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        self.positions: dict[str, dict[UUID, int]] = {part.name: {} for part in DOCUMENT_PARTS}

    def position(self, part: str, id: UUID | None) -> int | None:
        """Where a part stands in its deal's list, counted from 1."""
        return None if id is None else self.positions[part].get(id)

    async def read(self, part: DocumentPart) -> None:
        """One part of all the deals, in its order."""
        rows = part.table.filter(organization_id=self.organization_id, **{f"{part.deal_path}__in": self.ids})
        records = await rows.order_by(*part.order).values(part.table._meta.pk_attr, part.deal_path, *_columns(part))
        contacts = await self._participants(records) if part.non_columns else {}
        for record in records:
            listed = self.parts[record[part.deal_path]][part.name]
            more = {name: tuple(contacts.get(record["id"], ())) for name in part.non_columns}
            listed.append(
                part.shape(**{name: self._field_value(part, name, record) for name in part.column_fields}, **more)
            )
            self.positions[part.name][record[part.table._meta.pk_attr]] = len(listed)

    async def collaborators(self) -> defaultdict[UUID, list[str]]:
        """The e-mails of the members who work each deal with its owner."""
        rows = models.Collaborator.filter(organization_id=self.organization_id, opportunity_id__in=self.ids)
        emails: defaultdict[UUID, list[str]] = defaultdict(list)
        for record in await rows.order_by("id").values("opportunity_id", "member__email"):
            emails[record["opportunity_id"]].append(record["member__email"])
        return emails

    async def _participants(self, activities: Sequence[Record]) -> defaultdict[UUID, list[ExportedContact]]:
        """The contacts who took part in each activity."""
        contacts: defaultdict[UUID, list[ExportedContact]] = defaultdict(list)
        rows = models.ActivityContact.filter(
            organization_id=self.organization_id, activity__opportunity_id__in=self.ids if activities else []
        )
        for record in await rows.order_by("id").values("activity_id", *CONTACT_COLUMNS):
            contacts[record["activity_id"]].append(_contact(record))
        return contacts

    def _field_value(self, part: DocumentPart, name: str, record: Record) -> object:
        if name in part.references:
            return self.position(part.references[name], record[f"{name}_id"])
        if (part.name, name) in MEMBER_FIELDS:
            return record[f"{name}__email"]
        if name == "contact":
            return _contact(record)
        if name == "by":
            return record["actor_kind"] and ExportedActor(
                record["actor_kind"], record["actor_name"], record["actor_member__email"]
            )
        if name == "value":
            return exported_money(record)
        value = record[name]
        return tuple(value) if isinstance(value, list) else value


def _columns(part: DocumentPart) -> list[str]:
    """The columns that the fields of a part are read from."""
    several: Mapping[str, Sequence[str]] = {
        "contact": tuple(CONTACT_COLUMNS),
        "by": (*ACTOR_COLUMNS[:2], "actor_member__email"),
        "value": MONEY_COLUMNS,
    }
    columns: list[str] = []
    for name in part.column_fields:
        if name in part.references:
            columns.append(f"{name}_id")
        elif (part.name, name) in MEMBER_FIELDS:
            columns.append(f"{name}__email")
        else:
            columns.extend(several.get(name, (name,)))
    return columns


def _contact(record: Record) -> ExportedContact:
    return ExportedContact(**{ours: record[column] for column, ours in CONTACT_COLUMNS.items()})


def exported_money(record: Record) -> ExportedMoney | None:
    """The amount of a row, where it has one."""
    minor, currency = (record[name] for name in MONEY_COLUMNS)
    return None if minor is None else ExportedMoney(str(amount(minor, currency)), currency)
