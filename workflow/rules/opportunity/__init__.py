"""Facts of one opportunity, and what the rules derive from them."""
