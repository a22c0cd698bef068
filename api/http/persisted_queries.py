"""Automatic persisted queries: a client sends the hash of its document, and the document only where it is not known yet."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cachetools import LRUCache

from api.http.problems import RequestProblem

MAX_CACHED_CHARACTERS = 4_000_000
"""Characters of documents kept in this process; those that were not asked for the longest go first."""
PROTOCOL_VERSION = 1


class PersistedQueries:
    """The documents that clients of an organization have sent with their hash; an organization never meets another's."""

    def __init__(self) -> None:
        self._cache: LRUCache[tuple[UUID, str], str] = LRUCache(MAX_CACHED_CHARACTERS, getsizeof=len)

    def resolve(self, organization_id: UUID, text: str | None, extensions: Mapping[str, Any] | None) -> str:
        """The document that a request means; raises PERSISTED_QUERY_NOT_FOUND where it has only a hash, and an unknown one."""
        digest = _requested_hash(extensions)
        if digest is None:
            if text is None:
                raise RequestProblem(400, "BAD_USER_INPUT", "`query` is missing: send the GraphQL document as a text.")
            return text
        if text is None:
            cached = self._cache.get((organization_id, digest))
            if cached is None:
                raise RequestProblem(400, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", well_formed=True)
            return cached
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise _bad_request(
                "`sha256Hash` is not the SHA-256 of `query` in lower-case hexadecimal. Send them as a pair."
            )
        return text

    def store(self, organization_id: UUID, text: str, extensions: Mapping[str, Any] | None) -> None:
        """Keep a document that came with its hash and was found valid."""
        digest = _requested_hash(extensions)
        if digest is not None and len(text) <= MAX_CACHED_CHARACTERS:
            self._cache[organization_id, digest] = text


def _requested_hash(extensions: Mapping[str, Any] | None) -> str | None:
    """The hash that a request names, none where it names none."""
    extension = (extensions or {}).get("persistedQuery")
    if extension is None:
        return None
    if (
        not isinstance(extension, Mapping)
        or extension.get("version") != PROTOCOL_VERSION
        or not isinstance(extension.get("sha256Hash"), str)
    ):
        raise _bad_request('`extensions.persistedQuery` is {"version": 1, "sha256Hash": "…"}, or left out.')
    return str(extension["sha256Hash"])


def _bad_request(message: str) -> RequestProblem:
    return RequestProblem(400, "BAD_USER_INPUT", message)
