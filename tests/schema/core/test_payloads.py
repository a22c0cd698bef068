"""Event payloads: every record has an id of the API, and custom fields stay as they are."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from schema.core.ids import decode, encode
from schema.core.payloads import encode_ids
from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity

ONE = UUID(int=1)
TWO = UUID(int=2)
EVENTS = "{ events { nodes { type payload opportunity { id } } } }"


def test_every_id_in_a_payload_is_a_global_id() -> None:
    helpers = {"old": [], "new": [str(ONE), str(TWO)]}
    owner = {"old": None, "new": str(ONE)}
    payload = {"opportunityId": str(ONE), "changes": {"ownerId": owner, "collaboratorIds": helpers}}

    assert encode_ids(payload) == {
        "opportunityId": encode("Opportunity", ONE),
        "changes": {
            "ownerId": {"old": None, "new": encode("Member", ONE)},
            "collaboratorIds": {"old": [], "new": [encode("Member", ONE), encode("Member", TWO)]},
        },
    }


def test_customer_attributes_are_unchanged() -> None:
    payload = {"externalId": str(ONE), "changes": {"attributes": {"old": {}, "new": {"accountId": str(ONE)}}}}

    assert encode_ids(payload) == payload


async def test_an_integration_follows_the_ids_of_a_payload(
    server: Server, organization: TestOrganization
) -> None:
    ctx = organization.ctx
    account = await create_account(ctx, {"name": "Acme", "external_system": "crm", "external_id": "1"})
    contact = await create_contact(ctx, account, {"name": "Maria"})
    deal = await create_opportunity(ctx, NewOpportunity(account, None, None), {"name": "Pilot"})
    await add_stakeholder(ctx, deal, NewStakeholder(contact_id=contact, roles=[]))

    events = (await server.ask(organization.api_key, EVENTS))["data"]["events"]["nodes"]

    added = next(event for event in events if event["type"] == "stakeholder.added")
    assert added["payload"]["opportunityId"] == added["opportunity"]["id"] == encode("Opportunity", deal)
    assert added["payload"]["contactId"] == encode("Contact", contact)
    found = [id for event in events for id in _ids(event["payload"])]
    assert found
    assert [id for id in found if id is not None and decode(id) is None] == []


def _ids(value: Any) -> Iterator[Any]:
    """Yield the values of fields whose names end in Id, except the ids of other systems."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name.endswith("Id") and name != "externalId":
                yield from part.values() if isinstance(part, dict) else [part]
            elif name != "attributes":
                yield from _ids(part)
