"""Publishing sales processes."""
