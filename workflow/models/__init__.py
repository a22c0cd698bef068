"""The tables, as Tortoise models; one module for each group of tables."""

from workflow.models.account import Account, Contact, ImportedRow
from workflow.models.alert import Alert, AlertDigest, JobLease
from workflow.models.buyer import Competitor, DecisionStep, Objective, Stakeholder, StakeholderRelation
from workflow.models.history import Event, FeedEpoch, Override, Snapshot, Transition
from workflow.models.idempotency import IdempotencyRecord
from workflow.models.opportunity import Assessment, Collaborator, Opportunity
from workflow.models.organization import (
    ApiKey,
    ExchangeRate,
    Member,
    OpportunityCounter,
    Organization,
    Target,
    Team,
)
from workflow.models.process import SalesProcess
from workflow.models.progress import Activity, ActivityContact, Milestone
from workflow.models.risk import Mitigation, Risk, RiskReview
from workflow.models.search import SearchDocument
from workflow.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Account",
    "Activity",
    "ActivityContact",
    "Alert",
    "AlertDigest",
    "ApiKey",
    "Assessment",
    "Collaborator",
    "Competitor",
    "Contact",
    "DecisionStep",
    "Event",
    "ExchangeRate",
    "FeedEpoch",
    "IdempotencyRecord",
    "ImportedRow",
    "JobLease",
    "Member",
    "Milestone",
    "Mitigation",
    "Objective",
    "Opportunity",
    "OpportunityCounter",
    "Organization",
    "Override",
    "Risk",
    "RiskReview",
    "SalesProcess",
    "SearchDocument",
    "Snapshot",
    "Stakeholder",
    "StakeholderRelation",
    "Target",
    "Team",
    "Transition",
    "WebhookDelivery",
    "WebhookEndpoint",
]
