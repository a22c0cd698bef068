// A page of deals as in a Relay app: fragments, pagination, a mutation and a subscription.
import { graphql } from "relay-runtime";

export const Deal = graphql`
  fragment Deals_deal on Opportunity {
    id
    name
    state
    owner { name }
    transitions { trigger readiness requirements { key status remedy } }
  }
`;

export const List = graphql`
  fragment Deals_list on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" })
  @refetchable(queryName: "DealsPageQuery") {
    opportunities(first: $count, after: $cursor, filter: { state: [LEAD] }) @connection(key: "Deals_opportunities") {
      edges { cursor node { id ...Deals_deal } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

export const History = graphql`
  fragment Deals_history on Opportunity
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" })
  @refetchable(queryName: "DealsHistoryQuery") {
    history(last: $count, before: $cursor) @connection(key: "Deals_history") {
      edges { node { id trigger at } }
    }
  }
`;

export const Page = graphql`
  query DealsQuery { viewer { role } ...Deals_list }
`;

export const Qualify = graphql`
  mutation DealsQualifyMutation($input: QualifyOpportunityInput!) {
    qualifyOpportunity(input: $input) {
      __typename
      ... on TransitionSucceeded { opportunity { ...Deals_deal } }
      ... on TransitionBlocked { unmet { key remedy } }
      ... on Problem { code message }
    }
  }
`;

export const Watch = graphql`
  subscription DealsChangedSubscription($id: ID!) { opportunityChanged(id: $id) { ...Deals_deal } }
`;
