"""Mutations of the organization, its people and their keys, as they are done and refused."""

from collections.abc import Mapping

from tests.attempt import Attempt, attempt

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
}
