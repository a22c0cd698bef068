"""The buyer of an opportunity: people, qualification, risks, milestones, activities."""
