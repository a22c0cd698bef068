// Rules of @graphql-eslint for the printed schema and for Relay; each exception has its reason.
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
      // Types that can be fetched again implement Node and have an id; money, verdicts and pages have none.
      "@graphql-eslint/strict-id-in-types": "off",
      // Short lists, such as the roles or milestones of a deal, are plain; lists that grow are connections.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      // @oneOf is a directive of the specification, which Strawberry prints without a description.
      "@graphql-eslint/require-description": ["error", { types: true, rootField: true }],
      // Close.closedOn has the same name as in the import and in the reports.
      "@graphql-eslint/no-typename-prefix": "off",
    },
  },
];
