"""Event payloads with the ids of the API instead of UUIDs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from schema.core import ids

ID_TYPES: Mapping[str, str] = {
    "account": "Account",
    "activity": "Activity",
    "alert": "Alert",
    "apiKey": "ApiKey",
    "collaborator": "Member",
    "competitor": "Competitor",
    "contact": "Contact",
    "escalatedTo": "Member",
    "exchangeRate": "ExchangeRate",
    "lostTo": "Competitor",
    "manager": "Member",
    "member": "Member",
    "mergedAccount": "Account",
    "milestone": "Milestone",
    "mitigation": "Mitigation",
    "opportunity": "Opportunity",
    "organization": "Organization",
    "owner": "Member",
    "parent": "Team",
    "perceivedBy": "Stakeholder",
    "process": "SalesProcess",
    "risk": "Risk",
    "saidBy": "Stakeholder",
    "stakeholder": "Stakeholder",
    "target": "Target",
    "team": "Team",
    "transition": "Transition",
    "webhookEndpoint": "WebhookEndpoint",
}
"""The type of the record that a payload field refers to, by its name without `Id` or `Ids`."""
ATTRIBUTES = "attributes"


def encode_ids(payload: Any, kind: str | None = None) -> Any:  # Any: JSON, as recorded
    """Return the payload with ids of the API; custom attributes stay as they are."""
    if isinstance(payload, Mapping):
        return {
            name: value if name == ATTRIBUTES else encode_ids(value, _kind(name) or kind)
            for name, value in payload.items()
        }
    if isinstance(payload, list):
        return [encode_ids(part, kind) for part in payload]
    return ids.encode(kind, UUID(payload)) if kind is not None and isinstance(payload, str) else payload


def _kind(name: str) -> str | None:
    """Return the type of the record that a field refers to; None if it is not an id, such as `old`."""
    ending = next((ending for ending in ("Ids", "Id") if name.endswith(ending)), None)
    return None if ending is None else ID_TYPES.get(name.removesuffix(ending))
