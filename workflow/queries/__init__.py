"""Reads. Each takes a viewer and starts from the rows that the viewer may see."""
