"""Exchange rates, values in the base currency, and targets."""
