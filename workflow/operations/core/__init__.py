"""The kernel of the operations: context, transaction, idempotency, locks, events, leases, validation."""
