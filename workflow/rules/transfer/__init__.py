"""An opportunity with everything that belongs to it, as export and import exchange it."""
