"""The domain's enums, given to GraphQL under their own names."""

from inspect import cleandoc

import strawberry

from workflow.rules import enums

ENUMS = (
    enums.OpportunityState, enums.Trigger, enums.OpportunityType, enums.ForecastCategory, enums.WinReason, enums.LossReason,
    enums.DisqualifyReason, enums.Role, enums.Visibility, enums.CriterionKind, enums.Grade, enums.FitOperator, enums.FitStatus,
    enums.BuyingRole, enums.Influence, enums.Attitude, enums.Coverage, enums.BuyingStyle, enums.MilestoneSide,
    enums.RequirementKind, enums.Strength, enums.RequirementStatus, enums.TransitionReadiness, enums.TransitionSource,
    enums.ActorKind, enums.OpportunityField, enums.AlertCode, enums.AlertSeverity, enums.RiskLevel, enums.ProblemCode,
    enums.OrderDirection, enums.OpportunityOrderField, enums.PurchaseProcess, enums.RelationKind, enums.CompetitorKind,
    enums.CompetitorStanding, enums.RiskCategory, enums.RiskStatus, enums.RiskSettlement, enums.MitigationKind,
    enums.MilestoneStatus, enums.Momentum, enums.ActivityKind, enums.ActivityDirection, enums.SlipReason,
    enums.OverrideGrouping,
    enums.PipelineGrouping, enums.OutcomeGrouping, enums.ImportOutcome, enums.DeliveryStatus, enums.AlertStatus, enums.AlertOrderField,
    enums.InsightTopicName, enums.KnowledgeStatus, enums.HealthBand,
)  # fmt: skip

for word in ENUMS:
    strawberry.enum(word, description=cleandoc(word.__doc__ or ""))
