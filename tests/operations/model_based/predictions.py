"""Moves of a random life, foretold on the model: the answer, and how the deal stands afterwards."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.operations.model_based.deal_model import CLOSED, FROM, REOPENS, STEPS, WAY_INTO, ModelDeal

CRITERIA = ("pain", "interest", "fit", "budget", "authority", "timeline")
ROLES = ("CHAMPION", "DECISION_MAKER", "OTHER")
OWNERS = ("owner", "stranger")


@dataclass(frozen=True)
class Move:
    """Who does what to which deal; `arg` picks among what the deed leaves open."""

    who: str
    deed: str
    deal: int
    arg: int
    passes: bool = False


def foretold(model: ModelDeal, move: Move) -> str | None:
    """The answer by the model, which is moved along; None where the deed finds nothing to do it to."""
    if move.deed == "assign" and not _may_name(move):
        return "PermissionDenied"
    if move.deed == "assign" and move.who == "foreign admin":
        return "InvalidInput"
    if not model.sees(move.who):
        return "NotFound"
    if move.deed in ("arrow", "log", "assign", "delete"):
        return _SPECIAL[move.deed](model, move)
    if not model.may_write(move.who):
        return "PermissionDenied"
    if model.state in CLOSED:
        return "RecordClosed"
    return _written(model, move)


def _written(model: ModelDeal, move: Move) -> str | None:
    before = repr(model)
    answer = _DEEDS[move.deed](model, move)
    if answer == "ok":
        always = move.deed in ("assess", "raise", "review", "person", "settle", "done", "waive", "undo", "leave")
        model.version += always or repr(model) != before
        model.settle()
    return answer


def _assess(model: ModelDeal, move: Move) -> str:
    model.grades[CRITERIA[move.arg % 6]] = ("IDENTIFIED", "VALIDATED", "DISPROVED")[move.arg // 6 % 3].replace(
        "DISPROVED", "UNKNOWN"
    )
    return "ok"


def _field(model: ModelDeal, move: Move) -> str:
    model.fields[move.deed] = bool(move.arg % 3)
    return "ok"


def _person(model: ModelDeal, move: Move) -> str:
    model.people.append(ROLES[move.arg % 3])
    return "ok"


def _leave(model: ModelDeal, move: Move) -> str | None:
    return (model.people.pop(), "ok")[1] if model.people else None


def _raise(model: ModelDeal, move: Move) -> str:
    model.risks.append((bool(move.arg % 2), True))
    model.reviewed = False
    return "ok"


def _settle(model: ModelDeal, move: Move) -> str | None:
    if not model.risks:
        return None
    severe, is_open = model.risks[-1]
    if severe and (not model.may_coach(move.who) or model.holds(move.who) or move.who == "integrator"):
        return "PermissionDenied"
    if not is_open:
        return "InvalidInput"
    model.risks[-1] = (severe, False)
    return "ok"


def _review(model: ModelDeal, move: Move) -> str:
    none_found = bool(move.arg % 2)
    if none_found and any(is_open for _, is_open in model.risks):
        return "InvalidInput"
    model.reviewed, model.none_found = True, none_found
    return "ok"


def _milestone(model: ModelDeal, move: Move) -> str | None:
    key = STEPS[move.arg % 5]
    if key not in model.milestones:
        return None
    if move.deed == "waive" and (not model.may_coach(move.who) or model.holds(move.who)):
        return "PermissionDenied"
    passed = model.milestones[key] in ("DONE", "WAIVED")
    if passed != (move.deed == "undo"):
        return "InvalidInput"
    model.milestones[key] = {"done": "DONE", "waive": "WAIVED", "undo": "PLANNED"}[move.deed]
    return "ok"


def _arrow(model: ModelDeal, move: Move) -> str:
    trigger, to = way(move)
    target = (
        to if trigger == "REOPEN" and to in REOPENS.get(model.state, ()) else FROM.get(trigger, {}).get(model.state)
    )
    if target is None:
        return "IllegalTransition"
    reopened = trigger == "REOPEN"
    may = (
        model.may_coach(move.who) and (model.state != "WON" or "admin" in move.who)
        if reopened
        else model.may_write(move.who)
    )
    if not may:
        return "PermissionDenied"
    gate = WAY_INTO.get(target) if reopened else trigger
    missing = model.unmet(gate)
    if missing and not (move.passes and all(model.may_pass(move.who, gate or "", key) for key in missing)):
        return "TransitionBlocked"
    if missing:
        model.debts.append((gate or "", frozenset(missing)))
    model.move(target, reopened=reopened)
    model.version += 1
    model.settle()
    return "ok"


def _log(model: ModelDeal, move: Move) -> str:
    if move.who == "observer":
        return "PermissionDenied"
    model.settle()
    return "ok"


def _may_name(move: Move) -> bool:
    """Who may make whom an owner: a manager themselves and those of their team."""
    if move.who in ("owner", "helper", "stranger", "observer"):
        return False
    return "manager" not in move.who or (move.who == "manager" and OWNERS[move.arg % 2] == "owner")


def _assign(model: ModelDeal, move: Move) -> str:
    owner = OWNERS[move.arg % 2]
    if not (model.may_coach(move.who) or move.who == "integrator"):
        return "PermissionDenied"
    if model.state in CLOSED:
        return "RecordClosed"
    if owner != model.owner:
        model.owner, model.version = owner, model.version + 1
        model.helpers.discard(owner)
        model.settle()
    return "ok"


def _delete(model: ModelDeal, move: Move) -> str | None:
    if move.arg % 4:
        return None
    if "admin" not in move.who:
        return "PermissionDenied"
    model.deleted = True
    return "ok"


_DEEDS: dict[str, Callable[[ModelDeal, Move], str | None]] = {
    "assess": _assess,
    **dict.fromkeys(("value", "close", "step", "buyer"), _field),
    "person": _person,
    "leave": _leave,
    "raise": _raise,
    "settle": _settle,
    "review": _review,
    **dict.fromkeys(("done", "waive", "undo"), _milestone),
}
_SPECIAL: dict[str, Callable[[ModelDeal, Move], str | None]] = {
    "arrow": _arrow,
    "log": _log,
    "assign": _assign,
    "delete": _delete,
}
WAYS = (*FROM, ("REOPEN", "LEAD"), ("REOPEN", "QUALIFIED"), ("REOPEN", "PROGRESSING"))
DEEDS = (*_DEEDS, *["arrow"] * 8, "log", "assign", "assign", "delete")


def way(move: Move) -> tuple[str, str | None]:
    """The trigger and, of REOPEN, the target."""
    found = WAYS[move.arg % len(WAYS)]
    return found if isinstance(found, tuple) else (found, None)
