"""JSON encoding: the same values as by the standard library, in fewer bytes."""

import json
from datetime import datetime

import pytest

from api.http.json_response import encode_json


@pytest.mark.parametrize(
    "value",
    [
        {"text": 'Zürich – 東京 \u2028 "quoted" \\ \x07', "none": None, "yes": True},
        [0, -1, 1.5, 1e300, 2**63 - 1],
        {"attributes": {"serial": 2**70, "nested": [{"big": -(2**65)}]}},
        "\U0001f600",
    ],
)
def test_a_value_reads_back_as_it_was(value: object) -> None:
    assert json.loads(encode_json(value)) == value


def test_integers_beyond_64_bits_keep_their_digits() -> None:
    assert encode_json({"serial": 2**70}) == b'{"serial":1180591620717411303424}'


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        encode_json({"at": {datetime}})
