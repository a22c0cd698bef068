"""Importing rows: one opportunity per key, equal rows change nothing, faulty rows are rejected."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from workflow.models import Account, Event, Opportunity, Organization
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow, ImportRowOutcome
from workflow.rules.enums import ImportOutcome, OpportunityState, Role, WinReason
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError, RecordClosedError

SYSTEM = "elsewhere"
LEAD = ImportRow(external_id="1", name="Paper", account_name="Dunder")
CREATED_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
WON = ImportRow(
    external_id="2",
    name="Steel",
    account_name="Dunder",
    state=OpportunityState.WON,
    value=MoneyAmount(Decimal("10.50"), "EUR"),
    created_at=CREATED_AT,
    closed_on=date(2026, 2, 1),
    win_reason=WinReason.SPEED,
)


@pytest.fixture
async def organization() -> TestOrganization:
    return await new_organization()


async def import_all(
    organization: TestOrganization, *rows: ImportRow, dry_run: bool = False
) -> list[ImportRowOutcome]:
    return await import_rows(organization.ctx, SYSTEM, rows, dry_run=dry_run)


async def outcomes(organization: TestOrganization, *rows: ImportRow) -> list[ImportOutcome]:
    return [outcome.outcome for outcome in await import_all(organization, *rows)]


async def events(organization: TestOrganization) -> list[str]:
    found = await Event.filter(organization_id=organization.id, type__startswith="opportunity.").order_by(
        "pos"
    )
    return [event.type for event in found]


async def opportunity(organization: TestOrganization, key: str = "1") -> Opportunity:
    return await Opportunity.get(organization_id=organization.id, external_system=SYSTEM, external_id=key)


async def test_a_row_creates_a_lead_with_one_event(organization: TestOrganization) -> None:
    [outcome] = await import_all(organization, LEAD)

    made = await opportunity(organization)
    assert outcome == ImportRowOutcome(1, "1", ImportOutcome.CREATED, made.id)
    assert (made.number, made.name, made.state, made.version) == (1, "Paper", OpportunityState.LEAD, 1)
    assert (made.created_at, made.state_since, made.probability) == (NOW, NOW, 0.1)
    assert await events(organization) == ["opportunity.created"]


async def test_the_same_row_again_writes_nothing(organization: TestOrganization) -> None:
    await import_all(organization, LEAD, WON)
    before = await Event.filter(organization_id=organization.id).count()
    later = replace(organization, ctx=replace(organization.ctx, now=NOW + timedelta(days=1)))

    again = await outcomes(later, LEAD, WON)

    assert again == [ImportOutcome.UNCHANGED] * 2
    assert await Event.filter(organization_id=organization.id).count() == before
    assert (await opportunity(organization)).updated_at == NOW


async def test_the_same_row_again_keeps_local_edits(organization: TestOrganization) -> None:
    await import_all(organization, LEAD)
    await Opportunity.filter(id=(await opportunity(organization)).id).update(name="Edited here")

    again = await outcomes(organization, LEAD)

    assert again == [ImportOutcome.UNCHANGED]
    assert (await opportunity(organization)).name == "Edited here"


async def test_only_the_columns_that_changed_in_the_file_are_written(organization: TestOrganization) -> None:
    await import_all(organization, replace(LEAD, source="fair", attributes={"a": 1, "b": 2}))
    await Opportunity.filter(id=(await opportunity(organization)).id).update(
        name="Edited here", attributes={"a": 9, "b": 2}
    )

    again = await outcomes(organization, replace(LEAD, source="web", attributes={"a": 1, "b": None}))

    kept = await opportunity(organization)
    assert again == [ImportOutcome.UPDATED]
    assert (kept.name, kept.source, kept.attributes, kept.version) == ("Edited here", "web", {"a": 9}, 2)
    assert await events(organization) == ["opportunity.created", "opportunity.updated"]


async def test_a_repeated_key_is_rejected(organization: TestOrganization) -> None:
    assert await outcomes(organization, LEAD, LEAD) == [ImportOutcome.CREATED, ImportOutcome.REJECTED]


async def test_a_changed_state_is_rejected_on_an_existing_deal(organization: TestOrganization) -> None:
    await import_all(organization, LEAD)

    [outcome] = await import_all(organization, replace(LEAD, name="New", state=OpportunityState.QUALIFIED))

    assert (outcome.outcome, (await opportunity(organization)).name) == (ImportOutcome.REJECTED, "Paper")


async def test_a_closed_deal_is_read_only(organization: TestOrganization) -> None:
    await import_all(organization, WON)

    [outcome] = await import_all(organization, replace(WON, name="New"))

    assert isinstance(outcome.problem, RecordClosedError)
    assert (await opportunity(organization, "2")).name == "Steel"


async def test_a_deleted_deal_is_rejected(organization: TestOrganization) -> None:
    await import_all(organization, LEAD)
    await Opportunity.filter(id=(await opportunity(organization)).id).update(deleted_at=NOW)

    [outcome] = await import_all(organization, LEAD)

    assert (outcome.outcome, outcome.opportunity_id, type(outcome.problem)) == (
        ImportOutcome.REJECTED,
        None,
        NotFoundError,
    )


async def test_accounts_are_matched_by_case_insensitive_name_oldest_first(
    organization: TestOrganization,
) -> None:
    facts = {
        "organization_id": organization.id,
        "name_folded": "dunder",
        "attributes": {},
        "version": 1,
        "updated_at": NOW,
    }
    young = Account(name="DUNDER", created_at=NOW, **facts)
    old = Account(name="Dunder", created_at=CREATED_AT, **facts)
    await Account.bulk_create([young, old])

    await import_all(
        organization, replace(LEAD, account_name="dunDER"), replace(LEAD, external_id="3", account_name="New")
    )

    assert await Opportunity.filter(organization_id=organization.id, account_id=old.id).count() == 1
    assert await Account.filter(organization_id=organization.id).count() == 3


async def test_a_later_month_is_a_push(organization: TestOrganization) -> None:
    await import_all(organization, replace(LEAD, expected_close_date=date(2026, 4, 1)))
    await import_all(organization, replace(LEAD, expected_close_date=date(2026, 4, 30)))
    await import_all(organization, replace(LEAD, expected_close_date=None))
    await import_all(organization, replace(LEAD, expected_close_date=date(2026, 5, 1)))

    pushed = await opportunity(organization)

    assert (pushed.expected_close_date, pushed.push_count) == (date(2026, 5, 1), 1)


async def test_a_dry_run_writes_nothing(organization: TestOrganization) -> None:
    rows = await import_all(organization, LEAD, replace(LEAD, external_id="3", name=""), dry_run=True)

    assert [(row.outcome, row.opportunity_id) for row in rows] == [
        (ImportOutcome.CREATED, None),
        (ImportOutcome.REJECTED, None),
    ]
    assert await Opportunity.filter(organization_id=organization.id).count() == 0
    assert await Account.filter(organization_id=organization.id).count() == 0


@pytest.mark.parametrize("role", [Role.REP, Role.MANAGER, Role.OBSERVER])
async def test_only_admins_and_integrators_import(organization: TestOrganization, role: Role) -> None:
    ctx = await organization.ctx_of(role)

    with pytest.raises(PermissionDeniedError):
        await import_rows(ctx, SYSTEM, [LEAD])

    assert await Opportunity.filter(organization_id=organization.id).count() == 0


async def test_more_than_500_rows_are_refused(organization: TestOrganization) -> None:
    rows = [replace(LEAD, external_id=str(number)) for number in range(501)]

    with pytest.raises(InvalidInputError):
        await import_rows(organization.ctx, SYSTEM, rows)

    assert await Opportunity.filter(organization_id=organization.id).count() == 0


async def test_another_organization_with_the_same_key_stays_apart(organization: TestOrganization) -> None:
    other = await new_organization()
    await import_all(other, LEAD)

    assert await outcomes(organization, LEAD) == [ImportOutcome.CREATED]
    assert await Organization.filter(id__in=[organization.id, other.id]).count() == 2
