"""Process documents: parsed with every fault, and encoded without loss."""

import json
from typing import Any

import pytest

from tests.support.rules.deal_facts import DEFAULT
from tests.support.rules.process_documents import Change, default_with
from workflow.rules.authoring.checks import check_process
from workflow.rules.enums import (
    AlertCode,
    AlertSeverity,
    OpportunityState,
    RequirementKind,
    RiskLevel,
    Strength,
    Trigger,
)
from workflow.rules.errors import InvalidInputError
from workflow.rules.process.document import content_hash, encode_process, parse_process

TESTS = [
    ({"criterion": {"key": "pain"}}, RequirementKind.CRITERION),
    ({"fit": True}, RequirementKind.FIT),
    ({"field": "VALUE"}, RequirementKind.FIELD),
    ({"role": {"anyOf": []}}, RequirementKind.ROLE),
    ({"milestone": "decision_made"}, RequirementKind.MILESTONE),
    ({"maxOpenRisk": "LOW"}, RequirementKind.RISK),
    ({"riskReviewed": True}, RequirementKind.RISK_REVIEW),
    ({"activityWithinDays": 14}, RequirementKind.ACTIVITY),
    ({"expression": "true"}, RequirementKind.EXPRESSION),
]


def test_the_default_process_has_no_fault() -> None:
    assert check_process(DEFAULT) == []


def test_the_default_gates_are_as_documented() -> None:
    gates = {
        gate.trigger: {s: [r.key for r in gate.requirements if r.strength is s] for s in Strength}
        for gate in DEFAULT.gates
    }

    assert gates == {
        Trigger.QUALIFY: {
            Strength.HARD: ["criterion.pain", "criterion.interest", "criterion.fit", "fit"],
            Strength.SOFT: ["role.stakeholder", "field.next_step"],
        },
        Trigger.PROGRESS: {
            Strength.HARD: [
                *(
                    "field.value",
                    "field.expected_close_date",
                    "role.decision",
                    "field.purchase_process",
                    "risk.review",
                )
            ],
            Strength.SOFT: ["role.champion", "criterion.budget", "criterion.authority", "criterion.timeline"],
        },
        Trigger.WIN: {
            Strength.HARD: ["field.value", "milestone.decision_made", "milestone.terms_agreed", "risk.open"],
            Strength.SOFT: [],
        },
    }
    assert DEFAULT.requirements_for(Trigger.WIN)[3].test.max_open_risk is RiskLevel.MEDIUM


def test_the_default_numbers_are_as_documented() -> None:
    assert [(c.key, c.weight, c.stale_after_days) for c in DEFAULT.criteria] == [
        ("pain", 40, 90),
        ("interest", 30, 90),
        ("fit", 30, None),
        ("budget", 10, 90),
        ("authority", 10, None),
        ("timeline", 10, None),
    ]
    assert [(m.key, m.weight, m.due_after_days) for m in DEFAULT.milestones] == [
        ("problem_agreed", 15, 14),
        ("solution_validated", 25, 30),
        ("business_case_shared", 20, 45),
        ("decision_made", 20, 60),
        ("terms_agreed", 20, 75),
    ]
    settings = {
        s.state: (str(s.probability), s.forecast_category.value, s.expected_days) for s in DEFAULT.states
    }
    assert settings == {
        OpportunityState.LEAD: ("0.1", "OMITTED", 14),
        OpportunityState.QUALIFIED: ("0.25", "PIPELINE", 14),
        OpportunityState.PROGRESSING: ("0.5", "BEST_CASE", 90),
        OpportunityState.WON: ("1.0", "CLOSED", None),
        OpportunityState.LOST: ("0", "OMITTED", None),
        OpportunityState.DISQUALIFIED: ("0", "OMITTED", None),
    }


def test_every_alert_code_has_a_rule_by_default() -> None:
    assert {rule.code for rule in DEFAULT.alert_rules} == set(AlertCode)
    ladder = {r.severity: r.threshold for r in DEFAULT.alert_rules if r.code is AlertCode.STATE_AGE}
    assert ladder == {AlertSeverity.ADVICE: 100, AlertSeverity.WARNING: 125, AlertSeverity.CRITICAL: 150}


def test_a_document_reads_back_as_it_was_written() -> None:
    assert parse_process(encode_process(DEFAULT)) == DEFAULT
    assert content_hash(parse_process(encode_process(DEFAULT))) == content_hash(DEFAULT)


@pytest.mark.parametrize("number", [0.1, 1 / 3, 1e-7, 5e-324, 0, -0.0])
def test_a_number_is_written_as_it_was_read(number: float) -> None:
    document = parse_process(default_with(lambda d: d["states"][0].update(probability=number)))

    again = parse_process(json.loads(json.dumps(encode_process(document))))
    assert (again, content_hash(again)) == (document, content_hash(document))
    assert str(encode_process(document)["states"][0]["probability"]) == str(abs(float(number)))


def test_one_changed_word_changes_the_hash() -> None:
    assert content_hash(parse_process(default_with(lambda d: d.update(name="Other")))) != content_hash(
        DEFAULT
    )


@pytest.mark.parametrize(("test", "kind"), TESTS)
def test_a_test_of_every_kind_is_read(test: dict[str, Any], kind: RequirementKind) -> None:
    document = parse_process(default_with(lambda d: d["gates"][2]["requirements"][0].update(test=test)))

    assert document.requirements_for(Trigger.WIN)[0].test.kind is kind


def test_states_and_alert_rules_left_out_are_the_defaults() -> None:
    short = default_with(lambda d: (d.pop("states"), d.update(alertRules=None)))

    assert parse_process(short, defaults=DEFAULT) == DEFAULT


def test_omitted_parts_are_empty() -> None:
    short = default_with(lambda d: [d.pop(part) for part in ("fitRules", "requiredRoles")])

    assert (parse_process(short).fit_rules, parse_process(short).required_roles) == ((), ())


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        (lambda d: d.pop("states"), [("states",)]),
        (lambda d: d["states"].pop(), [("states",)]),
        (lambda d: d.update(colour="red"), [("colour",)]),
        (lambda d: d["criteria"][0].update(weight="heavy"), [("criteria", "0", "weight")]),
        (lambda d: d["criteria"][0].update(weight=True), [("criteria", "0", "weight")]),
        (lambda d: d["criteria"][0].update(kind="ACHE"), [("criteria", "0", "kind")]),
        (lambda d: d["criteria"][1].pop("label"), [("criteria", "1", "label")]),
        (lambda d: d["criteria"][1].update(questions=None), [("criteria", "1", "questions")]),
        (lambda d: d["states"][0].update(probability=float("nan")), [("states", "0", "probability")]),
        (lambda d: d.update(gates="all"), [("gates",)]),
        (
            lambda d: d["gates"][0]["requirements"][3].update(test={}),
            [("gates", "0", "requirements", "3", "test")],
        ),
        (
            lambda d: d["gates"][0]["requirements"][3].update(test={"fit": True, "field": "VALUE"}),
            [("gates", "0", "requirements", "3", "test")],
        ),
        (lambda d: (d.pop("key"), d["criteria"].append(3)), [("key",), ("criteria", "6")]),
    ],
)
def test_an_unreadable_document_is_refused_with_every_path(
    change: Change, paths: list[tuple[str, ...]]
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        parse_process(default_with(change))

    assert sorted(fault.path for fault in refusal.value.fields) == sorted(paths)
