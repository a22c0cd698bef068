// GraphQL Yoga with graphql-jit, whose resolvers send the statements of the hand-written server.
// Arguments: the port, the URL of the database, and JSON with the organization and the statements.
import { createServer } from "node:http";
import { useGraphQlJit } from "@envelop/graphql-jit";
import { createSchema, createYoga } from "graphql-yoga";
import pg from "pg";

const [port, connectionString, given] = process.argv.slice(2);
const { organization, connections, boardDeals, boardStakeholders, boardMilestones, listDeals } =
  JSON.parse(given);

// A day stays the text that PostgreSQL sends, as it does in the other contenders.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
const pool = new pg.Pool({ connectionString, max: connections });

// A name makes it a prepared statement, which asyncpg makes of every statement.
const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows;

const byDeal = (parts) => Map.groupBy(parts, (part) => part.opportunity_id);

const board = async () => {
  const deals = await rows("boardDeals", boardDeals, [organization]);
  const ids = deals.map((deal) => deal.id);
  const stakeholders = byDeal(await rows("boardStakeholders", boardStakeholders, [ids]));
  const milestones = byDeal(await rows("boardMilestones", boardMilestones, [ids]));
  for (const deal of deals) {
    deal.stakeholders = stakeholders.get(deal.id) ?? [];
    deal.milestones = milestones.get(deal.id) ?? [];
  }
  return deals;
};

const list = () => rows("listDeals", listDeals, [organization]);

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    input OpportunityFilter { open: Boolean }
    input OpportunityOrder { field: String! }
    type Query {
      opportunities(
        first: Int
        filter: OpportunityFilter
        orderBy: [OpportunityOrder!]
      ): OpportunityConnection!
    }
    type OpportunityConnection { nodes: [Opportunity!]! }
    type Money { amount: String!, currency: String! }
    type Named { name: String! }
    type Stakeholder { roles: [String!]!, contact: Named! }
    type Buyer { stakeholders: [Stakeholder!]! }
    type Milestone { name: String!, status: String!, due: String }
    type Opportunity {
      id: ID!
      number: Int!
      name: String!
      type: String!
      source: String
      state: String!
      stateSince: String!
      probability: Float!
      forecastCategory: String!
      expectedCloseDate: String
      pushCount: Int!
      version: Int!
      createdAt: String!
      updatedAt: String!
      value: Money
      owner: Named!
      account: Named!
      buyer: Buyer!
      milestones: [Milestone!]!
    }
  `,
  resolvers: {
    Query: {
      opportunities: async (_root, { filter }) => ({ nodes: await (filter?.open ? board() : list()) }),
    },
    Opportunity: {
      stateSince: (deal) => deal.state_since.toISOString(),
      forecastCategory: (deal) => deal.forecast_category,
      expectedCloseDate: (deal) => deal.expected_close_date,
      pushCount: (deal) => deal.push_count,
      createdAt: (deal) => deal.created_at.toISOString(),
      updatedAt: (deal) => deal.updated_at.toISOString(),
      value: (deal) =>
        deal.value_minor === null
          ? null
          : { amount: (Number(deal.value_minor) / 100).toFixed(2), currency: deal.value_currency },
      owner: (deal) => ({ name: deal.owner_name }),
      account: (deal) => ({ name: deal.account_name }),
      buyer: (deal) => deal,
    },
    Stakeholder: { contact: (stakeholder) => ({ name: stakeholder.contact_name }) },
  },
});

const yoga = createYoga({ schema, plugins: [useGraphQlJit()], graphiql: false, logging: "error" });
createServer(yoga).listen(Number(port), "127.0.0.1");
