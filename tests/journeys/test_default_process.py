"""The gates of the default process over HTTP, with one requirement unmet at a time."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from workflow.operations.process.processes import preset
from workflow.rules.enums import Trigger
from workflow.rules.process.document import encode_process

SAID = "The plant manager said on the phone that they lose two shifts a week to it."
NEXT_STEP = {"text": "Show the pilot", "dueDate": "2099-01-15"}
HIGH_RISK = {
    "category": "FINANCIAL",
    "statement": "The budget may be cut in spring.",
    "likelihood": 4,
    "impact": 4,
}
FIT_RULE = {"key": "size", "label": "100 employees or more", "attribute": "employeeCount", "operator": "GTE"}

Q = Trigger.QUALIFY
P = Trigger.PROGRESS
W = Trigger.WIN
GATES = {
    "a lead without pain cannot be qualified": (Q, "criterion.pain"),
    "a lead without interest cannot be qualified": (Q, "criterion.interest"),
    "a lead that our offer does not fit cannot be qualified": (Q, "criterion.fit"),
    "a lead without a contact on the buyer's side cannot be qualified": (Q, "role.stakeholder"),
    "a lead without a dated next step cannot be qualified": (Q, "field.next_step"),
    "a deal without a value cannot progress": (P, "field.value"),
    "a deal without a close date ahead cannot progress": (P, "field.expected_close_date"),
    "a deal without a decision maker cannot progress": (P, "role.decision"),
    "a deal cannot progress until we know how the buyer buys": (P, "field.purchase_process"),
    "a deal cannot progress until the buyer's risks were reviewed": (P, "risk.review"),
    "a deal without a champion cannot progress": (P, "role.champion"),
    "a deal without an idea of the budget cannot progress": (P, "criterion.budget"),
    "a deal without an idea of who decides cannot progress": (P, "criterion.authority"),
    "a deal without an idea of the timeline cannot progress": (P, "criterion.timeline"),
    "a deal without a value cannot be won": (W, "field.value"),
    "a deal cannot be won before the decision was made": (W, "milestone.decision_made"),
    "a deal cannot be won before the terms were agreed": (W, "milestone.terms_agreed"),
    "a deal cannot be won while a high risk is open": (W, "risk.open"),
}
"""Each requirement of the default process in a salesperson's words: the transition it guards, and its key."""


@dataclass
class Deal:
    """One deal of an organization's admin, worked on over HTTP."""

    server: Server
    api_key: str
    account: str = ""
    contacts: list[str] = field(default_factory=list)
    id: str = ""

    async def start(self) -> None:
        """Create an account with three contacts, and a lead on it."""
        account = await self.do("createAccount", "Account", {"name": "Cancity"}, "account { id }")
        self.account = account["account"]["id"]
        for name in ("Maria Plant", "Grace Owner", "Kim Buyer"):
            contact = {"accountId": self.account, "name": name}
            created = await self.do("createContact", "Contact", contact, "contact { id }")
            self.contacts.append(created["contact"]["id"])
        lead = {"name": "GTX Pro for the plant", "accountId": self.account}
        created = await self.do("createOpportunity", "Opportunity", lead, "opportunity { id }")
        self.id = created["opportunity"]["id"]

    async def do(self, mutation: str, kind: str, input: Mapping[str, Any], result: str) -> dict[str, Any]:
        """Run a mutation that must succeed, and return the fields of its result."""
        answer = await self.try_to(mutation, input, f"... on {kind}Changed {{ {result} }}")
        assert answer["__typename"] == f"{kind}Changed", answer
        return answer

    async def try_to(self, mutation: str, input: Mapping[str, Any], result: str) -> dict[str, Any]:
        """Run a mutation, and return its result or the problem it answers with."""
        type_name = mutation[0].upper() + mutation[1:] + "Input"
        query = f"mutation($input: {type_name}!) {{ {mutation}(input: $input) {{ __typename {result} }} }}"
        body = await self.server.ask(self.api_key, query, input=input)
        assert "errors" not in body, body
        answer: dict[str, Any] = body["data"][mutation]
        return answer

    async def transition(self, trigger: Trigger) -> list[str] | None:
        """Try the transition: None once it is done, else the keys of all requirements that are unmet."""
        reason = {"reason": "CAPABILITY"} if trigger is W else {}
        result = "... on TransitionBlocked { unmet { key } } ... on Problem { message }"
        answer = await self.try_to(f"{trigger.value.lower()}Opportunity", {"id": self.id, **reason}, result)
        assert answer["__typename"] in ("TransitionSucceeded", "TransitionBlocked"), answer
        return [unmet["key"] for unmet in answer["unmet"]] if "unmet" in answer else None

    async def update(self, **fields: Any) -> None:
        """Change fields of the deal."""
        await self.do("updateOpportunity", "Opportunity", {"id": self.id, **fields}, "opportunity { id }")

    async def assess(self, criterion: str) -> None:
        """Record a criterion as validated, with the buyer's words."""
        given = {"criterion": criterion, "grade": "VALIDATED", "evidence": SAID}
        input = {"opportunityId": self.id, "assessments": [given]}
        await self.do("assessCriteria", "Opportunity", input, "opportunity { id }")

    async def add_person(self, contact: int, *roles: str) -> None:
        """Add a contact to the deal in these roles."""
        input = {"opportunityId": self.id, "contactId": self.contacts[contact], "roles": roles}
        await self.do("addStakeholder", "Stakeholder", input, "stakeholder { id }")

    async def complete_milestone(self, key: str) -> None:
        """Complete the milestone with that key."""
        query = "query($id: ID!) { opportunity(id: $id) { milestones { id key } } }"
        body = await self.server.ask(self.api_key, query, id=self.id)
        [id] = [one["id"] for one in body["data"]["opportunity"]["milestones"] if one["key"] == key]
        await self.do("completeMilestone", "Milestone", {"id": id, "evidence": SAID}, "milestone { id }")

    async def raise_risk(self) -> str:
        """Raise a high risk, and return its id."""
        raised = await self.do("raiseRisk", "Risk", {"opportunityId": self.id, **HIGH_RISK}, "risk { id }")
        id: str = raised["risk"]["id"]
        return id

    async def mitigate_risk(self, risk: str) -> None:
        """Plan a mitigation of the risk, and complete it with evidence."""
        plan = {"riskId": risk, "kind": "BUSINESS_CASE", "action": "Show the savings to the board"}
        planned = await self.do("addMitigation", "Risk", plan, "risk { mitigations { id } }")
        [mitigation] = planned["risk"]["mitigations"]
        done = {"id": mitigation["id"], "evidence": SAID}
        await self.do("completeMitigation", "Risk", done, "risk { id }")


Step = Callable[[Deal], Awaitable[None]]

MEETS: dict[tuple[Trigger, str], Step] = {
    (Q, "criterion.pain"): lambda deal: deal.assess("pain"),
    (Q, "criterion.interest"): lambda deal: deal.assess("interest"),
    (Q, "criterion.fit"): lambda deal: deal.assess("fit"),
    (Q, "role.stakeholder"): lambda deal: deal.add_person(0, "PROBLEM_OWNER"),
    (Q, "field.next_step"): lambda deal: deal.update(nextStep=NEXT_STEP),
    (P, "field.value"): lambda deal: deal.update(value={"amount": "12000", "currency": "EUR"}),
    (P, "field.expected_close_date"): lambda deal: deal.update(expectedCloseDate="2099-06-30"),
    (P, "role.decision"): lambda deal: deal.add_person(1, "DECISION_MAKER"),
    (P, "field.purchase_process"): lambda deal: _update_buyer(deal, purchaseProcess="COMMITTEE"),
    (P, "risk.review"): lambda deal: _review_risks(deal),
    (P, "role.champion"): lambda deal: deal.add_person(2, "CHAMPION"),
    (P, "criterion.budget"): lambda deal: deal.assess("budget"),
    (P, "criterion.authority"): lambda deal: deal.assess("authority"),
    (P, "criterion.timeline"): lambda deal: deal.assess("timeline"),
    (W, "field.value"): lambda deal: deal.update(value={"amount": "15000", "currency": "EUR"}),
    (W, "milestone.decision_made"): lambda deal: deal.complete_milestone("decision_made"),
    (W, "milestone.terms_agreed"): lambda deal: deal.complete_milestone("terms_agreed"),
}
"""The work that meets each requirement, in the order a deal is usually worked on."""


@pytest.fixture
async def deal(server: Server, organization: TestOrganization) -> Deal:
    """A new lead of the organization's admin."""
    started = Deal(server, organization.api_key)
    await started.start()
    return started


@pytest.mark.parametrize("sentence", [sentence for sentence, (_, key) in GATES.items() if key != "risk.open"])
async def test_a_gate_names_what_is_missing_until_it_is_there(sentence: str, deal: Deal) -> None:
    trigger, key = GATES[sentence]
    await _bring_before(deal, trigger, without=key)

    refused = await deal.transition(trigger)
    await MEETS[trigger, key](deal)
    passed = await deal.transition(trigger)

    assert refused == [key]
    assert passed is None


async def test_a_deal_cannot_be_won_while_a_high_risk_is_open(deal: Deal) -> None:
    await _bring_before(deal, W)
    risk = await deal.raise_risk()

    refused = await deal.transition(W)
    await deal.mitigate_risk(risk)
    passed = await deal.transition(W)

    assert refused == ["risk.open"]
    assert passed is None


async def test_a_lead_at_an_account_that_fails_a_fit_rule_cannot_be_qualified(
    server: Server, organization: TestOrganization
) -> None:
    document = {**encode_process(preset("default")), "fitRules": [{**FIT_RULE, "value": 100}]}
    publish = (
        "mutation($input: PublishSalesProcessInput!) { publishSalesProcess(input: $input) { __typename } }"
    )
    await server.ask(organization.api_key, publish, input={"document": document, "makeDefault": True})
    deal = Deal(server, organization.api_key)
    await deal.start()
    await _bring_before(deal, Q)
    size = {"id": deal.account, "employeeCount": 80}
    await deal.do("updateAccount", "Account", size, "account { id }")

    refused = await deal.transition(Q)
    await deal.do("updateAccount", "Account", {**size, "employeeCount": 120}, "account { id }")
    passed = await deal.transition(Q)

    assert refused == ["fit"]
    assert passed is None


def test_every_requirement_of_the_default_process_has_its_sentence() -> None:
    gates = preset("default").gates
    requirements = [(gate.trigger, requirement.key) for gate in gates for requirement in gate.requirements]

    assert sorted(GATES.values()) == sorted(one for one in requirements if one != (Q, "fit"))


async def _bring_before(deal: Deal, trigger: Trigger, *, without: str = "") -> None:
    """Do everything up to the transition, except what meets one requirement of its gate."""
    for earlier in (Q, P, W):
        for (step, key), meet in MEETS.items():
            if step is earlier and not (step is trigger and key == without):
                await meet(deal)
        if earlier is trigger:
            break
        assert await deal.transition(earlier) is None
    if (trigger, without) == (W, "field.value"):
        await deal.update(value=None)  # the gate before asked for it already


async def _update_buyer(deal: Deal, **fields: Any) -> None:
    await deal.do("updateBuyer", "Opportunity", {"opportunityId": deal.id, **fields}, "opportunity { id }")


async def _review_risks(deal: Deal) -> None:
    review = {"opportunityId": deal.id, "noneFound": True, "note": SAID}
    await deal.do("reviewRisks", "Opportunity", review, "opportunity { id }")
