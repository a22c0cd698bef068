"""Every field of the schema is answered with something and every field of an input is sent, over real HTTP.

A new mutation, or a query that takes arguments, is one more row of the tables; a new type is met by its id.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import build_schema, get_named_type, parse, type_from_ast

from schema import schema
from tests.support.every_mutation.mutations import MUTATIONS
from tests.support.every_mutation.starting_data import (
    add_call,
    create_starting_data,
    deliver_webhooks,
    escalate_alert,
)
from tests.support.mutation_cases.case import DOCUMENT
from tests.support.organizations import TestOrganization
from tests.support.schema_queries import SchemaCoverage, node_query, node_types, root_query
from tests.support.serving import GraphQLClient, Server
from tests.support.subscription_clients import TIMEOUT, open_stream
from workflow.queries.events.events import FEED_START
from workflow.rules.enums import Role

DAYS = {"from": "2026-01-01", "to": "2099-01-01"}
SPAN = {"from": "2026-01-01T00:00:00Z", "to": "2099-01-01T00:00:00+01:00"}
KEYS = {"ids": ["$Account"], "externalSystem": "crm", "externalIds": ["a"], "updatedAt": SPAN, "text": "acme"}
DEALS: dict[str, Any] = {
    "ids": ["$Opportunity"],
    "numbers": [1],
    "externalSystem": "crm",
    "externalIds": ["d"],
    "state": ["LEAD"],
    "open": True,
    "ownerId": ["$owner"],
    "collaboratorId": ["$Member"],
    "teamId": ["$Team"],
    "accountId": ["$Account"],
    "processId": ["$SalesProcess"],
    "type": ["UPSELL"],
    "source": ["Fair"],
    "forecastCategory": ["PIPELINE"],
    "value": {"min": "1", "max": "2"},
    "expectedCloseDate": DAYS,
    "closedOn": DAYS,
    "health": {"min": 1, "max": 2},
    "createdAt": SPAN,
    "updatedAt": SPAN,
    "stateSince": SPAN,
    "riskLevel": ["HIGH"],
    "winReason": ["SPEED"],
    "lossReason": ["PRICE"],
    "disqualifyReason": ["NO_FIT"],
    "competitorName": ["Rival"],
    "alertSeverity": ["CRITICAL"],
    "alertCode": ["STATE_AGE"],
    "missing": ["VALUE"],
    "text": "pilot",
    "anyOf": [{"open": True}],
    "not": {"open": False},
}
WARNINGS = {
    "status": ["OPEN"],
    "severity": ["WARNING"],
    "code": ["STATE_AGE"],
    "ownerId": ["$owner"],
    "teamId": ["$Team"],
    "opportunityId": ["$Opportunity"],
}
ORDER = [{"field": "VALUE", "direction": "DESC"}]
QUERIES: Mapping[str, list[dict[str, Any]]] = {
    "node": [{"id": "$Account"}],
    "nodes": [{"ids": ["$Account", "$Contact"]}],
    "account": [{"id": "$Account"}],
    "accounts": [{}, {"filter": {**KEYS, "domains": ["acme.example"]}}],
    "contact": [{"id": "$Contact"}],
    "contacts": [{}, {"filter": {**KEYS, "accountId": ["$Account"], "emails": ["m@acme.example"]}}],
    "alerts": [{}, {"filter": WARNINGS, "orderBy": [{"field": "LAST_SEEN", "direction": "DESC"}]}],
    "events": [{}, {"filter": {"types": ["opportunity.*"], "opportunityId": ["$Opportunity"], "at": SPAN}}],
    "opportunity": [{"id": "$Opportunity"}],
    "opportunities": [{}, {"filter": DEALS, "orderBy": ORDER}],
    "salesProcess": [{"key": "whole"}],
    "targets": [{}, {"period": DAYS, "memberId": ["$seller"], "teamId": ["$Team"]}],
    "processImpact": [{"document": DOCUMENT}, {"document": {**DOCUMENT, "criteria": []}}],
}
AMOUNT = "{ __typename amount currency }"
OPEN = f"{{ __typename key label count value {AMOUNT} weighted {AMOUNT} averageHealth averageAgeDays }}"
ENDED = f"""{{ __typename key label won lost disqualified wonValue {AMOUNT} lostValue {AMOUNT}
  winRate medianDaysToClose }}"""
BRIDGE = (
    "opening", "created", "increased", "pulledIn", "decreased", "pushedOut", "lost", "disqualified", "won",
    "reopened", "revalued", "closing",
)  # fmt: skip
NESTED_QUERIES: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        """query($period: Period!, $by: OverrideGrouping!) {
          reports { __typename overrides(period: $period, groupBy: $by) { __typename winRateOfOthers
            rows { __typename winRate member { __typename id } } } } }""",
        {"period": DAYS, "by": "MEMBER"},
    ),
    (
        f"""query($period: Period!, $by: PipelineGrouping!, $day: Date!) {{ reports {{ __typename
          pipeline(groupBy: $by) {{ __typename rows {OPEN} total {OPEN} }}
          before: pipeline(asOf: $day) {{ __typename rows {OPEN} }}
          forecast(period: $period) {{ __typename categories {{ __typename category count value {AMOUNT}
  weighted {AMOUNT} }}
            won {AMOUNT} target {AMOUNT} coverage }}
          funnel(period: $period) {{ __typename steps {{ __typename state entered progressed lost
  disqualified stillOpen overridden
            conversion medianDays }} }} }} }}""",
        {"period": DAYS, "by": "OWNER", "day": "2026-01-06"},
    ),
    (
        f"""query($period: Period!, $by: OutcomeGrouping!) {{ reports {{ __typename
          velocity(period: $period) {{ __typename openQualified winRate medianWonValue {AMOUNT}
  averageWonValue {AMOUNT} medianCycleDays
            perDay {AMOUNT} }}
          outcomes(period: $period, groupBy: $by) {{ __typename rows {ENDED} total {ENDED} }}
          slippage(period: $period) {{ __typename {" ".join(f"{column} {AMOUNT}" for column in BRIDGE)}
            reasons {{ __typename reason count value {AMOUNT} }} }} }} }}""",
        {"period": DAYS, "by": "REASON"},
    ),
)
"""Queries for the fields below the root that have required arguments."""
NEW_DEAL = {"accountId": "$Account", "name": "In no hurry", "processKey": "default"}
NOTE = {"opportunityId": "$Opportunity", "kind": "NOTE", "direction": "INTERNAL", "summary": "Heard of"}
DISPROVED = {"opportunityId": "$Opportunity", "assessments": [{"criterion": "pain", "grade": "DISPROVED"}]}
SUBSCRIPTIONS: tuple[Any, ...] = (
    ("events", {"after": FEED_START.cursor(), "filter": {"types": ["opportunity.*"]}}, ("logActivity", NOTE)),
    ("opportunityChanged", {"id": "$Opportunity"}, ("logActivity", NOTE)),
    (
        "alertChanged",
        {"filter": {"severity": ["CRITICAL"]}},
        ("createOpportunity", NEW_DEAL),
        ("assessCriteria", DISPROVED),
    ),
)
"""The subscriptions, their arguments, and the mutations that they report."""


class SchemaSession:
    """An organization in which every field is read; `$Type` is the newest record, `$^Type` the oldest."""

    def __init__(self, server: GraphQLClient, keys: Mapping[str, str], names: dict[str, str]) -> None:
        self.server = server
        self.keys = keys
        self.names = names
        self.schema = build_schema(schema.as_str())
        self.tally = SchemaCoverage(self.schema)

    async def mutate(self, name: str, input: Mapping[str, Any], who: str = "admin") -> None:
        """Run a mutation, read the newest record of a type, or let the worker deliver webhooks."""
        root = self.schema.mutation_type
        assert root is not None
        if name == "escalate":
            await escalate_alert(self.tally.ids["Alert"][-1])
        elif name == "deliver":
            await deliver_webhooks(self.tally.ids["WebhookEndpoint"][-1])
        elif name == "see":
            kind: Any = self.schema.type_map[input["kind"]]
            await self.read_record(self.tally.ids[kind.name][-1], node_query(kind), who)
        else:
            await self._ask("mutation", name, root.fields[name], {"input": input}, who)

    async def query(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Read a field of the root."""
        root = self.schema.query_type
        assert root is not None
        await self._ask("query", name, root.fields[name], arguments, "admin")

    async def subscribe(
        self, server: Server, name: str, arguments: Mapping[str, Any], *steps: tuple[str, Mapping[str, Any]]
    ) -> None:
        """Subscribe, run a mutation, and receive its message."""
        root = self.schema.subscription_type
        assert root is not None
        placed = self._with_ids(arguments)
        query = root_query("subscription", name, root.fields[name], placed)
        async with (
            server.client(self.keys["admin"]) as client,
            open_stream(client, query, **placed) as events,
        ):
            for step in steps:
                await self.mutate(*step)
            async with asyncio.timeout(TIMEOUT):
                event = await anext(events)
        assert "errors" not in event, (query, event)
        self.tally.record_answer(query, event["data"])

    async def read_record(self, id: str, query: str, who: str) -> None:
        """Read every field of a record."""
        await self._send(query, {"id": id}, who)

    async def ask_nested(self, query: str, variables: dict[str, Any]) -> None:
        """Run a query that is written by hand."""
        [operation] = parse(query).definitions
        for given in operation.variable_definitions:  # type: ignore[attr-defined]  # an operation has them
            kind = type_from_ast(self.schema, given.type)
            self.tally.record_input(get_named_type(kind), variables[given.variable.name.value])
        await self._send(query, variables, "admin")

    async def _ask(
        self, operation: str, name: str, spec: Any, arguments: Mapping[str, Any], who: str
    ) -> None:
        placed = self._with_ids(arguments)
        for key, value in placed.items():
            self.tally.record_input(get_named_type(spec.args[key].type), value)
        await self._send(root_query(operation, name, spec, placed), placed, who)

    async def _send(self, query: str, variables: dict[str, Any], who: str) -> None:
        body = await self.server.ask(self.keys[who], query, **variables)
        assert "errors" not in body, (query, variables, body["errors"])
        self.tally.record_answer(query, body["data"])

    def _with_ids(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._with_ids(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._with_ids(part) for part in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value.startswith("$^"):
            return self.tally.ids[value[2:]][0]
        return self.names.get(value[1:]) or self.tally.ids[value[1:]][-1]


@pytest.fixture
async def session(server: Server, organization: TestOrganization) -> SchemaSession:
    """Run every mutation once, and read every field."""
    names = await create_starting_data(organization)
    keys = {"admin": organization.api_key, "rep": await organization.key(Role.REP, "rita@example.com")}
    session = SchemaSession(server, keys | {"observer": await organization.key(Role.OBSERVER)}, names)
    await session.query("members", {})
    for step in MUTATIONS:
        await session.mutate(*step)
    await add_call(session.tally.ids["Stakeholder"][-1])
    await _ask_everything(session, server)
    return session


async def _ask_everything(session: SchemaSession, server: Server) -> None:
    assert session.schema.query_type is not None
    for name in session.schema.query_type.fields:
        for arguments in QUERIES.get(name, [{}]):
            await session.query(name, arguments)
    for name, arguments, *steps in SUBSCRIPTIONS:
        await session.subscribe(server, name, arguments, *steps)
    for query, variables in NESTED_QUERIES:
        await session.ask_nested(query, variables)
    for kind in (*node_types(session.schema), *node_types(session.schema)):
        for id in session.tally.ids.get(kind.name, []):
            for who in ("admin", "rep"):
                await session.read_record(id, node_query(kind), who)


async def test_every_output_field_is_answered_and_every_input_field_used(session: SchemaSession) -> None:
    assert (session.tally.unanswered(), session.tally.never_provided()) == ([], [])
