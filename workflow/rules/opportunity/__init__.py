"""What the rules read about one opportunity, and what follows from it."""
