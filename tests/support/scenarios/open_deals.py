"""Thousands of open deals in every state with people, activities and milestones, inserted directly."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import RowDefaults, deal_row, row_defaults
from workflow.models import Activity, Contact, Milestone, Opportunity, Stakeholder
from workflow.models.columns import new_id

STATES = ("LEAD", "QUALIFIED", "PROGRESSING")
BATCH = 2_000


async def insert_open_deals(organization: TestOrganization, size: int) -> None:
    """Insert open deals in every state, each with people, an activity and milestones."""
    place = await row_defaults(organization)
    for start in range(0, size, BATCH):
        deals = [_deal(place, number) for number in range(start, min(size, start + BATCH))]
        await Opportunity.bulk_create(deals)
        for table in (Contact, Stakeholder, Milestone, Activity):
            await table.bulk_create([row for deal in deals for row in _parts(table, place, deal)])


def _deal(place: RowDefaults, number: int) -> Opportunity:
    step: dict[str, Any] = {
        "next_step_text": "Call",
        "next_step_due": (NOW + timedelta(days=number % 40)).date(),
    }
    closes = (NOW + timedelta(days=number % 90)).date()
    state = {"state": STATES[number % 3], "push_count": number % 4, "recorded_at": NOW}
    return deal_row(place, name=f"Deal {number}", **state, **step, expected_close_date=closes)


def _parts(table: type[Any], place: RowDefaults, deal: Opportunity) -> Iterator[Any]:
    own_columns = {"id": new_id(), "organization_id": place.organization_id}
    of_deal = {**own_columns, "opportunity_id": deal.id, "created_at": NOW}
    if table is Contact:
        named = {"name": f"Of {deal.name}", "name_folded": f"of {deal.name}", "account_id": place.account_id}
        yield Contact(
            **{**own_columns, "id": deal.id},
            **named,
            version=1,
            attributes={},
            created_at=NOW,
            updated_at=NOW,
        )
    elif table is Stakeholder:
        words = {"influence": "UNKNOWN", "attitude": "UNKNOWN", "buying_style": "UNKNOWN"}
        yield Stakeholder(**of_deal, contact_id=deal.id, roles=["CHAMPION"], is_primary=True, **words)
    elif table is Milestone and deal.state == "PROGRESSING":
        for position in range(3):
            due = (NOW + timedelta(days=10 * position + 10)).date()
            named = {
                "name": f"Step {position}",
                "side": "BUYER",
                "weight": 1,
                "status": "PLANNED",
                "position": position,
            }
            yield Milestone(**{**of_deal, "id": new_id()}, **named, due=due)
    elif table is Activity:
        activity = {"kind": "CALL", "direction": "OUTBOUND", "two_way": True, "at": NOW, "summary": "Talked"}
        yield Activity(**of_deal, **activity, actor_kind="SYSTEM", actor_name="Bench")
