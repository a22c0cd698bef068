"""Tables of docs/domain.md, from the rules: states, permissions, risk, health, insight and progress."""

from collections.abc import Callable, Mapping

from tests.docs.markdown import code, table
from workflow.rules.alerts.alerts import ESCALATE_AFTER_BUSINESS_DAYS, MAX_SNOOZE
from workflow.rules.enums import Coverage, Grade, InsightTopicName, KnowledgeStatus, Momentum, RiskLevel, Role
from workflow.rules.gates.machine import TRANSITIONS, mermaid_diagram
from workflow.rules.health import health
from workflow.rules.health.insight import DOUBTFUL_YEARS, STATUS_PERCENT
from workflow.rules.health.insight_text import SUMMARIES
from workflow.rules.opportunity import milestones
from workflow.rules.opportunity.buyer import coverage
from workflow.rules.opportunity.evidence import MIN_EVIDENCE_LENGTH
from workflow.rules.opportunity.qualification import EVIDENCED_GRADES, GRADE_POINTS
from workflow.rules.opportunity.risks import score_level
from workflow.rules.permissions import PERMISSIONS, Action

ACTION_TEXTS: Mapping[Action, str] = {
    Action.READ: "read opportunities within their visibility; accounts, contacts, processes",
    Action.CREATE: "create opportunities, accounts and contacts",
    Action.WRITE_OWN: "change opportunities that they own or collaborate on",
    Action.WRITE_TEAM: "change opportunities of their team and the teams below",
    Action.WRITE_ALL: "change every opportunity",
    Action.LOG_ACTIVITY: "log activities on what they see",
    Action.CHANGE_ACCOUNTS: "change accounts and contacts",
    Action.OVERRIDE_SOFT: "override a SOFT requirement",
    Action.OVERRIDE_HARD: "override a HARD requirement",
    Action.REOPEN: "reopen a lost or disqualified opportunity",
    Action.REOPEN_WON: "reopen a won opportunity",
    Action.BACKDATE_CLOSE: "close on a day before the present state began",
    Action.ACCEPT_RISK: "accept a risk; close one that is HIGH or CRITICAL, or lower its scores",
    Action.WAIVE: "waive a milestone",
    Action.ASSIGN: "name and change owners",
    Action.DECIDE_DISQUALIFY: "decide on a proposal to disqualify",
    Action.DELETE: "delete opportunities",
    Action.ADMINISTER: "publish processes; manage members, teams, keys, webhooks, rates, settings",
    Action.SET_TARGETS: "set targets",
    Action.IMPORT: "import opportunities",
}


def transitions() -> str:
    """Return every edge of the state machine, with the roles that may take it."""
    rows = [
        (code(one.trigger), one.source, one.target, _roles(one.action), code(*one.required_inputs) or "–")
        for one in TRANSITIONS
    ]
    return table(("trigger", "from", "to", "role", "required input"), rows)


def diagram() -> str:
    """Return the state machine as a Mermaid diagram."""
    return f"```mermaid\n{mermaid_diagram()}\n```"


def permissions() -> str:
    """Return what each role may do."""
    header = ("permission", "", *Role)
    return table(
        header,
        (
            [code(action), text, *("✓" if action in PERMISSIONS[role] else "" for role in Role)]
            for action, text in _actions()
        ),
    )


def grades() -> str:
    """Return the grades of an assessment with their points."""
    rows = [
        (code(grade), GRADE_POINTS[grade], "yes" if grade in EVIDENCED_GRADES else "no") for grade in Grade
    ]
    return table(("grade", "points", "needs evidence"), rows)


def coverages() -> str:
    """Return how many two-way activities make which coverage."""
    counts = {level: [count for count in range(6) if coverage(count) is level] for level in Coverage}
    return table(
        ("coverage", "two-way activities"), ((code(level), _range(counts[level], 5)) for level in Coverage)
    )


def risk_levels() -> str:
    """Return which products of likelihood and impact make which level."""
    of_level = {level: [n for n in range(1, 26) if score_level(n, 1) is level] for level in RiskLevel}
    return table(
        ("level", "likelihood × impact"), ((code(level), _range(of_level[level])) for level in RiskLevel)
    )


def health_factors() -> str:
    """Return the factors of health with their points."""
    given = {
        "buyer_activity": _steps(health.ACTIVITY_POINTS, "at most {} days ago"),
        "people": _steps(health.PEOPLE_POINTS, "{} or more"),
        "milestones": f"{health.MILESTONE_POINTS} × share of milestones not overdue; "
        f"before PROGRESSING {health.MILESTONE_POINTS} × qualification score ÷ 100",
        "state_age": _steps(health.AGE_POINTS, "at most {} % of the expected days"),
        "close_date": _steps(health.PUSH_POINTS, "pushes {}"),
        "decision_maker": "; ".join(
            f"{level} {points}" for level, points in health.ENGAGEMENT_POINTS.items()
        ),
    }
    rows: list[tuple[object, ...]] = [
        (code(factor.key), factor.label, factor.max_points, given[factor.key]) for factor in health.FACTORS
    ]
    taken = (
        f"−{health.RISK_PENALTY} for each open HIGH or CRITICAL risk without a mitigation; "
        "the sum stays at 0 or above"
    )
    return table(
        ("factor", "label", "at most", "points"),
        [*rows, (code("risks"), "Risks without a mitigation", 0, taken)],
    )


def health_bands() -> str:
    """Return the bands of health."""
    return table(("band", "score"), ((code(band), f"{least} or more") for least, band in health.BANDS))


def momentum() -> str:
    """Return what momentum makes of milestones and activities."""
    header = (
        f"in the last {milestones.RECENT_PERIOD.days} days",
        f"{milestones.BUSY_ACTIVITY_COUNT} activities or more",
        "fewer activities",
    )
    rows = (
        ("a milestone was reached", code(Momentum.MOVING), code(Momentum.QUIET_BUT_MOVING)),
        ("no milestone was reached", code(Momentum.BUSY_NOT_MOVING), code(Momentum.IDLE)),
    )
    return table(header, rows)


def alert_life() -> str:
    """Return what becomes of an alert."""
    days = ESCALATE_AFTER_BUSINESS_DAYS
    rows = (
        ("the cause is found again", "the severity follows it up or down; a rise makes the alert OPEN again"),
        ("the cause is gone", "RESOLVED"),
        ("`acknowledgeAlerts`", "quiet until the severity rises"),
        (
            "`snoozeAlerts`",
            f"quiet until then, for at most {MAX_SNOOZE.days} days, or until the severity rises",
        ),
        (
            f"CRITICAL and OPEN for {days} business days, DISQUALIFY_PROPOSED at once",
            "escalated to the nearest active manager above who does not own the deal",
        ),
        ("the opportunity is closed", "RESOLVED"),
    )
    return table(("event", "effect"), rows)


def fixed_numbers() -> str:
    """Return the numbers of the rules that no process changes."""
    rows = (
        ("shortest evidence", f"{MIN_EVIDENCE_LENGTH} characters"),
        ("a milestone is MISSED", f"{milestones.MISSED_AFTER.days} days after its day"),
        ("pain without a compelling event makes interest doubtful", f"after {DOUBTFUL_YEARS} years"),
    )
    return table(("rule", "number"), rows)


def knowledge() -> str:
    """Return what each status of a topic is worth."""
    return table(
        ("status", "percent"), ((code(status), percent) for status, percent in STATUS_PERCENT.items())
    )


def insight_topics() -> str:
    """Return the topics of insight with their summaries."""
    columns = (KnowledgeStatus.KNOWN, KnowledgeStatus.PARTIAL, KnowledgeStatus.UNKNOWN, KnowledgeStatus.STALE)
    rows = [
        [code(topic), *(SUMMARIES[topic].get(status, "–") for status in columns)]
        for topic in InsightTopicName
    ]
    return table(("topic", *columns), rows)


def _actions() -> list[tuple[Action, str]]:
    return [(action, ACTION_TEXTS[action]) for action in Action]


def _roles(action: Action) -> str:
    return ", ".join(role for role in Role if action in PERMISSIONS[role])


def _steps(ladder: tuple[tuple[int, int], ...], text: str) -> str:
    return "; ".join(f"{text.format(limit)}: {points}" for limit, points in ladder) + "; else 0"


def _range(numbers: list[int], last: int | None = None) -> str:
    """Return numbers as a span; one that reaches the last number counted is open."""
    if numbers[-1] == last:
        return f"{numbers[0]} or more"
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


DOMAIN_TABLES: Mapping[str, Callable[[], str]] = {
    "transitions": transitions,
    "diagram": diagram,
    "permissions": permissions,
    "grades": grades,
    "coverage": coverages,
    "risk-levels": risk_levels,
    "health-factors": health_factors,
    "health-bands": health_bands,
    "knowledge": knowledge,
    "momentum": momentum,
    "alert-life": alert_life,
    "fixed-numbers": fixed_numbers,
    "insight-topics": insight_topics,
}
