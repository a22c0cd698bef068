"""What admins do in the whole story: with people, keys and webhooks. `deliver` lets the worker relay, one receiver take and one refuse."""

from typing import Any

TEAM = {"name": "Inside sales", "parentId": "$Team", "managerId": "$owner"}
PERSON_OF_OURS = {"name": "Nora", "role": "REP", "visibility": "TEAM", "teamId": "$Team"}
OF_ADMINS: Any = (
    ("createTeam", {"name": "All sales"}),
    ("createTeam", TEAM),
    ("createTeam", TEAM),
    ("updateTeam", {"id": "$Team", "name": "Inside", "parentId": None, "managerId": "$seller"}),
    ("createMember", {**PERSON_OF_OURS, "email": "nora@example.com"}),
    ("createApiKey", {"name": "Sync", "role": "REP", "memberId": "$Member", "expiresAt": "2099-01-01T00:00:00Z"}),
    ("revokeApiKey", {"id": "$ApiKey"}),
    ("updateMember", {"id": "$Member", **PERSON_OF_OURS, "active": False}),
    ("updateOrganization", {"name": "Ours", "timeZone": "Europe/Berlin", "baseCurrency": "EUR"}),
    ("createWebhookEndpoint", {"url": "https://hooks.example.com/", "eventTypes": []}),
    ("updateWebhookEndpoint", {"id": "$WebhookEndpoint", "url": "https://hooks.example.com/2", "eventTypes": ["*"]}),
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
