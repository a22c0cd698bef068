"""Every mutation with an id that is not the writer's in each place that takes one, all else being right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from graphql import GraphQLInputObjectType, GraphQLNamedType, get_named_type

from schema.core.ids import decode, encode
from tests.security.isolation.argument_values import FOREIGN, UNSEEN
from tests.security.isolation.expected_visibility import Sight
from tests.security.isolation.questions import GRAPH, Question, whole
from tests.security.isolation.two_organizations import World
from tests.support.fixtures import placed
from tests.support.mutation_cases.all_cases import ATTEMPTS
from tests.support.mutation_cases.case import FIT, INTEREST, PAIN, SAID, Input

assert GRAPH.mutation_type
MUTATIONS = GRAPH.mutation_type.fields
BESIDE: Mapping[str, Input] = {
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
    "correctActivity": {"contactIds": ["$known"], "summary": SAID},
}
"""What an input takes beside what the attempt needs, where that names somebody; a new id of an input is one more `$name`."""
MANY = ("BulkSummary", "AlertSummary")
"""Answers to many at once, of which each row may be refused."""
REFUSED = frozenset({"NotFound", "PermissionDenied", "InvalidInput"})
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Trial:
    """A mutation, its input with names for ids, and the one of them that is not the writer's; all of them where there is none."""

    mutation: str
    input: Input
    path: Path | None

    @property
    def what(self) -> str:
        """The place in the schema."""
        return f"{self.mutation}({'.'.join(_names(self.path)) if self.path else 'all'})"

    def question(self, own: Mapping[str, str], others: Mapping[str, str], kind: str) -> Question:
        """The mutation as it is sent, with the ids of others in that place."""
        return Question(self.what, kind, query(self.mutation), {"input": _swapped(self.input, self.path, own, others)})


def trials(mutation: str) -> Iterator[Trial]:
    """Each place of an id in turn, then all at once."""
    found: dict[str, Trial] = {}
    for input in inputs(mutation):
        tried = [Trial(mutation, input, path) for path in named(input)]
        for one in (*tried, Trial(mutation, input, None)) if len(tried) > 1 else tried:
            found.setdefault(one.what, one)
    yield from found.values()


def inputs(mutation: str) -> list[Input]:
    """What the mutation takes: what it needs, and with all that names somebody beside."""
    needed = ATTEMPTS[mutation].done
    return [needed, {**needed, **BESIDE[mutation]}] if mutation in BESIDE else [needed]


def query(mutation: str) -> str:
    """The mutation, asked for all that it answers."""
    spec = MUTATIONS[mutation]
    kind = get_named_type(spec.args["input"].type)
    return f"mutation($input: {kind}!) {{ {mutation}(input: $input) {whole(get_named_type(spec.type), 1)} }}"


def never_named(mutation: str) -> list[str]:
    """The ids of a mutation's input that no trial hands in."""
    tried = {_names(path) for input in inputs(mutation) for path in named(input)}
    kind = get_named_type(MUTATIONS[mutation].args["input"].type)
    return [f"{mutation}({'.'.join(path)})" for path in _ids(kind) if path not in tried]


def questions(world: World, sight: Sight, trial: Trial) -> Iterator[Question]:
    """The trial with what is out of the person's sight, and with what is another organization's."""
    own, other = world.half(sight).stages, world.other(sight).stages
    mine = own[stage_of(sight)]
    yield trial.question(mine, other["held"], FOREIGN)
    hidden = {"OWN": "mate", "TEAM": "far"}.get(sight.person.visibility)
    if hidden and not sight.all_of_it and _hangs(sight, _first(trial, own[hidden])):
        yield trial.question(mine, own[hidden], UNSEEN)


def unrefused(body: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the answer to a write that must be refused."""
    for told in (body.get("data") or {}).values():
        kind = told["__typename"]
        if kind in MANY and told[f"{kind}_succeeded"]:
            yield "done in bulk"
        if kind not in (*REFUSED, *MANY):
            yield f"answered {kind}"


def stage_of(sight: Sight) -> str:
    """The stage that the person may work on, without holding its deals where they see more than their own."""
    return "held" if sight.person.visibility == "OWN" and not sight.all_of_it else "mate"


def nobodys(ids: Mapping[str, str]) -> dict[str, str]:
    """Ids of the same types that no record has."""
    return {name: encode(found[0], uuid4()) if (found := decode(id)) else id for name, id in ids.items()}


def named(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where a `$name` stands in an input."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from named(part, (*path, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from named(part, (*path, place))
    elif isinstance(value, str) and value.startswith("$"):
        yield path


def _swapped(value: Any, path: Path | None, own: Mapping[str, str], others: Mapping[str, str]) -> Any:
    if path is None:
        return placed(value, others)
    if not path:
        return placed(value, others)
    step, *rest = path
    mine = placed(value, own)
    mine[step] = _swapped(value[step], tuple(rest), own, others)
    return mine


def _first(trial: Trial, ids: Mapping[str, str]) -> str:
    """The id that is handed in, of all the first."""
    path = trial.path or next(named(trial.input))
    value: Any = trial.input
    for step in path:
        value = value[step]
    return ids[value[1:]]


def _hangs(sight: Sight, id: str) -> bool:
    """Whether what the id names is out of sight; what the organization shares is not."""
    found = decode(id)
    return found is not None and not sight.may_be_told_of(sight.facts.homes[str(found[1])])


def _names(path: Path) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str))


def _ids(kind: GraphQLNamedType, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(kind, GraphQLInputObjectType):
        for name, one in kind.fields.items():
            yield from _ids(get_named_type(one.type), (*path, name))
    elif kind.name == "ID":
        yield path
