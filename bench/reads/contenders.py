"""Contenders of the benchmark: their servers, their requests, and the shape of their answers."""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bench.reads import environment, queries, statements
from bench.reads.data import FilledDatabase
from bench.reads.servers import NODE_FOLDER, Request, node
from schema.core.ids import decode
from schema.core.ids import encode as global_id
from tests.support.serving import SECRET_KEY

DEALS_IN_TURN = 20
"""Deals that the requests for one deal ask for, one after another."""
Rows = list[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Contender:
    """A server and its requests for each kind of work that it takes part in."""

    name: str
    title: str
    command: Callable[[FilledDatabase, int], Sequence[str]]
    requests: Mapping[str, Callable[[FilledDatabase], list[Request]]]
    rows: Callable[[Any], Rows]
    """Return the deals of an answer to the board or the list, in Pursuit's shape."""

    def environ(self, database: FilledDatabase) -> dict[str, str]:
        """Return the environment of the server; Pursuit has no limit on points, and no worker."""
        return {
            environment.DATABASE_URL: database.url,
            environment.ORGANIZATION_ID: str(database.organization_id),
            "PURSUIT_DATABASE_URL": database.url,
            "PURSUIT_SECRET_KEY": SECRET_KEY,
            "PURSUIT_WORKER": "off",
            "PURSUIT_RATE_LIMIT": "999999999",
            "NODE_ENV": "production",
            "GRAPHILE_ENV": "production",
        }


def comparable(value: Any) -> Any:
    """Return an answer in which instants are compared to the millisecond, whatever their notation."""
    if isinstance(value, dict):
        return {name: comparable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [comparable(one) for one in value]
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        instant = datetime.fromisoformat(value)
        return instant.replace(microsecond=instant.microsecond // 1000 * 1000).timestamp()
    return value


def pursuit_request(database: FilledDatabase, query: str, **variables: object) -> Request:
    """Return a request to Pursuit, by the admin's API key."""
    headers = {"authorization": f"Bearer {database.api_key}"}
    return Request("/graphql", {"query": query, "variables": variables}, headers)


def pursuit_deals(database: FilledDatabase) -> list[Request]:
    """Return requests for one deal with everything, for several deals in turn."""
    ids = [global_id("Opportunity", id) for id in database.full_deals(DEALS_IN_TURN)]
    return [pursuit_request(database, queries.DEAL, id=id) for id in ids]


def _uvicorn(module: str) -> Callable[[FilledDatabase, int], Sequence[str]]:
    command = (sys.executable, "-m", "uvicorn", f"bench.reads.{module}:app", "--no-access-log")
    return lambda database, port: [*command, "--log-level", "warning", "--port", str(port)]


def _pursuit(database: FilledDatabase, port: int) -> Sequence[str]:
    return [sys.executable, "-m", "api", "serve", "--port", str(port)]


def _postgraphile(database: FilledDatabase, port: int) -> Sequence[str]:
    return [node(), str(NODE_FOLDER / "postgraphile.mjs"), str(port), database.url]


def _yoga(database: FilledDatabase, port: int) -> Sequence[str]:
    options = {
        "organization": str(database.organization_id),
        "connections": environment.CONNECTIONS,
        "boardDeals": statements.BOARD_DEALS,
        "boardStakeholders": statements.BOARD_STAKEHOLDERS,
        "boardMilestones": statements.BOARD_MILESTONES,
        "listDeals": statements.LIST_DEALS,
    }
    return [node(), str(NODE_FOLDER / "yoga.mjs"), str(port), database.url, json.dumps(options)]


def _get(path: str) -> Callable[[FilledDatabase], list[Request]]:
    return lambda database: [Request(path)]


def _post(path: str, query: str) -> Callable[[FilledDatabase], list[Request]]:
    return lambda database: [Request(path, {"query": query})]


def _ask_pursuit(query: str) -> Callable[[FilledDatabase], list[Request]]:
    return lambda database: [pursuit_request(database, query)]


def _ask_postgraphile(query: str) -> Callable[[FilledDatabase], list[Request]]:
    return lambda database: [
        Request("/graphql", {"query": query, "variables": {"organization": str(database.organization_id)}})
    ]


def _graphql_rows(answer: Any) -> Rows:
    rows: Rows = answer["data"]["opportunities"]["nodes"]
    return rows


def _pursuit_rows(answer: Any) -> Rows:
    return [{**row, "id": _uuid(row["id"])} for row in _graphql_rows(answer)]


def _uuid(global_id: str) -> str:
    decoded = decode(global_id)
    return str(decoded[1]) if decoded else global_id


def _postgraphile_rows(answer: Any) -> Rows:
    return [_postgraphile_row(row) for row in answer["data"]["allOpportunities"]["nodes"]]


def _postgraphile_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a deal of PostGraphile in Pursuit's shape; only the board has an owner and what follows."""
    row["id"] = row.pop("rowId")
    if "memberByOwnerId" not in row:
        return row
    minor = int(row.pop("valueMinor"))
    row["value"] = {"amount": f"{minor // 100}.{minor % 100:02}", "currency": row.pop("valueCurrency")}
    row["owner"] = row.pop("memberByOwnerId")
    row["account"] = row.pop("accountByAccountId")
    row["milestones"] = row.pop("milestonesByOpportunityId")["nodes"]
    people = row.pop("stakeholdersByOpportunityId")["nodes"]
    row["buyer"] = {
        "stakeholders": [{"roles": one["roles"], "contact": one["contactByContactId"]} for one in people]
    }
    return row


def _rest_rows(answer: Any) -> Rows:
    rows: Rows = answer
    return rows


CONTENDERS = (
    Contender(
        "L1",
        "hand-written, JSON by PostgreSQL",
        _uvicorn("handwritten"),
        {"board": _get("/json/board"), "list": _get("/json/list")},
        _rest_rows,
    ),
    Contender(
        "L2",
        "hand-written, rows and orjson",
        _uvicorn("handwritten"),
        {
            "board": _get("/rows/board"),
            "list": _get("/rows/list"),
            "deal": lambda database: [
                Request(f"/rows/deal/{id}") for id in database.full_deals(DEALS_IN_TURN)
            ],
            "viewer": lambda database: [
                Request("/viewer", headers={"authorization": f"Bearer {database.api_key}"})
            ],
        },
        _rest_rows,
    ),
    Contender(
        "P",
        "PostGraphile 5",
        _postgraphile,
        {
            "board": _ask_postgraphile(queries.POSTGRAPHILE_BOARD),
            "list": _ask_postgraphile(queries.POSTGRAPHILE_LIST),
        },
        _postgraphile_rows,
    ),
    Contender(
        "J",
        "Yoga, graphql-jit, SQL of L2",
        _yoga,
        {"board": _post("/graphql", queries.PLAIN_BOARD), "list": _post("/graphql", queries.LIST)},
        _graphql_rows,
    ),
    Contender(
        "N",
        "Strawberry over Tortoise",
        _uvicorn("strawberry_tortoise"),
        {"board": _post("/graphql/", queries.PLAIN_BOARD), "list": _post("/graphql/", queries.LIST)},
        _graphql_rows,
    ),
    Contender(
        "U",
        "Pursuit",
        _pursuit,
        {
            "board": _ask_pursuit(queries.BOARD),
            "list": _ask_pursuit(queries.LIST),
            "deal": pursuit_deals,
            "viewer": _ask_pursuit(queries.VIEWER),
            "column": _ask_pursuit(queries.columns(["PROGRESSING"])),
            "columns": _ask_pursuit(queries.columns(queries.COLUMN_STATES)),
        },
        _pursuit_rows,
    ),
)
