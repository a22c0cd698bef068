"""The sales process: the published document and its limits."""
