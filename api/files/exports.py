"""What an export tells of each row: JSON without loss, and CSV that a spreadsheet opens without harm."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from api.files.cells import Kind, Record
from schema.core import ids
from schema.core.payloads import told
from workflow.operations.transfer.row import OURS, REASONS
from workflow.queries.events.events import EventRow
from workflow.queries.opportunity.accounts import AccountRow, ContactRow
from workflow.queries.opportunity.history import TransitionRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.people.people import MemberRow, OrganizationRow
from workflow.queries.transfer import export
from workflow.rules.codec import camel, written
from workflow.rules.enums import CLOSED_STATES
from workflow.rules.money import amount
from workflow.rules.permissions import Viewer
from workflow.rules.transfer.opportunity_document import NAMES, Whole

_NOTHING = Whole()


@dataclass(frozen=True, slots=True)
class Export:
    """How one kind is walked through and told as JSON, and as the cells of a table."""

    walk: Callable[[Viewer], AsyncIterator[list[Any]]]
    record: Callable[[Any, OrganizationRow], Record]
    cells: Callable[[Any, OrganizationRow], Record]
    walk_for_cells: Callable[[Viewer], AsyncIterator[list[Any]]] | None = None
    """Where a table shows less."""


def _opportunity(row: tuple[OpportunityRow, AccountRow, MemberRow, Whole], home: OrganizationRow) -> Record:
    """A deal as the row of an import that makes it again: its key, and all that hangs on it."""
    deal, account, owner, whole = row
    known = deal.external_system is not None
    told: Record = {
        "externalSystem": deal.external_system if known else OURS,
        "externalId": deal.external_id if known else str(deal.id),
        "name": deal.name,
        "accountName": account.name,
        "ownerEmail": owner.email,
        "state": deal.state,
        "value": _money(deal.value_minor, deal.value_currency),
        "createdAt": _instant(deal.created_at),
        "stateSince": _since(deal, ZoneInfo(home.time_zone)),
        "expectedCloseDate": _day(deal.expected_close_date),
        "closedOn": _day(deal.closed_on),
        "type": deal.type,
        "source": deal.source,
        "attributes": deal.attributes or None,
        **{camel(name): getattr(deal, name) for name in REASONS},
    }
    beyond = {
        camel(name): written(getattr(whole, name)) for name in NAMES if getattr(whole, name) != getattr(_NOTHING, name)
    }
    return {name: value for name, value in told.items() if value is not None} | beyond


def _since(deal: OpportunityRow, zone: ZoneInfo) -> str | None:
    """Since when the deal is in its state; nothing where an import tells it from the day of the close."""
    if deal.state in CLOSED_STATES and deal.closed_on is not None:
        begins = datetime.combine(deal.closed_on, time(), zone).astimezone(UTC)
        if deal.state_since.astimezone(zone).date() != deal.closed_on or deal.state_since == max(
            begins, deal.created_at
        ):
            return None
    return None if deal.state_since == deal.created_at else _instant(deal.state_since)


def _opportunity_cells(row: tuple[OpportunityRow, AccountRow, MemberRow], home: OrganizationRow) -> Record:
    deal, account, owner = row
    return {
        "number": deal.number,
        "id": ids.encode("Opportunity", deal.id),
        "name": deal.name,
        "account": account.name,
        "owner": owner.name,
        "ownerEmail": owner.email,
        "state": deal.state,
        "stateSince": _instant(deal.state_since),
        **_amount("value", deal.value_minor, deal.value_currency),
        **_amount("baseValue", deal.base_minor, home.base_currency),
        "probability": deal.probability,
        "forecastCategory": deal.forecast_category,
        "expectedCloseDate": _day(deal.expected_close_date),
        "pushCount": deal.push_count,
        "nextStep": deal.next_step_text,
        "nextStepDue": _day(deal.next_step_due),
        "health": deal.health,
        "riskLevel": deal.risk_level,
        "type": deal.type,
        "source": deal.source,
        "createdAt": _instant(deal.created_at),
        "updatedAt": _instant(deal.updated_at),
        "closedOn": _day(deal.closed_on),
        **{camel(name): getattr(deal, name) for name in REASONS},
        **_named(deal, ("external_system", "external_id", "attributes")),
    }


def _account(row: AccountRow, home: OrganizationRow) -> Record:
    names = (
        "name",
        "domain",
        "industry",
        "employee_count",
        "country",
        "external_system",
        "external_id",
        "attributes",
        "version",
    )
    revenue = {"annualRevenue": _money(row.annual_revenue_minor, row.annual_revenue_currency)}
    return {"id": ids.encode("Account", row.id), **_named(row, names), **revenue, **_times(row)}


def _account_cells(row: AccountRow, home: OrganizationRow) -> Record:
    record = _account(row, home)
    del record["annualRevenue"]
    return record | _amount("annualRevenue", row.annual_revenue_minor, row.annual_revenue_currency)


def _contact(row: tuple[ContactRow, AccountRow], home: OrganizationRow) -> Record:
    contact, account = row
    names = ("name", "email", "phone", "title", "external_system", "external_id", "attributes", "version")
    where = {"accountId": ids.encode("Account", account.id), "accountName": account.name}
    return {"id": ids.encode("Contact", contact.id), **where, **_named(contact, names), **_times(contact)}


def _transition(row: tuple[TransitionRow, int], home: OrganizationRow) -> Record:
    arrow, number = row
    names = (
        "sequence", "trigger", "from_state", "to_state", "source", "note", "seconds_in_previous_state", "probability",
        "forecast_category", "win_reason", "loss_reason", "disqualify_reason", "requirements",
    )  # fmt: skip
    return {
        "opportunityNumber": number,
        "opportunityId": ids.encode("Opportunity", arrow.opportunity_id),
        "id": ids.encode("Transition", arrow.id),
        "at": _instant(arrow.at),
        "actor": arrow.actor.name,
        **_named(arrow, names),
        "value": _money(arrow.value_minor, arrow.value_currency),
        "expectedCloseDate": _day(arrow.expected_close_date),
        "closedOn": _day(arrow.closed_on),
    }


def _transition_cells(row: tuple[TransitionRow, int], home: OrganizationRow) -> Record:
    record = _transition(row, home)
    del record["value"], record["requirements"]
    return record | _amount("value", row[0].value_minor, row[0].value_currency)


def _event(row: EventRow, home: OrganizationRow) -> Record:
    about = {"cursor": row.place.cursor(), "id": ids.encode("Event", row.id), "type": row.type}
    return {**about, "at": _instant(row.at), "actor": row.actor.name, "payload": told(row.payload)}


def _named(row: object, names: tuple[str, ...]) -> Record:
    return {camel(name): getattr(row, name) for name in names}


def _times(row: AccountRow | ContactRow) -> Record:
    return {"createdAt": _instant(row.created_at), "updatedAt": _instant(row.updated_at)}


def _money(minor: int | None, currency: str | None) -> Mapping[str, str] | None:
    return None if minor is None or currency is None else {"amount": str(amount(minor, currency)), "currency": currency}


def _amount(name: str, minor: int | None, currency: str | None) -> Record:
    """An amount and its currency as two cells."""
    worth = None if minor is None or currency is None else amount(minor, currency)
    return {name: worth, f"{name}Currency": None if worth is None else currency}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


EXPORTS: Mapping[Kind, Export] = {
    Kind.OPPORTUNITIES: Export(export.whole_opportunities, _opportunity, _opportunity_cells, export.all_opportunities),
    Kind.HISTORY: Export(export.all_transitions, _transition, _transition_cells),
    Kind.EVENTS: Export(export.all_events, _event, _event),
    Kind.ACCOUNTS: Export(export.all_accounts, _account, _account_cells),
    Kind.CONTACTS: Export(export.all_contacts, _contact, _contact),
}
"""A row for each kind."""
