"""Every mutation with an Idempotency-Key: the same request again gets the same answer and changes nothing."""

from typing import Any
from uuid import uuid4

from schema import schema
from tests.schema.test_every_field import SchemaSession
from tests.security.isolation.detector import HttpAnswer
from tests.support.every_mutation.mutations import MUTATIONS
from tests.support.every_mutation.starting_data import create_starting_data
from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from workflow.models import Event, IdempotencyRecord
from workflow.rules.enums import Role


class ReplayingClient:
    """A client that sends every mutation twice, as if the first answer were lost."""

    def __init__(self, server: Server, organization: TestOrganization) -> None:
        self.server = server
        self.organization = organization
        self.otherwise: list[str] = []
        self.asked: set[str] = set()

    async def ask(self, api_key: str, query: str, **variables: Any) -> dict[str, Any]:
        """Return the first answer, after a check that the second is the same."""
        body = {"query": query, "variables": variables}
        key = uuid4().hex
        async with self.server.client(api_key, **{"Idempotency-Key": key}) as client:
            first = await client.post("/graphql", json=body)
            if query.startswith("mutation"):
                event_count = await self._events()
                await IdempotencyRecord.filter(name=key).update(answer=None)
                second = await client.post("/graphql", json=body)
                self._compare(first.json()["data"], second.json().get("data"))
                assert second.headers["Idempotency-Replayed"] == "true"
                assert await self._events() == event_count, query
        answer: dict[str, Any] = first.json()
        return answer

    async def _events(self) -> int:
        return await Event.filter(organization_id=self.organization.id).count()

    def _compare(self, first: Any, second: Any) -> None:
        [name] = first
        self.asked.add(name)
        for told_once in first[name].keys() & {"ApiKeyChanged_secret", "WebhookEndpointChanged_secret"}:
            first[name][told_once] = None
        if HttpAnswer(200, first).comparable() != HttpAnswer(200, second).comparable():
            self.otherwise.append(f"{name}: {second} instead of {first}")


async def test_every_mutation_runs_once_and_is_replayed(
    server: Server, organization: TestOrganization
) -> None:
    client = ReplayingClient(server, organization)
    keys = {"admin": organization.api_key, "observer": await organization.key(Role.OBSERVER)}
    session = SchemaSession(client, keys, await create_starting_data(organization))
    await session.query("members", {})
    for step in MUTATIONS:
        await session.mutate(*step)

    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert client.otherwise == [], "\n".join(client.otherwise)
    assert client.asked == set(mutations.fields)
