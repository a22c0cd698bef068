"""The background worker and the sender of webhooks."""
