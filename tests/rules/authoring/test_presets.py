"""Presets: valid, faithful to their methods, and with a header that explains them."""

import re
from pathlib import Path

import pytest

from workflow.operations.process.processes import PRESETS, preset, preset_text
from workflow.rules.authoring.checks import check_process
from workflow.rules.authoring.text import process_from_yaml, process_to_yaml
from workflow.rules.authoring.yaml_reading import read_yaml
from workflow.rules.enums import (
    AlertCode,
    CriterionKind,
    OpportunityState,
    RequirementKind,
    Strength,
    Trigger,
)
from workflow.rules.process.document import ProcessDocument, content_hash, parse_process

FOLDER = Path(__file__).parents[3] / "workflow" / "presets"
METHODS = {
    "bant": {"BUDGET", "AUTHORITY", "NEED", "TIMELINE"},
    "meddicc": {
        *("METRICS", "ECONOMIC_BUYER", "DECISION_CRITERIA", "DECISION_PROCESS"),
        *("PAPER_PROCESS", "CHAMPION", "COMPETITION"),
    },
    "spiced": {"CUSTOM", "METRICS", "TIMELINE", "DECISION_PROCESS"},
}
"""Criteria of each method, besides pain, interest and fit, which every process requires."""


def criteria_asked(document: ProcessDocument, trigger: Trigger, strength: Strength) -> dict[str, str]:
    """Return the criteria that a gate requires, with their grades."""
    tests = [one.test.criterion for one in document.requirements_for(trigger) if one.strength is strength]
    return {test.key: test.min_grade.value for test in tests if test}


def test_every_preset_has_its_name() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == set(PRESETS)
    assert [preset(name).key for name in PRESETS] == list(PRESETS)
    assert PRESETS[0] == "default"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_complete_and_valid(name: str) -> None:
    document = preset(name)

    assert check_process(document) == []
    assert {gate.trigger for gate in document.gates} == {Trigger.QUALIFY, Trigger.PROGRESS, Trigger.WIN}
    assert {rule.code for rule in document.alert_rules} == set(AlertCode)
    assert len(document.states) == len(OpportunityState)
    assert sum(milestone.weight for milestone in document.milestones) == 100
    assert document.required_roles


@pytest.mark.parametrize("name", PRESETS)
def test_every_criterion_has_discovery_questions(name: str) -> None:
    for criterion in preset(name).criteria:
        assert len(criterion.questions) >= 4, criterion.key
        assert [question for question in criterion.questions if not question.endswith("?")] == []


@pytest.mark.parametrize("name", PRESETS)
def test_every_criterion_and_key_milestone_is_required_by_a_gate(name: str) -> None:
    document = preset(name)
    tests = [one.test for gate in document.gates for one in gate.requirements]

    assert {test.criterion.key for test in tests if test.criterion} == {one.key for one in document.criteria}
    assert {test.kind for test in tests} >= {
        *(RequirementKind.CRITERION, RequirementKind.FIT, RequirementKind.FIELD, RequirementKind.ROLE),
        *(RequirementKind.MILESTONE, RequirementKind.RISK, RequirementKind.RISK_REVIEW),
    }


@pytest.mark.parametrize("name", PRESETS)
def test_milestone_days_increase_and_fit_the_state(name: str) -> None:
    document = preset(name)
    due = [milestone.due_after_days or 0 for milestone in document.milestones]

    assert due == sorted(due)
    assert due[-1] <= (document.state_settings(OpportunityState.PROGRESSING).expected_days or 0)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_a_criterion_for_each_letter(name: str) -> None:
    kinds = {criterion.kind.value for criterion in preset(name).criteria}

    assert kinds == METHODS[name] | {CriterionKind.PAIN, CriterionKind.INTEREST, CriterionKind.FIT}


def test_bant_requires_all_four_before_progressing() -> None:
    bant = preset("bant")

    assert criteria_asked(bant, Trigger.QUALIFY, Strength.SOFT) == dict.fromkeys(
        ("budget", "authority", "timeline"), "IDENTIFIED"
    )
    assert criteria_asked(bant, Trigger.PROGRESS, Strength.HARD) == dict.fromkeys(
        ("budget", "authority", "timeline"), "VALIDATED"
    )


def test_meddicc_requires_its_letters_to_progress_and_win() -> None:
    meddicc = preset("meddicc")

    assert criteria_asked(meddicc, Trigger.PROGRESS, Strength.HARD) == {
        **dict.fromkeys(
            ("metrics", "decision_criteria", "decision_process", "pain", "champion"), "VALIDATED"
        ),
        "economic_buyer": "IDENTIFIED",
    }
    assert criteria_asked(meddicc, Trigger.WIN, Strength.HARD) == {
        "economic_buyer": "VALIDATED",
        "paper_process": "CONFIRMED",
    }


def test_spiced_requires_impact_and_critical_event_before_progressing() -> None:
    asked = criteria_asked(preset("spiced"), Trigger.PROGRESS, Strength.HARD)

    assert asked == {"impact": "VALIDATED", "critical_event": "VALIDATED", "decision": "IDENTIFIED"}


@pytest.mark.parametrize("name", METHODS)
def test_a_header_explains_audience_content_and_adaptation(name: str) -> None:
    header = re.split(r"^key:", preset_text(name), maxsplit=1, flags=re.MULTILINE)[0]

    for part in (
        "Who it is for:",
        "What it requires:",
        "How to adapt it:",
        "fitRules:",
        "when: opportunity.",
        "pursuit process check",
    ):
        assert part in header
    assert all(line.startswith("#") for line in header.splitlines())


@pytest.mark.parametrize("name", METHODS)
def test_the_examples_of_a_header_are_valid(name: str) -> None:
    lines = re.findall(r"^#   ((?:  )*[a-z-].*)$", preset_text(name), flags=re.MULTILINE)
    place = lines.index("fitRules:")
    rules = "\n".join(lines[place : place + 2])
    requirement = "\n".join(lines[place + 2 :])
    plain = read_yaml(preset_text(name)).data
    [asked] = list_in(read_yaml(requirement).data)
    assert isinstance(plain, dict) and isinstance(asked, dict)

    assert asked.pop("when")
    plain["gates"][1]["requirements"].append({**asked, "key": "example"})
    plain["fitRules"] = read_yaml(rules).data["fitRules"]  # type: ignore[index]  # an object

    assert check_process(parse_process(plain)) == []


def list_in(data: object) -> list[object]:
    """Return the data, which must be a list."""
    assert isinstance(data, list)
    return data


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_round_trips_through_yaml(name: str) -> None:
    text = process_to_yaml(preset(name))

    assert content_hash(process_from_yaml(text)) == content_hash(preset(name))
    assert max(len(line) for line in text.splitlines()) <= 140


@pytest.mark.parametrize("name", PRESETS)
def test_an_editor_finds_the_schema_beside_a_preset(name: str) -> None:
    first = preset_text(name).splitlines()[0]

    assert first == "# yaml-language-server: $schema=process.schema.json"
    assert (FOLDER / "process.schema.json").exists()
