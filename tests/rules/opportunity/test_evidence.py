"""Evidence: texts that say something, and texts that do not."""

import pytest

from workflow.rules.opportunity.evidence import evidence_fault


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "   ", "too short", "  ninechars ", "aaaaaaaaaaaaa", "A a a a a a a a", "----------"),
        *(
            "1234567890",
            "12.03.2026, 14:00",
            "n/a n/a n/a",
            "N/A – none",
            "to be determined",
            "test test test",
        ),
        *("Unknown. Unknown.", "not known yet", "short" + 9 * "\u200b"),
    ],
)
def test_empty_evidence_is_refused_with_a_reason(text: str | None) -> None:
    assert evidence_fault(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "The COO said so",
        "ten chars!",
        "Costs 12,000 a month",
        "Leur problème: l'inventaire",
        "彼らは毎月在庫確認に二日を失っている",
    ],
)
def test_real_evidence_is_accepted(text: str) -> None:
    assert evidence_fault(text) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, "Evidence is missing."),
        ("too short", "Evidence of fewer than 10 characters says nothing."),
        ("aaaaaaaaaaaaa", "One repeated character is not evidence."),
        ("12.03.2026, 14:00", "Digits and punctuation alone are not evidence."),
        ("to be determined", "This evidence says nothing."),
    ],
)
def test_the_fault_says_what_is_wrong_and_what_to_write(text: str | None, fault: str) -> None:
    advice = "Write what the buyer said or did: who, when, in which words."

    assert evidence_fault(text) == f"{fault} {advice}"


def test_invisible_characters_do_not_count() -> None:
    assert evidence_fault("\u200b" * 40) == evidence_fault("")


def test_a_filler_word_in_a_real_sentence_is_accepted() -> None:
    assert evidence_fault("The CFO confirmed the budget") is None
