"""Checks of a process document: each fault is found at its path."""

import pytest

from tests.support.rules.deal_facts import default_document
from tests.support.rules.process_documents import Change, default_with, with_fit_rule, with_requirement
from workflow.rules.authoring.checks import check_process
from workflow.rules.enums import Trigger
from workflow.rules.process.document import parse_process

FIRST = ("gates", "2", "requirements", "0")
PROGRESS = ("gates", "1", "requirements", "0")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d["criteria"].append(d["criteria"][5]), ("criteria", "6")),
        (lambda d: d["criteria"][3].update(kind="PAIN"), ("criteria",)),
        (with_requirement(0, strength="SOFT"), ("gates", "0")),
        (with_requirement(0, test={"criterion": {"key": "pain", "minGrade": "IDENTIFIED"}}), ("gates", "0")),
        (with_requirement(2, when="opportunity.valu > 50000"), (*FIRST, "when")),
        (with_requirement(2, when=" "), (*FIRST, "when")),
        (with_requirement(2, when="x" * 1001), (*FIRST, "when")),
        (with_requirement(2, test={"expression": "opportunity.value >"}), (*FIRST, "test", "expression")),
        (with_requirement(1, test={"milestone": "decision_made"}), (*PROGRESS, "test", "milestone")),
        (with_requirement(2, test={"criterion": {"key": "ache"}}), (*FIRST, "test", "criterion", "key")),
        (
            with_requirement(2, test={"criterion": {"key": "pain", "minGrade": "DISPROVED"}}),
            (*FIRST, "test", "criterion", "minGrade"),
        ),
        (with_requirement(2, test={"milestone": "party"}), (*FIRST, "test", "milestone")),
        (with_requirement(2, test={"fit": False}), (*FIRST, "test", "fit")),
        (with_requirement(2, test={"riskReviewed": False}), (*FIRST, "test", "riskReviewed")),
        (with_requirement(2, test={"activityWithinDays": 0}), (*FIRST, "test", "activityWithinDays")),
        (
            with_requirement(2, test={"role": {"anyOf": [], "minimum": 0}}),
            (*FIRST, "test", "role", "minimum"),
        ),
        (with_requirement(2, key="risk.open"), ("gates", "2", "requirements", "3")),
        (with_requirement(2, key="Käse"), (*FIRST, "key")),
        (with_requirement(2, label="  "), (*FIRST, "label")),
        (with_requirement(2, label="a\x00b"), (*FIRST, "label")),
        (
            lambda d: d["criteria"][0].update(questions=["Why?", "\ud800"]),
            ("criteria", "0", "questions", "1"),
        ),
        (lambda d: d["gates"].append({"trigger": "WIN", "requirements": []}), ("gates", "3")),
        (lambda d: d["gates"].append({"trigger": "REOPEN", "requirements": []}), ("gates", "3", "trigger")),
        (lambda d: d["criteria"][0].update(weight=-1), ("criteria", "0", "weight")),
        (lambda d: d["criteria"][0].update(staleAfterDays=0), ("criteria", "0", "staleAfterDays")),
        (lambda d: d["criteria"][0].update(questions=["Why?", " "]), ("criteria", "0", "questions", "1")),
        (lambda d: [c.update(weight=0) for c in d["criteria"]], ("criteria",)),
        (lambda d: [m.update(weight=0) for m in d["milestones"]], ("milestones",)),
        (lambda d: d["milestones"].append(d["milestones"][0]), ("milestones", "5")),
        (lambda d: d["milestones"][0].update(dueAfterDays=-1), ("milestones", "0", "dueAfterDays")),
        (lambda d: d["milestones"][0].update(key="k" * 65), ("milestones", "0", "key")),
        (lambda d: d["milestones"][0].update(name="n" * 256), ("milestones", "0", "name")),
        (lambda d: d["criteria"].append({**d["criteria"][3], "key": "k" * 65}), ("criteria", "6", "key")),
        (lambda d: d.update(key="k" * 65), ("key",)),
        (lambda d: d.update(name="n" * 256), ("name",)),
        (lambda d: d["requiredRoles"].append({"anyOf": []}), ("requiredRoles", "2", "anyOf")),
        (lambda d: d["requiredRoles"].append({"anyOf": ["CHAMPION"]}), ("requiredRoles", "2")),
        (lambda d: d["states"][0].update(probability=1.01), ("states", "0", "probability")),
        (lambda d: d["states"].append(d["states"][0]), ("states", "6")),
        (lambda d: d["alertRules"].append(d["alertRules"][0]), ("alertRules", "29")),
        (lambda d: d["alertRules"][0].update(states=["WON"]), ("alertRules", "0", "states")),
        (lambda d: d["alertRules"][0].update(states=[]), ("alertRules", "0", "states")),
        (with_fit_rule("IN", 5), ("fitRules", "0", "value")),
        (with_fit_rule("IN", []), ("fitRules", "0", "value")),
        (with_fit_rule("EQ", [5]), ("fitRules", "0", "value")),
        (with_fit_rule("GT", True), ("fitRules", "0", "value")),
    ],
)
def test_each_fault_of_a_document_is_reported_with_its_path(change: Change, path: tuple[str, ...]) -> None:
    assert [fault.path for fault in check_process(parse_process(default_with(change)))] == [path]


@pytest.mark.parametrize("trigger", Trigger)
def test_a_milestone_is_required_only_after_it_can_exist(trigger: Trigger) -> None:
    asked = {"key": "asked", "label": "Asked", "strength": "SOFT", "test": {"milestone": "decision_made"}}
    gates = {gate["trigger"]: gate["requirements"] for gate in default_document()["gates"]}
    gates[trigger] = [*gates.get(trigger, []), asked]
    place = (
        str(list(gates).index(trigger)),
        "requirements",
        str(len(gates[trigger]) - 1),
        "test",
        "milestone",
    )

    problems = check_process(
        parse_process(
            default_with(
                lambda d: d.update(gates=[{"trigger": t, "requirements": r} for t, r in gates.items()])
            )
        )
    )

    never = trigger in (Trigger.QUALIFY, Trigger.PROGRESS)
    assert [fault.path for fault in problems if fault.path[-1] == "milestone"] == (
        [("gates", *place)] if never else []
    )


def test_a_document_with_valid_expressions_has_no_fault() -> None:
    parts = {
        "when": "opportunity.value != null && opportunity.value > 50000",
        "test": {"expression": "today > '2026'"},
    }

    assert check_process(parse_process(default_with(with_requirement(2, **parts)))) == []


def test_texts_copied_to_deals_fit_their_columns() -> None:
    longest = {"key": "k" * 64, "name": "n" * 255}

    assert (
        check_process(
            parse_process(default_with(lambda d: (d["milestones"][0].update(longest), d.update(longest))))
        )
        == []
    )


def test_all_faults_are_reported_below_the_inputs_path() -> None:
    document = parse_process(
        default_with(lambda d: (d["states"][0].update(probability=2), d["gates"].pop(0)))
    )

    assert [fault.path for fault in check_process(document, at=("document",))] == [
        ("document", "states", "0", "probability"),
        *[("document", "gates")] * 3,
    ]
