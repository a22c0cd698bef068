"""Ids of the API: one way to write each, and no way to name a record of another type."""

from uuid import UUID

import pytest

from schema.core import ids
from workflow.rules.errors import NotFoundError

SOME = UUID("01a20f40-53a6-773d-aacd-9de01f03bea6")
ACCOUNT = ids.encode("Account", SOME)
MALFORMED = {
    "empty": "",
    "not base64": "%%%",
    "not ascii": "w7zDvMO8w7w",
    "without a uuid": "QWNjb3VudDp4",
    "without a type": "MDFhMjBmNDAtNTNhNi03NzNkLWFhY2QtOWRlMDFmMDNiZWE2",
    "padded": f"{ACCOUNT}=",
    "upper case uuid": "QWNjb3VudDowMUEyMEY0MC01M0E2LTc3M0QtQUFDRC05REUwMUYwM0JFQTY",
}


def test_an_id_decodes_to_its_type_and_record() -> None:
    assert ids.decode(ACCOUNT) == ("Account", SOME)


@pytest.mark.parametrize("id", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_id_names_nothing(id: str) -> None:
    assert ids.decode(id) is None


@pytest.mark.parametrize("id", [*MALFORMED.values(), ids.encode("Contact", SOME)])
def test_an_id_of_another_type_is_not_found_as_it_was_given(id: str) -> None:
    with pytest.raises(NotFoundError) as refusal:
        ids.parse("Account", id)

    assert refusal.value.id == id


def test_in_a_list_of_independent_ids_a_wrong_one_is_the_nil_uuid() -> None:
    given = [ACCOUNT, ids.encode("Contact", SOME), "x"]

    assert [ids.parse_or_nil("Account", id) for id in given] == [SOME, ids.NIL_UUID, ids.NIL_UUID]


def test_an_id_that_is_left_out_is_none() -> None:
    assert (ids.parse_optional("Account", None), ids.parse_optional("Account", ACCOUNT)) == (None, SOME)


def test_a_filter_drops_ids_of_other_types() -> None:
    assert ids.parse_valid("Account", [ids.encode("Contact", SOME), ACCOUNT, "x"]) == (SOME,)


@pytest.mark.parametrize("kind", ["Opportunity", "Stakeholder", "Member", "Risk", "Team", "ApiKey"])
def test_several_ids_are_encoded_like_each_of_them(kind: str) -> None:
    several = [SOME, ids.NIL_UUID, UUID(int=2**128 - 1)]

    assert ids.encode_each(kind, several) == [ids.encode(kind, one) for one in several]
    assert ids.encode_each(kind, []) == []
