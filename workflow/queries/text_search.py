"""Text search: the records whose names contain every word of a text, in any order.

The names of a record are one document, which triggers update. That of a deal has its name, the names of its
account, owner and stakeholders, and its number.
"""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from pypika_tortoise.context import SqlContext
from pypika_tortoise.terms import Term, ValueWrapper
from tortoise.expressions import Q

from workflow.models.columns import UNSTORABLE
from workflow.models.engine.database import dialect, fetch
from workflow.models.engine.text_search import sqlite_has_trigrams
from workflow.rules.search_text import Word, search_words

Kind = Literal["ACCOUNT", "CONTACT", "OPPORTUNITY"]
TRIGRAM = 3
"""Fewest characters of a word that a trigram index can find."""
COMMON_ON_SQLITE = 1_000
"""Documents that make a text common on SQLite, which does not estimate them."""
_NOTHING = Q(id__in=[])


def matches_text(kind: Kind, organization_id: UUID, text: str, *, common: bool = False) -> Q:
    """Return the condition that a record's document contains every word of a text.

    The text matches the same records if it is `common`. Then the condition reads the document of each row,
    which is faster for a page of a list in which many rows match.
    """
    words = None if UNSTORABLE.search(text) else search_words(text)
    if not words:
        return _NOTHING if words is None else Q()
    return Q(id__in=_Documents(kind, organization_id, words, correlated=common))


async def common_text(organization_id: UUID, text: str | None) -> str | None:
    """Return the text if many deals match it, so that a page is found sooner by walking its order.

    One statement if there is a text.
    """
    words = None if text is None or UNSTORABLE.search(text) else search_words(text)
    return text if words and await _is_common(organization_id, words) else None


async def _is_common(organization_id: UUID, words: Sequence[Word]) -> bool:
    if dialect() == "postgres":
        sql = "SELECT is_common_search($1, $2, $3, $4) AS common"
        found = await fetch(sql, "OPPORTUNITY", organization_id, _patterns(words), _alternatives(words))
        return bool(found[0]["common"])
    query = _trigram_query(words)
    if query is None:
        return False
    sql = "SELECT 1 FROM search_trigrams WHERE search_trigrams MATCH $1 LIMIT 1 OFFSET $2"
    return bool(await fetch(sql, query, COMMON_ON_SQLITE - 1))


class _Documents(Term):
    """A subquery of the ids of the documents that contain words."""

    def __init__(self, kind: Kind, organization_id: UUID, words: Sequence[Word], *, correlated: bool) -> None:
        super().__init__()
        self.kind = kind
        self.organization_id = organization_id
        self.words = words
        self.correlated = correlated

    def get_sql(self, ctx: SqlContext) -> str:
        def bind(value: Any) -> str:  # Any: a value of a placeholder
            return str(ValueWrapper(value).get_sql(ctx))

        is_postgres = dialect() == "postgres"
        if self.correlated:
            contains = " AND ".join(self._contains(word, bind) for word in self.words)
            # The limit prevents a join, in which the planner would read all documents.
            return (
                f"(SELECT d.subject_id FROM search_document d WHERE d.kind = '{self.kind}' "
                f'AND d.subject_id = "{self.kind.lower()}"."id" AND {contains} LIMIT 1)'
            )
        if is_postgres:
            values = (self.kind, self.organization_id, _patterns(self.words), _alternatives(self.words))
            return f"(SELECT search_documents({', '.join(map(bind, values))}))"
        return self._sqlite_ids(bind)

    def _sqlite_ids(self, bind: Any) -> str:  # Any: a function that binds a value of any kind
        conditions = [f"d.kind = '{self.kind}'", f"d.organization_id = {bind(str(self.organization_id))}"]
        if (query := _trigram_query(self.words)) is not None:
            found = f"SELECT rowid FROM search_trigrams WHERE search_trigrams MATCH {bind(query)}"
            conditions.append(f"d.id IN ({found})")
        rest = self.words if query is None else [word for word in self.words if not _has_trigrams(word)]
        conditions += [self._contains(word, bind) for word in rest]
        return f"(SELECT d.subject_id FROM search_document d WHERE {' AND '.join(conditions)})"

    def _contains(self, word: Word, bind: Any) -> str:  # Any: a function that binds a value of any kind
        """Return the condition that a document contains a word, or has it as its number."""
        if dialect() == "sqlite":
            found = [f"instr(d.text, {bind(part)}) > 0" for part in word]
        else:
            found = [f"d.text LIKE {bind(_pattern(part))}" for part in word]
        return f"({' OR '.join(found)})"


def _pattern(part: str) -> str:
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _patterns(words: Sequence[Word]) -> list[str]:
    return [_pattern(word[0]) for word in words]


def _alternatives(words: Sequence[Word]) -> list[str]:
    """Return the pattern of the other form of each word, or an empty text."""
    return [_pattern(word[1]) if len(word) > 1 else "" for word in words]


def _has_trigrams(word: Word) -> bool:
    return all(len(part) >= TRIGRAM for part in word)


def _trigram_query(words: Sequence[Word]) -> str | None:
    """Return the query of SQLite's trigram index for the words it can find; None if there are none."""
    found = [
        " OR ".join('"' + part.replace('"', '""') + '"' for part in word)
        for word in words
        if _has_trigrams(word)
    ]
    return " AND ".join(f"({part})" for part in found) if found and sqlite_has_trigrams() else None
