"""`pursuit init` and `pursuit key`."""

import json

from tests.support.organizations import TestOrganization
from tests.support.serving import pursuit, serving
from workflow.models import Member


async def test_a_new_organization_and_its_keys_work(own_database: str) -> None:
    who = ["--organization", "Acme", "--email", "ada@example.com", "--name", "Ada"]
    founded = await pursuit("init", *who, "--json", environ={"PURSUIT_DATABASE_URL": own_database})
    created = await pursuit(
        "key",
        "--organization",
        "Acme",
        "--role",
        "observer",
        "--json",
        environ={"PURSUIT_DATABASE_URL": own_database},
    )
    first = json.loads(founded.out)
    second = json.loads(created.out)

    async with serving(own_database) as server:
        admin = await server.ask(
            first["apiKey"], "{ viewer { role member { id } organization { id name } } }"
        )
        viewer = await server.ask(second["apiKey"], "{ viewer { role member { id } } }")

    assert set(first) == {"organization", "member", "apiKey"}
    assert {name: second[name] for name in second if name != "apiKey"} == {
        "organization": first["organization"],
        "member": None,
        "role": "OBSERVER",
    }
    expected = {
        "member": {"id": first["member"]},
        "organization": {"id": first["organization"], "name": "Acme"},
    }
    assert admin == {"data": {"viewer": {"role": "ADMIN", **expected}}}
    assert viewer == {"data": {"viewer": {"role": "OBSERVER", "member": None}}}


async def test_a_key_for_an_unknown_organization_is_refused(own_database: str) -> None:
    ended = await pursuit(
        "key", "--organization", "Nobody", "--role", "REP", environ={"PURSUIT_DATABASE_URL": own_database}
    )

    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)


async def test_a_key_for_a_new_member_is_printed_once_with_its_role_and_member(
    organization: TestOrganization, database: str
) -> None:
    arguments = ("--organization", organization.name, "--role", "rep", "--email", "rita@example.com")

    ended = await pursuit("key", *arguments, environ={"PURSUIT_DATABASE_URL": database})

    first, second = ended.out.splitlines()
    assert first == f"Created a key of {organization.name} with the role REP for rita@example.com."
    assert second.startswith("API key, shown only once: pur_")
    [member] = await Member.filter(organization_id=organization.id, email="rita@example.com").values("role")
    assert member["role"] == "REP"
