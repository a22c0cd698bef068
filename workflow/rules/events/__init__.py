"""Types of events, the audit chain, and the signing and addresses of webhooks."""
