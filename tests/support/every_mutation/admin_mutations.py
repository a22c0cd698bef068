"""Admin mutations: people, keys and webhooks. `deliver` runs the worker: one delivery succeeds, one fails."""

from typing import Any

TEAM = {"name": "Inside sales", "parentId": "$Team", "managerId": "$owner"}
MEMBER = {"name": "Nora", "role": "REP", "visibility": "TEAM", "teamId": "$Team"}
DAYS = {"from": "2026-01-01", "to": "2099-01-01"}
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
VALUE = {"amount": "1000", "currency": "EUR"}
ROW: Any = {
    "externalId": "old",
    "name": "Old",
    "accountName": "Globex",
    "ownerEmail": "sam@example.com",
    "state": "LOST",
}
ROW |= {
    "value": VALUE,
    "createdAt": "2026-01-05T00:00:00Z",
    "stateSince": "2026-01-07T00:00:00Z",
    "closedOn": "2026-01-07",
}
ROW |= {
    "expectedCloseDate": "2026-01-06",
    "type": "RENEWAL",
    "source": "Fair",
    "lossReason": "PRICE",
    "attributes": {"a": 1},
}
ROWS = [
    ROW,
    {**ROW, "externalId": "won", "state": "WON", "lossReason": None, "winReason": "SPEED"},
    {**ROW, "externalId": "not", "state": "DISQUALIFIED", "lossReason": None, "disqualifyReason": "NO_FIT"},
    {**ROW, "externalId": "bad", "closedOn": None},
    {"externalId": "twice", "name": "LEAD", "accountName": "Acme"},
]
ADMIN_MUTATIONS: Any = (
    ("createTeam", {"name": "All sales"}),
    ("createTeam", TEAM),
    ("createTeam", TEAM),
    ("updateTeam", {"id": "$Team", "name": "Inside", "parentId": None, "managerId": "$seller"}),
    ("createMember", {**MEMBER, "email": "nora@example.com"}),
    (
        "createApiKey",
        {
            "name": "Sync",
            "role": "REP",
            "memberId": "$Member",
            "expiresAt": "2099-01-01T00:00:00Z",
            "pointsPerMinute": 10_000,
        },
    ),
    ("revokeApiKey", {"id": "$ApiKey"}),
    ("updateMember", {"id": "$Member", **MEMBER, "active": False}),
    ("updateOrganization", {"name": "Ours", "timeZone": "Europe/Berlin", "baseCurrency": "EUR"}),
    ("createAccount", {"name": "Globex Ltd"}),
    ("mergeAccounts", {"keepId": "$^Account", "mergedId": "$Account", "expectedVersion": 99}),
    ("importOpportunities", {"externalSystem": "old", "rows": ROWS, "dryRun": True}),
    ("importOpportunities", {"externalSystem": "old", "rows": ROWS}),
    ("setTarget", {"memberId": "$seller", "teamId": "$Team", "period": YEAR, "value": VALUE}),
    ("setTarget", {"memberId": "$nobody", "period": YEAR, "value": VALUE}),
    ("setTarget", {"teamId": "$Team", "period": YEAR, "value": VALUE}),
    ("removeTarget", {"id": "$Target"}),
    ("setTarget", {"memberId": "$seller", "period": YEAR, "value": VALUE}),
    ("setTarget", {"teamId": "$Team", "period": DAYS, "value": VALUE}),
    ("setTarget", {"period": DAYS, "value": {"amount": "1000000", "currency": "EUR"}}),
    ("createWebhookEndpoint", {"url": "https://hooks.example.com/", "eventTypes": []}),
    (
        "updateWebhookEndpoint",
        {"id": "$WebhookEndpoint", "url": "https://hooks.example.com/2", "eventTypes": ["*"]},
    ),
    ("updateWebhookEndpoint", {"id": "$WebhookEndpoint", "active": False}),
    ("updateWebhookEndpoint", {"id": "$WebhookEndpoint", "active": True, "rotateSecret": True}),
    ("redeliverWebhooks", {"endpointId": "$WebhookEndpoint", "since": "2026-01-01T00:00:00Z"}),
    ("deliver", {}),
    ("see", {"kind": "WebhookEndpoint"}),
    ("redeliverWebhook", {"deliveryId": "$WebhookDelivery"}),
    ("updateWebhookEndpoint", {"id": "$WebhookEndpoint", "active": False}),
    ("createWebhookEndpoint", {"url": "https://gone.example.com/"}),
    ("deleteWebhookEndpoint", {"id": "$WebhookEndpoint"}),
)
