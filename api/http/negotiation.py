"""Which media type a client wants, by the q-values of its Accept header."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.http.problems import GRAPHQL_JSON, JSON

STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class AcceptedTypes:
    """How a client takes its answer: the JSON type it likes best, if any, and whether it named streams."""

    json: str | None
    stream: bool


def parse_accept(accept: str) -> AcceptedTypes:
    """What an Accept header asks for; a stream is never sent to one that merely takes anything."""
    ranges = [_media_range(part) for part in accept.split(",") if part.strip()]
    return AcceptedTypes(
        preferred_type(accept, (JSON, GRAPHQL_JSON)), any(name == STREAM and weight > 0 for name, weight in ranges)
    )


def preferred_type(accept: str, offered: Sequence[str]) -> str | None:
    """The offered type that the client likes best, the earlier on a tie; none where it takes none of them."""
    ranges = [_media_range(part) for part in accept.split(",") if part.strip()]
    if not ranges:
        return offered[0]
    best = max(offered, key=lambda media: _quality(media, ranges))
    return best if _quality(best, ranges) > 0 else None


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
    """The weight of the most exact range that the type falls in."""
    for pattern in (media, media.partition("/")[0] + "/*", "*/*"):
        weights = [weight for name, weight in ranges if name == pattern]
        if weights:
            return max(weights)
    return 0.0
