"""Reports: figures that the database computes over the visible deals."""
