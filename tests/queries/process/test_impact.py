"""The impact of a document on many deals: statements and memory of a batch do not depend on their number."""

import gc
import tracemalloc

from tests.support.counts import count
from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import create_deals_with_people
from tests.support.statements import statements
from workflow.operations.process.processes import preset
from workflow.queries.process.impact import BATCH_SIZE, ProcessImpact, process_impact
from workflow.rules.enums import Trigger

DEALS = 10_000
LEADS = len(preset("default").requirements_for(Trigger.QUALIFY))


async def impact(organization: TestOrganization) -> tuple[ProcessImpact, float]:
    """Return the impact of the default process and its peak memory in MB."""
    gc.collect()
    tracemalloc.start()
    try:
        found = await process_impact(organization.ctx.viewer, preset("default"), NOW)
        return found, tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


async def test_memory_is_bounded_by_a_few_batches(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 2 * BATCH_SIZE, people=1)
    _, few = await impact(organization)
    more = count(DEALS) - 2 * BATCH_SIZE
    for start in range(0, more, 500):
        await create_deals_with_people(organization, min(500, more - start), people=1)

    found, many = await impact(organization)

    assert found.open_opportunities == count(DEALS)
    assert {one.would_pass + one.would_fail for one in found.gates if one.trigger is Trigger.QUALIFY} == {
        count(DEALS)
    }
    assert many < 1.5 * few


async def test_each_batch_takes_the_same_statements(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 3 * BATCH_SIZE, people=1)

    async with statements() as seen:
        await process_impact(organization.ctx.viewer, preset("default"), NOW)

    # The ids of a batch and its facts; after the last batch no more ids are found.
    assert len(seen) == 3 * 2 + 1
