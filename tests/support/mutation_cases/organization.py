"""Cases of mutations of the organization, its people, keys, webhooks and alerts."""

from collections.abc import Mapping

from tests.support.mutation_cases.case import SOON, VALUE, MutationCase, mutation_case

YEAR = {"from": "2026-01-01", "to": "2026-12-31"}

ORGANIZATION_CASES: Mapping[str, MutationCase] = {
    "updateOrganization": mutation_case(
        done={"name": "Cancity Holding", "timeZone": "Europe/Berlin"}, InvalidInput={"timeZone": "Mars"}
    ),
    "createTeam": mutation_case(
        done={"name": "West", "parentId": "$team", "managerId": "$seller"},
        InvalidInput={"managerId": "$gone"},
        Duplicate={"name": "South"},
    ),
    "updateTeam": mutation_case(
        done={"id": "$team", "name": "Far north"},
        InvalidInput={"parentId": "$team"},
        Duplicate={"name": "South"},
    ),
    "createMember": mutation_case(
        done={"name": "Nora New", "email": "Nora@example.com", "role": "REP", "teamId": "$team"},
        InvalidInput={"email": "nora"},
        Duplicate={"email": "sam.seller@example.com"},
    ),
    "updateMember": mutation_case(
        done={"id": "$seller", "role": "MANAGER", "teamId": "$team"},
        InvalidInput={"id": "$owner", "active": False},
        impossible=("Duplicate",),
    ),
    "createApiKey": mutation_case(
        done={"name": "Sync", "role": "OBSERVER", "memberId": "$seller"}, InvalidInput={"role": "MANAGER"}
    ),
    "revokeApiKey": mutation_case(done={"id": "$apiKey"}, impossible=("InvalidInput",)),
    "acknowledgeAlerts": mutation_case(
        done={"ids": ["$alert"], "note": "I know"}, events=0, InvalidInput={"ids": []}
    ),
    "snoozeAlerts": mutation_case(
        done={"ids": ["$alert"], "until": SOON}, events=0, InvalidInput={"until": "2020-01-01T00:00:00Z"}
    ),
    "setTarget": mutation_case(
        done={"memberId": "$seller", "period": YEAR, "value": VALUE},
        InvalidInput={"value": {"amount": "1", "currency": "USD"}},
    ),
    "removeTarget": mutation_case(
        done={"id": "$target"}, impossible=("VersionConflict", "RecordClosed", "InvalidInput")
    ),
    "createWebhookEndpoint": mutation_case(
        done={"url": "https://hooks.example.com/crm?key=1", "eventTypes": ["opportunity.*"]},
        InvalidInput={"url": "https://localhost/"},
        impossible=("NotFound",),
    ),
    "updateWebhookEndpoint": mutation_case(
        done={"id": "$webhookEndpoint", "active": False, "rotateSecret": True},
        InvalidInput={"eventTypes": ["deal.*"]},
    ),
    "deleteWebhookEndpoint": mutation_case(
        done={"id": "$webhookEndpoint"}, impossible=("VersionConflict", "RecordClosed", "InvalidInput")
    ),
    "redeliverWebhook": mutation_case(done={"deliveryId": "$webhookDelivery"}, events=0),
    "redeliverWebhooks": mutation_case(
        done={"endpointId": "$webhookEndpoint", "since": "2026-01-01T00:00:00Z"},
        events=0,
        InvalidInput={"endpointId": "$webhookOff"},
    ),
}
