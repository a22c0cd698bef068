"""The only write path of an opportunity, and what follows from a change."""
