// The tabs that a first visit finds.
const EXAMPLES = [
  {
    query: `# Who am I, and what may I do? Put a key into the field above first.
query WhoAmI {
  viewer { role permissions member { name } organization { name baseCurrency } }
}
`,
  },
  {
    query: `# Leads, and what each still needs to be qualified.
query Leads {
  opportunities(first: 5, filter: { state: [LEAD] }, orderBy: [{ field: NUMBER }]) {
    totalCount
    totalValue { amount currency }
    nodes {
      id number name version
      account { name }
      owner { name }
      transitions { trigger target readiness unmetCount requirements { key status explanation remedy } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  },
  {
    query: `# Would this lead qualify? A dry run says so and changes nothing. Set its id below.
mutation WouldItQualify($id: ID!) {
  qualifyOpportunity(input: { id: $id, dryRun: true }) {
    __typename
    ... on TransitionSucceeded { opportunity { state version } }
    ... on TransitionBlocked { message unmet { key explanation remedy } }
    ... on Problem { code message }
  }
}
`,
    variables: '{ "id": "" }',
  },
  {
    query: `# How deals were won: the newest ten, with their history.
query Won {
  opportunities(first: 10, filter: { state: [WON] }, orderBy: [{ field: CLOSED_ON, direction: DESC }]) {
    totalCount
    totalValue { amount currency }
    nodes {
      number name value { amount currency }
      close { closedOn winReason }
      history(first: 5) { nodes { trigger from to at actor { name } } }
    }
  }
}
`,
  },
];
