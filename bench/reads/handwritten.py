"""Hand-written server with Starlette and asyncpg: L1 under /json, L2 under /rows, and the bare viewer."""

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.reads import environment, statements


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    pool = asyncpg.create_pool(
        environment.database_url(), min_size=1, max_size=environment.CONNECTIONS, init=_parse_json_columns
    )
    async with pool as app.state.pool:
        yield


async def _parse_json_columns(connection: Any) -> None:
    await connection.set_type_codec("jsonb", encoder=str, decoder=orjson.loads, schema="pg_catalog")


async def board_by_database(request: Request) -> Response:
    """Answer the board as PostgreSQL builds it, in one statement."""
    text = await request.app.state.pool.fetchval(statements.BOARD_AS_JSON, environment.organization_id())
    return Response(text, media_type="application/json")


async def list_by_database(request: Request) -> Response:
    """Answer the list as PostgreSQL builds it."""
    text = await request.app.state.pool.fetchval(statements.LIST_AS_JSON, environment.organization_id())
    return Response(text, media_type="application/json")


async def board_by_rows(request: Request) -> Response:
    """Answer the board from the rows of three statements."""
    async with request.app.state.pool.acquire() as connection:
        deals = await connection.fetch(statements.BOARD_DEALS, environment.organization_id())
        ids = [deal["id"] for deal in deals]
        stakeholders = _by_deal(await connection.fetch(statements.BOARD_STAKEHOLDERS, ids))
        milestones = _by_deal(await connection.fetch(statements.BOARD_MILESTONES, ids))
    return _json([_card(deal, stakeholders[deal["id"]], milestones[deal["id"]]) for deal in deals])


async def list_by_rows(request: Request) -> Response:
    """Answer the list from the rows of one statement."""
    deals = await request.app.state.pool.fetch(statements.LIST_DEALS, environment.organization_id())
    return _json([_list_row(deal) for deal in deals])


async def deal_by_rows(request: Request) -> Response:
    """Answer one deal with all rows that belong to it, one statement for each table."""
    deal_id = UUID(request.path_params["id"])
    async with request.app.state.pool.acquire() as connection:
        deal = await connection.fetchrow(statements.FULL_DEAL, environment.organization_id(), deal_id)
        parts = {
            name: [dict(row) for row in await connection.fetch(statement, deal_id)]
            for name, statement in statements.FULL_DEAL_PARTS.items()
        }
    # The rules need the document of the process, so it is read; the answer does not contain it.
    fields = {name: value for name, value in deal.items() if name != "document"}
    return _json({**fields, **parts})


async def viewer(request: Request) -> Response:
    """Answer the role of an API key, after one lookup."""
    _, public_id, secret = request.headers["authorization"].removeprefix("Bearer ").split("_", 2)
    secret_hash = hashlib.sha256(secret.encode()).hexdigest()
    role = await request.app.state.pool.fetchval(statements.ROLE_OF_KEY, public_id, secret_hash)
    return _json({"role": role})


def _by_deal(rows: Iterable[Mapping[str, Any]]) -> dict[UUID, list[Mapping[str, Any]]]:
    grouped: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["opportunity_id"]].append(row)
    return grouped


def _card(
    deal: Mapping[str, Any], stakeholders: list[Mapping[str, Any]], milestones: list[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "id": deal["id"],
        "number": deal["number"],
        "name": deal["name"],
        "state": deal["state"],
        "expectedCloseDate": deal["expected_close_date"],
        "value": _money(deal["value_minor"], deal["value_currency"]),
        "owner": {"name": deal["owner_name"]},
        "account": {"name": deal["account_name"]},
        "buyer": {
            "stakeholders": [
                {"roles": row["roles"], "contact": {"name": row["contact_name"]}} for row in stakeholders
            ]
        },
        "milestones": [
            {"name": row["name"], "status": row["status"], "due": row["due"]} for row in milestones
        ],
    }


def _list_row(deal: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": deal["id"],
        "number": deal["number"],
        "name": deal["name"],
        "type": deal["type"],
        "source": deal["source"],
        "state": deal["state"],
        "stateSince": deal["state_since"],
        "probability": deal["probability"],
        "forecastCategory": deal["forecast_category"],
        "expectedCloseDate": deal["expected_close_date"],
        "pushCount": deal["push_count"],
        "version": deal["version"],
        "createdAt": deal["created_at"],
        "updatedAt": deal["updated_at"],
    }


def _money(minor: int | None, currency: str | None) -> dict[str, str | None] | None:
    if minor is None:
        return None
    return {"amount": f"{minor // 100}.{minor % 100:02}", "currency": currency}


def _json(content: object) -> Response:
    # asyncpg has a class of its own for UUIDs, which orjson does not write.
    return Response(orjson.dumps(content, default=str), media_type="application/json")


app = Starlette(
    routes=[
        Route("/json/board", board_by_database),
        Route("/json/list", list_by_database),
        Route("/rows/board", board_by_rows),
        Route("/rows/list", list_by_rows),
        Route("/rows/deal/{id}", deal_by_rows),
        Route("/viewer", viewer),
    ],
    lifespan=_lifespan,
)
