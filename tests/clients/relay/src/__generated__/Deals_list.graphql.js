/**
 * @generated SignedSource<<236ded0b2bd55f9ffb6f69f302c2a3b3>>
 * @lightSyntaxTransform
 */

/* eslint-disable */

'use strict';

import DealsPageQuery_graphql from './DealsPageQuery.graphql';

var node = (function(){
var v0 = [
  "opportunities"
];
return {
  "argumentDefinitions": [
    {
      "defaultValue": 20,
      "kind": "LocalArgument",
      "name": "count"
    },
    {
      "defaultValue": null,
      "kind": "LocalArgument",
      "name": "cursor"
    }
  ],
  "kind": "Fragment",
  "metadata": {
    "connection": [
      {
        "count": "count",
        "cursor": "cursor",
        "direction": "forward",
        "path": (v0/*:: as any*/)
      }
    ],
    "refetch": {
      "connection": {
        "forward": {
          "count": "count",
          "cursor": "cursor"
        },
        "backward": null,
        "path": (v0/*:: as any*/)
      },
      "fragmentPathInResult": [],
      "operation": DealsPageQuery_graphql
    }
  },
  "name": "Deals_list",
  "selections": [
    {
      "alias": "opportunities",
      "args": [
        {
          "kind": "Literal",
          "name": "filter",
          "value": {
            "state": [
              "LEAD"
            ]
          }
        }
      ],
      "concreteType": "OpportunityConnection",
      "kind": "LinkedField",
      "name": "__Deals_opportunities_connection",
      "plural": false,
      "selections": [
        {
          "alias": null,
          "args": null,
          "concreteType": "OpportunityEdge",
          "kind": "LinkedField",
          "name": "edges",
          "plural": true,
          "selections": [
            {
              "alias": null,
              "args": null,
              "kind": "ScalarField",
              "name": "cursor",
              "storageKey": null
            },
            {
              "alias": null,
              "args": null,
              "concreteType": "Opportunity",
              "kind": "LinkedField",
              "name": "node",
              "plural": false,
              "selections": [
                {
                  "alias": null,
                  "args": null,
                  "kind": "ScalarField",
                  "name": "id",
                  "storageKey": null
                },
                {
                  "args": null,
                  "kind": "FragmentSpread",
                  "name": "Deals_deal"
                },
                {
                  "alias": null,
                  "args": null,
                  "kind": "ScalarField",
                  "name": "__typename",
                  "storageKey": null
                }
              ],
              "storageKey": null
            }
          ],
          "storageKey": null
        },
        {
          "alias": null,
          "args": null,
          "concreteType": "PageInfo",
          "kind": "LinkedField",
          "name": "pageInfo",
          "plural": false,
          "selections": [
            {
              "alias": null,
              "args": null,
              "kind": "ScalarField",
              "name": "hasNextPage",
              "storageKey": null
            },
            {
              "alias": null,
              "args": null,
              "kind": "ScalarField",
              "name": "endCursor",
              "storageKey": null
            }
          ],
          "storageKey": null
        }
      ],
      "storageKey": "__Deals_opportunities_connection(filter:{\"state\":[\"LEAD\"]})"
    }
  ],
  "type": "Query",
  "abstractKey": null
};
})();

node.hash = "c9c88c5421796ab980357aec4112adaa";

export default node;
