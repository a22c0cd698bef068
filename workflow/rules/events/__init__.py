"""Event types, the audit chain, and the addresses, signatures and retries of webhooks."""
