"""The actor of a row, read from its three columns."""

from collections.abc import Mapping
from typing import Any

from workflow.queries.records import to_optional_id
from workflow.rules.enums import ActorKind
from workflow.rules.opportunity.parts import Actor

ACTOR_COLUMNS = ("actor_kind", "actor_name", "actor_member_id")


def actor_of(record: Mapping[str, Any]) -> Actor:
    """Return the actor of a row."""
    return Actor(
        kind=ActorKind(record["actor_kind"]),
        name=record["actor_name"],
        member_id=to_optional_id(record["actor_member_id"]),
    )
