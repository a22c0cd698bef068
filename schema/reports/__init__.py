"""Reports, targets and exchange rates."""
