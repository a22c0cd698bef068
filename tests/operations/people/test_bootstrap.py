"""Organizations and keys created from the command line."""

import asyncio

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from workflow.models import ApiKey, Member, Organization
from workflow.models.columns import new_id
from workflow.operations.people.bootstrap import init_organization, issue_key
from workflow.operations.people.organizations import update_organization
from workflow.queries.people.people import find_organization
from workflow.rules.enums import Role
from workflow.rules.errors import DuplicateError, InvalidInputError


def fault_paths(refusal: InvalidInputError) -> list[str]:
    """Return the paths of the faults."""
    return [".".join(fault.path) for fault in refusal.fields]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_a_key_from_the_command_line_cannot_exceed_its_members_role(
    organization: TestOrganization, role: Role
) -> None:
    email = f"{role.lower()}@example.com"
    await organization.ctx_of(role, email)

    keys = await ApiKey.filter(organization_id=organization.id).order_by("id").values()
    attempt = issue_key(organization_name=organization.name, role=Role.ADMIN, email=email, now=NOW)

    with pytest.raises(InvalidInputError) as refusal:
        await attempt
    assert fault_paths(refusal.value) == ["role"]
    assert await ApiKey.filter(organization_id=organization.id).order_by("id").values() == keys


async def test_a_key_for_an_unknown_email_creates_the_member_with_the_role(
    organization: TestOrganization,
) -> None:
    first = await issue_key(
        organization_name=organization.name, role=Role.REP, email=" New@Example.com ", now=NOW
    )
    again = await issue_key(
        organization_name=organization.name, role=Role.REP, email="new@example.com", now=NOW
    )

    assert first.member_id == again.member_id
    members = Member.filter(organization_id=organization.id, email="new@example.com")
    assert await members.values("id", "name", "role") == [
        {"id": first.member_id, "name": "new", "role": "REP"}
    ]


async def test_init_reports_every_fault_and_creates_nothing() -> None:
    before = await Organization.all().count()

    with pytest.raises(InvalidInputError) as refusal:
        await init_organization(
            name=" ", email="ada", admin_name="", currency="eur", time_zone="Mars", now=NOW
        )

    assert fault_paths(refusal.value) == ["organization", "name", "email", "currency", "timeZone"]
    assert await Organization.all().count() == before


async def test_organization_names_may_repeat_and_ambiguity_is_reported(
    organization: TestOrganization,
) -> None:
    other = await new_organization()
    await update_organization(other.ctx, {"name": organization.name})

    with pytest.raises(InvalidInputError) as refusal:
        await issue_key(organization_name=organization.name, role=Role.REP, email=None, now=NOW)

    known = [f"{id} (created 2026-03-02)" for id in (organization.id, other.id)]
    assert refusal.value.message == (
        f'2 organizations are named "{organization.name}". Give the id of one: {known[0]}, {known[1]}.'
    )
    for one in (organization, other):
        assert (
            await issue_key(organization_name=str(one.id), role=Role.REP, email=None, now=NOW)
        ).organization_id == (one.id)


@pytest.mark.parametrize(
    "text", ["Nobody", "", "\x00", "\udcff", "00000000-0000-7000-8000-000000000001", "x" * 5_000]
)
async def test_an_unknown_organization_is_not_found(text: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await find_organization(text)

    assert fault_paths(refusal.value) == ["organization"]


async def test_concurrent_inits_with_one_name_create_one_organization() -> None:
    name = f"Test {new_id().hex}"
    about = {
        "name": name,
        "email": "a@example.com",
        "admin_name": "Ada",
        "currency": "EUR",
        "time_zone": "UTC",
    }

    answers = await asyncio.gather(
        *(init_organization(**about, now=NOW) for _ in range(8)), return_exceptions=True
    )

    assert [type(answer) for answer in answers].count(DuplicateError) == 7
    assert await Organization.filter(name=name).count() == 1
