"""Folded texts: equal without case, accents and compatibility forms; and the words of a searched text."""

import pytest

from workflow.rules.search_text import MAX_WORDS, fold, name_columns, search_words


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("İstanbul", "istanbul"),
        ("ISTANBUL", "istanbul"),
        ("Ispartalı", "ispartali"),
        ("Straße", "strasse"),
        ("María Núñez", "maria nunez"),
        ("ＧＴＸ™", "gtxtm"),
        ("ﬁnance", "finance"),
        ("Ελλάς", "ελλασ"),
    ],
)
def test_texts_that_read_the_same_are_folded_the_same(written: str, folded: str) -> None:
    assert fold(written) == folded
    assert fold(folded) == folded


def test_a_name_has_a_searched_form_only_if_it_differs_from_the_ordered_one() -> None:
    assert name_columns("Acme") == {"name": "Acme", "name_folded": "acme", "name_search": None}
    assert name_columns("María") == {"name": "María", "name_folded": "maría", "name_search": "maria"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        (" \n ", ()),
        ("GTX  Kinnamplus", (("gtx",), ("kinnamplus",))),
        ("acme ACME ac", (("acme",),)),
        ("María", (("maria", "maría"),)),
        ("#42", (("#42", "\nEC\n"),)),
        ("042", (("042", "\nEC\n"),)),
        ("4 42", (("4", "\nE\n"), ("42", "\nEC\n"))),
        ("²5", (("25", "²5"),)),
        ("1234567890", (("1234567890",),)),
        ("D´Arc", (("d",), ("arc",))),
    ],
)
def test_a_text_is_split_into_words_with_the_forms_that_match(text: str, words: object) -> None:
    assert search_words(text) == words


def test_a_text_with_too_many_words_has_none() -> None:
    words = [f"w{number:03}" for number in range(MAX_WORDS + 1)]

    assert search_words(" ".join(words)) is None
    assert len(search_words(" ".join([*words[:MAX_WORDS], "W000"])) or ()) == MAX_WORDS
