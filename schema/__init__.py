"""How Pursuit speaks: the GraphQL schema, one file a noun."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.account_inputs import AccountMutation
from schema.accounts import AccountQuery
from schema.activities import ActivityMutation
from schema.alert_inputs import AlertMutation
from schema.alerts import AlertQuery
from schema.api_keys import ApiKeyMutation, ApiKeyQuery
from schema.assessing import AssessmentMutation
from schema.bulk import BulkMutation
from schema.buyer_inputs import BuyerMutation
from schema.competitors import CompetitorMutation
from schema.events import EventQuery
from schema.importing import ImportMutation
from schema.live import LiveSubscription
from schema.milestones import MilestoneMutation
from schema.opportunity_inputs import OpportunityMutation
from schema.opportunity_list import OpportunityQuery
from schema.people import PeopleQuery
from schema.people_inputs import PeopleMutation
from schema.prepared import BoundedExecution, Prepared
from schema.problems import HANDLERS
from schema.process import ProcessQuery
from schema.process_publishing import ProcessImpactQuery, ProcessMutation
from schema.rates import RateMutation, RateQuery
from schema.reports import ReportQuery
from schema.risk_inputs import RiskMutation
from schema.scalars import SCALARS
from schema.stakeholders import StakeholderMutation
from schema.targets import TargetMutation, TargetQuery
from schema.transition_inputs import TransitionMutation
from schema.webhooks import WebhookMutation, WebhookQuery


def _root(name: str, parts: tuple[type, ...], description: str) -> type:
    """A root type, of the nouns' own parts."""
    return strawberry.type(type(name, parts, {}), description=description)


QUERIES = (
    PeopleQuery,
    OpportunityQuery,
    AccountQuery,
    ProcessQuery,
    ProcessImpactQuery,
    ReportQuery,
    TargetQuery,
    RateQuery,
    AlertQuery,
    EventQuery,
    ApiKeyQuery,
    WebhookQuery,
)
Query = _root("Query", QUERIES, "What can be read, always as the viewer may see it.")
MUTATIONS = (
    AccountMutation,
    OpportunityMutation,
    TransitionMutation,
    BulkMutation,
    ImportMutation,
    AssessmentMutation,
    BuyerMutation,
    StakeholderMutation,
    RiskMutation,
    MilestoneMutation,
    ActivityMutation,
    AlertMutation,
    CompetitorMutation,
    ProcessMutation,
    TargetMutation,
    RateMutation,
    PeopleMutation,
    ApiKeyMutation,
    WebhookMutation,
)
Mutation = _root(
    "Mutation",
    MUTATIONS,
    "What can be done. Each answers with what came of it, or with a `Problem` that says what to do about it.",
)

SUBSCRIPTIONS = (LiveSubscription,)
Subscription = _root(
    "Subscription", SUBSCRIPTIONS, "What goes on being told, over a WebSocket or as server-sent events."
)

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    exception_handlers=HANDLERS,
    extensions=(Prepared,),
    execution_context_class=BoundedExecution,
)
