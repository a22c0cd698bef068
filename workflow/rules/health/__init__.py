"""Health and insight of an opportunity, now and as stored at its close."""
