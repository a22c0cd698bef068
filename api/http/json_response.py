"""JSON responses encoded by orjson, which takes a third of the time of the standard library."""

import json

import orjson
from starlette.responses import JSONResponse


def encode_json(value: object) -> bytes:
    """Return a value as compact JSON in UTF-8.

    Raises TypeError for a value that JSON does not have. NaN becomes null; integers keep all their digits.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        # orjson refuses integers beyond 64 bits, which attributes of an opportunity may have.
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


class OrjsonResponse(JSONResponse):
    """A JSON response whose body is encoded by orjson."""

    def render(self, content: object) -> bytes:
        """Return the body."""
        return encode_json(content)
