"""JSON Schema of a sales process, with which an editor completes, explains and checks a YAML file."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from workflow.rules.codec import camel, encode
from workflow.rules.enums import OPEN_STATES, FitOperator, Grade, OpportunityState, Trigger
from workflow.rules.opportunity.qualification import ESSENTIAL_KINDS
from workflow.rules.process.bounds import (
    MAX_LENGTHS,
    MAX_LIST_LENGTH,
    MAX_TEXT_LENGTH,
    NON_EMPTY_LISTS,
    RANGES,
)
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

SchemaNode = dict[str, Any]  # Any: JSON

KEY_REGEX = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"
NOT_BLANK_REGEX = r"\S"


def process_json_schema() -> SchemaNode:
    """Return the schema of the document, in draft 7, which most editors support."""
    shapes = list(_record_types(ProcessDocument))
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Sales process of Pursuit",
        **_record_schema(ProcessDocument),
        "definitions": {
            shape.__name__: _record_schema(shape) for shape in shapes if shape is not ProcessDocument
        },
    }


INHERITED_FIELDS = frozenset({"states", "alert_rules"})
"""Fields that a document may leave out or set to null; the default process fills them in."""

DESCRIPTIONS: Mapping[tuple[type, str], str] = {
    (
        ProcessDocument,
        "key",
    ): "Permanent name of the process: publishing under the same key makes its next version.",
    (
        ProcessDocument,
        "criteria",
    ): "Facts to find out about a deal; exactly one each of the kinds PAIN, INTEREST and FIT.",
    (
        ProcessDocument,
        "gates",
    ): "Requirements of each transition; QUALIFY must require pain, interest and fit.",
    (ProcessDocument, "alert_rules"): "When alerts open; those of the default process if left out.",
    (
        ProcessDocument,
        "states",
    ): "Settings of each of the six states; those of the default process if left out.",
    (ProcessDocument, "fit_rules"): "Rules on an account's own data; the test `fit` requires the HARD ones.",
    (ProcessDocument, "required_roles"): "Roles that someone on the buyer's side must have in every deal.",
    (
        ProcessDocument,
        "milestones",
    ): "The buyer's steps to a purchase; a deal gets them on entering PROGRESSING.",
    (Criterion, "key"): "Name of the criterion, to which requirements and assessments refer.",
    (Criterion, "weight"): "Share of the qualification score, relative to the other criteria.",
    (Criterion, "stale_after_days"): "Days after which an assessment no longer counts; never if left out.",
    (
        FitRule,
        "attribute",
    ): "A field of the account (industry, country, employeeCount, …) or a key of its attributes.",
    (FitRule, "value"): "Value to compare with: a list for IN, otherwise a text, a number, true or false.",
    (RequiredRole, "any_of"): "One of these roles is enough.",
    (MilestoneTemplate, "weight"): "Share of the progress, relative to the other milestones.",
    (
        MilestoneTemplate,
        "due_after_days",
    ): "Days from entering PROGRESSING until it is due; no due date if left out.",
    (CriterionTest, "key"): "The key of a criterion of this document.",
    (RoleTest, "any_of"): "One of these roles is enough; an empty list accepts any stakeholder.",
    (RequirementTest, "milestone"): "The key of a milestone of this document, which must be done or waived.",
    (RequirementTest, "fit"): "Every HARD fit rule passes on the account's data.",
    (RequirementTest, "field"): "The field has a value that counts.",
    (RequirementTest, "max_open_risk"): "No open risk is above this level.",
    (RequirementTest, "risk_reviewed"): "The buyer's perceived risks were reviewed.",
    (
        RequirementTest,
        "activity_within_days",
    ): "There was two-way contact with the buyer within this number of days.",
    (
        RequirementTest,
        "expression",
    ): "A CEL expression over opportunity, account and today that must be true.",
    (
        GateRequirement,
        "key",
    ): "Name of the requirement in its gate: `criterion.pain`, `field.value`, or your own.",
    (GateRequirement, "label"): "Sentence that a salesperson reads.",
    (
        GateRequirement,
        "when",
    ): "A CEL expression; the requirement applies only to opportunities for which it is true.",
    (
        AlertRule,
        "threshold",
    ): "Days; for STATE_AGE, percent of the expected days; for CLOSE_DATE_PUSHED, a count.",
    (StateSettings, "probability"): "From 0 to 1; a forecast multiplies the value by it.",
    (StateSettings, "expected_days"): "How long an opportunity should be in this state.",
}
"""Descriptions of the fields whose names are not enough."""


def _contains(name: str, member: StrEnum) -> SchemaNode:
    return {"contains": {"required": [name], "properties": {name: {"const": member.value}}}}


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
"""Checks of a field beyond its type, as far as a schema can express them."""

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
"""Checks of a part beyond its fields."""


def _record_types(shape: type) -> Iterator[type]:
    """List a part and the parts that it contains, each after its container."""
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
        "properties": {
            camel(field.name): _field_schema(shape, field, hints[field.name]) for field in fields(shape)
        },
        **RECORD_CONSTRAINTS.get(shape, {}),
    }


def _is_required(shape: type, field: "Field[Any]") -> bool:
    return field.default is MISSING and not _is_inherited(shape, field)


def _is_inherited(shape: type, field: "Field[Any]") -> bool:
    """Return True if the default process fills in the field."""
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
        minimum = {"minItems": 1} if place in NON_EMPTY_LISTS else {}
        return {
            "type": "array",
            **minimum,
            "maxItems": MAX_LIST_LENGTH,
            "items": _type_schema(get_args(kind)[0], place),
        }
    if is_dataclass(kind) and isinstance(kind, type):
        return {"$ref": f"#/definitions/{kind.__name__}"}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {
            "description": " ".join((kind.__doc__ or "").split()),
            "enum": [member.value for member in kind],
        }
    return {**_SCALARS[kind], **_bounds_schema(kind, place)}


def _bounds_schema(kind: Any, place: tuple[type, str]) -> SchemaNode:
    if kind is str:
        pattern = KEY_REGEX if place[1] == "key" else NOT_BLANK_REGEX
        return {"minLength": 1, "maxLength": MAX_LENGTHS.get(place, MAX_TEXT_LENGTH), "pattern": pattern}
    limits = RANGES.get(place)
    return {"minimum": limits.minimum, "maximum": limits.maximum} if limits else {}


def _nullable(node: SchemaNode) -> SchemaNode:
    # Editors explain a list of types better than `anyOf`.
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
