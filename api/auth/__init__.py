"""Credentials: API keys and tokens of an OpenID issuer."""
