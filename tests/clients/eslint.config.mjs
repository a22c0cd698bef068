// The printed schema, by the rules of @graphql-eslint for schemas and for Relay: what is not taken as it comes says why.
import graphql from "@graphql-eslint/eslint-plugin";

const { rules: recommended } = graphql.configs["flat/schema-recommended"];
const { rules: relay } = graphql.configs["flat/schema-relay"];

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: process.env.SCHEMA } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...recommended,
      ...relay,
      // An id is for what can be fetched again, which is what implements Node; money, verdicts, pages and answers have none.
      "@graphql-eslint/strict-id-in-types": "off",
      // Lists that stay short (roles, criteria, milestones of one deal) are plain lists; what grows is a connection.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      // @oneOf is the specification's own directive, which Strawberry prints without a word.
      "@graphql-eslint/require-description": ["error", { types: true, rootField: true }],
      // Close.closedOn is what the opportunity's import and reports call the same day.
      "@graphql-eslint/no-typename-prefix": "off",
    },
  },
];
