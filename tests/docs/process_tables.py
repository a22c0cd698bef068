"""Tables of a sales process.

They show the gates, criteria, milestones and alert rules of the default process, and the fields of its
document.
"""

import re
from collections.abc import Callable, Mapping

from graphql import GraphQLInputField, GraphQLInputObjectType, build_schema, print_ast

from schema import schema
from tests.docs.markdown import code, first_sentence, table
from workflow.operations.process.processes import PRESETS, preset
from workflow.rules.alerts.alerts import CAUSE_FINDERS
from workflow.rules.codec import camel
from workflow.rules.enums import AlertCode, AlertSeverity, OpportunityField, OpportunityState, RequirementKind
from workflow.rules.gates import cel, cel_parser, cel_variables
from workflow.rules.gates.requirements import EVALUATORS
from workflow.rules.opportunity.fields import FIELD_RULES
from workflow.rules.process.bounds import MAX_LENGTHS, MAX_LIST_LENGTH, MAX_TEXT_LENGTH, RANGES
from workflow.rules.process.document import KIND_OF_TEST, AlertRule, RequirementTest

SHIPPED = preset("default")
PARTS = {
    "SalesProcessInput": "The document",
    "CriterionInput": "A criterion, in `criteria`",
    "FitRuleInput": "A fit rule, in `fitRules`",
    "RequiredRoleInput": "A required role, in `requiredRoles`",
    "MilestoneTemplateInput": "A milestone, in `milestones`",
    "GateInput": "A gate, in `gates`",
    "GateRequirementInput": "A requirement, in `requirements` of a gate",
    "RequirementTestInput": "A test, in `test` of a requirement",
    "CriterionTestInput": "The test `criterion`",
    "RoleTestInput": "The test `role`",
    "StateSettingsInput": "A state, in `states`",
    "AlertRuleInput": "An alert rule, in `alertRules`",
}
"""The parts of a document, by the GraphQL inputs that have their fields."""
TEST_FIELDS = {kind: camel(name) for name, kind in KIND_OF_TEST.items()}
VERBS = re.compile(r"\b(check that|count|find|measure) ", re.IGNORECASE)
"""The verbs with which the docstrings of evaluators and finders begin."""
UNITS = {AlertCode.STATE_AGE: " %", AlertCode.CLOSE_DATE_PUSHED: " times"}
"""The units of thresholds that are not days."""


def states() -> str:
    """Return what each state means in the default process."""
    rows = []
    for state in OpportunityState:
        settings = SHIPPED.state_settings(state)
        days = settings.expected_days or "–"
        rows.append((code(state), f"{settings.probability:.2f}", code(settings.forecast_category), days))
    return table(("state", "probability", "forecast category", "expected days"), rows)


def gates() -> str:
    """Return the requirements of the default process."""
    rows = [
        (code(gate.trigger), code(one.key), one.label, one.strength, _describe(one.test))
        for gate in SHIPPED.gates
        for one in gate.requirements
    ]
    return table(("gate", "requirement", "label", "strength", "test"), rows)


def criteria() -> str:
    """Return the criteria of the default process."""
    rows = [
        (
            code(one.key),
            code(one.kind),
            one.label,
            one.weight,
            f"{one.stale_after_days} days" if one.stale_after_days else "never",
        )
        for one in SHIPPED.criteria
    ]
    return table(("criterion", "kind", "label", "weight", "stale after"), rows)


def milestones() -> str:
    """Return the milestones of the default process."""
    rows = [
        (code(one.key), one.name, code(one.side), one.weight, one.due_after_days)
        for one in SHIPPED.milestones
    ]
    return table(("milestone", "name", "side", "weight", "due after days"), rows)


def required_roles() -> str:
    """Return the roles that the default process requires."""
    return table(
        ("one of these roles", "people"), ((code(*one.any_of), one.minimum) for one in SHIPPED.required_roles)
    )


def requirement_kinds() -> str:
    """Return the kinds of requirement, each with the field of `test` that asks for it."""
    rows = [(code(kind), code(TEST_FIELDS[kind]), _condition(check)) for kind, check in EVALUATORS.items()]
    return table(("kind", "field of `test`", "met when"), rows)


def requirement_fields() -> str:
    """Return the fields that a requirement of the kind FIELD can ask for."""
    rows = [
        (code(field), first_sentence(FIELD_RULES[field].met), code(FIELD_RULES[field].remedy))
        for field in OpportunityField
    ]
    return table(("field", "met when", "remedy"), rows)


def alert_rules() -> str:
    """Return the alert rules of the default process, one row a code."""
    rows = []
    for alert, finder in CAUSE_FINDERS.items():
        rules = [rule for rule in SHIPPED.alert_rules if rule.code is alert]
        states = list(dict.fromkeys(rule.states for rule in rules))
        shown = code(*states[0]) if len(states) == 1 else "see each"
        cells = [_threshold(rules, severity, with_states=len(states) > 1) for severity in AlertSeverity]
        rows.append((code(alert), _condition(finder), shown, *cells))
    return table(("code", "found or measured", "states", *AlertSeverity), rows)


def presets() -> str:
    """Return the processes that ship, with their size."""
    rows = [
        (
            code(key),
            preset(key).name,
            len(preset(key).criteria),
            sum(len(gate.requirements) for gate in preset(key).gates),
        )
        for key in PRESETS
    ]
    return table(("preset", "name", "criteria", "requirements"), rows)


def document() -> str:
    """Return the fields of a process document, a table for each of its parts."""
    types = build_schema(schema.as_str()).type_map
    parts = []
    for name, title in PARTS.items():
        kind = types[name]
        assert isinstance(kind, GraphQLInputObjectType)
        rows = [
            (code(field), code(given.type), _default(given), given.description)
            for field, given in kind.fields.items()
        ]
        parts.append(f"**{title}**\n\n{table(('field', 'type', 'left out', 'description'), rows)}")
    return "\n\n".join(parts)


def bounds() -> str:
    """Return how long the texts and lists of a document may be, and its numbers."""
    rows = [("any text", f"{MAX_TEXT_LENGTH:,} characters"), ("any list", f"{MAX_LIST_LENGTH:,} items")]
    rows += [(_place(*place), f"{length:,} characters") for place, length in MAX_LENGTHS.items()]
    rows += [(_place(*place), f"{one.minimum:,} to {one.maximum:,}") for place, one in RANGES.items()]
    return table(("field", "limit"), rows)


def expression_limits() -> str:
    """Return the limits of an expression."""
    rows = (
        ("characters", f"{cel.MAX_LENGTH:,}"),
        ("names, values and signs", f"{cel_parser.MAX_TOKENS:,}"),
        ("brackets inside brackets", f"{cel_parser.MAX_BRACKET_DEPTH:,}"),
        ("ASCII characters of a pattern of `matches`", f"{cel_parser.MAX_PATTERN_LENGTH:,}"),
        ("values that an evaluation is given", f"{cel_variables.MAX_WEIGHT:,}"),
        ("characters of text that count as one value", f"{cel_variables.CHARACTERS_PER_WEIGHT:,}"),
    )
    return table(("what", "at most"), rows)


def _place(shape: type, field: str) -> str:
    letters = "".join(
        f" {letter.lower()}" if letter.isupper() else letter for letter in shape.__name__
    ).strip()
    return f"{letters.removesuffix(' template')}: {code(camel(field))}"


def _condition(check: Callable[..., object]) -> str:
    """Return the first line of a docstring as a condition: "Check that it is met." as "It is met"."""
    text = VERBS.sub("", first_sentence(check.__doc__))
    return text[:1].upper() + text[1:]


def _describe(test: RequirementTest) -> str:
    if test.criterion:
        return f"{code(test.criterion.key)} at least {test.criterion.min_grade}"
    if test.role:
        return f"at least {test.role.minimum} of {code(*test.role.any_of) or 'any role'}"
    value = {
        RequirementKind.FIT: "every HARD fit rule",
        RequirementKind.FIELD: code(test.field),
        RequirementKind.MILESTONE: f"{code(test.milestone)} DONE or WAIVED",
        RequirementKind.RISK: f"no open risk above {test.max_open_risk}",
        RequirementKind.RISK_REVIEW: "a risk review that still counts",
        RequirementKind.ACTIVITY: f"a two-way activity within {test.activity_within_days} days",
        RequirementKind.EXPRESSION: code(test.expression),
    }
    return value[test.kind]


def _threshold(rules: list[AlertRule], severity: AlertSeverity, *, with_states: bool) -> str:
    rule = next((rule for rule in rules if rule.severity is severity), None)
    if rule is None:
        return "–"
    text = "yes" if rule.threshold is None else f"{rule.threshold:f}{UNITS.get(rule.code, ' days')}"
    return f"{text} ({', '.join(rule.states)})" if with_states else text


def _default(field: GraphQLInputField) -> str:
    node = field.ast_node
    if node is not None and node.default_value is not None:
        return code(print_ast(node.default_value))
    return "required" if str(field.type).endswith("!") else "–"


PROCESS_TABLES: Mapping[str, Callable[[], str]] = {
    "states": states,
    "gates": gates,
    "criteria": criteria,
    "milestones": milestones,
    "required-roles": required_roles,
    "requirement-kinds": requirement_kinds,
    "requirement-fields": requirement_fields,
    "alert-rules": alert_rules,
    "presets": presets,
    "process-document": document,
    "process-bounds": bounds,
    "expression-names": cel_variables.variables_as_markdown,
    "expression-limits": expression_limits,
}
