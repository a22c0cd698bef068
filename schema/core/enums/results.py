"""The enums of results: problems, order and deliveries."""

from schema.core.enums.describe import describe
from workflow.rules import enums

describe(
    enums.ProblemCode,
    "The kind of problem. Each code has its own type.",
    INVALID_INPUT="Fields of the input are invalid.",
    NOT_FOUND="The record does not exist, or you cannot see it.",
    PERMISSION_DENIED="Your role or your team does not allow it.",
    VERSION_CONFLICT="Someone changed the record after you read it.",
    DUPLICATE="A record with the same key exists already.",
    ILLEGAL_TRANSITION="The trigger does not lead anywhere from the current state.",
    TRANSITION_BLOCKED="Requirements of the gate are not met.",
    RECORD_CLOSED="The opportunity is closed and read-only.",
)
describe(
    enums.OrderDirection,
    "The direction of an order.",
    ASC="Ascending: the smallest, the earliest or A first.",
    DESC="Descending: the largest, the latest or Z first.",
)
describe(
    enums.DeliveryStatus,
    "The state of a webhook delivery.",
    PENDING="Not tried yet.",
    DELIVERED="The receiver accepted it.",
    FAILED="The last attempt failed, and it will be tried again.",
    EXHAUSTED="All attempts failed, and it will not be tried again.",
)
