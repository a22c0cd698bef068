"""JSON Schema of a process: as it is shipped, and in agreement with the parser and the checks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft7Validator

from tests.rules.authoring.faulty_documents import FaultyDocument, faulty_documents
from tests.support.counts import FULL, count
from tests.support.rules.deal_facts import DEFAULT
from tests.support.rules.process_documents import Change, default_with, with_fit_rule, with_requirement
from tests.support.rules.processes import process_documents, random_process
from workflow.operations.process.processes import PRESETS, preset_text
from workflow.rules.authoring.checks import check_process
from workflow.rules.authoring.json_schema import process_json_schema
from workflow.rules.authoring.yaml_reading import read_yaml
from workflow.rules.enums import RequirementKind
from workflow.rules.errors import FieldProblem, InvalidInputError
from workflow.rules.process.document import ProcessDocument, encode_process, parse_process

SHIPPED = Path(__file__).parents[3] / "workflow" / "presets" / "process.schema.json"
SCHEMA = Draft7Validator(process_json_schema())

often = settings(
    max_examples=count(1000),
    derandomize=not FULL,
    phases=tuple(Phase) if FULL else (Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_the_shipped_schema_matches_the_code() -> None:
    assert json.loads(SHIPPED.read_text(encoding="utf-8")) == process_json_schema(), (
        "Run `pursuit process schema > workflow/presets/process.schema.json`."
    )


def test_the_schema_is_a_valid_json_schema() -> None:
    Draft7Validator.check_schema(process_json_schema())


def test_every_part_and_choice_has_a_description() -> None:
    def bare(node: Any, path: str) -> list[str]:  # Any: JSON
        if not isinstance(node, dict):
            return []
        named = "description" in node or "$ref" in node or not ({"properties", "enum"} & node.keys())
        inner = [("properties", name) for name in node.get("properties", {})]
        inner += [("definitions", name) for name in node.get("definitions", {})]
        below = [fault for part, name in inner for fault in bare(node[part][name], f"{path}.{name}")]
        return [*([] if named else [path]), *below]

    assert bare(process_json_schema(), "") == []


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_as_it_is_written_has_no_fault(name: str) -> None:
    assert faults(read_yaml(preset_text(name)).data) == []


def test_states_and_alert_rules_may_be_left_out_or_empty() -> None:
    short = default_with(lambda d: (d.pop("states"), d.update(alertRules=None)))

    assert parse_process(short, defaults=DEFAULT) == DEFAULT
    assert faults(short) == []


def test_random_documents_have_every_kind_of_requirement() -> None:
    documents = [random_process(seed) for seed in range(50)]

    kinds = {one.test.kind for document in documents for gate in document.gates for one in gate.requirements}
    assert kinds == set(RequirementKind)


@often
@given(document=process_documents())
def test_publishable_documents_are_valid(document: ProcessDocument) -> None:
    assert faults(encode_process(document)) == []


REFUSED_BY_BOTH: list[Change] = [
    lambda d: d.update(colour="red"),
    lambda d: d.pop("key"),
    lambda d: d.pop("gates"),
    lambda d: d.update(gates="all"),
    lambda d: d.update(key="k" * 65),
    lambda d: d.update(key="Käse"),
    lambda d: d.update(name=" "),
    lambda d: d["criteria"].append(3),
    lambda d: d["criteria"].pop(0),
    lambda d: d["criteria"][0].update(weight="heavy"),
    lambda d: d["criteria"][0].update(weight=True),
    lambda d: d["criteria"][0].update(weight=-1),
    lambda d: d["criteria"][0].update(kind="ACHE"),
    lambda d: d["criteria"][1].pop("label"),
    lambda d: d["criteria"][1].update(questions=None),
    lambda d: d["criteria"][0].update(questions=["Why?", " "]),
    lambda d: d["criteria"][0].update(questions=["Why?"] * 201),
    lambda d: d["criteria"][0].update(staleAfterDays=0),
    lambda d: d["states"].pop(),
    lambda d: d["states"].append(d["states"][0]),
    lambda d: d["states"][0].update(probability=1.01),
    lambda d: d["states"][0].update(probability="0.1"),
    lambda d: d["gates"][0].update(trigger="REOPEN"),
    lambda d: d["gates"][0]["requirements"][3].update(test={}),
    lambda d: d["gates"][0]["requirements"][3].update(test={"fit": True, "field": "VALUE"}),
    with_requirement(2, test={"fit": False}),
    with_requirement(2, test={"riskReviewed": False}),
    with_requirement(2, test={"criterion": {"key": "pain", "minGrade": "DISPROVED"}}),
    with_requirement(2, test={"activityWithinDays": 0}),
    with_requirement(2, test={"role": {"anyOf": [], "minimum": 0}}),
    with_requirement(2, strength="MEDIUM"),
    with_requirement(2, label=""),
    lambda d: d["milestones"][0].update(dueAfterDays=3651),
    lambda d: d["requiredRoles"].append({"anyOf": []}),
    lambda d: d["alertRules"][0].update(states=["WON"]),
    lambda d: d["alertRules"][0].update(states=[]),
    lambda d: d["alertRules"][0].update(threshold=100_001),
    lambda d: d["alertRules"][0].update(enabled="yes"),
    with_fit_rule("IN", 5),
    with_fit_rule("IN", []),
    with_fit_rule("EQ", [5]),
    with_fit_rule("GT", True),
    with_fit_rule("EQ", {"a": 1}),
]


@pytest.mark.parametrize("change", REFUSED_BY_BOTH)
def test_documents_refused_at_publish_are_invalid(change: Callable[[dict[str, Any]], object]) -> None:
    document = default_with(change)

    assert problems(document) != []
    assert faults(document) != []


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["gates"][0]["requirements"].pop(0),
        lambda d: d["criteria"].append(d["criteria"][5]),
        with_requirement(2, test={"criterion": {"key": "ache"}}),
        with_requirement(2, test={"milestone": "party"}),
        lambda d: [criterion.update(weight=0) for criterion in d["criteria"]],
    ],
)
def test_cross_references_are_left_to_the_checks(change: Change) -> None:
    document = default_with(change)

    assert problems(document) != []
    assert faults(document) == []


@often
@given(fault=faulty_documents())
def test_one_fault_is_invalid_except_across_parts(fault: FaultyDocument) -> None:
    if fault.fault not in {"twice", "unstorable"} and not fault_is_left_out(fault):
        assert faults(fault.data) != [], (fault.fault, fault.path)


def fault_is_left_out(fault: FaultyDocument) -> bool:
    """Parse a document with the default process's states and alert rules."""
    return fault.fault in {"deleted", "emptied"} and fault.path in {("states",), ("alertRules",)}


def faults(document: object) -> list[str]:
    """Return the errors that an editor would underline."""
    return [error.message for error in SCHEMA.iter_errors(document)]


def problems(document: dict[str, Any]) -> "list[FieldProblem] | tuple[FieldProblem, ...]":
    """Return the faults for which publishing would refuse the document."""
    try:
        return check_process(parse_process(document))
    except InvalidInputError as refusal:
        return refusal.fields
