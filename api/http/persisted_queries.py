"""Automatic persisted queries: a client sends the hash of a document, and the text only if it is unknown.

The protocol is Apollo's: https://www.apollographql.com/docs/apollo-server/performance/apq
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cachetools import LRUCache

from api.http.problems import RequestProblem, bad_request

MAX_CACHED_CHARACTERS = 4_000_000
"""Characters of documents cached in this process; the least recently used are dropped first."""
PROTOCOL_VERSION = 1


class PersistedQueries:
    """Cache of documents by organization and hash, so that no organization can read another's documents."""

    def __init__(self) -> None:
        self._cache: LRUCache[tuple[UUID, str], str] = LRUCache(MAX_CACHED_CHARACTERS, getsizeof=len)

    def resolve(self, organization_id: UUID, text: str | None, extensions: Mapping[str, Any] | None) -> str:
        """Return the text of the document; raise RequestProblem for an unknown hash without a text."""
        digest = _requested_hash(extensions)
        if digest is None:
            if text is None:
                raise bad_request("`query` is missing. Send the GraphQL document as a text.")
            return text
        if text is None:
            cached = self._cache.get((organization_id, digest))
            if cached is None:
                # Clients of the protocol compare the message, not the code.
                raise RequestProblem(
                    400, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", well_formed=True
                )
            return cached
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise bad_request("`sha256Hash` must be the SHA-256 hash of `query` in lower-case hexadecimal.")
        return text

    def store(self, organization_id: UUID, text: str, extensions: Mapping[str, Any] | None) -> None:
        """Store a valid document that was sent with its hash."""
        digest = _requested_hash(extensions)
        if digest is not None and len(text) <= MAX_CACHED_CHARACTERS:
            self._cache[organization_id, digest] = text


def _requested_hash(extensions: Mapping[str, Any] | None) -> str | None:
    """Return the hash in the extensions of a request, if there is one."""
    extension = (extensions or {}).get("persistedQuery")
    if extension is None:
        return None
    if (
        not isinstance(extension, Mapping)
        or extension.get("version") != PROTOCOL_VERSION
        or not isinstance(extension.get("sha256Hash"), str)
    ):
        raise bad_request('`extensions.persistedQuery` must be {"version": 1, "sha256Hash": "…"} or absent.')
    return str(extension["sha256Hash"])
