"""The demo on a new database: the complete data set, and keys that only their owner can read."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from api.demo import ensure_demo
from api.demo.crm_sales_opportunities import PIPELINE, DataSetOptions, import_data_set
from api.files.import_batches import ImportTally
from tests.support.organizations import NOW
from workflow.models import Alert, Event, Opportunity, Organization
from workflow.models.engine.database import open_database
from workflow.operations.alerts.sweep import sweep
from workflow.operations.core.context import Ctx, system_viewer
from workflow.rules.enums import AlertCode, ImportOutcome

DATA = Path("api/demo/data")


async def test_the_demo_is_created_once_and_importing_it_again_changes_nothing(
    own_database: str, tmp_path: Path
) -> None:
    keys_file = tmp_path / "var" / "keys.json"
    keys = await ensure_demo(own_database, keys_file, NOW)

    again = await ensure_demo(own_database, keys_file, NOW)

    assert (again, list(keys)) == (keys, ["ADMIN", "MANAGER", "REP", "INTEGRATOR", "OBSERVER"])
    assert keys_file.stat().st_mode & 0o777 == 0o600
    async with open_database(own_database, all_contexts=False):
        won = await Opportunity.filter(state="WON").values_list("base_minor", "closed_on")
        assert (len(won), sum(value for value, _ in won)) == (4238, 1_000_553_400)
        assert max(day for _, day in won) == date(2026, 3, 1)
        assert await Opportunity.filter(state="LOST").count() == 2473
        assert await Opportunity.all().count() == 8800
        await _import_again()
        await _sweep_alerts()


async def _sweep_alerts() -> None:
    """Check that each alert code has a deal, and that only a few alerts are critical."""
    await sweep(lambda: NOW + timedelta(minutes=1))
    found = await Alert.filter(status="OPEN").values("code", "severity")
    assert {row["code"] for row in found} == set(AlertCode)
    assert 10 < sum(row["severity"] == "CRITICAL" for row in found) < 30


async def _import_again() -> None:
    demo = await Organization.get(name="Demo")
    before = await Event.all().count()
    ctx = Ctx(viewer=system_viewer(demo.id), now=NOW)
    tally = ImportTally()
    shift = date(2026, 3, 1) - date(2017, 12, 31)

    await import_data_set(
        ctx, Path(__file__).parents[2] / DATA / PIPELINE, DataSetOptions("USD", ZoneInfo("UTC"), shift), tally
    )

    assert tally.counts == {ImportOutcome.UNCHANGED: 8800}
    assert await Event.all().count() == before
