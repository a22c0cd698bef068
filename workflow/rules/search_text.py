"""The folded form of texts, in which text search compares names with words."""

from unicodedata import combining, normalize

Word = tuple[str, ...]
"""The parts of which a document has to contain one: a folded word, and at most one other form of it."""
MAX_WORDS = 50
"""Most different words of a searched text; a text with more of them matches nothing."""
_NUMBER_LETTERS = str.maketrans("0123456789", "ABCDEFGHIJ")


def fold(text: str) -> str:
    """Return a text without case, accents and compatibility forms: "Straße" and "STRASSE" are equal."""
    # The dot of a capital İ is dropped like an accent. The ı without a dot is a letter of its own.
    folded = normalize("NFKD", normalize("NFKD", text).casefold()).replace("\u0131", "i")
    return "".join(character for character in folded if not combining(character))


def name_columns(name: str) -> dict[str, object]:
    """Return the columns of a name: as written, as ordered and matched, and as searched if that differs."""
    folded = name.casefold()
    searched = fold(name)
    return {"name": name, "name_folded": folded, "name_search": None if searched == folded else searched}


def search_words(text: str) -> tuple[Word, ...] | None:
    """Return the words of a text, each with the parts of which a document has to contain one.

    Return None if there are too many words. A word that is a part of another one is left out, because every
    name with the longer one contains it.
    """
    words = dict.fromkeys(word for written in text.split() for word in _words(written))
    if len(words) > MAX_WORDS:
        return None
    return tuple(word for word in words if not any(_is_implied(word, other) for other in words))


def _words(written: str) -> tuple[Word, ...]:
    # Spacing accents, such as a free-standing tilde, fold to blanks.
    folded = fold(written).split()
    if len(folded) != 1:
        return tuple((word,) for word in folded)
    # A name without `name_search` is compared as `name_folded`, which has accents.
    other = _number_line(written) or written.casefold()
    return ((folded[0],) if other == folded[0] else (folded[0], other),)


def _is_implied(word: Word, other: Word) -> bool:
    return word != other and all(any(part in longer for part in word) for longer in other)


def _number_line(word: str) -> str:
    """Return the line of the document of the deal that a word is the number of; empty for any other word.

    The digits of the line are capital letters, which no folded name has.
    """
    digits = word.removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        return ""
    return f"\n{str(int(digits)).translate(_NUMBER_LETTERS)}\n"
