"""The event feed, subscriptions and webhooks."""
