"""Statements of an answer by table: a hidden id must cause the same as an unknown one."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from schema import schema
from schema.core.context import RequestContext
from schema.core.ids import decode, encode
from tests.security.isolation.expected_visibility import ExpectedVisibility
from tests.security.isolation.questions import Question
from tests.support.organizations import NOW
from tests.support.statements import statements
from workflow.queries.people.credentials import authenticate_api_key

IN_QUERY = re.compile(r'(?<=id: ")[^"]+(?=")')


def with_unknown_ids(question: Question, visibility: ExpectedVisibility) -> Question:
    """Return the question with unknown ids in place of hidden ones."""

    def unknown_id(id: str) -> str:
        found = decode(id)
        hidden = found is not None and not visibility.may_know(visibility.rows.scopes[str(found[1])])
        return encode(found[0], uuid4()) if found is not None and hidden else id

    query = IN_QUERY.sub(lambda text: unknown_id(text[0]), question.query)
    return replace(question, query=query, variables=_replace_ids(question.variables, unknown_id))


async def statements_by_table(question: Question, key: str) -> Counter[str]:
    """Return the number of statements of an answer by table; authentication is not counted."""
    viewer = await authenticate_api_key(key, NOW)
    assert viewer is not None
    context = RequestContext(viewer=viewer, now=NOW, request_id="counted")
    async with statements() as seen:
        await schema.execute(question.query, variable_values=dict(question.variables), context_value=context)
    return seen.by_table()


def _replace_ids(value: Any, instead: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _replace_ids(part, instead) for key, part in value.items()}
    if isinstance(value, list):
        return [_replace_ids(part, instead) for part in value]
    return instead(value) if isinstance(value, str) else value
