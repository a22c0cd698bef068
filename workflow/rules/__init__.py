"""Pure rules: no await, no database, no clock; time is an argument."""
