"""What every write needs: context, transaction, idempotency, locks, events, leases, validation."""
