"""Mutations that must be refused: a valid input with a hidden or foreign id in each place that takes one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from graphql import GraphQLInputObjectType, GraphQLNamedType, get_named_type

from schema.core.ids import decode, encode
from tests.security.isolation.argument_values import FOREIGN, UNSEEN
from tests.security.isolation.expected_visibility import ExpectedVisibility
from tests.security.isolation.questions import SCHEMA, Question, select_all
from tests.security.isolation.two_organizations import TwoOrganizations
from tests.support.fixtures import replace_names
from tests.support.mutation_cases.all_cases import MUTATION_CASES
from tests.support.mutation_cases.case import EVIDENCE, FIT, INTEREST, PAIN, Input

assert SCHEMA.mutation_type
MUTATIONS = SCHEMA.mutation_type.fields
OPTIONAL_IDS: Mapping[str, Input] = {
    "createOpportunity": {"ownerId": "$owner", "collaboratorIds": ["$seller"]},
    "updateOpportunity": {"collaboratorIds": ["$seller"]},
    "assessCriteria": {"assessments": [{**PAIN, "saidById": "$stakeholder"}]},
    "qualifyOpportunity": {"assessments": [PAIN, FIT, {**INTEREST, "saidById": "$stakeholder"}]},
    "loseOpportunity": {"id": "$qualified", "reason": "LOST_TO_COMPETITOR", "competitorId": "$rival"},
    "updateBuyer": {"decisionSteps": [{"name": "The board meets", "ownerId": "$stakeholder"}]},
    "updateStakeholder": {"relations": [{"kind": "REPORTS_TO", "toId": "$quoted"}]},
    "raiseRisk": {"ownerId": "$seller"},
    "updateRisk": {"perceivedById": "$stakeholder", "ownerId": "$seller"},
    "setTarget": {"memberId": None, "teamId": "$team"},
    "updateTeam": {"id": "$south", "parentId": "$team", "managerId": "$seller"},
    "correctActivity": {"contactIds": ["$known"], "summary": EVIDENCE},
}
"""Optional fields of inputs that contain ids; add a `$name` here for a new one."""
BULK_ANSWERS = ("BulkSummary", "AlertSummary")
"""Results of bulk mutations, in which each row may be refused."""
REFUSALS = frozenset({"NotFound", "PermissionDenied", "InvalidInput"})
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class ForbiddenMutation:
    """A mutation, its input with names for ids, and the name to replace; None replaces all."""

    mutation: str
    input: Input
    path: Path | None

    @property
    def place(self) -> str:
        """The place in the schema."""
        return f"{self.mutation}({'.'.join(_field_names(self.path)) if self.path else 'all'})"

    def question(self, own: Mapping[str, str], others: Mapping[str, str], kind: str) -> Question:
        """Return the mutation as it is sent, with other ids in that place."""
        return Question(
            self.place,
            kind,
            mutation_document(self.mutation),
            {"input": _replace_ids(self.input, self.path, own, others)},
        )


def forbidden_mutations(mutation: str) -> Iterator[ForbiddenMutation]:
    """Yield the trials of a mutation: each id in turn, then all at once."""
    found: dict[str, ForbiddenMutation] = {}
    for input in valid_inputs(mutation):
        cases = [ForbiddenMutation(mutation, input, path) for path in id_paths(input)]
        for one in (*cases, ForbiddenMutation(mutation, input, None)) if len(cases) > 1 else cases:
            found.setdefault(one.place, one)
    yield from found.values()


def valid_inputs(mutation: str) -> list[Input]:
    """Return the input of a mutation: its required fields, then also the optional ids."""
    needed = MUTATION_CASES[mutation].valid
    return [needed, {**needed, **OPTIONAL_IDS[mutation]}] if mutation in OPTIONAL_IDS else [needed]


def mutation_document(mutation: str) -> str:
    """Return the mutation with a selection of its complete result."""
    spec = MUTATIONS[mutation]
    kind = get_named_type(spec.args["input"].type)
    selection = select_all(get_named_type(spec.type), 1)
    return f"mutation($input: {kind}!) {{ {mutation}(input: $input) {selection} }}"


def untested_ids(mutation: str) -> list[str]:
    """Return the ids in a mutation's input that no trial replaces."""
    tried = {_field_names(path) for input in valid_inputs(mutation) for path in id_paths(input)}
    kind = get_named_type(MUTATIONS[mutation].args["input"].type)
    return [f"{mutation}({'.'.join(path)})" for path in _id_fields(kind) if path not in tried]


def forbidden_questions(
    organizations: TwoOrganizations, visibility: ExpectedVisibility, trial: ForbiddenMutation
) -> Iterator[Question]:
    """Yield the trial with hidden ids and with foreign ids."""
    own = organizations.own(visibility).fixtures
    other = organizations.other(visibility).fixtures
    mine = own[fixtures_name(visibility)]
    yield trial.question(mine, other["held"], FOREIGN)
    hidden = {"OWN": "mate", "TEAM": "far"}.get(visibility.viewer.visibility)
    if hidden and not visibility.sees_all and _is_hidden(visibility, _first_id(trial, own[hidden])):
        yield trial.question(mine, own[hidden], UNSEEN)


def missing_refusals(body: Mapping[str, Any]) -> Iterator[str]:
    """Return the faults of an answer to a mutation that must be refused."""
    for answer in (body.get("data") or {}).values():
        kind = answer["__typename"]
        if kind in BULK_ANSWERS and answer[f"{kind}_succeeded"]:
            yield "done in bulk"
        if kind not in (*REFUSALS, *BULK_ANSWERS):
            yield f"answered {kind}"


def fixtures_name(visibility: ExpectedVisibility) -> str:
    """Return the fixtures that the viewer may work on, of another owner if they see more than their own."""
    return "held" if visibility.viewer.visibility == "OWN" and not visibility.sees_all else "mate"


def unknown_ids(ids: Mapping[str, str]) -> dict[str, str]:
    """Return ids of the same types that no record has."""
    return {name: encode(found[0], uuid4()) if (found := decode(id)) else id for name, id in ids.items()}


def id_paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Return the places of `$name` in an input."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from id_paths(part, (*path, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from id_paths(part, (*path, place))
    elif isinstance(value, str) and value.startswith("$"):
        yield path


def _replace_ids(value: Any, path: Path | None, own: Mapping[str, str], others: Mapping[str, str]) -> Any:
    if path is None:
        return replace_names(value, others)
    if not path:
        return replace_names(value, others)
    step, *rest = path
    mine = replace_names(value, own)
    mine[step] = _replace_ids(value[step], tuple(rest), own, others)
    return mine


def _first_id(trial: ForbiddenMutation, ids: Mapping[str, str]) -> str:
    """Return the id that is sent, the first of several."""
    path = trial.path or next(id_paths(trial.input))
    value: Any = trial.input
    for step in path:
        value = value[step]
    return ids[value[1:]]


def _is_hidden(visibility: ExpectedVisibility, id: str) -> bool:
    """Return whether the record of an id is hidden from the viewer."""
    found = decode(id)
    return found is not None and not visibility.may_know(visibility.rows.scopes[str(found[1])])


def _field_names(path: Path) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str))


def _id_fields(kind: GraphQLNamedType, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(kind, GraphQLInputObjectType):
        for name, one in kind.fields.items():
            yield from _id_fields(get_named_type(one.type), (*path, name))
    elif kind.name == "ID":
        yield path
