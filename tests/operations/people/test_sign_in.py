"""Sign-in: members are found by a verified e-mail, and created once if the token has a role."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.support.organizations import NOW, TestOrganization, context_for_key, new_organization
from workflow.models import Event, Member
from workflow.models.engine.database import open_database
from workflow.operations.people.sign_in import IdentityClaims, sign_in
from workflow.rules.enums import ActorKind, Role, Visibility
from workflow.rules.errors import PermissionDeniedError


def vouched_person(email: str, **about: Any) -> IdentityClaims:
    """Return the claims of a person with a verified e-mail."""
    return IdentityClaims(email=email, email_verified=True, **about)


def unknown_email() -> str:
    """Return an e-mail that no member has."""
    return f"{uuid4().hex}@example.com"


async def refusal_of(person: IdentityClaims) -> str:
    """Return the message of a refused sign-in, which must not create a member."""
    before = await Member.all().count()
    with pytest.raises(PermissionDeniedError) as refusal:
        await sign_in(person, now=NOW)
    assert await Member.all().count() == before
    return refusal.value.message


async def test_a_signed_in_member_is_the_same_viewer_as_by_their_key(organization: TestOrganization) -> None:
    email = unknown_email()
    key = await organization.key(Role.MANAGER, email)
    await Member.filter(email=email).update(visibility=Visibility.TEAM)

    viewer = await sign_in(vouched_person(email), now=NOW)

    by_key = (await context_for_key(key, NOW)).viewer
    assert (viewer.organization_id, viewer.member_id, viewer.role) == (
        organization.id,
        by_key.member_id,
        Role.MANAGER,
    )
    assert (viewer.name, viewer.kind, viewer.teams) == (by_key.name, ActorKind.MEMBER, by_key.teams)
    assert viewer.visibility is Visibility.TEAM


async def test_an_email_is_matched_case_insensitively(organization: TestOrganization) -> None:
    email = unknown_email()
    await organization.key(Role.REP, email)

    viewer = await sign_in(vouched_person(email.upper()), now=NOW)

    assert viewer.role is Role.REP


async def test_a_role_claim_does_not_change_an_existing_member(organization: TestOrganization) -> None:
    email = unknown_email()
    await organization.key(Role.REP, email)

    for role in ("admin", "king", ["rep", "admin"], None):
        assert (await sign_in(vouched_person(email, role=role), now=NOW)).role is Role.REP
    assert await Member.filter(email=email).values("role") == [{"role": Role.REP}]


@pytest.mark.parametrize("role", [None, "rep"])
async def test_an_unknown_person_is_refused_with_several_organizations(
    organization: TestOrganization, role: str | None
) -> None:
    await new_organization()

    assert "No member has the e-mail" in await refusal_of(vouched_person(unknown_email(), role=role))


async def test_an_inactive_member_is_refused(organization: TestOrganization) -> None:
    email = unknown_email()
    await organization.key(Role.REP, email)
    await Member.filter(email=email).update(active=False)

    assert (
        await refusal_of(vouched_person(email, role="admin"))
        == f"The member {email} is not active. Ask an admin to activate the member."
    )


async def test_a_member_of_two_organizations_is_refused_until_active_in_only_one(
    organization: TestOrganization,
) -> None:
    email = unknown_email()
    other = await new_organization()
    for one in (organization, other):
        await one.key(Role.REP, email)

    assert (
        await refusal_of(vouched_person(email))
        == f"{email} is a member of 2 organizations. Use an API key of one of them instead."
    )
    await Member.filter(organization_id=other.id, email=email).update(active=False)
    assert (await sign_in(vouched_person(email), now=NOW)).organization_id == organization.id


@pytest.mark.parametrize("verified", [False, None, "true", 1, "True", [True]])
async def test_email_verified_must_be_true(organization: TestOrganization, verified: object) -> None:
    email = unknown_email()
    await organization.key(Role.REP, email)

    assert "no verified e-mail" in await refusal_of(IdentityClaims(email=email, email_verified=verified))


async def test_an_email_that_lowercases_to_another_persons_is_refused(organization: TestOrganization) -> None:
    email = f"k{unknown_email()}"
    await organization.key(Role.REP, email)

    assert "not a valid e-mail of a member" in await refusal_of(vouched_person("\N{KELVIN SIGN}" + email[1:]))
    assert "not a valid e-mail of a member" in await refusal_of(vouched_person(f" {email}"))


async def test_a_non_ascii_email_is_matched_in_lower_case(organization: TestOrganization) -> None:
    email = f"jürgen.{unknown_email()}"
    await organization.key(Role.REP, email)

    assert (await sign_in(vouched_person(email), now=NOW)).name == email.partition("@")[0]


@pytest.mark.parametrize("word", ["rep", "REP", "Rep", ["rep"]])
async def test_a_new_member_is_created_with_the_claimed_role_and_found_again(
    own_database: str, word: object
) -> None:
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()

        viewer = await sign_in(
            vouched_person("Rita@example.com", name=" Rita ", role=word), now=NOW, request_id="r1"
        )
        again = await sign_in(vouched_person("rita@example.com", name="Other", role="admin"), now=NOW)

        assert again == viewer
        assert (viewer.organization_id, viewer.role, viewer.name) == (organization.id, Role.REP, "Rita")
        assert await Member.filter(email="rita@example.com").values_list("id", flat=True) == [
            viewer.member_id
        ]
        [event] = await Event.filter(aggregateid=viewer.member_id).values(
            "type", "actor_kind", "request_id", "at"
        )
        assert event == {"type": "member.created", "actor_kind": "SYSTEM", "request_id": "r1", "at": NOW}


@pytest.mark.parametrize("name", [None, "", " ", 1, ["Rita"], "R" * 256, "R\0ta", "R\ud800ta"])
async def test_an_invalid_name_is_replaced_by_the_email(own_database: str, name: object) -> None:
    async with open_database(own_database, all_contexts=False):
        await new_organization()

        assert (
            await sign_in(vouched_person("rita@example.com", name=name, role="rep"), now=NOW)
        ).name == "rita"


@pytest.mark.parametrize("role", ["king", "rep ", "", 1, [], ["rep", "admin"], [["rep"]], {"rep": 1}, True])
async def test_an_unknown_role_creates_no_member(own_database: str, role: object) -> None:
    async with open_database(own_database, all_contexts=False):
        await new_organization()

        assert "the role in the token is not one of" in await refusal_of(
            vouched_person("rita@example.com", role=role)
        )


async def test_twenty_concurrent_sign_ins_create_one_member(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        person = vouched_person("rita@example.com", role="rep")

        viewers = await asyncio.gather(*(sign_in(person, now=NOW) for _ in range(20)))

        made = await Member.filter(organization_id=organization.id, email="rita@example.com").values("id")
        assert [{"id": id} for id in {viewer.member_id for viewer in viewers}] == made
        assert await Event.filter(type="member.created", aggregateid=made[0]["id"]).count() == 1
