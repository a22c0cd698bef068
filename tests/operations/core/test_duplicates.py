"""Refusal of records whose key is in use."""

import pytest

from tests.support.organizations import NOW, TestOrganization
from workflow.models import Team
from workflow.models.columns import new_id
from workflow.operations.core.duplicates import refuse_duplicate
from workflow.rules.errors import DuplicateError

MESSAGE = "A team with this name exists already."


async def test_another_record_with_the_key_is_refused_by_its_id(organization: TestOrganization) -> None:
    id = new_id()
    await Team.create(id=id, organization_id=organization.id, name="North", created_at=NOW)
    same_name = Team.filter(organization_id=organization.id, name="North")

    with pytest.raises(DuplicateError) as refusal:
        await refuse_duplicate(same_name, kind="Team", message=MESSAGE)

    assert (refusal.value.kind, refusal.value.id, refusal.value.message) == ("Team", id, MESSAGE)


async def test_a_record_is_not_a_duplicate_of_itself(organization: TestOrganization) -> None:
    id = new_id()
    await Team.create(id=id, organization_id=organization.id, name="North", created_at=NOW)
    same_name = Team.filter(organization_id=organization.id, name="North")

    await refuse_duplicate(same_name, kind="Team", message=MESSAGE, own_id=id)
    with pytest.raises(DuplicateError):
        await refuse_duplicate(same_name, kind="Team", message=MESSAGE, own_id=new_id())
