"""Reads: each takes the viewer and starts from what the viewer may see."""
