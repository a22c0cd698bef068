"""When two names mean the same: whatever the case, the spaces and the punctuation."""

import re
from unicodedata import normalize

_BETWEEN_WORDS = re.compile(r"[\W_]+")


def normalize_name(name: str) -> str:
    """The words of a name, as it is compared; a name without any word stays as it is."""
    folded = normalize("NFKC", name).casefold()
    return _BETWEEN_WORDS.sub(" ", folded).strip() or folded.strip()
