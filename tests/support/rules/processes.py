"""Random valid sales processes with every kind of part, and texts that are difficult in YAML."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from workflow.rules.enums import (
    OPEN_STATES,
    AlertCode,
    AlertSeverity,
    BuyingRole,
    Coverage,
    CriterionKind,
    FitOperator,
    ForecastCategory,
    Grade,
    MilestoneSide,
    OpportunityField,
    OpportunityState,
    RiskLevel,
    Strength,
    Trigger,
)
from workflow.rules.opportunity.qualification import ESSENTIAL_KINDS, EVIDENCED_GRADES
from workflow.rules.process.bounds import MAX_LENGTHS, MAX_TEXT_LENGTH, RANGES
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

T = TypeVar("T")

YAML_LOOKALIKES = (
    "no",
    "2024-01-01",
    "010",
    "1e5",
    "null",
    "~",
    "<<",
    "- a",
    "a: b",
    "a #b",
    "*a",
    "&a",
    "!a",
    "%a",
    "'",
    '"',
)
CONTROL_TEXTS = (
    "{}",
    "[",
    "|",
    "line\nline",
    "lines\n\n",
    "\n  deep\nless",
    "  both  ",
    "\ttab",
    "a\u2028b",
    "a\x85",
    "\ufeffa",
    "\U0001f600",
    "\x1b[0m",
    "\r\né",
)
WORDS = (*YAML_LOOKALIKES, *CONTROL_TEXTS)
"""Texts that YAML reads as something else unless they are quoted."""
EARLY_GATES = frozenset({Trigger.QUALIFY, Trigger.PROGRESS})
"""Gates before milestones exist, which require none."""
VALID_EXPRESSIONS = (
    "opportunity.value != null && opportunity.value > 50000",
    'account.country in ["DE", "AT"] || has(account.attributes.tier)',
    "opportunity.name.startsWith('no: #')",
    "opportunity.score >= 60 &&\n  today > '2026'",
)
"""Valid expressions."""
LETTERS = "abcXYZ019_.-"
SIGNS = "".join(WORDS) + " ,:?#-'\"\\\n€ß漢"


def process_documents() -> st.SearchStrategy[ProcessDocument]:
    """A strategy of valid processes by seed, because drawing a thousand parts one by one is slow."""
    return st.integers(0, 2**63).map(random_process)


def random_process(seed: int) -> ProcessDocument:
    """Return the process of a seed."""
    return _RandomDocument(Random(seed)).document()


class _RandomDocument:
    """Generates a process by random choices."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def document(self) -> ProcessDocument:
        """Return the document."""
        criteria = self.criteria()
        milestones = self.milestones()
        return ProcessDocument(
            key=self.keys(1)[0],
            name=self.text(ProcessDocument, "name"),
            criteria=criteria,
            gates=self.gates(criteria, milestones),
            alert_rules=self.alert_rules(),
            states=tuple(self.settings(state) for state in self.shuffled(OpportunityState)),
            fit_rules=tuple(self.fit_rule(key) for key in self.keys(self.up_to(3))),
            required_roles=tuple(
                RequiredRole((role,), self.number(RequiredRole, "minimum"))
                for role in self.sample(BuyingRole)
            ),
            milestones=milestones,
        )

    def criteria(self) -> tuple[Criterion, ...]:
        kinds = self.shuffled([*ESSENTIAL_KINDS, *self.sample(set(CriterionKind) - set(ESSENTIAL_KINDS))])
        return tuple(
            Criterion(
                key=key,
                kind=kind,
                label=self.text(Criterion, "label"),
                questions=tuple(self.text(Criterion, "questions") for _ in range(self.up_to(3))),
                weight=self.number(Criterion, "weight") or 1,
                stale_after_days=self.maybe(self.number(Criterion, "stale_after_days")),
            )
            for key, kind in zip(self.keys(len(kinds)), kinds, strict=True)
        )

    def fit_rule(self, key: str) -> FitRule:
        operator = self.choice(FitOperator)
        about = (key, self.text(FitRule, "label"), self.text(FitRule, "attribute"), operator)
        return FitRule(*about, self.fit_value(operator), self.choice(Strength))

    def fit_value(self, operator: FitOperator) -> object:
        ordered: list[object] = [
            self.text(FitRule, "value"),
            self.rng.randrange(-(10**14), 10**14),
            self.float(-1e14, 1e14),
        ]
        compared = [*ordered, True, False]
        if operator is FitOperator.IN:
            return [self.choice(compared) for _ in range(1 + self.up_to(2))]
        return self.choice(compared if operator in (FitOperator.EQ, FitOperator.NE) else ordered)

    def milestones(self) -> tuple[MilestoneTemplate, ...]:
        def made(key: str) -> MilestoneTemplate:
            due = self.maybe(self.number(MilestoneTemplate, "due_after_days"))
            weight = self.number(MilestoneTemplate, "weight") or 1
            return MilestoneTemplate(
                key, self.text(MilestoneTemplate, "name"), self.choice(MilestoneSide), weight, due
            )

        return tuple(made(key) for key in self.keys(self.up_to(4)))

    def gates(
        self, criteria: Sequence[Criterion], milestones: Sequence[MilestoneTemplate]
    ) -> tuple[Gate, ...]:
        needed = [
            CriterionTest(one.key, self.choice(EVIDENCED_GRADES))
            for one in criteria
            if one.kind in ESSENTIAL_KINDS
        ]
        essential = [(RequirementTest(criterion=test), Strength.HARD, None) for test in needed]
        others = set(Trigger) - {Trigger.QUALIFY, Trigger.REOPEN}

        def made(trigger: Trigger) -> Gate:
            tests = self.tests(criteria, () if trigger in EARLY_GATES else milestones)
            free = [
                (self.choice(tests)(), self.choice(Strength), self.maybe(self.choice(VALID_EXPRESSIONS)))
                for _ in range(self.up_to(5))
            ]
            required = self.shuffled([*free, *(essential if trigger is Trigger.QUALIFY else [])])
            named = zip(self.keys(len(required)), required, strict=True)
            return Gate(
                trigger,
                tuple(GateRequirement(key, self.text(GateRequirement, "label"), *one) for key, one in named),
            )

        return tuple(made(trigger) for trigger in self.shuffled([Trigger.QUALIFY, *self.sample(others)]))

    def tests(
        self, criteria: Sequence[Criterion], milestones: Sequence[MilestoneTemplate]
    ) -> list[Callable[[], RequirementTest]]:
        """Return a test of every kind, with keys of the document."""
        grades = set(Grade) - {Grade.DISPROVED}
        days = (RequirementTest, "activity_within_days")
        asked: list[Callable[[], RequirementTest]] = [
            lambda: RequirementTest(criterion=CriterionTest(self.choice(criteria).key, self.choice(grades))),
            lambda: RequirementTest(fit=True),
            lambda: RequirementTest(field=self.choice(OpportunityField)),
            lambda: RequirementTest(
                role=RoleTest(
                    self.sample(BuyingRole), self.number(RoleTest, "minimum"), self.choice(Coverage)
                )
            ),
            lambda: RequirementTest(max_open_risk=self.choice(RiskLevel)),
            lambda: RequirementTest(risk_reviewed=True),
            lambda: RequirementTest(expression=self.choice(VALID_EXPRESSIONS)),
            lambda: RequirementTest(activity_within_days=self.number(*days)),
        ]
        return (
            [*asked, lambda: RequirementTest(milestone=self.choice(milestones).key)] if milestones else asked
        )

    def alert_rules(self) -> tuple[AlertRule, ...]:
        rungs = {(self.choice(AlertCode), self.choice(AlertSeverity)) for _ in range(self.up_to(6))}
        threshold = self.maybe(self.decimal(AlertRule, "threshold"))
        return tuple(
            AlertRule(
                code, severity, self.sample(OPEN_STATES, least=1), threshold, self.choice((True, False))
            )
            for code, severity in self.shuffled(rungs)
        )

    def settings(self, state: OpportunityState) -> StateSettings:
        days = self.maybe(self.number(StateSettings, "expected_days"))
        return StateSettings(
            state, self.decimal(StateSettings, "probability"), self.choice(ForecastCategory), days
        )

    def text(self, shape: type, name: str) -> str:
        most = MAX_LENGTHS.get((shape, name), MAX_TEXT_LENGTH)
        length = most if self.up_to(60) == 0 else self.up_to(60)
        drawn = "".join(self.rng.choices(SIGNS, k=length))
        return self.choice((self.choice(WORDS), "What is it, then?", drawn if drawn.strip() else "x"))

    def keys(self, count: int) -> list[str]:
        """Return different keys."""
        tail = "".join(self.rng.choices(LETTERS, k=self.up_to(50)))
        return self.shuffled(
            [
                f"{place}{tail}" if place else self.choice(("no", "1e5", "007", "x" * 64))
                for place in range(count)
            ]
        )

    def number(self, shape: type, name: str) -> int:
        limits = RANGES[shape, name]
        return self.choice((limits.minimum, limits.maximum, self.rng.randint(limits.minimum, limits.maximum)))

    def decimal(self, shape: type, name: str) -> Decimal:
        limits = RANGES[shape, name]
        return Decimal(str(self.float(limits.minimum, limits.maximum)))

    def float(self, least: float, most: float) -> float:
        return self.choice((least, most, 0.1, 1 / 3, 5e-324, 1e-7, -0.0, self.rng.uniform(least, most)))

    def choice(self, these: Iterable[T]) -> T:
        known: Sequence[T] = these if isinstance(these, Sequence) else sorted(these, key=str)
        return self.rng.choice(known)

    def sample(self, these: Iterable[T], *, least: int = 0) -> tuple[T, ...]:
        return tuple(self.shuffled(these)[: max(least, self.up_to(4))])

    def shuffled(self, these: Iterable[T]) -> list[T]:
        order = list(these) if isinstance(these, Sequence) else sorted(these, key=str)
        self.rng.shuffle(order)
        return order

    def maybe(self, value: T) -> T | None:
        return self.choice((None, value))

    def up_to(self, most: int) -> int:
        return self.rng.randint(0, most)
