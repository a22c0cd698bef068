"""A simple model of a deal, written again from the tables of the domain."""

from dataclasses import dataclass, field

HARD_REQUIREMENTS = {
    "QUALIFY": {"criterion.pain", "criterion.interest", "criterion.fit"},
    "PROGRESS": {
        "field.value",
        "field.expected_close_date",
        "role.decision",
        "field.purchase_process",
        "risk.review",
    },
    "WIN": {"field.value", "milestone.decision_made", "milestone.terms_agreed", "risk.open"},
}
TARGETS = {
    "QUALIFY": {"LEAD": "QUALIFIED"},
    "PROGRESS": {"QUALIFIED": "PROGRESSING"},
    "WIN": {"PROGRESSING": "WON"},
    "LOSE": {"QUALIFIED": "LOST", "PROGRESSING": "LOST"},
    "DISQUALIFY": dict.fromkeys(("LEAD", "QUALIFIED", "PROGRESSING"), "DISQUALIFIED"),
    "REGRESS": {"PROGRESSING": "QUALIFIED", "QUALIFIED": "LEAD"},
}
REOPEN_TARGETS = {
    "LOST": {"LEAD", "QUALIFIED", "PROGRESSING"},
    "DISQUALIFIED": {"LEAD"},
    "WON": {"PROGRESSING"},
}
GATE_INTO = {"QUALIFIED": "QUALIFY", "PROGRESSING": "PROGRESS"}
CLOSED = {"WON", "LOST", "DISQUALIFIED"}
MILESTONE_KEYS = (
    "problem_agreed",
    "solution_validated",
    "business_case_shared",
    "decision_made",
    "terms_agreed",
)
GRADES = ("UNKNOWN", "IDENTIFIED", "VALIDATED", "CONFIRMED")


@dataclass
class ModelDeal:
    """The model of one deal."""

    is_ours: bool
    owner: str
    state: str = "LEAD"
    version: int = 1
    deleted: bool = False
    helpers: set[str] = field(default_factory=set)
    grades: dict[str, str] = field(default_factory=dict)
    fields: dict[str, bool] = field(
        default_factory=lambda: dict.fromkeys(("value", "close", "step", "buyer"), False)
    )
    stakeholder_roles: list[str] = field(default_factory=list)
    risks: list[tuple[bool, bool]] = field(default_factory=list)
    reviewed: bool = False
    none_found: bool = False
    milestones: dict[str, str] = field(default_factory=dict)
    overrides: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    transitions: int = 0

    def works_on(self, actor: str) -> bool:
        """Return the owner and the collaborators."""
        return actor == self.owner or actor in self.helpers

    def sees(self, actor: str) -> bool:
        """Return the members of the deal's organization."""
        return not self.deleted and self.is_ours == (actor != "foreign admin")

    def may_write(self, actor: str) -> bool:
        """Return True if the member may write the deal."""
        if actor in ("admin", "integrator", "foreign admin"):
            return True
        return actor != "observer" and (
            self.works_on(actor) or (actor == "manager" and self.owner == "owner")
        )

    def may_coach(self, actor: str) -> bool:
        """Return True if the member is a manager of the team or an admin."""
        if actor in ("admin", "foreign admin"):
            return True
        return (actor == "manager" and (self.owner == "owner" or self.works_on(actor))) or (
            actor == "other manager" and self.works_on(actor)
        )

    def may_override(self, actor: str, gate: str, key: str) -> bool:
        """Return True if the member may override the requirements."""
        hard = key in HARD_REQUIREMENTS[gate]
        return not self.works_on(actor) and (
            actor in ("admin", "foreign admin") or (not hard and self.may_coach(actor))
        )

    def unmet(self, gate: str | None) -> set[str]:
        """Return the keys of the unmet requirements."""
        found = {
            "QUALIFY": {
                f"criterion.{key}" for key in ("pain", "interest", "fit") if self._below(key, "VALIDATED")
            }
            | ({"role.stakeholder"} if not self.stakeholder_roles else set())
            | ({"field.next_step"} if not self.fields["step"] else set()),
            "PROGRESS": {
                f"criterion.{key}"
                for key in ("budget", "authority", "timeline")
                if self._below(key, "IDENTIFIED")
            }
            | {key for key, lacks in self._unmet_for_progress().items() if lacks},
            "WIN": {
                f"milestone.{key}"
                for key in MILESTONE_KEYS[3:]
                if self.milestones.get(key) not in ("DONE", "WAIVED")
            }
            | ({"field.value"} if not self.fields["value"] else set())
            | ({"risk.open"} if any(severe and is_open for severe, is_open in self.risks) else set()),
        }
        return found.get(gate or "", set())

    def _unmet_for_progress(self) -> dict[str, bool]:
        return {
            "field.value": not self.fields["value"],
            "field.expected_close_date": not self.fields["close"],
            "field.purchase_process": not self.fields["buyer"],
            "role.decision": "DECISION_MAKER" not in self.stakeholder_roles,
            "role.champion": "CHAMPION" not in self.stakeholder_roles,
            "risk.review": not (self.reviewed and (self.risks or self.none_found)),
        }

    def _below(self, key: str, least: str) -> bool:
        return GRADES.index(self.grades.get(key, "UNKNOWN")) < GRADES.index(least)

    def settle_overrides(self) -> None:
        """Settle the overrides whose requirements are met."""
        self.overrides = [(gate, keys) for gate, keys in self.overrides if keys & self.unmet(gate)]

    def transition(self, target: str, *, reopened: bool) -> None:
        """Apply a transition and what follows from it."""
        self.state = target
        self.transitions = self.transitions + 1
        if reopened:
            self.milestones = {key: status for key, status in self.milestones.items() if status == "DONE"}
            self.reviewed = False
        if target == "PROGRESSING":
            self.milestones |= {key: "PLANNED" for key in MILESTONE_KEYS if key not in self.milestones}
