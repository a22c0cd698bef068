"""Checks of evidence: a grade, a milestone or a mitigation needs a text that says something."""

import re
from unicodedata import category, normalize

MIN_EVIDENCE_LENGTH = 10

_FILLER_WORDS = frozenset(
    word
    for line in (
        "a above an and announced any applicable as asdf asdfasdf asdfgh available bar be below blah check",
        "confirmed",
        "decided defined determined dummy evidence example filler foo foobar follow following here idk info",
        "information ipsum is it known later lorem n na nil no none not nothing null ok okay pending",
        "placeholder provided qwerty qwertz random sample see soon specified stuff tba tbc tbd test tested",
        "tester",
        "testing tests text the there to todo unknown unspecified unsure whatever xx xxx xyz yes yet",
    )
    for word in line.split()
)


def evidence_fault(text: str | None) -> str | None:
    """Return why the text is not evidence and what to write instead; None if it is evidence."""
    visible = _visible_text(text or "")
    fault = next((sentence for is_fault, sentence in _FAULTS if is_fault(visible)), None)
    return fault and f"{fault} Write what the buyer said or did: who, when, in which words."


def _visible_text(text: str) -> str:
    # Invisible format characters, such as zero-width spaces, would make an empty text look long enough.
    return "".join(character for character in normalize("NFKC", text) if category(character) != "Cf").strip()


def _is_missing(text: str) -> bool:
    return not text


def _is_short(text: str) -> bool:
    return len(text) < MIN_EVIDENCE_LENGTH


def _repeats_one_character(text: str) -> bool:
    return len(set("".join(text.casefold().split()))) == 1


def _has_no_letter(text: str) -> bool:
    return not any(character.isalpha() for character in text)


def _is_filler(text: str) -> bool:
    return all(word in _FILLER_WORDS or word.isdigit() for word in re.findall(r"[^\W_]+", text.casefold()))


_FAULTS = (
    (_is_missing, "Evidence is missing."),
    (_is_short, f"Evidence of fewer than {MIN_EVIDENCE_LENGTH} characters says nothing."),
    (_repeats_one_character, "One repeated character is not evidence."),
    (_has_no_letter, "Digits and punctuation alone are not evidence."),
    (_is_filler, "This evidence says nothing."),
)
