"""Benchmark of changes of an opportunity, compared with PostgreSQL alone."""
