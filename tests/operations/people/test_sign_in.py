"""Whom the issuer vouches for: found by e-mail, made once where a role is told, and nobody else."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.support.organizations import NOW, TestOrganization, context, new_organization
from workflow.models import Event, Member
from workflow.models.engine.database import open_database
from workflow.operations.people.sign_in import IdentityClaims, sign_in
from workflow.rules.enums import ActorKind, Role, Visibility
from workflow.rules.errors import PermissionDeniedError


def vouched(email: str, **about: Any) -> IdentityClaims:
    """Somebody with a verified e-mail."""
    return IdentityClaims(email=email, email_verified=True, **about)


def somebody() -> str:
    """An e-mail that nobody has."""
    return f"{uuid4().hex}@example.com"


async def refused(person: IdentityClaims) -> str:
    """Why the person is refused, no member having been made."""
    before = await Member.all().count()
    with pytest.raises(PermissionDeniedError) as refusal:
        await sign_in(person, now=NOW)
    assert await Member.all().count() == before
    return refusal.value.message


async def test_a_member_is_the_viewer_whom_their_own_key_makes(organization: TestOrganization) -> None:
    email = somebody()
    key = await organization.key(Role.MANAGER, email)
    await Member.filter(email=email).update(visibility=Visibility.TEAM)

    viewer = await sign_in(vouched(email), now=NOW)

    by_key = (await context(key, NOW)).viewer
    assert (viewer.organization_id, viewer.member_id, viewer.role) == (organization.id, by_key.member_id, Role.MANAGER)
    assert (viewer.name, viewer.kind, viewer.teams) == (by_key.name, ActorKind.MEMBER, by_key.teams)
    assert viewer.visibility is Visibility.TEAM


async def test_an_email_is_known_in_whatever_capitals(organization: TestOrganization) -> None:
    email = somebody()
    await organization.key(Role.REP, email)

    viewer = await sign_in(vouched(email.upper()), now=NOW)

    assert viewer.role is Role.REP


async def test_a_told_role_changes_no_member(organization: TestOrganization) -> None:
    email = somebody()
    await organization.key(Role.REP, email)

    for role in ("admin", "king", ["rep", "admin"], None):
        assert (await sign_in(vouched(email, role=role), now=NOW)).role is Role.REP
    assert await Member.filter(email=email).values("role") == [{"role": Role.REP}]


@pytest.mark.parametrize("role", [None, "rep"])
async def test_somebody_unknown_is_refused_where_there_are_several_organizations(
    organization: TestOrganization, role: str | None
) -> None:
    await new_organization()

    assert "No member has the e-mail" in await refused(vouched(somebody(), role=role))


async def test_an_inactive_member_is_refused(organization: TestOrganization) -> None:
    email = somebody()
    await organization.key(Role.REP, email)
    await Member.filter(email=email).update(active=False)

    assert (
        await refused(vouched(email, role="admin")) == f"The member {email} is not active. An admin can make them so."
    )


async def test_a_member_of_two_organizations_is_refused_until_one_is_left(organization: TestOrganization) -> None:
    email, other = somebody(), await new_organization()
    for one in (organization, other):
        await one.key(Role.REP, email)

    assert await refused(vouched(email)) == f"{email} is a member of 2 organizations. Use an API key of one of them."
    await Member.filter(organization_id=other.id, email=email).update(active=False)
    assert (await sign_in(vouched(email), now=NOW)).organization_id == organization.id


@pytest.mark.parametrize("verified", [False, None, "true", 1, "True", [True]])
async def test_only_true_is_verified(organization: TestOrganization, verified: object) -> None:
    email = somebody()
    await organization.key(Role.REP, email)

    assert "no verified e-mail" in await refused(IdentityClaims(email=email, email_verified=verified))


async def test_an_email_whose_small_letters_are_another_persons_is_refused(organization: TestOrganization) -> None:
    email = f"k{somebody()}"
    await organization.key(Role.REP, email)

    assert "none that a member could have" in await refused(vouched("\N{KELVIN SIGN}" + email[1:]))
    assert "none that a member could have" in await refused(vouched(f" {email}"))


async def test_an_email_outside_ascii_is_known_in_small_letters(organization: TestOrganization) -> None:
    email = f"jürgen.{somebody()}"
    await organization.key(Role.REP, email)

    assert (await sign_in(vouched(email), now=NOW)).name == email.partition("@")[0]


@pytest.mark.parametrize("word", ["rep", "REP", "Rep", ["rep"]])
async def test_somebody_new_is_made_in_the_told_role_with_an_event_and_found_again(
    own_database: str, word: object
) -> None:
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()

        viewer = await sign_in(vouched("Rita@example.com", name=" Rita ", role=word), now=NOW, request_id="r1")
        again = await sign_in(vouched("rita@example.com", name="Other", role="admin"), now=NOW)

        assert again == viewer
        assert (viewer.organization_id, viewer.role, viewer.name) == (organization.id, Role.REP, "Rita")
        assert await Member.filter(email="rita@example.com").values_list("id", flat=True) == [viewer.member_id]
        [event] = await Event.filter(aggregateid=viewer.member_id).values("type", "actor_kind", "request_id", "at")
        assert event == {"type": "member.created", "actor_kind": "SYSTEM", "request_id": "r1", "at": NOW}


@pytest.mark.parametrize("name", [None, "", " ", 1, ["Rita"], "R" * 256, "R\0ta", "R\ud800ta"])
async def test_a_name_that_cannot_be_kept_gives_way_to_the_emails_own(own_database: str, name: object) -> None:
    async with open_database(own_database, all_contexts=False):
        await new_organization()

        assert (await sign_in(vouched("rita@example.com", name=name, role="rep"), now=NOW)).name == "rita"


@pytest.mark.parametrize("role", ["king", "rep ", "", 1, [], ["rep", "admin"], [["rep"]], {"rep": 1}, True])
async def test_a_role_that_is_none_makes_nobody(own_database: str, role: object) -> None:
    async with open_database(own_database, all_contexts=False):
        await new_organization()

        assert "the token's role is none of" in await refused(vouched("rita@example.com", role=role))


async def test_twenty_who_come_at_once_are_one_member(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        person = vouched("rita@example.com", role="rep")

        viewers = await asyncio.gather(*(sign_in(person, now=NOW) for _ in range(20)))

        made = await Member.filter(organization_id=organization.id, email="rita@example.com").values("id")
        assert [{"id": id} for id in {viewer.member_id for viewer in viewers}] == made
        assert await Event.filter(type="member.created", aggregateid=made[0]["id"]).count() == 1
