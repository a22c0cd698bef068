"""The sales process as a JSON Schema, by which an editor completes, explains and checks a YAML file while it is written."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from workflow.rules.codec import camel, encode
from workflow.rules.enums import OPEN_STATES, FitOperator, Grade, OpportunityState, Trigger
from workflow.rules.opportunity.qualification import ESSENTIAL_KINDS
from workflow.rules.process.bounds import MAX_LENGTHS, MAX_LIST_LENGTH, MAX_TEXT_LENGTH, NON_EMPTY_LISTS, RANGES
from workflow.rules.process.document import (
    AlertRule,
    Criterion,
    CriterionTest,
    FitRule,
    Gate,
    GateRequirement,
    MilestoneTemplate,
    ProcessDocument,
    RequiredRole,
    RequirementTest,
    RoleTest,
    StateSettings,
)

SchemaNode = dict[str, Any]  # Any: JSON, which a schema is written in

KEY_REGEX = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"
NOT_BLANK_REGEX = r"\S"


def process_json_schema() -> SchemaNode:
    """The schema of the whole document, a definition for each of its parts, in draft 7, which editors know best."""
    shapes = list(_record_types(ProcessDocument))
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Sales process of Pursuit",
        **_record_schema(ProcessDocument),
        "definitions": {shape.__name__: _record_schema(shape) for shape in shapes if shape is not ProcessDocument},
    }


INHERITED_FIELDS = frozenset({"states", "alert_rules"})
"""What a document may leave out, or leave empty, for the default process to fill in."""

DESCRIPTIONS: Mapping[tuple[type, str], str] = {
    (ProcessDocument, "key"): "Names the process for ever: each publishing under it makes its next version.",
    (ProcessDocument, "criteria"): "What is to be found out; exactly one of each kind PAIN, INTEREST and FIT.",
    (
        ProcessDocument,
        "gates",
    ): "What must hold before an opportunity moves on; QUALIFY asks for pain, interest and fit.",
    (ProcessDocument, "alert_rules"): "When to warn; the default process's where left out.",
    (ProcessDocument, "states"): "What each of the six states means; the default process's where left out.",
    (ProcessDocument, "fit_rules"): "What an account's own data must be; the HARD ones are what the test `fit` asks.",
    (ProcessDocument, "required_roles"): "Whom of the buyer's one must know.",
    (ProcessDocument, "milestones"): "The buyer's steps to a purchase, laid out on entering PROGRESSING.",
    (Criterion, "key"): "Names the criterion; requirements and assessments refer to it.",
    (Criterion, "weight"): "How much it counts in the qualification score, against the others.",
    (Criterion, "stale_after_days"): "After so many days an assessment counts no more; never where left out.",
    (FitRule, "attribute"): "A field of the account (industry, country, employeeCount, …) or a key of its attributes.",
    (FitRule, "value"): "What the operator compares with; a list with IN, else one text, number, true or false.",
    (RequiredRole, "any_of"): "Any of these will do.",
    (MilestoneTemplate, "weight"): "How much of the way it is, against the others.",
    (MilestoneTemplate, "due_after_days"): "Days from entering PROGRESSING until it is due; no date where left out.",
    (CriterionTest, "key"): "The key of a criterion of this document.",
    (RoleTest, "any_of"): "Any of these will do; any stakeholder at all where the list is empty.",
    (RequirementTest, "milestone"): "The key of a milestone of this document, which must be done or waived.",
    (RequirementTest, "fit"): "Every HARD fit rule passes on the account's data.",
    (RequirementTest, "field"): "The field has a value that counts.",
    (RequirementTest, "max_open_risk"): "No open risk of the buyer is above this level.",
    (RequirementTest, "risk_reviewed"): "The risks that the buyer perceives were reviewed.",
    (RequirementTest, "activity_within_days"): "We spoke with the buyer, both ways, within so many days.",
    (RequirementTest, "expression"): "A CEL expression over opportunity, account and today that gives true.",
    (GateRequirement, "key"): "Names the requirement within its gate: `criterion.pain`, `field.value`, or your own.",
    (GateRequirement, "label"): "What a salesperson reads.",
    (GateRequirement, "when"): "CEL; the requirement applies only to opportunities where it is true.",
    (AlertRule, "threshold"): "Days; STATE_AGE: percent of the expected days; CLOSE_DATE_PUSHED: a count.",
    (StateSettings, "probability"): "From 0 to 1; what a forecast multiplies the value by.",
    (StateSettings, "expected_days"): "How long an opportunity should be in this state.",
}
"""What a field is for, where its name does not say it."""


def _contains(name: str, word: StrEnum) -> SchemaNode:
    return {"contains": {"required": [name], "properties": {name: {"const": word.value}}}}


FIELD_CONSTRAINTS: Mapping[tuple[type, str], SchemaNode] = {
    (ProcessDocument, "criteria"): {"allOf": [_contains("kind", kind) for kind in ESSENTIAL_KINDS]},
    (ProcessDocument, "states"): {
        "maxItems": len(OpportunityState),
        "allOf": [_contains("state", state) for state in OpportunityState],
    },
    (Gate, "trigger"): {"enum": [trigger.value for trigger in Trigger if trigger is not Trigger.REOPEN]},
    (CriterionTest, "min_grade"): {"enum": [grade.value for grade in Grade if grade is not Grade.DISPROVED]},
    (RequirementTest, "fit"): {"const": True},
    (RequirementTest, "risk_reviewed"): {"const": True},
    (AlertRule, "states"): {
        "minItems": 1,
        "items": {"enum": [state.value for state in OpportunityState if state in OPEN_STATES]},
    },
}
"""What `check` asks of a field beyond its type, as far as a schema can say it."""

SCALAR = {"type": ["string", "number", "boolean"]}
RECORD_CONSTRAINTS: Mapping[type, SchemaNode] = {
    RequirementTest: {"minProperties": 1, "maxProperties": 1},
    FitRule: {
        "if": {"properties": {"operator": {"const": FitOperator.IN.value}}},
        "then": {"properties": {"value": {"type": "array", "minItems": 1, "items": SCALAR}}},
        "else": {
            "if": {"properties": {"operator": {"enum": [FitOperator.EQ.value, FitOperator.NE.value]}}},
            "then": {"properties": {"value": SCALAR}},
            "else": {"properties": {"value": {"type": ["string", "number"]}}},
        },
    },
}
"""What is asked of a part beyond its fields."""


def _record_types(shape: type) -> Iterator[type]:
    """The part and all that it is made of, each after what holds it."""
    yield shape
    for kind in get_type_hints(shape).values():
        inner = next((part for part in (kind, *get_args(kind)) if is_dataclass(part)), None)
        if isinstance(inner, type):
            yield from _record_types(inner)


def _record_schema(shape: type) -> SchemaNode:
    assert is_dataclass(shape)
    hints = get_type_hints(shape)
    return {
        "type": "object",
        "description": (shape.__doc__ or "").strip(),
        "additionalProperties": False,
        "required": [camel(field.name) for field in fields(shape) if _is_required(shape, field)],
        "properties": {camel(field.name): _field_schema(shape, field, hints[field.name]) for field in fields(shape)},
        **RECORD_CONSTRAINTS.get(shape, {}),
    }


def _is_required(shape: type, field: "Field[Any]") -> bool:
    return field.default is MISSING and not _is_inherited(shape, field)


def _is_inherited(shape: type, field: "Field[Any]") -> bool:
    """Left out, or null, of the whole document it is the default process's."""
    return shape is ProcessDocument and field.name in INHERITED_FIELDS


def _field_schema(shape: type, field: "Field[Any]", kind: Any) -> SchemaNode:
    place = (shape, field.name)
    node = {**_type_schema(kind, place), **FIELD_CONSTRAINTS.get(place, {})}
    if text := DESCRIPTIONS.get(place):
        node = {"description": text, **({"allOf": [node]} if "$ref" in node else node)}
    if field.default not in (MISSING, None, ()):
        node["default"] = encode(field.default)
    return _nullable(node) if _is_inherited(shape, field) else node


def _type_schema(kind: Any, place: tuple[type, str]) -> SchemaNode:  # Any: a type as a value
    if get_origin(kind) is UnionType:
        inner = _type_schema(next(part for part in get_args(kind) if part is not type(None)), place)
        return inner if place[0] is RequirementTest else _nullable(inner)
    if get_origin(kind) is tuple:
        least = {"minItems": 1} if place in NON_EMPTY_LISTS else {}
        return {"type": "array", **least, "maxItems": MAX_LIST_LENGTH, "items": _type_schema(get_args(kind)[0], place)}
    if is_dataclass(kind) and isinstance(kind, type):
        return {"$ref": f"#/definitions/{kind.__name__}"}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"description": " ".join((kind.__doc__ or "").split()), "enum": [word.value for word in kind]}
    return {**_SCALARS[kind], **_bounds_schema(kind, place)}


def _bounds_schema(kind: Any, place: tuple[type, str]) -> SchemaNode:
    if kind is str:
        pattern = KEY_REGEX if place[1] == "key" else NOT_BLANK_REGEX
        return {"minLength": 1, "maxLength": MAX_LENGTHS.get(place, MAX_TEXT_LENGTH), "pattern": pattern}
    limits = RANGES.get(place)
    return {"minimum": limits.minimum, "maximum": limits.maximum} if limits else {}


def _nullable(node: SchemaNode) -> SchemaNode:
    if "type" in node:
        return {**node, "type": [node["type"], "null"]}
    return {"anyOf": [node, {"type": "null"}]}


_SCALARS: Mapping[Any, SchemaNode] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Decimal: {"type": "number"},
    Any: {},
}
