"""The columns that a row has as the text of their JSON."""

import json

from tests.support.team import new_sales_team
from workflow.queries.opportunity.rows import opportunities_by_id
from workflow.queries.opportunity.stored_health import (
    closed_insight,
    stored_health,
    stored_value,
    with_json_text,
)
from workflow.rules.enums import OpportunityState


async def test_a_row_with_written_columns_is_read_like_a_stored_one() -> None:
    team = await new_sales_team()
    ids = team.deals
    rows = await opportunities_by_id(team.ctx["admin"].viewer, ids.values())

    for state in (OpportunityState.LEAD, OpportunityState.WON):
        row = rows[ids[state]]
        columns = {name: stored_value(row, name) for name in ("name", "health_factors", "closed_insight")}
        again = row.changed(**with_json_text(columns))

        assert isinstance(columns["health_factors"], list)
        assert stored_health(again) == stored_health(row)
        assert closed_insight(again) == closed_insight(row)
        assert again.name == row.name


async def test_an_empty_column_stays_empty() -> None:
    assert with_json_text({"closed_insight": None, "health_factors": [], "name": []}) == {
        "closed_insight": None,
        "health_factors": json.dumps([]),
        "name": [],
    }


async def test_a_deal_that_was_never_evaluated_has_no_health() -> None:
    team = await new_sales_team()
    lead = team.deals[OpportunityState.LEAD]
    row = (await opportunities_by_id(team.ctx["admin"].viewer, [lead]))[lead]

    empty = row.changed(health_factors=None, closed_insight=None)

    assert (stored_health(empty), closed_insight(empty)) == (None, None)
    assert (stored_value(empty, "health_factors"), stored_value(empty, "closed_insight")) == (None, None)
