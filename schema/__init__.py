"""The GraphQL schema, assembled from one module for each noun."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.accounts.mutations import AccountMutation
from schema.accounts.types import AccountQuery
from schema.buyer.activities import ActivityMutation
from schema.buyer.assessments import AssessmentMutation
from schema.buyer.competitors import CompetitorMutation
from schema.buyer.milestones import MilestoneMutation
from schema.buyer.profile_mutations import BuyerMutation
from schema.buyer.risk_mutations import RiskMutation
from schema.buyer.stakeholders import StakeholderMutation
from schema.core.description import DESCRIPTION, DescribedSchema
from schema.core.execution import ParsedDocumentExtension
from schema.core.node_query import NodeQuery
from schema.core.scalars import SCALARS
from schema.events.events import EventQuery
from schema.events.subscription import EventSubscription
from schema.events.webhooks import WebhookMutation, WebhookQuery
from schema.execution.executor import LevelExecutor
from schema.opportunity.alert_mutations import AlertMutation
from schema.opportunity.alerts import AlertQuery
from schema.opportunity.bulk import BulkMutation
from schema.opportunity.list import OpportunityQuery
from schema.opportunity.mutations import OpportunityMutation
from schema.opportunity.transition_mutations import TransitionMutation
from schema.people.api_keys import ApiKeyMutation, ApiKeyQuery
from schema.people.mutations import PeopleMutation
from schema.people.types import PeopleQuery
from schema.process.mutations import ProcessImpactQuery, ProcessMutation
from schema.process.type import ProcessQuery
from schema.reports.query import ReportQuery
from schema.reports.rates import RateMutation, RateQuery
from schema.reports.targets import TargetMutation, TargetQuery
from schema.results.problems import HANDLERS
from schema.transfer.import_mutation import ImportMutation


def _root(name: str, parts: tuple[type, ...], description: str) -> type:
    """Return a root type with the fields of all parts."""
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
    NodeQuery,
    ApiKeyQuery,
    WebhookQuery,
)
Query = _root("Query", QUERIES, "All that you can read. You see only what your role and visibility allow.")
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
    "All that you can change. A mutation answers with the changed record, or with a `Problem` that gives "
    "the reason "
    "and the remedy.",
)

SUBSCRIPTIONS = (EventSubscription,)
Subscription = _root(
    "Subscription", SUBSCRIPTIONS, "Changes as they happen, over a WebSocket or server-sent events."
)

schema = DescribedSchema(
    description=DESCRIPTION,
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    exception_handlers=HANDLERS,
    extensions=(ParsedDocumentExtension,),
    execution_context_class=LevelExecutor,
)
