"""Evidence that says nothing: what a grade, a milestone or a mitigation may not rest on."""

import re
from unicodedata import category, normalize

SHORTEST = 10

_EMPTY_WORDS = frozenset(
    word
    for line in (
        "a above an and announced any applicable as asdf asdfasdf asdfgh available bar be below blah check confirmed",
        "decided defined determined dummy evidence example filler foo foobar follow following here idk info",
        "information ipsum is it known later lorem n na nil no none not nothing null ok okay pending",
        "placeholder provided qwerty qwertz random sample see soon specified stuff tba tbc tbd test tested tester",
        "testing tests text the there to todo unknown unspecified unsure whatever xx xxx xyz yes yet",
    )
    for word in line.split()
)


def evidence_says_nothing(text: str | None) -> str | None:
    """Why the text is no evidence, as a sentence with the way out; None where it says something."""
    said = _visible(text or "")
    complaint = next((complaint for is_empty, complaint in _COMPLAINTS if is_empty(said)), None)
    return complaint and f"{complaint} Tell what the buyer said or did, and where: who, when, in which words."


def _visible(text: str) -> str:
    return "".join(sign for sign in normalize("NFKC", text) if category(sign) != "Cf").strip()


def _is_missing(said: str) -> bool:
    return not said


def _is_short(said: str) -> bool:
    return len(said) < SHORTEST


def _repeats_one_character(said: str) -> bool:
    return len(set("".join(said.casefold().split()))) == 1


def _has_no_letter(said: str) -> bool:
    return not any(sign.isalpha() for sign in said)


def _is_filler(said: str) -> bool:
    return all(word in _EMPTY_WORDS or word.isdigit() for word in re.findall(r"[^\W_]+", said.casefold()))


_COMPLAINTS = (
    (_is_missing, "Evidence is missing."),
    (_is_short, f"Evidence of fewer than {SHORTEST} characters says nothing."),
    (_repeats_one_character, "One character repeated is no evidence."),
    (_has_no_letter, "Digits and punctuation alone are no evidence."),
    (_is_filler, "This evidence says nothing."),
)
