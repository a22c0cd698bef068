"""A part of an import in a transaction of its own."""

import pytest

from tests.support.organizations import TestOrganization
from workflow.models import Account
from workflow.operations.accounts.accounts import create_account
from workflow.operations.transfer.dry_run import in_own_transaction


@pytest.mark.parametrize(("dry_run", "stored"), [(False, 1), (True, 0)])
async def test_a_dry_run_returns_the_result_and_writes_nothing(
    organization: TestOrganization, dry_run: bool, stored: int
) -> None:
    async def work() -> str:
        await create_account(organization.ctx, {"name": "Acme"})
        return "done"

    assert await in_own_transaction(work, dry_run=dry_run) == "done"
    assert await Account.filter(organization_id=organization.id).count() == stored


async def test_an_error_of_the_work_is_raised_and_rolls_back(organization: TestOrganization) -> None:
    async def work() -> None:
        await create_account(organization.ctx, {"name": "Acme"})
        raise LookupError("broken")

    with pytest.raises(LookupError):
        await in_own_transaction(work, dry_run=False)

    assert await Account.filter(organization_id=organization.id).count() == 0
