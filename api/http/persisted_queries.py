"""Automatic persisted queries: a client sends the hash of its document, and the document only where it is not known yet."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cachetools import LRUCache

from api.http.problems import RequestProblem

KEPT = 4_000_000
"""Characters of documents kept in this process; those that were not asked for the longest go first."""
VERSION = 1


class PersistedQueries:
    """The documents that clients of an organization have sent with their hash; an organization never meets another's."""

    def __init__(self) -> None:
        self._kept: LRUCache[tuple[UUID, str], str] = LRUCache(KEPT, getsizeof=len)

    def text_of(self, organization_id: UUID, text: str | None, extensions: Mapping[str, Any] | None) -> str:
        """The document that a request means; raises PERSISTED_QUERY_NOT_FOUND where it has only a hash, and an unknown one."""
        digest = _digest(extensions)
        if digest is None:
            if text is None:
                raise RequestProblem(400, "BAD_USER_INPUT", "`query` is missing: send the GraphQL document as a text.")
            return text
        if text is None:
            kept = self._kept.get((organization_id, digest))
            if kept is None:
                raise RequestProblem(400, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", well_formed=True)
            return kept
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise _bad("`sha256Hash` is not the SHA-256 of `query` in lower-case hexadecimal. Send them as a pair.")
        return text

    def keep(self, organization_id: UUID, text: str, extensions: Mapping[str, Any] | None) -> None:
        """Keep a document that came with its hash and was found valid."""
        digest = _digest(extensions)
        if digest is not None and len(text) <= KEPT:
            self._kept[organization_id, digest] = text


def _digest(extensions: Mapping[str, Any] | None) -> str | None:
    """The hash that a request names, none where it names none."""
    named = (extensions or {}).get("persistedQuery")
    if named is None:
        return None
    if (
        not isinstance(named, Mapping)
        or named.get("version") != VERSION
        or not isinstance(named.get("sha256Hash"), str)
    ):
        raise _bad('`extensions.persistedQuery` is {"version": 1, "sha256Hash": "…"}, or left out.')
    return str(named["sha256Hash"])


def _bad(message: str) -> RequestProblem:
    return RequestProblem(400, "BAD_USER_INPUT", message)
