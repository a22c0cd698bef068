"""Mutations that must succeed: they give both organizations the same answers, and change no hidden row."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from schema import schema
from schema.core.context import RequestContext
from schema.core.ids import decode
from tests.security.isolation.detector import BASE64, UUID_TEXT
from tests.security.isolation.expected_visibility import INTERNAL_TABLES, ExpectedVisibility
from tests.security.isolation.forbidden_mutations import (
    MUTATIONS,
    fixtures_name,
    mutation_document,
    valid_inputs,
)
from tests.security.isolation.raw_tables import Tables
from tests.security.isolation.two_organizations import FurnishedOrganization, TwoOrganizations
from tests.support.fixtures import replace_names
from tests.support.mutation_cases.case import Input
from tests.support.organizations import NOW, VAULT
from workflow.models.engine.database import fetch, transaction
from workflow.queries.people.credentials import authenticate_api_key

CURSOR = re.compile(r'"(\w*[cC]ursor)": "[^"]*"')
API_KEY = re.compile(r"pur_[0-9a-f]+(_[\w-]+)?|whsec_[\w+/=]+")
PROBLEMS = re.compile(
    r"NotFound|PermissionDenied|InvalidInput|VersionConflict|Duplicate|RecordClosed|Blocked|Illegal"
)


class IntendedRollback(Exception):
    """A result, with all rows before the rollback."""

    def __init__(self, answer: Any, after: Tables) -> None:
        super().__init__("It is rolled back.")
        self.answer = answer
        self.after = after


def comparable_answers(organization: FurnishedOrganization) -> list[str]:
    """Return the recorded answers of an organization, with ids replaced by numbers in order."""
    numbers: dict[str, str] = {}

    def number(found: "re.Match[str]") -> str:
        named = decode(found[0])
        known = str(named[1]) if named else found[0]
        if named is None and not UUID_TEXT.fullmatch(known):
            return known
        return numbers.setdefault(known, f"#{len(numbers)}")

    texts = (CURSOR.sub(r'"\1"', json.dumps(body, default=str)) for _, body in organization.answers)
    return [BASE64.sub(number, API_KEY.sub("a key", text.replace(organization.name, "us"))) for text in texts]


def valid_writes() -> Iterator[tuple[str, Input]]:
    """Yield every mutation as an authorized viewer runs it."""
    for mutation in MUTATIONS:
        for input in valid_inputs(mutation):
            yield (
                mutation,
                {**input, "until": (NOW + timedelta(days=6)).isoformat()} if "until" in input else input,
            )


async def problems_with(
    organizations: TwoOrganizations, visibility: ExpectedVisibility, mutation: str, input: Input
) -> list[str]:
    """Return the faults of a permitted mutation: a refusal, or a changed row that the viewer cannot see."""
    ids = organizations.own(visibility).fixtures[fixtures_name(visibility)]
    key = organizations.key(visibility)
    now = NOW + timedelta(days=1)
    viewer = await authenticate_api_key(key, now)
    assert viewer is not None
    context = RequestContext(viewer=viewer, now=now, request_id="lawful", vault=VAULT)

    async def work() -> None:
        variables = {"input": replace_names(input, ids)}
        answer = await schema.execute(
            mutation_document(mutation), variable_values=variables, context_value=context
        )
        raise IntendedRollback(answer, await all_rows(organizations))

    before = await all_rows(organizations)
    try:
        await transaction(work)
    except IntendedRollback as done:
        problems = [f"errors: {done.answer.errors}"] if done.answer.errors else []
        kind = "" if problems else next(iter(done.answer.data.values()))["__typename"]
        problems += [f"refused: {done.answer.data}"] if PROBLEMS.search(kind) else []
        return problems + list(_hidden_changes(visibility, before, done.after))
    return ["nothing was rolled back"]


async def all_rows(organizations: TwoOrganizations) -> Tables:
    """Return all rows as the present transaction sees them."""
    tables = organizations.rows.tables.keys() - INTERNAL_TABLES
    return {
        name: [_with_text_ids(row) for row in await fetch(f'SELECT * FROM "{name}"')]
        for name in sorted(tables)
    }


def _hidden_changes(visibility: ExpectedVisibility, before: Tables, after: Tables) -> Iterator[str]:
    for table, rows_before in before.items():
        there = {repr(row) for row in after[table]}
        for row in rows_before:
            if not visibility.sees(table, row) and repr(row) not in there:
                yield f"{table} changed: {row}"


def _with_text_ids(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}
