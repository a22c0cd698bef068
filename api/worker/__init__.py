"""The background worker and the sending of webhooks."""
