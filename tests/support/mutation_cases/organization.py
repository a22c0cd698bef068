"""Mutations of the organization, its people, keys, webhooks and alerts, as they are done and refused."""

from collections.abc import Mapping

from tests.support.mutation_cases.case import SOON, WORTH, Attempt, attempt

YEAR = {"from": "2026-01-01", "to": "2026-12-31"}

ON_PEOPLE: Mapping[str, Attempt] = {
    "updateOrganization": attempt(
        done={"name": "Cancity Holding", "timeZone": "Europe/Berlin"}, InvalidInput={"timeZone": "Mars"}
    ),
    "createTeam": attempt(
        done={"name": "West", "parentId": "$team", "managerId": "$seller"},
        InvalidInput={"managerId": "$gone"},
        Duplicate={"name": "South"},
    ),
    "updateTeam": attempt(
        done={"id": "$team", "name": "Far north"}, InvalidInput={"parentId": "$team"}, Duplicate={"name": "South"}
    ),
    "createMember": attempt(
        done={"name": "Nora New", "email": "Nora@example.com", "role": "REP", "teamId": "$team"},
        InvalidInput={"email": "nora"},
        Duplicate={"email": "sam.seller@example.com"},
    ),
    "updateMember": attempt(
        done={"id": "$seller", "role": "MANAGER", "teamId": "$team"},
        InvalidInput={"id": "$owner", "active": False},
        never=("Duplicate",),
    ),
    "createApiKey": attempt(
        done={"name": "Sync", "role": "OBSERVER", "memberId": "$seller"}, InvalidInput={"role": "MANAGER"}
    ),
    "revokeApiKey": attempt(done={"id": "$apiKey"}, never=("InvalidInput",)),
    "acknowledgeAlerts": attempt(done={"ids": ["$alert"], "note": "I know"}, facts=0, InvalidInput={"ids": []}),
    "snoozeAlerts": attempt(
        done={"ids": ["$alert"], "until": SOON}, facts=0, InvalidInput={"until": "2020-01-01T00:00:00Z"}
    ),
    "setTarget": attempt(
        done={"memberId": "$seller", "period": YEAR, "value": WORTH},
        InvalidInput={"value": {"amount": "1", "currency": "USD"}},
    ),
    "removeTarget": attempt(done={"id": "$target"}, never=("VersionConflict", "RecordClosed", "InvalidInput")),
    "createWebhookEndpoint": attempt(
        done={"url": "https://hooks.example.com/crm?key=1", "eventTypes": ["opportunity.*"]},
        InvalidInput={"url": "https://localhost/"},
        never=("NotFound",),
    ),
    "updateWebhookEndpoint": attempt(
        done={"id": "$webhookEndpoint", "active": False, "rotateSecret": True}, InvalidInput={"eventTypes": ["deal.*"]}
    ),
    "deleteWebhookEndpoint": attempt(
        done={"id": "$webhookEndpoint"}, never=("VersionConflict", "RecordClosed", "InvalidInput")
    ),
    "redeliverWebhook": attempt(done={"deliveryId": "$webhookDelivery"}, facts=0),
    "redeliverWebhooks": attempt(
        done={"endpointId": "$webhookEndpoint", "since": "2026-01-01T00:00:00Z"},
        facts=0,
        InvalidInput={"endpointId": "$webhookOff"},
    ),
}
