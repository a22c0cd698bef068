"""Writes on what is known of the buyer: people, assessments, risks, milestones, activities."""
