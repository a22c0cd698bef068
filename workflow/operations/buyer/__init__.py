"""Operations on what is known of the buyer: stakeholders, assessments, risks, milestones and activities."""
