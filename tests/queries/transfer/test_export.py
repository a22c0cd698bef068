"""Exports in batches: every row once, in a stable order, and only what the viewer sees."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TypeVar

import pytest

from tests.support.statements import statements
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Account
from workflow.operations.accounts.accounts import create_contact
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.queries.transfer import export
from workflow.queries.transfer.export import (
    ROW_COUNTS,
    all_accounts,
    all_contacts,
    all_events,
    all_opportunities,
    all_opportunity_documents,
    all_transitions,
)
from workflow.rules.enums import Visibility

Row = TypeVar("Row")


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """One team for every test, with three contacts."""
    made = await new_sales_team()
    [account] = await Account.filter(organization_id=made.organization.id).limit(1).values("id")
    for name in ("Grace", "Kim", "Ada"):
        await create_contact(made.ctx["admin"], account["id"], {"name": name})
    return made


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows in a batch."""
    monkeypatch.setattr(export, "BATCH_SIZE", 2)


async def read(batches: AsyncIterator[list[Row]]) -> list[Row]:
    """All rows, of which no batch has more than two and none is empty."""
    found: list[Row] = []
    async for batch in batches:
        assert 0 < len(batch) <= 2
        found += batch
    return found


async def test_every_kind_is_read_completely_and_once(team: SalesTeam) -> None:
    viewer = team.ctx["admin"].viewer
    rows: dict[str, list[object]] = {
        "opportunities": [deal.id for deal, _, _ in await read(all_opportunities(viewer))],
        "history": [transition.id for transition, _ in await read(all_transitions(viewer))],
        "events": [event.id for event in await read(all_events(viewer))],
        "accounts": [account.id for account in await read(all_accounts(viewer))],
        "contacts": [contact.id for contact, _ in await read(all_contacts(viewer))],
    }

    for kind, ids in rows.items():
        assert len(ids) == len(set(ids)) == await ROW_COUNTS[kind](viewer) > 0, kind


async def test_deals_are_ordered_by_number_with_their_account_and_owner(team: SalesTeam) -> None:
    viewer = team.ctx["admin"].viewer

    async with statements() as sent:
        found = await read(all_opportunities(viewer))

    numbers = [deal.number for deal, _, _ in found]
    assert numbers == sorted(numbers) and len(numbers) == 6
    assert all((deal.account_id, deal.owner_id) == (account.id, owner.id) for deal, account, owner in found)
    assert len(sent) == 3 * 3


async def test_documents_belong_to_their_deals(team: SalesTeam) -> None:
    found = await read(all_opportunity_documents(team.ctx["admin"].viewer))

    assert len(found) == 6
    for deal, _, _, document in found:
        last = document.history[-1].to if document.history else "LEAD"
        assert last == deal.state


async def test_a_seller_exports_only_visible_deals_and_their_transitions(team: SalesTeam) -> None:
    viewer = replace(team.ctx["helper"].viewer, visibility=Visibility.OWN)
    visible = {row["number"] for row in await matching(viewer, OpportunityFilter()).values("number")}

    deals = {deal.number for deal, _, _ in await read(all_opportunities(viewer))}
    transitions = {number for _, number in await read(all_transitions(viewer))}

    assert len(visible) == 3
    assert deals == visible
    assert transitions <= visible
    assert await ROW_COUNTS["opportunities"](viewer) == 3


async def test_contacts_are_ordered_by_name_across_batches(team: SalesTeam) -> None:
    found = await read(all_contacts(team.ctx["observer"].viewer))

    assert [contact.name for contact, _ in found] == ["Ada", "Grace", "Kim"]
