"""Comparison of names, regardless of case, spaces and punctuation."""

import re
from unicodedata import normalize

_BETWEEN_WORDS = re.compile(r"[\W_]+")


def normalize_name(name: str) -> str:
    """Return a name in the form in which names are compared; a name without words is only trimmed."""
    folded = normalize("NFKC", name).casefold()
    return _BETWEEN_WORDS.sub(" ", folded).strip() or folded.strip()
