"""Content negotiation: choose the media type by the q-values of the Accept header."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from api.http.problems import GRAPHQL_JSON, JSON

STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class AcceptedTypes:
    """The preferred JSON type of a client, if it accepts one, and whether it accepts streams."""

    json: str | None
    stream: bool


@lru_cache(maxsize=256)
def parse_accept(accept: str) -> AcceptedTypes:
    """Parse an Accept header."""
    # A stream must be named: a client that sends */* expects one response.
    stream = any(name == STREAM and weight > 0 for name, weight in _media_ranges(accept))
    return AcceptedTypes(preferred_type(accept, (JSON, GRAPHQL_JSON)), stream)


def preferred_type(accept: str, offered: Sequence[str]) -> str | None:
    """Return the offered type with the highest weight, the first on a tie, or None if none is accepted."""
    ranges = _media_ranges(accept)
    if not ranges:
        return offered[0]
    best = max(offered, key=lambda media: _quality(media, ranges))
    return best if _quality(best, ranges) > 0 else None


def _media_ranges(accept: str) -> list[tuple[str, float]]:
    return [_media_range(part) for part in accept.split(",") if part.strip()]


def _media_range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    return name, next((_weight(text[2:]) for text in parameters if text.startswith("q=")), 1.0)


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def _quality(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the weight of the most specific range that matches the type."""
    for pattern in (media, media.partition("/")[0] + "/*", "*/*"):
        weights = [weight for name, weight in ranges if name == pattern]
        if weights:
            return max(weights)
    return 0.0
