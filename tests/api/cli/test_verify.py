"""`pursuit verify` prints one line for each check, and the faults."""

from tests.support.organizations import new_organization
from tests.support.serving import pursuit
from workflow.models.engine.database import execute, open_database
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity


async def test_a_fault_is_printed_below_its_check_and_exits_with_1(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        account = await create_account(organization.ctx, {"name": "Acme"})
        await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "Pilot"})
        intact = await pursuit("verify", environ={"PURSUIT_DATABASE_URL": own_database})
        await execute("UPDATE opportunity SET version = 7")
    damaged = await pursuit("verify", environ={"PURSUIT_DATABASE_URL": own_database})

    assert (intact.code, {line[:6] for line in intact.out.splitlines()}) == (0, {"ok    "})
    assert (damaged.code, damaged.out.count("FAULT versions\n      ")) == (1, 1)
    assert damaged.out.count("FAULT") == 1
