"""Add the contact that an imported row names to the account, and to the deal as a stakeholder."""

from collections.abc import Mapping
from uuid import UUID

from workflow.models import Contact, Opportunity, Stakeholder
from workflow.operations.accounts.accounts import ContactChanges, create_contact
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.core.context import Ctx
from workflow.rules.enums import CLOSED_STATES, BuyingRole
from workflow.rules.errors import Refusal


async def ensure_row_stakeholder(ctx: Ctx, opportunity_id: UUID, contact: Mapping[str, str]) -> str | None:
    """Make the row's contact a stakeholder of its open deal.

    Return the reason if that is refused, else None.
    """
    if not contact.get("name") and not contact.get("email"):
        return None
    [deal] = await Opportunity.filter(id=opportunity_id).values("account_id", "state")
    try:
        contact_id = await _ensure_contact(ctx, deal["account_id"], contact)
        exists = await Stakeholder.filter(opportunity_id=opportunity_id, contact_id=contact_id).exists()
        if not exists and deal["state"] not in CLOSED_STATES:
            stakeholder = NewStakeholder(contact_id, _parse_roles(contact.get("role", "")))
            await add_stakeholder(ctx, opportunity_id, stakeholder)
    except Refusal as problem:
        return problem.message
    return None


async def _ensure_contact(ctx: Ctx, account_id: UUID, contact: Mapping[str, str]) -> UUID:
    """Return the account's contact with the e-mail, or without e-mail by the name.

    Create one if there is none.
    """
    contacts = Contact.filter(organization_id=ctx.viewer.organization_id, account_id=account_id)
    email = contact.get("email", "").lower()
    name = contact.get("name", "")
    matches = contacts.filter(email=email) if email else contacts.filter(name_folded=name.casefold())
    if found := await matches.order_by("created_at", "id").limit(1).values("id"):
        known: UUID = found[0]["id"]
        return known
    new_contact: ContactChanges = {
        "name": name or email,
        "email": email or None,
        "title": contact.get("title"),
    }
    return await create_contact(ctx, account_id, new_contact)


def _parse_roles(text: str) -> list[BuyingRole]:
    """Return the buying roles that a cell names, in any case. Unknown words are left out."""
    words = (word.strip().upper().replace(" ", "_") for word in text.replace(";", ",").split(","))
    return [BuyingRole(word) for word in dict.fromkeys(words) if word in list(BuyingRole)]
