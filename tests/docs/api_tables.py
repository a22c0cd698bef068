"""Tables of docs/api.md and docs/webhooks.md: limits, problems, event types and retries."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import accumulate

from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema

from api.config.settings import Settings
from api.http import documents, idempotency, requests, websocket, websocket_view
from schema import schema
from schema.core import cost, limits
from tests.docs.markdown import code, table
from workflow.rules.enums import ProblemCode
from workflow.rules.events.event_types import EVENT_TYPES
from workflow.rules.events.webhook_retries import RETRY_DELAYS


def request_limits() -> str:
    """Return the limits of a request and of a key."""
    most = limits.LIMITS
    rows = [
        ("body of a request", f"{requests.BODY_LIMIT:,} bytes"),
        ("tokens of a document", f"{documents.MAX_TOKENS:,}"),
        ("operations in a document", f"{documents.MAX_OPERATIONS:,}"),
        ("fields, with fragments written out", f"{most.fields:,}"),
        ("fields inside fields", f"{most.depth:,}"),
        ("fields inside fields of introspection", f"{most.introspection_depth:,}"),
        ("aliases", f"{most.aliases:,}"),
        ("directives", f"{most.directives:,}"),
        ("fragments", f"{most.fragments:,}"),
        ("mutations in a request", f"{most.mutations:,}"),
        ("rows of a page", f"1 to {cost.MAX_PAGE_ROWS:,}"),
        ("points of cost of a request", f"{most.cost:,}"),
        ("points of cost of a key in a minute", f"{Settings.rate_limit:,} (`PURSUIT_RATE_LIMIT`)"),
        ("time of a query or mutation", f"{Settings.deadline:g} s"),
        ("length of an `Idempotency-Key`", f"{idempotency.MAX_KEY_LENGTH:,} characters"),
        ("WebSockets of a key", f"{websocket_view.MAX_SOCKETS_PER_KEY:,}"),
        ("operations on a WebSocket", f"{websocket.MAX_OPERATIONS:,}"),
        ("time for `connection_init`", f"{websocket.INIT_TIMEOUT:g} s"),
    ]
    return table(("what", "at most"), rows)


def points_of_parts() -> str:
    """Return how the points of an operation are counted."""
    rows = [
        ("an object", 1),
        ("a page", "its rows × what a row costs: `first` or `last`, else the default of the field"),
        ("a list without pages", f"{cost.ASSUMED_LIST_ROWS} × what an item costs"),
        ("`nodes`", "the number of ids × what an item costs"),
        ("a mutation", f"{cost.MUTATION_POINTS} more than its inputs and what it returns"),
    ]
    return table(("part of a request", "points"), rows)


def points_of_fields() -> str:
    """Return the points of the fields, totals and inputs that take longer than an object."""
    tables = (
        (cost.FIELD_POINTS, "{}"),
        (cost.TOTAL_POINTS, "totals of {}"),
        (cost.INPUT_POINTS, "{}"),
    )
    by_points: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for points, form in tables:
        for coordinate, count in points.items():
            by_points[-count, form].append(coordinate)
    rows = [(form.format(code(*names)), f"{-count:,}") for (count, form), names in sorted(by_points.items())]
    return table(("part of a request", "points more"), rows)


def problems() -> str:
    """Return the types of problem that a mutation can answer with."""
    kinds = build_schema(schema.as_str()).type_map
    interface = kinds["Problem"]
    assert isinstance(interface, GraphQLInterfaceType)
    rows = []
    for problem in ProblemCode:
        kind = kinds["".join(part.capitalize() for part in problem.split("_"))]
        assert isinstance(kind, GraphQLObjectType)
        own = [name for name in kind.fields if name not in interface.fields]
        rows.append((code(kind.name), kind.description, code(*own) or "–"))
    return table(("type", "meaning", "fields of its own"), rows)


def event_types() -> str:
    """Return every type of event, by the noun it is about."""
    verbs = defaultdict(list)
    for event in sorted(EVENT_TYPES):
        verbs[event.partition(".")[0]].append(event)
    return table(("noun", "types"), ((noun, code(*types)) for noun, types in verbs.items()))


def retries() -> str:
    """Return the attempts of a delivery, with the wait before each and the time since the first."""
    waits = [timedelta(), *RETRY_DELAYS]
    rows = [
        (number, _span(wait), _span(total))
        for number, (wait, total) in enumerate(zip(waits, accumulate(waits, initial=None), strict=True), 1)
    ]
    return table(("attempt", "wait before it", "time since the first"), rows)


def _span(span: timedelta) -> str:
    if not span:
        return "–"
    days = span.days
    hours = span.seconds // 3600
    minutes = span.seconds // 60 % 60
    seconds = span.seconds % 60
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


API_TABLES: Mapping[str, Callable[[], str]] = {
    "limits": request_limits,
    "cost": points_of_parts,
    "cost-of-fields": points_of_fields,
    "problems": problems,
    "event-types": event_types,
    "retries": retries,
}
