"""Settings, the secret key and logging."""
