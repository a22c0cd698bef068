"""Every mutation under an Idempotency-Key: what was done can be told again, and nothing is done again."""

from typing import Any
from uuid import uuid4

from schema import schema
from tests.schema.test_every_field import Whole
from tests.security.isolation.detector import Answer
from tests.support.every_mutation.mutations import MUTATIONS
from tests.support.every_mutation.starting_data import furnish
from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from workflow.models import Event, Idempotency
from workflow.rules.enums import Role


class Twice:
    """A door that sends every mutation a second time, when its answer is lost."""

    def __init__(self, server: Server, organization: TestOrganization) -> None:
        self.server, self.organization = server, organization
        self.otherwise: list[str] = []
        self.asked: set[str] = set()

    async def ask(self, api_key: str, query: str, **variables: Any) -> dict[str, Any]:
        """The first answer, once it is known whether the second is the same."""
        body, key = {"query": query, "variables": variables}, uuid4().hex
        async with self.server.client(api_key, **{"Idempotency-Key": key}) as client:
            first = await client.post("/graphql", json=body)
            if query.startswith("mutation"):
                told = await self._events()
                await Idempotency.filter(name=key).update(answer=None)
                second = await client.post("/graphql", json=body)
                self._compare(first.json()["data"], second.json().get("data"))
                assert second.headers["Idempotency-Replayed"] == "true"
                assert await self._events() == told, query
        answer: dict[str, Any] = first.json()
        return answer

    async def _events(self) -> int:
        return await Event.filter(organization_id=self.organization.id).count()

    def _compare(self, first: Any, second: Any) -> None:
        [name] = first
        self.asked.add(name)
        for told_once in first[name].keys() & {"ApiKeyChanged_secret", "WebhookEndpointChanged_secret"}:
            first[name][told_once] = None
        if Answer(200, first).calm() != Answer(200, second).calm():
            self.otherwise.append(f"{name}: {second} instead of {first}")


async def test_every_mutation_is_done_once_and_told_again(server: Server, organization: TestOrganization) -> None:
    door = Twice(server, organization)
    keys = {"admin": organization.api_key, "observer": await organization.key(Role.OBSERVER)}
    whole = Whole(door, keys, await furnish(organization))
    await whole.find("members", {})
    for step in MUTATIONS:
        await whole.act(*step)

    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert door.otherwise == [], "\n".join(door.otherwise)
    assert door.asked == set(mutations.fields)
