"""The tables' history, forward only; applied by `pursuit migrate`."""
