"""The predicted result of each random action, and the model after it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.operations.model_based.deal_model import (
    CLOSED,
    GATE_INTO,
    MILESTONE_KEYS,
    REOPEN_TARGETS,
    TARGETS,
    ModelDeal,
)

CRITERIA = ("pain", "interest", "fit", "budget", "authority", "timeline")
ROLES = ("CHAMPION", "DECISION_MAKER", "OTHER")
OWNERS = ("owner", "stranger")


@dataclass(frozen=True)
class RandomAction:
    """An action of a member on a deal; `arg` chooses among its inputs."""

    actor: str
    verb: str
    deal: int
    arg: int
    overrides: bool = False


def predict(model: ModelDeal, action: RandomAction) -> str | None:
    """Return the predicted result and update the model; None if the action has no target."""
    if action.verb == "assign" and not _may_assign(action):
        return "PermissionDeniedError"
    if action.verb == "assign" and action.actor == "foreign admin":
        return "InvalidInputError"
    if not model.sees(action.actor):
        return "NotFoundError"
    if action.verb in ("transition", "log", "assign", "delete"):
        return _OTHER_VERBS[action.verb](model, action)
    if not model.may_write(action.actor):
        return "PermissionDeniedError"
    if model.state in CLOSED:
        return "RecordClosedError"
    return _predict_write(model, action)


def _predict_write(model: ModelDeal, action: RandomAction) -> str | None:
    before = repr(model)
    answer = _WRITES[action.verb](model, action)
    if answer == "ok":
        writes_anyway = action.verb in (
            "assess",
            "raise",
            "review",
            "person",
            "settle",
            "done",
            "waive",
            "undo",
            "leave",
        )
        model.version += writes_anyway or repr(model) != before
        model.settle_overrides()
    return answer


def _assess(model: ModelDeal, action: RandomAction) -> str:
    model.grades[CRITERIA[action.arg % 6]] = ("IDENTIFIED", "VALIDATED", "DISPROVED")[
        action.arg // 6 % 3
    ].replace("DISPROVED", "UNKNOWN")
    return "ok"


def _field(model: ModelDeal, action: RandomAction) -> str:
    model.fields[action.verb] = bool(action.arg % 3)
    return "ok"


def _add_stakeholder(model: ModelDeal, action: RandomAction) -> str:
    model.stakeholder_roles.append(ROLES[action.arg % 3])
    return "ok"


def _mark_left(model: ModelDeal, action: RandomAction) -> str | None:
    return (model.stakeholder_roles.pop(), "ok")[1] if model.stakeholder_roles else None


def _raise(model: ModelDeal, action: RandomAction) -> str:
    model.risks.append((bool(action.arg % 2), True))
    model.reviewed = False
    return "ok"


def _settle(model: ModelDeal, action: RandomAction) -> str | None:
    if not model.risks:
        return None
    severe, is_open = model.risks[-1]
    if severe and (
        not model.may_coach(action.actor) or model.works_on(action.actor) or action.actor == "integrator"
    ):
        return "PermissionDeniedError"
    if not is_open:
        return "InvalidInputError"
    model.risks[-1] = (severe, False)
    return "ok"


def _review(model: ModelDeal, action: RandomAction) -> str:
    none_found = bool(action.arg % 2)
    if none_found and any(is_open for _, is_open in model.risks):
        return "InvalidInputError"
    model.reviewed = True
    model.none_found = none_found
    return "ok"


def _milestone(model: ModelDeal, action: RandomAction) -> str | None:
    key = MILESTONE_KEYS[action.arg % 5]
    if key not in model.milestones:
        return None
    if action.verb == "waive" and (not model.may_coach(action.actor) or model.works_on(action.actor)):
        return "PermissionDeniedError"
    is_completed = model.milestones[key] in ("DONE", "WAIVED")
    if is_completed != (action.verb == "undo"):
        return "InvalidInputError"
    model.milestones[key] = {"done": "DONE", "waive": "WAIVED", "undo": "PLANNED"}[action.verb]
    return "ok"


def _transition(model: ModelDeal, action: RandomAction) -> str:
    trigger, to = trigger_and_target(action)
    target = (
        to
        if trigger == "REOPEN" and to in REOPEN_TARGETS.get(model.state, ())
        else TARGETS.get(trigger, {}).get(model.state)
    )
    if target is None:
        return "IllegalTransitionError"
    reopened = trigger == "REOPEN"
    is_allowed = (
        model.may_coach(action.actor) and (model.state != "WON" or "admin" in action.actor)
        if reopened
        else model.may_write(action.actor)
    )
    if not is_allowed:
        return "PermissionDeniedError"
    gate = GATE_INTO.get(target) if reopened else trigger
    missing = model.unmet(gate)
    if missing and not (
        action.overrides and all(model.may_override(action.actor, gate or "", key) for key in missing)
    ):
        return "TransitionBlockedError"
    if missing:
        model.overrides.append((gate or "", frozenset(missing)))
    model.transition(target, reopened=reopened)
    model.version += 1
    model.settle_overrides()
    return "ok"


def _log(model: ModelDeal, action: RandomAction) -> str:
    if action.actor == "observer":
        return "PermissionDeniedError"
    model.settle_overrides()
    return "ok"


def _may_assign(action: RandomAction) -> bool:
    """Return True if the member may assign the deal to the owner."""
    if action.actor in ("owner", "helper", "stranger", "observer"):
        return False
    return "manager" not in action.actor or (action.actor == "manager" and OWNERS[action.arg % 2] == "owner")


def _assign(model: ModelDeal, action: RandomAction) -> str:
    owner = OWNERS[action.arg % 2]
    if not (model.may_coach(action.actor) or action.actor == "integrator"):
        return "PermissionDeniedError"
    if model.state in CLOSED:
        return "RecordClosedError"
    if owner != model.owner:
        model.owner = owner
        model.version = model.version + 1
        model.helpers.discard(owner)
        model.settle_overrides()
    return "ok"


def _delete(model: ModelDeal, action: RandomAction) -> str | None:
    if action.arg % 4:
        return None
    if "admin" not in action.actor:
        return "PermissionDeniedError"
    model.deleted = True
    return "ok"


_WRITES: dict[str, Callable[[ModelDeal, RandomAction], str | None]] = {
    "assess": _assess,
    **dict.fromkeys(("value", "close", "step", "buyer"), _field),
    "person": _add_stakeholder,
    "leave": _mark_left,
    "raise": _raise,
    "settle": _settle,
    "review": _review,
    **dict.fromkeys(("done", "waive", "undo"), _milestone),
}
_OTHER_VERBS: dict[str, Callable[[ModelDeal, RandomAction], str | None]] = {
    "transition": _transition,
    "log": _log,
    "assign": _assign,
    "delete": _delete,
}
TRIGGERS = (*TARGETS, ("REOPEN", "LEAD"), ("REOPEN", "QUALIFIED"), ("REOPEN", "PROGRESSING"))
VERBS = (*_WRITES, *["transition"] * 8, "log", "assign", "assign", "delete")


def trigger_and_target(action: RandomAction) -> tuple[str, str | None]:
    """Return the trigger and, for REOPEN, the target."""
    found = TRIGGERS[action.arg % len(TRIGGERS)]
    return found if isinstance(found, tuple) else (found, None)
