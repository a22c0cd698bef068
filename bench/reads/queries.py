"""Queries of the benchmark: documents for the servers with Pursuit's schema, and for PostGraphile."""

from collections.abc import Sequence

BOARD = """{ opportunities(first: 50, filter: {open: true}, orderBy: [{field: EXPECTED_CLOSE_DATE}]) { nodes {
    id number name state expectedCloseDate value { amount currency }
    owner { name } account { name }
    buyer { stakeholders { roles contact { name } } }
    milestones { name status due } } } }"""

PLAIN_BOARD = BOARD.replace("EXPECTED_CLOSE_DATE", '"EXPECTED_CLOSE_DATE"')
"""The board for the contenders whose order field is a text."""

COLUMN_STATES = ("LEAD", "QUALIFIED", "PROGRESSING", "WON", "LOST", "DISQUALIFIED")


def columns(states: Sequence[str]) -> str:
    """Return a board of a column of 50 cards for each state, with all that a card can show."""
    return (
        "{"
        + " ".join(
            f"""{state.lower()}: opportunities(first: 50, filter: {{state: [{state}]}}) {{ nodes {{
            id number name expectedCloseDate value {{ amount currency }} owner {{ name }} account {{ name }}
            health {{ score band }} alerts {{ code severity }} nextStep {{ text dueDate }}
            transitions {{ trigger readiness }} }} }}"""
            for state in states
        )
        + "}"
    )


LIST = """{ opportunities(first: 100) { nodes {
    id number name type source state stateSince probability forecastCategory expectedCloseDate pushCount
    version createdAt updatedAt } } }"""

DEAL = """query ($id: ID!) { opportunity(id: $id) {
    id number name type state stateSince probability forecastCategory expectedCloseDate createdAt updatedAt
    value { amount currency } owner { name } account { name }
    nextStep { text dueDate }
    transitions { trigger target readiness unmetCount requirements {
        key kind strength label status explanation remedy } }
    insight { completenessPercent topics { topic status summary missing } }
    health { score band factors { key label points maxPoints explanation } }
    buyer { purchaseProcess coveragePercent stakeholders {
        id roles influence attitude buyingStyle coverage lastTwoWayAt contact { name email title } } }
    risks { id category statement likelihood impact status level mitigations { kind action due doneAt } }
    milestones { id name side weight status due completedAt evidence overdue }
    history { nodes { trigger from to at note actor { kind name } requirements { key status } } } } }"""

VIEWER = "{ viewer { role } }"

# PostGraphile names fields by tables and columns. It does not know the organization of the viewer, so each
# query names it. A condition of PostGraphile is an equality; node/postgraphile.mjs adds the condition `open`.
POSTGRAPHILE_BOARD = """query ($organization: UUID!) {
    allOpportunities(
        first: 50, condition: {organizationId: $organization, deletedAt: null, open: true}
        orderBy: [EXPECTED_CLOSE_DATE_ASC, ROW_ID_ASC]
    ) { nodes {
        rowId number name state expectedCloseDate valueMinor valueCurrency
        memberByOwnerId { name } accountByAccountId { name }
        stakeholdersByOpportunityId(orderBy: [CREATED_AT_ASC, ROW_ID_ASC]) { nodes {
            roles contactByContactId { name } } }
        milestonesByOpportunityId(orderBy: [POSITION_ASC, ROW_ID_ASC]) { nodes { name status due } } } } }"""

POSTGRAPHILE_LIST = """query ($organization: UUID!) {
    allOpportunities(
        first: 100, condition: {organizationId: $organization, deletedAt: null}, orderBy: [NUMBER_ASC]
    ) { nodes {
        rowId number name type source state stateSince probability forecastCategory expectedCloseDate
        pushCount version createdAt updatedAt } } }"""
