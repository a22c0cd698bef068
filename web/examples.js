// The tabs that GraphiQL opens on the first visit.
const EXAMPLES = [
  {
    query: `# Who am I, and what may I do?
query WhoAmI {
  viewer {
    role
    permissions
    member { name team { name } }
    organization { name baseCurrency timeZone }
  }
}
`,
  },
  {
    query: `# Leads, with the unmet requirements of each.
query Leads {
  opportunities(
    first: 5
    filter: { state: [LEAD] }
    orderBy: [{ field: NUMBER }]
  ) {
    totalCount
    nodes {
      id
      number
      name
      version
      account { name }
      owner { name }
      transitions {
        trigger
        target
        readiness
        forbiddenBecause
        requirements { key status explanation remedy }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  },
  {
    query: `# Would this lead qualify? Copy the id of a lead
# from the tab Leads into the variables below. A dry
# run lists all unmet requirements and saves nothing.
mutation WouldItQualify($id: ID!) {
  qualifyOpportunity(
    input: { id: $id, dryRun: true }
  ) {
    __typename
    ... on TransitionSucceeded {
      opportunity { state version }
    }
    ... on TransitionBlocked {
      unmet { key explanation remedy }
    }
    ... on Problem { code message }
  }
}
`,
    variables: '{ "id": "" }',
  },
  {
    query: `# The deals won most recently, and how each of
# them got there.
query Won {
  opportunities(
    first: 10
    filter: { state: [WON] }
    orderBy: [{ field: CLOSED_ON, direction: DESC }]
  ) {
    totalCount
    totalValue { amount currency }
    nodes {
      number
      name
      value { amount currency }
      close { closedOn }
      history(first: 5) {
        nodes { trigger from to at actor { name } }
      }
    }
  }
}
`,
  },
  {
    query: `# The company's own sales process: what is required
# before each transition. \`document\` is the complete
# process, as the tab WhatWouldItDo takes it.
query Process {
  organization {
    defaultProcess {
      key
      version
      criteria { key label questions weight }
      gates {
        trigger
        requirements { key label strength when }
      }
      document
    }
  }
}
`,
  },
  {
    query: `# Change the rules, as an admin. Copy the document from the
# tab Process into the variables below and edit it. For
# example, add a requirement to the gate PROGRESS:
#   { "key": "vp", "label": "The VP is involved", "strength": "SOFT",
#     "when": "opportunity.value != null && opportunity.value > 50000.0",
#     "test": { "role": { "anyOf": ["EXECUTIVE_SPONSOR"] } } }
# Run WhatWouldItDo first: it saves nothing. PublishIt publishes
# the next version for new opportunities. Existing ones keep
# theirs until MoveThem migrates them.
query WhatWouldItDo($document: SalesProcessInput!) {
  processImpact(document: $document) {
    __typename
    ... on ProcessImpact {
      openOpportunities
      gates { trigger requirement wouldPass wouldFail }
    }
    ... on InvalidInput { fields { path message } }
    ... on Problem { code message }
  }
}

mutation PublishIt($document: SalesProcessInput!) {
  publishSalesProcess(
    input: { document: $document, makeDefault: true }
  ) {
    __typename
    ... on SalesProcessPublished {
      process { key version isDefault }
    }
    ... on InvalidInput { fields { path message } }
    ... on Problem { code message }
  }
}

mutation MoveThem($ids: [OpportunityRef!]!, $key: String!) {
  migrateOpportunities(
    input: { opportunities: $ids, processKey: $key }
  ) {
    __typename
    ... on BulkSummary {
      succeeded
      failed
      rows {
        opportunity { number process { key version } }
        problem { message }
      }
    }
    ... on Problem { code message }
  }
}
`,
    variables: '{\n  "document": {},\n  "ids": [{ "id": "" }],\n  "key": "default"\n}',
  },
  {
    query: `# The open deals in the worst health: how each point was
# scored, and what is not known about the deal yet.
query WorstFirst {
  opportunities(
    first: 5
    filter: { state: [QUALIFIED, PROGRESSING] }
    orderBy: [{ field: HEALTH }]
  ) {
    nodes {
      number
      name
      owner { name }
      health {
        score
        band
        factors { key points maxPoints explanation }
      }
      insight {
        completenessPercent
        topics { topic status summary missing }
      }
    }
  }
}
`,
  },
  {
    query: `# Open deals with a risk on record: what is known
# about each, and what its next transition requires.
query UnderWay {
  opportunities(
    first: 5
    filter: { state: [QUALIFIED, PROGRESSING]
      riskLevel: [LOW, MEDIUM, HIGH, CRITICAL] }
    orderBy: [{ field: UPDATED_AT, direction: DESC }]
  ) {
    nodes {
      id
      number
      name
      state
      version
      value { amount currency }
      expectedCloseDate
      pushCount
      riskLevel
      risks {
        statement
        level
        status
        mitigations { action doneAt }
      }
      progress { percent momentum next { name due } }
      milestones { id key status due overdue }
      buyer {
        singleThreaded
        coveragePercent
        stakeholders { roles coverage contact { name } }
      }
      transitions {
        trigger
        target
        readiness
        unmetCount
        requirements { key strength status explanation remedy }
      }
      openOverrides { requirementKeys reason by { name } }
    }
  }
}
`,
  },
  {
    query: `# A manager overrides a SOFT requirement and gives the
# reason. The override stays open until the requirement
# is met. As a dry run, this saves nothing.
mutation PassIt($id: ID!, $keys: [String!]!) {
  progressOpportunity(
    input: {
      id: $id
      dryRun: true
      override: {
        requirementKeys: $keys
        reason: "The board has approved the budget for this deal."
      }
    }
  ) {
    __typename
    ... on TransitionSucceeded {
      target
      requirements { key status }
    }
    ... on TransitionBlocked {
      overridable
      unmet { key strength explanation remedy }
    }
    ... on Problem { code message }
  }
}
`,
    variables: '{ "id": "", "keys": ["role.champion"] }',
  },
  {
    query: `# What a manager acts on this morning: critical alerts,
# with the remedy and since when they are open.
query Morning {
  alerts(first: 20, filter: { severity: [CRITICAL] }) {
    totalCount
    nodes {
      id
      code
      status
      message
      remedy
      firstSeenAt
      escalatedTo { name }
      opportunity { id number name state owner { name } }
    }
  }
}
`,
  },
  {
    query: `# The figures of a period: the open pipeline, how far deals
# got, how and why they ended, and what slipped.
query Figures($period: Period!) {
  reports {
    pipeline(groupBy: STATE) {
      rows { label count value { amount currency } weighted { amount } }
    }
    funnel(period: $period) {
      steps { state entered progressed lost disqualified stillOpen conversion medianDays }
    }
    outcomes(period: $period, groupBy: REASON) {
      rows { label won lost disqualified wonValue { amount } medianDaysToClose }
      total { won lost winRate wonValue { amount currency } }
    }
    slippage(period: $period) {
      opening { amount }
      created { amount }
      pushedOut { amount }
      won { amount }
      lost { amount }
      closing { amount }
    }
    velocity(period: $period) { winRate medianCycleDays perDay { amount currency } }
  }
}
`,
    variables: '{ "period": { "from": "2026-01-01", "to": "2026-12-31" } }',
  },
  {
    query: `# Watch a deal: change it in another tab, and it is
# sent here after each change. Stop it with the same button.
subscription Watch($id: ID!) {
  opportunityChanged(id: $id) {
    name
    state
    version
    health { score band }
    transitions { trigger target readiness unmetCount }
  }
}
`,
    variables: '{ "id": "" }',
  },
];
