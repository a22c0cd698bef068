"""The records of an export: JSON without loss, and cells of a CSV table."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from api.files.cells import Record, RecordKind
from api.files.jsonl_fields import ACCOUNT_FIELDS, CONTACT_FIELDS, OPPORTUNITY_FIELDS, FieldTable
from schema.core import ids
from schema.core.payloads import encode_ids
from workflow.operations.transfer.row import OWN_SYSTEM, REASONS
from workflow.queries.events.events import EventRow
from workflow.queries.opportunity.accounts import AccountRow, ContactRow
from workflow.queries.opportunity.history import TransitionRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.people.people import MemberRow, OrganizationRow
from workflow.queries.transfer import export
from workflow.rules.codec import camel, encode
from workflow.rules.enums import CLOSED_STATES
from workflow.rules.money import amount
from workflow.rules.opportunity.parts import Actor
from workflow.rules.permissions import Viewer
from workflow.rules.transfer.opportunity_document import DOCUMENT_FIELDS, OpportunityDocument

_EMPTY_DOCUMENT = OpportunityDocument()


@dataclass(frozen=True, slots=True)
class Export:
    """The export of one kind: its batches, its JSON record and its CSV cells."""

    batches: Callable[[Viewer], AsyncIterator[list[Any]]]
    record: Callable[[Any, OrganizationRow], Record]
    cells: Callable[[Any, OrganizationRow], Record]
    batches_for_cells: Callable[[Viewer], AsyncIterator[list[Any]]] | None = None
    """The batches of a table that needs less than the JSON records; None if it needs the same."""


def _opportunity_record(
    row: tuple[OpportunityRow, AccountRow, MemberRow, OpportunityDocument], organization: OrganizationRow
) -> Record:
    """Return a deal as the line that an import creates the same deal from."""
    deal, account, owner, document = row
    has_external_key = deal.external_system is not None
    fields = _line_fields(
        OPPORTUNITY_FIELDS,
        deal,
        external_system=deal.external_system if has_external_key else OWN_SYSTEM,
        external_id=deal.external_id if has_external_key else str(deal.id),
        account_name=account.name,
        owner_email=owner.email,
        value=_money(deal.value_minor, deal.value_currency),
        state_since=_state_since(deal, ZoneInfo(organization.time_zone)),
        attributes=deal.attributes or None,
    )
    document_fields = {
        camel(name): encode(getattr(document, name))
        for name in DOCUMENT_FIELDS
        if getattr(document, name) != getattr(_EMPTY_DOCUMENT, name)
    }
    return {name: value for name, value in fields.items() if value is not None} | document_fields


def _state_since(deal: OpportunityRow, zone: ZoneInfo) -> datetime | None:
    """Return the start of the current state, None if an import derives the same instant from other fields."""
    if deal.state in CLOSED_STATES and deal.closed_on is not None:
        close_day_start = datetime.combine(deal.closed_on, time(), zone).astimezone(UTC)
        is_other_day = deal.state_since.astimezone(zone).date() != deal.closed_on
        if is_other_day or deal.state_since == max(close_day_start, deal.created_at):
            return None
    return None if deal.state_since == deal.created_at else deal.state_since


def _opportunity_cells(
    row: tuple[OpportunityRow, AccountRow, MemberRow], organization: OrganizationRow
) -> Record:
    deal, account, owner = row
    return {
        "number": deal.number,
        "id": ids.encode("Opportunity", deal.id),
        "name": deal.name,
        "account": account.name,
        "owner": owner.name,
        "ownerEmail": owner.email,
        "state": deal.state,
        "stateSince": _iso_instant(deal.state_since),
        **_amount_cells("value", deal.value_minor, deal.value_currency),
        **_amount_cells("baseValue", deal.base_minor, organization.base_currency),
        "probability": deal.probability,
        "forecastCategory": deal.forecast_category,
        "expectedCloseDate": _iso_day(deal.expected_close_date),
        "pushCount": deal.push_count,
        "nextStep": deal.next_step_text,
        "nextStepDue": _iso_day(deal.next_step_due),
        "health": deal.health,
        "riskLevel": deal.risk_level,
        "type": deal.type,
        "source": deal.source,
        "createdAt": _iso_instant(deal.created_at),
        "updatedAt": _iso_instant(deal.updated_at),
        "closedOn": _iso_day(deal.closed_on),
        **{camel(name): getattr(deal, name) for name in REASONS},
        **_fields(deal, ("external_system", "external_id", "attributes")),
    }


def _account_record(row: AccountRow, organization: OrganizationRow) -> Record:
    return {
        "id": ids.encode("Account", row.id),
        **_line_fields(
            ACCOUNT_FIELDS, row, annual_revenue=_money(row.annual_revenue_minor, row.annual_revenue_currency)
        ),
        "version": row.version,
        **_timestamps(row),
    }


def _account_cells(row: AccountRow, organization: OrganizationRow) -> Record:
    record = _account_record(row, organization)
    del record["annualRevenue"]
    return record | _amount_cells("annualRevenue", row.annual_revenue_minor, row.annual_revenue_currency)


def _contact_record(row: tuple[ContactRow, AccountRow], organization: OrganizationRow) -> Record:
    contact, account = row
    return {
        "id": ids.encode("Contact", contact.id),
        "accountId": ids.encode("Account", account.id),
        **_line_fields(CONTACT_FIELDS, contact, account_name=account.name),
        "version": contact.version,
        **_timestamps(contact),
    }


def _transition_record(row: tuple[TransitionRow, int], organization: OrganizationRow) -> Record:
    transition, number = row
    close = {"closedOn": _iso_day(transition.closed_on), **_fields(transition, tuple(REASONS))}
    return {
        **_transition_fields(transition, number),
        "actor": _actor(transition.actor),
        "close": None if transition.closed_on is None else close,
        "requirements": transition.requirements,
        "value": _money(transition.value_minor, transition.value_currency),
    }


def _transition_cells(row: tuple[TransitionRow, int], organization: OrganizationRow) -> Record:
    transition, number = row
    return {
        **_transition_fields(transition, number),
        "actor": transition.actor.name,
        "closedOn": _iso_day(transition.closed_on),
        **_fields(transition, tuple(REASONS)),
        **_amount_cells("value", transition.value_minor, transition.value_currency),
    }


def _transition_fields(transition: TransitionRow, number: int) -> Record:
    """Return the fields that are the same in JSON and in a table."""
    names = (
        "sequence",
        "trigger",
        "source",
        "note",
        "seconds_in_previous_state",
        "probability",
        "forecast_category",
    )
    return {
        "opportunityNumber": number,
        "opportunityId": ids.encode("Opportunity", transition.opportunity_id),
        "id": ids.encode("Transition", transition.id),
        "at": _iso_instant(transition.at),
        "from": transition.from_state,
        "to": transition.to_state,
        **_fields(transition, names),
        "expectedCloseDate": _iso_day(transition.expected_close_date),
    }


def _event_record(row: EventRow, organization: OrganizationRow) -> Record:
    return {**_event_fields(row), "actor": _actor(row.actor), "payload": encode_ids(row.payload)}


def _event_cells(row: EventRow, organization: OrganizationRow) -> Record:
    return {**_event_fields(row), "actor": row.actor.name, "payload": encode_ids(row.payload)}


def _event_fields(row: EventRow) -> Record:
    return {
        "cursor": row.position.cursor(),
        "id": ids.encode("Event", row.id),
        "type": row.type,
        "at": _iso_instant(row.at),
    }


def _actor(actor: Actor) -> Record:
    return {"kind": actor.kind, "name": actor.name}


def _line_fields(table: FieldTable, row: object, **others: object) -> Record:
    """Return the fields that an import reads, with their values from the row or else from `others`."""
    return {
        name: encode(others[attribute] if attribute in others else getattr(row, attribute))
        for name, (attribute, _) in table.items()
    }


def _fields(row: object, names: tuple[str, ...]) -> Record:
    return {camel(name): getattr(row, name) for name in names}


def _timestamps(row: AccountRow | ContactRow) -> Record:
    return {"createdAt": _iso_instant(row.created_at), "updatedAt": _iso_instant(row.updated_at)}


def _money(minor: int | None, currency: str | None) -> Mapping[str, str] | None:
    return (
        None
        if minor is None or currency is None
        else {"amount": str(amount(minor, currency)), "currency": currency}
    )


def _amount_cells(name: str, minor: int | None, currency: str | None) -> Record:
    """Return an amount and its currency as two cells."""
    value = None if minor is None or currency is None else amount(minor, currency)
    return {name: value, f"{name}Currency": None if value is None else currency}


def _iso_instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _iso_day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


EXPORTS: Mapping[RecordKind, Export] = {
    RecordKind.OPPORTUNITIES: Export(
        export.all_opportunity_documents, _opportunity_record, _opportunity_cells, export.all_opportunities
    ),
    RecordKind.HISTORY: Export(export.all_transitions, _transition_record, _transition_cells),
    RecordKind.EVENTS: Export(export.all_events, _event_record, _event_cells),
    RecordKind.ACCOUNTS: Export(export.all_accounts, _account_record, _account_cells),
    RecordKind.CONTACTS: Export(export.all_contacts, _contact_record, _contact_record),
}
"""The export of each kind."""
