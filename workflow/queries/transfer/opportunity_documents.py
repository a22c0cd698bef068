"""Opportunity documents for an export, read with one statement for each table.

The caller has scoped the deals.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints
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
from workflow.rules.transfer.document_history import ExportedClose
from workflow.rules.transfer.document_parts import (
    ExportedActor,
    ExportedCloseDetails,
    ExportedContact,
    ExportedMoney,
    ExportedNextStep,
)
from workflow.rules.transfer.opportunity_document import DOCUMENT_FIELDS, REFERENCES, OpportunityDocument

Record = Mapping[str, Any]  # Any: columns of several kinds
MONEY_COLUMNS = ("value_minor", "value_currency")
CLOSE_COLUMNS = ("closed_on", "win_reason", "loss_reason", "disqualify_reason")
CONTACT_COLUMNS = {"contact__name": "name", "contact__email": "email", "contact__account__name": "account"}


@dataclass(frozen=True)
class DocumentPart:
    """A list of a document: the dataclass of its entries, their table, order and path to the deal's id."""

    name: str
    shape: type
    table: type[Model]
    order: tuple[str, ...]
    deal_path: str = "opportunity_id"
    columns: Mapping[str, str] = field(default_factory=dict)
    """The columns of the fields whose column has another name."""
    joined_fields: frozenset[str] = field(default_factory=frozenset)
    """The fields that are rows of another table."""

    @cached_property
    def column_fields(self) -> tuple[str, ...]:
        """The fields that are stored in columns of the table."""
        return tuple(name for name in self.field_types if name not in self.joined_fields)

    @cached_property
    def field_types(self) -> Mapping[str, Any]:
        """The type of each field; of an optional field the type of its value."""
        hints = get_type_hints(self.shape)
        return {one.name: _required_type(hints[one.name]) for one in fields(self.shape)}

    @property
    def references(self) -> Mapping[str, str]:
        """The fields that hold a position, and the list that the position is in."""
        return REFERENCES.get(self.shape, {})

    def column(self, name: str) -> str:
        """Return the column of a field that is stored in one column."""
        return self.columns.get(name, name)


def _required_type(hint: Any) -> Any:  # Any: a type as a value
    return (
        next(part for part in get_args(hint) if part is not NoneType)
        if get_origin(hint) is UnionType
        else hint
    )


DOCUMENT_PARTS: Final = (
    DocumentPart(
        "stakeholders", document_parts.ExportedStakeholder, models.Stakeholder, ("created_at", "id")
    ),
    DocumentPart(
        "relations",
        document_parts.ExportedRelation,
        models.StakeholderRelation,
        ("id",),
        "stakeholder__opportunity_id",
    ),
    DocumentPart("assessments", document_parts.ExportedAssessment, models.Assessment, ("assessed_at", "id")),
    DocumentPart("competitors", document_parts.ExportedCompetitor, models.Competitor, ("created_at", "id")),
    DocumentPart("decision_steps", document_parts.ExportedDecisionStep, models.DecisionStep, ("position",)),
    DocumentPart(
        "objectives",
        document_parts.ExportedObjective,
        models.Objective,
        ("position",),
        columns={"target": "goal"},
    ),
    DocumentPart("risks", document_parts.ExportedRisk, models.Risk, ("raised_at", "id")),
    DocumentPart(
        "mitigations",
        document_parts.ExportedMitigation,
        models.Mitigation,
        ("created_at", "id"),
        "risk__opportunity_id",
    ),
    DocumentPart(
        "risk_reviews",
        document_parts.ExportedRiskReview,
        models.RiskReview,
        ("reviewed_at", "id"),
        columns={"at": "reviewed_at"},
    ),
    DocumentPart(
        "milestones",
        document_parts.ExportedMilestone,
        models.Milestone,
        ("position", "id"),
        columns={"key": "template_key"},
    ),
    DocumentPart(
        "activities",
        document_parts.ExportedActivity,
        models.Activity,
        ("created_at", "id"),
        joined_fields=frozenset({"with_"}),
    ),
    DocumentPart(
        "history",
        document_history.ExportedTransition,
        models.Transition,
        ("sequence",),
        columns={"from_": "from_state", "to": "to_state"},
    ),
    DocumentPart("snapshots", document_history.ExportedSnapshot, models.Snapshot, ("since",)),
    DocumentPart("overrides", document_history.ExportedOverride, models.Override, ("at", "id")),
)
"""The lists of a document. A list comes after the lists that its entries refer to."""
MEMBER_FIELDS: Final = frozenset({("risks", "owner"), ("snapshots", "owner")})
"""The fields that hold a member's e-mail, as pairs of list and field."""
DEAL_FIELDS: Final = tuple(
    name
    for name in DOCUMENT_FIELDS
    if name in OpportunityRow.columns and name not in ("probability", "forecast_category")
)
"""The fields of a document that are columns of the deal's own row."""


async def opportunity_documents(
    viewer: Viewer, rows: Sequence[OpportunityRow]
) -> dict[UUID, OpportunityDocument]:
    """Return the document of each deal by its id."""
    reader = _PartReader(viewer.organization_id, [row.id for row in rows])
    for part in DOCUMENT_PARTS:
        await reader.read(part)
    collaborators = await reader.collaborators()
    processes = await processes_by_id(viewer, {row.process_id for row in rows})
    documents = {}
    for row in rows:
        # Any: columns and parts of several kinds
        values: dict[str, Any] = {name: getattr(row, name) for name in DEAL_FIELDS}
        values |= {name: tuple(listed) for name, listed in reader.parts[row.id].items()}
        values |= {
            "process": processes[row.process_id].document.key,
            "collaborators": tuple(collaborators[row.id]),
        }
        values |= {"next_step": _next_step(row), "close": _close_details(row, reader)}
        documents[row.id] = OpportunityDocument(**values | _forecast(row))
    return documents


def _forecast(row: OpportunityRow) -> dict[str, Any]:
    """Return the forecast fields of an open deal; those of a closed deal follow from its state."""
    if row.state in CLOSED_STATES:
        return {}
    probability = row.probability if row.probability_is_manual else None
    return {"probability": probability, "forecast_category": row.forecast_category}


def _next_step(row: OpportunityRow) -> ExportedNextStep | None:
    if row.next_step_text is None:
        return None
    return ExportedNextStep(row.next_step_text, row.next_step_due, row.next_step_agreed)


def _close_details(row: OpportunityRow, reader: "_PartReader") -> ExportedCloseDetails | None:
    competitor = reader.position("competitors", row.lost_to_id)
    if row.close_note is None and competitor is None:
        return None
    return ExportedCloseDetails(row.close_note, competitor)


class _PartReader:
    """Reads the lists of several deals and remembers the position of each entry."""

    def __init__(self, organization_id: UUID, ids: Sequence[UUID]) -> None:
        self.organization_id = organization_id
        self.ids = list(ids)
        self.parts: defaultdict[UUID, defaultdict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        self.positions: dict[str, dict[UUID, int]] = {part.name: {} for part in DOCUMENT_PARTS}

    def position(self, part: str, id: UUID | None) -> int | None:
        """Return the position of an entry in its deal's list, counted from 1; None if it is not there."""
        return None if id is None else self.positions[part].get(id)

    async def read(self, part: DocumentPart) -> None:
        """Read one list of all deals, in its order."""
        rows = part.table.filter(organization_id=self.organization_id, **{f"{part.deal_path}__in": self.ids})
        records = await rows.order_by(*part.order).values(
            part.table._meta.pk_attr, part.deal_path, *_columns(part)
        )
        contacts = await self._participants(records) if part.joined_fields else {}
        for record in records:
            listed = self.parts[record[part.deal_path]][part.name]
            more = {name: tuple(contacts.get(record["id"], ())) for name in part.joined_fields}
            listed.append(
                part.shape(
                    **{name: self._field_value(part, name, record) for name in part.column_fields}, **more
                )
            )
            self.positions[part.name][record[part.table._meta.pk_attr]] = len(listed)

    async def collaborators(self) -> defaultdict[UUID, list[str]]:
        """Return the e-mails of each deal's collaborators."""
        rows = models.Collaborator.filter(organization_id=self.organization_id, opportunity_id__in=self.ids)
        emails: defaultdict[UUID, list[str]] = defaultdict(list)
        for record in await rows.order_by("id").values("opportunity_id", "member__email"):
            emails[record["opportunity_id"]].append(record["member__email"])
        return emails

    async def _participants(self, activities: Sequence[Record]) -> defaultdict[UUID, list[ExportedContact]]:
        """Return the contacts who took part in each activity."""
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
        kind = part.field_types[name]
        if kind is ExportedContact:
            return _contact(record)
        if kind is ExportedActor:
            return _actor(record)
        if kind is ExportedMoney:
            return exported_money(record)
        if kind is ExportedClose:
            return self._close(record)
        value = record[part.column(name)]
        return tuple(value) if isinstance(value, list) else value

    def _close(self, record: Record) -> ExportedClose | None:
        if record["closed_on"] is None:
            return None
        competitor = self.position("competitors", record["lost_to_id"])
        return ExportedClose(**{name: record[name] for name in CLOSE_COLUMNS}, competitor=competitor)


_COLUMNS_OF_TYPE: Final[Mapping[type, tuple[str, ...]]] = {
    ExportedContact: tuple(CONTACT_COLUMNS),
    ExportedActor: (*ACTOR_COLUMNS[:2], "actor_member__email"),
    ExportedMoney: MONEY_COLUMNS,
    ExportedClose: (*CLOSE_COLUMNS, "lost_to_id"),
}
"""The columns of the fields that are read from several columns."""


def _columns(part: DocumentPart) -> list[str]:
    """Return the columns that the fields of a part are read from."""
    columns: list[str] = []
    for name in part.column_fields:
        if name in part.references:
            columns.append(f"{name}_id")
        elif (part.name, name) in MEMBER_FIELDS:
            columns.append(f"{name}__email")
        else:
            columns.extend(_COLUMNS_OF_TYPE.get(part.field_types[name], (part.column(name),)))
    return columns


def _actor(record: Record) -> ExportedActor | None:
    # A milestone has an actor only after it was completed or waived.
    if record["actor_kind"] is None:
        return None
    return ExportedActor(record["actor_kind"], record["actor_name"], record["actor_member__email"])


def _contact(record: Record) -> ExportedContact:
    return ExportedContact(**{ours: record[column] for column, ours in CONTACT_COLUMNS.items()})


def exported_money(record: Record) -> ExportedMoney | None:
    """Return the amount of a row, None if it has none."""
    minor, currency = (record[name] for name in MONEY_COLUMNS)
    return None if minor is None else ExportedMoney(str(amount(minor, currency)), currency)
