"""Hash chain of the audit trail."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from workflow.rules.events.audit import GENESIS_HASH, chain_hash


def test_the_hash_covers_each_part_of_an_event_its_position_and_its_predecessor() -> None:
    fact = {"id": "1", "payload": {"a": {"old": 1, "new": 2}}, "request_id": None}
    others = [
        {**fact, "id": "2"},
        {**fact, "payload": {"a": {"old": 1, "new": 3}}},
        {**fact, "request_id": "x"},
    ]
    bound = chain_hash(GENESIS_HASH, 1, fact)

    assert bound == chain_hash(GENESIS_HASH, 1, dict(reversed(fact.items())))
    assert (
        len(
            {
                bound,
                chain_hash(bound, 1, fact),
                chain_hash(GENESIS_HASH, 2, fact),
                *(chain_hash(GENESIS_HASH, 1, one) for one in others),
            }
        )
        == 6
    )


def test_the_hash_is_equal_for_the_forms_in_which_the_databases_return_a_value() -> None:
    id = UUID(int=7)
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    local = noon.astimezone(timezone(timedelta(hours=2)))

    stored = chain_hash(GENESIS_HASH, 1, {"id": id, "at": noon})

    assert stored == chain_hash(GENESIS_HASH, 1, {"id": str(id), "at": local})
    assert stored != chain_hash(GENESIS_HASH, 1, {"id": id, "at": noon + timedelta(microseconds=1)})


def test_a_null_differs_from_the_text_none() -> None:
    assert chain_hash(GENESIS_HASH, 1, {"note": None}) != chain_hash(GENESIS_HASH, 1, {"note": "None"})
