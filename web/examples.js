// The tabs that a first visit finds.
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
    query: `# Leads, and what each still needs.
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
    query: `# Would this lead qualify? Put the id of one of
# the leads into the variables below. A dry run
# tells all that is unmet and changes nothing.
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
    query: `# The newest deals that were won, and the way
# that each has gone.
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
    query: `# What must hold before a lead is qualified: the
# company's own process. \`document\` is all of it, as
# the tab ChangeTheRules takes it.
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
    query: `# Your own rules, as an admin. Copy the document of the
# tab Process into the variables below and change it: for
# example, a requirement more in the gate PROGRESS,
#   { "key": "vp", "label": "The VP knows", "strength": "SOFT",
#     "when": "opportunity.value != null && opportunity.value > 50000.0",
#     "test": { "role": { "anyOf": ["EXECUTIVE_SPONSOR"] } } }
# Run WhatWouldItDo first: it changes nothing. PublishIt makes
# the next version, which new opportunities follow; those that
# are there stay on theirs until MoveThem moves them.
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
    query: `# The open deals that do worst: why, with every point
# accounted for, and what nobody knows about them yet.
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
    query: `# Deals under way with a risk on record: what is
# known of each, and what still stands in its way.
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
    query: `# A manager passes what is SOFT, with a reason that is
# kept as a debt. As a dry run it changes nothing.
mutation PassIt($id: ID!, $keys: [String!]!) {
  progressOpportunity(
    input: {
      id: $id
      dryRun: true
      override: {
        requirementKeys: $keys
        reason: "The board wants this one and pays for it."
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
    query: `# What a manager acts on this morning: the worst of what
# stands against deals, with the remedy and since when.
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
    query: `# Last year in figures: what stands open, how far deals
# come, what became of them and why, and what slipped.
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
    query: `# Watch a deal: change it in another tab, and each change
# is told here. Stop with the button you started it with.
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
