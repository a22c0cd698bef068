"""Results of mutations: problems, changed parts, deletions."""
