"""Benchmark of reads on PostgreSQL: Pursuit and servers that are written or generated for the same tables."""
