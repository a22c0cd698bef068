"""Accounts and contacts as plain rows; every member of the organization may read all of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from workflow.models import Account, Contact
from workflow.queries.conditions import Span, column_in, in_span
from workflow.queries.paging import Page, Term, Window, first_pages, page
from workflow.queries.records import RecordRow, rows_by_id
from workflow.queries.text_search import Kind, matches_text
from workflow.rules.permissions import Viewer


class AccountRow(RecordRow):
    """An account as stored; money in minor units."""

    id: UUID
    name: str
    domain: str | None
    industry: str | None
    employee_count: int | None
    annual_revenue_minor: int | None
    annual_revenue_currency: str | None
    country: str | None
    external_system: str | None
    external_id: str | None
    attributes: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class ContactRow(RecordRow):
    """A contact as stored."""

    id: UUID
    account_id: UUID
    name: str
    email: str | None
    phone: str | None
    title: str | None
    external_system: str | None
    external_id: str | None
    attributes: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Conditions on accounts or contacts, joined by AND.

    A list matches any of its values, None leaves a condition out.
    """

    ids: tuple[UUID, ...] | None = None
    account_id: tuple[UUID, ...] | None = None
    external_system: str | None = None
    external_ids: tuple[str, ...] | None = None
    domains: tuple[str, ...] | None = None
    emails: tuple[str, ...] | None = None
    updated_at: Span | None = None
    text: str | None = None


async def accounts(viewer: Viewer, filter: AccountFilter, window: Window) -> Page[AccountRow]:
    """Return a page of accounts ordered by name; one statement."""
    return await page(
        lambda: _accounts(viewer, filter),
        table=Account,
        key=(viewer.organization_id, filter),
        order=[Term("name_folded")],
        window=window,
        columns=AccountRow.columns,
        make=AccountRow,
    )


async def count_accounts(viewer: Viewer, filter: AccountFilter) -> int:
    """Count the accounts that match; one statement."""
    return await _accounts(viewer, filter).count()


async def accounts_by_id(
    viewer: Viewer, ids: Collection[UUID], columns: Collection[str] | None = None
) -> dict[UUID, AccountRow]:
    """Return the accounts with these ids; one statement."""
    return await rows_by_id(AccountRow, Account, viewer.organization_id, ids, columns)


async def contacts(viewer: Viewer, filter: AccountFilter, window: Window) -> Page[ContactRow]:
    """Return a page of contacts ordered by name; one statement."""
    return await page(
        lambda: _contacts(viewer, filter),
        table=Contact,
        key=(viewer.organization_id, filter),
        order=[Term("name_folded")],
        window=window,
        columns=ContactRow.columns,
        make=ContactRow,
    )


async def contacts_of_accounts(
    viewer: Viewer, account_ids: Collection[UUID], size: int
) -> dict[UUID, Page[ContactRow]]:
    """Return the first page of the contacts of each account, ordered by name; one statement."""
    return await first_pages(
        _contacts(viewer, AccountFilter()),
        table=Contact,
        parent="account_id",
        parents=account_ids,
        order=[Term("name_folded")],
        size=size,
        columns=ContactRow.columns,
        make=ContactRow,
    )


async def count_contacts(viewer: Viewer, filter: AccountFilter) -> int:
    """Count the contacts that match; one statement."""
    return await _contacts(viewer, filter).count()


async def contacts_by_id(
    viewer: Viewer, ids: Collection[UUID], columns: Collection[str] | None = None
) -> dict[UUID, ContactRow]:
    """Return the contacts with these ids; one statement."""
    return await rows_by_id(ContactRow, Contact, viewer.organization_id, ids, columns)


def _accounts(viewer: Viewer, filter: AccountFilter) -> QuerySet[Account]:
    found = Account.filter(_conditions(viewer, "ACCOUNT", filter))
    return (
        found if filter.domains is None else found.filter(column_in("domain", map(str.lower, filter.domains)))
    )


def _contacts(viewer: Viewer, filter: AccountFilter) -> QuerySet[Contact]:
    found = Contact.filter(_conditions(viewer, "CONTACT", filter))
    if filter.account_id is not None:
        found = found.filter(account_id__in=list(filter.account_id))
    return found if filter.emails is None else found.filter(column_in("email", map(str.lower, filter.emails)))


def _conditions(viewer: Viewer, kind: Kind, filter: AccountFilter) -> Q:
    condition = Q(organization_id=viewer.organization_id)
    if filter.ids is not None:
        condition &= Q(id__in=list(filter.ids))
    if filter.external_system is not None:
        condition &= column_in("external_system", [filter.external_system])
    if filter.external_ids is not None:
        condition &= column_in("external_id", filter.external_ids)
    if filter.text is not None:
        condition &= matches_text(kind, viewer.organization_id, filter.text)
    return condition & in_span("updated_at", filter.updated_at)
