"""Columns that follow from a change are stored with it: a full recomputation finds the same."""

from typing import Any
from uuid import UUID

from tests.schema.test_every_field import SchemaSession
from tests.support.every_mutation.mutations import MUTATIONS
from tests.support.every_mutation.starting_data import create_starting_data
from tests.support.organizations import TestOrganization
from tests.support.scenarios.recomputed import differences_from_recomputation
from tests.support.serving import Server
from workflow.models import Event, Opportunity
from workflow.rules.enums import Role

NOT_SETTLED = ("alert.", "milestone.missed")
"""Events that change nothing else of their deal."""


class RecomputingClient:
    """A client that compares every deal which a mutation changes with a full recomputation."""

    def __init__(self, server: Server, organization: TestOrganization) -> None:
        self.server = server
        self.organization = organization
        self.differences: list[str] = []
        self.compared: set[str] = set()
        self.position = 0

    async def ask(self, api_key: str, query: str, **variables: Any) -> dict[str, Any]:
        """Return the answer, after the comparison."""
        answer: dict[str, Any] = await self.server.ask(api_key, query, **variables)
        if query.startswith("mutation"):
            [name] = answer["data"]
            # An import leaves the alerts to the next sweep.
            await self._compare(name, is_import=name.startswith("import"))
        return answer

    async def _compare(self, mutation: str, *, is_import: bool) -> None:
        new = Event.filter(organization_id=self.organization.id, pos__gt=self.position)
        events = await new.order_by("pos").values("pos", "type", "aggregateid", "at", "aggregatetype")
        self.position = events[-1]["pos"] if events else self.position
        changed = {
            event["aggregateid"]: event["at"]
            for event in events
            if event["aggregatetype"] == "opportunity" and not event["type"].startswith(NOT_SETTLED)
        }
        for id, at in {} if is_import else changed.items():
            found = await differences_from_recomputation(self.organization.id, [UUID(str(id))], at)
            self.compared.add(mutation)
            self.differences += [f"{mutation}: {difference}" for difference in found]


async def test_every_mutation_stores_what_a_full_recomputation_finds(
    server: Server, organization: TestOrganization
) -> None:
    client = RecomputingClient(server, organization)
    keys = {"admin": organization.api_key, "observer": await organization.key(Role.OBSERVER)}
    session = SchemaSession(client, keys, await create_starting_data(organization))
    await session.query("members", {})

    for step in MUTATIONS:
        await session.mutate(*step)

    assert client.differences == [], "\n".join(client.differences)
    assert len(client.compared) >= 28
    assert await Opportunity.filter(organization_id=organization.id, health=None).count() == 0
