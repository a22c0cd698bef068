"""Parts that all types share: ids, scalars, connections, loaders, limits and execution."""
